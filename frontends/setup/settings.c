/*
 * Keys that are set:
 *
 *   cpuN.model cpuN.timing          -cpu --timing
 *   rtc.start                       seconds since 1970-01-01 00:00 of what the clock shows: the
 *                                   host's time, or -rtc base=; in `test` 2026-01-01 00:00
 *   board.boot board.boot-once      -boot order= once=: letters a c d n
 *   board.menu                      -boot menu=on
 *   board.vga                       -vga: std, none
 *   comN.present                    -serial, from the third on
 *   board.nographic                 -nographic
 *   board.reset-on-triple-fault     no in `test` and under -no-reboot: it ends the run
 *   board.uuid                      -uuid
 *
 * What is always set need not be asked for by a board; what a user said must be.
 */
#include "frontends/setup/settings.h"

#include "core/board.h"
#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "frontends/options/options.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEST_START = 1767225600 };       /* 2026-01-01 00:00:00 */

static bool set_number(struct config *c, const char *key, u64 value, struct error *err)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return config_set(c, key, text, err);
}

static bool set_processors(struct session *s, struct error *err)
{
    for (unsigned i = 0; i < s->options->cpus; i++) {
        char key[32];

        snprintf(key, sizeof key, "cpu%u.model", i);
        if (!config_set(s->machine->config, key, s->options->cpu, err))
            return false;
        snprintf(key, sizeof key, "cpu%u.timing", i);
        if (!config_set(s->machine->config, key, s->options->timing, err))
            return false;
        snprintf(key, sizeof key, "cpu%u.cores", i);
        if (s->options->cores && !set_number(s->machine->config, key, s->options->cores, err))
            return false;
    }
    return true;
}

/* What a calendar reads, as if that were UTC. */
static bool read_date(const char *text, u64 *start)
{
    struct tm t = { 0 };
    char more;
    int n = sscanf(text, "%d-%d-%dT%d:%d:%d%c", &t.tm_year, &t.tm_mon, &t.tm_mday,
                   &t.tm_hour, &t.tm_min, &t.tm_sec, &more);
    time_t seconds;

    t.tm_year -= 1900;
    t.tm_mon--;
    seconds = timegm(&t);
    *start = (u64)seconds;
    return (n == 3 || n == 6) && seconds >= 0 && t.tm_year >= 70;
}

static u64 local_now(void)
{
    time_t now = time(NULL);
    struct tm t;

    localtime_r(&now, &t);
    return (u64)now + (u64)t.tm_gmtoff;
}

static bool set_clock(struct session *s, struct error *err)
{
    const struct options *o = s->options;
    u64 start = o->command == COMMAND_TEST ? TEST_START : (u64)time(NULL);

    for (unsigned i = 0; i < o->rtc.count; i++) {
        struct suboptions sub;
        const char *base, *clock;
        bool good = true;

        if (!options_inside(&sub, "rtc", o->rtc.at[i], err))
            return false;
        base = suboption(&sub, "base");
        clock = suboption(&sub, "clock");
        if (base && !strcmp(base, "localtime"))
            start = local_now();
        else if (base && !strcmp(base, "utc"))
            start = (u64)time(NULL);
        else if (base && !read_date(base, &start))
            good = fail(err, "-rtc base=%s: utc, localtime or 2026-01-31T12:00:00", base);
        if (clock && strcmp(clock, "vm"))
            fprintf(stderr, "orrery: -rtc clock=%s: the clock follows virtual time\n", clock);
        suboptions_free(&sub);
        if (!good)
            return false;
    }
    return set_number(s->machine->config, "rtc.start", start, err);
}

static bool set_boot(struct session *s, const char *text, struct error *err)
{
    static const struct { const char *word, *key; } words[] = {
        { "order", "board.boot" }, { "once", "board.boot-once" }, { "menu", "board.menu" },
    };
    struct suboptions sub;
    bool good = true;

    if (!options_inside(&sub, "boot", text, err))
        return false;
    for (unsigned i = 0; good && i < COUNT(words); i++) {
        const char *value = suboption(&sub, words[i].word);

        if (value && i < 2 && value[strspn(value, "abcdnp")])
            good = fail(err, "-boot %s=%s: letters are a, c, d and n", words[i].word, value);
        else if (value)
            good = config_set(s->machine->config, words[i].key, value, err);
    }
    suboptions_free(&sub);
    return good;
}

static bool set_globals(struct session *s, struct error *err)
{
    for (unsigned i = 0; i < s->options->global.count; i++)
        if (strncmp(s->options->global.at[i], "kvm", 3)     /* of the KVM that is not here */
            && !config_parse(s->machine->config, "-global", s->options->global.at[i], err))
            return false;
    return true;
}

bool settings_make(struct session *s, struct error *err)
{
    const struct options *o = s->options;
    struct config *c = s->machine->config;
    bool stops = o->command == COMMAND_TEST || o->no_reboot;

    if (!set_processors(s, err) || !set_clock(s, err)
        || !config_set(c, "board.reset-on-triple-fault", stops ? "no" : "yes", err)
        || !config_set(c, "board.nographic", o->nographic ? "yes" : "no", err))
        return false;
    for (unsigned i = 0; i < o->boot.count; i++)
        if (!set_boot(s, o->boot.at[i], err))
            return false;
    if (o->uuid && !config_set(c, "board.uuid", o->uuid, err))
        return false;
    if (o->vga && !config_set(c, "board.vga", o->vga, err))
        return false;
    for (unsigned i = 2; i < 4 && i < o->serial.count; i++)
        if (!config_set(c, i == 2 ? "com3.present" : "com4.present", "yes", err))
            return false;
    return set_globals(s, err);
}

bool settings_check(struct session *s, struct error *err)
{
    struct config *c = s->machine->config;
    const char *complaint;

    config_text(c, "rtc.start", NULL);
    config_text(c, "board.reset-on-triple-fault", NULL);
    config_text(c, "board.nographic", NULL);
    complaint = config_complaint(c);
    return !complaint || fail(err, "machine %s: %s", s->board->name, complaint);
}
