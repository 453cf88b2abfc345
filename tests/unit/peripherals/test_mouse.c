#include "peripherals/input/mouse.h"

#include "bus/ps2.h"
#include "core/bits.h"
#include "core/input.h"
#include "core/machine.h"
#include "tests/support/bench.h"
#include "tests/support/ps2_bench.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct machine *m;
static struct ps2 *link;

static struct machine *build(void)
{
    return ps2_bench(&mouse_type, "mouse", &link);
}

static void start(void)     { m = build(); }
static void end(void)       { machine_destroy(m); }

TestSuite(mouse, .init = start, .fini = end);

static void move_on(struct machine *on, int right, int down, int wheel, u8 buttons)
{
    u8 bytes[6] = { [4] = (u8)wheel, [5] = buttons };

    store_le16(bytes, (u16)right);
    store_le16(bytes + 2, (u16)down);
    cr_assert(machine_input(on, "mouse", INPUT_POINTER, bytes, sizeof bytes, NULL));
}

static void move(int right, int down, int wheel, u8 buttons)
{
    move_on(m, right, down, wheel, buttons);
}

static const char *said(void)
{
    return ps2_said(link);
}

static const char *answer(u8 command)
{
    return ps2_answer(link, command);
}

static void set(u8 command, u8 value)
{
    cr_assert_str_eq(answer(command), "fa ");
    cr_assert_str_eq(answer(value), "fa ");
}

static const char *said_after(u64 time)
{
    machine_run(m, m->clock.now + time);
    return said();
}

static void knock(u8 a, u8 b, u8 c)
{
    set(0xf3, a);
    set(0xf3, b);
    set(0xf3, c);
}

Test(mouse, says_nothing_until_it_is_enabled)
{
    move(5, 5, 0, POINTER_LEFT);
    cr_assert_str_eq(said_after(SECOND), "");
    answer(0xf4);
    cr_assert_str_eq(said_after(SECOND), "");
    cr_assert_eq(clock_next(&m->clock), NEVER);
    move(3, -4, 0, POINTER_LEFT);
    cr_assert_str_eq(said_after(10 * MILLISECOND), "09 03 04 ");
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(mouse, counts_right_and_up_with_nine_bits)
{
    answer(0xf4);
    move(-1, 1, 0, 0);
    cr_assert_str_eq(said_after(10 * MILLISECOND), "38 ff ff ");
    move(300, 0, 0, POINTER_RIGHT | POINTER_MIDDLE);
    cr_assert_str_eq(said_after(10 * MILLISECOND), "0e ff 00 ");
    cr_assert_str_eq(said_after(10 * MILLISECOND), "0e 2d 00 ");
}

Test(mouse, reports_no_oftener_than_its_sample_rate)
{
    set(0xf3, 20);
    answer(0xf4);
    said_after(SECOND);
    move(1, 0, 0, 0);
    cr_assert_str_eq(said_after(MILLISECOND), "08 01 00 ");
    move(1, 0, 0, 0);
    move(1, 0, 0, 0);
    cr_assert_str_eq(said_after(48 * MILLISECOND), "");
    cr_assert_str_eq(said_after(2 * MILLISECOND), "08 02 00 ");
}

Test(mouse, a_click_shorter_than_a_sample_is_seen)
{
    answer(0xf4);
    said_after(SECOND);
    move(1, 0, 0, 0);
    said_after(MILLISECOND);
    move(0, 0, 0, POINTER_LEFT);
    move(0, 0, 0, 0);
    cr_assert_str_eq(said_after(10 * MILLISECOND), "09 00 00 ");
    cr_assert_str_eq(said_after(10 * MILLISECOND), "08 00 00 ");
    cr_assert_str_eq(said_after(SECOND), "");
}

Test(mouse, a_report_waits_until_the_last_one_is_read)
{
    answer(0xf4);
    move(1, 0, 0, 0);
    machine_run(m, m->clock.now + SECOND);
    move(2, 0, 0, 0);
    machine_run(m, m->clock.now + SECOND);
    cr_assert_str_eq(said(), "08 01 00 ");
    cr_assert_str_eq(said_after(1), "08 02 00 ");
}

Test(mouse, a_wheel_appears_after_200_100_80)
{
    cr_assert_str_eq(answer(0xf2), "fa 00 ");
    knock(200, 100, 80);
    cr_assert_str_eq(answer(0xf2), "fa 03 ");
    answer(0xf4);
    move(0, 0, 1, 0);                           /* away from the person: negative */
    cr_assert_str_eq(said_after(20 * MILLISECOND), "08 00 00 ff ");
    move(0, 0, -20, POINTER_4);
    cr_assert_str_eq(said_after(20 * MILLISECOND), "08 00 00 07 ");
}

Test(mouse, five_buttons_appear_after_200_200_80)
{
    knock(200, 200, 80);
    cr_assert_str_eq(answer(0xf2), "fa 04 ");
    answer(0xf4);
    move(0, 0, 1, POINTER_4);
    cr_assert_str_eq(said_after(20 * MILLISECOND), "08 00 00 1f ");
    move(0, 0, 0, POINTER_5);
    cr_assert_str_eq(said_after(20 * MILLISECOND), "08 00 00 20 ");
}

Test(mouse, status_tells_buttons_modes_resolution_and_rate)
{
    cr_assert_str_eq(answer(0xe9), "fa 00 02 64 ");
    set(0xe8, 3);
    set(0xf3, 40);
    answer(0xe7);
    answer(0xf4);
    move(0, 0, 0, POINTER_LEFT);
    cr_assert_str_eq(answer(0xe9), "fa 34 03 28 ");
    answer(0xf0);
    cr_assert_str_eq(answer(0xe9), "fa 74 03 28 ");
    answer(0xf6);
    cr_assert_str_eq(answer(0xe9), "fa 04 02 64 ");
}

Test(mouse, in_remote_mode_it_speaks_when_asked)
{
    answer(0xf0);
    move(7, 0, 0, 0);
    cr_assert_str_eq(said_after(SECOND), "");
    cr_assert_str_eq(answer(0xeb), "fa 08 07 00 ");
    cr_assert_str_eq(answer(0xeb), "fa 08 00 00 ");
}

Test(mouse, scaling_2_to_1_bends_small_movements)
{
    static const u8 row[][2] = { { 1, 1 }, { 2, 1 }, { 3, 3 }, { 4, 6 }, { 5, 9 }, { 6, 12 } };

    answer(0xe7);
    answer(0xf4);
    for (unsigned i = 0; i < COUNT(row); i++) {
        char text[16];

        move(row[i][0], 0, 0, 0);
        snprintf(text, sizeof text, "08 %02x 00 ", row[i][1]);
        cr_assert_str_eq(said_after(10 * MILLISECOND), text);
    }
}

Test(mouse, in_wrap_mode_it_echoes)
{
    answer(0xee);
    cr_assert_str_eq(answer(0xf4), "f4 ");
    cr_assert_str_eq(answer(0x12), "12 ");
    cr_assert_str_eq(answer(0xec), "fa ");
    cr_assert_str_eq(answer(0xf2), "fa 00 ");
}

Test(mouse, nonsense_is_asked_for_again_and_then_an_error)
{
    cr_assert_str_eq(answer(0x12), "fe ");
    cr_assert_str_eq(answer(0x12), "fc ");
    set(0xe8, 1);
    answer(0xf3);
    cr_assert_str_eq(answer(33), "fe ");
    cr_assert_str_eq(answer(40), "fa ");
}

Test(mouse, fe_repeats_the_whole_answer)
{
    cr_assert_str_eq(answer(0xe9), "fa 00 02 64 ");
    cr_assert_str_eq(answer(0xfe), "fa 00 02 64 ");
}

Test(mouse, a_reset_tests_itself_and_says_its_kind)
{
    knock(200, 100, 80);
    cr_assert_str_eq(answer(0xff), "fa ");
    cr_assert_str_eq(said_after(500 * MICROSECOND), "aa 00 ");
    cr_assert_str_eq(answer(0xf2), "fa 00 ");
}

Test(mouse, a_reset_waits_for_its_acknowledgement_to_be_taken)
{
    link->receive(link, 0xff);
    cr_assert_str_eq(said_after(5 * MILLISECOND), "fa ");
    cr_assert_str_eq(said_after(500 * MICROSECOND), "aa 00 ");
}

static struct machine *busy(void)
{
    struct machine *made = build();

    link->receive(link, 0xf4);
    move_on(made, 9, 1000, 0, POINTER_LEFT);
    return made;
}

Test(mouse, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(busy, 50 * MILLISECOND, 3 * MILLISECOND);
}
