#include "peripherals/chipset/i440fx.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/buffer.h"
#include "core/error.h"
#include "core/ram.h"
#include "core/snapshot.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PAM = 0x59, FDHC = 0x68, SMRAM = 0x72, TRC = 0x93 };
enum { D_OPEN = 0x40, D_LCK = 0x10, G_SMRAME = 0x08 };

#define MEGA 0x100000u
#define FOUR_GIGA (UINT64_C(1) << 32)

static struct machine *m;
static struct device *bus, *host;
static struct ram *ram, *rom;
static struct region legacy, video;
static struct probe *cpu;

/* 6 MB, of which two lie above 4 GB. */
static struct machine *make(void)
{
    m = machine_create(NULL);
    bus = machine_add(m, &pci_bus_type, "pci", NULL);
    host = machine_add(m, &i440fx_type, "host", NULL);
    cpu = probe(m, "cpu");
    cr_assert(machine_wire(m, "host.init", "cpu", 0, NULL));
    ram = machine_add_ram(m, "main", 6 * MEGA, NULL);
    cr_assert(i440fx_set_ram(host, ram, 4 * MEGA, NULL));
    machine_reset(m, RESET_POWER);
    return m;
}

static u64 video_read(struct device *dev, u64 offset, unsigned size) { return 0x77; }

/* And a ROM of 128 KB that ends at 1 MB, and an adapter's registers at A0000h. */
static void start(void)
{
    static const struct io_ops video_io = { video_read, NULL, 1 };

    make();
    rom = machine_add_ram(m, "rom", 0x20000, NULL);
    memset(rom->host, 0x55, 0x20000);
    legacy = (struct region){ .name = "rom", .ram = rom, .size = 0x20000 };
    space_map(m->memory, &legacy, 0xe0000, NORMAL);
    video = (struct region){ .name = "video", .io = &video_io, .size = 0x20000 };
    space_map(m->memory, &video, 0xa0000, NORMAL);
}

static void end(void) { machine_destroy(m); }

TestSuite(i440fx, .init = start, .fini = end);

static void address(u32 a) { space_write(m->ports, 0xcf8, a, 4); }

static u8 get(u8 reg)
{
    address(0x80000000 | (reg & 0xfc));
    return in8(m, 0xcfc + reg % 4);
}

static void set(u8 reg, u8 value)
{
    address(0x80000000 | (reg & 0xfc));
    out8(m, 0xcfc + reg % 4, value);
}

static u8 peek(u64 a)          { return (u8)space_read(m->memory, a, 1); }
static void poke(u64 a, u8 v)  { space_write(m->memory, a, v, 1); }

/* -- configuration mechanism 1 -- */

Test(i440fx, it_is_found_at_bus_0_slot_0)
{
    address(0x80000000);
    cr_assert_eq(space_read(m->ports, 0xcfc, 4), 0x12378086);
    cr_assert_eq(space_read(m->ports, 0xcfe, 2), 0x1237);
    cr_assert_eq(in8(m, 0xcfd), 0x80);
    address(0x80000008);
    cr_assert_eq(space_read(m->ports, 0xcfc, 4), 0x06000002);
}

Test(i440fx, the_address_is_written_by_dwords_only)
{
    address(0x80000000);
    out8(m, 0xcf8, 8);
    space_write(m->ports, 0xcfa, 0xffff, 2);
    cr_assert_eq(space_read(m->ports, 0xcf8, 4), 0x80000000);
    cr_assert_eq(in8(m, 0xcf8), 0xff);
    address(0xffffffff);
    cr_assert_eq(space_read(m->ports, 0xcf8, 4), 0x80fffffc);
}

Test(i440fx, without_the_enable_bit_nobody_answers)
{
    address(0);
    cr_assert_eq(space_read(m->ports, 0xcfc, 4), 0xffffffff);
    space_write(m->ports, 0xcfc, 0, 4);
    address(0x80000800);
    cr_assert_eq(space_read(m->ports, 0xcfc, 4), 0xffffffff);
}

static u64 nine(struct device *dev, u64 offset, unsigned size) { return 9; }

Test(i440fx, bytes_at_cf9_go_on_to_the_bus)
{
    static const struct io_ops io = { nine, NULL, 1 };
    struct region r = { .name = "reset", .io = &io, .size = 1 };

    space_map(pci_passed_ports(bus), &r, 0xcf9, NORMAL);
    cr_assert_eq(in8(m, 0xcf9), 9);
    cr_assert_eq(in8(m, 0xcf8), 0xff);
    cr_assert_eq(space_read(m->ports, 0xcf8, 2), 0x09ff);
    address(0x80000004);
    cr_assert_eq(space_read(m->ports, 0xcf8, 4), 0x80000004);
    space_unmap(&r);
}

/* -- RAM -- */

Test(i440fx, ram_goes_round_the_hole_below_1_mb_and_the_one_below_4_gb)
{
    poke(0x9ffff, 1);
    poke(MEGA, 2);
    poke(4 * MEGA - 1, 3);
    poke(4 * MEGA, 4);
    poke(FOUR_GIGA, 5);
    poke(FOUR_GIGA + 2 * MEGA, 6);
    cr_assert_eq(ram->host[0x9ffff], 1);
    cr_assert_eq(ram->host[MEGA], 2);
    cr_assert_eq(ram->host[4 * MEGA - 1], 3);
    cr_assert_eq(ram->host[4 * MEGA], 5);
    cr_assert_eq(peek(4 * MEGA), 0xff);
    cr_assert_eq(peek(FOUR_GIGA + 2 * MEGA), 0xff);
}

Test(i440fx, less_than_1_mb_is_refused)
{
    struct error err;

    cr_assert_not(i440fx_set_ram(host, ram, MEGA - 1, &err));
    cr_assert_not(i440fx_set_ram(host, ram, 7 * MEGA, &err));
}

/* [PAM]: which block a register's nibble is for. */
Test(i440fx, each_block_has_its_nibble)
{
    static const struct { u8 reg; bool high; u32 base, size; } block[] = {
        { 0x59, true,  0xf0000, 0x10000 },
        { 0x5a, false, 0xc0000, 0x4000 }, { 0x5a, true, 0xc4000, 0x4000 },
        { 0x5b, false, 0xc8000, 0x4000 }, { 0x5b, true, 0xcc000, 0x4000 },
        { 0x5c, false, 0xd0000, 0x4000 }, { 0x5c, true, 0xd4000, 0x4000 },
        { 0x5d, false, 0xd8000, 0x4000 }, { 0x5d, true, 0xdc000, 0x4000 },
        { 0x5e, false, 0xe0000, 0x4000 }, { 0x5e, true, 0xe4000, 0x4000 },
        { 0x5f, false, 0xe8000, 0x4000 }, { 0x5f, true, 0xec000, 0x4000 },
    };

    memset(ram->host + 0xc0000, 0x11, 0x40000);
    for (unsigned i = 0; i < COUNT(block); i++) {
        u32 last = block[i].base + block[i].size - 1;

        set(block[i].reg, block[i].high ? 0x30 : 0x03);
        cr_assert_eq(peek(block[i].base), 0x11);
        cr_assert_eq(peek(last), 0x11);
        cr_assert_neq(peek(block[i].base - 1), 0x11);
        if (last != 0xfffff)
            cr_assert_neq(peek(last + 1), 0x11);
        set(block[i].reg, 0);
    }
}

Test(i440fx, a_block_is_in_one_of_four_states)
{
    u8 *shadow = ram->host + 0xf1234;

    *shadow = 0x11;
    cr_assert_eq(peek(0xf1234), 0x55, "0: the ROM");
    poke(0xf1234, 0x22);
    cr_assert_eq(*shadow, 0x11);

    set(PAM, 0x20);
    cr_assert_eq(peek(0xf1234), 0x55, "2: reads from the ROM");
    poke(0xf1234, 0x33);
    cr_assert_eq(*shadow, 0x33, "2: stores to RAM");
    cr_assert_eq(peek(0xf1234), 0x55);

    set(PAM, 0x10);
    cr_assert_eq(peek(0xf1234), 0x33, "1: reads from RAM");
    poke(0xf1234, 0x44);
    cr_assert_eq(*shadow, 0x33, "1: stores are lost");

    set(PAM, 0x30);
    poke(0xf1234, 0x66);
    cr_assert_eq(peek(0xf1234), 0x66, "3: RAM");
    cr_assert_eq(rom->host[0x11234], 0x55);
}

Test(i440fx, a_rom_is_copied_onto_itself)
{
    set(PAM, 0x20);
    for (u32 a = 0xf0000; a < 0x100000; a += 8)
        space_write(m->memory, a, space_read(m->memory, a, 8), 8);
    set(PAM, 0x10);
    cr_assert_arr_eq(ram->host + 0xf0000, rom->host + 0x10000, 0x10000);
}

Test(i440fx, a_write_only_block_over_nothing_reads_ones)
{
    set(0x5a, 0x22);
    space_write(m->memory, 0xc3ffe, 0x44332211, 4);
    cr_assert_eq(load_le32(ram->host + 0xc3ffe), 0x44332211);
    cr_assert_eq(space_read(m->memory, 0xc3ffe, 4), 0xffffffff);
}

/* Stores to RAM behind a ROM are stores: what was decoded there is told. */
static unsigned told;

static void remapped(struct space_watcher *w, u64 first, u64 last) { }

static void written(struct space_watcher *w, u8 *page, u32 first, u32 last)
{
    told += page == ram->host + 0xf1000 && first == 0x234 && last == 0x234;
}

Test(i440fx, stores_behind_a_rom_are_told)
{
    struct space_watcher w = { .remapped = remapped, .code_written = written };

    space_watch(m->memory, &w);
    ram->page_flags[0xf1] = RAM_CODE | RAM_WATCHED;
    set(PAM, 0x20);
    poke(0xf1234, 1);
    cr_assert_eq(told, 1);
    cr_assert_eq(ram->page_flags[0xf1], RAM_CODE | RAM_DIRTY);
    space_unwatch(m->memory, &w);
}

Test(i440fx, reserved_bits_of_pam_read_zero)
{
    set(PAM, 0xff);
    set(0x5a, 0xff);
    cr_assert_eq(get(PAM), 0x70);
    cr_assert_eq(get(0x5a), 0x77);
}

Test(i440fx, the_hole_takes_memory_away)
{
    poke(0x80000, 1);
    set(FDHC, 0x40);
    cr_assert_eq(peek(0x80000), 0xff);
    cr_assert_eq(peek(0x7ffff), 0);
    set(FDHC, 0x00);
    cr_assert_eq(peek(0x80000), 1);
}

/* -- SMRAM -- */

Test(i440fx, smram_lies_behind_the_adapter)
{
    struct space *smm = i440fx_smm_space(host, m->memory, NULL);

    poke(0xa0000, 1);
    cr_assert_eq(ram->host[0xa0000], 0);
    cr_assert_eq(get(SMRAM), 0x02);
    cr_assert_eq(space_read(smm, 0xa0000, 1), 0x77);
    set(SMRAM, G_SMRAME);
    ram->host[0xa0000] = 0x12;
    ram->host[0xbffff] = 0x34;
    cr_assert_eq(space_read(smm, 0xa0000, 1), 0x12);
    cr_assert_eq(space_read(smm, 0xbffff, 1), 0x34);
    cr_assert_eq(peek(0xa0000), 0x77);
    space_write(smm, 0xa0001, 0x56, 1);
    cr_assert_eq(ram->host[0xa0001], 0x56);
    space_destroy(smm);
}

Test(i440fx, open_smram_is_seen_by_all)
{
    set(SMRAM, D_OPEN | G_SMRAME);
    poke(0xa0000, 0x12);
    cr_assert_eq(ram->host[0xa0000], 0x12);
    cr_assert_eq(get(SMRAM), D_OPEN | G_SMRAME | 2);
    set(SMRAM, G_SMRAME);
    cr_assert_eq(peek(0xa0000), 0x77);
    set(SMRAM, D_OPEN);
    cr_assert_eq(peek(0xa0000), 0x77);
}

Test(i440fx, locked_smram_stays_closed_until_a_reset)
{
    set(SMRAM, D_OPEN | D_LCK | G_SMRAME);
    cr_assert_eq(get(SMRAM), D_LCK | G_SMRAME | 2);
    set(SMRAM, D_OPEN);
    cr_assert_eq(get(SMRAM), D_LCK | G_SMRAME | 2);
    cr_assert_eq(peek(0xa0000), 0x77);
    machine_reset(m, RESET_WIRE);
    set(SMRAM, D_OPEN | G_SMRAME);
    cr_assert_eq(get(SMRAM), D_OPEN | G_SMRAME | 2);
}

/* -- resets -- */

Test(i440fx, a_reset_shows_the_rom_again)
{
    set(PAM, 0x30);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(peek(0xf0000), 0x55);
    cr_assert_eq(get(PAM), 0);
}

Test(i440fx, shadow_ram_outlives_a_sleep)
{
    set(PAM, 0x30);
    poke(0xf0000, 1);
    drive(host, I440FX_SUSSTAT, true);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(peek(0xf0000), 1);
    drive(host, I440FX_SUSSTAT, false);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(peek(0xf0000), 0x55);
}

Test(i440fx, register_93_resets_as_it_is_told)
{
    set(TRC, 4);
    cr_assert_eq(cpu->rises[0], 1);
    cr_assert_not(m->reset_asked);
    set(TRC, 2);
    set(TRC, 6);
    cr_assert(m->reset_asked);
    cr_assert_eq(cpu->rises[0], 1);
}

static struct machine *make_shadowed(void)
{
    make();
    set(0x5c, 0x23);
    set(PAM, 0x30);
    set(SMRAM, D_OPEN | G_SMRAME);
    address(0x80000090);
    return m;
}

Test(i440fx, saving_is_not_noticed)
{
    machine_destroy(m);
    saving_is_not_noticed(make_shadowed, 1000, 500);
    start();
}

Test(i440fx, after_a_load_memory_looks_the_same)
{
    struct buffer saved = { 0 };

    machine_destroy(m);
    make_shadowed();
    poke(0xf0000, 1);
    poke(0xa0000, 2);
    snapshot_save(&saved, m, NULL);
    machine_destroy(m);
    make();
    cr_assert(snapshot_load(m, saved.bytes, saved.used, NULL));
    cr_assert_eq(peek(0xf0000), 1);
    cr_assert_eq(peek(0xa0000), 2);
    poke(0xd4000, 3);
    cr_assert_eq(ram->host[0xd4000], 3);
    cr_assert_eq(peek(0xd4000), 0xff);
    buffer_clear(&saved);
}
