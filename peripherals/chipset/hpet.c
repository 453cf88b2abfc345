/*
 * Three timers against one counter of 100 MHz: IA-PC HPET (High Precision Event Timers)
 * Specification 1.0a. All are periodic, 64 bits wide, and can send messages ("FSB").
 *
 * The counter and the comparators of periodic timers follow from virtual time. A timer speaks
 * at the moment its comparator and the counter are equal; one that is set to a count gone
 * waits until the counter has come around. An edge leaves its wire up until the next one,
 * which lowers and raises it.
 */
#include "peripherals/chipset/hpet.h"

#include "core/bits.h"
#include "core/machine.h"

enum { TIMERS = 3, ROUTES = 24, WINDOW = 0x400 };
enum { HZ = 100000000, NS_PER_TICK = 10, FEMTOSECONDS = 10000000 };
enum { CAPABILITIES = 0x000, CONFIGURATION = 0x010, STATUS = 0x020, COUNTER = 0x0f0,
       TIMER = 0x100 };
enum { REVISION = 1, LAST_TIMER = (TIMERS - 1) << 8, COUNTER_64 = 1 << 13, LEGACY_CAP = 1 << 15 };
#define INTEL (UINT64_C(0x8086) << 16)
enum { ENABLE = 1 << 0, LEGACY = 1 << 1 };
enum {                                  /* Tn_CONFIG */
    T_LEVEL = 1 << 1, T_ENABLE = 1 << 2, T_PERIODIC = 1 << 3, T_PERIODIC_CAP = 1 << 4,
    T_64_CAP = 1 << 5, T_SET = 1 << 6, T_32 = 1 << 8, T_ROUTE = 9, T_FSB = 1 << 14,
    T_FSB_CAP = 1 << 15,
    T_FIXED = T_PERIODIC_CAP | T_64_CAP | T_FSB_CAP,
    T_WRITABLE = T_LEVEL | T_ENABLE | T_PERIODIC | T_SET | T_32 | 31 << T_ROUTE | T_FSB,
};
enum { PIN_PIT, PIN_RTC };

#define TIMER_STATE(ONE, MANY, PART)                                            \
    ONE (u32,  config,      "T_*")                                              \
    ONE (u64,  match,       "count at which the comparator is equal to the counter") \
    ONE (u64,  period,      "last value written while periodic")                \
    ONE (u64,  message,     "data, and its address in the upper half")          \
    ONE (bool, up,          "its wire")
struct timer { STATE_MEMBERS(TIMER_STATE) };
DEFINE_PART(struct timer, TIMER_STATE)

#define HPET_STATE(ONE, MANY, PART)                                             \
    ONE (u32, config,       "ENABLE, LEGACY")                                   \
    ONE (u32, status,       "levels that ask")                                  \
    ONE (u64, counter,      "while it stands; else what to add to virtual time") \
    MANY(bool, pin, 2,      "PIT and RTC")                                      \
    PART(struct timer, timer, TIMERS, TIMER_STATE)

struct hpet {
    struct device dev;
    struct region window;
    struct line   irq0, irq8, gsi[ROUTES];
    struct event  event[TIMERS];
    u32           routes;
    STATE_MEMBERS(HPET_STATE)
};
DEFINE_STATE(struct hpet, HPET_STATE);

static struct hpet *from_device(struct device *dev)
{
    return container_of(dev, struct hpet, dev);
}

/* ---- Time ---- */

static u64 counter(const struct hpet *h)
{
    return h->config & ENABLE ? device_ticks(&h->dev, HZ) + h->counter : h->counter;
}

static u64 mask_of(const struct timer *t)
{
    return t->config & T_32 ? UINT32_MAX : UINT64_MAX;
}

/* From one match to the next, in ticks; 0: there is but one. */
static u64 stride(const struct timer *t)
{
    if (t->config & T_PERIODIC && t->period)
        return t->period;
    return t->config & T_32 ? BIT(32) : 0;
}

/* The first match that is not before a count, or the last one there was. */
static u64 match_from(const struct timer *t, u64 count)
{
    u64 late = count - t->match;

    if (late > INT64_MAX || !stride(t))
        return t->match;
    return t->match + (late + stride(t) - 1) / stride(t) * stride(t);
}

/* The counter will be equal to the comparator, in as many bits as count. */
static void set_match(const struct hpet *h, struct timer *t, u64 comparator)
{
    u64 now = counter(h);

    t->match = t->config & T_32 ? now + (u32)(comparator - now) : comparator;
}

/* What has been reached is past, before anything that it follows from changes. */
static void settle(struct hpet *h)
{
    u64 now = counter(h);

    for (unsigned n = 0; n < TIMERS; n++)
        h->timer[n].match = match_from(&h->timer[n], now);
}

/* Is there anybody to notice? Levels show in the status register too. */
static bool is_heard(const struct hpet *h, const struct timer *t)
{
    return h->config & ENABLE && t->config & (T_ENABLE | T_LEVEL);
}

static void arm(struct hpet *h, unsigned n)
{
    const struct timer *t = &h->timer[n];
    u64 due = NEVER;

    if (is_heard(h, t)) {
        u64 now = device_ticks(&h->dev, HZ), wait = match_from(t, counter(h)) - counter(h);

        if (wait < INT64_MAX / NS_PER_TICK - now)
            due = (now + wait) * NS_PER_TICK;
    }
    device_arm_at(&h->dev, &h->event[n], due);
}

static void arm_all(struct hpet *h)
{
    for (unsigned n = 0; n < TIMERS; n++)
        arm(h, n);
}

/* ---- Wires ---- */

static bool is_legacy(const struct hpet *h)
{
    return (h->config & (ENABLE | LEGACY)) == (ENABLE | LEGACY);
}

static bool has_route(const struct hpet *h, u32 config)
{
    unsigned to = config >> T_ROUTE & 31;

    return to < ROUTES && h->routes >> to & 1;
}

/* Where a timer's wire leads: -1, nowhere. */
static int route(const struct hpet *h, unsigned n)
{
    unsigned to = h->timer[n].config >> T_ROUTE & 31;

    if (h->timer[n].config & T_FSB || (n < 2 && is_legacy(h)))
        return -1;
    return has_route(h, h->timer[n].config) ? (int)to : -1;
}

static bool asks(const struct hpet *h, unsigned n)
{
    const struct timer *t = &h->timer[n];

    if (!(h->config & ENABLE) || !(t->config & T_ENABLE))
        return false;
    return t->config & T_LEVEL ? h->status >> n & 1 : t->up;
}

static void set_lines(struct hpet *h)
{
    u32 up = 0;

    for (unsigned n = 0; n < TIMERS; n++)
        if (route(h, n) >= 0 && asks(h, n))
            up |= 1u << route(h, n);
    for (unsigned i = 0; i < ROUTES; i++)
        line_set(&h->gsi[i], up >> i & 1);
    line_set(&h->irq0, is_legacy(h) ? asks(h, 0) : h->pin[PIN_PIT]);
    line_set(&h->irq8, is_legacy(h) ? asks(h, 1) : h->pin[PIN_RTC]);
}

static void hpet_pin(struct device *dev, unsigned pin, bool level)
{
    struct hpet *h = from_device(dev);

    if (pin > PIN_RTC)
        return;
    h->pin[pin] = level;
    if (!is_legacy(h))
        line_set(pin == PIN_PIT ? &h->irq0 : &h->irq8, level);
}

static void speak(struct hpet *h, unsigned n)
{
    struct timer *t = &h->timer[n];

    trace(&h->dev, "timer %u", n);
    if (t->config & T_LEVEL) {
        h->status |= 1u << n;
    } else {
        t->up = false;
        set_lines(h);
        t->up = true;
    }
    if (t->config & T_FSB && t->config & T_ENABLE)
        space_write(h->dev.machine->memory, t->message >> 32, (u32)t->message, 4);
    set_lines(h);
}

static void fire(struct device *dev, unsigned n)
{
    struct hpet *h = from_device(dev);
    struct timer *t = &h->timer[n];

    speak(h, n);
    t->match = match_from(t, counter(h) + 1);
    if (stride(t))
        arm(h, n);
}

static void fire_0(struct device *dev, u64 due) { fire(dev, 0); }
static void fire_1(struct device *dev, u64 due) { fire(dev, 1); }
static void fire_2(struct device *dev, u64 due) { fire(dev, 2); }

/* ---- Registers, as 64-bit ones ---- */

static u64 read_timer(const struct hpet *h, u64 at)
{
    const struct timer *t = &h->timer[(at - TIMER) / 0x20];

    switch (at & 0x18) {
    case 0x00: return (u64)h->routes << 32 | T_FIXED | t->config;
    case 0x08: return match_from(t, counter(h)) & mask_of(t);
    case 0x10: return t->message;
    default:   return 0;
    }
}

static u64 read_register(const struct hpet *h, u64 at)
{
    switch (at) {
    case CAPABILITIES:
        return (u64)FEMTOSECONDS << 32 | INTEL | LEGACY_CAP | COUNTER_64 | LAST_TIMER | REVISION;
    case CONFIGURATION: return h->config;
    case STATUS:        return h->status;
    case COUNTER:       return counter(h);
    default: break;
    }
    return at >= TIMER && at < TIMER + 0x20 * TIMERS ? read_timer(h, at) : 0;
}

/*
 * [Timer N Configuration and Capabilities]: a route there is not is not read back. A wire that
 * nobody drives any more goes down.
 */
static void write_timer_config(struct hpet *h, unsigned n, u32 v)
{
    struct timer *t = &h->timer[n];

    if (!has_route(h, v))
        v = (v & ~(31u << T_ROUTE)) | (t->config & 31 << T_ROUTE);
    if ((v ^ t->config) & (T_LEVEL | T_ENABLE | T_FSB | 31 << T_ROUTE))
        t->up = false;
    t->config = v & T_WRITABLE;
    set_match(h, t, t->match & mask_of(t));
    t->period &= mask_of(t);
    if (!(t->config & T_LEVEL))
        h->status &= ~(1u << n);
}

/*
 * [Timer N Comparator]: while periodic the value is the period, and with T_SET, which holds for
 * one write, the comparator too.
 */
static void write_comparator(struct hpet *h, unsigned n, u64 v)
{
    struct timer *t = &h->timer[n];

    if (!(t->config & T_PERIODIC) || t->config & T_SET)
        set_match(h, t, v & mask_of(t));
    if (t->config & T_PERIODIC)
        t->period = v & mask_of(t);
    t->config &= ~(u32)T_SET;
}

static void write_timer(struct hpet *h, u64 at, u64 v)
{
    unsigned n = (unsigned)(at - TIMER) / 0x20;

    switch (at & 0x18) {
    case 0x00:
        write_timer_config(h, n, (u32)v);
        arm(h, n);
        set_lines(h);
        break;
    case 0x08:                          /* moves no wire: Linux calibrates by 300000 of these */
        write_comparator(h, n, v);
        arm(h, n);
        break;
    case 0x10:
        h->timer[n].message = v;
        break;
    default:
        break;
    }
}

static void set_counter(struct hpet *h, u64 v)
{
    h->counter = h->config & ENABLE ? v - device_ticks(&h->dev, HZ) : v;
}

static void write_configuration(struct hpet *h, u32 v)
{
    u64 now = counter(h);

    h->config = v & (ENABLE | LEGACY);
    set_counter(h, now);
    arm_all(h);
    set_lines(h);
}

static void write_register(struct hpet *h, u64 at, u64 v)
{
    settle(h);
    switch (at) {
    case CONFIGURATION:
        write_configuration(h, (u32)v);
        return;
    case STATUS:
        h->status &= ~(u32)v;
        set_lines(h);
        return;
    case COUNTER:
        set_counter(h, v);
        for (unsigned n = 0; n < TIMERS; n++)
            set_match(h, &h->timer[n], h->timer[n].match & mask_of(&h->timer[n]));
        arm_all(h);
        return;
    default:
        if (at >= TIMER && at < TIMER + 0x20 * TIMERS)
            write_timer(h, at, v);
    }
}

/* ---- Accesses of 32 and 64 bits ---- */

static u64 hpet_read(struct device *dev, u64 offset, unsigned size)
{
    u64 v = read_register(from_device(dev), offset & ~UINT64_C(7)) >> 8 * (offset & 7);

    trace(dev, "read %03x -> %llx", (unsigned)offset, (unsigned long long)v);
    return v;
}

/* What the other half of a register is, for a write of one; status bits of 0 stay. */
static u64 other_half(const struct hpet *h, u64 at)
{
    if (at == STATUS)
        return 0;
    if (at >= TIMER && (at & 0x18) == 8 && at < TIMER + 0x20 * TIMERS) {
        const struct timer *t = &h->timer[(at - TIMER) / 0x20];

        return t->config & T_PERIODIC && !(t->config & T_SET) ? t->period : t->match;
    }
    return read_register(h, at);
}

static void hpet_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct hpet *h = from_device(dev);
    u64 at = offset & ~UINT64_C(7);

    trace(dev, "write %03x := %llx", (unsigned)offset, (unsigned long long)value);
    if (size < 4 || offset & (size - 1)) {
        guest_oddity(dev, "%u bytes stored at offset %03x", size, (unsigned)offset);
        return;
    }
    if (size == 4) {
        u64 other = other_half(h, at);

        value = offset & 4 ? (u32)other | value << 32 : (other & ~UINT64_C(0xffffffff)) | value;
    }
    write_register(h, at, value);
}

static const struct io_ops hpet_io = { hpet_read, hpet_write, 8 };

/* ---- The device ---- */

static void hpet_reset(struct device *dev, enum reset kind)
{
    struct hpet *h = from_device(dev);

    h->config = h->status = 0;
    h->counter = 0;
    for (unsigned n = 0; n < TIMERS; n++)
        h->timer[n] = (struct timer){ .match = UINT64_MAX };
    arm_all(h);
    set_lines(h);
}

static void name_lines(struct hpet *h)
{
    static const char *const name[ROUTES] = {
        "gsi0", "gsi1", "gsi2", "gsi3", "gsi4", "gsi5", "gsi6", "gsi7", "gsi8", "gsi9", "gsi10",
        "gsi11", "gsi12", "gsi13", "gsi14", "gsi15", "gsi16", "gsi17", "gsi18", "gsi19", "gsi20",
        "gsi21", "gsi22", "gsi23",
    };

    device_line(&h->dev, &h->irq0, "irq0");
    device_line(&h->dev, &h->irq8, "irq8");
    for (unsigned i = 0; i < ROUTES; i++)
        device_line(&h->dev, &h->gsi[i], name[i]);
}

static bool hpet_attach(struct device *dev, struct error *err)
{
    struct hpet *h = from_device(dev);

    h->routes = (u32)device_number(dev, "routes", 0x00f00000) & 0x00ffffff;
    name_lines(h);
    device_event(dev, &h->event[0], "timer0", fire_0);
    device_event(dev, &h->event[1], "timer1", fire_1);
    device_event(dev, &h->event[2], "timer2", fire_2);
    h->window = (struct region){
        .name = dev->name, .owner = dev, .io = &hpet_io, .size = WINDOW,
    };
    space_map(dev->machine->memory, &h->window, device_number(dev, "base", 0xfed00000), NORMAL);
    return true;
}

const struct device_type hpet_type = {
    .name = "hpet", .title = "high precision event timers", .size = sizeof(struct hpet),
    .state = state_rows, .attach = hpet_attach, .reset = hpet_reset, .pin = hpet_pin,
};
