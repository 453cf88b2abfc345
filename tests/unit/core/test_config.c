#include "core/config.h"
#include "core/error.h"

#include <criterion/criterion.h>

static struct config *c;

static void start(void)     { c = config_create(); }
static void end(void)       { config_destroy(c); }

TestSuite(config, .init = start, .fini = end);

Test(config, lines_are_keys_and_values)
{
    cr_assert(config_parse(c, "pc.conf", "# a PC\n\n cpu0.model = 486  # the old one\r\n"
                           "disk=a file.img\nempty =\n", NULL));
    cr_assert_str_eq(config_text(c, "cpu0.model", ""), "486");
    cr_assert_str_eq(config_text(c, "disk", ""), "a file.img");
    cr_assert_str_eq(config_text(c, "empty", "x"), "");
    cr_assert_str_eq(config_text(c, "absent", "otherwise"), "otherwise");
    cr_assert_null(config_complaint(c));
}

Test(config, a_bad_line_is_named)
{
    struct error err;

    cr_assert_not(config_parse(c, "pc.conf", "a = 1\nnonsense\n", &err));
    cr_assert(strstr(err.text, "pc.conf:2"), "%s", err.text);
    cr_assert_not(config_parse(c, "pc.conf", "two words = 1\n", &err));
    cr_assert_not(config_parse(c, "pc.conf", " = 1\n", &err));
}

Test(config, a_line_without_end_is_refused)
{
    static char text[5000];
    struct error err;

    memset(text, 'x', sizeof text - 1);
    cr_assert_not(config_parse(c, "pc.conf", text, &err));
}

Test(config, later_settings_win)
{
    config_set(c, "a", "1", NULL);
    config_set(c, "b", "2", NULL);
    config_set(c, "a", "3", NULL);
    cr_assert_eq(config_number(c, "a", 0), 3);
    cr_assert_eq(config_number(c, "b", 0), 2);
}

Test(config, numbers_have_units)
{
    static const struct { const char *text; u64 value; } good[] = {
        { "0", 0 }, { "17", 17 }, { "0x1f", 31 }, { "010", 10 }, { "0XffK", 255 << 10 },
        { "18446744073709551615", UINT64_MAX }, { "64K", 65536 }, { "16m", 16 << 20 },
        { "2G", UINT64_C(2) << 30 }, { "1T", UINT64_C(1) << 40 },
    };
    static const char *const bad[] = { "", "x", "-1", "0x", "0xg", "12Q", "1KK", "99999999999T",
                                       "18446744073709551616", "99999999999999999999" };

    for (unsigned i = 0; i < COUNT(good); i++) {
        config_set(c, "n", good[i].text, NULL);
        cr_assert_eq(config_number(c, "n", 99), good[i].value, "%s", good[i].text);
    }
    cr_assert_null(config_complaint(c));
    for (unsigned i = 0; i < COUNT(bad); i++) {
        config_set(c, "n", bad[i], NULL);
        cr_assert_eq(config_number(c, "n", 99), 99, "%s", bad[i]);
    }
    cr_assert(strstr(config_complaint(c), "n = "));
}

Test(config, flags_are_words)
{
    config_parse(c, "x", "a=yes\nb=off\nc=1\nd=perhaps\n", NULL);
    cr_assert(config_flag(c, "a", false));
    cr_assert_not(config_flag(c, "b", true));
    cr_assert(config_flag(c, "c", false));
    cr_assert_null(config_complaint(NULL));
    cr_assert(config_flag(c, "d", true));
    cr_assert(strstr(config_complaint(c), "d = perhaps"));
}

Test(config, what_nobody_asked_for_is_named)
{
    config_parse(c, "x", "rtc.localtime = yes\nrtc.lokaltime = yes\n", NULL);
    config_flag(c, "rtc.localtime", false);
    cr_assert(strstr(config_complaint(c), "rtc.lokaltime"));
}

Test(config, no_configuration_is_an_empty_one)
{
    cr_assert_eq(config_number(NULL, "a", 5), 5);
    cr_assert(config_flag(NULL, "a", true));
    cr_assert_null(config_text(NULL, "a", NULL));
}
