/* Texts and strokes on their way to a keyboard that writes down what it hears. */
#include "core/input.h"
#include "core/machine.h"
#include "frontends/escape.h"
#include "frontends/paste.h"
#include "frontends/session.h"
#include "tests/support/fake_cpu.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct session s;
static struct paste paste;
static char heard[4096];
static u64 when[64];
static unsigned count;

static void hear(struct device *dev, u32 kind, const u8 *bytes, size_t n)
{
    cr_assert_eq(kind, INPUT_KEY);
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%u%c ", bytes[0],
             bytes[1] ? 'd' : 'u');
    if (count < COUNT(when))
        when[count] = device_now(dev);
    count++;
}

static const struct device_type ear_type = {
    .name = "ear", .title = "keyboard", .size = sizeof(struct device), .input = hear,
};

static void start(void)
{
    memset(&s, 0, sizeof s);
    s.machine = machine_create(NULL);
    fake_cpu(s.machine, "cpu0", 100 * MICROSECOND, 0);
    machine_add(s.machine, &ear_type, "keyboard", NULL);
    machine_reset(s.machine, RESET_POWER);
    heard[0] = '\0';
    count = 0;
}

static void finish(void)
{
    paste_end(&paste);
    machine_destroy(s.machine);
}

TestSuite(paste, .init = start, .fini = finish);

static void run_dry(void)
{
    for (unsigned i = 0; i < 400000 && (paste.text || s.typing.count); i++) {
        paste_step(&paste, &s);
        cr_assert_lt(s.typing.count, 100);
        machine_run(s.machine, typing_until(&s, s.machine->clock.now + MILLISECOND));
        typing_step(&s);
    }
}

Test(paste, characters_are_pressed_and_released_with_shift_where_they_need_it)
{
    paste_begin(&paste, "aB~");
    run_dry();
    cr_assert_str_eq(heard, "4d 4u 225d 5d 5u 225u 225d 53d 53u 225u ");
}

Test(paste, a_line_ends_with_one_key_however_it_is_written)
{
    paste_begin(&paste, "1\r\n2\n3\r");
    run_dry();
    cr_assert_str_eq(heard, "30d 30u 40d 40u 31d 31u 40d 40u 32d 32u 40d 40u ");
}

Test(paste, what_no_key_prints_is_left_out)
{
    paste_begin(&paste, "a\xc3\xa4" "b");
    run_dry();
    cr_assert_str_eq(heard, "4d 4u 5d 5u ");
}

Test(paste, keys_move_no_faster_than_a_keyboard_sends)
{
    paste_begin(&paste, "abcdefgh");
    run_dry();
    cr_assert_eq(count, 16);
    for (unsigned i = 1; i < count; i++)
        cr_assert_geq(when[i] - when[i - 1], 10 * MILLISECOND);
}

Test(paste, a_text_longer_than_the_typing_holds_arrives_whole)
{
    char *text = malloc(KEYS_WAITING + 1);

    memset(text, 'x', KEYS_WAITING);
    text[KEYS_WAITING] = '\0';
    paste_begin(&paste, text);
    free(text);
    run_dry();
    cr_assert_eq(count, 2 * KEYS_WAITING);
}

Test(paste, another_text_takes_the_place_of_one_that_is_not_done)
{
    paste_begin(&paste, "aaaa");
    paste_begin(&paste, "b");
    run_dry();
    cr_assert_str_eq(heard, "5d 5u ");
}

Test(paste, a_stroke_has_its_modifiers_around_it)
{
    struct stroke k = { .usage = 82, .ctrl = true, .shift = true };

    cr_assert(stroke_type(&s, &k));
    run_dry();
    cr_assert_str_eq(heard, "224d 225d 82d 82u 225u 224u ");
}
