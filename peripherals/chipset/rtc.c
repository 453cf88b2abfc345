/*
 * Motorola MC146818 real-time clock, with the 256 bytes of battery-backed RAM of later
 * chips: ports 70h and 71h, the upper half at 72h and 73h. MC146818 data sheet; the
 * century in byte 32h counts along.
 *
 * Seconds are counted when someone looks; an event is armed only for the next interrupt
 * that would raise the wire. Not modelled: the square wave pin, and time bases other than
 * 32.768 kHz, with which the clock stands still. What registers show while UIP is set is
 * undefined; they show the old time.
 */
#include "peripherals/chipset/rtc.h"

#include "core/bits.h"
#include "core/machine.h"
#include "peripherals/chipset/rtc_calendar.h"

enum { CRYSTAL_HZ = 32768, YEAR_2000 = 946684800 };
enum { TO_UPDATE = 244 * 1000, UPDATE = 1984 * 1000 };          /* ns: tBUC, tUC */

enum reg {
    SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, WEEKDAY, DAY, MONTH,
    YEAR, REG_A, REG_B, REG_C, REG_D, CENTURY = 0x32,
};
enum { A_RS = 0x0f, A_DV = 0x70, A_DV_32K = 0x20, A_DV_RESET = 0x60, A_UIP = 0x80 };
enum {
    B_DSE = 1, B_24 = 2, B_DM = 4, B_SQWE = 8, B_UIE = 0x10, B_AIE = 0x20, B_PIE = 0x40,
    B_SET = 0x80,
};
enum { C_UF = 0x10, C_AF = 0x20, C_PF = 0x40, C_IRQF = 0x80, SOURCES = 0x70 };
enum { D_VRT = 0x80, PM = 0x80, ANY = 0xc0 };

#define RTC_STATE(ONE, MANY, PART)                                  \
    MANY(u8,   cmos, 256,  "registers and RAM")                     \
    ONE (u8,   index,      "port 70h")                              \
    ONE (u8,   upper,      "port 72h")                              \
    ONE (u64,  second,     "when the second shown began, ns; may be before 0") \
    ONE (u64,  seen,       "until when register C is right, ns")    \
    ONE (bool, fell_back,  "this October's hour has been repeated")

struct rtc {
    struct device dev;
    struct line   irq, nmi_mask;
    struct event  wake;
    struct region ports;
    STATE_MEMBERS(RTC_STATE)
};
DEFINE_STATE(struct rtc, RTC_STATE);

/* -- registers and numbers -- */

static u8 encode(const struct rtc *r, unsigned n)
{
    return r->cmos[REG_B] & B_DM ? (u8)n : to_bcd((u8)(n % 100));
}

static u8 decode(const struct rtc *r, u8 v, u8 most)
{
    u8 n = r->cmos[REG_B] & B_DM ? v : from_bcd(v);

    return n > most ? most : n;
}

static u8 encode_hour(const struct rtc *r, unsigned hour)
{
    if (r->cmos[REG_B] & B_24)
        return encode(r, hour);
    return encode(r, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? PM : 0);
}

static u8 decode_hour(const struct rtc *r, u8 v)
{
    if (r->cmos[REG_B] & B_24)
        return decode(r, v, 23);
    return (u8)(decode(r, v & ~PM, 12) % 12 + (v & PM ? 12 : 0));
}

static struct calendar shown(const struct rtc *r)
{
    const u8 *c = r->cmos;
    u8 weekday = decode(r, c[WEEKDAY], 7);

    return (struct calendar){
        .year = decode(r, c[CENTURY], 99) * 100u + decode(r, c[YEAR], 99),
        .month = decode(r, c[MONTH], 12), .day = decode(r, c[DAY], 31),
        .weekday = weekday ? weekday - 1 : 0,
        .hour = decode_hour(r, c[HOURS]), .minute = decode(r, c[MINUTES], 59),
        .second = decode(r, c[SECONDS], 59),
    };
}

static void show(struct rtc *r, const struct calendar *t)
{
    u8 *c = r->cmos;

    c[SECONDS] = encode(r, t->second);
    c[MINUTES] = encode(r, t->minute);
    c[HOURS] = encode_hour(r, t->hour);
    c[WEEKDAY] = encode(r, t->weekday + 1u);
    c[DAY] = encode(r, t->day);
    c[MONTH] = encode(r, t->month);
    c[YEAR] = encode(r, t->year % 100);
    c[CENTURY] = encode(r, t->year / 100 % 100);
}

/* -- alarm and daylight saving -- */

static bool matches(u8 alarm, u8 v) { return alarm >= ANY || alarm == v; }

/* Seconds until the alarm's next match, or 0 for never. */
static u32 to_alarm(const struct rtc *r, const struct calendar *now)
{
    u32 start = calendar_time_of_day(now), t = start + 1;

    while (t - start <= DAY_SECONDS) {
        if (!matches(r->cmos[HOURS_ALARM], encode_hour(r, t / 3600 % 24)))
            t = (t / 3600 + 1) * 3600;
        else if (!matches(r->cmos[MINUTES_ALARM], encode(r, t / 60 % 60)))
            t = (t / 60 + 1) * 60;
        else if (!matches(r->cmos[SECONDS_ALARM], encode(r, t % 60)))
            t++;
        else
            return t - start;
    }
    return 0;
}

static u32 to_two_o_clock(const struct calendar *now)
{
    u32 t = calendar_time_of_day(now);

    return t < 2 * 3600 ? 2 * 3600 - t : DAY_SECONDS + 2 * 3600 - t;
}

/* [Daylight Savings Enable]: 1:59:59 becomes 3:00:00, or once more 1:00:00. */
static void save_daylight(struct rtc *r, struct calendar *t)
{
    if (calendar_time_of_day(t) != 2 * 3600)
        return;
    if (calendar_is_last_sunday(t, 4)) {
        t->hour = 3;
    } else if (calendar_is_last_sunday(t, 10) && !r->fell_back) {
        t->hour = 1;
        r->fell_back = true;
    } else {
        r->fell_back = false;
    }
}

static bool alarm_is_now(const struct rtc *r, const struct calendar *t)
{
    return matches(r->cmos[HOURS_ALARM], encode_hour(r, t->hour))
        && matches(r->cmos[MINUTES_ALARM], encode(r, t->minute))
        && matches(r->cmos[SECONDS_ALARM], encode(r, t->second));
}

/* Updates, with a stop wherever something happens besides counting. */
static void count_seconds(struct rtc *r, u64 seconds)
{
    struct calendar t = shown(r);

    r->cmos[REG_C] |= C_UF;
    while (seconds) {
        u32 alarm = r->cmos[REG_C] & C_AF ? 0 : to_alarm(r, &t);
        u64 step = alarm && alarm < seconds ? alarm : seconds;

        if (r->cmos[REG_B] & B_DSE && to_two_o_clock(&t) < step)
            step = to_two_o_clock(&t);
        calendar_add(&t, step);
        if (r->cmos[REG_B] & B_DSE)
            save_daylight(r, &t);
        if (alarm && alarm_is_now(r, &t))
            r->cmos[REG_C] |= C_AF;
        seconds -= step;
    }
    show(r, &t);
}

/* -- time -- */

static bool divider_runs(const struct rtc *r) { return (r->cmos[REG_A] & A_DV) == A_DV_32K; }

static bool updates(const struct rtc *r)
{
    return divider_runs(r) && !(r->cmos[REG_B] & B_SET);
}

/* log2 of the periodic interrupt's period in crystal ticks. [Periodic Interrupt Rate] */
static unsigned rate_shift(const struct rtc *r)
{
    unsigned rs = r->cmos[REG_A] & A_RS;

    return rs <= 2 ? rs + 6 : rs - 1;
}

static bool has_rate(const struct rtc *r)
{
    return divider_runs(r) && r->cmos[REG_A] & A_RS;
}

/* Differences of times wrap, so `second` may lie before the machine's first moment. */
static u64 periods_at(const struct rtc *r, u64 when)
{
    return ns_to_ticks(when - r->second, CRYSTAL_HZ) >> rate_shift(r);
}

static void update_line(struct rtc *r)
{
    u8 *c = &r->cmos[REG_C];

    *c &= SOURCES;
    if (*c & r->cmos[REG_B])
        *c |= C_IRQF;
    line_set(&r->irq, *c & C_IRQF);
}

static void catch_up(struct rtc *r)
{
    u64 now = device_now(&r->dev);
    u64 seconds = divider_runs(r) ? (now - r->second) / SECOND : 0;

    if (has_rate(r) && periods_at(r, now) != periods_at(r, r->seen))
        r->cmos[REG_C] |= C_PF;
    if (seconds && updates(r))
        count_seconds(r, seconds);
    r->second += seconds * SECOND;
    r->seen = now;
    update_line(r);
}

static u64 seconds_to_alarm_work(const struct rtc *r)
{
    struct calendar t = shown(r);
    u32 alarm = to_alarm(r, &t);

    if (r->cmos[REG_B] & B_DSE && (!alarm || to_two_o_clock(&t) < alarm))
        return to_two_o_clock(&t);
    return alarm;
}

/* Arms the next moment that raises the wire; while it is up, none does. */
static void plan(struct rtc *r)
{
    u8 b = r->cmos[REG_B];
    u64 due = NEVER;

    if (!(r->cmos[REG_C] & C_IRQF)) {
        if (b & B_PIE && has_rate(r))
            due = r->second + ticks_to_ns((periods_at(r, r->seen) + 1) << rate_shift(r),
                                          CRYSTAL_HZ);
        if (b & B_UIE && updates(r) && r->second + SECOND < due)
            due = r->second + SECOND;
        if (b & B_AIE && updates(r)) {
            u64 wait = seconds_to_alarm_work(r);

            if (wait && r->second + wait * SECOND < due)
                due = r->second + wait * SECOND;
        }
    }
    device_arm_at(&r->dev, &r->wake, due);
}

static void rtc_on_wake(struct device *dev, u64 due)
{
    struct rtc *r = container_of(dev, struct rtc, dev);

    catch_up(r);
    plan(r);
}

/* -- the bus -- */

static u8 read_register(struct rtc *r, u8 index)
{
    u8 v = r->cmos[index];

    switch (index) {
    case REG_A:
        if (updates(r) && r->seen - r->second >= SECOND - UPDATE - TO_UPDATE)
            v |= A_UIP;
        break;
    case REG_C:
        r->cmos[REG_C] = 0;
        update_line(r);
        plan(r);
        break;
    case REG_D:
        v = D_VRT;
        break;
    }
    return v;
}

static void write_a(struct rtc *r, u8 v)
{
    bool ran = divider_runs(r);

    r->cmos[REG_A] = v & ~A_UIP;
    if (!divider_runs(r) && (v & A_DV_RESET) != A_DV_RESET)
        guest_oddity(&r->dev, "the clock's time base is set to one it does not have: A = %02xh", v);
    /* [Divider Control]: the first update is half a second after the reset ends. */
    if (!ran && divider_runs(r))
        r->second = r->seen - SECOND / 2;
}

static void write_register(struct rtc *r, u8 index, u8 v)
{
    switch (index) {
    case REG_A:
        write_a(r, v);
        break;
    case REG_B:
        r->cmos[REG_B] = v & B_SET ? v & ~B_UIE : v;
        break;
    case REG_C: case REG_D:
        return;
    default:
        r->cmos[index] = v;
        if (index > REG_D)
            return;
    }
    update_line(r);
    plan(r);
}

static u64 rtc_read(struct device *dev, u64 offset, unsigned size)
{
    struct rtc *r = container_of(dev, struct rtc, dev);
    u8 index = offset == 1 ? r->index : r->upper, v;

    if (offset % 2 == 0)
        return 0xff;            /* the index is write-only */
    catch_up(r);
    v = read_register(r, index);
    trace(dev, "read %02xh -> %02xh", index, v);
    return v;
}

static void rtc_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct rtc *r = container_of(dev, struct rtc, dev);
    u8 v = (u8)value;

    switch (offset) {
    case 0:
        r->index = v & 0x7f;
        line_set(&r->nmi_mask, v & 0x80);
        return;
    case 2:
        r->upper = v | 0x80;
        return;
    }
    trace(dev, "write %02xh <- %02xh", offset == 1 ? r->index : r->upper, v);
    catch_up(r);
    write_register(r, offset == 1 ? r->index : r->upper, v);
}

/* -- the device -- */

void rtc_set_cmos(struct device *dev, u8 index, u8 value)
{
    struct rtc *r = container_of(dev, struct rtc, dev);

    catch_up(r);
    r->cmos[index] = value;
    update_line(r);
    plan(r);
}

u8 rtc_get_cmos(struct device *dev, u8 index)
{
    struct rtc *r = container_of(dev, struct rtc, dev);

    catch_up(r);
    plan(r);
    return r->cmos[index];
}

/* [RESET]: interrupts are off; the calendar and the RAM stay. */
static void rtc_reset(struct device *dev, enum reset how)
{
    struct rtc *r = container_of(dev, struct rtc, dev);

    catch_up(r);
    r->cmos[REG_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    r->cmos[REG_C] = 0;
    update_line(r);
    plan(r);
    line_set(&r->nmi_mask, true);
}

static bool rtc_attach(struct device *dev, struct error *err)
{
    static const struct io_ops ops = { rtc_read, rtc_write, 1 };
    struct rtc *r = container_of(dev, struct rtc, dev);
    struct calendar start;

    device_line(dev, &r->irq, "irq");
    device_line(dev, &r->nmi_mask, "nmi_mask");
    device_event(dev, &r->wake, "wake", rtc_on_wake);
    r->ports = (struct region){
        .name = dev->name, .owner = dev, .io = &ops,
        .size = device_flag(dev, "extended", true) ? 4 : 2,
    };
    space_map(dev->machine->ports, &r->ports, device_number(dev, "port", 0x70), NORMAL);
    r->cmos[REG_A] = A_DV_32K | 6;
    r->cmos[REG_B] = B_24;
    r->cmos[REG_D] = D_VRT;
    r->upper = 0x80;
    r->second = r->seen = device_now(dev);
    calendar_from_seconds(&start, device_number(dev, "start", YEAR_2000));
    show(r, &start);
    return true;
}

const struct device_type rtc_type = {
    .name = "mc146818", .title = "real-time clock and CMOS", .size = sizeof(struct rtc),
    .state = state_rows, .attach = rtc_attach, .reset = rtc_reset,
};
