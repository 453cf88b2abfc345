#pragma once
#include "core/display.h"
#include "core/machine.h"

/* A machine that is an ISA VGA, and what a BIOS would do to it. */
struct machine *vga_bench(void);

/* The registers of a BIOS mode: 0-7, Dh-13h. Entry i of the DAC becomes vga_dac(i). */
void vga_mode(struct machine *, unsigned mode);
u32  vga_dac(unsigned i);                       /* 00RRGGBBh */

void vga_index(struct machine *, u16 port, u8 index, u8 value);     /* 3C4h 3CEh 3D4h 3B4h */
void vga_attribute(struct machine *, u8 index, u8 value);
void vga_dispi(struct machine *, u16 index, u16 value);

struct display *vga_display(struct machine *);
/* The whole picture, drawn anew; freed by the next call. */
const struct surface *vga_picture(struct machine *);
u32 vga_pixel(struct machine *, u32 x, u32 y);  /* of it */

/* Glyph `character`, plane 2, map `map`: all rows are `row`. */
void vga_glyph(struct machine *, unsigned map, u8 character, u8 row);
