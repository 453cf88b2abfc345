/*
 * Intel 8254 programmable interval timer, clocked with 1.193182 MHz as in every PC:
 * data sheet 231164. The counters are brought up to the time when someone looks. An event
 * wakes the chip only for edges of an OUT that is wired and followed.
 *
 * Not modelled: OUT2 of a tone beyond hearing (above 24 kHz) is not followed edge by edge.
 */
#include "peripherals/chipset/pit.h"

#include "core/machine.h"
#include "peripherals/chipset/pit_counter.h"

#include <assert.h>

enum { CLOCK_HZ = 1193182, COUNTERS = 3, INAUDIBLE = 48 };
enum { CONTROL = 3, READ_BACK = 3, NOT_COUNT = 0x20, NOT_STATUS = 0x10 };

#define PIT_STATE(ONE, MANY, PART)                          \
    PART(struct counter, counter, 3, COUNTER_STATE)         \
    MANY(bool, followed, 3, "its line moves with OUT")

struct pit {
    struct device dev;
    struct line   out[COUNTERS];
    struct event  edge[COUNTERS];
    struct region ports;
    STATE_MEMBERS(PIT_STATE)
};
DEFINE_STATE(struct pit, PIT_STATE);

/* -- time -- */

static bool is_followed(const struct pit *p, unsigned i)
{
    u32 period = counter_period(&p->counter[i]);

    return p->followed[i] && (i == 0 || period == 0 || period >= INAUDIBLE);
}

/* Brings a counter to a time in CLK pulses, its line through every edge on the way. */
static void bring_to(struct pit *p, unsigned i, u64 tick)
{
    struct counter *c = &p->counter[i];

    while (c->seen < tick) {
        u64 rest = tick - c->seen;
        u64 edge = is_followed(p, i) ? counter_to_edge(c) : NEVER;

        counter_clock(c, edge < rest ? edge : rest);
        if (is_followed(p, i))
            line_set(&p->out[i], c->out);
    }
}

static struct counter *now(struct pit *p, unsigned i)
{
    bring_to(p, i, device_ticks(&p->dev, CLOCK_HZ));
    return &p->counter[i];
}

/* After anything that may have changed what comes. */
static void plan(struct pit *p, unsigned i)
{
    const struct counter *c = &p->counter[i];
    u64 edge = NEVER;

    if (is_followed(p, i)) {
        line_set(&p->out[i], c->out);
        edge = counter_to_edge(c);
    }
    device_arm_at(&p->dev, &p->edge[i],
                  edge == NEVER ? NEVER : ticks_to_ns(c->seen + edge, CLOCK_HZ));
}

static void on_edge(struct device *dev, unsigned i, u64 due)
{
    struct pit *p = container_of(dev, struct pit, dev);

    bring_to(p, i, ns_to_ticks(due, CLOCK_HZ));
    plan(p, i);
}

static void pit_on_edge_0(struct device *dev, u64 due) { on_edge(dev, 0, due); }
static void pit_on_edge_1(struct device *dev, u64 due) { on_edge(dev, 1, due); }
static void pit_on_edge_2(struct device *dev, u64 due) { on_edge(dev, 2, due); }

/* -- for the board's other chips -- */

bool pit_out(struct device *dev, unsigned counter)
{
    assert(dev->type == &pit_type && counter < COUNTERS);
    return now(container_of(dev, struct pit, dev), counter)->out;
}

void pit_follow(struct device *dev, unsigned counter, bool follow)
{
    struct pit *p = container_of(dev, struct pit, dev);

    assert(dev->type == &pit_type && counter < COUNTERS);
    if (p->followed[counter] == follow)
        return;
    now(p, counter);
    p->followed[counter] = follow;
    plan(p, counter);
}

/* -- registers -- */

/* [Read-Back Command]: count and status of any of the counters at once. */
static void read_back(struct pit *p, u8 v)
{
    for (unsigned i = 0; i < COUNTERS; i++) {
        if (!(v >> (i + 1) & 1))
            continue;
        now(p, i);
        if (!(v & NOT_COUNT))
            counter_latch(&p->counter[i]);
        if (!(v & NOT_STATUS))
            counter_latch_status(&p->counter[i]);
    }
}

static void write_control(struct pit *p, u8 v)
{
    unsigned i = v >> 6;

    if (i == READ_BACK) {
        read_back(p, v);
        return;
    }
    now(p, i);
    if (v & PIT_RW)
        counter_program(&p->counter[i], v);
    else
        counter_latch(&p->counter[i]);
    plan(p, i);
}

static u64 pit_read(struct device *dev, u64 offset, unsigned size)
{
    struct pit *p = container_of(dev, struct pit, dev);
    u8 v;

    if (offset == CONTROL)
        return 0xff;            /* nobody drives the bus */
    v = counter_read(now(p, (unsigned)offset));
    trace(dev, "read %02xh -> %02xh", 0x40 + (unsigned)offset, v);
    return v;
}

static void pit_write(struct device *dev, u64 offset, u64 v, unsigned size)
{
    struct pit *p = container_of(dev, struct pit, dev);

    trace(dev, "write %02xh <- %02xh", 0x40 + (unsigned)offset, (unsigned)v);
    if (offset == CONTROL) {
        write_control(p, (u8)v);
        return;
    }
    counter_write(now(p, (unsigned)offset), (u8)v);
    if (counter_period(&p->counter[offset]) == 1 && p->counter[offset].written)
        guest_oddity(dev, "a count of 1 is illegal in modes 2 and 3");
    plan(p, (unsigned)offset);
}

/* -- the device -- */

static void pit_pin(struct device *dev, unsigned pin, bool level)
{
    struct pit *p = container_of(dev, struct pit, dev);

    if (pin >= COUNTERS)
        return;
    counter_gate(now(p, pin), level);
    plan(p, pin);
}

/* There is no RESET pin: at power-on modes, counts and OUT are undefined; we say 0. */
static void pit_reset(struct device *dev, enum reset how)
{
    struct pit *p = container_of(dev, struct pit, dev);

    if (how != RESET_POWER)
        return;
    for (unsigned i = 0; i < COUNTERS; i++) {
        p->counter[i] = (struct counter){
            .seen = device_ticks(dev, CLOCK_HZ), .gate = i < 2, .null_count = true,
        };
        p->followed[i] |= i == 0;
        plan(p, i);
    }
}

static bool pit_attach(struct device *dev, struct error *err)
{
    static const struct io_ops ops = { pit_read, pit_write, 1 };
    struct pit *p = container_of(dev, struct pit, dev);

    device_line(dev, &p->out[0], "out0");
    device_line(dev, &p->out[1], "out1");
    device_line(dev, &p->out[2], "out2");
    device_event(dev, &p->edge[0], "edge0", pit_on_edge_0);
    device_event(dev, &p->edge[1], "edge1", pit_on_edge_1);
    device_event(dev, &p->edge[2], "edge2", pit_on_edge_2);
    p->ports = (struct region){ .name = dev->name, .owner = dev, .io = &ops, .size = 4 };
    space_map(dev->machine->ports, &p->ports, device_number(dev, "port", 0x40), NORMAL);
    return true;
}

const struct device_type pit_type = {
    .name = "i8254", .title = "interval timer", .size = sizeof(struct pit),
    .state = state_rows, .attach = pit_attach, .reset = pit_reset, .pin = pit_pin,
};
