#include "core/bits.h"
#include "tests/support/bench.h"
#include "tests/support/vga_bench.h"

#include <criterion/criterion.h>

/* What each BIOS mode shows, seen through its registers and memory as a program sees them. */
static struct machine *m;

static void start(void) { m = vga_bench(); }
static void end(void)   { machine_destroy(m); }

TestSuite(vga_modes, .init = start, .fini = end);

static void put(u32 address, u8 value) { space_write(m->memory, address, value, 1); }
static u8   get(u32 address)           { return (u8)space_read(m->memory, address, 1); }

Test(vga_modes, each_has_the_size_of_its_raster)
{
    static const struct { u8 mode; u32 width, height; } size[] = {
        { 0, 720, 400 }, { 1, 720, 400 }, { 2, 720, 400 }, { 3, 720, 400 }, { 4, 640, 400 },
        { 5, 640, 400 }, { 6, 640, 400 }, { 7, 720, 400 }, { 0xd, 640, 400 }, { 0xe, 640, 400 },
        { 0xf, 640, 350 }, { 0x10, 640, 350 }, { 0x11, 640, 480 }, { 0x12, 640, 480 },
        { 0x13, 640, 400 },
    };

    for (unsigned i = 0; i < COUNT(size); i++) {
        struct display *d = vga_display(m);
        u32 w, h;

        vga_mode(m, size[i].mode);
        d->size(d, &w, &h);
        cr_assert_eq(w, size[i].width, "mode %u", size[i].mode);
        cr_assert_eq(h, size[i].height, "mode %u", size[i].mode);
    }
}

Test(vga_modes, a_card_at_reset_is_black)
{
    const struct surface *s = vga_picture(m);

    cr_assert_eq(s->width, 720);
    for (u32 i = 0; i < s->width * s->height; i++)
        cr_assert_eq(s->pixel[i], 0);
}

/* -- text -- */

static u32 cell_dot(unsigned column, unsigned row, unsigned dot, unsigned line)
{
    return vga_pixel(m, column * 9 + dot, row * 16 + line);
}

static void hide_cursor(u16 crtc) { vga_index(m, crtc, 10, 0x20); }

Test(vga_modes, text_of_mode_3_has_ink_and_paper)
{
    vga_mode(m, 3);
    hide_cursor(0x3d4);
    vga_glyph(m, 0, 'A', 0xa5);
    put(0xb8000 + 2 * (80 * 2 + 3), 'A');
    put(0xb8000 + 2 * (80 * 2 + 3) + 1, 0x1e);
    for (unsigned dot = 0; dot < 9; dot++)
        cr_assert_eq(cell_dot(3, 2, dot, 7), vga_dac(0xa5 << dot & 0x80 ? 0x3e : 1), "%u", dot);
    cr_assert_eq(cell_dot(4, 2, 0, 7), vga_dac(0));
    cr_assert_eq(get(0xb8000 + 2 * (80 * 2 + 3)), 'A');
    cr_assert_eq(get(0xb8000 + 2 * (80 * 2 + 3) + 1), 0x1e);
}

Test(vga_modes, line_graphics_reach_their_neighbour)
{
    vga_mode(m, 3);
    hide_cursor(0x3d4);
    vga_glyph(m, 0, 0xc4, 0xff);
    vga_glyph(m, 0, 0xe0, 0xff);
    space_write(m->memory, 0xb8000, 0x07e007c4, 4);
    cr_assert_eq(cell_dot(0, 0, 8, 0), vga_dac(7));
    cr_assert_eq(cell_dot(1, 0, 8, 0), vga_dac(0));
    vga_attribute(m, 0x10, 0x08);
    cr_assert_eq(cell_dot(0, 0, 8, 0), vga_dac(0));
}

Test(vga_modes, mode_1_shows_each_dot_twice)
{
    vga_mode(m, 1);
    hide_cursor(0x3d4);
    vga_glyph(m, 0, 'x', 0x80);
    put(0xb8000 + 2 * 41, 'x');
    put(0xb8000 + 2 * 41 + 1, 0x02);
    cr_assert_eq(vga_pixel(m, 18, 16), vga_dac(2));
    cr_assert_eq(vga_pixel(m, 19, 31), vga_dac(2));
    cr_assert_eq(vga_pixel(m, 20, 16), vga_dac(0));
    cr_assert_eq(vga_pixel(m, 17, 16), vga_dac(0));
}

Test(vga_modes, mode_7_underlines_and_lives_at_b0000)
{
    vga_mode(m, 7);
    hide_cursor(0x3b4);
    put(0xb0000, ' ');
    put(0xb0001, 0x01);
    put(0xb0002, ' ');
    put(0xb0003, 0x07);
    vga_index(m, 0x3b4, 0x14, 13);
    for (unsigned dot = 0; dot < 9; dot++) {
        cr_assert_eq(cell_dot(0, 0, dot, 13), vga_dac(8));
        cr_assert_eq(cell_dot(0, 0, dot, 12), vga_dac(0));
        cr_assert_eq(cell_dot(1, 0, dot, 13), vga_dac(0));
    }
    cr_assert_eq(get(0xb8000), 0xff);
}

Test(vga_modes, attribute_bit_3_chooses_between_two_fonts)
{
    vga_mode(m, 3);
    hide_cursor(0x3d4);
    vga_glyph(m, 0, 'A', 0x00);
    vga_glyph(m, 2, 'A', 0xff);
    vga_glyph(m, 5, 'A', 0x0f);
    space_write(m->memory, 0xb8000, 0x0f410741, 4);
    vga_index(m, 0x3c4, 3, 0x04);               /* map 1 begins at 16K, 8K times 2 */
    cr_assert_eq(cell_dot(0, 0, 0, 0), vga_dac(0));
    cr_assert_eq(cell_dot(1, 0, 0, 0), vga_dac(0x3f));
    vga_index(m, 0x3c4, 3, 0x28);               /* map 6: 8K times 5 */
    cr_assert_eq(cell_dot(1, 0, 0, 0), vga_dac(0));
    cr_assert_eq(cell_dot(1, 0, 4, 0), vga_dac(0x3f));
}

static u64 frame_ns(void) { return 14268060; }  /* 900 * 449 dots of 28.322 MHz */

Test(vga_modes, blinking_text_and_the_cursor_come_and_go)
{
    bool text[2] = { false }, cursor[2] = { false };

    vga_mode(m, 3);
    vga_glyph(m, 0, 'B', 0xff);
    space_write(m->memory, 0xb8000, 0x07208c42, 4);
    vga_index(m, 0x3d4, 15, 1);
    for (unsigned i = 0; i < 40; i++) {
        u32 ink = cell_dot(0, 0, 0, 0), line = cell_dot(1, 0, 0, 14);

        cr_assert(ink == vga_dac(0x3c) || ink == vga_dac(0));
        text[ink == vga_dac(0)] = true;
        cursor[line == vga_dac(0)] = true;
        cr_assert_eq(cell_dot(1, 0, 0, 12), vga_dac(0));
        machine_run(m, m->clock.now + frame_ns());
    }
    cr_assert(text[0] && text[1] && cursor[0] && cursor[1]);
    vga_attribute(m, 0x10, 0x04);               /* intensity instead */
    cr_assert_eq(cell_dot(0, 0, 8, 0), vga_dac(0x38));
}

Test(vga_modes, text_starts_at_the_start_address_and_again_below_the_split)
{
    vga_mode(m, 3);
    hide_cursor(0x3d4);
    vga_glyph(m, 0, 'T', 0xff);
    put(0xb8000, 'T');
    put(0xb8001, 0x01);
    put(0xb8000 + 2 * 160, 'T');
    put(0xb8000 + 2 * 160 + 1, 0x02);
    vga_index(m, 0x3d4, 13, 160);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(2));
    cr_assert_eq(vga_pixel(m, 0, 100), vga_dac(0));
    vga_index(m, 0x3d4, 0x18, 99);
    vga_index(m, 0x3d4, 0x07, 0x0f);
    vga_index(m, 0x3d4, 0x09, 0x0f);
    cr_assert_eq(vga_pixel(m, 0, 99), vga_dac(0));
    cr_assert_eq(vga_pixel(m, 0, 100), vga_dac(1));
    cr_assert_eq(vga_pixel(m, 0, 115), vga_dac(1));
    cr_assert_eq(vga_pixel(m, 0, 116), vga_dac(0));
}

Test(vga_modes, text_pans_by_dots_and_by_lines)
{
    vga_mode(m, 3);
    hide_cursor(0x3d4);
    vga_glyph(m, 0, 'P', 0x10);
    put(0xb8000, 'P');
    put(0xb8001, 0x07);
    put(0xb8000 + 160, 'P');
    put(0xb8001 + 160, 0x02);
    cr_assert_eq(vga_pixel(m, 3, 0), vga_dac(7));
    vga_attribute(m, 0x13, 2);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(7));
    vga_index(m, 0x3d4, 8, 10);
    cr_assert_eq(vga_pixel(m, 0, 5), vga_dac(7));
    cr_assert_eq(vga_pixel(m, 0, 6), vga_dac(2));
}

Test(vga_modes, the_text_can_be_had_as_characters)
{
    struct display *d = vga_display(m);
    struct text_screen t;

    vga_mode(m, 3);
    put(0xb8000 + 2 * (24 * 80 + 79), 0x99);
    put(0xb8000 + 2 * (24 * 80 + 79) + 1, 0x4e);
    vga_index(m, 0x3d4, 14, 3);
    vga_index(m, 0x3d4, 15, 5);
    cr_assert(d->text(d, &t));
    cr_assert_eq(t.columns, 80);
    cr_assert_eq(t.rows, 25);
    cr_assert_eq(t.cursor, 0x305);
    cr_assert_eq(t.character[1999], 0x99);
    cr_assert_eq(t.attribute[1999], 0x4e);
    vga_index(m, 0x3d4, 9, 0x47);
    cr_assert(d->text(d, &t));
    cr_assert_eq(t.rows, 50);
    vga_mode(m, 0x13);
    cr_assert_not(d->text(d, &t));
}

/* -- graphics -- */

Test(vga_modes, mode_4_has_two_bits_a_pixel_and_two_banks)
{
    vga_mode(m, 4);
    put(0xb8000, 0x1b);                         /* 0 1 2 3 */
    put(0xb8001, 0xe4);
    put(0xba000 + 79, 0x03);
    for (unsigned x = 0; x < 8; x++) {
        static const u8 colour[4] = { 0, 0x13, 0x15, 0x17 };

        cr_assert_eq(vga_pixel(m, 2 * x, 1), vga_dac(colour[x < 4 ? x : 7 - x]), "%u", x);
        cr_assert_eq(vga_pixel(m, 2 * x + 1, 0), vga_dac(colour[x < 4 ? x : 7 - x]));
    }
    cr_assert_eq(vga_pixel(m, 639, 2), vga_dac(0x17));
    cr_assert_eq(vga_pixel(m, 638, 3), vga_dac(0x17));
    cr_assert_eq(vga_pixel(m, 637, 2), vga_dac(0));
    cr_assert_eq(vga_pixel(m, 639, 1), vga_dac(0));
}

Test(vga_modes, mode_6_has_one_bit_a_pixel)
{
    vga_mode(m, 6);
    put(0xb8000 + 80, 0x40);
    put(0xba000, 0x01);
    cr_assert_eq(vga_pixel(m, 1, 4), vga_dac(0x17));
    cr_assert_eq(vga_pixel(m, 1, 5), vga_dac(0x17));
    cr_assert_eq(vga_pixel(m, 2, 4), vga_dac(0));
    cr_assert_eq(vga_pixel(m, 7, 2), vga_dac(0x17));
}

/* Sets a pixel as the BIOS does: write mode 2, one bit of the mask. */
static void plot(u32 pitch, u32 x, u32 y, u8 colour)
{
    u32 at = 0xa0000 + y * pitch + x / 8;

    vga_index(m, 0x3ce, 5, 2);
    vga_index(m, 0x3ce, 8, (u8)(0x80 >> x % 8));
    get(at);
    put(at, colour);
}

Test(vga_modes, planar_modes_have_sixteen_colours)
{
    static const struct { u8 mode, scale, dac[3]; u32 width, height; } planar[] = {
        { 0x0d, 2, { 0x05, 0x12, 0x17 }, 320, 200 }, { 0x0e, 1, { 0x05, 0x12, 0x17 }, 640, 200 },
        { 0x10, 1, { 0x05, 0x3a, 0x3f }, 640, 350 }, { 0x12, 1, { 0x05, 0x3a, 0x3f }, 640, 480 },
    };

    for (unsigned i = 0; i < COUNT(planar); i++) {
        u32 pitch = planar[i].width / 8, scale = planar[i].scale;
        u32 down = planar[i].height == 200 ? 2 : 1;
        u32 x = planar[i].width - 3, y = planar[i].height - 1;

        vga_mode(m, planar[i].mode);
        plot(pitch, 0, 0, 5);
        plot(pitch, 1, 0, 10);
        plot(pitch, x, y, 15);
        cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(planar[i].dac[0]), "mode %xh", planar[i].mode);
        cr_assert_eq(vga_pixel(m, scale, 0), vga_dac(planar[i].dac[1]));
        cr_assert_eq(vga_pixel(m, x * scale, y * down), vga_dac(planar[i].dac[2]));
        cr_assert_eq(vga_pixel(m, x * scale, y * down + down - 1), vga_dac(planar[i].dac[2]));
        cr_assert_eq(vga_pixel(m, (x + 1) * scale, y * down), vga_dac(0));
    }
}

Test(vga_modes, mode_f_blinks_with_plane_2)
{
    bool seen[2] = { false };

    vga_mode(m, 0xf);
    plot(80, 0, 0, 1);
    plot(80, 1, 0, 5);
    plot(80, 2, 0, 4);
    for (unsigned i = 0; i < 40; i++) {
        u32 blinking = vga_pixel(m, 2, 0);

        cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(8));
        cr_assert_eq(vga_pixel(m, 1, 0), vga_dac(0x18));
        cr_assert(blinking == vga_dac(0) || blinking == vga_dac(0x18));
        seen[blinking == vga_dac(0)] = true;
        machine_run(m, m->clock.now + frame_ns());
    }
    cr_assert(seen[0] && seen[1]);
}

Test(vga_modes, mode_11_has_two_colours)
{
    vga_mode(m, 0x11);
    put(0xa0000 + 479 * 80 + 79, 0x01);
    cr_assert_eq(vga_pixel(m, 639, 479), vga_dac(0x3f));
    cr_assert_eq(vga_pixel(m, 638, 479), vga_dac(0));
}

Test(vga_modes, mode_13_has_a_byte_a_pixel_and_is_the_memory_itself)
{
    u64 offset;

    vga_mode(m, 0x13);
    for (u32 i = 0; i < 64000; i++)
        put(0xa0000 + i, (u8)(i * 7 + i / 320));
    vga_picture(m);
    for (u32 y = 0; y < 200; y += 33)
        for (u32 x = 0; x < 320; x += 13) {
            u32 i = y * 320 + x;

            cr_assert_eq(get(0xa0000 + i), (u8)(i * 7 + y));
            cr_assert_eq(vga_pixel(m, 2 * x, 2 * y), vga_dac((u8)(i * 7 + y)));
            cr_assert_eq(vga_pixel(m, 2 * x + 1, 2 * y + 1), vga_dac((u8)(i * 7 + y)));
        }
    cr_assert(space_find(m->memory, 0xa0000, &offset)->ram);
    vga_index(m, 0x3c4, 2, 1);
    cr_assert_not(space_find(m->memory, 0xa0000, &offset)->ram);
    put(0xa0000, 0x11);                         /* the mask is heeded: planes go by A0 and A1 */
    put(0xa0001, 0x22);
    cr_assert_eq(get(0xa0000), 0x11);
    cr_assert_eq(get(0xa0001), 7);
}

/* What chained mode calls byte 4n + p is plane p at offset 4n: three in four are not seen. */
Test(vga_modes, mode_13_uses_every_fourth_byte_of_a_plane)
{
    vga_mode(m, 0x13);
    put(0xa0000 + 6, 0x66);
    vga_index(m, 0x3c4, 4, 6);
    vga_index(m, 0x3ce, 4, 2);
    cr_assert_eq(get(0xa0004), 0x66);
    cr_assert_eq(get(0xa0006), 0);
}

Test(vga_modes, mode_x_is_320_by_240_in_four_planes)
{
    static const struct { u8 index, value; } tweak[] = {
        { 0x11, 0x0c }, { 0x06, 0x0d }, { 0x07, 0x3e }, { 0x09, 0x41 }, { 0x10, 0xea },
        { 0x11, 0xac }, { 0x12, 0xdf }, { 0x14, 0x00 }, { 0x15, 0xe7 }, { 0x16, 0x06 },
        { 0x17, 0xe3 },
    };
    const struct surface *s;

    vga_mode(m, 0x13);
    vga_index(m, 0x3c4, 4, 6);
    out8(m, 0x3c2, 0xe3);
    for (unsigned i = 0; i < COUNT(tweak); i++)
        vga_index(m, 0x3d4, tweak[i].index, tweak[i].value);
    vga_index(m, 0x3c4, 2, 4);
    put(0xa0000 + 239 * 80 + 79, 0x5a);         /* x 318 */
    s = vga_picture(m);
    cr_assert_eq(s->width, 640);
    cr_assert_eq(s->height, 480);
    cr_assert_eq(s->pixel[479 * 640 + 636], vga_dac(0x5a));
    cr_assert_eq(s->pixel[478 * 640 + 637], vga_dac(0x5a));
    cr_assert_eq(s->pixel[479 * 640 + 638], vga_dac(0));
    vga_index(m, 0x3d4, 12, 0x4a);              /* a page flip: row 239 is row 1 */
    vga_index(m, 0x3d4, 13, 0x60);
    cr_assert_eq(vga_pixel(m, 636, 2), vga_dac(0x5a));
    vga_attribute(m, 0x13, 4);
    cr_assert_eq(vga_pixel(m, 632, 3), vga_dac(0x5a));
}

/* -- colours -- */

Test(vga_modes, colours_go_by_the_palette_the_select_register_and_the_mask)
{
    vga_mode(m, 0x12);
    plot(80, 0, 0, 9);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(0x39));
    vga_attribute(m, 0x14, 0x0e);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(0xf9));
    vga_attribute(m, 0x10, 0x81);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(0xe9));
    vga_attribute(m, 0x12, 0x07);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(0xe1));
    out8(m, 0x3c6, 0x0f);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(0x01));
}

Test(vga_modes, a_screen_that_is_off_is_black)
{
    vga_mode(m, 0x13);
    put(0xa0000, 3);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(3));
    vga_index(m, 0x3c4, 1, 0x21);
    cr_assert_eq(vga_pixel(m, 0, 0), 0);
    vga_index(m, 0x3c4, 1, 0x01);
    in8(m, 0x3da);
    out8(m, 0x3c0, 0x00);
    cr_assert_eq(vga_pixel(m, 0, 0), 0);
    out8(m, 0x3c0, 0x00);
    in8(m, 0x3da);
    out8(m, 0x3c0, 0x20);
    cr_assert_eq(vga_pixel(m, 0, 0), vga_dac(3));
}
