#include "peripherals/chipset/pic.h"

#include "core/config.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>

/* 8259A data sheet, by the titles of its sections; PIIX3 for the ELCR. */
static struct machine *m;
static struct device *pic;
static struct probe *cpu;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    machine_add(made, &pic_type, "pic", NULL);
    probe(made, "cpu");
    machine_wire(made, "pic.intr", "cpu", 0, NULL);
    machine_reset(made, RESET_POWER);
    return made;
}

static void set_up(struct machine *machine, u8 icw1, u8 icw4)
{
    out8(machine, 0x20, icw1);
    out8(machine, 0x21, 0x08);
    out8(machine, 0x21, 0x04);
    out8(machine, 0x21, icw4);
    out8(machine, 0xa0, icw1);
    out8(machine, 0xa1, 0x70);
    out8(machine, 0xa1, 0x02);
    out8(machine, 0xa1, 0x01);
}

static void start(void)
{
    m = build();
    pic = machine_find(m, "pic");
    cpu = container_of(machine_find(m, "cpu"), struct probe, dev);
    set_up(m, 0x11, 0x01);
}

static void end(void) { machine_destroy(m); }

TestSuite(pic, .init = start, .fini = end);

static u8 isr(u16 port)
{
    out8(m, port, 0x0b);
    return in8(m, port);
}

static u8 irr(u16 port)
{
    out8(m, port, 0x0a);
    return in8(m, port);
}

Test(pic, a_request_of_the_first_chip_gives_its_vector)
{
    drive(pic, 3, true);
    cr_assert(cpu->level[0]);
    cr_assert_eq(irr(0x20), 0x08);
    cr_assert_eq(pic_acknowledge(pic), 0x0b);
    cr_assert_not(cpu->level[0]);
    cr_assert_eq(irr(0x20), 0);
    cr_assert_eq(isr(0x20), 0x08);
    out8(m, 0x20, 0x20);
    cr_assert_eq(isr(0x20), 0);
}

Test(pic, a_request_of_the_second_chip_comes_through_ir2)
{
    drive(pic, 12, true);
    cr_assert(cpu->level[0]);
    cr_assert_eq(irr(0x20), 0x04);
    cr_assert_eq(pic_acknowledge(pic), 0x74);
    cr_assert_eq(isr(0x20), 0x04);
    cr_assert_eq(isr(0xa0), 0x10);
    cr_assert_not(cpu->level[0]);
}

Test(pic, pin_2_is_taken_by_the_cascade)
{
    drive(pic, 2, true);
    cr_assert_not(cpu->level[0]);
}

Test(pic, a_masked_request_waits_in_irr)
{
    out8(m, 0x21, 0xff);
    cr_assert_eq(in8(m, 0x21), 0xff);
    drive(pic, 4, true);
    cr_assert_not(cpu->level[0]);
    cr_assert_eq(irr(0x20), 0x10);
    out8(m, 0x21, 0xef);
    cr_assert(cpu->level[0]);
}

Test(pic, fully_nested_a_higher_priority_interrupts_and_a_lower_waits)
{
    drive(pic, 4, true);
    pic_acknowledge(pic);
    drive(pic, 5, true);
    cr_assert_not(cpu->level[0]);
    drive(pic, 1, true);
    cr_assert(cpu->level[0]);
    cr_assert_eq(pic_acknowledge(pic), 0x09);
    cr_assert_eq(isr(0x20), 0x12);
    out8(m, 0x20, 0x20);
    cr_assert_eq(isr(0x20), 0x10, "a non-specific EOI ends the highest");
    out8(m, 0x20, 0x64);
    cr_assert_eq(isr(0x20), 0, "a specific one the one named");
    cr_assert_eq(pic_acknowledge(pic), 0x0d);
}

Test(pic, an_edge_counts_once_and_a_level_until_it_falls)
{
    out8(m, 0x4d0, 0xff);
    cr_assert_eq(in8(m, 0x4d0), 0xf8, "IRQ 0 to 2 stay edge triggered");
    out8(m, 0x4d1, 0xff);
    cr_assert_eq(in8(m, 0x4d1), 0xde, "so do 8 and 13");
    drive(pic, 1, true);
    pic_acknowledge(pic);
    out8(m, 0x20, 0x20);
    cr_assert_not(cpu->level[0]);
    drive(pic, 5, true);
    pic_acknowledge(pic);
    out8(m, 0x20, 0x20);
    cr_assert(cpu->level[0], "a level that stays asks again");
    drive(pic, 5, false);
    cr_assert_not(cpu->level[0]);
    drive(pic, 11, true);
    cr_assert_eq(pic_acknowledge(pic), 0x73);
    out8(m, 0xa0, 0x20);
    out8(m, 0x20, 0x20);
    cr_assert_eq(pic_acknowledge(pic), 0x73, "through the cascade too");
}

Test(pic, a_request_that_falls_before_inta_is_a_default_ir7)
{
    drive(pic, 4, true);
    drive(pic, 4, false);
    cr_assert_not(cpu->level[0]);
    cr_assert_eq(pic_acknowledge(pic), 0x0f);
    cr_assert_eq(isr(0x20), 0, "no in-service bit is set");
}

Test(pic, poll_is_an_acknowledge)
{
    drive(pic, 6, true);
    out8(m, 0x20, 0x0c);
    cr_assert_eq(in8(m, 0x20), 0x86);
    cr_assert_eq(isr(0x20), 0x40);
    out8(m, 0x20, 0x0c);
    cr_assert_eq(in8(m, 0x20) & 0x80, 0);
    cr_assert_eq(in8(m, 0x20), 0x40, "only the next read is a poll");
}

Test(pic, automatic_eoi_leaves_nothing_in_service)
{
    set_up(m, 0x11, 0x03);
    drive(pic, 3, true);
    pic_acknowledge(pic);
    cr_assert_eq(isr(0x20), 0);
}

Test(pic, rotation_in_automatic_eoi_makes_the_served_one_lowest)
{
    set_up(m, 0x11, 0x03);
    out8(m, 0x20, 0x80);
    drive(pic, 3, true);
    drive(pic, 4, true);
    cr_assert_eq(pic_acknowledge(pic), 0x0b);
    drive(pic, 3, false);
    drive(pic, 3, true);
    cr_assert_eq(pic_acknowledge(pic), 0x0c, "IR4 is highest now");
    drive(pic, 4, false);
    drive(pic, 4, true);
    out8(m, 0x20, 0x00);
    cr_assert_eq(pic_acknowledge(pic), 0x0b);
}

Test(pic, rotate_on_non_specific_eoi)
{
    drive(pic, 4, true);
    pic_acknowledge(pic);
    out8(m, 0x20, 0xa0);
    drive(pic, 3, true);
    drive(pic, 5, true);
    cr_assert_eq(pic_acknowledge(pic), 0x0d, "IR5 follows IR4");
    out8(m, 0x20, 0x20);
    cr_assert_eq(pic_acknowledge(pic), 0x0b);
}

Test(pic, specific_rotation_sets_the_lowest_priority)
{
    drive(pic, 5, true);
    drive(pic, 6, true);
    out8(m, 0x20, 0xc5);
    cr_assert_eq(pic_acknowledge(pic), 0x0e);
    out8(m, 0x20, 0xe6);
    cr_assert_eq(isr(0x20), 0);
    drive(pic, 7, true);
    cr_assert_eq(pic_acknowledge(pic), 0x0f, "IR7 is highest after IR6 was rotated away");
}

Test(pic, special_mask_mode_lets_lower_priorities_in)
{
    drive(pic, 3, true);
    pic_acknowledge(pic);
    drive(pic, 6, true);
    cr_assert_not(cpu->level[0]);
    out8(m, 0x21, 0x08);
    cr_assert_not(cpu->level[0]);
    out8(m, 0x20, 0x68);
    cr_assert(cpu->level[0]);
    cr_assert_eq(pic_acknowledge(pic), 0x0e);
    out8(m, 0x20, 0x20);
    cr_assert_eq(isr(0x20), 0x08, "a masked level is not ended by a non-specific EOI");
    out8(m, 0x20, 0x48);
    out8(m, 0x20, 0x20);
    cr_assert_eq(isr(0x20), 0);
}

Test(pic, special_fully_nested_hears_the_slave_in_service)
{
    drive(pic, 12, true);
    pic_acknowledge(pic);
    drive(pic, 9, true);
    cr_assert_not(cpu->level[0], "fully nested: the slave is locked out");
    set_up(m, 0x11, 0x11);
    drive(pic, 12, false);
    drive(pic, 12, true);
    pic_acknowledge(pic);
    drive(pic, 9, false);
    drive(pic, 9, true);
    cr_assert(cpu->level[0]);
    cr_assert_eq(pic_acknowledge(pic), 0x71);
    drive(pic, 3, true);
    cr_assert_not(cpu->level[0], "what is below the slave waits");
}

Test(pic, icw1_starts_afresh)
{
    out8(m, 0x21, 0xaa);
    drive(pic, 0, true);
    pic_acknowledge(pic);
    drive(pic, 4, true);
    out8(m, 0x20, 0x11);
    cr_assert_not(cpu->level[0]);
    out8(m, 0x21, 0x28);
    out8(m, 0x21, 0x04);
    out8(m, 0x21, 0x01);
    cr_assert_eq(in8(m, 0x21), 0, "IMR is cleared");
    cr_assert_eq(in8(m, 0x20), 0, "a line that was up must rise anew");
    drive(pic, 4, false);
    drive(pic, 4, true);
    cr_assert_eq(pic_acknowledge(pic), 0x2c);
}

Test(pic, a_single_chip_takes_no_icw3)
{
    out8(m, 0x20, 0x13);
    out8(m, 0x21, 0x40);
    out8(m, 0x21, 0x01);
    out8(m, 0x21, 0xfe);
    cr_assert_eq(in8(m, 0x21), 0xfe);
    drive(pic, 0, true);
    cr_assert_eq(pic_acknowledge(pic), 0x40);
}

Test(pic, a_slave_with_another_number_does_not_answer)
{
    out8(m, 0xa0, 0x11);
    out8(m, 0xa1, 0x70);
    out8(m, 0xa1, 0x05);
    out8(m, 0xa1, 0x01);
    drive(pic, 8, true);
    cr_assert_eq(pic_acknowledge(pic), 0xff);
}

Test(pic, after_a_slaves_eoi_the_next_of_its_requests_is_an_edge_again)
{
    drive(pic, 8, true);
    drive(pic, 14, true);
    cr_assert_eq(pic_acknowledge(pic), 0x70);
    cr_assert_not(cpu->level[0]);
    out8(m, 0xa0, 0x20);
    out8(m, 0x20, 0x20);
    cr_assert_eq(pic_acknowledge(pic), 0x76);
}

Test(pic, without_elcr_icw1_chooses_levels)
{
    struct config *c = config_create();
    struct machine *old = machine_create(NULL);
    struct device *dev;

    config_set(c, "pic.elcr", "no", NULL);
    old->config = c;
    dev = machine_add(old, &pic_type, "pic", NULL);
    machine_reset(old, RESET_POWER);
    cr_assert_eq(in8(old, 0x4d0), 0xff);
    set_up(old, 0x19, 0x01);
    drive(dev, 6, true);
    pic_acknowledge(dev);
    out8(old, 0x20, 0x20);
    cr_assert_eq(pic_acknowledge(dev), 0x0e);
    machine_destroy(old);
    config_destroy(c);
}

static struct machine *busy(void)
{
    struct machine *made = build();

    set_up(made, 0x11, 0x11);
    out8(made, 0x4d1, 0x08);
    drive(machine_find(made, "pic"), 11, true);
    drive(machine_find(made, "pic"), 1, true);
    pic_acknowledge(machine_find(made, "pic"));
    out8(made, 0xa0, 0x11);
    return made;
}

Test(pic, save_and_load_is_invisible) { saving_is_not_noticed(busy, 1000, 300); }
