#include "peripherals/input/keyboard.h"

#include "bus/ps2.h"
#include "core/input.h"
#include "core/machine.h"
#include "peripherals/input/scancodes.h"
#include "tests/support/bench.h"
#include "tests/support/ps2_bench.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { A = 0x04, B = 0x05, ENTER = 0x28, F7 = 0x40, PRINT = 0x46, PAUSE = 0x48, HOME = 0x4a,
       NUM = 0x53, SLASH = 0x54, HANGUL = 0x90, CTRL = 0xe0, SHIFT = 0xe1, ALT = 0xe2,
       RIGHT_SHIFT = 0xe5 };

static struct machine *m;
static struct ps2 *link;

static struct machine *build(void)
{
    return ps2_bench(&keyboard_type, "keyboard", &link);
}

static void start(void)     { m = build(); }
static void end(void)       { machine_destroy(m); }

TestSuite(keyboard, .init = start, .fini = end);

static void key(u8 usage, bool down)
{
    cr_assert(machine_input(m, "keyboard", INPUT_KEY, (u8[]){ usage, down }, 2, NULL));
}

static void press(u8 usage)
{
    key(usage, true);
    key(usage, false);
}

static const char *said(void)
{
    return ps2_said(link);
}

static const char *answer(u8 command)
{
    return ps2_answer(link, command);
}

static void pass(u64 time)
{
    machine_run(m, m->clock.now + time);
}

static void use_set(u8 set)
{
    answer(0xf0);
    answer(set);
}

Test(keyboard, a_key_makes_and_breaks_in_set_2)
{
    key(A, true);
    cr_assert_str_eq(said(), "1c ");
    key(A, false);
    cr_assert_str_eq(said(), "f0 1c ");
    press(F7);
    cr_assert_str_eq(said(), "83 f0 83 ");
}

Test(keyboard, a_key_makes_and_breaks_in_set_1)
{
    use_set(1);
    press(A);
    cr_assert_str_eq(said(), "1e 9e ");
    press(F7);
    cr_assert_str_eq(said(), "41 c1 ");
    press(HOME);
    cr_assert_str_eq(said(), "e0 47 e0 c7 ");
}

Test(keyboard, in_set_3_most_keys_only_make)
{
    use_set(3);
    press(A);
    press(HOME);
    press(CTRL);
    cr_assert_str_eq(said(), "1c 6e 11 f0 11 ");
    answer(0xfc);                               /* A shall break, too */
    cr_assert_str_eq(answer(0x1c), "fa ");
    answer(0xf4);
    press(A);
    cr_assert_str_eq(said(), "1c f0 1c ");
    answer(0xf8);
    press(HOME);
    cr_assert_str_eq(said(), "6e f0 6e ");
}

Test(keyboard, what_is_down_already_is_not_pressed_again)
{
    key(A, true);
    key(A, true);
    cr_assert_str_eq(said(), "1c ");
    key(A, false);
    key(A, false);
    cr_assert_str_eq(said(), "f0 1c ");
}

Test(keyboard, pause_is_one_sequence_and_another_with_ctrl)
{
    press(PAUSE);
    cr_assert_str_eq(said(), "e1 14 77 e1 f0 14 f0 77 ");
    key(CTRL, true);
    said();
    press(PAUSE);
    cr_assert_str_eq(said(), "e0 7e e0 f0 7e ");
    key(CTRL, false);
    use_set(1);
    press(PAUSE);
    cr_assert_str_eq(said(), "e1 1d 45 e1 9d c5 ");
}

Test(keyboard, print_screen_depends_on_shift_and_alt)
{
    press(PRINT);
    cr_assert_str_eq(said(), "e0 12 e0 7c e0 f0 7c e0 f0 12 ");
    key(SHIFT, true);
    said();
    press(PRINT);
    cr_assert_str_eq(said(), "e0 7c e0 f0 7c ");
    key(SHIFT, false);
    key(ALT, true);
    said();
    key(PRINT, true);
    key(ALT, false);
    key(PRINT, false);                          /* as it went down */
    cr_assert_str_eq(said(), "84 f0 11 f0 84 ");
}

Test(keyboard, grey_keys_undo_shift_states)
{
    key(RIGHT_SHIFT, true);
    said();
    press(HOME);
    cr_assert_str_eq(said(), "e0 f0 59 e0 6c e0 f0 6c e0 59 ");
    key(RIGHT_SHIFT, false);
    answer(0xed);
    answer(2);                                  /* Num Lock */
    press(HOME);
    cr_assert_str_eq(said(), "e0 12 e0 6c e0 f0 6c e0 f0 12 ");
    press(SLASH);
    cr_assert_str_eq(said(), "e0 4a e0 f0 4a ");
}

Test(keyboard, hangul_has_no_break_code)
{
    press(HANGUL);
    cr_assert_str_eq(said(), "f2 ");
}

Test(keyboard, no_two_keys_of_set_2_are_coded_alike)
{
    for (unsigned i = 0; i < 256; i++)
        for (unsigned j = 0; j < i; j++) {
            const struct key *a = &key_of_usage[i], *b = &key_of_usage[j];
            bool both = a->form && b->form && !(i == 0x32 && j == 0x31);

            cr_assert(!both || (a->form > KEY_PLAIN) != (b->form > KEY_PLAIN)
                      || a->set2 != b->set2, "%02xh and %02xh", i, j);
            cr_assert(!both || !a->set3 || a->set3 != b->set3, "%02xh and %02xh", i, j);
        }
}

Test(keyboard, a_held_key_repeats_after_its_delay_at_its_rate)
{
    key(A, true);
    said();
    pass(499 * MILLISECOND);
    cr_assert_str_eq(said(), "");
    pass(2 * MILLISECOND);
    cr_assert_str_eq(said(), "1c ");
    pass(90 * MILLISECOND);
    cr_assert_str_eq(said(), "");
    pass(2 * MILLISECOND);                      /* 10.9 a second: 91.7 ms */
    cr_assert_str_eq(said(), "1c ");
    key(B, true);                               /* the last one pressed repeats */
    said();
    pass(501 * MILLISECOND);
    cr_assert_str_eq(said(), "32 ");
    key(A, false);
    said();
    pass(92 * MILLISECOND);
    cr_assert_str_eq(said(), "32 ");
    key(B, false);
    said();
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(keyboard, f3_sets_rate_and_delay)
{
    cr_assert_str_eq(answer(0xf3), "fa ");
    cr_assert_str_eq(answer(0x00), "fa ");      /* 250 ms, 30 a second */
    key(A, true);
    said();
    pass(249 * MILLISECOND);
    cr_assert_str_eq(said(), "");
    pass(2 * MILLISECOND);
    cr_assert_str_eq(said(), "1c ");
    pass(34 * MILLISECOND);
    cr_assert_str_eq(said(), "1c ");
}

Test(keyboard, commands_are_acknowledged)
{
    cr_assert_str_eq(answer(0xee), "ee ");
    cr_assert_str_eq(answer(0xf2), "fa ab 83 ");
    cr_assert_str_eq(answer(0xf0), "fa ");
    cr_assert_str_eq(answer(0x00), "fa 02 ");
    cr_assert_str_eq(answer(0xed), "fa ");
    cr_assert_str_eq(answer(0x07), "fa ");
    cr_assert_str_eq(answer(0xf5), "fa ");
    cr_assert_str_eq(answer(0xf6), "fa ");
    cr_assert_str_eq(answer(0x12), "fe ");
    cr_assert_str_eq(answer(0xed), "fa ");
    cr_assert_str_eq(answer(0xf4), "fa ");      /* in place of the lamps */
    cr_assert_str_eq(answer(0x07), "fe ");
}

Test(keyboard, fe_repeats_the_last_byte)
{
    answer(0xf2);
    cr_assert_str_eq(answer(0xfe), "83 ");
    cr_assert_str_eq(answer(0xfe), "83 ");
}

Test(keyboard, a_reset_tests_itself_and_goes_back_to_set_2)
{
    use_set(1);
    cr_assert_str_eq(answer(0xff), "fa ");
    key(A, true);
    pass(499 * MICROSECOND);
    cr_assert_str_eq(said(), "");
    pass(MICROSECOND);
    cr_assert_str_eq(said(), "aa ");
    key(A, false);
    cr_assert_str_eq(said(), "f0 1c ");
}

Test(keyboard, a_reset_waits_for_its_acknowledgement_to_be_taken)
{
    link->receive(link, 0xff);
    pass(5 * MILLISECOND);
    cr_assert_str_eq(said(), "fa ");
    pass(500 * MICROSECOND);
    cr_assert_str_eq(said(), "aa ");
}

Test(keyboard, f5_stops_scanning_and_f4_starts_it)
{
    answer(0xf5);
    press(A);
    cr_assert_str_eq(said(), "");
    answer(0xf4);
    press(A);
    cr_assert_str_eq(said(), "1c f0 1c ");
}

Test(keyboard, an_answer_goes_before_scan_codes)
{
    press(A);
    link->receive(link, 0xed);
    cr_assert_str_eq(said(), "fa ");
    link->receive(link, 0);
    cr_assert_str_eq(said(), "fa 1c f0 1c ");
}

Test(keyboard, sixteen_bytes_are_kept_and_then_an_overrun)
{
    for (u8 i = 0; i < 5; i++)
        press((u8)(A + i));
    key(A + 5, true);
    cr_assert_eq(keyboard_type.room(link->dev), 0);
    key(A + 5, false);
    press(A + 6);
    cr_assert_str_eq(said(), "1c f0 1c 32 f0 32 21 f0 21 23 f0 23 24 f0 24 2b 00 ");
    press(A);
    cr_assert_str_eq(said(), "1c f0 1c ");
}

Test(keyboard, a_break_code_that_finds_no_room_is_lost_whole)
{
    for (u8 i = 0; i < 5; i++)
        press((u8)(A + i));
    press(HOME);
    cr_assert_str_eq(said(), "1c f0 1c 32 f0 32 21 f0 21 23 f0 23 24 f0 24 00 ");
}

Test(keyboard, a_pull_of_the_reset_wire_is_not_felt)
{
    use_set(1);
    press(A);
    machine_reset(m, RESET_WIRE);
    cr_assert_str_eq(said(), "1e 9e ");
}

static struct machine *busy(void)
{
    struct machine *made = build();
    u8 byte;

    link->receive(link, 0xff);
    link->take(link, &byte);
    machine_run(made, 20 * MILLISECOND);
    machine_input(made, "keyboard", INPUT_KEY, (u8[]){ SHIFT, 1 }, 2, NULL);
    machine_input(made, "keyboard", INPUT_KEY, (u8[]){ HOME, 1 }, 2, NULL);
    return made;
}

Test(keyboard, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(busy, 920 * MILLISECOND, 37 * MILLISECOND);
}
