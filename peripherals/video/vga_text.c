/*
 * Text: characters in plane 0, attributes in plane 1, glyphs in plane 2, 32 bytes each. IBM
 * PS/2 Hardware Interface Technical Reference, [Alphanumeric Modes] and [Character Map Select
 * Register].
 */
#include "peripherals/video/vga_card.h"

enum { CURSOR_HIDDEN = 1, TEXT_HIDDEN = 2 };    /* of the phase */
enum { LINE_FIRST = 0xc0, LINE_LAST = 0xdf };   /* glyphs that reach their right neighbour */

void vga_text_cells(const struct vga *v, const struct vga_look *l, u32 address, u32 phase,
                    u32 *cells)
{
    for (u32 i = 0; i < l->fetched; i++) {
        u16 at = (u16)(address + (i >> l->count_by));
        const u8 *p = v->vram->host + vga_place(vga_beam_offset(l, at, 0));
        u32 cell = p[0] | (u32)p[1] << 8;

        if (at == l->cursor && l->cursor_first <= l->cursor_last && !(phase & CURSOR_HIDDEN))
            cell |= CELL_CURSOR;
        if (l->blink && p[1] & 0x80 && phase & TEXT_HIDDEN)
            cell |= CELL_HIDDEN;
        cells[i] = cell;
    }
}

void vga_text_fonts(const struct vga *v, const struct vga_look *l, u8 font[2][VGA_FONT])
{
    for (u32 i = 0; i < VGA_FONT; i++) {
        font[0][i] = v->vram->host[vga_place((l->font[0] + i) & 0xffff) + 2];
        font[1][i] = v->vram->host[vga_place((l->font[1] + i) & 0xffff) + 2];
    }
}

static bool is_underlined(u8 attribute)
{
    return (attribute & 0x77) == 0x01;
}

/* Nine bits, the leftmost highest. */
static u32 glyph_row(const struct vga_shown *s, const struct vga_look *l, u32 cell, u8 row)
{
    u8 character = (u8)cell, attribute = (u8)(cell >> 8);
    u32 bits = (u32)s->font[attribute >> 3 & 1][character * 32 + row] << 1;

    if (l->line_graphics && character >= LINE_FIRST && character <= LINE_LAST)
        bits |= bits >> 1 & 1;
    if (row == l->underline && is_underlined(attribute))
        bits = 0x1ff;
    if (cell & CELL_HIDDEN)
        bits = 0;
    if (cell & CELL_CURSOR && row >= l->cursor_first && row <= l->cursor_last)
        bits = 0x1ff;
    return bits;
}

void vga_text_line(const struct vga_shown *s, const struct vga_look *l, const u32 *cells, u8 row,
                   u8 *dots)
{
    u8 background_mask = l->blink ? 7 : 15;

    for (u32 i = 0; i < l->fetched; i++) {
        u8 attribute = (u8)(cells[i] >> 8);
        u32 bits = glyph_row(s, l, cells[i], row);
        u8 ink = l->colour[attribute & 15 & l->planes];
        u8 paper = l->colour[attribute >> 4 & background_mask & l->planes];

        for (u32 dot = 0; dot < l->dots; dot++)
            *dots++ = bits << dot & 0x100 ? ink : paper;
    }
}
