/*
 * Without a watcher virtual time runs free, in slices of a fixed length, so that where a run
 * ends is repeatable. Watched, it follows real time, in slices that take the host about 5 ms;
 * a machine that sleeps lets the host sleep.
 */
#include "frontends/loop.h"

#include "core/machine.h"
#include "frontends/alive.h"
#include "frontends/host/chr.h"
#include "frontends/options/options.h"
#include "frontends/pace.h"
#include "frontends/screen.h"
#include "frontends/setup/network.h"
#include "frontends/setup/parts.h"
#include "frontends/ui.h"

#include <signal.h>
#include <string.h>

enum {
    FREE_SLICE = 10000000,          /* ns of virtual time */
    BATCH = 4000000,                /* ... of timers that need not wake the host one by one */
    REST_PERIOD = 100000000,
    UI_PERIOD_MS = 16,
};

struct loop {
    struct session *s;
    struct pace     pace;
    struct alive    alive;
    u64             began, refreshed;   /* host time */
    u64             rested;             /* virtual time */
    bool            idle;               /* the machine slept for most of the last run */
    bool            real;               /* asked for, or somebody watches */
};

static volatile sig_atomic_t caught;

static void catch(int number)
{
    caught = number;
}

static void catch_signals(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

    caught = 0;
    for (unsigned i = 0; i < COUNT(signals); i++)
        sigaction(signals[i], &(struct sigaction){ .sa_handler = catch }, NULL);
}

/* Could anything but the machine itself wake it? */
static bool may_be_woken(const struct session *s)
{
    for (unsigned i = 0; i < s->streams; i++)
        if (s->stream[i]->may_wake)
            return true;
    return s->ui || s->nets;
}

static bool follows_real_time(const struct session *s)
{
    if (s->options->pace)
        return !strcmp(s->options->pace, "real");
    return s->options->command == COMMAND_RUN && may_be_woken(s);
}

/* -- between two runs -- */

static void refresh(struct loop *l)
{
    struct ui *ui = l->s->ui;
    u64 period = (ui->period_ms ? ui->period_ms : UI_PERIOD_MS) * MILLISECOND, now = host_now();
    u32 permille;

    ui->poll(ui);
    if (now - l->refreshed < period)
        return;
    l->refreshed = now;
    ui->refresh(ui);
    if (pace_speed(&l->pace, l->s->machine->clock.now, &permille) && ui->speed)
        ui->speed(ui, permille);
}

/* The host's affairs; sleeps at most so long, -1: until something comes. */
static void attend(struct loop *l, int timeout_ms)
{
    struct session *s = l->s;

    for (unsigned i = 0; i < s->streams; i++)
        if (s->stream[i]->flush)
            s->stream[i]->flush(s->stream[i]);
    if (s->ui && (timeout_ms < 0 || timeout_ms > UI_PERIOD_MS))
        timeout_ms = UI_PERIOD_MS;
    sources_wait(&s->sources, timeout_ms);
    network_pump(s);
    typing_step(s);
    if (s->ui)
        refresh(l);
    s->signal = caught;
}

/* An answer from the real network is on its way: virtual time waits for it. */
static void heed_networks(struct loop *l)
{
    bool waits = l->real || network_waits(l->s);

    if (waits != l->pace.real)
        pace_begin(&l->pace, waits, l->s->machine->clock.now);
}

/* Now and then what was not looked at gives its memory back. */
static void rest(struct loop *l)
{
    u64 now = l->s->machine->clock.now;

    if (now - l->rested < REST_PERIOD)
        return;
    l->rested = now;
    parts_rest(l->s->parts);
}

/* -- limits -- */

static u64 earlier(u64 a, u64 b)
{
    return a < b ? a : b;
}

static u64 until(struct loop *l)
{
    const struct options *o = l->s->options;
    struct machine *m = l->s->machine;
    u64 now = m->clock.now, end;

    if (l->pace.real)
        end = pace_until(&l->pace, now);
    else
        end = now - now % FREE_SLICE + FREE_SLICE;
    end = script_until(l->s, typing_until(l->s, network_until(l->s, end)));
    if (o->step)
        end = earlier(end, now + 1);
    if (o->max_time)
        end = earlier(end, o->max_time);
    if (o->max_insn)
        end = earlier(end, now + (o->max_insn - machine_retired(m)));
    return end;
}

static bool out_of_budget(const struct loop *l)
{
    const struct options *o = l->s->options;
    struct machine *m = l->s->machine;

    return (o->max_time && m->clock.now >= o->max_time)
        || (o->max_insn && machine_retired(m) >= o->max_insn);
}

static bool out_of_real_time(const struct loop *l)
{
    return l->s->options->max_wall && host_now() - l->began >= l->s->options->max_wall;
}

static bool expectations_met(struct session *s)
{
    const struct options *o = s->options;

    return (o->expect_serial.count || o->expect_screen.count || s->script.on)
        && script_done(s) && expect_met(&s->expect) && screen_shows_all(s, &o->expect_screen);
}

/* -- how a run can end -- */

/* True: the loop ends, and how. */
static bool has_stopped(struct session *s, enum end *end)
{
    const struct options *o = s->options;

    switch (s->machine->stop) {
    case STOP_VERDICT:   *end = END_EXIT; return true;
    case STOP_ODDITY:    *end = END_ODDITY; return true;
    case STOP_DIVERGED:  *end = END_DIVERGED; return true;
    case STOP_SHUTDOWN:  *end = END_SHUTDOWN; break;
    case STOP_POWER_OFF: *end = END_POWER_OFF; break;
    case STOP_RESET:
        *end = END_RESET;
        if (!o->no_reboot && !(o->ok_on && !strcmp(o->ok_on, "reset")))
            return false;
        break;
    case STOP_BREAKPOINT:
        s->paused = true;
        return false;
    default:
        return false;
    }
    s->powered_off = o->no_shutdown;
    return !o->no_shutdown;
}

/* A run to `end_at`, timed. */
static enum run run(struct loop *l, u64 end_at)
{
    struct machine *m = l->s->machine;
    u64 host = l->pace.real ? host_now() : 0, before = m->clock.now, slept = m->skipped;
    enum run why = machine_run(m, end_at);

    l->idle = m->skipped - slept > (m->clock.now - before) / 2;
    if (l->pace.real)
        pace_learn(&l->pace, m->clock.now, m->clock.now - before, host_now() - host);
    return why;
}

/* How long the host has nothing to do: until the next timer of a machine that sleeps. */
static int spare_ms(const struct loop *l)
{
    struct clock *c = &l->s->machine->clock;
    u64 next = l->idle ? clock_next(c) : c->now;

    return pace_sleep_ms(&l->pace, next > c->now + BATCH ? next : c->now + BATCH);
}

/* One round; true: the loop ends. */
static bool round_ends(struct loop *l, enum end *end)
{
    struct session *s = l->s;
    enum run why;
    u64 end_at;

    heed_networks(l);
    end_at = until(l);
    if (end_at <= s->machine->clock.now) {
        attend(l, spare_ms(l));
        return false;
    }
    why = run(l, end_at);
    rest(l);
    script_step(s);
    *end = END_MET;
    if (expectations_met(s))
        return true;
    if (why == RUN_STOPPED && has_stopped(s, end))
        return true;
    *end = END_BUDGET;
    if (out_of_budget(l))
        return true;
    *end = END_DEAD;
    if (!may_be_woken(s) && (why == RUN_ASLEEP || alive_is_dead(&l->alive, s->machine)))
        return true;
    attend(l, why == RUN_ASLEEP && !l->pace.real ? -1 : 0);
    return false;
}

enum end loop(struct session *s)
{
    struct loop l = { .s = s, .began = host_now(), .real = follows_real_time(s) };
    enum end end = END_QUIT;

    catch_signals();
    pace_begin(&l.pace, l.real, s->machine->clock.now);
    for (;;) {
        if (s->paused || s->powered_off) {
            attend(&l, -1);
            pace_begin(&l.pace, l.real, s->machine->clock.now);
        } else if (round_ends(&l, &end)) {
            break;
        }
        if (s->signal || s->quit || out_of_real_time(&l)) {
            end = s->signal ? END_SIGNAL : s->quit ? END_QUIT : END_WALL;
            break;
        }
    }
    attend(&l, 0);
    return end;
}
