#include "peripherals/chipset/hpet.h"

#include "tests/support/bench.h"
#include "tests/support/mailbox.h"

#include <criterion/criterion.h>

/* IA-PC HPET Specification 1.0a. Neighbour pins: 0 irq0, 1 irq8, 2 GSI 20, 3 GSI 21. */
enum { LEVEL = 2, ON = 4, PERIODIC = 8, SET = 0x40, NARROW = 0x100, FSB = 0x4000 };
enum { IRQ0, IRQ8, GSI20, GSI21 };
enum { CONFIG = 0x10, STATUS = 0x20, COUNTER = 0xf0 };
#define BASE UINT64_C(0xfed00000)
#define ROUTE(n) ((u64)(n) << 9)

static struct machine *m;
static struct device *hpet;
static struct probe *out;
static struct mailbox *box;

static u64 get(u32 reg) { return space_read(m->memory, BASE + reg, 8); }
static void set(u32 reg, u64 v) { space_write(m->memory, BASE + reg, v, 8); }

static u32 config(unsigned n) { return 0x100 + 0x20 * n; }
static u32 comparator(unsigned n) { return 0x108 + 0x20 * n; }

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    machine_add(made, &hpet_type, "hpet", NULL);
    mailbox(made);
    probe(made, "out");
    machine_wire(made, "hpet.irq0", "out", IRQ0, NULL);
    machine_wire(made, "hpet.irq8", "out", IRQ8, NULL);
    machine_wire(made, "hpet.gsi20", "out", GSI20, NULL);
    machine_wire(made, "hpet.gsi21", "out", GSI21, NULL);
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)
{
    m = build();
    hpet = machine_find(m, "hpet");
    out = container_of(machine_find(m, "out"), struct probe, dev);
    box = container_of(machine_find(m, "mailbox"), struct mailbox, dev);
}

static void end(void) { machine_destroy(m); }

TestSuite(hpet, .init = start, .fini = end);

Test(hpet, tells_what_it_has)
{
    cr_assert_eq(get(0), 0x009896808086a201);
    for (unsigned n = 0; n < 3; n++) {
        cr_assert_eq(get(config(n)), 0x00f0000000008030);
        cr_assert_eq(get(comparator(n)), UINT64_MAX);
    }
    cr_assert_eq(space_read(m->memory, BASE + 4, 4), 10000000, "femtoseconds");
    set(0, 0);
    cr_assert_eq(get(0), 0x009896808086a201);
    cr_assert_eq(get(0x160), 0, "no fourth timer");
}

Test(hpet, counts_while_enabled_only)
{
    machine_run(m, 1005);
    cr_assert_eq(get(COUNTER), 0);
    set(CONFIG, 1);
    machine_run(m, 2005);
    cr_assert_eq(get(COUNTER), 100);
    set(CONFIG, 0);
    machine_run(m, 9000);
    cr_assert_eq(get(COUNTER), 100);
    set(COUNTER, UINT64_C(0x1234567800000000));
    set(CONFIG, 1);
    machine_run(m, 10000);
    cr_assert_eq(get(COUNTER), UINT64_C(0x1234567800000064));
    cr_assert_eq(space_read(m->memory, BASE + COUNTER + 4, 4), 0x12345678);
}

Test(hpet, without_replacement_pit_and_rtc_pass)
{
    drive(hpet, 0, true);
    drive(hpet, 1, true);
    cr_assert(out->level[IRQ0] && out->level[IRQ8]);
    drive(hpet, 1, false);
    cr_assert_not(out->level[IRQ8]);
    set(CONFIG, 3);
    cr_assert_not(out->level[IRQ0], "they do not any more");
    drive(hpet, 1, true);
    cr_assert_not(out->level[IRQ8]);
    set(CONFIG, 1);
    cr_assert(out->level[IRQ0] && out->level[IRQ8]);
}

Test(hpet, a_single_match_is_an_edge_at_its_time)
{
    set(config(2), ON | ROUTE(20));
    set(comparator(2), 500);
    set(CONFIG, 1);
    machine_run(m, 4999);
    cr_assert_eq(out->rises[GSI20], 0);
    machine_run(m, 100000);
    cr_assert_eq(out->rises[GSI20], 1);
    cr_assert_eq(out->rose[GSI20], 5000);
    cr_assert_eq(get(STATUS), 0, "an edge has no status");
    set(comparator(2), 20000);
    machine_run(m, 300000);
    cr_assert_eq(out->rises[GSI20], 2);
    cr_assert_eq(out->rose[GSI20], 200000);
}

Test(hpet, a_moment_gone_does_not_come_again_in_64_bits)
{
    set(CONFIG, 1);
    machine_run(m, 10000);
    set(config(0), ON | ROUTE(20));
    set(comparator(0), 999);
    machine_run(m, 100 * SECOND);
    cr_assert_eq(out->rises[GSI20], 0);
}

Test(hpet, in_32_bits_the_moment_comes_around)
{
    set(CONFIG, 1);
    machine_run(m, 10000);
    set(config(0), ON | NARROW | ROUTE(20));
    set(comparator(0), UINT64_C(0xabcdef0000000005));
    cr_assert_eq(get(comparator(0)), 5);
    machine_run(m, 90 * SECOND);
    cr_assert_eq(out->rises[GSI20], 2);
    cr_assert_eq(out->rose[GSI20], (2 * BIT(32) + 5) * 10);
}

Test(hpet, a_periodic_timer_keeps_its_beat)
{
    set(config(0), ON | PERIODIC | SET | ROUTE(21));
    set(comparator(0), 1000);
    set(comparator(0), 300);
    cr_assert_eq(get(config(0)) & SET, 0, "it holds for one write");
    set(CONFIG, 1);
    machine_run(m, 10000 + 7 * 3000 + 5);
    cr_assert_eq(out->rises[GSI21], 8);
    cr_assert_eq(out->rose[GSI21], 31000);
    cr_assert_eq(get(comparator(0)), 3400, "it runs ahead of the counter");
    set(CONFIG, 0);
    machine_run(m, 100000);
    cr_assert_eq(out->rises[GSI21], 8);
}

Test(hpet, one_write_sets_both_comparator_and_period)
{
    set(config(0), ON | PERIODIC | SET | ROUTE(21));
    set(comparator(0), 250);
    set(CONFIG, 1);
    machine_run(m, 10001);
    cr_assert_eq(out->rises[GSI21], 4);
}

Test(hpet, a_periodic_timer_that_nobody_hears_goes_on)
{
    set(config(1), PERIODIC | SET | NARROW);
    set(comparator(1), 300);
    set(CONFIG, 1);
    machine_run(m, 60 * SECOND);
    cr_assert_eq(clock_next(&m->clock), NEVER, "at no cost");
    u64 now = get(COUNTER);
    cr_assert_eq(get(comparator(1)), (u32)((now + 299) / 300 * 300));
    set(config(1), ON | PERIODIC | NARROW | ROUTE(20));
    machine_run(m, 60 * SECOND + 2999);
    cr_assert_eq(out->rises[GSI20], 1);
}

Test(hpet, a_level_stays_until_its_status_is_cleared)
{
    set(config(1), LEVEL | ON | ROUTE(20));
    set(comparator(1), 100);
    set(CONFIG, 1);
    machine_run(m, 2000);
    cr_assert(out->level[GSI20]);
    cr_assert_eq(get(STATUS), 2);
    space_write(m->memory, BASE + STATUS, 1, 4);
    cr_assert(out->level[GSI20]);
    space_write(m->memory, BASE + STATUS, 2, 4);
    cr_assert_not(out->level[GSI20]);
    cr_assert_eq(get(STATUS), 0);
}

Test(hpet, a_level_shows_in_the_status_though_it_does_not_interrupt)
{
    set(config(1), LEVEL | ROUTE(20));
    set(comparator(1), 100);
    set(CONFIG, 1);
    machine_run(m, 2000);
    cr_assert_eq(get(STATUS), 2);
    cr_assert_not(out->level[GSI20]);
}

Test(hpet, levels_share_a_wire)
{
    set(config(1), LEVEL | ON | ROUTE(20));
    set(config(2), LEVEL | ON | ROUTE(20));
    set(comparator(1), 100);
    set(comparator(2), 100);
    set(CONFIG, 1);
    machine_run(m, 2000);
    set(STATUS, 2);
    cr_assert(out->level[GSI20]);
    set(STATUS, 4);
    cr_assert_not(out->level[GSI20]);
}

Test(hpet, replaces_pit_and_rtc)
{
    set(config(0), ON | PERIODIC | SET | ROUTE(20));
    set(comparator(0), 100);
    set(config(1), ON);
    set(comparator(1), 250);
    set(CONFIG, 3);
    machine_run(m, 5005);
    cr_assert_eq(out->rises[IRQ0], 5);
    cr_assert_eq(out->rises[IRQ8], 1);
    cr_assert_eq(out->rises[GSI20], 0);
}

Test(hpet, sends_messages)
{
    set(config(2), ON | FSB | PERIODIC | SET);
    set(0x150, UINT64_C(0xfee0100000000041));
    cr_assert_eq(get(0x150), UINT64_C(0xfee0100000000041));
    set(comparator(2), 100);
    set(CONFIG, 1);
    machine_run(m, 2005);
    cr_assert_eq(box->count, 2);
    cr_assert_eq(box->address[1], 0xfee01000);
    cr_assert_eq(box->data[1], 0x41);
    cr_assert_eq(box->when[1], 2000);
}

Test(hpet, a_route_it_does_not_have_leads_nowhere_and_is_not_read_back)
{
    set(config(2), ON | ROUTE(2));
    cr_expect_eq(get(config(2)) & ROUTE(31), 0);
    set(comparator(2), 100);
    set(CONFIG, 1);
    machine_run(m, 2000);
    cr_assert_eq(out->rises[IRQ0] + out->rises[GSI20] + out->rises[GSI21], 0);
    set(config(2), ROUTE(21));
    set(config(2), ON | ROUTE(24));
    cr_expect_eq(get(config(2)) & (ROUTE(31) | ON), ROUTE(21) | ON, "the one before stays");
}

/* [General Capabilities], [General Configuration], [Timer N Configuration and Capabilities] */
Test(hpet, what_is_reserved_or_only_read_stays)
{
    set(CONFIG, ~UINT64_C(1));
    cr_expect_eq(get(CONFIG), 2);
    set(STATUS, UINT64_MAX);
    cr_expect_eq(get(STATUS), 0);
    set(0, UINT64_MAX);
    cr_expect_eq(get(0), 0x009896808086a201);
    set(config(1), ~(u64)ROUTE(11));
    cr_expect_eq(get(config(1)), 0x00f0000000000000 | ROUTE(20) | 0xc17e);
    set(8, UINT64_MAX);
    set(0x18, UINT64_MAX);
    cr_expect_eq(get(8) | get(0x18), 0, "what lies between registers");
}

Test(hpet, takes_halves)
{
    space_write(m->memory, BASE + comparator(0), 0x11223344, 4);
    space_write(m->memory, BASE + comparator(0) + 4, 0x55667788, 4);
    cr_assert_eq(get(comparator(0)), UINT64_C(0x5566778811223344));
    space_write(m->memory, BASE + CONFIG, 1, 1);
    cr_assert_eq(get(CONFIG), 0, "but nothing less");
}

static struct machine *busy(void)
{
    struct machine *made = build(), *before = m;

    m = made;
    set(config(0), ON | PERIODIC | SET | NARROW);
    set(comparator(0), 130);
    set(config(1), ON | LEVEL | ROUTE(20));
    set(comparator(1), 377);
    set(COUNTER, 5);
    set(CONFIG, 3);
    m = before;
    return made;
}

Test(hpet, save_and_load_is_invisible) { saving_is_not_noticed(busy, 20000, 1111); }
