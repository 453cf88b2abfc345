#include "peripherals/chipset/ioapic.h"

#include "tests/support/bench.h"
#include "tests/support/mailbox.h"

#include <criterion/criterion.h>

/* 82093AA data sheet (290566); the EOI register of ICH5's. */
enum { MASKED = 1 << 16, LEVEL = 1 << 15, LOW = 1 << 13, LOGICAL = 1 << 11, REMOTE_IRR = 1 << 14 };
#define BASE UINT64_C(0xfec00000)

static struct machine *m;
static struct device *io;
static struct mailbox *box;

static u32 get(struct machine *machine, u8 reg)
{
    space_write(machine->memory, BASE, reg, 4);
    return (u32)space_read(machine->memory, BASE + 0x10, 4);
}

static void set(struct machine *machine, u8 reg, u32 v)
{
    space_write(machine->memory, BASE, reg, 4);
    space_write(machine->memory, BASE + 0x10, v, 4);
}

static void entry(unsigned pin, u32 low, u8 destination)
{
    set(m, (u8)(0x11 + 2 * pin), (u32)destination << 24);
    set(m, (u8)(0x10 + 2 * pin), low);
}

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    machine_add(made, &ioapic_type, "ioapic", NULL);
    mailbox(made);
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)
{
    m = build();
    io = machine_find(m, "ioapic");
    box = container_of(machine_find(m, "mailbox"), struct mailbox, dev);
}

static void end(void) { machine_destroy(m); }

TestSuite(ioapic, .init = start, .fini = end);

Test(ioapic, tells_its_version_and_number_of_pins)
{
    cr_assert_eq(get(m, 1), 0x00170020);
    cr_assert_eq(get(m, 0), 0);
    cr_assert_eq(get(m, 0x40), 0, "behind the table nothing");
}

Test(ioapic, its_identifier_has_four_bits_and_is_that_of_arbitration)
{
    set(m, 0, 0xffffffff);
    cr_assert_eq(get(m, 0), 0x0f000000);
    cr_assert_eq(get(m, 2), 0x0f000000);
    set(m, 2, 0);
    cr_assert_eq(get(m, 2), 0x0f000000, "which is read-only");
}

Test(ioapic, comes_with_all_pins_masked)
{
    for (unsigned pin = 0; pin < 24; pin++) {
        cr_assert_eq(get(m, (u8)(0x10 + 2 * pin)), MASKED);
        cr_assert_eq(get(m, (u8)(0x11 + 2 * pin)), 0);
        drive(io, pin, true);
    }
    cr_assert_eq(box->count, 0);
}

Test(ioapic, status_bits_cannot_be_written)
{
    entry(3, 0xffffffff, 0xff);
    cr_assert_eq(get(m, 0x16), 0x0001afff);
    cr_assert_eq(get(m, 0x17), 0xff000000);
}

Test(ioapic, an_edge_becomes_a_message)
{
    entry(4, 0x31, 5);
    drive(io, 4, true);
    cr_assert_eq(box->count, 1);
    cr_assert_eq(box->address[0], 0xfee05000);
    cr_assert_eq(box->data[0], 0x4031);
    drive(io, 4, false);
    cr_assert_eq(box->count, 1);
    drive(io, 4, true);
    cr_assert_eq(box->count, 2, "each rise is one");
}

Test(ioapic, logical_and_lowest_priority_show_in_the_address)
{
    entry(4, 0x31 | LOGICAL | 1 << 8, 0x0f);
    drive(io, 4, true);
    cr_assert_eq(box->address[0], 0xfee0f00c);
    cr_assert_eq(box->data[0], 0x4131);
}

Test(ioapic, an_edge_on_a_masked_pin_is_lost)
{
    entry(4, 0x31 | MASKED, 0);
    drive(io, 4, true);
    entry(4, 0x31, 0);
    cr_assert_eq(box->count, 0);
}

Test(ioapic, a_level_on_a_masked_pin_waits)
{
    entry(10, 0x41 | LEVEL | LOW | MASKED, 0);
    drive(io, 10, true);
    cr_assert_eq(box->count, 0);
    entry(10, 0x41 | LEVEL | LOW, 0);
    cr_assert_eq(box->count, 1);
    cr_assert_eq(box->data[0], 0xc041);
}

Test(ioapic, a_level_asks_again_after_its_end)
{
    entry(10, 0x41 | LEVEL, 0);
    drive(io, 10, true);
    cr_assert_eq(get(m, 0x24), 0x41 | LEVEL | REMOTE_IRR);
    drive(io, 10, false);
    drive(io, 10, true);
    cr_assert_eq(box->count, 1, "not while it is served");
    space_write(m->memory, BASE + 0x40, 0x40, 4);
    cr_assert_eq(box->count, 1, "not for another vector's end");
    space_write(m->memory, BASE + 0x40, 0x41, 4);
    cr_assert_eq(box->count, 2);
    drive(io, 10, false);
    space_write(m->memory, BASE + 0x40, 0x41, 4);
    cr_assert_eq(box->count, 2, "not once it is down");
    cr_assert_eq(get(m, 0x24), 0x41 | LEVEL);
}

Test(ioapic, pins_that_share_a_vector_end_together)
{
    entry(10, 0x41 | LEVEL, 0);
    entry(11, 0x41 | LEVEL, 0);
    drive(io, 10, true);
    drive(io, 11, true);
    drive(io, 10, false);
    space_write(m->memory, BASE + 0x40, 0x41, 4);
    cr_assert_eq(get(m, 0x24), 0x41 | LEVEL);
    cr_assert_eq(get(m, 0x26), 0x41 | LEVEL | REMOTE_IRR);
    cr_assert_eq(box->count, 3);
}

Test(ioapic, an_entry_made_an_edge_forgets_that_it_waits)
{
    entry(10, 0x41 | LEVEL, 0);
    drive(io, 10, true);
    drive(io, 10, false);
    entry(10, 0x41 | MASKED, 0);
    entry(10, 0x41 | LEVEL, 0);
    cr_assert_eq(get(m, 0x24), 0x41 | LEVEL);
    drive(io, 10, true);
    cr_assert_eq(box->count, 2);
}

Test(ioapic, an_nmi_is_an_edge_whatever_its_trigger_mode)
{
    entry(0, 0x400 | LEVEL, 0);
    drive(io, 0, true);
    cr_assert_eq(get(m, 0x10), 0x400 | LEVEL);
    drive(io, 0, false);
    drive(io, 0, true);
    cr_assert_eq(box->count, 2);
}

Test(ioapic, its_window_takes_words_only)
{
    space_write(m->memory, BASE, 0x10, 1);
    space_write(m->memory, BASE + 0x10, 0x55, 1);
    cr_assert_eq(get(m, 0x10), MASKED);
    cr_assert_eq(space_read(m->memory, BASE, 4), 0x10);
    drive(io, 77, true);
}

static struct machine *busy(void)
{
    struct machine *made = build();

    set(made, 0x24, 0x41 | LEVEL);
    drive(machine_find(made, "ioapic"), 10, true);
    return made;
}

Test(ioapic, save_and_load_is_invisible) { saving_is_not_noticed(busy, 1000, 300); }
