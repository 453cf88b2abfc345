#include "frontends/escape.h"

#include <criterion/criterion.h>
#include <string.h>

static struct stroke k;

static size_t decode(const char *bytes, bool all)
{
    return escape_decode((const u8 *)bytes, strlen(bytes), all, &k);
}

/* All of it is one stroke. */
static void expect(const char *bytes, u8 usage, const char *modifiers)
{
    cr_assert_eq(decode(bytes, true), strlen(bytes));
    cr_assert_eq(k.usage, usage, "usage %u", k.usage);
    cr_assert_eq(k.shift, strchr(modifiers, 's') != NULL);
    cr_assert_eq(k.ctrl, strchr(modifiers, 'c') != NULL);
    cr_assert_eq(k.alt, strchr(modifiers, 'a') != NULL);
}

Test(escape, characters_are_keys_of_a_us_keyboard)
{
    expect("a", 4, "");
    expect("A", 4, "s");
    expect("~", 53, "s");
    expect(" ", 44, "");
}

Test(escape, controls_are_letters_with_ctrl_or_keys_of_their_own)
{
    expect("\x03", 6, "c");
    expect("\r", 40, "");
    expect("\t", 43, "");
    expect("\x7f", 42, "");
    expect("\b", 42, "");
    expect("\x1c", 49, "c");
    cr_assert_eq(escape_decode((const u8 *)"", 1, false, &k), 1);
    cr_assert(k.usage == 44 && k.ctrl);
}

Test(escape, cursor_and_editing_keys)
{
    expect("\x1b[A", 82, "");
    expect("\x1bOB", 81, "");
    expect("\x1b[H", 74, "");
    expect("\x1b[3~", 76, "");
    expect("\x1b[6~", 78, "");
    expect("\x1b[Z", 43, "s");
}

Test(escape, function_keys_of_xterm_and_of_consoles)
{
    expect("\x1bOP", 58, "");
    expect("\x1b[15~", 62, "");
    expect("\x1b[17~", 63, "");
    expect("\x1b[24~", 69, "");
    expect("\x1b[[A", 58, "");
    expect("\x1b[[E", 62, "");
}

Test(escape, modifiers_are_a_second_number)
{
    expect("\x1b[1;5A", 82, "c");
    expect("\x1b[1;2D", 80, "s");
    expect("\x1b[3;3~", 76, "a");
    expect("\x1b[1;8C", 79, "sac");
}

Test(escape, alt_is_an_escape_before)
{
    expect("\x1bx", 27, "a");
    expect("\x1bX", 27, "as");
}

Test(escape, a_lone_escape_is_the_key_once_nothing_follows)
{
    cr_assert_eq(decode("\x1b", false), 0);
    expect("\x1b", 41, "");
    cr_assert_eq(decode("\x1b[", false), 0);
    cr_assert_eq(decode("\x1b[1;", false), 0);
}

Test(escape, unknown_sequences_are_no_key_and_are_taken_whole)
{
    expect("\x1b[99~", 0, "");
    expect("\x1b[?u", 0, "");
}

Test(escape, whatever_comes_something_is_taken_in_the_end)
{
    u8 bytes[24];
    u32 seed = 1;

    for (unsigned round = 0; round < 200000; round++) {
        size_t used;

        for (unsigned i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = seed >> 30 ? (u8)(seed >> 22) : "\x1b[O;~"[seed >> 24 & 3];
        }
        used = escape_decode(bytes, 1 + round % sizeof bytes, true, &k);
        cr_assert(used >= 1 && used <= 1 + round % sizeof bytes);
    }
}
