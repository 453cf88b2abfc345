#include "peripherals/chipset/pit.h"

#include "peripherals/chipset/pit_counter.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <string.h>

/*
 * The waveforms of the 8254 data sheet, [Mode Definitions], figures 15 to 20. A letter is
 * OUT after each CLK pulse: H or L; the numbers are the counting element's low byte.
 */
static struct counter c;

static void program(u8 control)
{
    counter_program(&c, control);
}

static void fresh(void) { c = (struct counter){ .gate = true }; }

static void expect_out(const char *levels)
{
    for (unsigned i = 0; levels[i]; i++) {
        counter_clock(&c, 1);
        cr_assert_eq(c.out, levels[i] == 'H', "OUT after CLK %u of %s", i + 1, levels);
    }
}

static void expect_counts(const char *numbers)
{
    for (unsigned i = 0; numbers[i]; i++) {
        counter_clock(&c, 1);
        cr_assert_eq(c.ce, (u32)(numbers[i] - '0'), "count after CLK %u of %s: %u", i + 1,
                     numbers, c.ce);
    }
}

TestSuite(counter, .init = fresh);

Test(counter, mode_0_rises_n_plus_1_pulses_after_the_count)
{
    program(0x10);
    cr_assert_not(c.out);
    counter_write(&c, 4);
    expect_out("LLLLHHH");
    cr_assert_eq(c.ce, 0xfffe, "it wraps and counts on");
}

Test(counter, mode_0_gate_holds_the_count)
{
    program(0x10);
    counter_write(&c, 3);
    expect_counts("32");
    counter_gate(&c, false);
    expect_counts("22");
    counter_gate(&c, true);
    expect_out("LH");
}

Test(counter, mode_0_takes_a_count_while_gate_is_low)
{
    counter_gate(&c, false);
    program(0x10);
    counter_write(&c, 2);
    expect_counts("22");
    counter_gate(&c, true);
    expect_out("LH");
}

Test(counter, mode_0_a_first_byte_of_two_stops_it)
{
    program(0x30);
    counter_write(&c, 2);
    counter_write(&c, 0);
    expect_out("LLHH");
    counter_write(&c, 3);
    cr_assert_not(c.out, "at once");
    expect_out("LLLLLLL");
    counter_write(&c, 0);
    expect_out("LLLH");
}

Test(counter, mode_1_is_a_pulse_of_n_after_a_trigger)
{
    program(0x12);
    counter_write(&c, 3);
    expect_out("HHH");
    counter_gate(&c, false);
    counter_gate(&c, true);
    expect_out("LLLHH");
    counter_gate(&c, false);
    counter_gate(&c, true);
    expect_out("LL");
    counter_gate(&c, false);
    counter_gate(&c, true);
    expect_out("LLLH");
}

Test(counter, mode_1_a_trigger_without_a_count_does_nothing)
{
    program(0x12);
    counter_gate(&c, false);
    counter_gate(&c, true);
    expect_out("HHH");
}

Test(counter, mode_2_is_low_one_pulse_in_n)
{
    program(0x14);
    counter_write(&c, 3);
    expect_out("HHLHHLHHL");
    counter_gate(&c, false);
    cr_assert(c.out, "GATE low sets OUT high at once");
    expect_out("HH");
    counter_gate(&c, true);
    expect_out("HHLHHL");
}

Test(counter, mode_2_a_new_count_waits_for_the_end_of_the_period)
{
    program(0x14);
    counter_write(&c, 4);
    expect_counts("43");
    counter_write(&c, 5);
    cr_assert(c.null_count);
    expect_counts("21");
    cr_assert(c.null_count);
    expect_counts("543215");
    cr_assert_not(c.null_count);
}

Test(counter, mode_2_a_trigger_loads_the_new_count)
{
    program(0x14);
    counter_write(&c, 9);
    expect_counts("98");
    counter_write(&c, 5);
    counter_gate(&c, false);
    counter_gate(&c, true);
    expect_counts("54");
}

Test(counter, mode_3_even_counts_halve)
{
    program(0x16);
    counter_write(&c, 4);
    expect_counts("42424242");
    program(0x16);
    counter_write(&c, 4);
    expect_out("HHLLHHLLH");
}

Test(counter, mode_3_odd_counts_are_high_one_pulse_longer)
{
    program(0x16);
    counter_write(&c, 5);
    expect_counts("42042420424204");
    program(0x16);
    counter_write(&c, 5);
    expect_out("HHHLLHHHLLHHHLL");
}

Test(counter, mode_3_gate_starts_the_square_anew)
{
    program(0x16);
    counter_write(&c, 4);
    expect_out("HHL");
    counter_gate(&c, false);
    cr_assert(c.out);
    expect_out("HHH");
    counter_gate(&c, true);
    expect_out("HHLLHH");
}

Test(counter, mode_3_a_new_count_waits_for_the_end_of_the_half)
{
    program(0x16);
    counter_write(&c, 8);
    expect_out("H");
    counter_write(&c, 4);
    expect_out("HHHLLHHLL");
}

Test(counter, mode_4_strobes_once)
{
    program(0x18);
    counter_write(&c, 3);
    expect_out("HHHLHHH");
    counter_clock(&c, 65530);
    cr_assert(c.out);
    expect_out("HHHHHHHH");
    counter_write(&c, 1);
    expect_out("HLH");
}

Test(counter, mode_5_strobes_after_a_trigger)
{
    program(0x1a);
    counter_write(&c, 3);
    expect_out("HHHHHH");
    counter_gate(&c, false);
    counter_gate(&c, true);
    expect_out("HHHLHH");
}

Test(counter, modes_6_and_7_are_2_and_3)
{
    program(0x1c);
    counter_write(&c, 3);
    expect_out("HHLHHL");
    program(0x1e);
    counter_write(&c, 4);
    expect_out("HHLLHH");
}

Test(counter, a_count_of_0_is_the_largest)
{
    program(0x30);
    counter_write(&c, 0);
    counter_write(&c, 0);
    counter_clock(&c, 1);
    counter_clock(&c, 65535);
    cr_assert_not(c.out);
    counter_clock(&c, 1);
    cr_assert(c.out);
    program(0x31);
    counter_write(&c, 0);
    counter_write(&c, 0);
    counter_clock(&c, 10000);
    cr_assert_not(c.out);
    counter_clock(&c, 1);
    cr_assert(c.out);
}

Test(counter, bcd_counts_in_decimal)
{
    program(0x31);
    counter_write(&c, 0x34);
    counter_write(&c, 0x12);
    counter_clock(&c, 1 + 235);
    cr_assert_eq(counter_read(&c), 0x99);
    cr_assert_eq(counter_read(&c), 0x09);
    counter_clock(&c, 1000);
    cr_assert_eq(counter_read(&c), 0x99, "from 0000 to 9999");
    cr_assert_eq(counter_read(&c), 0x99);
}

Test(counter, one_byte_alone_clears_the_other)
{
    program(0x34);
    counter_write(&c, 0x34);
    counter_write(&c, 0x12);
    program(0x24);
    counter_write(&c, 0x56);
    counter_clock(&c, 1);
    cr_assert_eq(c.ce, 0x5600);
    cr_assert_eq(counter_read(&c), 0x56);
    program(0x14);
    counter_write(&c, 0x78);
    counter_clock(&c, 1);
    cr_assert_eq(c.ce, 0x78);
}

Test(counter, reads_and_writes_of_two_bytes_may_interleave)
{
    program(0x34);
    counter_write(&c, 0x34);
    counter_write(&c, 0x12);
    counter_clock(&c, 1);
    cr_assert_eq(counter_read(&c), 0x34);
    counter_write(&c, 0x78);
    cr_assert_eq(counter_read(&c), 0x12);
    counter_write(&c, 0x56);
    cr_assert_eq(c.initial, 0x5678);
}

Test(counter, a_latch_holds_until_it_is_read)
{
    program(0x34);
    counter_write(&c, 0x00);
    counter_write(&c, 0x80);
    counter_clock(&c, 1);
    counter_latch(&c);
    counter_clock(&c, 100);
    counter_latch(&c);
    cr_assert_eq(counter_read(&c), 0x00);
    cr_assert_eq(counter_read(&c), 0x80);
    cr_assert_eq(counter_read(&c), 0x9c);
    cr_assert_eq(counter_read(&c), 0x7f);
}

Test(counter, status_is_read_before_a_latched_count)
{
    program(0x36);
    counter_write(&c, 0x10);
    counter_write(&c, 0x00);
    counter_latch_status(&c);
    cr_assert_eq(counter_read(&c), 0xf6, "OUT high, null count");
    counter_clock(&c, 1);
    counter_latch(&c);
    counter_latch_status(&c);
    cr_assert_eq(counter_read(&c), 0xb6);
    cr_assert_eq(counter_read(&c), 0x10);
    cr_assert_eq(counter_read(&c), 0x00);
}

Test(counter, a_count_of_1_is_harmless_in_periodic_modes)
{
    for (u8 mode = 0x14; mode <= 0x16; mode += 2) {
        program(mode);
        counter_write(&c, 1);
        counter_clock(&c, 1);
        counter_clock(&c, 1000);
        cr_assert(c.out);
        cr_assert_eq(counter_to_edge(&c), NEVER);
        counter_write(&c, 2);
        expect_out("HLHLH");
    }
}

/* -- any number of pulses at once is the same as one by one -- */

static u32 chance = 1;

static u32 random_below(u32 n)
{
    chance = chance * 1664525 + 1013904223;
    return (u32)((u64)(chance >> 8) * n >> 24);
}

static void disturb(struct counter *k)
{
    switch (random_below(4)) {
    case 0: counter_program(k, (u8)((1 + random_below(3)) << 4 | random_below(16))); break;
    case 1: counter_write(k, (u8)random_below(12)); break;
    case 2: counter_gate(k, random_below(2)); break;
    case 3: counter_gate(k, true); break;
    }
}

Test(counter, many_pulses_at_once_are_as_good_as_each)
{
    for (unsigned round = 0; round < 20000; round++) {
        u32 pulses = random_below(60);
        struct counter slow;
        u64 edge;

        disturb(&c);
        slow = c;
        edge = counter_to_edge(&c);
        counter_clock(&c, pulses);
        for (u32 i = 1; i <= pulses; i++) {
            bool was = slow.out;

            counter_clock(&slow, 1);
            cr_assert(i != edge || was != slow.out, "the edge in %u pulses is none", i);
            cr_assert(i >= edge || was == slow.out, "an edge nobody foresaw");
        }
        cr_assert(!memcmp(&c, &slow, sizeof c), "round %u, control %02xh", round, c.control);
    }
}

/* -- the chip -- */

enum { HZ = 1193182 };

static struct machine *m;
static struct device *pit;
static struct probe *ear;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    machine_add(made, &pit_type, "pit", NULL);
    probe(made, "ear");
    machine_wire(made, "pit.out0", "ear", 0, NULL);
    machine_wire(made, "pit.out1", "ear", 1, NULL);
    machine_wire(made, "pit.out2", "ear", 2, NULL);
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)
{
    m = build();
    pit = machine_find(m, "pit");
    ear = container_of(machine_find(m, "ear"), struct probe, dev);
}

static void end(void) { machine_destroy(m); }

TestSuite(pit, .init = start, .fini = end);

static void set(struct machine *machine, unsigned i, u8 mode, u16 count)
{
    out8(machine, 0x43, (u8)(i << 6 | 0x30 | mode << 1));
    out8(machine, (u16)(0x40 + i), (u8)count);
    out8(machine, (u16)(0x40 + i), (u8)(count >> 8));
}

Test(pit, counter_0_ticks_18_point_2_times_a_second)
{
    set(m, 0, 3, 0);
    machine_run(m, 10 * SECOND);
    cr_assert_eq(ear->falls[0], 10u * HZ / 65536);
}

Test(pit, edges_are_exact_and_do_not_drift)
{
    u64 n = 100 * UINT64_C(1193), tick;

    set(m, 0, 2, 1193);
    machine_run(m, ticks_to_ns(n + 1, HZ));
    cr_assert_eq(ear->falls[0], 100);
    cr_assert_eq(ear->rises[0], 101, "the first when the mode was set");
    cr_assert_eq(ear->rose[0], ticks_to_ns(n + 1, HZ));
    cr_assert_eq(ear->fell[0], ticks_to_ns(n, HZ));
    tick = device_ticks(pit, HZ);
    cr_assert_eq(tick, n + 1);
}

Test(pit, what_nobody_follows_arms_no_event)
{
    set(m, 1, 2, 18);
    drive(pit, 2, true);
    set(m, 2, 3, 1000);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    machine_run(m, SECOND);
    cr_assert_eq(ear->rises[1] + ear->rises[2], 0);
    set(m, 0, 0, 100);
    machine_run(m, 2 * SECOND);
    cr_assert_eq(ear->rises[0], 1);
    cr_assert_eq(clock_next(&m->clock), NEVER, "a one-shot that is over costs nothing");
}

Test(pit, out_is_told_exactly_whoever_follows)
{
    drive(pit, 2, true);
    set(m, 2, 3, 1000);
    for (u64 tick = 1; tick < 5000; tick += 7) {
        machine_run(m, ticks_to_ns(tick, HZ));
        cr_assert_eq(pit_out(pit, 2), (tick - 1) / 500 % 2 == 0, "CLK %lu", tick);
    }
}

Test(pit, a_followed_out2_moves_its_line)
{
    drive(pit, 2, true);
    set(m, 2, 3, 1000);
    machine_run(m, SECOND);
    pit_follow(pit, 2, true);
    machine_run(m, 2 * SECOND);
    cr_assert(ear->falls[2] == HZ / 1000 || ear->falls[2] == HZ / 1000 + 1);
    pit_follow(pit, 2, false);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(pit, a_tone_nobody_can_hear_is_not_followed)
{
    drive(pit, 2, true);
    pit_follow(pit, 2, true);
    set(m, 2, 3, 20);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    set(m, 2, 3, 100);
    cr_assert_neq(clock_next(&m->clock), NEVER);
}

Test(pit, gate_2_holds_counter_2)
{
    set(m, 2, 0, 2048);
    machine_run(m, SECOND);
    cr_assert_not(pit_out(pit, 2));
    drive(pit, 2, true);
    machine_run(m, SECOND + ticks_to_ns(2047, HZ));
    cr_assert_not(pit_out(pit, 2));
    machine_run(m, SECOND + ticks_to_ns(2049, HZ));
    cr_assert(pit_out(pit, 2));
}

static u16 count_of(u16 port)
{
    u8 low = in8(m, port);

    return (u16)(low | in8(m, port) << 8);
}

Test(pit, read_back_latches_several_counters_at_once)
{
    set(m, 0, 2, 50000);
    set(m, 1, 2, 40000);
    machine_run(m, ticks_to_ns(1001, HZ));
    out8(m, 0x43, 0xc0 | 2 | 4);
    machine_run(m, ticks_to_ns(5000, HZ));
    cr_assert_eq(in8(m, 0x40), 0xb4, "status of counter 0");
    cr_assert_eq(in8(m, 0x41), 0xb4);
    cr_assert_eq(count_of(0x40), 49000);
    cr_assert_eq(count_of(0x41), 39000);
    cr_assert_eq(in8(m, 0x43), 0xff);
}

Test(pit, a_machine_reset_does_not_reach_it)
{
    set(m, 0, 2, 1193);
    machine_reset(m, RESET_WIRE);
    machine_run(m, SECOND);
    cr_assert_eq(ear->falls[0], 1000);
}

static struct machine *busy(void)
{
    struct machine *made = build();

    drive(machine_find(made, "pit"), 2, true);
    pit_follow(machine_find(made, "pit"), 2, true);
    set(made, 0, 2, 1193);
    set(made, 2, 3, 777);
    set(made, 1, 2, 18);
    return made;
}

Test(pit, save_and_load_is_invisible)
{
    saving_is_not_noticed(busy, 20 * MILLISECOND, 1234567);
}
