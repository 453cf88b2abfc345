#include "bus/pci.h"

#include "core/bits.h"
#include "core/buffer.h"
#include "core/config.h"
#include "core/error.h"
#include "core/ram.h"
#include "core/snapshot.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <string.h>

/* A function with a BAR of each kind, MSI, and registers that count. */
#define CARD_STATE(ONE, MANY, PART)                         \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)    \
    ONE (u32, writes, "seen by written()")

struct card {
    struct device dev;
    struct pci    pci;
    struct region memory, io, wide, rom;
    u8            first, last;
    STATE_MEMBERS(CARD_STATE)
};
DEFINE_STATE(struct card, CARD_STATE);

static const struct pci_id card_id = {
    .vendor = 0x1234, .device = 0xabcd, .subsystem_vendor = 0x5678, .subsystem = 0x9abc,
    .class = 0x020000, .revision = 7, .pin = 1,
};

static u64 card_read(struct device *dev, u64 offset, unsigned size)
{
    return 0xc0 | offset;
}

static const struct io_ops card_io = { card_read, NULL, 1 };

static void card_written(struct device *dev, u8 first, u8 last)
{
    struct card *c = container_of(dev, struct card, dev);

    c->writes++;
    c->first = first;
    c->last = last;
}

static void region(struct card *c, struct region *r, const char *name, u64 size)
{
    *r = (struct region){ .name = name, .owner = &c->dev, .io = &card_io, .size = size };
}

static bool card_attach(struct device *dev, struct error *err)
{
    struct card *c = container_of(dev, struct card, dev);

    if (!pci_join(dev, &c->pci, c->config, &card_id, err))
        return false;
    c->pci.written = card_written;
    region(c, &c->memory, "memory", 0x2000);
    region(c, &c->io, "io", 0x20);
    region(c, &c->wide, "wide", 0x100000);
    region(c, &c->rom, "rom", 0x10000);
    pci_bar(&c->pci, 0, PCI_MEM32, &c->memory);
    pci_bar(&c->pci, 1, PCI_IO, &c->io);
    pci_bar(&c->pci, 2, PCI_MEM64_PREFETCH, &c->wide);
    pci_bar(&c->pci, PCI_ROM, PCI_MEM32, &c->rom);
    return pci_msi(&c->pci, err);
}

static void card_reset(struct device *dev, enum reset how)
{
    pci_reset(&container_of(dev, struct card, dev)->pci);
}

static void card_resume(struct device *dev)
{
    pci_resume(&container_of(dev, struct card, dev)->pci);
}

static const struct device_type card_type = {
    .name = "card", .size = sizeof(struct card), .state = state_rows, .attach = card_attach,
    .reset = card_reset, .resume = card_resume,
};

static struct machine *m;
static struct device *bus;
static struct card *a, *b;
static struct probe *pic;
static struct ram *ram;
static struct region low;

enum { SLOT_A = 1, SLOT_B = 2, MASTER = 4, MEMORY = 2, IO = 1 };

static struct card *add(const char *name)
{
    struct device *dev = machine_add(m, &card_type, name, NULL);

    cr_assert(dev);
    return container_of(dev, struct card, dev);
}

static struct machine *make(void)
{
    static const char *const pirq[] = { "pci.pirqa", "pci.pirqb", "pci.pirqc", "pci.pirqd" };

    m = machine_create(NULL);
    bus = machine_add(m, &pci_bus_type, "pci", NULL);
    pic = probe(m, "pic");
    for (u16 i = 0; i < 4; i++)
        machine_wire(m, pirq[i], "pic", i, NULL);
    a = add("a");
    b = add("b");
    machine_reset(m, RESET_POWER);
    return m;
}

static void start(void)
{
    make();
    ram = machine_add_ram(m, "main", 0x10000, NULL);
    low = (struct region){ .name = "low", .ram = ram, .size = 0x10000, .writable = true };
    space_map(m->memory, &low, 0, UNDER);
}

static void end(void)   { machine_destroy(m); }

TestSuite(pci, .init = start, .fini = end);

static u32 at(unsigned slot, u8 reg) { return 0x80000000u | slot << 11 | reg; }

static u32 get(unsigned slot, u8 reg, unsigned size)
{
    return pci_config_read(bus, at(slot, reg), size);
}

static void set(unsigned slot, u8 reg, u32 value, unsigned size)
{
    pci_config_write(bus, at(slot, reg), value, size);
}

Test(pci, the_header_says_what_it_is)
{
    cr_assert_eq(get(SLOT_A, 0, 4), 0xabcd1234);
    cr_assert_eq(get(SLOT_A, 8, 4), 0x02000007);
    cr_assert_eq(get(SLOT_A, 0x2c, 4), 0x9abc5678);
    cr_assert_eq(get(SLOT_A, 0x0e, 1), 0);
    cr_assert_eq(get(SLOT_A, 0x3d, 1), 1);
    set(SLOT_A, 0, 0, 4);
    cr_assert_eq(get(SLOT_A, 0, 2), 0x1234);
}

Test(pci, where_nobody_is_ones_are_read)
{
    cr_assert_eq(get(9, 0, 4), 0xffffffff);
    cr_assert_eq(pci_config_read(bus, at(SLOT_A, 0) | 0x100, 2), 0xffff);
    cr_assert_eq(pci_config_read(bus, at(SLOT_A, 0) | 0x10000, 1), 0xff);
    set(9, 4, 7, 2);
    cr_assert_null(pci_function_at(bus, 9, 0));
    cr_assert_eq(pci_function_at(bus, SLOT_B, 0), &b->pci);
}

Test(pci, writing_ones_to_a_bar_tells_its_size_and_kind)
{
    static const struct { u8 reg; u32 reads; } bar[] = {
        { 0x10, 0xffffe000 }, { 0x14, 0xffffffe1 }, { 0x18, 0xfff0000c }, { 0x1c, 0xffffffff },
        { 0x20, 0 }, { 0x24, 0 }, { 0x30, 0xffff0001 },
    };

    set(SLOT_A, 4, IO | MEMORY, 2);
    for (unsigned i = 0; i < COUNT(bar); i++) {
        set(SLOT_A, bar[i].reg, 0xffffffff, 4);
        cr_assert_eq(get(SLOT_A, bar[i].reg, 4), bar[i].reads, "%x", bar[i].reg);
    }
    cr_assert_null(a->memory.space);
    cr_assert_null(a->io.space);
    cr_assert_null(a->wide.space);
    cr_assert_null(a->rom.space);
}

Test(pci, a_bar_answers_where_it_points_while_it_is_enabled)
{
    set(SLOT_A, 0x10, 0xe0000000, 4);
    cr_assert_eq(space_read(m->memory, 0xe0000005, 1), 0xff);
    set(SLOT_A, 4, MEMORY, 2);
    cr_assert_eq(space_read(m->memory, 0xe0000005, 1), 0xc5);
    set(SLOT_A, 0x10, 0xe1000000, 4);
    cr_assert_eq(space_read(m->memory, 0xe0000005, 1), 0xff);
    cr_assert_eq(space_read(m->memory, 0xe1000003, 1), 0xc3);
    set(SLOT_A, 4, 0, 2);
    cr_assert_eq(space_read(m->memory, 0xe1000003, 1), 0xff);
}

Test(pci, ports_and_memory_are_enabled_apart)
{
    set(SLOT_A, 0x14, 0xc001, 4);
    set(SLOT_A, 4, MEMORY, 2);
    cr_assert_eq(in8(m, 0xc002), 0xff);
    set(SLOT_A, 4, IO, 2);
    cr_assert_eq(in8(m, 0xc002), 0xc2);
    set(SLOT_A, 0x14, 0x1c001, 4);
    cr_assert_eq(in8(m, 0xc002), 0xff);
}

Test(pci, a_64_bit_bar_lies_above_4_gb_by_its_upper_half)
{
    set(SLOT_A, 0x18, 0x00300000, 4);
    set(SLOT_A, 0x1c, 0x12, 4);
    set(SLOT_A, 4, MEMORY, 2);
    cr_assert_eq(space_read(m->memory, 0x1200300001, 1), 0xc1);
    cr_assert_eq(space_read(m->memory, 0x300001, 1), 0xff);
}

Test(pci, a_rom_needs_its_own_enable_too)
{
    set(SLOT_A, 4, MEMORY, 2);
    set(SLOT_A, 0x30, 0xd0000000, 4);
    cr_assert_eq(space_read(m->memory, 0xd0000000, 1), 0xff);
    set(SLOT_A, 0x30, 0xd0000001, 4);
    cr_assert_eq(space_read(m->memory, 0xd0000000, 1), 0xc0);
}

Test(pci, status_bits_are_cleared_by_ones)
{
    store_le16(&a->config->bytes[6], 0xfa10);
    set(SLOT_A, 6, 0x8000, 2);
    cr_assert_eq(get(SLOT_A, 6, 2), 0x7a10);
    set(SLOT_A, 6, 0xffff, 2);
    cr_assert_eq(get(SLOT_A, 6, 2), 0x0210);
}

Test(pci, a_write_is_told_with_its_bytes)
{
    set(SLOT_A, 0x3c, 0x0b, 1);
    cr_assert_eq(a->writes, 1);
    cr_assert_eq(a->first, 0x3c);
    cr_assert_eq(a->last, 0x3c);
    set(SLOT_A, 0x40, 0, 4);
    cr_assert_eq(a->last, 0x43);
}

/* Slot 1 pin A pulls PIRQA, slot 2 pin A pulls PIRQB. */
Test(pci, pins_are_swizzled_by_slot)
{
    pci_interrupt(&a->pci, true);
    cr_assert(pic->level[0] && !pic->level[1]);
    pci_interrupt(&b->pci, true);
    cr_assert(pic->level[0] && pic->level[1]);
    cr_assert_eq(get(SLOT_A, 6, 2) & 8, 8);
    pci_interrupt(&a->pci, false);
    cr_assert(!pic->level[0] && pic->level[1]);
}

Test(pci, functions_that_share_a_wire_are_ored)
{
    struct card *c, *d;

    add("c"), add("d");
    c = add("e");                                   /* slot 5: PIRQA again */
    machine_reset(m, RESET_WIRE);
    d = a;
    pci_interrupt(&c->pci, true);
    pci_interrupt(&d->pci, true);
    pci_interrupt(&c->pci, false);
    cr_assert(pic->level[0]);
    pci_interrupt(&d->pci, false);
    cr_assert_not(pic->level[0]);
    cr_assert_eq(pic->rises[0], 1);
}

Test(pci, the_command_register_can_keep_a_wire_quiet)
{
    set(SLOT_A, 4, 0x400, 2);
    pci_interrupt(&a->pci, true);
    cr_assert_not(pic->level[0]);
    set(SLOT_A, 4, 0, 2);
    cr_assert(pic->level[0]);
    machine_reset(m, RESET_WIRE);
    cr_assert_not(pic->level[0]);
}

static void enable_msi(void)
{
    u8 cap = (u8)get(SLOT_A, 0x34, 1);

    cr_assert_eq(get(SLOT_A, cap, 1), 5);
    cr_assert_eq(get(SLOT_A, cap + 1, 1), 0);
    cr_assert_eq(get(SLOT_A, 6, 2) & 0x10, 0x10);
    set(SLOT_A, cap + 4, 0x1003, 4);
    set(SLOT_A, cap + 8, 0, 4);
    set(SLOT_A, cap + 12, 0x4321, 2);
    set(SLOT_A, cap + 2, 1, 2);
    cr_assert_eq(get(SLOT_A, cap + 2, 2), 0x81);
    cr_assert_eq(get(SLOT_A, cap + 4, 4), 0x1000);
}

Test(pci, msi_is_a_write_in_place_of_the_wire)
{
    pci_interrupt(&a->pci, true);
    enable_msi();
    cr_assert_not(pic->level[0]);
    set(SLOT_A, 4, MASTER, 2);
    cr_assert_eq(load_le32(ram->host + 0x1000), 0);
    pci_interrupt(&a->pci, false);
    pci_interrupt(&a->pci, true);
    cr_assert_eq(load_le32(ram->host + 0x1000), 0x4321);
    store_le32(ram->host + 0x1000, 0);
    pci_interrupt(&a->pci, true);
    cr_assert_eq(load_le32(ram->host + 0x1000), 0);
    cr_assert_not(pic->level[0]);
}

Test(pci, a_message_needs_mastering)
{
    enable_msi();
    pci_interrupt(&a->pci, true);
    cr_assert_eq(load_le32(ram->host + 0x1000), 0);
}

Test(pci, mastering_needs_leave_and_reaches_ram_only)
{
    u32 x = 5;

    cr_assert_not(pci_write_ram(&a->pci, 0x10, "abcd", 4));
    cr_assert_not(pci_read_ram(&a->pci, 0x10, &x, 4));
    cr_assert_eq(x, 0xffffffff);
    set(SLOT_A, 4, MASTER, 2);
    cr_assert(pci_write_ram(&a->pci, 0x10, "abcd", 4));
    cr_assert(pci_read_ram(&a->pci, 0x10, &x, 4));
    cr_assert_eq(memcmp(&x, "abcd", 4), 0);
    cr_assert_not(pci_write_ram(&a->pci, 0xfffe, "abcd", 4));
    cr_assert_not(pci_read_ram(&a->pci, UINT64_MAX, &x, 4));
}

Test(pci, capabilities_are_a_list)
{
    u8 second = pci_capability(&a->pci, 1, 8), first;

    machine_reset(m, RESET_WIRE);
    first = (u8)get(SLOT_A, 0x34, 1);
    cr_assert_eq(get(SLOT_A, first + 1, 1), second);
    cr_assert_eq(get(SLOT_A, second, 2), 0x0001);
    cr_assert_geq(second, first + 14);
}

Test(pci, a_place_can_be_had_once)
{
    struct config *config = m->config = config_create();
    struct error err;

    config_set(config, "x.slot", "2", NULL);
    cr_assert_null(machine_add(m, &card_type, "x", &err));
    cr_assert(strstr(err.text, "b is in PCI slot 2"), "%s", err.text);
    config_set(config, "y.slot", "32", NULL);
    cr_assert_null(machine_add(m, &card_type, "y", &err));
    config_set(config, "z.bus", "pic", NULL);
    cr_assert_null(machine_add(m, &card_type, "z", &err));
    config_set(config, "f.slot", "2", NULL);
    config_set(config, "f.function", "7", NULL);
    cr_assert(machine_add(m, &card_type, "f", &err));
    cr_assert(pci_function_at(bus, 2, 7));
    m->config = NULL;
    config_destroy(config);
}

static struct machine *make_busy(void)
{
    make();
    set(SLOT_A, 0x10, 0xe0000000, 4);
    set(SLOT_A, 0x14, 0xc000, 4);
    set(SLOT_A, 4, IO | MEMORY | MASTER, 2);
    pci_interrupt(&b->pci, true);
    return m;
}

Test(pci, bars_and_wires_survive_a_load)
{
    machine_destroy(m);
    saving_is_not_noticed(make_busy, 1000, 500);
    make();
}

Test(pci, after_a_load_bars_are_where_they_were)
{
    struct machine *busy = (machine_destroy(m), make_busy()), *idle;
    struct buffer saved = { 0 };

    snapshot_save(&saved, busy, NULL);
    machine_destroy(busy);
    idle = make();
    cr_assert(snapshot_load(idle, saved.bytes, saved.used, NULL));
    cr_assert_eq(space_read(m->memory, 0xe0000005, 1), 0xc5);
    cr_assert_eq(in8(m, 0xc002), 0xc2);
    pci_interrupt(&b->pci, false);
    cr_assert_not(pic->level[1]);
    buffer_clear(&saved);
}
