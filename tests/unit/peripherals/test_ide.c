#include "peripherals/storage/ide.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/config.h"
#include "core/ram.h"
#include "peripherals/storage/ata_disk.h"
#include "peripherals/storage/atapi_cd.h"
#include "tests/support/bench.h"
#include "tests/support/fake_block.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Facts: 82371FB (PIIX) and 82371SB (PIIX3) data sheet. */
enum { SECTORS = 4096, MASTER = 0xc000, TABLE = 0x1000, MEMORY = 4 << 20 };
enum { COM = MASTER, STA = MASTER + 2, DTP = MASTER + 4 };
enum { ACTIVE = 1, ERROR = 2, INTERRUPT = 4, LAST = (int)0x80000000 };

static struct machine *m;
static struct fake_block *medium, *disc;

static u32 config(u8 at)
{
    return pci_config_read(machine_find(m, "pci"), 0x80000900u | at, 4);
}

static void configure(u8 at, u32 value, unsigned size)
{
    pci_config_write(machine_find(m, "pci"), 0x80000900u | at, value, size);
}

static struct probe *pic(void)
{
    return container_of(machine_find(m, "pic"), struct probe, dev);
}

static void put_in(const struct device_type *type, const char *name, struct fake_block *f)
{
    struct drive *d = device_offer(machine_add(m, type, name, NULL), "drive");

    d->insert(d, &f->block);
}

static struct machine *build_with(struct config *config)
{
    static struct region lows[256];                     /* each machine has its own */
    static unsigned machines;
    struct region *low = &lows[machines++];
    struct ram *ram;

    cr_assert_leq(machines, COUNT(lows));
    m = machine_create(NULL);
    m->config = config;
    ram = machine_add_ram(m, "main", MEMORY, NULL);
    *low = (struct region){ .name = "low", .ram = ram, .size = MEMORY, .writable = true };
    low->owner = machine_add(m, &pci_bus_type, "pci", NULL);
    space_map(m->memory, low, 0, UNDER);
    medium = fake_block(SECTORS);
    disc = fake_block(400);
    machine_add(m, &ide_type, "ide", NULL);
    put_in(&ata_disk_type, "hda", medium);
    put_in(&atapi_cd_type, "hdd", disc);
    probe(m, "pic");
    machine_wire(m, "ide.irq14", "pic", 14, NULL);
    machine_wire(m, "ide.irq15", "pic", 15, NULL);
    machine_reset(m, RESET_POWER);
    return m;
}

static struct machine *build(void)  { return build_with(NULL); }

static struct config *config_of(const char *text)
{
    struct config *c = config_create();

    cr_assert(config_parse(c, "test", text, NULL));
    return c;
}

static void settle(void)        { machine_run(m, m->clock.now + 20 * MILLISECOND); }

static void enable(void)
{
    configure(0x20, MASTER, 4);
    configure(0x40, 0x80008000u, 4);
    configure(0x04, 5, 2);
    machine_run(m, m->clock.now + 60 * MICROSECOND);
}

static void start(void)
{
    build();
    enable();
}

static void end(void)
{
    struct config *config = m->config;

    machine_destroy(m);
    config_destroy(config);
    fake_block_free(medium);
    fake_block_free(disc);
}

TestSuite(ide, .init = start, .fini = end);

static void describe(unsigned i, u32 address, u32 count)
{
    space_write(m->memory, TABLE + 8 * i, address, 4);
    space_write(m->memory, TABLE + 8 * i + 4, count, 4);
}

static void command(u8 code, u32 lba, u8 count)
{
    out8(m, 0x1f2, count);
    out8(m, 0x1f3, (u8)lba);
    out8(m, 0x1f4, (u8)(lba >> 8));
    out8(m, 0x1f5, (u8)(lba >> 16));
    out8(m, 0x1f6, 0xe0);
    out8(m, 0x1f7, code);
}

static void go(u8 direction)
{
    space_write(m->ports, DTP, TABLE, 4);
    out8(m, STA, ERROR | INTERRUPT);
    out8(m, COM, direction);
    out8(m, COM, direction | 1);
}

static u8 *ram(u32 at)          { return m->rams->host + at; }

Test(ide, the_function_is_a_piix3s)
{
    cr_assert_eq(config(0x00), 0x70108086);
    cr_assert_eq(config(0x08), 0x01018000);
    cr_assert_eq(config(0x04) >> 16, 0x0280);
    cr_assert_eq(config(0x20), MASTER | 1);
    cr_assert_eq(config(0x3c) >> 8 & 0xff, 0);
    configure(0x20, 0xffffffff, 4);
    cr_assert_eq(config(0x20), 0xfffffff1);
}

Test(ide, ports_are_decoded_while_both_enables_are_set)
{
    out8(m, 0x1f2, 0x5a);
    cr_assert_eq(in8(m, 0x1f2), 0x5a);
    configure(0x41, 0, 1);
    cr_assert_eq(in8(m, 0x1f2), 0xff);
    cr_assert_neq(in8(m, 0x177), 0xff);
    configure(0x41, 0x80, 1);
    configure(0x04, 4, 2);
    cr_assert_eq(in8(m, 0x1f2), 0xff);
    cr_assert_eq(in8(m, STA), 0xff);
    configure(0x04, 5, 2);
    cr_assert_eq(in8(m, 0x1f2), 0x5a);
}

Test(ide, decoding_and_timing_outlive_a_sleep_alone)
{
    struct device *ide = machine_find(m, "ide");

    configure(0x40, 0x8077a3b3u, 4);
    configure(0x44, 0x0b, 1);
    drive(ide, 0, true);
    drive(ide, 0, false);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(config(0x40), 0x8077a3b3u);
    cr_assert_eq(config(0x44), 0x0b);
    cr_assert_eq(config(0x04) & 7, 0);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(config(0x40), 0);
    cr_assert_eq(config(0x44), 0);
}

Test(ide, a_board_may_have_the_ports_decoded_from_reset_on)
{
    cr_assert_eq(config(0x40), 0x80008000u);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(config(0x40), 0);

    end();
    build_with(config_of("ide.decode = yes"));
    cr_assert_eq(config(0x40), 0x80008000u);
    cr_assert_eq(in8(m, 0x1f2), 0xff);              /* I/O space is off all the same */
    configure(0x04, 1, 2);
    cr_assert_neq(in8(m, 0x1f2), 0xff);
    configure(0x40, 0, 4);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(config(0x40), 0x80008000u);
}

Test(ide, a_read_is_scattered_and_takes_time)
{
    u64 before;

    describe(0, 0x10200, 0x0e00);
    describe(1, 0x30000, 0x1200 | (u32)LAST);
    command(0xc8, 100, 16);
    go(8);
    cr_assert_eq(in8(m, STA), ACTIVE);
    cr_assert_eq(medium->reads, 0);
    before = m->clock.now;
    settle();
    cr_assert_eq(in8(m, STA), INTERRUPT);
    cr_assert_geq(pic()->rose[14] - before, 16 * 512 * 10);
    cr_assert_eq(in8(m, 0x1f7), 0x50);
    cr_assert_not(pic()->level[14]);
    cr_assert_arr_eq(ram(0x10200), medium->bytes + 100 * 512, 0x0e00);
    cr_assert_arr_eq(ram(0x30000), medium->bytes + 107 * 512, 0x1200);
    cr_assert_eq(*ram(0x31200), 0);
    cr_assert_eq(medium->reads, 1);
}

Test(ide, a_write_is_gathered)
{
    memset(ram(0x20000), 0x77, 0x20000);
    describe(0, 0x20000, 0);                    /* 0: 64 KB */
    describe(1, 0x30000, (u32)LAST);
    command(0xca, 8, 0);
    go(0);
    settle();
    cr_assert_eq(in8(m, STA), INTERRUPT);
    for (unsigned i = 0; i < 256 * 512; i++)
        cr_assert_eq(medium->bytes[8 * 512 + i], 0x77);
    cr_assert_eq(medium->writes, 1);
    cr_assert_eq(load_le32(medium->bytes + 264 * 512), 264);
}

Test(ide, sectors_may_be_cut_anywhere)
{
    for (unsigned i = 0; i < 64; i++)
        describe(i, 0x40000 + i * 0x100, 2 + 2 * (i % 31));
    describe(64, 0x50000, 0x4000 | (u32)LAST);
    command(0xc8, 50, 20);
    go(8);
    settle();
    cr_assert_eq(in8(m, STA), ACTIVE | INTERRUPT);      /* the table has more than the drive */
    cr_assert_eq(in8(m, 0x1f7), 0x50);
    for (unsigned i = 0, at = 50 * 512; i < 64; at += 2 + 2 * (i % 31), i++)
        cr_assert_arr_eq(ram(0x40000 + i * 0x100), medium->bytes + at, 2 + 2 * (i % 31));
    out8(m, COM, 0);
    cr_assert_eq(in8(m, STA), INTERRUPT);
    describe(64, 0x50000, 0x4000 | (u32)LAST);
    command(0xca, 1000, 20);
    go(0);
    settle();
    for (unsigned i = 0, at = 0; i < 64; at += 2 + 2 * (i % 31), i++)
        cr_assert_arr_eq(medium->bytes + 1000 * 512 + at, ram(0x40000 + i * 0x100),
                         2 + 2 * (i % 31));
}

Test(ide, a_table_shorter_than_the_transfer_leaves_the_drive_waiting)
{
    describe(0, 0x10000, 0x200 | (u32)LAST);
    command(0xc8, 0, 4);
    go(8);
    settle();
    cr_assert_eq(in8(m, STA), 0);
    cr_assert_not(pic()->level[14]);
    cr_assert_eq(in8(m, 0x3f6) & 0x80, 0x80);
    out8(m, COM, 8);
    out8(m, 0x3f6, 4);
    out8(m, 0x3f6, 0);
    settle();
    cr_assert_eq(in8(m, 0x1f7), 0x50);
    command(0x20, 0, 1);
    settle();
    cr_assert_eq(in8(m, 0x1f7), 0x58);
}

Test(ide, engine_and_command_may_start_in_either_order)
{
    describe(0, 0x10000, 0x200 | (u32)LAST);
    go(8);
    settle();
    cr_assert_eq(in8(m, STA), ACTIVE);
    command(0xc8, 9, 1);
    settle();
    cr_assert_eq(in8(m, STA), INTERRUPT);
    cr_assert_eq(*ram(0x10000), 9);
    command(0xc8, 10, 1);
    settle();
    cr_assert_eq(in8(m, 0x3f6) & 0x80, 0x80);
    describe(0, 0x10000, 0x200 | (u32)LAST);
    out8(m, COM, 0);
    go(8);
    settle();
    cr_assert_eq(*ram(0x10000), 10);
}

Test(ide, a_bad_sector_ends_the_command)
{
    medium->bad_sector = 12;
    describe(0, 0x10000, 0x1000 | (u32)LAST);
    command(0xc8, 8, 8);
    go(8);
    settle();
    cr_assert_eq(in8(m, STA) & INTERRUPT, INTERRUPT);
    cr_assert_eq(in8(m, 0x1f7), 0x51);
    cr_assert_eq(in8(m, 0x1f1), 0x40);
}

Test(ide, tables_and_regions_outside_ram_are_errors)
{
    command(0xc8, 8, 8);
    go(8);
    space_write(m->ports, DTP, 0xfff00000u, 4);
    out8(m, COM, 8);
    out8(m, COM, 9);
    settle();
    cr_assert_eq(in8(m, STA), ERROR);
    out8(m, COM, 8);
    describe(0, 0xe0000000u, 0x1000 | (u32)LAST);
    go(8);
    settle();
    cr_assert_eq(in8(m, STA), ERROR | INTERRUPT);
}

Test(ide, nothing_is_moved_while_the_function_may_not_master_the_bus)
{
    describe(0, 0x10000, 0x200 | (u32)LAST);
    configure(0x04, 1, 2);
    command(0xc8, 9, 1);
    go(8);
    settle();
    cr_assert_eq(*ram(0x10000), 0);
    cr_assert_eq(in8(m, STA) & ACTIVE, 0);
}

Test(ide, status_bits_are_cleared_by_ones_and_capabilities_kept)
{
    command(0x20, 0, 1);
    settle();
    cr_assert_eq(in8(m, STA), INTERRUPT);
    out8(m, STA, 0x60);
    cr_assert_eq(in8(m, STA), 0x60 | INTERRUPT);
    out8(m, STA, 0x20 | INTERRUPT);
    cr_assert_eq(in8(m, STA), 0x20);
}

/* The packet device is drive 1 of the second channel, alone there. */
static void send_packet(const u8 *cdb)
{
    out8(m, 0x176, 0xb0);
    out8(m, 0x171, 1);
    out8(m, 0x177, 0xa0);
    settle();
    for (unsigned i = 0; i < 12; i += 2)
        space_write(m->ports, 0x170, load_le16(cdb + i), 2);
}

static void run_packet(const u8 *cdb)
{
    space_write(m->ports, DTP + 8, TABLE, 4);
    out8(m, STA + 8, ERROR | INTERRUPT);
    out8(m, COM + 8, 8);
    send_packet(cdb);
    out8(m, COM + 8, 9);
    settle();
}

Test(ide, packets_move_their_data_by_dma_too)
{
    describe(0, 0x10000, 0x2000 | (u32)LAST);
    run_packet((const u8[12]){ 0x12, 0, 0, 0, 36 });
    cr_assert_eq(in8(m, 0x177), 0x50);
    cr_assert_eq(*ram(0x10000), 5);
    run_packet((const u8[12]){ 0 });
    cr_assert_eq(in8(m, 0x177), 0x51);
    run_packet((const u8[12]){ 0x28, 0, 0, 0, 0, 7, 0, 0, 4 });
    cr_assert_eq(in8(m, 0x177), 0x50);
    cr_assert_eq(in8(m, 0x172) & 3, 3);
    cr_assert_eq(in8(m, STA + 8), INTERRUPT);
    cr_assert_arr_eq(ram(0x10000), disc->bytes + 7 * 2048, 0x2000);
}

Test(ide, anything_may_be_written_anywhere)
{
    u32 chance = 99;

    for (unsigned i = 0; i < 30000; i++) {
        static const u16 base[] = { 0x1f0, 0x1f0, 0x170, MASTER, MASTER + 8, 0x3f0 };
        u16 port;

        chance = chance * 1664525 + 1013904223;
        port = (u16)(base[(chance >> 8) % 6] + (chance >> 12) % 8);
        if (chance >> 28 < 3)
            space_write(m->memory, TABLE + (chance >> 4 & 0xff), chance, 4);
        else if (chance >> 28 < 4)
            space_write(m->ports, DTP + (chance & 8), TABLE, 4);
        else if (chance >> 31)
            space_write(m->ports, port, chance >> 20, chance >> 30 & 1 ? 4 : 1);
        else
            space_read(m->ports, port, chance >> 30 & 1 ? 4 : 2);
        if (i % 5 == 0)
            machine_run(m, m->clock.now + (chance >> 16) * 4);
    }
}

static struct machine *build_reading(void)
{
    build();
    enable();
    describe(0, 0x10000, 0x8000);
    describe(1, 0x30000, 0x8000 | (u32)LAST);
    command(0xc8, 100, 128);
    go(8);
    return m;
}

Test(ide_saved, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(build_reading, MILLISECOND, 45 * MICROSECOND);
}
