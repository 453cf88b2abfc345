#include "frontends/setup/streams.h"

#include "core/error.h"
#include "core/input.h"
#include "core/machine.h"
#include "frontends/host/chr.h"
#include "frontends/monitor/monitor.h"
#include "frontends/options/options.h"

#include <stdio.h>
#include <string.h>

enum { SPEC = 512 };

static const char *said(const struct suboptions *s, const char *key)
{
    const char *value = suboption(s, key);

    return value ? value : "";
}

/* A -chardev in the words of -serial. */
static void spell(const struct suboptions *s, char spec[SPEC])
{
    const char *type = said(s, "type"), *path = said(s, "path");
    bool waits = suboption_flag(s, "wait", !suboption_flag(s, "nowait", false));
    char how[40];

    snprintf(how, sizeof how, ",server=%s,wait=%s",
             suboption_flag(s, "server", false) ? "on" : "off", waits ? "on" : "off");
    if (!strcmp(type, "stdio"))
        snprintf(spec, SPEC, "%s", suboption_flag(s, "mux", false) ? "mon:stdio" : "stdio");
    else if (!strcmp(type, "file"))
        snprintf(spec, SPEC, "file:%s", path);
    else if (!strcmp(type, "socket") && *path)
        snprintf(spec, SPEC, "unix:%s%s", path, how);
    else if (!strcmp(type, "socket"))
        snprintf(spec, SPEC, "tcp:%s:%s%s", said(s, "host"), said(s, "port"), how);
    else
        snprintf(spec, SPEC, "%s", type);
}

/* The -chardev of that id; false: there is none. */
static bool spell_chardev(const struct options *o, const char *id, char spec[SPEC],
                          struct error *err)
{
    for (unsigned i = 0; i < o->chardev.count; i++) {
        struct suboptions s;
        bool found;

        if (!options_inside(&s, "chardev", o->chardev.at[i], err))
            return false;
        found = !strcmp(said(&s, "id"), id);
        if (found)
            spell(&s, spec);
        suboptions_free(&s);
        if (found)
            return true;
    }
    return fail(err, "chardev %s: there is no -chardev with that id", id);
}

/* A line as -serial and its like name it: a -chardev is spelt into `text`. NULL: there is none. */
static const char *spell_out(const struct session *s, const char *spec, char *text,
                             struct error *err)
{
    if (strncmp(spec, "chardev:", 8))
        return spec;
    return spell_chardev(s->options, spec + 8, text, err) ? text : NULL;
}

/* -- what a device does with the bytes it gets -- */

static size_t device_room(void *ctx)
{
    const struct device *dev = ctx;

    return dev->type->room ? dev->type->room(dev) : 0;
}

static void device_take(void *ctx, const u8 *bytes, size_t count)
{
    struct device *dev = ctx;

    machine_input(dev->machine, dev->name, INPUT_BYTES, bytes, count, NULL);
}

static struct chr_host *open_stream(struct session *s, const char *spec, const char *label,
                                    struct error *err)
{
    struct chr_host *h;

    if (!strcmp(spec, "stdout") && s->output)
        return s->output;
    if (!strcmp(spec, "stdout"))
        h = s->output = chr_open_stdout(err);
    else if (!strcmp(spec, "mon:stdio"))
        h = chr_open_stdio(false, &s->sources, err);
    else
        h = chr_open(spec, label, &s->sources, err);
    if (h && session_add_stream(s, h, err))
        return h;
    return NULL;
}

/* The second end goes to a monitor. */
static struct chr_host *share(struct session *s, struct chr_host *base, struct error *err)
{
    struct chr_host *first, *second;
    struct mux_orders orders = { s, session_quit };

    s->streams--;                       /* the first end closes it */
    if (!chr_share(base, orders, &s->sources, &first, &second)) {
        chr_close(base);
        return fail(err, "no host memory"), NULL;
    }
    if (!session_add_stream(s, first, err) || !session_add_stream(s, second, err)
        || !monitor_open(s, second, err))
        return NULL;
    return first;
}

static bool connect_one(struct session *s, const char *name, const char *spec, struct error *err)
{
    struct device *dev = machine_find(s->machine, name);
    char text[SPEC];
    struct chr_host *h;

    spec = spell_out(s, spec, text, err);
    if (!spec)
        return false;
    if (!strcmp(spec, "none"))
        return true;
    if (!dev || !dev->type->connect)
        return fail(err, "%s: the board %s has no such line", name, s->board->name);
    h = open_stream(s, spec, name, err);
    if (h && !strcmp(spec, "mon:stdio"))
        h = share(s, h, err);
    if (!h)
        return false;
    if (dev->type->input && dev->type->room && strcmp(spec, "stdout"))
        h->user = (struct chr_user){ dev, device_room, device_take };
    dev->type->connect(dev, expect_tap(&s->expect, &h->chr));
    return true;
}

/* A line that goes nowhere may still be waited for. */
static void connect_nowhere(struct session *s, const char *name)
{
    struct device *dev = machine_find(s->machine, name);
    struct chr *tap = expect_tap(&s->expect, NULL);

    if (dev && dev->type->connect && tap)
        dev->type->connect(dev, tap);
}

static bool connect_or_default(struct session *s, const char *name, const char *spec,
                               const char *otherwise, struct error *err)
{
    struct device *dev = machine_find(s->machine, name);

    if (spec)
        return connect_one(s, name, spec, err);
    if (dev && dev->type->connect && otherwise)
        return connect_one(s, name, otherwise, err);
    connect_nowhere(s, name);
    return true;
}

/* What the first serial line is where nothing was said. */
static const char *usual_serial(const struct session *s)
{
    const struct options *o = s->options;

    if (o->command == COMMAND_TEST)
        return "stdout";
    if (!o->nographic && !s->on_terminal)
        return NULL;
    return o->monitor || o->mon.count ? "stdio" : "mon:stdio";
}

static bool connect_serial(struct session *s, struct error *err)
{
    const struct options *o = s->options;

    for (unsigned i = 0; i < 4 || i < o->serial.count; i++) {
        char name[16];

        snprintf(name, sizeof name, "com%u", i + 1);
        if (!connect_or_default(s, name, i < o->serial.count ? o->serial.at[i] : NULL,
                                i == 0 && o->serial.count == 0 ? usual_serial(s) : NULL, err))
            return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        char name[16];

        snprintf(name, sizeof name, "lpt%u", i + 1);
        if (!connect_or_default(s, name, i < o->parallel.count ? o->parallel.at[i] : NULL, NULL,
                                err))
            return false;
    }
    return true;
}

static const char *chardev_of(const struct parts *p, const char *name)
{
    for (unsigned i = 0; i < p->consoles; i++)
        if (!strcmp(p->console[i].name, name))
            return p->console[i].chardev;
    return NULL;
}

/* Tests hear the consoles; the firmware's on a PC only where somebody asks. */
static bool connect_consoles(struct session *s, const struct parts *p, struct error *err)
{
    bool test = s->options->command == COMMAND_TEST, bare = !strcmp(s->board->name, "bare");
    const char *spec = chardev_of(p, "debugcon");

    if (!connect_or_default(s, "debugcon", spec ? spec : s->options->debugcon,
                            test ? "stdout" : NULL, err)
        || !connect_or_default(s, "bioscon", chardev_of(p, "bioscon"),
                               test && bare ? "stdout" : NULL, err))
        return false;
    for (unsigned i = 0; i < p->consoles; i++)
        if (strcmp(p->console[i].name, "debugcon") && strcmp(p->console[i].name, "bioscon")
            && !connect_one(s, p->console[i].name, p->console[i].chardev, err))
            return false;
    return true;
}

static bool connect_monitor(struct session *s, const char *spec, struct error *err)
{
    char text[SPEC];
    struct chr_host *h;

    spec = spell_out(s, spec, text, err);
    if (!spec)
        return false;
    if (!strcmp(spec, "none") || !strcmp(spec, "null"))
        return true;
    h = open_stream(s, spec, "monitor", err);
    return h && monitor_open(s, h, err);
}

static bool connect_monitors(struct session *s, struct error *err)
{
    const struct options *o = s->options;

    if (o->monitor && !connect_monitor(s, o->monitor, err))
        return false;
    for (unsigned i = 0; i < o->mon.count; i++) {
        struct suboptions sub;
        char text[SPEC];

        if (!options_inside(&sub, "mon", o->mon.at[i], err))
            return false;
        if (suboption(&sub, "mode") && strcmp(suboption(&sub, "mode"), "readline")) {
            suboptions_free(&sub);
            return fail(err, "-mon: no QMP yet; mode=readline takes words");
        }
        snprintf(text, sizeof text, "chardev:%s", suboption(&sub, "chardev")
                 ? suboption(&sub, "chardev") : "");
        suboptions_free(&sub);
        if (!connect_monitor(s, text, err))
            return false;
    }
    return true;
}

bool streams_connect(struct session *s, const struct parts *p, struct error *err)
{
    return connect_serial(s, err) && connect_consoles(s, p, err) && connect_monitors(s, err);
}
