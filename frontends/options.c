/* The command line: one table, options.def, reads it and explains it. */
#include "frontends/options.h"

#include "core/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum how { TEXT, MEGS, NUMBER, COUNTER, SECONDS, FLAG };

static const struct option {
    const char *name, *argument;
    size_t      offset;
    enum how    how;
    const char *help;
} options[] = {
#define OPTION(name, argument, member, how, help) \
    { name, argument, offsetof(struct options, member), how, help },
#include "frontends/options.def"
#undef OPTION
};

void options_help(void)
{
    puts("Usage: orrery test [options] [--bios] FILE\n"
         "\n"
         "Runs firmware on a bare board without a window and says how it ended:\n"
         "  0 the guest wrote 0 to its exit port (F4h)   66 triple fault\n"
         "  1-63 it wrote that                           67 halted, and nothing can wake it\n"
         "  64 usage   65 a file or the configuration    68 instructions or time ran out\n"
         "What it prints to port E9h or 402h goes to standard output.\n");
    for (size_t i = 0; i < COUNT(options); i++) {
        char left[40];

        snprintf(left, sizeof left, "--%s%s%s", options[i].name, options[i].argument ? " " : "",
                 options[i].argument ? options[i].argument : "");
        printf("  %-22s %s\n", left, options[i].help);
    }
}

/* A number and a unit; false: neither. */
static bool scaled(const char *text, u64 unit, u64 *value)
{
    char *end;
    double v = strtod(text, &end);

    switch (*end) {
    case 'K': case 'k': unit = UINT64_C(1) << 10; end++; break;
    case 'M': case 'm': unit = UINT64_C(1) << 20; end++; break;
    case 'G': case 'g': unit = UINT64_C(1) << 30; end++; break;
    default: break;
    }
    if (end == text || *end != '\0' || !(v >= 0) || v * (double)unit > 1e18)
        return false;
    *value = (u64)(v * (double)unit);
    return true;
}

static bool take(struct options *o, const struct option *opt, const char *text, struct error *err)
{
    void *at = (char *)o + opt->offset;
    u64 value = 0;
    bool good = true;

    switch (opt->how) {
    case FLAG:    *(bool *)at = true; return true;
    case TEXT:    *(const char **)at = text; return true;
    case MEGS:    good = scaled(text, UINT64_C(1) << 20, (u64 *)at) && *(u64 *)at; break;
    case COUNTER: good = scaled(text, 1, (u64 *)at); break;
    case SECONDS: good = scaled(text, SECOND, (u64 *)at); break;
    case NUMBER:
        good = scaled(text, 1, &value) && value >= 1 && value <= 64;
        *(unsigned *)at = (unsigned)value;
        break;
    }
    return good || fail(err, "--%s: \"%s\" is no %s", opt->name, text, opt->argument);
}

static const struct option *find(const char *name)
{
    for (size_t i = 0; i < COUNT(options); i++)
        if (!strcmp(options[i].name, name))
            return &options[i];
    return NULL;
}

bool options_parse(struct options *o, int argc, char **argv, struct error *err)
{
    *o = (struct options){
        .cpu = "max", .timing = "fixed", .ram_bytes = UINT64_C(64) << 20, .cpus = 1,
        .max_time = 60 * SECOND,
    };
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        const struct option *opt;

        if (name[0] != '-') {
            if (!o->command)
                o->command = name;
            else if (!o->bios)
                o->bios = name;
            else
                return fail(err, "\"%s\": one image is enough", name);
            continue;
        }
        name += name[1] == '-' ? 2 : 1;
        opt = find(name);
        if (!opt)
            return fail(err, "%s: no such option; see --help", argv[i]);
        if (opt->argument && ++i == argc)
            return fail(err, "--%s wants %s", opt->name, opt->argument);
        if (!take(o, opt, argv[i], err))
            return false;
    }
    return true;
}
