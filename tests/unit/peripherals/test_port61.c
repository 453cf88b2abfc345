#include "peripherals/chipset/port61.h"

#include "core/audio.h"
#include "peripherals/chipset/pit.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>

/* PIIX3 data sheet, [NMISC]. The timer is the real one: the two share a wire each way. */
enum { HZ = 1193182 };

static struct machine *m;
static struct device *port61;
static struct probe *cpu;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    machine_add(made, &pit_type, "pit", NULL);
    machine_add(made, &port61_type, "port61", NULL);
    probe(made, "cpu");
    machine_wire(made, "pit.out2", "port61", PORT61_OUT2, NULL);
    machine_wire(made, "port61.gate2", "pit", 2, NULL);
    machine_wire(made, "port61.nmi", "cpu", 0, NULL);
    machine_reset(made, RESET_POWER);
    return made;
}

static void set_tone(struct machine *machine, u16 count)
{
    out8(machine, 0x43, 0xb6);
    out8(machine, 0x42, (u8)count);
    out8(machine, 0x42, (u8)(count >> 8));
}

static struct audio ear;
static unsigned moves;
static u64 last_move;
static bool is_out;

static void on_move(struct audio *a, u64 when, bool out)
{
    moves++;
    last_move = when;
    is_out = out;
}

static void start(void)
{
    static const struct audio_ops ops = { on_move };

    m = build();
    port61 = machine_find(m, "port61");
    cpu = container_of(machine_find(m, "cpu"), struct probe, dev);
    ear.ops = &ops;
    moves = 0;
    *(struct audio **)device_offer(port61, "speaker") = &ear;
}

static void end(void) { machine_destroy(m); }

TestSuite(port61, .init = start, .fini = end);

Test(port61, the_low_bits_read_back_and_the_others_do_not_take_writes)
{
    out8(m, 0x61, 0xff);
    cr_assert_eq(in8(m, 0x61) & 0xcf, 0x0f);
    out8(m, 0x61, 0xf0);
    cr_assert_eq(in8(m, 0x61) & 0xcf, 0x00);
}

Test(port61, the_refresh_bit_toggles_every_18_clocks)
{
    unsigned toggles = 0;
    u8 was = in8(m, 0x61) & 0x10;

    for (unsigned us = 1; us <= 10000; us++) {
        u8 is;

        machine_run(m, us * MICROSECOND);
        is = in8(m, 0x61) & 0x10;
        toggles += is != was;
        was = is;
    }
    cr_assert_eq(toggles, HZ / 100 / 18);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(port61, gate_and_out2_time_a_delay)
{
    out8(m, 0x61, 0x00);
    out8(m, 0x43, 0xb0);
    out8(m, 0x42, 0xa9);
    out8(m, 0x42, 0x04);
    machine_run(m, 10 * MILLISECOND);
    cr_assert_not(in8(m, 0x61) & 0x20);
    out8(m, 0x61, 0x01);
    machine_run(m, 10 * MILLISECOND + 998 * MICROSECOND);
    cr_assert_not(in8(m, 0x61) & 0x20);
    machine_run(m, 11 * MILLISECOND + 2 * MICROSECOND);
    cr_assert(in8(m, 0x61) & 0x20);
}

Test(port61, a_tone_moves_the_cone_and_silence_costs_nothing)
{
    set_tone(m, 1193);
    out8(m, 0x61, 0x01);
    machine_run(m, SECOND);
    cr_assert_eq(moves, 0);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    out8(m, 0x61, 0x03);
    machine_run(m, 2 * SECOND);
    cr_assert(moves >= 1999 && moves <= 2002, "%u", moves);
    out8(m, 0x61, 0x00);
    cr_assert_not(is_out);
    moves = 0;
    machine_run(m, 3 * SECOND);
    cr_assert_eq(moves, 0);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(port61, the_data_bit_alone_moves_the_cone_too)
{
    set_tone(m, 1193);
    machine_run(m, 100);
    out8(m, 0x61, 0x02);
    cr_assert(is_out);
    cr_assert_eq(last_move, 100);
    machine_run(m, 12345);
    out8(m, 0x61, 0x00);
    cr_assert_not(is_out);
    cr_assert_eq(last_move, 12345);
    cr_assert_eq(moves, 2);
}

Test(port61, serr_and_iochk_raise_nmi_until_they_are_switched_off)
{
    drive(port61, PORT61_SERR, true);
    drive(port61, PORT61_SERR, false);
    cr_assert(cpu->level[0]);
    cr_assert_eq(in8(m, 0x61) & 0xc0, 0x80);
    out8(m, 0x61, 0x04);
    cr_assert_not(cpu->level[0]);
    out8(m, 0x61, 0x00);
    cr_assert_eq(in8(m, 0x61) & 0xc0, 0);
    drive(port61, PORT61_IOCHK, true);
    cr_assert_eq(in8(m, 0x61) & 0xc0, 0x40);
    cr_assert_eq(cpu->rises[0], 2);
    out8(m, 0x61, 0x08);
    cr_assert_eq(in8(m, 0x61) & 0xc0, 0);
}

Test(port61, port_70_masks_nmi_and_not_the_status)
{
    drive(port61, PORT61_NMI_MASK, true);
    drive(port61, PORT61_IOCHK, true);
    cr_assert_not(cpu->level[0]);
    cr_assert_eq(in8(m, 0x61) & 0xc0, 0x40);
    drive(port61, PORT61_NMI_MASK, false);
    cr_assert(cpu->level[0]);
}

Test(port61, reset_silences_the_speaker)
{
    set_tone(m, 1193);
    out8(m, 0x61, 0x03);
    machine_run(m, SECOND);
    machine_reset(m, RESET_WIRE);
    cr_assert_not(is_out);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

static struct machine *beeping(void)
{
    struct machine *made = build();

    set_tone(made, 2000);
    out8(made, 0x61, 0x03);
    return made;
}

Test(port61, save_and_load_is_invisible)
{
    saving_is_not_noticed(beeping, 10 * MILLISECOND, 777777);
}
