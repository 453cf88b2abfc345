#include "peripherals/video/vga.h"

#include "core/bits.h"
#include "core/ram.h"
#include "core/snapshot.h"
#include "tests/support/bench.h"
#include "tests/support/vga_bench.h"

#include <criterion/criterion.h>

/* Registers, memory and time of the VGA. */
static struct machine *m;

static void start(void) { m = vga_bench(); }
static void end(void)   { machine_destroy(m); }

TestSuite(vga, .init = start, .fini = end);

static void put(u32 address, u8 value) { space_write(m->memory, address, value, 1); }
static u8   get(u32 address)           { return (u8)space_read(m->memory, address, 1); }

static u8 get_index(u16 port, u8 index)
{
    out8(m, port, index);
    return in8(m, port + 1);
}

/* -- registers -- */

Test(vga, registers_keep_the_bits_they_have)
{
    static const u8 sequencer[] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
    static const u8 graphics[] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };

    for (u8 i = 0; i < COUNT(sequencer); i++) {
        vga_index(m, 0x3c4, i, 0xff);
        cr_assert_eq(get_index(0x3c4, i), sequencer[i]);
    }
    for (u8 i = 0; i < COUNT(graphics); i++) {
        vga_index(m, 0x3ce, i, 0xff);
        cr_assert_eq(get_index(0x3ce, i), graphics[i]);
    }
    out8(m, 0x3c2, 0xff);
    cr_assert_eq(in8(m, 0x3cc), 0xef);
    out8(m, 0x3da, 0x02);
    cr_assert_eq(in8(m, 0x3ca), 0x02);
}

Test(vga, the_crtc_is_at_the_address_that_the_misc_register_says)
{
    out8(m, 0x3c2, 0x67);
    vga_index(m, 0x3d4, 15, 0x5a);
    cr_assert_eq(get_index(0x3d4, 15), 0x5a);
    cr_assert_eq(in8(m, 0x3b5), 0xff);
    out8(m, 0x3c2, 0x66);
    cr_assert_eq(get_index(0x3b4, 15), 0x5a);
    cr_assert_eq(in8(m, 0x3d5), 0xff);
}

Test(vga, crtc_protection_spares_the_line_compare_bit)
{
    vga_mode(m, 3);
    vga_index(m, 0x3d4, 0x11, 0x8e);
    vga_index(m, 0x3d4, 0, 0x11);
    vga_index(m, 0x3d4, 7, 0x00);
    cr_assert_eq(get_index(0x3d4, 0), 0x5f);
    cr_assert_eq(get_index(0x3d4, 7), 0x0f);
    vga_index(m, 0x3d4, 0x11, 0x0e);
    vga_index(m, 0x3d4, 7, 0x00);
    cr_assert_eq(get_index(0x3d4, 7), 0x00);
}

Test(vga, the_attribute_port_takes_index_and_data_in_turn)
{
    vga_mode(m, 3);
    in8(m, 0x3da);
    out8(m, 0x3c0, 0x31);
    cr_assert_eq(in8(m, 0x3c0), 0x31);
    cr_assert_eq(get_index(0x3d4, 0x24), 0x80);
    out8(m, 0x3c0, 0x77);
    cr_assert_eq(in8(m, 0x3c1), 0x77);
    out8(m, 0x3c0, 0x32);
    in8(m, 0x3da);
    out8(m, 0x3c0, 0x31);
    cr_assert_eq(in8(m, 0x3c1), 0x77);
    cr_assert_eq(in8(m, 0x3ba), 0xff);
    cr_assert_eq(get_index(0x3d4, 0x24), 0x00, "either status port resets it");
}

Test(vga, the_dac_counts_components_and_entries)
{
    out8(m, 0x3c8, 0xff);
    cr_assert_eq(in8(m, 0x3c7), 0);
    for (u8 i = 1; i <= 6; i++)
        out8(m, 0x3c9, (u8)(0xc0 | i));
    cr_assert_eq(in8(m, 0x3c8), 1);
    out8(m, 0x3c7, 0xff);
    cr_assert_eq(in8(m, 0x3c7), 3);
    for (u8 i = 1; i <= 6; i++)
        cr_assert_eq(in8(m, 0x3c9), i);
    out8(m, 0x3c8, 0xff);
    out8(m, 0x3c9, 0x3f);                       /* not complete: no change */
    out8(m, 0x3c7, 0xff);
    cr_assert_eq(in8(m, 0x3c9), 1);
}

Test(vga, the_comparator_finds_a_monitor)
{
    cr_assert_eq(in8(m, 0x3c2) & 0x10, 0x10);
    out8(m, 0x3c8, 0);
    for (unsigned i = 0; i < 3; i++)
        out8(m, 0x3c9, 0x3f);
    cr_assert_eq(in8(m, 0x3c2) & 0x10, 0);
}

/* -- time: [CRT Controller Registers] -- */

static u8 status(u64 when)
{
    machine_run(m, when);
    return in8(m, 0x3da);
}

/* The first time after `from` at which bit changes to that level, to 10 ns. */
static u64 edge(u64 from, u8 bit, bool level)
{
    u64 at = from;

    while (!!(status(at) & bit) == level)
        at += 10;
    while (!!(status(at) & bit) != level)
        at += 10;
    return at;
}

Test(vga, mode_3_has_31469_lines_a_second)
{
    u64 first, last;

    vga_mode(m, 3);
    first = last = edge(0, 1, false);
    for (unsigned i = 0; i < 100; i++)
        last = edge(last, 1, false);
    cr_assert_leq((last - first) / 100, 31778, "900 dots of 28.322 MHz");
    cr_assert_geq((last - first) / 100, 31776);
}

Test(vga, mode_3_has_70_frames_a_second_and_two_lines_of_retrace)
{
    u64 first, down, last;

    vga_mode(m, 3);
    first = edge(0, 8, true);
    down = edge(first, 8, false);
    last = edge(down, 8, true);
    cr_assert_leq(last - first, 14268060 + 20, "449 lines: 70.086 Hz");
    cr_assert_geq(last - first, 14268060 - 20);
    cr_assert_leq(down - first, 63555 + 20);
    cr_assert_geq(down - first, 63555 - 20);
    cr_assert(status(first + 100) & 1, "nothing is displayed during a retrace");
}

Test(vga, mode_12_has_60_frames_a_second)
{
    u64 first;

    vga_mode(m, 0x12);
    first = edge(0, 8, true);
    cr_assert_eq((edge(first, 8, true) - first) / 1000, 16683, "525 lines of 800 dots");
}

Test(vga, each_line_is_displayed_for_its_characters)
{
    u64 line, shown;

    vga_mode(m, 0x12);
    line = edge(20 * MILLISECOND, 1, false);
    shown = edge(line, 1, true) - line;
    cr_assert_leq(shown, 25422 + 20, "640 dots of 25.175 MHz");
    cr_assert_geq(shown, 25422 - 20);
}

Test(vga, input_status_0_remembers_a_retrace)
{
    vga_mode(m, 3);
    vga_index(m, 0x3d4, 0x11, 0x0e);
    machine_run(m, 30 * MILLISECOND);
    cr_assert_not(in8(m, 0x3c2) & 0x80, "held clear");
    vga_index(m, 0x3d4, 0x11, 0x0e);
    vga_index(m, 0x3d4, 0x11, 0x1e);
    cr_assert_not(in8(m, 0x3c2) & 0x80);
    machine_run(m, 45 * MILLISECOND);
    cr_assert(in8(m, 0x3c2) & 0x80);
    cr_assert(in8(m, 0x3c2) & 0x80, "looking does not clear it");
    vga_index(m, 0x3d4, 0x11, 0x0e);
    vga_index(m, 0x3d4, 0x11, 0x1e);
    cr_assert_not(in8(m, 0x3c2) & 0x80);
}

/* -- memory: each plane as an array, each bit by itself -- */

static u8 plane[4][65536], latch[4];
static u8 set_reset, enable, rotate, mask, map, write_mode, read_map, compare, cares;

static unsigned bit_of(u8 v, unsigned i) { return v >> i & 1; }

static u8 model_bit(u8 cpu, unsigned p, unsigned i)
{
    u8 turned = (u8)(cpu >> (rotate & 7) | cpu << (8 - (rotate & 7)));
    unsigned data, selected = bit_of(mask, i), old = bit_of(latch[p], i);

    switch (write_mode) {
    case 0:  data = bit_of(enable, p) ? bit_of(set_reset, p) : bit_of(turned, i); break;
    case 1:  return (u8)old;
    case 2:  data = bit_of(cpu, p); break;
    default: data = bit_of(set_reset, p); selected &= bit_of(turned, i); break;
    }
    switch (rotate >> 3) {
    case 1: data &= old; break;
    case 2: data |= old; break;
    case 3: data ^= old; break;
    }
    return (u8)(selected ? data : old);
}

static void model_write(u32 at, u8 cpu)
{
    for (unsigned p = 0; p < 4; p++) {
        u8 value = 0;

        for (unsigned i = 0; i < 8; i++)
            value |= (u8)(model_bit(cpu, p, i) << i);
        if (bit_of(map, p))
            plane[p][at] = value;
    }
}

static u8 model_read(u32 at, bool compares)
{
    u8 value = 0xff;

    for (unsigned p = 0; p < 4; p++)
        latch[p] = plane[p][at];
    if (!compares)
        return plane[read_map][at];
    for (unsigned i = 0; i < 8; i++)
        for (unsigned p = 0; p < 4; p++)
            if (bit_of(cares, p) && bit_of(latch[p], i) != bit_of(compare, p))
                value &= (u8)~(1 << i);
    return value;
}

static u32 chance(void)
{
    static u32 seed = 1;

    seed = seed * 1664525 + 1013904223;
    return seed >> 16;
}

static void set_registers(bool compares)
{
    u8 *const graphics[] = { &set_reset, &enable, &compare, &rotate, &read_map };
    static const u8 bits[] = { 15, 15, 15, 31, 3 };

    for (u8 i = 0; i < COUNT(graphics); i++)
        vga_index(m, 0x3ce, i, *graphics[i] = (u8)chance() & bits[i]);
    write_mode = chance() & 3;
    vga_index(m, 0x3ce, 5, (u8)(write_mode | compares << 3));
    vga_index(m, 0x3ce, 7, cares = (u8)chance() & 15);
    vga_index(m, 0x3ce, 8, mask = (u8)chance());
    vga_index(m, 0x3c4, 2, map = (u8)chance() & 15);
}

Test(vga, planar_reads_and_writes_are_the_models)
{
    vga_mode(m, 0x12);
    for (unsigned round = 0; round < 20000; round++) {
        bool compares = chance() & 1;
        u32 at = chance() & 0x301f;             /* few, far apart: they meet again */
        u8 value = (u8)chance();

        if (round % 8 == 0)
            set_registers(compares);
        compares = get_index(0x3ce, 5) & 8;
        if (chance() & 1) {
            put(0xa0000 + at, value);
            model_write(at, value);
        } else {
            cr_assert_eq(get(0xa0000 + at), model_read(at, compares), "round %u", round);
        }
    }
}

Test(vga, wide_accesses_are_bytes_in_turn)
{
    vga_mode(m, 0x12);
    space_write(m->memory, 0xa0001, 0x8877665544332211, 8);
    for (u32 i = 0; i < 8; i++)
        cr_assert_eq(get(0xa0001 + i), 0x11 * (i + 1));
    cr_assert_eq(space_read(m->memory, 0xa0002, 4), 0x55443322);
}

Test(vga, odd_and_even_bytes_go_to_two_planes)
{
    vga_mode(m, 3);
    put(0xb8000 + 6, 0x11);
    put(0xb8000 + 7, 0x22);
    vga_index(m, 0x3c4, 4, 6);
    vga_index(m, 0x3ce, 5, 0);
    vga_index(m, 0x3ce, 6, 4);
    for (u8 p = 0; p < 4; p++) {
        vga_index(m, 0x3ce, 4, p);
        cr_assert_eq(get(0xa0006), p == 0 ? 0x11 : p == 1 ? 0x22 : 0);
        cr_assert_eq(get(0xa0007), 0);
    }
}

Test(vga, the_window_is_where_the_memory_map_says)
{
    static const struct { u8 map; u32 base, size; } maps[] = {
        { 0, 0xa0000, 0x20000 }, { 1, 0xa0000, 0x10000 }, { 2, 0xb0000, 0x8000 },
        { 3, 0xb8000, 0x8000 },
    };
    u64 offset;

    vga_mode(m, 0x12);
    for (unsigned i = 0; i < COUNT(maps); i++) {
        vga_index(m, 0x3ce, 6, (u8)(maps[i].map << 2 | 1));
        for (u32 at = 0xa0000; at < 0xc0000; at += 0x8000)
            cr_assert_eq(space_find(m->memory, at, &offset) != NULL,
                         at >= maps[i].base && at < maps[i].base + maps[i].size);
    }
    out8(m, 0x3c2, 0xe1);
    cr_assert_null(space_find(m->memory, 0xb8000, &offset));
}

/* -- what a front end is told -- */

static struct surface screen;
static u32 pixels[1024 * 768];

/* From the first to the last line that was drawn again: how many. */
static u32 drawn(void)
{
    struct display *d = vga_display(m);

    d->size(d, &screen.width, &screen.height);
    cr_assert_leq(screen.width * screen.height, COUNT(pixels));
    screen.pixel = pixels;
    d->draw(d, &screen, false);
    return screen.first > screen.last ? 0 : screen.last - screen.first + 1;
}

static void same_as_whole(void)
{
    const struct surface *s = vga_picture(m);

    cr_assert_arr_eq(pixels, s->pixel, s->width * s->height * sizeof *pixels);
}

Test(vga, a_still_screen_is_drawn_once)
{
    static const u8 modes[] = { 3, 4, 6, 0xd, 0x12, 0x13 };

    for (unsigned i = 0; i < COUNT(modes); i++) {
        vga_mode(m, modes[i]);
        vga_index(m, 0x3d4, 10, 0x20);
        cr_assert_eq(drawn(), screen.height);
        cr_assert_eq(drawn(), 0);
        vga_picture(m);
        cr_assert_eq(drawn(), 0, "someone else's look is not ours");
    }
}

Test(vga, what_was_stored_to_is_drawn_again)
{
    vga_mode(m, 3);
    vga_index(m, 0x3d4, 10, 0x20);
    vga_glyph(m, 0, 'A', 0xaa);
    drawn();
    put(0xb8000 + 160 * 3, 'A');
    put(0xb8001 + 160 * 3, 7);
    vga_picture(m);
    cr_assert_eq(drawn(), 16, "%u to %u", screen.first, screen.last);
    cr_assert_eq(screen.first, 48);
    same_as_whole();
    vga_glyph(m, 0, 'A', 0x55);
    vga_picture(m);
    cr_assert_eq(drawn(), 400);
    same_as_whole();
}

Test(vga, a_line_of_graphics_is_drawn_alone_or_with_neighbours)
{
    static const u8 modes[] = { 4, 6, 0xd, 0xe, 0x10, 0x12, 0x13 };

    for (unsigned i = 0; i < COUNT(modes); i++) {
        u32 base = modes[i] < 0xd ? 0xb8000 : 0xa0000;

        vga_mode(m, modes[i]);
        drawn();
        for (unsigned k = 0; k < 40; k++) {
            put(base + chance() % 16000, (u8)chance());
            drawn();
            same_as_whole();
        }
        put(base + 5, 0xff);
        cr_assert_leq(drawn(), 420 / 2, "mode %xh", modes[i]);
        same_as_whole();
    }
}

Test(vga, looking_is_not_noticed)
{
    struct digest before, after;

    vga_mode(m, 0x13);
    put(0xa0000, 1);
    before = machine_hash(m);
    drawn();
    put(0xa0000, 1);
    drawn();
    vga_picture(m);
    after = machine_hash(m);
    cr_assert(before.low == after.low && before.high == after.high);
}

Test(vga, a_load_is_drawn)
{
    struct buffer saved = { 0 };

    vga_mode(m, 0x13);
    put(0xa0000, 9);
    snapshot_save(&saved, m, NULL);
    vga_mode(m, 3);
    drawn();
    cr_assert(snapshot_load(m, saved.bytes, saved.used, NULL));
    cr_assert_eq(drawn(), 400);
    same_as_whole();
    cr_assert_eq(get(0xa0000), 9);
    cr_assert_eq(pixels[0], vga_dac(9));
    buffer_clear(&saved);
}

/* Half of a DAC entry, of an attribute, in the middle of a planar mode. */
static struct machine *busy(void)
{
    m = vga_bench();
    vga_mode(m, 0x12);
    vga_index(m, 0x3ce, 5, 1);
    get(0xa0000);
    out8(m, 0x3c8, 7);
    out8(m, 0x3c9, 0x12);
    in8(m, 0x3da);
    out8(m, 0x3c0, 0x25);
    vga_index(m, 0x3d4, 0x11, 0x1c);
    return m;
}

Test(vga_saved, save_and_load_is_invisible)
{
    saving_is_not_noticed(busy, 40 * MILLISECOND, 7 * MILLISECOND);
}

/* -- whatever a guest does -- */

static void anything(void)
{
    static const u16 ports[] = {
        0x3b4, 0x3b5, 0x3ba, 0x3c0, 0x3c1, 0x3c2, 0x3c4, 0x3c5, 0x3c6, 0x3c7, 0x3c8, 0x3c9,
        0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x3da, 0x1ce, 0x1cf, 0x1d0,
    };
    u16 port = ports[chance() % COUNT(ports)];
    unsigned size = 1u << (chance() & 3);
    u32 at = 0xa0000 + (chance() << 4 & 0x1fff0) + (chance() & 15);

    switch (chance() & 7) {
    case 0:  space_read(m->ports, port, size); break;
    case 1:  space_read(m->memory, at, size); break;
    case 2:  space_write(m->memory, at, (u64)chance() << 32 | chance(), size); break;
    case 3:  vga_dispi(m, (u16)chance() % 12, (u16)chance()); break;
    case 4:  vga_attribute(m, (u8)chance(), (u8)chance()); break;
    default: space_write(m->ports, port, chance(), size > 4 ? 4 : size); break;
    }
}

Test(vga, random_traffic_does_no_harm)
{
    for (unsigned round = 0; round < 60; round++) {
        vga_mode(m, round % 4 == 3 ? 0x13 : round % 4 == 2 ? 0x12 : 3);
        for (unsigned i = 0; i < 100 + round; i++)
            anything();
        if (round % 2)
            vga_index(m, 0x3c4, 0, 3);
        vga_picture(m);
    }
}
