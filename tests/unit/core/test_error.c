#include "core/error.h"

#include <criterion/criterion.h>

Test(error, says_why_and_is_false)
{
    struct error err = { "" };

    cr_assert_not(fail(&err, "%s: sector %u", "disk.img", 7));
    cr_assert_str_eq(err.text, "disk.img: sector 7");
}

Test(error, nobody_need_listen)
{
    cr_assert_not(fail(NULL, "lost"));
}

Test(error, long_texts_are_cut)
{
    struct error err;

    fail(&err, "%0999d", 1);
    cr_assert_eq(strlen(err.text), sizeof err.text - 1);
}
