/*
 * Graphics: how the bytes of four planes become dots. IBM PS/2 Hardware Interface Technical
 * Reference, [Graphics Mode Register], [Attribute Mode Control Register].
 *
 * Each character clock the planes give 32 bits, which the shift registers make eight pixels of
 * four bits. Where the attribute controller is told so, it makes one of eight bits of each two.
 *
 * Not modelled: linked shift registers (the sequencer's Shift Load and Shift 4), a ninth dot.
 */
#include "peripherals/video/vga_card.h"

enum { SHIFT_CGA = 0x20, SHIFT_256 = 0x40 };

static void planar(const u8 *p, u8 *nibbles)
{
    for (unsigned i = 0, bit = 7; i < 8; i++, bit--)
        nibbles[i] = (u8)((p[0] >> bit & 1) | (p[1] >> bit & 1) << 1
                          | (p[2] >> bit & 1) << 2 | (p[3] >> bit & 1) << 3);
}

/* Two bits a pixel: four from planes 0 and 2, then four from planes 1 and 3. */
static void cga(const u8 *p, u8 *nibbles)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned low = p[i / 4] >> (6 - 2 * (i & 3)) & 3;
        unsigned high = p[2 + i / 4] >> (6 - 2 * (i & 3)) & 3;

        nibbles[i] = (u8)(low | high << 2);
    }
}

static void packed(const u8 *p, u8 *nibbles)
{
    for (unsigned i = 0; i < 8; i++)
        nibbles[i] = i & 1 ? p[i / 2] & 15 : p[i / 2] >> 4;
}

void vga_graphics_line(const struct vga *v, const struct vga_look *l, u32 address, u8 row,
                       u8 *dots)
{
    u8 nibbles[8];

    for (u32 i = 0; i < l->fetched; i++, dots += 8) {
        u32 at = address + (i >> l->count_by);
        const u8 *p = v->vram->host + vga_place(vga_beam_offset(l, at, row));

        if (l->shift_mode & SHIFT_256)
            packed(p, nibbles);
        else if (l->shift_mode & SHIFT_CGA)
            cga(p, nibbles);
        else
            planar(p, nibbles);
        if (l->pairs)
            for (unsigned k = 0; k < 8; k += 2)
                dots[k] = dots[k + 1] = (u8)(nibbles[k] << 4 | nibbles[k + 1]);
        else
            for (unsigned k = 0; k < 8; k++)
                dots[k] = l->colour[(nibbles[k] & l->planes) ^ l->flip];
    }
}
