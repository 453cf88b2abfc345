/*
 * One counter of an Intel 8254: the six modes, by [Mode Definitions] and [Operation Common
 * to All Modes] of its data sheet. Counts are kept in binary, in BCD mode modulo 10000, and
 * take the form they are programmed for when they are read.
 *
 * A count of 1 is illegal in modes 2 and 3: OUT stays high then, and nothing counts.
 */
#include "peripherals/chipset/pit_counter.h"

#include "core/clock.h"

enum mode { TERMINAL, ONE_SHOT, RATE, SQUARE, STROBE, TRIGGERED_STROBE };

/* Modes 6 and 7 are 2 and 3: bit 2 is "don't care" there. */
static enum mode mode_of(const struct counter *c)
{
    unsigned mode = c->control >> 1 & 7;

    return mode > TRIGGERED_STROBE ? mode - 4 : mode;
}

static bool is_periodic(enum mode m)  { return m == RATE || m == SQUARE; }
static bool is_strobe(enum mode m)    { return m == STROBE || m == TRIGGERED_STROBE; }
static bool is_triggered(enum mode m) { return m == ONE_SHOT || m == TRIGGERED_STROBE; }

static u32 largest(const struct counter *c)
{
    return c->control & PIT_BCD ? 10000 : 65536;
}

static u32 whole(const struct counter *c, u32 count)
{
    return count ? count : largest(c);
}

/* -- CLK -- */

/* The counting element takes the count register, within a CLK pulse. */
static void take_count(struct counter *c)
{
    c->null_count = false;
    c->ce = c->initial;
    c->odd = false;
    if (mode_of(c) == SQUARE && c->initial & 1) {
        c->odd = true;
        c->ce--;
    }
}

static void load(struct counter *c)
{
    enum mode m = mode_of(c);

    c->load = false;
    take_count(c);
    c->counting = !(is_periodic(m) && c->initial == 1);
    c->armed = true;
    if (m == ONE_SHOT)
        c->out = false;
}

/* GATE enables counting in the modes it does not trigger. */
static bool moves(const struct counter *c)
{
    return c->counting && (c->gate || is_triggered(mode_of(c)));
}

static void clock_once(struct counter *c, u64 pulses)
{
    u32 left = whole(c, c->ce), max = largest(c);

    if (c->armed && pulses >= left) {
        c->armed = false;
        c->out = !is_strobe(mode_of(c)) || pulses > left;
    }
    c->ce = (u32)((c->ce + max - pulses % max) % max);
}

static void clock_rate(struct counter *c, u64 pulses)
{
    u32 left = whole(c, c->ce);

    if (pulses >= left) {
        take_count(c);
        if (c->initial == 1) {
            c->counting = false;
            c->out = true;
            return;
        }
        pulses = (pulses - left) % whole(c, c->initial);
        left = whole(c, c->initial);
    }
    left -= (u32)pulses;
    c->ce = left % largest(c);
    c->out = left != 1;
}

/* An odd count's high half is a pulse longer than its low one. */
static u32 left_of_half(const struct counter *c)
{
    return c->odd ? c->ce / 2 + c->out : whole(c, c->ce) / 2;
}

static void clock_square(struct counter *c, u64 pulses)
{
    u32 left = left_of_half(c);

    if (pulses >= left) {
        c->out = !c->out;
        take_count(c);
        if (c->initial == 1) {
            c->counting = false;
            c->out = true;
            return;
        }
        pulses = (pulses - left) % whole(c, c->initial);
        left = left_of_half(c);
        if (pulses >= left) {
            c->out = !c->out;
            pulses -= left;
        }
    }
    c->ce = (u32)((whole(c, c->ce) - 2 * pulses) % largest(c));
}

void counter_clock(struct counter *c, u64 pulses)
{
    enum mode m = mode_of(c);

    c->seen += pulses;
    if (pulses && is_strobe(m) && c->written)
        c->out = true;
    if (pulses && c->load) {
        load(c);
        pulses--;
    }
    if (!pulses || !moves(c))
        return;
    if (m == RATE)
        clock_rate(c, pulses);
    else if (m == SQUARE)
        clock_square(c, pulses);
    else
        clock_once(c, pulses);
}

static u64 running_to_edge(const struct counter *c)
{
    enum mode m = mode_of(c);
    u32 left = whole(c, c->ce);

    if (is_strobe(m) && !c->out && c->written)
        return 1;
    if (!moves(c))
        return NEVER;
    if (m == RATE)
        return left == 1 ? 1 : left - 1;
    if (m == SQUARE && c->out && c->initial == 1)
        return NEVER;
    if (m == SQUARE)
        return left_of_half(c) ? left_of_half(c) : 1;
    return c->armed ? left : NEVER;
}

u64 counter_to_edge(const struct counter *c)
{
    struct counter next = *c;
    u64 edge;

    if (!c->load)
        return running_to_edge(c);
    counter_clock(&next, 1);
    if (next.out != c->out)
        return 1;
    edge = running_to_edge(&next);
    return edge == NEVER ? NEVER : edge + 1;
}

u32 counter_period(const struct counter *c)
{
    return is_periodic(mode_of(c)) ? whole(c, c->initial) : 0;
}

/* -- the bus -- */

/* [Programming the 8254]: both bytes of the count register are cleared. */
void counter_program(struct counter *c, u8 control)
{
    c->control = control & 0x3f;
    c->out = mode_of(c) != TERMINAL;
    c->initial = 0;
    c->null_count = true;
    c->written = c->load = c->counting = c->armed = false;
    c->write_high = c->read_high = c->has_status = false;
    c->latches = 0;
}

static u32 number(const struct counter *c, u16 v)
{
    u32 decimal = (v >> 12) * 1000u + (v >> 8 & 15) * 100u + (v >> 4 & 15) * 10u + (v & 15);

    return c->control & PIT_BCD ? decimal % 10000 : v;
}

static u16 digits(const struct counter *c, u32 n)
{
    if (!(c->control & PIT_BCD))
        return (u16)n;
    return (u16)(n / 1000 % 10 << 12 | n / 100 % 10 << 8 | n / 10 % 10 << 4 | n % 10);
}

static void set_count(struct counter *c, u16 v)
{
    enum mode m = mode_of(c);

    c->initial = number(c, v);
    c->null_count = c->written = true;
    if (m == TERMINAL)
        c->out = false;
    if (!is_triggered(m) && !(is_periodic(m) && c->counting))
        c->load = true;
}

void counter_write(struct counter *c, u8 byte)
{
    switch (c->control & PIT_RW) {
    case PIT_LOW:
        set_count(c, byte);
        return;
    case PIT_HIGH:
        set_count(c, (u16)(byte << 8));
        return;
    case 0:
        return;                 /* never programmed */
    }
    c->write_high = !c->write_high;
    if (!c->write_high) {
        set_count(c, (u16)(byte << 8 | c->low));
        return;
    }
    c->low = byte;
    if (mode_of(c) == TERMINAL) {
        c->counting = c->load = false;
        c->out = false;
    }
}

/* A read of two bytes may be interleaved with a write of two: each has its own turn. */
u8 counter_read(struct counter *c)
{
    u16 v = c->latches ? c->latched : digits(c, c->ce);
    bool high = (c->control & PIT_RW) == PIT_HIGH;

    if (c->has_status) {
        c->has_status = false;
        return c->status;
    }
    if ((c->control & PIT_RW) == PIT_BOTH) {
        high = c->read_high;
        c->read_high = !c->read_high;
    }
    if (c->latches)
        c->latches--;
    return (u8)(high ? v >> 8 : v);
}

/* Until it is read, a second latch command does nothing. */
void counter_latch(struct counter *c)
{
    if (c->latches)
        return;
    c->latched = digits(c, c->ce);
    c->latches = (c->control & PIT_RW) == PIT_BOTH ? 2 : 1;
}

void counter_latch_status(struct counter *c)
{
    if (c->has_status)
        return;
    c->status = (u8)(c->out << 7 | c->null_count << 6 | c->control);
    c->has_status = true;
}

/* [Gate Pin Operations Summary] */
void counter_gate(struct counter *c, bool level)
{
    enum mode m = mode_of(c);
    bool rises = level && !c->gate;

    c->gate = level;
    if (!level && is_periodic(m))
        c->out = true;
    if (rises && c->written && (is_triggered(m) || is_periodic(m)))
        c->load = true;
}
