#include "core/machine.h"

#include "core/config.h"
#include "core/error.h"
#include "core/ram.h"
#include "core/snapshot.h"
#include "tests/support/fake_cpu.h"
#include "tests/support/ticker.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct machine *m;

static void start(void)     { m = machine_create(NULL); }
static void end(void)       { machine_destroy(m); }

TestSuite(machine, .init = start, .fini = end);

Test(machine, parts_are_found_by_name_and_names_are_unique)
{
    struct error err;
    struct ticker *t = ticker(m, "t0", 100);

    cr_assert_eq(machine_find(m, "t0"), &t->dev);
    cr_assert_null(machine_find(m, "t1"));
    cr_assert_null(machine_add(m, &ticker_type, "t0", &err));
    cr_assert(strstr(err.text, "t0"));
    cr_assert_null(machine_add(m, &ticker_type, "t.1", &err));
    cr_assert_null(machine_add(m, &ticker_type, "", &err));
}

static void ignore(struct device *dev, u64 due)
{
    (void)dev, (void)due;
}

static bool refuse(struct device *dev, struct error *err)
{
    static struct event e;
    static struct region r;

    device_event(dev, &e, "e", ignore);
    r = (struct region){ .name = "r", .owner = dev, .size = 16 };
    space_map(dev->machine->memory, &r, 0, NORMAL);
    return fail(err, "%s: no", dev->name);
}

Test(machine, a_part_that_refuses_leaves_nothing_behind)
{
    static const struct device_type type = { .name = "x", .size = sizeof(struct device),
                                             .attach = refuse };
    struct error err;
    u64 offset;

    cr_assert_null(machine_add(m, &type, "x", &err));
    cr_assert_str_eq(err.text, "x: no");
    cr_assert_null(machine_find(m, "x"));
    cr_assert_null(m->clock.events);
    cr_assert_null(space_find(m->memory, 0, &offset));
}

Test(machine, wires_are_found_by_name)
{
    struct error err;
    struct fake_cpu *cpu = fake_cpu(m, "cpu0", 1, 0);
    struct ticker *t = ticker(m, "t0", 100);

    cr_assert_not(machine_wire(m, "t0.in", "cpu0", 0, &err));
    cr_assert(strstr(err.text, "t0.in"));
    cr_assert_not(machine_wire(m, "t0", "cpu0", 0, &err));
    cr_assert_not(machine_wire(m, "t0.out", "cpu1", 0, &err));
    cr_assert(strstr(err.text, "cpu1"));
    cr_assert_not(machine_wire(m, "t0.out", "t0", 0, &err), "it has no pins");
    cr_assert(machine_wire(m, "t0.out", "cpu0", 1, &err));
    cr_assert_not(machine_wire(m, "t0.out", "cpu0", 1, &err), "it is wired");
    line_set(&t->out, true);
    cr_assert_eq(cpu->pulses, 1);
}

Test(machine, runs_to_the_instruction_that_reaches_the_time)
{
    struct fake_cpu *cpu = fake_cpu(m, "cpu0", 7, 0);

    machine_reset(m, RESET_POWER);
    cr_assert_eq(machine_run(m, 100), RUN_REACHED);
    cr_assert_eq(m->clock.now, 105);
    cr_assert_eq(machine_retired(m), 15);
    machine_run(m, 103);
    cr_assert_eq(m->clock.now, 105);
    cr_assert_eq(cpu->cpu.retired, 15);
}

Test(machine, events_do_not_drift_under_overshoot)
{
    struct ticker *t = ticker(m, "t0", 100);

    fake_cpu(m, "cpu0", 7, 0);
    machine_reset(m, RESET_POWER);
    machine_run(m, 100 * 1000 + 50);
    cr_assert_eq(t->pulses, 1000);
    cr_assert_eq(t->pulse.due, 100100);
    cr_assert_lt(t->late, 7 * 1000);
}

Test(machine, sleep_jumps_to_what_happens_next)
{
    struct fake_cpu *cpu = fake_cpu(m, "cpu0", 7, 3);

    ticker(m, "t0", SECOND);
    machine_wire(m, "t0.out", "cpu0", 0, NULL);
    machine_reset(m, RESET_POWER);
    cr_assert_eq(machine_run(m, 1000 * SECOND + 50), RUN_REACHED);
    cr_assert_eq(machine_retired(m), 3003);
    cr_assert_lt(cpu->runs, 5000);
    cr_assert_eq(m->clock.now, 1000 * SECOND + 50);
}

Test(machine, an_event_that_is_due_as_the_cpu_falls_asleep_wakes_it)
{
    fake_cpu(m, "cpu0", 10, 10);
    ticker(m, "t0", 95);
    machine_wire(m, "t0.out", "cpu0", 0, NULL);
    machine_reset(m, RESET_POWER);
    machine_run(m, 150);
    cr_assert_eq(machine_retired(m), 15);
}

Test(machine, a_machine_asleep_forever_says_so)
{
    fake_cpu(m, "cpu0", 10, 5);
    machine_reset(m, RESET_POWER);
    cr_assert_eq(machine_run(m, NEVER), RUN_ASLEEP);
    cr_assert_eq(m->clock.now, 50);
    cr_assert_eq(machine_run(m, 1000), RUN_ASLEEP);
    cr_assert_eq(m->clock.now, 1000);
}

Test(machine, without_cpus_time_passes)
{
    struct ticker *t = ticker(m, "t0", 100);

    machine_reset(m, RESET_POWER);
    cr_assert_eq(machine_run(m, 1050), RUN_REACHED);
    cr_assert_eq(t->pulses, 10);
}

Test(machine, turns_are_fair)
{
    struct fake_cpu *cpu[3];

    m->quantum = 1000;
    cpu[0] = fake_cpu(m, "cpu0", 3, 0);
    cpu[1] = fake_cpu(m, "cpu1", 3, 0);
    cpu[2] = fake_cpu(m, "cpu2", 3, 0);
    ticker(m, "t0", 70);
    machine_reset(m, RESET_POWER);
    machine_run(m, 3 * MILLISECOND);
    machine_retired(m);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_gt(cpu[i]->cpu.retired, 333333 - 700);
        cr_assert_lt(cpu[i]->cpu.retired, 333333 + 700);
    }
}

Test(machine, sleepers_leave_their_turn_to_others)
{
    struct fake_cpu *busy;

    fake_cpu(m, "cpu0", 3, 1);
    busy = fake_cpu(m, "cpu1", 3, 0);
    fake_cpu(m, "cpu2", 3, 1);
    machine_reset(m, RESET_POWER);
    machine_run(m, MILLISECOND);
    machine_retired(m);
    cr_assert_gt(busy->cpu.retired, 333330);
}

/* cpu0 wakes cpu1 in its last instruction before it sleeps itself. */
Test(machine, a_cpu_woken_by_one_that_falls_asleep_runs_at_once)
{
    struct fake_cpu *a = fake_cpu(m, "cpu0", 10, 10), *b = fake_cpu(m, "cpu1", 10, 5);

    ticker(m, "t0", 100);
    machine_wire(m, "t0.out", "cpu1", 0, NULL);
    machine_reset(m, RESET_POWER);
    b->asleep = true;
    machine_run(m, 149);
    machine_retired(m);
    cr_assert_eq(a->cpu.retired, 10);
    cr_assert_eq(b->cpu.retired, 5);
    cr_assert_eq(m->clock.now, 150);
}

static void stopper(struct device *dev, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        machine_stop(dev->machine, STOP_POWER_OFF);
}

Test(machine, stops_when_asked_and_goes_on)
{
    static const struct device_type type = { .name = "off", .size = sizeof(struct device),
                                             .pin = stopper };

    fake_cpu(m, "cpu0", 7, 0);
    ticker(m, "t0", 1000);
    machine_add(m, &type, "off", NULL);
    machine_wire(m, "t0.out", "off", 0, NULL);
    machine_reset(m, RESET_POWER);
    cr_assert_eq(machine_run(m, SECOND), RUN_STOPPED);
    cr_assert_eq(m->stop, STOP_POWER_OFF);
    cr_assert_eq(m->clock.now, 1001);
    cr_assert_eq(machine_run(m, SECOND), RUN_STOPPED);
    cr_assert_eq(m->clock.now, 2002);
}

static void resetter(struct device *dev, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        machine_ask_reset(dev->machine);
}

Test(machine, a_reset_asked_for_comes_between_instructions)
{
    static const struct device_type type = { .name = "port92", .size = sizeof(struct device),
                                             .pin = resetter };
    struct ticker *t = ticker(m, "t0", 1000);

    fake_cpu(m, "cpu0", 7, 0);
    machine_add(m, &type, "port92", NULL);
    machine_wire(m, "t0.out", "port92", 0, NULL);
    machine_reset(m, RESET_POWER);
    t->value = 9;
    machine_run(m, 999);
    cr_assert_eq(t->value, 9);
    machine_run(m, 1500);
    cr_assert_eq(t->value, 0);
    cr_assert_not(m->reset_asked);
}

Test(machine, chance_repeats_from_the_seed)
{
    u64 first;

    m->random = 42;
    first = machine_random(m);
    cr_assert_neq(machine_random(m), first);
    m->random = 42;
    cr_assert_eq(machine_random(m), first);
}

/* -- what the frontend hears -- */

static char told[512];

static void sink(void *ctx, enum log_level level, const struct device *dev, const char *text)
{
    (void)ctx;
    sprintf(told + strlen(told), "%s %s: %s\n", log_level_name(level), dev->name, text);
}

Test(machine, oddities_are_told_once_and_counted)
{
    struct ticker *t = ticker(m, "t0", 0);

    m->log = sink;
    ticker_odd_access(t);
    ticker_odd_access(t);
    cr_assert_str_eq(told, "oddity t0: an access of 13 bits\n");
    cr_assert_eq(m->oddities, 1);
    for (unsigned i = 0; i < MACHINE_ODDITIES; i++) {
        if (m->oddity[i].place) {
            cr_assert_eq(m->oddity[i].count, 2);
            cr_assert_str_eq(m->oddity[i].place->text, "an access of %u bits");
            cr_assert(strstr(m->oddity[i].place->file, "ticker.c"));
        }
    }
}

Test(machine, the_memory_for_oddities_is_bounded)
{
    static struct place places[2 * MACHINE_ODDITIES];
    unsigned news = 0;

    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < COUNT(places); i++)
            news += machine_note_oddity(m, &places[i]);
    cr_assert_eq(news, MACHINE_ODDITIES - 1);
}

Test(machine, a_strict_machine_stops_at_an_oddity)
{
    struct ticker *t = ticker(m, "t0", 0);

    m->strict = true;
    ticker_odd_access(t);
    cr_assert_eq(m->stop, STOP_ODDITY);
}

Test(machine, two_machines_share_no_oddities)
{
    struct machine *other = machine_create(NULL);
    struct ticker *a = ticker(m, "a", 0), *b = ticker(other, "b", 0);

    m->log = other->log = sink;
    ticker_odd_access(a);
    ticker_odd_access(b);
    cr_assert_str_eq(told, "oddity a: an access of 13 bits\noddity b: an access of 13 bits\n");
    machine_destroy(other);
}

Test(machine, traces_are_heard_when_on)
{
    struct ticker *t = ticker(m, "t0", 0);

    m->log = sink;
    space_read(m->ports, 0x10, 1);
    cr_assert_str_empty(told);
    t->dev.traced = true;
    space_read(m->ports, 0x10, 1);
    line_set(&t->out, true);
    cr_assert_str_eq(told, "trace t0: read 0.1\ntrace t0: out = 1\n");
}

Test(machine, without_a_sink_nobody_hears)
{
    struct ticker *t = ticker(m, "t0", 0);

    t->dev.traced = true;
    ticker_odd_access(t);
    space_read(m->ports, 0x10, 1);
}

Test(machine, devices_ask_the_configuration_by_their_name)
{
    struct ticker *t = ticker(m, "t0", 0);

    cr_assert_eq(device_number(&t->dev, "rate", 3), 3);
    m->config = config_create();
    config_parse(m->config, "x", "t0.rate = 2K\nt0.on = yes\nt0.model = big\n", NULL);
    cr_assert_eq(device_number(&t->dev, "rate", 3), 2048);
    cr_assert(device_flag(&t->dev, "on", false));
    cr_assert_str_eq(device_text(&t->dev, "model", ""), "big");
    config_destroy(m->config);
}

Test(machine, several_machines_do_not_notice_each_other)
{
    struct machine *alone = machine_create(NULL), *beside = machine_create(NULL);
    struct machine *all[] = { m, alone, beside };
    struct digest digest[3];

    for (unsigned i = 0; i < 3; i++) {
        fake_cpu(all[i], "cpu0", 7, i == 2 ? 5 : 0);
        ticker(all[i], "t0", 1000);
        machine_reset(all[i], RESET_POWER);
    }
    machine_run(alone, MILLISECOND);
    for (u64 t = 0; t <= MILLISECOND; t += 777) {
        machine_run(m, t);
        machine_run(beside, t);
    }
    machine_run(m, MILLISECOND);
    for (unsigned i = 0; i < 3; i++)
        digest[i] = machine_hash(all[i]);
    cr_assert_eq(digest[0].low, digest[1].low);
    cr_assert_eq(digest[0].high, digest[1].high);
    cr_assert_neq(digest[0].low, digest[2].low);
    machine_destroy(alone);
    machine_destroy(beside);
}

Test(machine, rams_have_names)
{
    struct error err;

    cr_assert(machine_add_ram(m, "main", 1 << 20, &err));
    cr_assert(machine_add_ram(m, "vga", 1 << 16, &err));
    cr_assert_null(machine_add_ram(m, "main", 1 << 20, &err));
    cr_assert_eq(m->rams->size, 1 << 20);
    cr_assert_eq(m->rams->next->size, 1 << 16);
}

Test(machine, destroying_none_does_nothing)
{
    machine_destroy(NULL);
}

Test(machine, suspended_processors_stand_still_until_a_reset)
{
    struct fake_cpu *c = fake_cpu(m, "cpu0", 10, 0);
    struct ticker *t = ticker(m, "t", 1000);
    u64 retired;

    machine_reset(m, RESET_POWER);
    machine_run(m, 500);
    machine_suspend(m);
    retired = machine_retired(m);
    cr_assert_eq(machine_run(m, 10500), RUN_REACHED);
    cr_assert_eq(machine_retired(m), retired);
    cr_assert_eq(t->pulses, 10);
    machine_ask_reset(m);
    machine_run(m, 10600);
    cr_assert_gt(machine_retired(m), retired);
    cr_assert_not(c->asleep);
}
