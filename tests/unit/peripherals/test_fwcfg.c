#include "peripherals/chipset/fwcfg.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/ram.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <string.h>

enum { SELECTOR = 0x510, DATA = 0x511, DMA_HIGH = 0x514, DMA_LOW = 0x518, RAM = 0x10000 };
enum { BLOCK = 0x100, BUFFER = 0x1000 };
enum { ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16 };

static struct machine *m;
static struct device *fwcfg;
static struct ram *ram;
static struct region low;

static void build(void)
{
    m = machine_create(NULL);
    fwcfg = machine_add(m, &fwcfg_type, "fwcfg", NULL);
    cr_assert(fwcfg_add_file(fwcfg, "etc/two", "22", 2, NULL));
    cr_assert(fwcfg_add_number(fwcfg, 5, 4, 2, NULL));
    cr_assert(fwcfg_add_file(fwcfg, "bootorder", "a\nb", 4, NULL));
    cr_assert(fwcfg_add_file(fwcfg, "etc/one", "one", 3, NULL));
    machine_reset(m, RESET_POWER);
}

static void start(void)
{
    build();
    ram = machine_add_ram(m, "main", RAM, NULL);
    low = (struct region){ .name = "low", .ram = ram, .size = RAM, .writable = true };
    space_map(m->memory, &low, 0, UNDER);
}

static void end(void) { machine_destroy(m); }

TestSuite(fwcfg, .init = start, .fini = end);

static void choose(u16 key) { space_write(m->ports, SELECTOR, key, 2); }

static void read_bytes(u8 *to, unsigned count)
{
    while (count--)
        *to++ = in8(m, DATA);
}

static u32 be32(const u8 *p) { return __builtin_bswap32(load_le32(p)); }

Test(fwcfg, the_signature_is_item_0)
{
    u8 bytes[6];

    choose(0);
    read_bytes(bytes, 6);
    cr_assert_arr_eq(bytes, "QEMU\0\0", 6);
}

Test(fwcfg, the_version_tells_of_dma)
{
    u8 bytes[4];

    choose(1);
    read_bytes(bytes, 4);
    cr_assert_eq(load_le32(bytes), 3);
}

Test(fwcfg, selecting_begins_anew)
{
    choose(0);
    cr_assert_eq(in8(m, DATA), 'Q');
    cr_assert_eq(in8(m, DATA), 'E');
    choose(0);
    cr_assert_eq(in8(m, DATA), 'Q');
    choose(5);
    cr_assert_eq(in8(m, DATA), 4);
}

Test(fwcfg, what_is_not_there_reads_as_zeros)
{
    choose(0x3333);
    cr_assert_eq(in8(m, DATA), 0);
    choose(0xffff);
    cr_assert_eq(in8(m, DATA), 0);
}

Test(fwcfg, the_directory_lists_files_by_name)
{
    static const struct { const char *name; u32 size; u16 key; } file[] = {
        { "bootorder", 4, 0x20 }, { "etc/one", 3, 0x21 }, { "etc/two", 2, 0x22 },
    };
    u8 head[4], entry[64];

    choose(0x19);
    read_bytes(head, 4);
    cr_assert_eq(be32(head), COUNT(file));
    for (unsigned i = 0; i < COUNT(file); i++) {
        read_bytes(entry, 64);
        cr_assert_eq(be32(entry), file[i].size);
        cr_assert_eq(be32(entry + 4), (u32)file[i].key << 16);
        cr_assert_str_eq((const char *)entry + 8, file[i].name);
    }
    cr_assert_eq(in8(m, DATA), 0);
}

Test(fwcfg, files_are_read_by_their_keys)
{
    u8 bytes[5];

    choose(0x21);
    read_bytes(bytes, 5);
    cr_assert_arr_eq(bytes, "one\0\0", 5);
}

Test(fwcfg, names_and_keys_are_unique_and_short)
{
    char name[57];
    struct error err;

    memset(name, 'x', 56);
    name[56] = 0;
    cr_assert_not(fwcfg_add(fwcfg, 5, "", 0, &err));
    cr_assert_not(fwcfg_add(fwcfg, 0x19, "", 0, &err));
    cr_assert_not(fwcfg_add_file(fwcfg, "etc/one", "", 0, &err));
    cr_assert_not(fwcfg_add_file(fwcfg, name, "", 0, &err));
    cr_assert_not(fwcfg_add_file(fwcfg, "", "", 0, &err));
    name[55] = 0;
    cr_assert(fwcfg_add_file(fwcfg, name, "", 0, &err));
}

Test(fwcfg, what_is_lent_is_not_copied)
{
    static u8 lent[] = "kernel";
    u8 bytes[7];

    cr_assert(fwcfg_lend(fwcfg, 0x11, lent, sizeof lent, NULL));
    cr_assert_not(fwcfg_lend(fwcfg, 0x11, lent, sizeof lent, NULL));
    lent[0] = 'K';
    choose(0x11);
    read_bytes(bytes, 7);
    cr_assert_arr_eq(bytes, lent, 7);
}

Test(fwcfg, there_is_room_for_so_many)
{
    unsigned n = 0;

    while (fwcfg_add_number(fwcfg, (u16)(0x8000 + n), n, 4, NULL))
        n++;
    cr_assert_eq(n, FWCFG_ITEMS - 6);
}

/* -- DMA -- */

Test(fwcfg, the_dma_address_reads_as_a_signature)
{
    cr_assert_eq(space_read(m->ports, DMA_HIGH, 4), 0x554d4551);
    cr_assert_eq(space_read(m->ports, DMA_LOW, 4), 0x47464320);
    cr_assert_eq(in8(m, DMA_LOW + 3), 'G');
}

static u32 dma(u32 control, u32 count, u64 address)
{
    u8 *block = ram->host + BLOCK;

    store_le32(block, __builtin_bswap32(control));
    store_le32(block + 4, __builtin_bswap32(count));
    store_le64(block + 8, __builtin_bswap64(address));
    space_write(m->ports, DMA_HIGH, 0, 4);
    space_write(m->ports, DMA_LOW, __builtin_bswap32(BLOCK), 4);
    return be32(block);
}

Test(fwcfg, dma_selects_and_reads)
{
    cr_assert_eq(dma(SELECT | READ | 0x21 << 16, 3, BUFFER), 0);
    cr_assert_arr_eq(ram->host + BUFFER, "one\0", 4);
}

Test(fwcfg, dma_goes_on_where_it_was_and_skips)
{
    dma(SELECT | 0u << 16, 0, 0);
    dma(SKIP, 2, 0);
    cr_assert_eq(dma(READ, 1, BUFFER), 0);
    cr_assert_eq(ram->host[BUFFER], 'M');
    cr_assert_eq(in8(m, DATA), 'U');
    dma(SKIP, 0xffffffff, 0);
    cr_assert_eq(in8(m, DATA), 0);
}

Test(fwcfg, dma_fills_up_with_zeros)
{
    memset(ram->host + BUFFER, 0xaa, 0x3000);
    cr_assert_eq(dma(SELECT | READ | 0x22 << 16, 0x2345, BUFFER), 0);
    cr_assert_eq(ram->host[BUFFER + 1], '2');
    cr_assert_eq(ram->host[BUFFER + 2], 0);
    cr_assert_eq(ram->host[BUFFER + 0x2344], 0);
    cr_assert_eq(ram->host[BUFFER + 0x2345], 0xaa);
}

Test(fwcfg, dma_into_nothing_is_an_error)
{
    cr_assert_eq(dma(SELECT | READ, 4, 0x80000000), ERROR);
    cr_assert_eq(dma(SELECT | READ, 0xffffffff, RAM - 2), ERROR);
    cr_assert_eq(dma(SELECT | READ, 0xffffffff, UINT64_MAX - 1), ERROR);
}

Test(fwcfg, nothing_may_be_written)
{
    cr_assert_eq(dma(SELECT | WRITE | 0x21 << 16, 3, BUFFER), ERROR);
    out8(m, DATA, 'x');
    choose(0x21);
    cr_assert_eq(in8(m, DATA), 'o');
}

Test(fwcfg, a_block_outside_ram_does_no_harm)
{
    space_write(m->ports, DMA_HIGH, 0xffffffff, 4);
    space_write(m->ports, DMA_LOW, 0xfcffffff, 4);
    space_write(m->ports, DMA_LOW, 1, 2);
    space_write(m->ports, DMA_LOW, __builtin_bswap32(RAM - 8), 4);
    choose(0);
    cr_assert_eq(in8(m, DATA), 'Q');
}

static struct machine *make_selected(void)
{
    build();
    choose(0x21);
    in8(m, DATA);
    space_write(m->ports, DMA_HIGH, 7, 4);
    return m;
}

Test(fwcfg, saving_in_the_middle_of_an_item_is_not_noticed)
{
    machine_destroy(m);
    saving_is_not_noticed(make_selected, 1000, 500);
    start();
}
