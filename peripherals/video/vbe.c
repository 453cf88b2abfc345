/*
 * The display interface of Bochs ("VBE DISPI", its own interface documentation): resolutions
 * and depths beyond the VGA's, by an index at port 1CEh and data at 1CFh and 1D0h; and BAR2 of
 * the PCI card, where these, the VGA's ports and the monitor's EDID are found again.
 *
 * Not modelled: the frame buffer in big-endian order.
 */
#include "peripherals/video/vga_card.h"

#include "core/bits.h"
#include "core/machine.h"

#include <string.h>

#define BIG UINT32_C(0xbebebebe)
enum { LITTLE = 0x1e1e1e1e };                   /* orders of bytes */
enum { ID_FIRST = 0xb0c0, ID_LAST = 0xb0c5 };
enum { MAX_WIDTH = 16000, MAX_HEIGHT = 12000, MAX_DEPTH = 32 };

static u32 bits_of(u16 depth)
{
    switch (depth) {
    case 4: case 16: case 24: case 32: return depth;
    case 15: return 16;
    }
    return 8;
}

static u32 pitch_of(const struct vga *v)
{
    return v->dispi[D_VIRTUAL_WIDTH] * bits_of(v->dispi[D_DEPTH]) / 8;
}

static u64 start_of(const struct vga *v)
{
    return (u64)v->dispi[D_Y] * pitch_of(v) + v->dispi[D_X] * bits_of(v->dispi[D_DEPTH]) / 8;
}

static u16 at_most(u64 value, u64 most)
{
    return (u16)(value < most ? value : most);
}

static bool overflows(const struct vga *v)
{
    return start_of(v) + pitch_of(v) * (u64)v->dispi[D_HEIGHT] > v->vram->size;
}

/* While a mode is on, its numbers are made ones that the memory holds. */
static void fit(struct vga *v)
{
    u16 *r = v->dispi;
    u64 rows;

    r[D_DEPTH] = r[D_DEPTH] == 15 ? 15 : (u16)bits_of(r[D_DEPTH]);
    r[D_WIDTH] = at_most(r[D_WIDTH], MAX_WIDTH) & ~7;
    if (!r[D_WIDTH])
        r[D_WIDTH] = 8;
    r[D_VIRTUAL_WIDTH] &= ~7;
    if (r[D_VIRTUAL_WIDTH] < r[D_WIDTH])
        r[D_VIRTUAL_WIDTH] = r[D_WIDTH];
    if (pitch_of(v) > v->vram->size)
        r[D_VIRTUAL_WIDTH] = r[D_WIDTH] = 640;
    rows = v->vram->size / pitch_of(v);
    r[D_VIRTUAL_HEIGHT] = at_most(rows, 0xffff);
    r[D_HEIGHT] = at_most(at_most(r[D_HEIGHT], MAX_HEIGHT), rows);
    if (!r[D_HEIGHT])
        r[D_HEIGHT] = 1;
    if (overflows(v))
        r[D_Y] = 0;
    if (overflows(v))
        r[D_X] = 0;
}

void vbe_reset(struct vga *v)
{
    memset(v->dispi, 0, sizeof v->dispi);
    v->dispi[D_ID] = ID_LAST;
    v->dispi[D_MEMORY] = at_most(v->vram->size >> 16, 0xffff);
    v->dispi_index = 0;
    v->byte_order = LITTLE;
}

void vbe_resume(struct vga *v)
{
    v->dispi[D_BANK] &= (u16)((v->vram->size >> 16) - 1);
    if (vbe_on(v))
        fit(v);
}

/* -- registers -- */

u16 vbe_read(struct vga *v, unsigned index)
{
    if (index >= DISPI_COUNT)
        return 0;
    if (v->dispi[D_ENABLE] & E_CAPABILITIES) {
        switch (index) {
        case D_WIDTH:  return MAX_WIDTH;
        case D_HEIGHT: return MAX_HEIGHT;
        case D_DEPTH:  return MAX_DEPTH;
        }
    }
    return v->dispi[index];
}

static void clear(struct vga *v)
{
    static const u8 zero[PAGE_SIZE];
    u64 end = (u64)pitch_of(v) * v->dispi[D_HEIGHT];

    if (vbe_planar(v))
        end = v->vram->size;                    /* the planes' rows are all over it */
    for (u64 at = 0; at < end; at += sizeof zero)
        space_store(v->dev.machine->memory, v->vram, at, zero, sizeof zero);
}

static void enable(struct vga *v, u16 value)
{
    bool was = vbe_on(v);

    v->dispi[D_ENABLE] = value & (E_ON | E_CAPABILITIES | E_DAC8 | E_LINEAR | E_KEEP_MEMORY);
    if (!vbe_on(v)) {
        v->dispi[D_BANK] = 0;
        return;
    }
    if (was)
        return;
    /* Who speaks to these ports alone finds the window open: 64 KB at A0000h, graphics. */
    v->graphics[G_MISC] = (u8)((v->graphics[G_MISC] & ~0x0f) | 0x05);
    v->dispi[D_BANK] = v->dispi[D_VIRTUAL_WIDTH] = v->dispi[D_X] = v->dispi[D_Y] = 0;
    fit(v);
    if (!(value & E_KEEP_MEMORY))
        clear(v);
}

void vbe_write(struct vga *v, unsigned index, u16 value)
{
    trace(&v->dev, "dispi %u <- %04xh", index, value);
    switch (index) {
    case D_ID:
        if (value >= ID_FIRST && value <= ID_LAST)
            v->dispi[D_ID] = value;
        break;
    case D_ENABLE:
        enable(v, value);
        break;
    case D_BANK:
        v->dispi[D_BANK] = (u16)(value & ((v->vram->size >> 16) - 1));
        break;
    case D_WIDTH: case D_HEIGHT: case D_DEPTH: case D_VIRTUAL_WIDTH: case D_X: case D_Y:
        v->dispi[index] = value;
        if (vbe_on(v))
            fit(v);
        break;
    }
    vga_place_window(v);
}

static u64 ports_read(struct device *dev, u64 at, unsigned size)
{
    struct vga *v = container_of(dev, struct vga, dev);

    return at ? vbe_read(v, v->dispi_index) : v->dispi_index;
}

static void ports_write(struct device *dev, u64 at, u64 value, unsigned size)
{
    struct vga *v = container_of(dev, struct vga, dev);

    if (at)
        vbe_write(v, v->dispi_index, (u16)value);
    else
        v->dispi_index = (u16)value;
}

const struct io_ops vbe_ports_io = { ports_read, ports_write, 2 };

/* -- BAR2 -- */

enum { VGA_PORTS = 0x400, DISPI = 0x500, EXTENSION = 0x600 };
enum { EXTENSION_BYTES = 8 };

static u8 mmio_byte(struct vga *v, u32 at)
{
    if (at < VBE_EDID)
        return vbe_edid(at);
    if (at >= VGA_PORTS && at < VGA_PORTS + 0x20)
        return vga_port_read(v, (u16)(0x3c0 + at - VGA_PORTS));
    if (at >= DISPI && at < DISPI + 2 * DISPI_COUNT)
        return (u8)(vbe_read(v, (at - DISPI) / 2) >> 8 * (at & 1));
    if (at >= EXTENSION && at < EXTENSION + 4)
        return (u8)(EXTENSION_BYTES >> 8 * (at & 3));
    if (at >= EXTENSION + 4 && at < EXTENSION + EXTENSION_BYTES)
        return (u8)(v->byte_order >> 8 * (at & 3));
    return at < VGA_PORTS ? 0 : 0xff;
}

static u64 mmio_read(struct device *dev, u64 at, unsigned size)
{
    struct vga *v = container_of(dev, struct vga, dev);
    u64 value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (u64)mmio_byte(v, (u32)at + i) << 8 * i;
    return value;
}

static void set_byte_order(struct vga *v, u32 value)
{
    if (value != LITTLE && value != BIG)
        return;
    v->byte_order = value;
    if (value != LITTLE)
        guest_oddity(&v->dev, "a big-endian frame buffer is not modelled");
}

static void mmio_write(struct device *dev, u64 at, u64 value, unsigned size)
{
    struct vga *v = container_of(dev, struct vga, dev);

    if (at == EXTENSION + 4 && size == 4)
        set_byte_order(v, (u32)value);
    for (unsigned i = 0; i < size; i++, at++) {
        if (at >= VGA_PORTS && at < VGA_PORTS + 0x20)
            vga_port_write(v, (u16)(0x3c0 + at - VGA_PORTS), (u8)(value >> 8 * i));
        else if (at >= DISPI && at < DISPI + 2 * DISPI_COUNT && at % 2 == 0)
            vbe_write(v, (unsigned)(at - DISPI) / 2, (u16)(value >> 8 * i));
    }
}

const struct io_ops vbe_mmio = { mmio_read, mmio_write, 4 };

/* -- the picture -- */

void vbe_look(const struct vga *v, struct vga_look *l)
{
    l->kind = VGA_LINEAR;
    l->width = v->dispi[D_WIDTH];
    l->height = v->dispi[D_HEIGHT];
    l->depth = v->dispi[D_DEPTH];
    l->pitch = pitch_of(v);
    l->start = (u32)start_of(v);
}

static void draw_planes(const struct vga *v, const struct vga_look *l, u32 line, u32 *pixel)
{
    u32 offset = l->start / 4 + line * (l->pitch / 4), place;

    for (u32 x = 0; x < l->width; x += 8, offset++) {
        place = vga_place(offset) & (u32)(v->vram->size - 1);
        for (int bit = 7; bit >= 0; bit--) {
            const u8 *p = v->vram->host + place;
            unsigned n = (p[0] >> bit & 1) | (p[1] >> bit & 1) << 1
                       | (p[2] >> bit & 1) << 2 | (p[3] >> bit & 1) << 3;

            *pixel++ = l->rgb[l->colour[n & l->planes]];
        }
    }
}

/* Five bits of 00h to 1Fh as eight of 00h to FFh; likewise six. */
static u32 five(u32 v) { return (v & 31) << 3 | (v & 31) >> 2; }
static u32 six(u32 v)  { return (v & 63) << 2 | (v & 63) >> 4; }

void vbe_draw_line(const struct vga *v, const struct vga_look *l, u32 line, u32 *pixel)
{
    const u8 *p = v->vram->host + l->start + (u64)line * l->pitch;
    u32 c;

    switch (l->depth) {
    case 4:
        draw_planes(v, l, line, pixel);
        break;
    case 15:
        for (u32 x = 0; x < l->width; x++) {
            c = load_le16(p + 2 * x);
            pixel[x] = five(c >> 10) << 16 | five(c >> 5) << 8 | five(c);
        }
        break;
    case 16:
        for (u32 x = 0; x < l->width; x++) {
            c = load_le16(p + 2 * x);
            pixel[x] = five(c >> 11) << 16 | six(c >> 5) << 8 | five(c);
        }
        break;
    case 24:
        for (u32 x = 0; x < l->width; x++)
            pixel[x] = load_le16(p + 3 * x) | (u32)p[3 * x + 2] << 16;
        break;
    case 32:
        for (u32 x = 0; x < l->width; x++)
            pixel[x] = load_le32(p + 4 * x) & 0xffffff;
        break;
    default:
        for (u32 x = 0; x < l->width; x++)
            pixel[x] = l->rgb[p[x]];
    }
}
