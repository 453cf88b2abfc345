#include "core/device.h"
#include "core/ram.h"
#include "core/space.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct space *s;
static struct ram *ram;
static struct device nobody = { .name = "probe" };

/* What registers were asked, as text: "r0.4 w8.1=ff ". */
static char asked[1024];

static u64 probe_read(struct device *dev, u64 offset, unsigned size)
{
    cr_assert_eq(dev, &nobody);
    sprintf(asked + strlen(asked), "r%lx.%u ", offset, size);
    return UINT64_C(0xf7f6f5f4f3f2f1f0) + offset * 0x0101010101010101;
}

static void probe_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    (void)dev;
    sprintf(asked + strlen(asked), "w%lx.%u=%lx ", offset, size, value);
}

static const struct io_ops bytes = { probe_read, probe_write, 0 };
static const struct io_ops dwords = { probe_read, probe_write, 4 };
static const struct io_ops deaf = { 0 };

static struct region registers(const char *name, u64 size, const struct io_ops *io)
{
    return (struct region){ .name = name, .owner = &nobody, .io = io, .size = size };
}

static struct region memory(const char *name, u64 offset, u64 size, bool writable)
{
    return (struct region){ .name = name, .ram = ram, .ram_offset = offset, .size = size,
                            .writable = writable };
}

/* What the watcher heard. */
static struct { unsigned remaps, codes; u64 first, last; u8 *page; u32 from, to; } heard;

static void on_remap(struct space_watcher *w, u64 first, u64 last)
{
    (void)w;
    heard.remaps++;
    heard.first = first;
    heard.last = last;
}

static void on_code(struct space_watcher *w, u8 *page, u32 first, u32 last)
{
    (void)w;
    heard.codes++;
    heard.page = page;
    heard.from = first;
    heard.to = last;
}

static struct space_watcher watcher = { .remapped = on_remap, .code_written = on_code };

static void start(void)
{
    s = space_create("memory");
    ram = ram_alloc("main", 16 * PAGE_SIZE, NULL);
    space_watch(s, &watcher);
}

static void end(void)
{
    space_destroy(s);
    ram_free(ram);
}

TestSuite(space, .init = start, .fini = end);

Test(space, where_nobody_answers_ones_are_read_and_stores_vanish)
{
    u64 offset;

    cr_assert_eq(space_read(s, 0x1234, 1), 0xff);
    cr_assert_eq(space_read(s, 0x1234, 2), 0xffff);
    cr_assert_eq(space_read(s, 0x1234, 8), UINT64_MAX);
    space_write(s, 0x1234, 5, 4);
    cr_assert_null(space_find(s, 0, &offset));
}

Test(space, ram_is_little_endian_at_any_alignment_and_size)
{
    struct region r = memory("ram", 0, ram->size, true);

    space_map(s, &r, 0x10000, UNDER);
    for (unsigned size = 1; size <= 8; size++) {
        for (unsigned at = 0; at < 9; at++) {
            u64 value = UINT64_C(0x8877665544332211) >> (64 - 8 * size);

            space_write(s, 0x10000 + at, value, size);
            cr_assert_eq(space_read(s, 0x10000 + at, size), value);
            cr_assert_eq(ram->host[at], value & 0xff);
        }
    }
}

Test(space, the_higher_priority_is_on_top_whatever_the_order)
{
    struct region low = memory("ram", 0, 0x8000, true), high = registers("io", 0x1000, &bytes);
    u64 offset;

    space_map(s, &high, 0x2000, NORMAL);
    space_map(s, &low, 0, UNDER);
    cr_assert_eq(space_find(s, 0x1fff, &offset), &low);
    cr_assert_eq(space_find(s, 0x2000, &offset), &high);
    cr_assert_eq(offset, 0);
    cr_assert_eq(space_find(s, 0x2fff, &offset), &high);
    cr_assert_eq(offset, 0xfff);
    cr_assert_eq(space_find(s, 0x3000, &offset), &low);
    cr_assert_eq(offset, 0x3000);
    cr_assert_null(space_find(s, 0x8000, &offset));
    space_unmap(&high);
    cr_assert_eq(space_find(s, 0x2000, &offset), &low);
    space_unmap(&high);
    cr_assert_eq(space_find(s, 0x2000, &offset), &low);
}

Test(space, at_one_priority_the_view_does_not_depend_on_the_order)
{
    struct region a = registers("a", 0x30, &bytes), b = registers("b", 0x30, &bytes);
    u64 offset;

    for (unsigned turn = 0; turn < 2; turn++) {
        space_map(s, turn ? &a : &b, turn ? 0x100 : 0x110, NORMAL);
        space_map(s, turn ? &b : &a, turn ? 0x110 : 0x100, NORMAL);
        cr_assert_eq(space_find(s, 0x110, &offset), &a);
        cr_assert_eq(space_find(s, 0x130, &offset), &b);
        space_unmap(&a);
        space_unmap(&b);
    }
}

/* Every byte of many overlapping sheets against the slow and sure way. */
Test(space, the_flat_view_is_what_lies_on_top)
{
    struct region sheet[40];
    u32 chance = 1;

    for (unsigned round = 0; round < 200; round++) {
        unsigned i = (chance >> 8) % COUNT(sheet);

        if (round < COUNT(sheet))
            sheet[i = round] = registers("sheet", 1 + (chance >> 16) % 60, &bytes);
        chance = chance * 1664525 + 1013904223;
        if (chance >> 30 == 0 && round >= COUNT(sheet))
            space_unmap(&sheet[i]);
        else
            space_map(s, &sheet[i], (chance >> 8) % 200, (u8)((chance >> 24) % 3));
        for (u64 at = 0; at < 300; at++) {
            struct region *best = NULL;
            u64 offset = 0;

            for (unsigned j = 0; j < COUNT(sheet) && j <= round; j++) {
                struct region *r = &sheet[j];

                if (!r->space || at < r->base || at - r->base >= r->size)
                    continue;
                if (!best || r->priority > best->priority
                    || (r->priority == best->priority
                        && (r->base < best->base
                            || (r->base == best->base && r->size < best->size))))
                    best = r;
            }
            struct region *found = space_find(s, at, &offset);

            cr_assert(!best == !found);
            cr_assert(!best || (found->base == best->base && found->size == best->size
                                && found->priority == best->priority));
        }
    }
}

Test(space, wide_accesses_to_narrow_registers_arrive_split)
{
    struct region r = registers("io", 16, &bytes), w = registers("wide", 16, &dwords);

    space_map(s, &r, 0x70, NORMAL);
    space_map(s, &w, 0x80, NORMAL);
    cr_assert_eq(space_read(s, 0x70, 2), 0xf1f0);
    space_write(s, 0x72, 0x11223344, 4);
    cr_assert_str_eq(asked, "r0.1 r1.1 w2.1=44 w3.1=33 w4.1=22 w5.1=11 ");
    *asked = 0;
    cr_assert_eq(space_read(s, 0x80, 8), UINT64_C(0xf7f6f5f4f3f2f1f0));
    space_write(s, 0x84, 0x123456789abcdef0, 8);
    cr_assert_str_eq(asked, "r0.4 r4.4 w4.4=9abcdef0 w8.4=12345678 ");
}

Test(space, values_are_cut_to_the_size_of_the_access)
{
    struct region w = registers("wide", 16, &dwords);

    space_map(s, &w, 0, NORMAL);
    cr_assert_eq(space_read(s, 0, 1), 0xf0);
    cr_assert_eq(space_read(s, 0, 2), 0xf1f0);
    space_write(s, 0, 0x12345678, 2);
    cr_assert_str_eq(asked, "r0.1 r0.2 w0.2=5678 ");
}

Test(space, accesses_cross_regions_byte_by_byte)
{
    struct region a = memory("ram", 0, 0x1000, true), b = registers("io", 2, &dwords);

    space_map(s, &a, 0, UNDER);
    space_map(s, &b, 0x1000, NORMAL);
    ram->host[0xfff] = 0xaa;
    cr_assert_eq(space_read(s, 0xfff, 4), 0xfff1f0aa);
    space_write(s, 0xfff, 0x44332211, 4);
    cr_assert_eq(ram->host[0xfff], 0x11);
    cr_assert_str_eq(asked, "r0.1 r1.1 w0.1=22 w1.1=33 ");
}

Test(space, the_last_byte_of_all_is_reached)
{
    struct region r = memory("ram", 0, 0x1000, true);

    space_map(s, &r, UINT64_MAX - 0xfff, UNDER);
    space_write(s, UINT64_MAX, 0x5a, 1);
    cr_assert_eq(space_read(s, UINT64_MAX, 1), 0x5a);
    cr_assert_eq(space_read(s, UINT64_MAX - 7, 8) >> 56, 0x5a);
    cr_assert_eq(space_read(s, UINT64_MAX, 2), 0xff5a);
}

Test(space, rom_ignores_stores_or_gives_them_to_its_registers)
{
    struct region rom = memory("rom", 0, 0x1000, false), flash = memory("flash", 0, 0x1000, false);

    ram->host[0] = 0x55;
    flash.io = &bytes;
    flash.owner = &nobody;
    space_map(s, &rom, 0, NORMAL);
    space_map(s, &flash, 0x1000, NORMAL);
    space_write(s, 0, 0xaa, 1);
    space_write(s, 0x1000, 0xaa, 1);
    cr_assert_eq(space_read(s, 0, 1), 0x55);
    cr_assert_eq(space_read(s, 0x1000, 1), 0x55);
    cr_assert_str_eq(asked, "w0.1=aa ");
}

Test(space, registers_without_functions_are_as_nobody)
{
    struct region r = registers("deaf", 4, &deaf);

    space_map(s, &r, 0, NORMAL);
    cr_assert_eq(space_read(s, 0, 4), 0xffffffff);
    space_write(s, 0, 1, 4);
}

Test(space, pages_are_given_only_whole)
{
    struct region low = memory("ram", PAGE_SIZE, 4 * PAGE_SIZE, true);
    struct region rom = memory("rom", 0, PAGE_SIZE, false);
    struct region hole = registers("io", 0x10, &bytes), odd = memory("odd", 16, PAGE_SIZE, true);
    u8 *flags = NULL;

    space_map(s, &low, 0, UNDER);
    space_map(s, &rom, 2 * PAGE_SIZE, NORMAL);
    space_map(s, &hole, PAGE_SIZE + 0x10, NORMAL);
    space_map(s, &odd, 8 * PAGE_SIZE, NORMAL);
    cr_assert_eq(space_page(s, 5, true, &flags), ram->host + PAGE_SIZE);
    cr_assert_eq(flags, &ram->page_flags[1]);
    cr_assert_null(space_page(s, PAGE_SIZE, false, &flags));
    cr_assert_null(space_page(s, 2 * PAGE_SIZE - 1, false, &flags));
    cr_assert_eq(space_page(s, 2 * PAGE_SIZE + 7, false, &flags), ram->host);
    cr_assert_null(space_page(s, 2 * PAGE_SIZE + 7, true, &flags));
    cr_assert_eq(space_page(s, 3 * PAGE_SIZE, true, &flags), ram->host + 4 * PAGE_SIZE);
    cr_assert_null(space_page(s, 4 * PAGE_SIZE, false, &flags));
    cr_assert_null(space_page(s, 8 * PAGE_SIZE, false, &flags));
}

Test(space, watchers_hear_of_every_mapping)
{
    struct region r = memory("ram", 0, 0x1000, true);

    space_map(s, &r, 0x4000, UNDER);
    cr_assert_eq(heard.remaps, 1);
    cr_assert_eq(heard.first, 0x4000);
    cr_assert_eq(heard.last, 0x4fff);
    space_map(s, &r, 0x4000, UNDER);
    cr_assert_eq(heard.remaps, 1);
    space_map(s, &r, 0x6000, UNDER);
    cr_assert_eq(heard.remaps, 3);
    space_unmap(&r);
    cr_assert_eq(heard.remaps, 4);
    space_unwatch(s, &watcher);
    space_unwatch(s, &watcher);
    space_map(s, &r, 0, UNDER);
    cr_assert_eq(heard.remaps, 4);
}

Test(space, stores_to_code_are_told_with_their_bounds)
{
    struct region r = memory("ram", 0, ram->size, true);
    u8 block[2 * PAGE_SIZE] = { 0 };

    space_map(s, &r, 0, UNDER);
    ram->page_flags[1] = RAM_CODE;
    space_write(s, 0, 1, 4);
    cr_assert_eq(heard.codes, 0);
    space_write(s, PAGE_SIZE + 8, 1, 4);
    cr_assert_eq(heard.codes, 1);
    cr_assert_eq(heard.page, ram->host + PAGE_SIZE);
    cr_assert_eq(heard.from, 8);
    cr_assert_eq(heard.to, 11);
    space_write(s, PAGE_SIZE - 2, 0x12345678, 4);
    cr_assert_eq(heard.codes, 2);
    cr_assert_eq(heard.from, 0);
    cr_assert_eq(heard.to, 1);
    cr_assert(space_dma_write(s, PAGE_SIZE / 2, block, sizeof block));
    cr_assert_eq(heard.codes, 3);
    cr_assert_eq(heard.from, 0);
    cr_assert_eq(heard.to, PAGE_SIZE - 1);
}

Test(space, a_watched_page_becomes_dirty)
{
    struct region r = memory("ram", 0, ram->size, true);

    space_map(s, &r, 0, UNDER);
    heard.remaps = 0;
    space_rewatch(&r);
    cr_assert_eq(heard.remaps, 1);
    space_write(s, 2 * PAGE_SIZE - 1, 0, 2);
    cr_assert_eq(ram->page_flags[0], RAM_WATCHED);
    cr_assert_eq(ram->page_flags[1], RAM_DIRTY);
    cr_assert_eq(ram->page_flags[2], RAM_DIRTY);
}

Test(space, dma_touches_ram_only_and_says_so)
{
    struct region a = memory("ram", 0, 0x1000, true), b = registers("io", 0x10, &bytes);
    struct region rom = memory("rom", 0x1000, 0x1000, false);
    u8 buffer[0x2020];

    space_map(s, &a, 0, UNDER);
    space_map(s, &b, 0x1000, NORMAL);
    space_map(s, &rom, 0x1010, NORMAL);
    memset(ram->host, 0x11, 0x1000);
    memset(ram->host + 0x1000, 0x22, 0x1000);
    cr_assert_not(space_dma_read(s, 0, buffer, sizeof buffer));
    cr_assert_eq(buffer[0xfff], 0x11);
    cr_assert_eq(buffer[0x1000], 0xff);
    cr_assert_eq(buffer[0x1010], 0x22);
    cr_assert_eq(buffer[0x200f], 0x22);
    cr_assert_eq(buffer[0x2010], 0xff);
    memset(buffer, 0x33, sizeof buffer);
    cr_assert_not(space_dma_write(s, 0, buffer, sizeof buffer));
    cr_assert_eq(ram->host[0xfff], 0x33);
    cr_assert_eq(ram->host[0x1000], 0x22);
    cr_assert_str_empty(asked);
    cr_assert(space_dma_write(s, 0x10, buffer, 0x100));
    cr_assert(space_dma_write(s, UINT64_MAX, buffer, 0));
}

Test(space, bytes_reach_registers_one_at_a_time)
{
    struct region a = memory("ram", 0, 0x1000, true), b = registers("io", 2, &dwords);
    u8 buffer[6] = { 1, 2, 3, 4, 5, 6 };

    space_map(s, &a, 0, UNDER);
    space_map(s, &b, 0x1000, NORMAL);
    space_write_bytes(s, 0xffe, buffer, sizeof buffer);
    space_read_bytes(s, 0xffe, buffer, sizeof buffer);
    cr_assert_str_eq(asked, "w0.1=3 w1.1=4 r0.1 r1.1 ");
    cr_assert_arr_eq(buffer, ((u8[]){ 1, 2, 0xf0, 0xf1, 0xff, 0xff }), 6);
}

static struct region vanishing;

static u64 vanish(struct device *dev, u64 offset, unsigned size)
{
    (void)dev, (void)offset, (void)size;
    space_unmap(&vanishing);
    return 0x77;
}

Test(space, a_register_may_unmap_itself)
{
    static const struct io_ops io = { .read = vanish };
    u8 buffer[4];

    vanishing = registers("vanishing", 4, &io);
    space_map(s, &vanishing, 0, OVER);
    space_read_bytes(s, 0, buffer, 4);
    cr_assert_arr_eq(buffer, ((u8[]){ 0x77, 0xff, 0xff, 0xff }), 4);
}

Test(space, two_spaces_may_show_one_ram)
{
    struct region a = memory("ram", 0, ram->size, true), b = a;
    struct space *smm = space_create("smm");

    space_map(s, &a, 0, UNDER);
    space_map(smm, &b, 0xa0000, UNDER);
    space_write(smm, 0xa0004, 0x1234, 2);
    cr_assert_eq(space_read(s, 4, 2), 0x1234);
    cr_assert_str_eq(space_name(smm), "smm");
    space_destroy(smm);
}
