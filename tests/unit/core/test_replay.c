#include "core/replay.h"

#include "core/error.h"
#include "core/machine.h"
#include "core/snapshot.h"
#include "tests/support/fake_cpu.h"
#include "tests/support/ticker.h"

#include <criterion/criterion.h>

static struct machine *build(u64 nap)
{
    struct machine *m = machine_create(NULL);

    m->quantum = 400;
    fake_cpu(m, "cpu0", 7, nap);
    fake_cpu(m, "cpu1", 5, nap ? nap + 3 : 0);
    ticker(m, "t0", 1000);
    machine_wire(m, "t0.out", "cpu0", 0, NULL);
    machine_reset(m, RESET_POWER);
    return m;
}

static bool same(struct machine *a, struct machine *b)
{
    struct digest x = machine_hash(a), y = machine_hash(b);

    return x.low == y.low && x.high == y.high;
}

static struct buffer tape;

/* A run with input at odd moments, one of them before all. */
static struct machine *record(u64 nap)
{
    struct machine *m = build(nap);

    replay_record(m, &tape);
    cr_assert(machine_input(m, "t0", 3, "abc", 3, NULL));
    for (u64 t = 100; t < 20000; t += 1373) {
        u8 byte = (u8)t;

        machine_run(m, t);
        cr_assert(machine_input(m, "t0", (u32)t, &byte, 1, NULL));
        cr_assert(machine_input(m, "t0", 9, &byte, t % 2, NULL));
    }
    machine_run(m, 30000);
    return m;
}

static void repeats(u64 nap)
{
    struct machine *live = record(nap), *again = build(nap), *sliced = build(nap);

    cr_assert(replay_start(again, tape.bytes, tape.used, NULL));
    cr_assert(replay_start(sliced, tape.bytes, tape.used, NULL));
    cr_assert_eq(machine_run(again, 30000), RUN_REACHED);
    for (u64 t = 0; t < 30000; t += 91)
        machine_run(sliced, t);
    machine_run(sliced, 30000);
    cr_assert(same(live, again));
    cr_assert(same(live, sliced));
    machine_destroy(live);
    machine_destroy(again);
    machine_destroy(sliced);
    buffer_clear(&tape);
}

Test(replay, repeats_a_run)                 { repeats(0); }
Test(replay, repeats_a_run_of_sleepers)     { repeats(4); }

Test(replay, input_matters)
{
    struct machine *live = record(0), *deaf = build(0);

    machine_run(deaf, 30000);
    cr_assert_not(same(live, deaf));
    machine_destroy(live);
    machine_destroy(deaf);
    buffer_clear(&tape);
}

Test(replay, a_run_that_goes_another_way_is_noticed)
{
    struct machine *live = record(0), *other = build(6);

    cr_assert(replay_start(other, tape.bytes, tape.used, NULL));
    cr_assert_eq(machine_run(other, 30000), RUN_STOPPED);
    cr_assert_eq(other->stop, STOP_DIVERGED);
    machine_destroy(live);
    machine_destroy(other);
    buffer_clear(&tape);
}

Test(replay, nothing_else_is_let_in)
{
    struct machine *m = build(0);
    struct error err;

    replay_record(m, &tape);
    m->record = NULL;
    cr_assert(replay_start(m, tape.bytes, tape.used, NULL));
    cr_assert_not(machine_input(m, "t0", 1, "x", 1, &err));
    replay_stop(m);
    cr_assert(machine_input(m, "t0", 1, "x", 1, &err));
    machine_destroy(m);
    buffer_clear(&tape);
}

Test(replay, input_needs_somebody_who_takes_it)
{
    struct machine *m = build(0);
    struct error err;

    cr_assert_not(machine_input(m, "t7", 1, "x", 1, &err));
    cr_assert_not(machine_input(m, "cpu0", 1, "x", 1, &err));
    cr_assert(strstr(err.text, "cpu0"));
    machine_destroy(m);
}

Test(replay, damaged_records_are_refused_or_harmless)
{
    struct machine *live = record(0);
    u32 chance = 1;

    for (size_t n = 0; n < tape.used; n++) {
        struct machine *m = build(0);
        u8 *copy = malloc(n + 1);

        memcpy(copy, tape.bytes, n);
        if (replay_start(m, copy, n, NULL))
            machine_run(m, 30000);
        machine_destroy(m);
        free(copy);
    }
    for (unsigned round = 0; round < 500; round++) {
        struct machine *m = build(0);
        size_t at = (chance = chance * 1664525 + 1013904223) % tape.used;
        u8 was = tape.bytes[at];

        tape.bytes[at] = (u8)(chance >> 24);
        if (replay_start(m, tape.bytes, tape.used, NULL))
            machine_run(m, 30000);
        tape.bytes[at] = was;
        machine_destroy(m);
    }
    machine_destroy(live);
    buffer_clear(&tape);
}
