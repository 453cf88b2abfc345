#include "core/device.h"
#include "core/line.h"

#include <criterion/criterion.h>

static unsigned calls, last_pin;
static bool last_level;

static void heard(struct device *dev, unsigned pin, bool level)
{
    (void)dev;
    calls++;
    last_pin = pin;
    last_level = level;
}

static const struct device_type ear_type = { .name = "ear", .pin = heard };

Test(line, the_listener_hears_changes_only)
{
    struct device ear = { .type = &ear_type };
    struct line l = { .name = "irq", .listener = &ear, .pin = 5 };

    line_set(&l, false);
    cr_assert_eq(calls, 0);
    line_set(&l, true);
    line_set(&l, true);
    cr_assert_eq(calls, 1);
    cr_assert_eq(last_pin, 5);
    cr_assert(last_level);
    line_set(&l, false);
    cr_assert_eq(calls, 2);
    cr_assert_not(last_level);
}

Test(line, a_wire_that_goes_nowhere_keeps_its_level)
{
    static const struct device_type deaf_type = { .name = "deaf" };
    struct device deaf = { .type = &deaf_type };
    struct line loose = { .name = "irq" }, unheard = { .name = "irq", .listener = &deaf };

    line_set(&loose, true);
    line_set(&unheard, true);
    cr_assert(loose.level && unheard.level);
}

static struct line echo;

static void answer(struct device *dev, unsigned pin, bool level)
{
    (void)dev, (void)pin;
    calls++;
    if (level)
        line_set(&echo, false);
}

Test(line, a_listener_may_change_the_wire_it_hears)
{
    static const struct device_type type = { .name = "echo", .pin = answer };
    struct device dev = { .type = &type };

    echo = (struct line){ .name = "ack", .listener = &dev };
    line_set(&echo, true);
    cr_assert_eq(calls, 2);
    cr_assert_not(echo.level);
}
