/*
 * The processor's window to the video memory: IBM PS/2 Hardware Interface Technical Reference,
 * [Graphics Controller Registers] and [Sequencer Registers].
 *
 * Where a store is nothing but a store -- all planes chained, no function, no mask; or a linear
 * mode -- the window shows the memory itself, and the processor does not come here.
 *
 * Not modelled: latches while the memory itself is shown; the odd/even page bit of the
 * miscellaneous output register; less than 256K of memory.
 */
#include "peripherals/video/vga_card.h"

#include "core/bits.h"
#include "core/machine.h"

#include <string.h>

enum { M_ODD_EVEN_OFF = 4, M_CHAIN4 = 8 };      /* of S_MEMORY */
enum { MODE_COMPARE = 8, MODE_ODD_EVEN = 0x10 };/* of G_MODE */
enum { MISC_CHAIN_ODD_EVEN = 2 };               /* of G_MISC */

/* A byte of ones for each plane. */
static const u32 planes_of[16] = {
    0x00000000, 0x000000ff, 0x0000ff00, 0x0000ffff, 0x00ff0000, 0x00ff00ff, 0x00ffff00, 0x00ffffff,
    0xff000000, 0xff0000ff, 0xff00ff00, 0xff00ffff, 0xffff0000, 0xffff00ff, 0xffffff00, 0xffffffff,
};

static u32 in_all_planes(u8 value)
{
    return value * UINT32_C(0x01010101);
}

/* -- where -- */

struct spot { u32 at; unsigned column; };      /* of the four bytes; which plane A0-A1 mean */

static struct spot find(const struct vga *v, u32 address)
{
    u32 bank = vbe_on(v) ? (u32)v->dispi[D_BANK] << 16 : 0;
    u32 offset = address + bank;

    if (v->sequencer[S_MEMORY] & M_CHAIN4)
        return (struct spot){ offset & (u32)(v->vram->size - 1) & ~3u, address & 3 };
    if (v->graphics[G_MISC] & MISC_CHAIN_ODD_EVEN)
        offset &= ~1u;
    if (!vbe_on(v))
        offset &= 0xffff;
    return (struct spot){ vga_place(offset) & (u32)(v->vram->size - 1), address & 1 };
}

/* -- reading -- */

static u8 matching_pixels(const struct vga *v)
{
    u32 cares = planes_of[v->graphics[G_DONT_CARE] & 15];
    u32 differs = (v->latch ^ planes_of[v->graphics[G_COMPARE] & 15]) & cares;

    differs |= differs >> 16;
    return (u8)~(differs | differs >> 8);
}

static unsigned plane_to_read(const struct vga *v, unsigned column)
{
    unsigned plane = v->graphics[G_READ_MAP] & 3;

    if (v->sequencer[S_MEMORY] & M_CHAIN4)
        return column;
    return v->graphics[G_MODE] & MODE_ODD_EVEN ? (plane & 2) | column : plane;
}

static u8 read_byte(struct vga *v, u32 address)
{
    struct spot p = find(v, address);

    v->latch = load_le32(v->vram->host + p.at);
    if (v->graphics[G_MODE] & MODE_COMPARE)
        return matching_pixels(v);
    return (u8)(v->latch >> 8 * plane_to_read(v, p.column));
}

/* -- writing: [Graphics Mode Register] -- */

static u8 rotated(const struct vga *v, u8 value)
{
    unsigned by = v->graphics[G_ROTATE] & 7;

    return (u8)(value >> by | value << (8 - by));
}

static u32 with_latch(const struct vga *v, u32 data)
{
    switch (v->graphics[G_ROTATE] >> 3) {
    case 1: return data & v->latch;
    case 2: return data | v->latch;
    case 3: return data ^ v->latch;
    }
    return data;
}

/* What the four planes get, before the map mask. */
static u32 to_write(const struct vga *v, u8 value)
{
    u32 set = planes_of[v->graphics[G_SET_RESET] & 15], data, bits;
    u32 enabled = planes_of[v->graphics[G_ENABLE_SET_RESET] & 15];
    u8 mask = v->graphics[G_BIT_MASK];

    switch (v->graphics[G_MODE] & 3) {
    case 0:
        data = (in_all_planes(rotated(v, value)) & ~enabled) | (set & enabled);
        break;
    case 1:
        return v->latch;
    case 2:
        data = planes_of[value & 15];
        break;
    default:
        data = set;
        mask &= rotated(v, value);
        break;
    }
    bits = in_all_planes(mask);
    return (with_latch(v, data) & bits) | (v->latch & ~bits);
}

static unsigned planes_to_write(const struct vga *v, unsigned column)
{
    unsigned planes = v->sequencer[S_MAP_MASK];

    if (v->sequencer[S_MEMORY] & M_CHAIN4)
        return planes & 1u << column;
    return v->sequencer[S_MEMORY] & M_ODD_EVEN_OFF ? planes : planes & 5u << column;
}

static void write_byte(struct vga *v, u32 address, u8 value)
{
    struct spot p = find(v, address);
    u32 changes = planes_of[planes_to_write(v, p.column)];
    u8 *to = v->vram->host + p.at, bytes[4];

    store_le32(bytes, (load_le32(to) & ~changes) | (to_write(v, value) & changes));
    if (likely(!(v->vram->page_flags[p.at / PAGE_SIZE] & (RAM_CODE | RAM_WATCHED))))
        memcpy(to, bytes, 4);
    else
        space_store(v->dev.machine->memory, v->vram, p.at, bytes, 4);
}

/* -- the window -- */

static u64 window_read(struct device *dev, u64 at, unsigned size)
{
    struct vga *v = container_of(dev, struct vga, dev);
    u64 value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (u64)read_byte(v, (u32)at + i) << 8 * i;
    return value;
}

static void window_write(struct device *dev, u64 at, u64 value, unsigned size)
{
    struct vga *v = container_of(dev, struct vga, dev);

    for (unsigned i = 0; i < size; i++)
        write_byte(v, (u32)at + i, (u8)(value >> 8 * i));
}

const struct io_ops vga_window_io = { window_read, window_write, 8 };

/* Is what the window shows the memory itself? */
static bool is_plain(const struct vga *v)
{
    if (vbe_on(v))
        return !vbe_planar(v);
    return v->sequencer[S_MEMORY] & M_CHAIN4 && (v->sequencer[S_MAP_MASK] & 15) == 15
        && !(v->graphics[G_MODE] & (3 | MODE_COMPARE)) && !v->graphics[G_ROTATE]
        && !(v->graphics[G_ENABLE_SET_RESET] & 15) && v->graphics[G_BIT_MASK] == 0xff;
}

void vga_place_window(struct vga *v)
{
    static const struct { u32 base, size; } maps[4] = {
        { 0xa0000, 0x20000 }, { 0xa0000, 0x10000 }, { 0xb0000, 0x8000 }, { 0xb8000, 0x8000 },
    };
    unsigned map = v->graphics[G_MISC] >> 2 & 3;
    struct region *w = &v->window, to = *w;
    u64 bank = vbe_on(v) ? (u64)v->dispi[D_BANK] << 16 : 0;

    to.size = maps[map].size;
    to.io = &vga_window_io;
    to.ram = is_plain(v) && bank + to.size <= v->vram->size ? v->vram : NULL;
    to.writable = to.ram;
    to.ram_offset = to.ram ? bank : 0;
    if (!(v->misc & MISC_MEMORY) || (v->pci.dev && !(pci_word(&v->pci, 4) & 2))) {
        space_unmap(w);
        return;
    }
    if (w->space && w->base == maps[map].base && w->size == to.size && w->ram == to.ram
        && w->ram_offset == to.ram_offset)
        return;
    space_unmap(w);
    to.space = NULL;
    *w = to;
    space_map(v->dev.machine->memory, w, maps[map].base, NORMAL);
}
