#include "core/machine.h"

#include "core/cpu.h"
#include "core/error.h"
#include "core/ram.h"
#include "core/replay.h"
#include "core/zero.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct machine *machine_create(struct error *err)
{
    struct machine *m = calloc(1, sizeof *m);

    if (m && (m->memory = space_create("memory")) && (m->ports = space_create("ports"))) {
        m->quantum = 50021;             /* a prime: out of step with guests' loops */
        m->clock.deadline = NEVER;
        return m;
    }
    fail(err, "no host memory for a machine");
    machine_destroy(m);
    return NULL;
}

static void take_off_spaces(struct machine *m, const struct device *dev)
{
    space_unmap_all_of(m->memory, dev);
    space_unmap_all_of(m->ports, dev);
}

static void release(struct machine *m, struct device *dev)
{
    take_off_spaces(m, dev);
    for (struct event *e = dev->events; e; e = e->next)
        clock_remove(&m->clock, e);
    free(dev->allocation);
}

static struct device **last_link(struct machine *m)
{
    struct device **link = &m->devices;

    while (*link && (*link)->next)
        link = &(*link)->next;
    return link;
}

void machine_destroy(struct machine *m)
{
    if (!m)
        return;
    while (m->devices) {                        /* the last one first */
        struct device **link = last_link(m), *dev = *link;

        if (dev->type->detach)
            dev->type->detach(dev);
        *link = NULL;
        release(m, dev);
    }
    replay_stop(m);
    space_destroy(m->memory);
    space_destroy(m->ports);
    for (struct ram *ram = m->rams, *next; ram; ram = next) {
        next = ram->next;
        ram_free(ram);
    }
    free(m);
}

/* -- parts -- */

static bool is_a_name(const char *name)
{
    return *name && strlen(name) < 64 && !strpbrk(name, ". \t\n");
}

static bool name_is_twice(const struct device *dev, const char *name)
{
    unsigned seen = 0;

    for (const struct state_row *r = dev->type->state; r && r->name; r++)
        seen += !strcmp(r->name, name);
    for (const struct line *l = dev->lines; l; l = l->next)
        seen += !strcmp(l->name, name);
    for (const struct event *e = dev->events; e; e = e->next)
        seen += !strcmp(e->name, name);
    return seen > 1;
}

/* Snapshots tell rows, lines and events apart by name. */
static void check_names(const struct device *dev)
{
    for (const struct state_row *r = dev->type->state; r && r->name; r++)
        assert(!name_is_twice(dev, r->name));
    for (const struct line *l = dev->lines; l; l = l->next)
        assert(!name_is_twice(dev, l->name));
    for (const struct event *e = dev->events; e; e = e->next)
        assert(!name_is_twice(dev, e->name));
}

static struct device *make(struct machine *m, const struct device_type *type, const char *name)
{
    void *allocation;
    struct device *dev = zero_alloc(type->size, 64, &allocation);

    if (!dev)
        return NULL;
    dev->allocation = allocation;
    dev->type = type;
    dev->name = name;
    dev->machine = m;
    return dev;
}

struct device *machine_add(struct machine *m, const struct device_type *type,
                           const char *name, struct error *err)
{
    unsigned cpus = m->cpus;
    struct device **link, *dev;

    assert(type->size >= sizeof *dev);
    if (!is_a_name(name) || machine_find(m, name))
        return fail(err, "%s: not a name, or taken", name), NULL;
    dev = make(m, type, name);
    if (!dev)
        return fail(err, "%s: no host memory", name), NULL;
    if (type->attach && !type->attach(dev, err)) {
        m->cpus = cpus;
        release(m, dev);
        return NULL;
    }
    check_names(dev);
    link = last_link(m);
    *(*link ? &(*link)->next : link) = dev;
    return dev;
}

struct device *machine_find(struct machine *m, const char *name)
{
    struct device *dev = m->devices;

    while (dev && strcmp(dev->name, name))
        dev = dev->next;
    return dev;
}

struct ram *machine_add_ram(struct machine *m, const char *name, u64 size, struct error *err)
{
    struct ram **end = &m->rams;

    for (; *end; end = &(*end)->next)
        if (!strcmp((*end)->name, name))
            return fail(err, "%s: there is such a RAM already", name), NULL;
    return *end = ram_alloc(name, size, err);
}

static struct line *find_line(struct machine *m, const char *full)
{
    const char *dot = strchr(full, '.');

    for (struct device *dev = m->devices; dot && dev; dev = dev->next) {
        size_t n = strlen(dev->name);

        if (n != (size_t)(dot - full) || memcmp(dev->name, full, n))
            continue;
        for (struct line *l = dev->lines; l; l = l->next)
            if (!strcmp(l->name, dot + 1))
                return l;
    }
    return NULL;
}

bool machine_wire(struct machine *m, const char *from, const char *to, u16 pin, struct error *err)
{
    struct line *l = find_line(m, from);
    struct device *listener = machine_find(m, to);

    if (!l)
        return fail(err, "%s: no such wire", from);
    if (!listener || !listener->type->pin)
        return fail(err, "%s: no such device with pins, for %s", to, from);
    if (l->listener)
        return fail(err, "%s: already goes to %s", from, l->listener->name);
    l->listener = listener;
    l->pin = pin;
    return true;
}

bool cpu_join(struct cpu *cpu, const struct cpu_ops *ops, struct error *err)
{
    struct machine *m = cpu->dev.machine;

    if (m->cpus == MACHINE_CPUS)
        return fail(err, "%s: a machine has at most %u processors", cpu->dev.name, MACHINE_CPUS);
    cpu->ops = ops;
    cpu->memory = m->memory;
    cpu->ports = m->ports;
    m->cpu[m->cpus++] = cpu;
    return true;
}

/* -- running -- */

void machine_reset(struct machine *m, enum reset how)
{
    m->reset_asked = m->suspended = false;
    m->turn = 0;
    m->turn_ends = m->clock.now + m->quantum;
    for (struct device *dev = m->devices; dev; dev = dev->next)
        if (dev->type->reset)
            dev->type->reset(dev, how);
}

void machine_stop(struct machine *m, enum stop why)
{
    m->stop = why;
    m->clock.deadline = 0;
}

void machine_ask_reset(struct machine *m)
{
    m->reset_asked = true;
    m->clock.deadline = 0;
}

void machine_suspend(struct machine *m)
{
    m->suspended = true;
    m->clock.deadline = 0;
}

void machine_yield(struct machine *m)
{
    if (m->cpus == 1)
        return;
    m->turn_ends = m->clock.now;
    m->clock.deadline = 0;
}

static u64 earlier(u64 a, u64 b)
{
    return a < b ? a : b;
}

/* What is due by now; did anything happen? */
static bool happen(struct machine *m)
{
    bool fired = clock_fire_due(&m->clock);

    if (replay_next(m) > m->clock.now)
        return fired;
    if (!replay_give_due(m))
        machine_stop(m, STOP_DIVERGED);
    return true;
}

static void next_turn(struct machine *m, u32 turn)
{
    m->turn = turn < m->cpus ? turn : 0;
    m->turn_ends = m->clock.now + m->quantum;
}

/*
 * One CPU runs to the end of its turn, or the next event, or the limit. Where a turn
 * ends depends on saved state alone, so a pause at any limit is not noticed.
 * False: it sleeps, and nothing else happened either.
 */
static bool take_turn(struct machine *m, u64 limit)
{
    struct cpu *cpu = m->cpu[m->turn];
    struct clock *c = &m->clock;
    u64 before = c->now;
    bool awake, happened;

    clock_aim(c, m->cpus > 1 ? earlier(limit, m->turn_ends) : limit);
    awake = cpu->ops->run(cpu, c);
    happened = happen(m);
    if (m->cpus > 1 && (!awake || c->now >= m->turn_ends))
        next_turn(m, m->turn + 1);
    return awake || happened || c->now != before;
}

/* Everybody sleeps: time passes at once to whatever comes next. */
static bool skip(struct machine *m, u64 limit, u64 until)
{
    u64 next = earlier(clock_next(&m->clock), limit);
    bool forever = next == until && clock_next(&m->clock) == NEVER && replay_next(m) == NEVER;

    if (next > m->clock.now && next != NEVER) {
        m->skipped += next - m->clock.now;
        m->clock.now = next;
    }
    happen(m);
    next_turn(m, 0);
    return !forever;
}

enum run machine_run(struct machine *m, u64 until)
{
    unsigned asleep = 0;

    m->stop = STOP_NONE;
    if (m->reset_asked)
        machine_reset(m, RESET_WIRE);
    while (!m->stop && m->clock.now < until) {
        u64 limit = earlier(until, replay_next(m));

        if (m->reset_asked && m->stop_at_reset && !m->suspended) {
            machine_stop(m, STOP_RESET);
            break;
        }
        if (m->reset_asked)
            machine_reset(m, RESET_WIRE);
        if (asleep < m->cpus && !m->suspended) {
            asleep = take_turn(m, limit) ? 0 : asleep + 1;
            continue;
        }
        asleep = 0;
        if (!skip(m, limit, until) && !m->stop)
            return RUN_ASLEEP;
    }
    return m->stop ? RUN_STOPPED : RUN_REACHED;
}

/* -- the outside, chance and oddities -- */

static void settle(struct machine *m)
{
    for (unsigned i = 0; i < m->cpus; i++)
        if (m->cpu[i]->ops->settle)
            m->cpu[i]->ops->settle(m->cpu[i]);
}

u64 machine_retired(struct machine *m)
{
    u64 retired = 0;

    settle(m);
    for (unsigned i = 0; i < m->cpus; i++)
        retired += m->cpu[i]->retired;
    return retired;
}

bool machine_input(struct machine *m, const char *device, u32 kind,
                   const void *bytes, size_t count, struct error *err)
{
    struct device *dev = machine_find(m, device);

    if (m->replay)
        return fail(err, "%s: a replay takes no other input", device);
    if (!dev || !dev->type->input)
        return fail(err, "%s: no such device that takes input", device);
    if (count > UINT32_MAX)
        return fail(err, "%s: too much at once", device);
    if (m->record)
        replay_append(m->record, m->clock.now, machine_retired(m), device, kind, bytes, count);
    dev->type->input(dev, kind, bytes, count);
    return true;
}

struct block *machine_medium(struct machine *m, const u8 *name, size_t count)
{
    char text[1024];

    if (!m->open_medium || count == 0 || count >= sizeof text)
        return NULL;
    memcpy(text, name, count);
    text[count] = '\0';
    return m->open_medium(m->media_ctx, text);
}

/* splitmix64, by Sebastiano Vigna. */
u64 machine_random(struct machine *m)
{
    u64 z = m->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

bool machine_note_oddity(struct machine *m, const struct place *place)
{
    u32 i = (u32)((uintptr_t)place >> 3) * 0x9e3779b1u % MACHINE_ODDITIES;

    while (m->oddity[i].place && m->oddity[i].place != place)
        i = (i + 1) % MACHINE_ODDITIES;
    if (!m->oddity[i].place) {
        if (m->oddities == MACHINE_ODDITIES - 1)        /* one stays free: it ends the search */
            return false;
        m->oddities++;
        m->oddity[i].place = place;
    }
    if (m->strict)
        machine_stop(m, STOP_ODDITY);
    return m->oddity[i].count++ == 0;
}

/* -- state -- */

#define ROW(name, member, kind, about)                                      \
    { #name, about, offsetof(struct machine, member),                       \
      sizeof((struct machine *)0)->member, 1, kind, 0 }

static const struct state_row machine_rows[] = {
    ROW(now, clock.now, STATE_UNSIGNED, "virtual time, ns"),
    ROW(turn, turn, STATE_UNSIGNED, "whose turn it is"),
    ROW(turn_ends, turn_ends, STATE_UNSIGNED, "and until when, ns"),
    ROW(random, random, STATE_UNSIGNED, "behind the next random number"),
    ROW(reset_asked, reset_asked, STATE_BOOL, "RESET follows the instruction"),
    ROW(suspended, suspended, STATE_BOOL, "the processors have no power"),
    { 0 }
};

static void visit_wiring(struct device *dev, state_visitor *see, void *ctx)
{
    char name[160];

    for (struct line *l = dev->lines; l; l = l->next) {
        snprintf(name, sizeof name, "%s.%s", dev->name, l->name);
        see(ctx, &(struct state_view){ name, "wire", (u8 *)&l->level, 1, 1, STATE_BOOL });
    }
    for (struct event *e = dev->events; e; e = e->next) {
        snprintf(name, sizeof name, "%s.%s", dev->name, e->name);
        see(ctx, &(struct state_view){ name, "due, ns", (u8 *)&e->due, 8, 1, STATE_UNSIGNED });
    }
}

void machine_visit(struct machine *m, state_visitor *see, void *ctx)
{
    char name[160];

    settle(m);
    state_visit(machine_rows, m, "machine", see, ctx);
    for (struct device *dev = m->devices; dev; dev = dev->next) {
        state_visit(dev->type->state, dev, dev->name, see, ctx);
        visit_wiring(dev, see, ctx);
    }
    for (unsigned i = 0; i < m->cpus; i++) {
        snprintf(name, sizeof name, "%s.retired", m->cpu[i]->dev.name);
        see(ctx, &(struct state_view){ name, "instructions since power-on",
                                       (u8 *)&m->cpu[i]->retired, 8, 1, STATE_UNSIGNED });
    }
    clock_forget_next(&m->clock);       /* a load sets what it visits */
}
