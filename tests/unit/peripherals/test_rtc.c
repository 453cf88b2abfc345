#include "peripherals/chipset/rtc.h"

#include "core/config.h"
#include "peripherals/chipset/rtc_calendar.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>

/* MC146818 data sheet, by the titles of its sections. */
enum { A = 10, B, C, D };

static struct machine *m;
static struct device *rtc;
static struct probe *pic;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    machine_add(made, &rtc_type, "rtc", NULL);
    probe(made, "pic");
    machine_wire(made, "rtc.irq", "pic", 8, NULL);
    machine_wire(made, "rtc.nmi_mask", "pic", 9, NULL);
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)
{
    m = build();
    rtc = machine_find(m, "rtc");
    pic = container_of(machine_find(m, "pic"), struct probe, dev);
}

static void end(void) { machine_destroy(m); }

TestSuite(rtc, .init = start, .fini = end);

static u8 peek(u8 reg)
{
    out8(m, 0x70, reg);
    return in8(m, 0x71);
}

static void poke(u8 reg, u8 v)
{
    out8(m, 0x70, reg);
    out8(m, 0x71, v);
}

/* Years, months, ... seconds as they lie in the registers. */
static void set(u8 century, u8 year, u8 month, u8 day, u8 weekday)
{
    poke(0x32, century);
    poke(9, year);
    poke(8, month);
    poke(7, day);
    poke(6, weekday);
}

static void set_time(u8 hour, u8 minute, u8 second)
{
    poke(4, hour);
    poke(2, minute);
    poke(0, second);
}

#define expect_time(h, mi, s) \
    cr_assert_eq(peek(4) << 16 | peek(2) << 8 | peek(0), (h) << 16 | (mi) << 8 | (s), \
                 "%02x:%02x:%02x", peek(4), peek(2), peek(0))
#define expect_date(c, y, mo, d, w) \
    cr_assert(peek(0x32) == (c) && peek(9) == (y) && peek(8) == (mo) && peek(7) == (d) \
              && peek(6) == (w), "%02x%02x-%02x-%02x, %x", peek(0x32), peek(9), peek(8), \
              peek(7), peek(6))

Test(rtc, starts_with_the_year_2000_in_bcd)
{
    expect_date(0x20, 0x00, 0x01, 0x01, 7);
    expect_time(0, 0, 0);
    cr_assert_eq(peek(A), 0x26);
    cr_assert_eq(peek(B), 0x02);
    cr_assert_eq(peek(D), 0x80);
}

Test(rtc, starts_when_the_configuration_says)
{
    struct config *c = config_create();

    end();
    m = machine_create(NULL);
    config_set(c, "rtc.start", "1700000000", NULL);
    m->config = c;
    machine_add(m, &rtc_type, "rtc", NULL);
    machine_reset(m, RESET_POWER);
    expect_date(0x20, 0x23, 0x11, 0x14, 3);
    expect_time(0x22, 0x13, 0x20);
    config_destroy(c);
    m->config = NULL;
}

Test(rtc, counts_seconds_without_an_event)
{
    machine_run(m, 3661 * SECOND);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    expect_time(0x01, 0x01, 0x01);
    machine_run(m, 100 * (u64)DAY_SECONDS * SECOND);
    expect_date(0x20, 0x00, 0x04, 0x10, 2);
}

Test(rtc, the_century_turns)
{
    set(0x19, 0x99, 0x12, 0x31, 6);
    set_time(0x23, 0x59, 0x59);
    machine_run(m, SECOND);
    expect_date(0x20, 0x00, 0x01, 0x01, 7);
    expect_time(0, 0, 0);
}

Test(rtc, leap_years_have_a_29th_of_february)
{
    set(0x20, 0x24, 0x02, 0x28, 4);
    set_time(0x23, 0x59, 0x59);
    machine_run(m, SECOND);
    expect_date(0x20, 0x24, 0x02, 0x29, 5);
    machine_run(m, (1 + DAY_SECONDS) * SECOND);
    expect_date(0x20, 0x24, 0x03, 0x01, 6);
    set(0x20, 0x23, 0x02, 0x28, 3);
    machine_run(m, (1 + 2 * (u64)DAY_SECONDS) * SECOND);
    expect_date(0x20, 0x23, 0x03, 0x01, 4);
}

Test(rtc, a_century_of_zero_does_no_harm)
{
    set(0x00, 0x25, 0x06, 0x30, 2);
    set_time(0x23, 0x59, 0x59);
    machine_run(m, SECOND);
    expect_date(0x00, 0x25, 0x07, 0x01, 3);
}

Test(rtc, dates_that_do_not_exist_do_no_harm)
{
    for (unsigned v = 0; v < 256; v++) {
        for (u8 reg = 0; reg < 10; reg++)
            poke(reg, (u8)v);
        poke(0x32, (u8)v);
        poke(B, v & 1 ? 0x07 : 0x00);
        machine_run(m, device_now(rtc) + 40 * (u64)DAY_SECONDS * SECOND);
        peek(0);
    }
}

Test(rtc, binary_and_twelve_hours)
{
    poke(B, 0x06);
    set(20, 24, 12, 31, 3);
    set_time(23, 59, 58);
    machine_run(m, SECOND);
    expect_time(23, 59, 59);
    poke(B, 0x00);
    set(0x20, 0x24, 0x12, 0x31, 3);
    set_time(0x91, 0x59, 0x59);
    machine_run(m, 2 * SECOND);
    expect_time(0x12, 0, 0);
    cr_assert_eq(peek(9), 0x25);
    set_time(0x11, 0x59, 0x59);
    machine_run(m, 3 * SECOND);
    expect_time(0x92, 0, 0);
    machine_run(m, 3 * SECOND + 3600 * SECOND);
    expect_time(0x81, 0, 0);
    poke(B, 0x04);
    set_time(12, 0, 0);
    machine_run(m, 4 * SECOND + 3600 * SECOND);
    expect_time(12, 0, 1);
    machine_run(m, 4 * SECOND + (13 * 3600) * SECOND);
    expect_time(0x80 + 12, 0, 1);
}

Test(rtc, uip_announces_an_update_by_244_microseconds)
{
    machine_run(m, SECOND - 2229 * MICROSECOND);
    cr_assert_not(peek(A) & 0x80);
    machine_run(m, SECOND - 2228 * MICROSECOND);
    cr_assert(peek(A) & 0x80);
    expect_time(0, 0, 0);
    machine_run(m, SECOND);
    cr_assert_not(peek(A) & 0x80);
    expect_time(0, 0, 1);
    poke(B, 0x82);
    machine_run(m, 2 * SECOND - MICROSECOND);
    cr_assert_not(peek(A) & 0x80, "no update while SET");
}

Test(rtc, set_stops_updates_and_clears_uie)
{
    poke(B, 0x92);
    cr_assert_eq(peek(B), 0x82);
    machine_run(m, 10 * SECOND + 400 * MILLISECOND);
    expect_time(0, 0, 0);
    poke(B, 0x02);
    machine_run(m, 11 * SECOND - 1);
    expect_time(0, 0, 0);
    machine_run(m, 11 * SECOND);
    expect_time(0, 0, 1);
}

Test(rtc, after_a_divider_reset_the_first_update_comes_in_half_a_second)
{
    poke(A, 0x76);
    machine_run(m, 5 * SECOND + 123);
    expect_time(0, 0, 0);
    poke(A, 0x26);
    machine_run(m, 5 * SECOND + 122 + SECOND / 2);
    expect_time(0, 0, 0);
    machine_run(m, 5 * SECOND + 123 + SECOND / 2);
    expect_time(0, 0, 1);
}

Test(rtc, a_divider_reset_right_at_the_beginning)
{
    poke(A, 0x66);
    poke(A, 0x26);
    poke(B, 0x12);
    machine_run(m, SECOND);
    cr_assert_eq(pic->rose[8], SECOND / 2);
    expect_time(0, 0, 1);
}

Test(rtc, update_interrupts_come_once_until_c_is_read)
{
    poke(B, 0x12);
    machine_run(m, 3 * SECOND);
    cr_assert_eq(pic->rises[8], 1);
    cr_assert_eq(pic->rose[8], SECOND);
    cr_assert_eq(clock_next(&m->clock), NEVER, "while the wire is up nothing can change it");
    cr_assert_eq(peek(C) & 0x90, 0x90);
    cr_assert_not(pic->level[8]);
    cr_assert_eq(peek(C), 0);
    machine_run(m, 4 * SECOND);
    cr_assert_eq(pic->rises[8], 2);
}

Test(rtc, flags_are_set_whether_enabled_or_not)
{
    machine_run(m, SECOND);
    cr_assert_eq(peek(C), 0x50, "periodic and update");
    machine_run(m, 2 * SECOND);
    cr_assert_eq(peek(C), 0x50);
    poke(A, 0x20);
    machine_run(m, 2 * SECOND + SECOND / 2);
    cr_assert_eq(peek(C), 0);
    machine_run(m, 3 * SECOND);
    cr_assert_eq(pic->rises[8], 0);
    poke(B, 0x12);
    cr_assert(pic->level[8], "a flag that waits interrupts when it is enabled");
}

Test(rtc, periodic_interrupts_have_thirteen_rates)
{
    static const u32 hz[16] = {
        0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2,
    };

    for (u8 rs = 0; rs < 16; rs++) {
        u64 begin = device_now(rtc);
        u32 before = pic->rises[8];

        poke(A, 0x20 | rs);
        poke(B, 0x42);
        while (m->clock.now < begin + SECOND) {
            u64 next = clock_next(&m->clock);

            machine_run(m, next < begin + SECOND ? next : begin + SECOND);
            peek(C);
        }
        cr_assert_eq(pic->rises[8] - before, hz[rs], "rate %u: %u", rs, pic->rises[8] - before);
        poke(B, 0x02);
        peek(C);
    }
}

Test(rtc, alarm_matches_hour_minute_and_second)
{
    poke(5, 0x01);
    poke(3, 0x02);
    poke(1, 0x03);
    poke(B, 0x22);
    machine_run(m, 2 * (u64)DAY_SECONDS * SECOND);
    cr_assert_eq(pic->rises[8], 1);
    cr_assert_eq(pic->rose[8], 3723 * SECOND);
    cr_assert_eq(peek(C) & 0xa0, 0xa0);
    machine_run(m, 3 * (u64)DAY_SECONDS * SECOND);
    cr_assert_eq(pic->rose[8], (2 * (u64)DAY_SECONDS + 3723) * SECOND);
}

Test(rtc, alarm_bytes_from_c0_match_anything)
{
    poke(5, 0xff);
    poke(3, 0xc0);
    poke(1, 0x30);
    poke(B, 0x22);
    machine_run(m, 31 * SECOND);
    cr_assert_eq(pic->rose[8], 30 * SECOND);
    peek(C);
    machine_run(m, 91 * SECOND);
    cr_assert_eq(pic->rose[8], 90 * SECOND);
    poke(1, 0xff);
    peek(C);
    machine_run(m, 92 * SECOND);
    cr_assert_eq(pic->rose[8], 92 * SECOND);
}

Test(rtc, an_alarm_that_cannot_be_never_comes)
{
    poke(5, 0x25);
    poke(B, 0x22);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    poke(5, 0xff);
    poke(3, 0x1a);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(rtc, alarm_of_twelve_hours)
{
    poke(B, 0x00);
    set_time(0x12, 0, 0);
    poke(5, 0x83);
    poke(3, 0);
    poke(1, 0);
    poke(B, 0x20);
    machine_run(m, DAY_SECONDS * SECOND);
    cr_assert_eq(pic->rose[8], 15 * 3600 * SECOND);
}

Test(rtc, daylight_saving_skips_and_repeats_an_hour)
{
    poke(B, 0x03);
    set(0x20, 0x24, 0x04, 0x28, 1);
    set_time(0x01, 0x59, 0x59);
    machine_run(m, SECOND);
    expect_time(0x03, 0, 0);
    set(0x20, 0x24, 0x10, 0x27, 1);
    set_time(0x01, 0x59, 0x59);
    machine_run(m, 2 * SECOND);
    expect_time(0x01, 0, 0);
    machine_run(m, 2 * SECOND + 3600 * SECOND);
    expect_time(0x02, 0, 0);
    set(0x20, 0x24, 0x04, 0x21, 1);
    set_time(0x01, 0x59, 0x59);
    machine_run(m, 3 * SECOND + 3600 * SECOND);
    expect_time(0x02, 0, 0);
}

Test(rtc, daylight_saving_moves_the_alarm)
{
    poke(B, 0x03);
    set(0x20, 0x24, 0x04, 0x28, 1);
    set_time(0x01, 0, 0);
    poke(5, 0x04);
    poke(B, 0x23);
    machine_run(m, DAY_SECONDS * SECOND);
    cr_assert_eq(pic->rose[8], 2 * 3600 * SECOND);
}

Test(rtc, bit_7_of_the_index_masks_nmi)
{
    cr_assert(pic->level[9], "from reset on");
    out8(m, 0x70, 0x0f);
    cr_assert_not(pic->level[9]);
    out8(m, 0x70, 0x8f);
    cr_assert(pic->level[9]);
    cr_assert_eq(in8(m, 0x70), 0xff);
}

Test(rtc, ram_of_both_halves_keeps_what_is_written)
{
    for (unsigned i = 0x0e; i < 256; i++) {
        if (i == 0x32)
            continue;
        out8(m, i < 128 ? 0x70 : 0x72, (u8)i);
        out8(m, i < 128 ? 0x71 : 0x73, (u8)~i);
    }
    rtc_set_cmos(rtc, 0x5f, 3);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(peek(0x0e), 0xf1);
    cr_assert_eq(peek(0x5f), 3);
    cr_assert_eq(rtc_get_cmos(rtc, 0xff), 0x00);
    cr_assert_eq(rtc_get_cmos(rtc, 0x80), 0x7f);
}

Test(rtc, reset_leaves_the_time_and_switches_interrupts_off)
{
    poke(B, 0x7a);
    machine_run(m, 5 * SECOND);
    cr_assert(pic->level[8]);
    machine_reset(m, RESET_WIRE);
    cr_assert_not(pic->level[8]);
    cr_assert_eq(peek(B), 0x02);
    expect_time(0, 0, 5);
}

Test(rtc, c_and_d_take_no_writes)
{
    poke(C, 0xff);
    poke(D, 0x00);
    cr_assert_eq(peek(C), 0);
    cr_assert_eq(peek(D), 0x80);
}

Test(calendar, days_and_weekdays_go_together_for_eight_centuries)
{
    struct calendar at, step;

    calendar_from_seconds(&step, 0);
    cr_assert(step.year == 1970 && step.month == 1 && step.day == 1 && step.weekday == 4);
    for (u64 day = 0; day < 800 * 366; day++) {
        calendar_from_seconds(&at, day * DAY_SECONDS + 12345);
        calendar_add(&step, day ? DAY_SECONDS : 12345);
        cr_assert(at.year == step.year && at.month == step.month && at.day == step.day
                  && at.weekday == step.weekday && at.hour == 3 && step.second == 45);
    }
    calendar_from_seconds(&at, UINT64_C(4107542400));
    cr_assert(at.year == 2100 && at.month == 3 && at.day == 1, "2100 is no leap year");
}

static struct machine *busy(void)
{
    struct machine *made = build();

    out8(made, 0x70, 3);
    out8(made, 0x71, 0xff);
    out8(made, 0x70, 5);
    out8(made, 0x71, 0xff);
    out8(made, 0x70, 1);
    out8(made, 0x71, 0x02);
    out8(made, 0x70, B);
    out8(made, 0x71, 0x22);
    return made;
}

Test(rtc, save_and_load_is_invisible)
{
    saving_is_not_noticed(busy, 5 * SECOND, 333333333);
}
