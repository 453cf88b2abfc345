#include "frontends/held.h"

#include <criterion/criterion.h>
#include <string.h>

enum { A = 4, F = 9, G = 10, Z = 29, LEFT_CTRL = 224, LEFT_SHIFT, LEFT_ALT, RIGHT_CTRL = 228 };

static struct held h;

static void start(void)
{
    memset(&h, 0, sizeof h);
}

TestSuite(held, .init = start);

Test(held, a_key_goes_down_once_and_up_once)
{
    cr_assert(held_change(&h, A, true));
    cr_assert_not(held_change(&h, A, true));
    cr_assert(held_is(&h, A));
    cr_assert(held_change(&h, A, false));
    cr_assert_not(held_change(&h, A, false));
}

Test(held, what_no_keyboard_has_is_no_key)
{
    cr_assert_not(held_change(&h, 0, true));
    cr_assert_not(held_change(&h, 3, true));
    cr_assert_not(held_change(&h, 232, true));
    cr_assert_not(held_change(&h, 258, true));      /* SDL's keys for media */
    cr_assert(held_change(&h, 231, true));
}

Test(held, all_that_are_down_can_be_let_go)
{
    unsigned count = 0;
    u8 usage;

    held_change(&h, A, true);
    held_change(&h, Z, true);
    held_change(&h, 70, true);
    held_change(&h, LEFT_CTRL, true);
    while ((usage = held_any(&h))) {
        cr_assert(held_change(&h, usage, false));
        count++;
    }
    cr_assert_eq(count, 4);
}

Test(held, a_letter_is_a_wish_with_ctrl_and_alt_only)
{
    cr_assert_eq(wish_of(&h, WISH_CTRL_ALT, G), WISHES);
    held_change(&h, LEFT_CTRL, true);
    cr_assert_eq(wish_of(&h, WISH_CTRL_ALT, G), WISHES);
    held_change(&h, LEFT_ALT, true);
    cr_assert_eq(wish_of(&h, WISH_CTRL_ALT, G), WISH_GRAB);
    cr_assert_eq(wish_of(&h, WISH_CTRL_ALT, F), WISH_FULL_SCREEN);
    cr_assert_eq(wish_of(&h, WISH_CTRL_ALT, A), WISHES);
    cr_assert_eq(wish_of(&h, WISH_CTRL_ALT, 76), WISHES);       /* Delete is the machine's */
}

Test(held, other_keys_can_be_chosen_by_the_names_of_grab_mod)
{
    cr_assert_eq(wish_keys_named("lctrl-lalt"), WISH_CTRL_ALT);
    cr_assert_eq(wish_keys_named("lshift-lctrl-lalt"), WISH_SHIFT_CTRL_ALT);
    cr_assert_eq(wish_keys_named("rctrl"), WISH_RIGHT_CTRL);
    cr_assert_eq(wish_keys_named("meta"), WISH_KEYS);
    held_change(&h, LEFT_CTRL, true);
    held_change(&h, LEFT_ALT, true);
    cr_assert_eq(wish_of(&h, WISH_SHIFT_CTRL_ALT, G), WISHES);
    held_change(&h, LEFT_SHIFT, true);
    cr_assert_eq(wish_of(&h, WISH_SHIFT_CTRL_ALT, G), WISH_GRAB);
    cr_assert_eq(wish_of(&h, WISH_RIGHT_CTRL, G), WISHES);
    held_change(&h, RIGHT_CTRL, true);
    cr_assert_eq(wish_of(&h, WISH_RIGHT_CTRL, G), WISH_GRAB);
}

Test(held, the_help_names_every_wish)
{
    cr_assert(strstr(wish_help(), "F full screen"));
    cr_assert(strstr(wish_help(), "Q quit"));
    cr_assert_lt(strlen(wish_help()), 140);
}
