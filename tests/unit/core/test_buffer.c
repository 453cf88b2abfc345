#include "core/buffer.h"

#include <criterion/criterion.h>

Test(buffer, what_is_put_is_read_back)
{
    struct buffer b = { 0 };
    struct reader r;
    char text[8];

    buffer_put_number(&b, 0x1122334455, 5);
    buffer_put_text(&b, "rtc");
    buffer_put(&b, "xyz", 3);
    r = (struct reader){ b.bytes, b.used, false };
    cr_assert_eq(read_number(&r, 5), 0x1122334455);
    cr_assert(read_text(&r, text, sizeof text));
    cr_assert_str_eq(text, "rtc");
    cr_assert_arr_eq(read_bytes(&r, 3), "xyz", 3);
    cr_assert(!r.bad && !r.left);
    buffer_clear(&b);
    cr_assert(!b.bytes && !b.used);
}

Test(buffer, zeros_are_put_even_where_something_else_lay)
{
    struct buffer b = { 0 };
    static const u8 nothing[64];

    for (unsigned i = 0; i < 64; i++)
        buffer_put(&b, "\377", 1);
    b.used = 0;
    buffer_put_zeros(&b, 64);
    buffer_put_zeros(&b, 0);
    cr_assert_eq(b.used, 64);
    cr_assert_arr_eq(b.bytes, nothing, 64);
    buffer_clear(&b);
}

Test(buffer, past_the_end_everything_is_bad)
{
    struct reader r = { (const u8 *)"abc", 3, false };

    cr_assert_eq(read_number(&r, 4), 0);
    cr_assert(r.bad);
    cr_assert_null(read_bytes(&r, 1));
}

Test(buffer, texts_that_are_too_long_or_hold_a_zero_are_bad)
{
    struct reader r = { (const u8 *)"\x05\0abcde", 7, false };
    char text[5];

    cr_assert_not(read_text(&r, text, sizeof text));
    r = (struct reader){ (const u8 *)"\x03\0a\0b", 5, false };
    cr_assert_not(read_text(&r, text, sizeof text));
    cr_assert_str_empty(text);
}

Test(buffer, grows)
{
    struct buffer b = { 0 };

    for (unsigned i = 0; i < 100000; i++)
        buffer_put_number(&b, i, 4);
    cr_assert(!b.failed && b.used == 400000 && b.room >= b.used);
    cr_assert_eq(b.bytes[4 * 70000 + 2], 1);
    buffer_clear(&b);
}
