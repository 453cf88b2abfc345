#include "core/clock.h"

#include <criterion/criterion.h>

/* Events write their letter here; the owner stands for the letter. */
static char fired[64];
static u64 dues[64];
static unsigned count;

static void note(struct device *owner, u64 due)
{
    fired[count] = (char)(uintptr_t)owner;
    dues[count++] = due;
}

static struct event named(char c)
{
    return (struct event){ .name = "e", .owner = (struct device *)(uintptr_t)c, .fire = note };
}

Test(clock, ties_fire_in_the_order_of_addition)
{
    struct event a = named('a'), b = named('b'), c = named('c');
    struct clock clock = { 0 };

    clock_add(&clock, &a);
    clock_add(&clock, &b);
    clock_add(&clock, &c);
    clock_arm(&clock, &c, 5);
    clock_arm(&clock, &b, 5);
    clock_arm(&clock, &a, 5);
    clock.now = 5;
    cr_assert(clock_fire_due(&clock));
    cr_assert_str_eq(fired, "abc");
}

Test(clock, events_fire_by_due_time_and_once)
{
    struct event a = named('a'), b = named('b');
    struct clock clock = { 0 };

    clock_add(&clock, &a);
    clock_add(&clock, &b);
    clock_arm(&clock, &a, 9);
    clock_arm(&clock, &b, 3);
    clock.now = 100;
    clock_fire_due(&clock);
    cr_assert_not(clock_fire_due(&clock));
    cr_assert_str_eq(fired, "ba");
    cr_assert_eq(dues[0], 3);
    cr_assert_eq(dues[1], 9);
}

Test(clock, nothing_fires_early)
{
    struct event a = named('a');
    struct clock clock = { .now = 4 };

    clock_add(&clock, &a);
    clock_arm(&clock, &a, 5);
    cr_assert_not(clock_fire_due(&clock));
    cr_assert_eq(clock_next(&clock), 5);
}

Test(clock, never_disarms)
{
    struct event a = named('a');
    struct clock clock = { 0 };

    clock_add(&clock, &a);
    clock_arm(&clock, &a, 5);
    clock_arm(&clock, &a, NEVER);
    clock.now = NEVER;
    cr_assert_not(clock_fire_due(&clock));
    cr_assert_eq(clock_next(&clock), NEVER);
}

Test(clock, the_deadline_is_the_next_event_or_the_limit)
{
    struct event a = named('a');
    struct clock clock = { 0 };

    clock_aim(&clock, 50);
    cr_assert_eq(clock.deadline, 50);
    clock_add(&clock, &a);
    clock_arm(&clock, &a, 70);
    clock_aim(&clock, 50);
    cr_assert_eq(clock.deadline, 50);
    clock_aim(&clock, 100);
    cr_assert_eq(clock.deadline, 70);
}

Test(clock, arming_lowers_the_deadline_and_never_raises_it)
{
    struct event a = named('a');
    struct clock clock = { 0 };

    clock_add(&clock, &a);
    clock_aim(&clock, 100);
    clock_arm(&clock, &a, 30);
    cr_assert_eq(clock.deadline, 30);
    clock_arm(&clock, &a, 80);
    cr_assert_eq(clock.deadline, 30);
}

Test(clock, a_removed_event_is_forgotten)
{
    struct event a = named('a'), b = named('b');
    struct clock clock = { 0 };

    clock_add(&clock, &a);
    clock_add(&clock, &b);
    clock_arm(&clock, &a, 1);
    clock_arm(&clock, &b, 2);
    clock_remove(&clock, &a);
    clock_remove(&clock, &a);
    clock.now = 9;
    clock_fire_due(&clock);
    cr_assert_str_eq(fired, "b");
}

static struct clock periodic_clock;
static struct event periodic;

static void again(struct device *owner, u64 due)
{
    note(owner, due);
    clock_arm(&periodic_clock, &periodic, due + 100);
}

Test(clock, overshoot_does_not_drift)
{
    periodic = (struct event){ .name = "p", .fire = again };
    clock_add(&periodic_clock, &periodic);
    clock_arm(&periodic_clock, &periodic, 100);
    while (count < 50) {
        clock_aim(&periodic_clock, NEVER);
        periodic_clock.now = periodic_clock.deadline + 37;
        clock_fire_due(&periodic_clock);
    }
    cr_assert_eq(dues[49], 5000);
}

Test(clock, an_event_that_is_behind_catches_up_at_once)
{
    periodic = (struct event){ .name = "p", .fire = again };
    clock_add(&periodic_clock, &periodic);
    clock_arm(&periodic_clock, &periodic, 100);
    periodic_clock.now = 1000;
    clock_fire_due(&periodic_clock);
    cr_assert_eq(count, 10);
    cr_assert_eq(clock_next(&periodic_clock), 1100);
}

Test(clock, ticks_and_times_are_inverse_at_edges)
{
    static const u32 rates[] = { 1, 3, 18, 32768, 1193182, 3579545, 14318180, 999999999,
                                 1000000000 };

    for (unsigned i = 0; i < COUNT(rates); i++) {
        for (u64 tick = 0; tick < 3000; tick += 7) {
            u64 ns = ticks_to_ns(tick, rates[i]);

            cr_assert_eq(ns_to_ticks(ns, rates[i]), tick, "%u Hz, tick %lu", rates[i], tick);
            cr_assert(!ns || ns_to_ticks(ns - 1, rates[i]) == tick - 1);
        }
    }
}

Test(clock, ticks_stay_exact_after_centuries)
{
    u64 century = 100 * UINT64_C(31557600) * SECOND;

    cr_assert_eq(ns_to_ticks(century, 1193182), 100 * UINT64_C(31557600) * 1193182);
}

/* Which is next is remembered: whatever is armed, disarmed and armed again, it is what it is. */
Test(clock, the_next_event_is_the_earliest_of_all)
{
    struct event e[8];
    struct clock clock = { 0 };
    u64 random = 1;

    for (unsigned i = 0; i < COUNT(e); i++) {
        e[i] = named((char)('a' + i));
        clock_add(&clock, &e[i]);
    }
    for (unsigned round = 0; round < 5000; round++) {
        u64 least = NEVER;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        clock_arm(&clock, &e[random >> 61], random >> 33 & 7 ? random >> 40 & 15 : NEVER);
        if ((random >> 50 & 3) == 0)
            continue;                   /* not asked every time */
        for (unsigned i = 0; i < COUNT(e); i++)
            least = e[i].due < least ? e[i].due : least;
        cr_assert_eq(clock_next(&clock), least, "round %u", round);
    }
}

Test(clock, ties_fire_in_order_though_the_later_one_was_asked_for_first)
{
    struct event a = named('a'), b = named('b');
    struct clock clock = { .now = 9 };

    clock_add(&clock, &a);
    clock_add(&clock, &b);
    clock_arm(&clock, &b, 7);
    cr_assert_eq(clock_next(&clock), 7);
    clock_arm(&clock, &a, 7);
    clock_fire_due(&clock);
    cr_assert_str_eq(fired, "ab");
}
