#pragma once
#include "bus/pci.h"
#include "core/display.h"
#include "core/ram.h"

/*
 * What the files of the VGA share.
 *
 * Where a byte is. Planes are interleaved: the four bytes of one plane offset are neighbours,
 * plane 0 first. Offsets are permuted within 64K such that what chain-4 addressing calls byte
 * A is byte A of the memory: a chained frame buffer is a linear one.
 */
static inline u32 vga_place(u32 offset)
{
    return (offset & ~UINT32_C(0xffff)) << 2 | (offset & 3) << 16 | (offset & 0xfffc);
}

/* Registers by index; [CRT Controller Registers] and so on of the VGA's reference. */
enum {
    S_RESET, S_CLOCKING, S_MAP_MASK, S_FONTS, S_MEMORY,                     /* sequencer */
};
enum {
    G_SET_RESET, G_ENABLE_SET_RESET, G_COMPARE, G_ROTATE, G_READ_MAP, G_MODE, G_MISC,
    G_DONT_CARE, G_BIT_MASK,                                                /* graphics */
};
enum {
    C_H_TOTAL, C_H_DISPLAY_END, C_H_BLANK_START, C_H_BLANK_END, C_H_RETRACE_START,
    C_H_RETRACE_END, C_V_TOTAL, C_OVERFLOW, C_PRESET_ROW, C_MAX_SCAN_LINE, C_CURSOR_START,
    C_CURSOR_END, C_START_HIGH, C_START_LOW, C_CURSOR_HIGH, C_CURSOR_LOW, C_V_RETRACE_START,
    C_V_RETRACE_END, C_V_DISPLAY_END, C_OFFSET, C_UNDERLINE, C_V_BLANK_START, C_V_BLANK_END,
    C_MODE, C_LINE_COMPARE,                                                 /* CRTC */
};
enum {
    A_MODE = 16, A_OVERSCAN, A_PLANES, A_PANNING, A_COLOUR_SELECT,          /* attribute */
};
enum {                                                                      /* Bochs' */
    D_ID, D_WIDTH, D_HEIGHT, D_DEPTH, D_ENABLE, D_BANK, D_VIRTUAL_WIDTH, D_VIRTUAL_HEIGHT,
    D_X, D_Y, D_MEMORY, DISPI_COUNT,
};
enum {                                                                      /* of D_ENABLE */
    E_ON = 1, E_CAPABILITIES = 2, E_DAC8 = 0x20, E_LINEAR = 0x40, E_KEEP_MEMORY = 0x80,
};

enum { MISC_COLOUR = 1, MISC_MEMORY = 2, ATTRIBUTE_SCREEN_ON = 0x20 };

#define VGA_STATE(ONE, MANY, PART)                                          \
    ONE (u8,   misc,               "miscellaneous output")                  \
    ONE (u8,   feature,            "feature control")                       \
    ONE (u8,   sequencer_index,    "port 3C4h")                             \
    MANY(u8,   sequencer, 8,       "port 3C5h")                             \
    ONE (u8,   graphics_index,     "port 3CEh")                             \
    MANY(u8,   graphics, 16,       "port 3CFh")                             \
    ONE (u8,   crtc_index,         "port 3D4h")                             \
    MANY(u8,   crtc, 32,           "port 3D5h")                             \
    ONE (u8,   attribute_index,    "port 3C0h, bit 5: screen on")           \
    ONE (bool, attribute_is_data,  "what port 3C0h takes next")             \
    MANY(u8,   attribute, 32,      "by way of port 3C0h")                   \
    ONE (u8,   dac_mask,           "port 3C6h")                             \
    ONE (u8,   dac_state,          "port 3C7h: 3 after a read index, or 0") \
    ONE (u8,   dac_read_index,     "entry that port 3C9h gives")            \
    ONE (u8,   dac_write_index,    "entry that port 3C9h sets")             \
    ONE (u8,   dac_component,      "red, green, blue: the next one")        \
    MANY(u8,   dac_cache, 3,       "components not yet complete")           \
    MANY(u8,   dac, 768,           "entries of red, green, blue")           \
    ONE (u32,  latch,              "a byte of each plane, plane 0 lowest")  \
    ONE (u64,  retrace_cleared,    "when the retrace flag was, ns")         \
    ONE (u16,  dispi_index,        "port 1CEh")                             \
    MANY(u16,  dispi, DISPI_COUNT, "port 1CFh")                             \
    ONE (u32,  byte_order,         "of the frame buffer: 1E1E1E1Eh little")

#define VGA_PCI_STATE(ONE, MANY, PART)                                      \
    VGA_STATE(ONE, MANY, PART)                                              \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)

/* All that the picture depends on beside the memory, derived from the registers. */
enum vga_kind { VGA_BLANK, VGA_TEXT, VGA_GRAPHICS, VGA_LINEAR };

struct vga_look {
    enum vga_kind kind;
    u32  width, height;             /* of the picture, in dots and lines */
    u32  rgb[256];                  /* by DAC index */
    u8   colour[16];                /* DAC index of an attribute's colour */

    u32  start, pitch;              /* of rows; characters, or bytes where it is linear */
    u32  depth;                     /* bits a pixel where it is linear */

    u32  columns, dots;             /* character clocks a line, dots of each */
    u32  fetched;                   /* columns, and one more where dots are panned out */
    bool wide;                      /* each dot twice */
    bool twice;                     /* each line twice */
    bool halved;                    /* vertical counts are of two lines */
    u8   preset_row, last_row;      /* row scan counter */
    u32  line_compare;
    u8   panning, panning_below;    /* dots; below the split */
    u8   addressing;                /* C_MODE, and 10h for doublewords */
    u8   count_by;                  /* character clocks for one step of the address: log2 */

    u8   shift_mode;                /* bits 5 and 6 of G_MODE */
    bool pairs;                     /* two 4-bit pixels are one of 8 bits */
    u8   planes;                    /* enabled */
    u8   flip;                      /* blinking of graphics: what to exclusive-or */

    u16  cursor;
    u8   cursor_first, cursor_last;
    u8   underline;                 /* its row */
    bool line_graphics, blink;
    u16  font[2];                   /* offsets in plane 2; [1] for attributes with bit 3 */
};

/* A character as it is shown now. */
enum { CELL_CURSOR = 0x10000, CELL_HIDDEN = 0x20000 };
enum { VGA_CELLS = 32768, VGA_COLUMNS = 256, VGA_FONT = 256 * 32 };

/* What was drawn last. Derived: a screen that was never looked at has none. */
struct vga_shown {
    bool            valid;
    struct vga_look look;
    u32             phase;          /* of blinking */
    u8              font[2][VGA_FONT];
    u32             cell[VGA_CELLS];
};

struct vga {
    struct device  dev;
    struct pci     pci;             /* pci.dev is NULL on an ISA bus */
    struct ram    *vram, *rom;
    struct region  window, linear, rom_region, mmio;
    struct region  mono, main, colour, dispi_ports;
    struct display display;
    struct vga_shown shown;
    STATE_MEMBERS(VGA_PCI_STATE)
};

/* -- vga.c: registers -- */

void vga_reset_registers(struct vga *);
/* After a load: no number is beyond what the ports would let in. */
void vga_resume_registers(struct vga *);
u8   vga_port_read(struct vga *, u16 port);
void vga_port_write(struct vga *, u16 port, u8 value);
/* Names and maps what both cards have; fails without memory. */
bool vga_attach(struct vga *, struct error *);
/* Ports and window are where the registers, and a PCI card's command, want them. */
void vga_place_ports(struct vga *);
void *vga_offer(struct device *, const char *interface);

/* -- vga_timing.c: the beam -- */

u8   vga_status(struct vga *);      /* input status register 1 */
bool vga_retrace_seen(struct vga *);
u64  vga_frames(struct vga *);      /* since power-on, at the present rate */

/* -- vga_memory.c: A0000h to BFFFFh -- */

void vga_place_window(struct vga *);
extern const struct io_ops vga_window_io;

/* -- vbe.c: Bochs' registers -- */

enum { VBE_EDID = 128 };

static inline bool vbe_on(const struct vga *v)     { return v->dispi[D_ENABLE] & E_ON; }
static inline bool vbe_planar(const struct vga *v) { return v->dispi[D_DEPTH] == 4; }

void vbe_reset(struct vga *);
void vbe_resume(struct vga *);
u16  vbe_read(struct vga *, unsigned index);
void vbe_write(struct vga *, unsigned index, u16 value);
u8   vbe_edid(unsigned at);
extern const struct io_ops vbe_ports_io, vbe_mmio;
void vbe_look(const struct vga *, struct vga_look *);
void vbe_draw_line(const struct vga *, const struct vga_look *, u32 line, u32 *pixel);

/* -- vga_screen.c: pictures -- */

void vga_offer_display(struct vga *);

/* Where the address and row counters are when a line begins. */
struct vga_beam {
    u32  line, address, text_row;
    u8   row;
    bool second, below;             /* of a doubled line; the split */
};

void vga_beam_begin(const struct vga_look *, struct vga_beam *);
void vga_beam_next(const struct vga_look *, struct vga_beam *);
/* The plane offset which the counters mean. */
u32  vga_beam_offset(const struct vga_look *, u32 address, u8 row);

/* -- vga_text.c, vga_graphics.c: a DAC index for each dot of a line -- */

enum { VGA_DOTS = (VGA_COLUMNS + 2) * 9 };

void vga_text_cells(const struct vga *, const struct vga_look *, u32 address, u32 phase,
                    u32 *cells);
void vga_text_line(const struct vga_shown *, const struct vga_look *, const u32 *cells, u8 row,
                   u8 *dots);
void vga_text_fonts(const struct vga *, const struct vga_look *, u8 font[2][VGA_FONT]);
void vga_graphics_line(const struct vga *, const struct vga_look *, u32 address, u8 row,
                       u8 *dots);
