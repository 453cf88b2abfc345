#include "peripherals/video/vga.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/config.h"
#include "core/error.h"
#include "core/ram.h"
#include "tests/support/bench.h"
#include "tests/support/vga_bench.h"

#include <criterion/criterion.h>

/* The interface of Bochs, and the card on PCI. */
static struct machine *m;

static void start(void) { m = vga_bench(); }
static void end(void)   { machine_destroy(m); }

TestSuite(vbe, .init = start, .fini = end);

enum { ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET, Y_OFFSET, MEMORY };
enum { LINEAR = 0xe0000000 };

static u16 dispi(u16 index)
{
    space_write(m->ports, 0x1ce, index, 2);
    return (u16)space_read(m->ports, 0x1cf, 2);
}

static void mode(u16 width, u16 height, u16 depth)
{
    vga_mode(m, 0x13);
    vga_dispi(m, XRES, width);
    vga_dispi(m, YRES, height);
    vga_dispi(m, BPP, depth);
    vga_dispi(m, ENABLE, 0x41);
}

static void put(u32 at, u64 value, unsigned size)
{
    space_write(m->memory, LINEAR + at, value, size);
}

Test(vbe, says_who_it_is)
{
    cr_assert_eq(dispi(ID), 0xb0c5);
    for (u16 id = 0xb0c0; id <= 0xb0c5; id++) {
        vga_dispi(m, ID, id);
        cr_assert_eq(dispi(ID), id);
    }
    vga_dispi(m, ID, 0xb0c6);
    cr_assert_eq(dispi(ID), 0xb0c5);
    cr_assert_eq(dispi(MEMORY), 16, "64K each");
    cr_assert_eq(space_read(m->ports, 0x1d0, 2), 16, "also here");
    vga_dispi(m, ENABLE, 2);
    cr_assert_eq(dispi(XRES), 16000);
    cr_assert_eq(dispi(YRES), 12000);
    cr_assert_eq(dispi(BPP), 32);
}

Test(vbe, every_depth_has_its_colours)
{
    mode(640, 400, 8);
    put(640 * 399 + 639, 0x5a, 1);
    cr_assert_eq(vga_pixel(m, 639, 399), vga_dac(0x5a));
    mode(640, 400, 15);
    put(2 * 641, 0x7c01, 2);
    cr_assert_eq(vga_pixel(m, 1, 1), 0xff0008);
    mode(640, 400, 16);
    put(2 * 641, 0x07e1, 2);
    cr_assert_eq(vga_pixel(m, 1, 1), 0x00ff08);
    mode(640, 400, 24);
    put(3 * 641, 0x123456, 3);
    cr_assert_eq(vga_pixel(m, 1, 1), 0x123456);
    mode(640, 400, 32);
    put(4 * 641, 0xff123456, 4);
    cr_assert_eq(vga_pixel(m, 1, 1), 0x123456);
}

Test(vbe, four_bits_a_pixel_are_planes)
{
    vga_mode(m, 0x12);
    vga_dispi(m, XRES, 1024);
    vga_dispi(m, YRES, 768);
    vga_dispi(m, BPP, 4);
    vga_dispi(m, ENABLE, 1);
    vga_index(m, 0x3c4, 2, 5);
    space_write(m->memory, 0xa0000 + 128 * 3 + 2, 0x80, 1);
    cr_assert_eq(vga_pixel(m, 16, 3), vga_dac(5));
    cr_assert_eq(vga_pixel(m, 17, 3), vga_dac(0));
    vga_dispi(m, BANK, 1);
    space_write(m->memory, 0xa0000 + 128, 0x01, 1);
    cr_assert_eq(vga_pixel(m, 7, 513), vga_dac(5));
}

Test(vbe, banks_are_seen_through_the_window)
{
    mode(800, 600, 16);
    vga_dispi(m, BANK, 3);
    space_write(m->memory, 0xa1234, 0xbeef, 2);
    cr_assert_eq(space_read(m->memory, LINEAR + 0x31234, 2), 0xbeef);
    vga_dispi(m, BANK, 0x13);
    cr_assert_eq(dispi(BANK), 3, "there are 16");
    vga_dispi(m, ENABLE, 0);
    cr_assert_eq(dispi(BANK), 0);
}

Test(vbe, turned_on_from_text_mode_it_opens_the_window)
{
    vga_mode(m, 3);
    vga_dispi(m, XRES, 640);
    vga_dispi(m, YRES, 480);
    vga_dispi(m, BPP, 8);
    vga_dispi(m, ENABLE, 1);
    vga_dispi(m, BANK, 2);
    space_write(m->memory, 0xa0010, 0x5a, 1);
    cr_assert_eq(space_read(m->memory, LINEAR + 0x20010, 1), 0x5a);
}

Test(vbe, a_screen_is_part_of_a_larger_one)
{
    mode(320, 200, 8);
    vga_dispi(m, VIRT_WIDTH, 1024);
    cr_assert_eq(dispi(VIRT_HEIGHT), 1024);
    put(1024 * 700 + 500, 0x77, 1);
    vga_dispi(m, X_OFFSET, 400);
    vga_dispi(m, Y_OFFSET, 690);
    cr_assert_eq(vga_pixel(m, 100, 10), vga_dac(0x77));
    vga_dispi(m, Y_OFFSET, 1000);
    cr_assert_eq(dispi(Y_OFFSET), 0, "beyond the memory");
}

Test(vbe, a_mode_is_cut_to_the_memory)
{
    static const u16 depths[] = { 0, 4, 8, 15, 16, 24, 32, 77, 0xffff };
    static const u16 sizes[] = { 0, 1, 7, 9, 640, 1366, 4096, 16000, 65535 };

    for (unsigned d = 0; d < COUNT(depths); d++)
        for (unsigned w = 0; w < COUNT(sizes); w++)
            for (unsigned h = 0; h < COUNT(sizes); h += 2) {
                const struct surface *s;

                mode(sizes[w], sizes[h], depths[d]);
                vga_dispi(m, VIRT_WIDTH, sizes[h]);
                vga_dispi(m, X_OFFSET, sizes[w]);
                vga_dispi(m, Y_OFFSET, sizes[h]);
                s = vga_picture(m);
                cr_assert_eq(s->width % 8, 0);
                cr_assert_eq(s->width, dispi(XRES));
                cr_assert_eq(s->height, dispi(YRES));
                vga_dispi(m, ENABLE, 0);
            }
}

Test(vbe, enabling_clears_unless_told_not_to)
{
    mode(640, 480, 16);
    put(1000, 0x55, 1);
    vga_dispi(m, ENABLE, 0x41);
    cr_assert_eq(space_read(m->memory, LINEAR + 1000, 1), 0x55, "it was on");
    vga_dispi(m, ENABLE, 0);
    vga_dispi(m, ENABLE, 0xc1);
    cr_assert_eq(space_read(m->memory, LINEAR + 1000, 1), 0x55);
    vga_dispi(m, ENABLE, 0);
    vga_dispi(m, ENABLE, 0x41);
    cr_assert_eq(space_read(m->memory, LINEAR + 1000, 1), 0);
}

Test(vbe, the_dac_may_have_eight_bits)
{
    mode(640, 480, 8);
    vga_dispi(m, ENABLE, 0x61);
    out8(m, 0x3c8, 0);
    out8(m, 0x3c9, 0x81);
    out8(m, 0x3c9, 0x42);
    out8(m, 0x3c9, 0xff);
    cr_assert_eq(vga_pixel(m, 0, 0), 0x8142ff);
    out8(m, 0x3c7, 0);
    cr_assert_eq(in8(m, 0x3c9), 0x81);
}

Test(vbe, stores_through_either_way_are_seen_by_line)
{
    static u32 pixels[640 * 480];
    struct display *d = vga_display(m);
    struct surface s = { pixels, 640, 480, 0, 0 };

    mode(640, 480, 8);
    d->draw(d, &s, false);
    cr_assert_eq(s.last, 479);
    d->draw(d, &s, false);
    cr_assert_gt(s.first, s.last);
    put(4096 * 8, 0x31, 1);                     /* line 51, dot 128 */
    d->draw(d, &s, false);
    cr_assert_eq(s.first, 51);
    cr_assert_eq(s.last, 57, "4096 bytes are less than seven lines");
    cr_assert_eq(pixels[51 * 640 + 128], vga_dac(0x31));
    vga_dispi(m, BANK, 1);
    space_write(m->memory, 0xa0000, 0x32, 1);
    d->draw(d, &s, false);
    cr_assert_eq(s.first, 102);
    cr_assert_eq(pixels[102 * 640 + 256], vga_dac(0x32));
}

/* A processor's: keeps the page until it is told not to. */
static unsigned told;

static void on_remap(struct space_watcher *w, u64 first, u64 last) { told++; }

Test(vbe, a_processor_is_told_only_after_stores)
{
    static u32 pixels[640 * 480];
    struct space_watcher w = { .remapped = on_remap };
    struct display *d = vga_display(m);
    struct surface s = { pixels, 640, 480, 0, 0 };

    mode(640, 480, 8);
    d->draw(d, &s, false);
    space_watch(m->memory, &w);
    for (unsigned i = 0; i < 10; i++)
        d->draw(d, &s, false);
    cr_assert_eq(told, 0);
    put(0, 1, 1);
    d->draw(d, &s, false);
    cr_assert_leq(told, 2);
    space_unwatch(m->memory, &w);
}

/* -- PCI -- */

static void start_pci(void)
{
    static const u8 rom[] = { 0x55, 0xaa, 0x4d };

    m = machine_create(NULL);
    machine_add(m, &pci_bus_type, "pci", NULL);
    cr_assert(machine_add(m, &vga_type, "vga", NULL));
    cr_assert(vga_set_rom(machine_find(m, "vga"), rom, sizeof rom, NULL));
    machine_reset(m, RESET_POWER);
}

TestSuite(vga_pci, .init = start_pci, .fini = end);

static u32 config_of(u8 at, unsigned size)
{
    return pci_config_read(machine_find(m, "pci"), 0x80000800 | at, size);
}

static void set_config(u8 at, u32 value, unsigned size)
{
    pci_config_write(machine_find(m, "pci"), 0x80000800 | at, value, size);
}

static void place(void)
{
    set_config(0x10, 0xfd000000, 4);
    set_config(0x18, 0xfebf0000, 4);
    set_config(0x04, 3, 2);
}

Test(vga_pci, is_the_card_that_firmware_knows)
{
    cr_assert_eq(config_of(0, 4), 0x11111234);
    cr_assert_eq(config_of(8, 4), 0x03000002);
    set_config(0x10, 0xffffffff, 4);
    set_config(0x18, 0xffffffff, 4);
    cr_assert_eq(config_of(0x10, 4), 0xff000008);
    cr_assert_eq(config_of(0x18, 4), 0xfffff000);
    cr_assert_eq(config_of(0x2c, 4), 0x11001af4);
    cr_assert_eq(config_of(0x3d, 1), 0);
}

Test(vga_pci, answers_at_its_old_addresses_while_it_is_enabled)
{
    u64 offset;

    cr_assert_null(space_find(m->ports, 0x3c4, &offset));
    place();
    vga_mode(m, 0x12);
    cr_assert(space_find(m->memory, 0xa0000, &offset));
    cr_assert_null(space_find(m->ports, 0x3bc, &offset), "a printer's");
    set_config(4, 1, 2);
    cr_assert_null(space_find(m->memory, 0xa0000, &offset));
    cr_assert(space_find(m->ports, 0x3c4, &offset));
}

Test(vga_pci, has_its_bios_at_the_rom_bar)
{
    place();
    set_config(0x30, 0xfebe0001, 4);
    cr_assert_eq(space_read(m->memory, 0xfebe0000, 4), 0x004daa55);
    space_write(m->memory, 0xfebe0000, 0, 4);
    cr_assert_eq(space_read(m->memory, 0xfebe0000, 4), 0x004daa55);
}

Test(vga_pci, has_registers_at_bar_2)
{
    enum { MMIO = 0xfebf0000 };

    place();
    space_write(m->memory, MMIO + 0x400, 0x20, 1);
    space_write(m->memory, MMIO + 0x404, 0x0f02, 2);
    cr_assert_eq(in8(m, 0x3c0), 0x20);
    cr_assert_eq(in8(m, 0x3c5), 0x0f);
    cr_assert_eq(space_read(m->memory, MMIO + 0x405, 1), 0x0f);
    space_write(m->memory, MMIO + 0x502, 1024, 2);
    space_write(m->memory, MMIO + 0x504, 768, 2);
    space_write(m->memory, MMIO + 0x506, 32, 2);
    space_write(m->memory, MMIO + 0x508, 0x41, 2);
    cr_assert_eq(dispi(XRES), 1024);
    cr_assert_eq(space_read(m->memory, MMIO + 0x500, 2), 0xb0c5);
    cr_assert_eq(space_read(m->memory, MMIO + 0x50c, 2), 1024);
    cr_assert_eq(space_read(m->memory, MMIO + 0x514, 2), 256);
    cr_assert_eq(space_read(m->memory, MMIO + 0x600, 4), 8);
    cr_assert_eq(space_read(m->memory, MMIO + 0x604, 4), 0x1e1e1e1e);
    space_write(m->memory, 0xfd000000 + 4 * 1024, 0x00abcdef, 4);
    cr_assert_eq(vga_pixel(m, 0, 1), 0xabcdef);
}

Test(vga_pci, the_monitor_says_what_it_prefers)
{
    u8 edid[128], sum = 0;

    place();
    for (u32 i = 0; i < 128; i++)
        sum += edid[i] = (u8)space_read(m->memory, 0xfebf0000 + i, 1);
    cr_assert_eq(sum, 0);
    cr_assert_eq(load_le64(edid), 0x00ffffffffffff00);
    cr_assert_eq(load_le16(edid + 54), 6500, "65 MHz");
    cr_assert_eq(edid[56] | (edid[58] & 0xf0) << 4, 1024);
    cr_assert_eq(edid[59] | (edid[61] & 0xf0) << 4, 768);
    cr_assert_eq(edid[126], 0);
}

Test(vga_pci, odd_amounts_of_memory_are_refused)
{
    static const char *const sizes[] = { "3M", "0", "512M", "128K" };
    struct config *c = config_create();
    struct error err = { "" };

    m->config = c;
    for (unsigned i = 0; i < COUNT(sizes); i++) {
        config_set(c, "vga1.vram", sizes[i], NULL);
        cr_assert_null(machine_add(m, &isavga_type, "vga1", &err));
        cr_assert(*err.text);
    }
    config_destroy(c);
    m->config = NULL;
}
