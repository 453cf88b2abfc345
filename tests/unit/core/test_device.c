#include "core/device.h"

#include "core/machine.h"
#include "tests/support/ticker.h"

#include <criterion/criterion.h>

static struct machine *m;
static struct ticker *t;

static void start(void)
{
    m = machine_create(NULL);
    t = ticker(m, "t0", 0);
}

static void end(void)       { machine_destroy(m); }

TestSuite(device, .init = start, .fini = end);

Test(device, time_is_the_machines)
{
    m->clock.now = 3 * SECOND + 1;
    cr_assert_eq(device_now(&t->dev), 3 * SECOND + 1);
    cr_assert_eq(device_ticks(&t->dev, 32768), 3 * 32768);
}

Test(device, events_are_armed_from_now_or_at_a_time)
{
    m->clock.now = 1000;
    cr_assert_eq(device_time_to(&t->dev, &t->pulse), NEVER);
    device_arm_in(&t->dev, &t->pulse, 500);
    cr_assert_eq(t->pulse.due, 1500);
    cr_assert_eq(device_time_to(&t->dev, &t->pulse), 500);
    device_arm_at(&t->dev, &t->pulse, 900);
    cr_assert_eq(device_time_to(&t->dev, &t->pulse), 0);
    device_arm_in(&t->dev, &t->pulse, NEVER);
    cr_assert_eq(t->pulse.due, NEVER);
    device_arm_in(&t->dev, &t->pulse, NEVER - 1);
    cr_assert_eq(t->pulse.due, NEVER, "beyond the end of time is never");
}

Test(device, lines_and_events_know_their_owner)
{
    cr_assert_eq(t->dev.lines, &t->out);
    cr_assert_eq(t->dev.events, &t->pulse);
    cr_assert_eq(t->out.driver, &t->dev);
    cr_assert_eq(t->pulse.owner, &t->dev);
}
