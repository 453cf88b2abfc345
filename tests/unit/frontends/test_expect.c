#include "frontends/expect.h"

#include <criterion/criterion.h>
#include <string.h>

static struct texts wanted;
static struct expect e;

static void start(void)
{
    memset(&e, 0, sizeof e);
    wanted = (struct texts){ { "login:", "ready" }, 2 };
    e.wanted = &wanted;
}

TestSuite(expect, .init = start);

static void print(struct chr *c, const char *text)
{
    while (*text)
        chr_send(c, (u8)*text++);
}

Test(expect, all_texts_have_to_come_in_any_order)
{
    struct chr *c = expect_tap(&e, NULL);

    print(c, "it is ready now\r\nhost login");
    cr_assert_not(expect_met(&e));
    cr_assert_str_eq(expect_missing(&e), "login:");
    print(c, ": ");
    cr_assert(expect_met(&e));
}

Test(expect, streams_do_not_mix)
{
    struct chr *one = expect_tap(&e, NULL), *other = expect_tap(&e, NULL);

    print(one, "log");
    print(other, "in: ready");
    cr_assert_not(expect_met(&e));
    print(one, "in:");
    cr_assert(expect_met(&e));
}

Test(expect, a_beginning_that_repeats_is_found)
{
    struct chr *c;

    wanted = (struct texts){ { "aab" }, 1 };
    c = expect_tap(&e, NULL);
    print(c, "aaab");
    cr_assert(expect_met(&e));
}

Test(expect, nothing_wanted_leaves_streams_alone)
{
    struct chr c;

    wanted.count = 0;
    cr_assert_eq(expect_tap(&e, &c), &c);
    cr_assert(expect_met(&e));
}
