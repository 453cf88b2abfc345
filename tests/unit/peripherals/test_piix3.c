#include "peripherals/chipset/piix3.h"

#include "bus/pci.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { PIRQRC = 0x60, OFF = 0x80, A20 = 32, INIT = 33 };

static struct machine *m;
static struct device *bus, *piix3;
static struct probe *other;

static struct machine *make(void)
{
    m = machine_create(NULL);
    bus = machine_add(m, &pci_bus_type, "pci", NULL);
    piix3 = machine_add(m, &piix3_type, "piix3", NULL);
    other = probe(m, "other");
    for (u16 irq = 0; irq < 16; irq++) {
        char from[16];

        snprintf(from, sizeof from, "piix3.irq%u", irq);
        machine_wire(m, from, "other", irq, NULL);
    }
    cr_assert(machine_wire(m, "piix3.a20", "other", A20, NULL));
    cr_assert(machine_wire(m, "piix3.init", "other", INIT, NULL));
    machine_reset(m, RESET_POWER);
    return m;
}

static void start(void) { make(); }
static void end(void)   { machine_destroy(m); }

TestSuite(piix3, .init = start, .fini = end);

static u32 get(u8 reg, unsigned size) { return pci_config_read(bus, 1 << 11 | reg, size); }
static void set(u8 reg, u8 value)     { pci_config_write(bus, 1 << 11 | reg, value, 1); }

static u8 get_cf9(void)        { return (u8)space_read(pci_passed_ports(bus), 0xcf9, 1); }
static void set_cf9(u8 value)  { space_write(pci_passed_ports(bus), 0xcf9, value, 1); }

Test(piix3, it_is_function_0_of_several_in_slot_1)
{
    static const struct { u8 reg, reads; } reset[] = {
        { 0x04, 0x07 }, { 0x0e, 0x80 }, { 0x4c, 0x4d }, { 0x4e, 0x03 }, { 0x60, 0x80 },
        { 0x63, 0x80 }, { 0x69, 0x02 }, { 0x70, 0x80 }, { 0x76, 0x0c }, { 0x77, 0x0c },
        { 0x78, 0x02 }, { 0xa0, 0x08 }, { 0xa8, 0x0f },
    };

    cr_assert_eq(get(0, 4), 0x70008086);
    cr_assert_eq(get(8, 4), 0x06010000);
    for (unsigned i = 0; i < COUNT(reset); i++)
        cr_assert_eq(get(reset[i].reg, 1), reset[i].reads, "%02x", reset[i].reg);
}

Test(piix3, a_pirq_goes_where_it_is_routed)
{
    drive(piix3, PIIX3_PIRQC, true);
    for (unsigned irq = 0; irq < 16; irq++)
        cr_assert_not(other->level[irq]);
    set(PIRQRC + 2, 11);
    cr_assert(other->level[11]);
    set(PIRQRC + 2, 5);
    cr_assert(!other->level[11] && other->level[5]);
    set(PIRQRC + 2, OFF | 5);
    cr_assert_not(other->level[5]);
}

Test(piix3, pirqs_on_one_irq_are_ored)
{
    set(PIRQRC, 10);
    set(PIRQRC + 3, 10);
    drive(piix3, PIIX3_PIRQA, true);
    drive(piix3, PIIX3_PIRQD, true);
    drive(piix3, PIIX3_PIRQA, false);
    cr_assert(other->level[10]);
    cr_assert_eq(other->rises[10], 1);
    drive(piix3, PIIX3_PIRQD, false);
    cr_assert_not(other->level[10]);
}

/* [PIRQRC]: 0, 1, 2, 8 and 13 are reserved. */
Test(piix3, some_irqs_are_not_for_pci)
{
    drive(piix3, PIIX3_PIRQA, true);
    for (u8 irq = 0; irq < 16; irq++) {
        bool reserved = irq < 3 || irq == 8 || irq == 13;

        set(PIRQRC, irq);
        cr_assert_eq(other->level[irq], !reserved, "%u", irq);
    }
}

Test(piix3, a_reset_ends_the_routes)
{
    set(PIRQRC, 10);
    drive(piix3, PIIX3_PIRQA, true);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(get(PIRQRC, 1), OFF);
    cr_assert_not(other->level[10]);
}

Test(piix3, a20_passes_if_either_says_so)
{
    cr_assert(other->level[A20]);
    drive(piix3, PIIX3_A20GATE, false);
    cr_assert_not(other->level[A20]);
    out8(m, 0x92, 2);
    cr_assert(other->level[A20]);
    cr_assert_eq(in8(m, 0x92) & 3, 2);
    drive(piix3, PIIX3_A20GATE, true);
    out8(m, 0x92, 0);
    cr_assert(other->level[A20]);
    drive(piix3, PIIX3_A20GATE, false);
    cr_assert_not(other->level[A20]);
}

Test(piix3, the_keyboard_controller_disables_a20_that_firmware_left_on)
{
    drive(piix3, PIIX3_A20GATE, true);
    out8(m, 0x92, 2);
    drive(piix3, PIIX3_A20GATE, false);
    cr_assert_not(other->level[A20]);
    cr_assert_eq(in8(m, 0x92) & 2, 0);
    out8(m, 0x92, 2);
    cr_assert(other->level[A20]);
}

Test(piix3, port_92_resets_processors_on_a_rise)
{
    out8(m, 0x92, 1);
    cr_assert_eq(other->rises[INIT], 1);
    cr_assert_not(other->level[INIT]);
    out8(m, 0x92, 3);
    cr_assert_eq(other->rises[INIT], 1);
    out8(m, 0x92, 2);
    out8(m, 0x92, 3);
    cr_assert_eq(other->rises[INIT], 2);
    cr_assert_not(m->reset_asked);
}

Test(piix3, reset_control_is_hard_or_soft)
{
    set_cf9(2);
    cr_assert_eq(get_cf9(), 2);
    cr_assert_not(m->reset_asked);
    set_cf9(6);
    cr_assert(m->reset_asked);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(get_cf9(), 0);
    set_cf9(4);
    cr_assert_eq(other->rises[INIT], 1);
    cr_assert_not(m->reset_asked);
    set_cf9(6);
    cr_assert_not(m->reset_asked);
}

Test(piix3, the_keyboard_controller_and_a_shutdown_reset_processors)
{
    drive(piix3, PIIX3_RC, true);
    drive(piix3, PIIX3_RC, false);
    cr_assert_eq(other->rises[INIT], 1);
    drive(piix3, PIIX3_SHUTDOWN, true);
    cr_assert_eq(other->rises[INIT], 2);
}

static struct machine *make_busy(void)
{
    make();
    set(PIRQRC + 1, 9);
    drive(piix3, PIIX3_PIRQB, true);
    out8(m, 0x92, 2);
    drive(piix3, PIIX3_A20GATE, false);
    return m;
}

Test(piix3, saving_is_not_noticed)
{
    machine_destroy(m);
    saving_is_not_noticed(make_busy, 1000, 500);
    make();
}
