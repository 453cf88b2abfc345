/*
 * The picture, for whoever looks. What it depends on is the video memory, whose pages are
 * watched, and the registers, from which the look is derived anew each time and compared. A
 * screen where neither has changed costs no more than that.
 *
 * Looking changes nothing that the guest could see: flags of pages and vga.shown are not saved.
 */
#include "peripherals/video/vga_card.h"

#include "core/bits.h"
#include "core/space.h"

#include <string.h>

/* -- the look -- */

enum { NO_SIGNAL_WIDTH = 720, NO_SIGNAL_HEIGHT = 400 };
enum { CURSOR_FRAMES = 8, TEXT_FRAMES = 16 };   /* half a period of blinking */

static u32 eight_bits(u8 component, bool dac8)
{
    component &= dac8 ? 0xff : 0x3f;
    return dac8 ? component : (u32)(component << 2 | component >> 4);
}

static void look_at_colours(const struct vga *v, struct vga_look *l)
{
    bool dac8 = v->dispi[D_ENABLE] & E_DAC8;
    u8 mode = v->attribute[A_MODE], select = v->attribute[A_COLOUR_SELECT];

    for (unsigned i = 0; i < 256; i++) {
        const u8 *entry = &v->dac[3 * (i & v->dac_mask)];

        l->rgb[i] = eight_bits(entry[0], dac8) << 16 | eight_bits(entry[1], dac8) << 8
                  | eight_bits(entry[2], dac8);
    }
    for (unsigned i = 0; i < 16; i++) {
        u8 low = v->attribute[i];

        if (mode & 0x80)
            low = (u8)((low & 0x0f) | (select & 3) << 4);
        l->colour[i] = (u8)((low & 0x3f) | (select & 0x0c) << 4);
    }
    l->planes = v->attribute[A_PLANES] & 15;
}

static u32 ten_bits(const struct vga *v, unsigned low, unsigned bit_8, unsigned bit_9)
{
    u8 overflow = v->crtc[C_OVERFLOW];

    return v->crtc[low] | (u32)(overflow >> bit_8 & 1) << 8 | (u32)(overflow >> bit_9 & 1) << 9;
}

static void look_at_raster(const struct vga *v, struct vga_look *l)
{
    const u8 *c = v->crtc;
    u8 clocking = v->sequencer[S_CLOCKING];

    l->columns = c[C_H_DISPLAY_END] + 1u;
    l->dots = clocking & 1 || l->kind == VGA_GRAPHICS ? 8 : 9;
    l->wide = clocking & 8;
    l->twice = c[C_MAX_SCAN_LINE] & 0x80;
    l->halved = c[C_MODE] & 4;
    l->width = l->columns * l->dots << l->wide;
    l->height = (ten_bits(v, C_V_DISPLAY_END, 1, 6) + 1) << l->halved;
    l->preset_row = c[C_PRESET_ROW] & 31;
    l->last_row = c[C_MAX_SCAN_LINE] & 31;
    l->line_compare = c[C_LINE_COMPARE] | (u32)(c[C_OVERFLOW] & 0x10) << 4
                    | (u32)(c[C_MAX_SCAN_LINE] & 0x40) << 3;
    l->start = (u32)c[C_START_HIGH] << 8 | c[C_START_LOW];
    l->start += c[C_PRESET_ROW] >> 5 & 3;
    l->pitch = 2u * c[C_OFFSET];
    l->addressing = (u8)((c[C_MODE] & 0x63) | (c[C_UNDERLINE] >> 2 & 0x10));
    l->count_by = c[C_UNDERLINE] & 0x20 ? 2 : c[C_MODE] & 8 ? 1 : 0;
}

/* Panning by 0 to 8 dots; where characters have nine, the register's 8 is none. */
static void look_at_panning(const struct vga *v, struct vga_look *l)
{
    u8 pan = v->attribute[A_PANNING];

    if (l->dots == 9)
        pan = pan >= 8 ? 0 : pan + 1;
    else
        pan &= 7;
    l->panning = pan;
    l->panning_below = v->attribute[A_MODE] & 0x20 ? 0 : pan;
    l->fetched = l->columns + (pan > 0);
}

static unsigned font_offset(unsigned high, unsigned low)
{
    return low << 14 | high << 13;
}

static void look_at_text(const struct vga *v, struct vga_look *l)
{
    const u8 *c = v->crtc;
    u8 fonts = v->sequencer[S_FONTS];

    l->cursor = (u16)(c[C_CURSOR_HIGH] << 8 | c[C_CURSOR_LOW]);
    l->cursor_first = c[C_CURSOR_START] & 0x20 ? 0xff : c[C_CURSOR_START] & 31;
    l->cursor_last = c[C_CURSOR_END] & 31;
    l->underline = c[C_UNDERLINE] & 31;
    l->line_graphics = v->attribute[A_MODE] & 4;
    l->blink = v->attribute[A_MODE] & 8;
    l->font[0] = (u16)font_offset(fonts >> 4 & 1, fonts & 3);
    l->font[1] = (u16)font_offset(fonts >> 5 & 1, fonts >> 2 & 3);
}

static bool has_signal(const struct vga *v)
{
    return v->attribute_index & ATTRIBUTE_SCREEN_ON && !(v->sequencer[S_CLOCKING] & 0x20)
        && (v->sequencer[S_RESET] & 3) == 3 && v->crtc[C_MODE] & 0x80;
}

static u32 blink_phase(struct vga *v)
{
    u64 frames = vga_frames(v);

    return (u32)((frames / CURSOR_FRAMES & 1) | (frames / TEXT_FRAMES & 1) << 1);
}

/* Padding too is zero: looks are compared as bytes. */
static void look_at(struct vga *v, struct vga_look *l)
{
    memset(l, 0, sizeof *l);
    if (vbe_on(v)) {
        vbe_look(v, l);
        if (!(v->attribute_index & ATTRIBUTE_SCREEN_ON))
            l->kind = VGA_BLANK;
        look_at_colours(v, l);
        return;
    }
    if (!(v->crtc[C_MODE] & 0x80)) {
        l->width = NO_SIGNAL_WIDTH;
        l->height = NO_SIGNAL_HEIGHT;
        return;
    }
    l->kind = v->graphics[G_MISC] & 1 ? VGA_GRAPHICS : VGA_TEXT;
    look_at_raster(v, l);
    if (!has_signal(v)) {
        l->kind = VGA_BLANK;
        return;
    }
    look_at_colours(v, l);
    look_at_panning(v, l);
    if (l->kind == VGA_TEXT) {
        look_at_text(v, l);
        return;
    }
    l->shift_mode = v->graphics[G_MODE] & 0x60;
    l->pairs = v->attribute[A_MODE] & 0x40;
    l->flip = v->attribute[A_MODE] & 8 && blink_phase(v) & 2 ? 8 : 0;
}

/* -- the counters -- */

void vga_beam_begin(const struct vga_look *l, struct vga_beam *b)
{
    *b = (struct vga_beam){ .address = l->start, .row = l->preset_row };
}

/* [Line Compare Register]: below that line the memory begins at 0. */
static bool splits_after(const struct vga_look *l, u32 line)
{
    return line >> l->halved == l->line_compare
        && (!l->halved || (line & 1));
}

void vga_beam_next(const struct vga_look *l, struct vga_beam *b)
{
    if (splits_after(l, b->line++)) {
        b->address = b->row = 0;
        b->second = false;
        b->below = true;
        b->text_row++;
        return;
    }
    if (l->twice && !b->second) {
        b->second = true;
        return;
    }
    b->second = false;
    if (b->row == l->last_row) {
        b->row = 0;
        b->address += l->pitch;
        b->text_row++;
    } else {
        b->row = (b->row + 1) & 31;
    }
}

/* [CRT Mode Control Register]: how the counters' bits are led to the memory's address. */
u32 vga_beam_offset(const struct vga_look *l, u32 address, u8 row)
{
    u32 at = address & 0xffff;

    if (l->addressing & 0x10)
        at = (at << 2 & 0xfffc) | at >> 14;
    else if (!(l->addressing & 0x40))
        at = (at << 1 & 0xfffe) | (at >> (l->addressing & 0x20 ? 15 : 13) & 1);
    if (!(l->addressing & 1))
        at = (at & ~0x2000u) | (u32)(row & 1) << 13;
    if (!(l->addressing & 2))
        at = (at & ~0x4000u) | (u32)(row & 2) << 13;
    return at;
}

/* -- what has changed -- */

static bool any_dirty(const struct vga *v)
{
    u8 any = 0;

    for (u64 i = 0; i < v->vram->size / PAGE_SIZE; i++)
        any |= v->vram->page_flags[i];
    return any & RAM_DIRTY;
}

static bool dirty(const struct vga *v, u64 first, u64 last)
{
    u64 end = v->vram->size - 1;

    for (u64 i = first / PAGE_SIZE; i <= (last < end ? last : end) / PAGE_SIZE; i++)
        if (v->vram->page_flags[i] & RAM_DIRTY)
            return true;
    return false;
}

/* Were the bytes of these offsets stored to? They are in four places: see vga_place(). */
static bool dirty_offsets(const struct vga *v, u32 first, u32 last)
{
    if (last < first)                           /* the counter ran over */
        return true;
    if (last >> 16 != first >> 16)
        return dirty(v, (u64)(first & ~0xffffu) << 2, (u64)(last | 0xffffu) << 2);
    for (u32 i = 0; i < 4; i++)
        if (dirty(v, (vga_place(first) & ~0x30000u) + (i << 16),
                  (vga_place(last) & ~0x30000u) + (i << 16) + 3))
            return true;
    return false;
}

static bool graphics_line_dirty(const struct vga *v, const struct vga_look *l,
                                const struct vga_beam *b)
{
    u32 last = b->address + ((l->fetched - 1) >> l->count_by);

    return dirty_offsets(v, vga_beam_offset(l, b->address, b->row),
                         vga_beam_offset(l, last, b->row));
}

static bool linear_line_dirty(const struct vga *v, const struct vga_look *l, u32 line)
{
    u64 at = l->start + (u64)line * l->pitch;

    if (l->depth == 4)
        return dirty_offsets(v, (u32)at / 4, (u32)at / 4 + l->width / 8);
    return dirty(v, at, at + l->width * (u64)((l->depth + 7) / 8) - 1);
}

/* From now on stores are noticed, by whichever way they come. */
static void watch(struct vga *v)
{
    if (v->window.ram && v->window.space)
        space_rewatch(&v->window);
    space_rewatch(&v->linear);
}

/* -- drawing -- */

/* One pass over the picture. */
struct drawing {
    struct vga          *v;
    const struct vga_look *look;
    struct surface      *to;
    bool                 whole;     /* every line, wanted or not */
    bool                 keep;      /* remember what was drawn */
    u32                  phase;
    u32                  cells[VGA_COLUMNS + 1];
    bool                 row_changed;
    u8                   dots[VGA_DOTS + 16];
};

static u32 *line_of(struct drawing *d, u32 line)
{
    struct surface *s = d->to;

    if (s->first > s->last)
        s->first = line;
    s->last = line;
    return s->pixel + (size_t)line * s->width;
}

static void put_dots(struct drawing *d, u32 line, u8 panning)
{
    const struct vga_look *l = d->look;
    const u8 *from = d->dots + panning;
    u32 *to = line_of(d, line);

    if (!l->wide) {
        for (u32 x = 0; x < l->width; x++)
            to[x] = l->rgb[from[x]];
        return;
    }
    for (u32 x = 0; x < l->width; x += 2)
        to[x] = to[x + 1] = l->rgb[from[x / 2]];
}

/* Fetches a row of text; does it differ from what was drawn there? */
static bool fetch_row(struct drawing *d, const struct vga_beam *b)
{
    u32 count = d->look->fetched, at = b->text_row * count;
    u32 *kept = d->v->shown.cell + at;

    vga_text_cells(d->v, d->look, b->address, d->phase, d->cells);
    if (!d->keep || at + count > VGA_CELLS)
        return true;
    if (!d->whole && !memcmp(kept, d->cells, count * sizeof *kept))
        return false;
    memcpy(kept, d->cells, count * sizeof *kept);
    return true;
}

static void draw_text(struct drawing *d)
{
    const struct vga_look *l = d->look;
    struct vga_beam b;
    u32 row = UINT32_MAX;

    for (vga_beam_begin(l, &b); b.line < l->height; vga_beam_next(l, &b)) {
        if (b.text_row != row)
            d->row_changed = fetch_row(d, &b) || d->whole;
        row = b.text_row;
        if (!d->row_changed)
            continue;
        vga_text_line(&d->v->shown, l, d->cells, b.row, d->dots);
        put_dots(d, b.line, b.below ? l->panning_below : l->panning);
    }
}

static void draw_graphics(struct drawing *d)
{
    const struct vga_look *l = d->look;
    bool rows_are_one = (l->addressing & 3) == 3;
    u32 fetched = UINT32_MAX;                   /* the address of what is in dots */
    struct vga_beam b;

    for (vga_beam_begin(l, &b); b.line < l->height; vga_beam_next(l, &b)) {
        if (!d->whole && !graphics_line_dirty(d->v, l, &b))
            continue;
        if (!rows_are_one || b.address != fetched)
            vga_graphics_line(d->v, l, b.address, b.row, d->dots);
        fetched = b.address;
        put_dots(d, b.line, b.below ? l->panning_below : l->panning);
    }
}

static void draw_linear(struct drawing *d)
{
    for (u32 y = 0; y < d->look->height; y++)
        if (d->whole || linear_line_dirty(d->v, d->look, y))
            vbe_draw_line(d->v, d->look, y, line_of(d, y));
}

static void draw_blank(struct drawing *d)
{
    for (u32 y = 0; d->whole && y < d->look->height; y++)
        memset(line_of(d, y), 0, d->look->width * sizeof *d->to->pixel);
}

/* Glyphs live among the characters: their pages alone do not tell. */
static bool fonts_changed(struct vga *v, const struct vga_look *l)
{
    u8 font[2][VGA_FONT];

    vga_text_fonts(v, l, font);
    if (!memcmp(font, v->shown.font, sizeof font))
        return false;
    memcpy(v->shown.font, font, sizeof font);
    return true;
}

static void draw(struct drawing *d)
{
    switch (d->look->kind) {
    case VGA_TEXT:     draw_text(d); break;
    case VGA_GRAPHICS: draw_graphics(d); break;
    case VGA_LINEAR:   draw_linear(d); break;
    default:           draw_blank(d);
    }
}

/*
 * `all` is for someone who looks once, at a surface of his own: what another will find changed
 * stays as it is, fonts apart, which are fetched anew whenever memory has changed.
 */
static void screen_draw(struct display *display, struct surface *to, bool all)
{
    struct vga *v = display->owner;
    struct vga_shown *shown = &v->shown;
    struct vga_look look;
    struct drawing d = { .v = v, .look = &look, .to = to, .keep = !all };
    bool changed;

    to->first = 1;
    to->last = 0;
    look_at(v, &look);
    if (to->width != look.width || to->height != look.height)
        return;
    d.phase = look.kind == VGA_TEXT ? blink_phase(v) : 0;
    d.whole = all || !shown->valid || memcmp(&look, &shown->look, sizeof look);
    changed = d.whole || any_dirty(v);
    if (!changed && d.phase == shown->phase)
        return;
    if (look.kind == VGA_TEXT && changed && fonts_changed(v, &look)) {
        shown->valid &= !all;                   /* the other one's glyphs are old */
        d.whole = true;
    }
    draw(&d);
    if (all)
        return;
    if (changed)
        watch(v);
    memcpy(&shown->look, &look, sizeof look);
    shown->phase = d.phase;
    shown->valid = true;
}

static void screen_size(struct display *display, u32 *width, u32 *height)
{
    struct vga_look look;

    look_at(display->owner, &look);
    *width = look.width;
    *height = look.height;
}

/* -- characters -- */

static bool screen_text(struct display *display, struct text_screen *t)
{
    struct vga *v = display->owner;
    u32 cells[VGA_COLUMNS + 1], row = UINT32_MAX, room = sizeof t->character;
    struct vga_look look;
    struct vga_beam b;

    look_at(v, &look);
    if (look.kind != VGA_TEXT)
        return false;
    t->columns = look.columns;
    t->rows = 0;
    t->cursor = UINT32_MAX;
    for (vga_beam_begin(&look, &b); b.line < look.height; vga_beam_next(&look, &b)) {
        if (b.text_row == row || (t->rows + 1) * t->columns > room)
            continue;
        row = b.text_row;
        vga_text_cells(v, &look, b.address, 0, cells);
        for (u32 x = 0, at = t->rows * t->columns; x < t->columns; x++, at++) {
            t->character[at] = (u8)cells[x];
            t->attribute[at] = (u8)(cells[x] >> 8);
            if (cells[x] & CELL_CURSOR)
                t->cursor = at;
        }
        t->rows++;
    }
    return true;
}

void vga_offer_display(struct vga *v)
{
    v->display = (struct display){ v, screen_size, screen_draw, screen_text };
}
