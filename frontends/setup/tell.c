#include "frontends/setup/tell.h"

#include "core/error.h"
#include "core/machine.h"
#include "frontends/options/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The words of -d; QEMU's for what the guest does wrong among them. */
static const struct { const char *word; u32 levels; } items[] = {
    { "trace", BIT(LOG_TRACE) }, { "info", BIT(LOG_INFO) }, { "oddity", BIT(LOG_ODDITY) },
    { "warning", BIT(LOG_WARN) }, { "guest_errors", BIT(LOG_ODDITY) },
    { "unimp", BIT(LOG_ODDITY) }, { "none", 0 },
    { "all", BIT(LOG_TRACE) | BIT(LOG_INFO) | BIT(LOG_ODDITY) | BIT(LOG_WARN) },
};

static void print_log(void *ctx, enum log_level level, const struct device *dev, const char *text)
{
    struct session *s = ctx;

    if (!(s->log_levels >> level & 1))
        return;
    if (level == LOG_TRACE)
        fprintf(s->log, "%12" PRIu64 " %s: %s\n", s->machine->clock.now,
                dev ? dev->name : "machine", text);
    else
        fprintf(s->log, "%s: %s: %s\n", dev ? dev->name : "orrery", log_level_name(level), text);
}

void tell_begin(struct session *s)
{
    s->log = stderr;
    s->log_levels = BIT(LOG_TRACE) | BIT(LOG_INFO) | BIT(LOG_WARN);
    if (s->options->command == COMMAND_TEST)
        s->log_levels |= BIT(LOG_ODDITY);
    s->machine->log = print_log;
    s->machine->log_ctx = s;
}

static bool choose_levels(struct session *s, const char *text, struct error *err)
{
    s->log_levels = BIT(LOG_TRACE) | BIT(LOG_WARN);
    while (*text) {
        size_t length = strcspn(text, ",");
        unsigned i = 0;

        while (i < COUNT(items) && (strlen(items[i].word) != length
                                    || strncmp(items[i].word, text, length)))
            i++;
        if (i == COUNT(items))
            return fail(err, "-d %.*s: there are oddity, info, warning, trace, all, none",
                        (int)length, text);
        s->log_levels |= items[i].levels;
        text += length + (text[length] == ',');
    }
    return true;
}

static bool trace_list(struct machine *m, const char *text, struct error *err)
{
    while (*text) {
        size_t length = strcspn(text, ",");
        bool found = false;

        for (struct device *d = m->devices; d; d = d->next)
            if ((length == 3 && !strncmp(text, "all", 3))
                || (strlen(d->name) == length && !strncmp(d->name, text, length)))
                found = d->traced = true;
        if (!found)
            return fail(err, "--trace %.*s: no such device; the monitor's info qtree lists them",
                        (int)length, text);
        text += length + (text[length] == ',');
    }
    return true;
}

bool tell_trace(struct session *s, struct error *err)
{
    const struct options *o = s->options;

    if (o->log_file) {
        FILE *f = fopen(o->log_file, "w");

        if (!f)
            return fail(err, "-D %s: %s", o->log_file, strerror(errno));
        setvbuf(f, NULL, _IOLBF, 0);
        s->log = f;
        s->log_opened = true;
    }
    if (o->log_items && !choose_levels(s, o->log_items, err))
        return false;
    for (unsigned i = 0; i < o->trace.count; i++)
        if (!trace_list(s->machine, o->trace.at[i], err))
            return false;
    return true;
}

void tell_end(struct session *s)
{
    if (s->log_opened)
        fclose(s->log);
}
