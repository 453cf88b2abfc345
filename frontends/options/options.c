#include "frontends/options/options.h"

#include "core/error.h"
#include "frontends/options/meaning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, LIST, DRIVE, SIZE, COUNTER, SECONDS, ABSENT, HEADING };

static const struct option {
    const char *name, *other, *argument;
    enum kind   kind;
    size_t      offset;
    const char *inside, *help;
} options[] = {
#define SECTION(title) { title, NULL, NULL, HEADING, 0, NULL, NULL },
#define OPTION(name, other, argument, kind, member, inside, help) \
    { name, other, argument, kind, offsetof(struct options, member), inside, help },
#include "frontends/options/options.def"
#undef OPTION
#undef SECTION
};

static const char usage[] =
    "Usage: orrery [run] [options] [IMAGE]     a machine, in a window or on the terminal\n"
    "       orrery test [options] IMAGE        without either, repeatable, with a verdict\n"
    "\n"
    "IMAGE is a disk, CD, diskette or kernel, which its bytes tell; for -machine bare it is\n"
    "firmware. Options are QEMU's, with one dash or two.\n"
    "\n"
    "Verdicts of test: 0 the guest said success, 1-63 it said that failure, 64 usage, 65 a file\n"
    "or the configuration, 66 triple fault, 67 halted and nothing can wake it, 68 instructions or\n"
    "virtual time ran out, 69 real time ran out, 70 an expectation was not met, 74 a reset under\n"
    "-no-reboot.\n";

void options_help(void)
{
    fputs(usage, stdout);
    for (const struct option *o = options; o < options + COUNT(options); o++) {
        char left[48];

        if (o->kind == HEADING)
            printf("\n%s:\n", o->name);
        if (o->kind == HEADING || o->kind == ABSENT || !o->help)
            continue;
        snprintf(left, sizeof left, "%s-%s%s%s%s%s", strlen(o->name) > 1 ? "-" : "", o->name,
                 o->other ? " -" : "", o->other ? o->other : "",
                 o->argument ? " " : "", o->argument ? o->argument : "");
        if (strlen(left) > 26)
            printf("  %s\n  %-26s %s\n", left, "", o->help);
        else
            printf("  %-26s %s\n", left, o->help);
    }
}

static const struct option *find(const char *name)
{
    for (const struct option *o = options; o < options + COUNT(options); o++)
        if (o->kind != HEADING && (!strcmp(o->name, name) || (o->other && !strcmp(o->other, name))))
            return o;
    return NULL;
}

bool options_inside(struct suboptions *s, const char *option, const char *text, struct error *err)
{
    return suboptions_parse(s, option, text, find(option)->inside, err);
}

bool options_size(const char *text, u64 unit, u64 *value)
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

static bool append(struct texts *list, const struct option *opt, const char *text,
                   struct error *err)
{
    struct suboptions s;

    if (list->count == TEXTS)
        return fail(err, "-%s: more than %d of them", opt->name, TEXTS);
    list->at[list->count++] = text;
    if (opt->kind == DRIVE || !opt->inside || !strcmp(text, "help"))
        return true;
    if (!suboptions_parse(&s, opt->name, text, opt->inside, err))
        return false;
    suboptions_free(&s);
    return true;
}

/* -hda FILE as -drive would say it. */
static const char *drive_text(struct options *o, const struct option *opt, const char *file)
{
    size_t room = strlen(opt->inside) + sizeof ",file=" + 2 * strlen(file);
    char *text = o->made_count < TEXTS ? malloc(room) : NULL, *to;

    if (!text)
        return NULL;
    o->made[o->made_count++] = text;
    to = text + sprintf(text, "%s,file=", opt->inside);
    for (; *file; file++) {
        *to++ = *file;
        if (*file == ',')
            *to++ = ',';
    }
    *to = '\0';
    return text;
}

static bool take(struct options *o, const struct option *opt, const char *text, struct error *err)
{
    void *at = (char *)o + opt->offset;
    bool good = true;

    switch (opt->kind) {
    case FLAG:    *(bool *)at = true; return true;
    case TEXT:    *(const char **)at = text; return true;
    case LIST:    return append(at, opt, text, err);
    case DRIVE:
        text = drive_text(o, opt, text);
        return text ? append(at, opt, text, err) : fail(err, "-%s: too many drives", opt->name);
    case SIZE:    good = options_size(text, UINT64_C(1) << 20, at); break;
    case COUNTER: good = options_size(text, 1, at); break;
    case SECONDS: good = options_size(text, SECOND, at); break;
    case ABSENT:  return fail(err, "-%s: %s", opt->name, opt->help);
    case HEADING: break;
    }
    return good || fail(err, "-%s: \"%s\" is no %s", opt->name, text, opt->argument);
}

/* The first word may be a command; of the others one may be an image. */
static bool take_word(struct options *o, const char *word, bool first, struct error *err)
{
    static const char *const later[] = { "replay", "diff", "image", "doctor" };

    for (unsigned i = 0; first && i < COUNT(later); i++)
        if (!strcmp(word, later[i]))
            return fail(err, "%s: no such command yet; there are run and test", word);
    if (first && !strcmp(word, "test"))
        o->command = COMMAND_TEST;
    else if (first && !strcmp(word, "run"))
        o->command = COMMAND_RUN;
    else if (!o->image)
        o->image = word;
    else
        return fail(err, "\"%s\": one image is enough", word);
    return true;
}

static bool read_words(struct options *o, int argc, char **argv, struct error *err)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        const struct option *opt;

        if (name[0] != '-' || name[1] == '\0') {
            if (!take_word(o, name, i == 1, err))
                return false;
            continue;
        }
        opt = find(name + (name[1] == '-' ? 2 : 1));
        if (!opt)
            return fail(err, "%s: no such option; see --help", name);
        if (opt->kind == ABSENT)
            return take(o, opt, NULL, err);
        if (opt->argument && ++i == argc)
            return fail(err, "%s wants %s", name, opt->argument);
        if (!take(o, opt, argv[i], err))
            return false;
    }
    return true;
}

bool options_parse(struct options *o, int argc, char **argv, struct error *err)
{
    *o = (struct options){
        .cpu = "max", .timing = "fixed", .ram_bytes = UINT64_C(128) << 20, .cpus = 1,
    };
    if (read_words(o, argc, argv, err) && options_understand(o, err))
        return true;
    options_free(o);
    return false;
}

void options_free(struct options *o)
{
    while (o->made_count)
        free(o->made[--o->made_count]);
}
