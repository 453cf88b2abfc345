/*
 * Where the beam is. Everything follows from the programmed CRTC and virtual time: frames are
 * counted from power-on at the present rate, so nothing is kept and nothing has to wake up.
 * Modes of Bochs' registers have no timing of their own: 60 frames a second, with a twentieth
 * of the lines and a fifth of each line blank.
 */
#include "peripherals/video/vga_card.h"

#include "core/bits.h"

enum { DOTS_25_HZ = 25175000, DOTS_28_HZ = 28322000, NOMINAL_FRAMES = 60 };
enum { NOT_DISPLAYING = 1, RETRACE = 8 };       /* of input status 1 */

struct timing {
    u32 hz;                     /* dots a second */
    u32 line, shown;            /* dots in a line */
    u32 lines, shown_lines;
    u32 retrace, retrace_lines; /* its first line, and how many */
};

static struct timing nominal(const struct vga *v)
{
    u32 height = v->dispi[D_HEIGHT];
    struct timing t = {
        .line = 1000, .shown = 800,
        .lines = height + height / 20 + 4, .shown_lines = height,
        .retrace = height + 1, .retrace_lines = 2,
    };

    t.hz = t.line * t.lines * NOMINAL_FRAMES;
    return t;
}

/* Ten bits of a vertical register: eight of its own, two of the overflow register. */
static u32 vertical(const struct vga *v, unsigned low, unsigned bit_8, unsigned bit_9)
{
    u8 overflow = v->crtc[C_OVERFLOW];

    return v->crtc[low] | (u32)(overflow >> bit_8 & 1) << 8 | (u32)(overflow >> bit_9 & 1) << 9;
}

static struct timing programmed(const struct vga *v)
{
    u32 dots = (v->sequencer[S_CLOCKING] & 1 ? 8 : 9) << (v->sequencer[S_CLOCKING] >> 3 & 1);
    u32 lines = v->crtc[C_MODE] >> 2 & 1;       /* counted in pairs: as a shift */
    struct timing t = {
        .hz = (v->misc & 0x0c) == 4 ? DOTS_28_HZ : DOTS_25_HZ,
        .line = (v->crtc[C_H_TOTAL] + 5u) * dots,
        .shown = (v->crtc[C_H_DISPLAY_END] + 1u) * dots,
        .lines = (vertical(v, C_V_TOTAL, 0, 5) + 2) << lines,
        .shown_lines = (vertical(v, C_V_DISPLAY_END, 1, 6) + 1) << lines,
        .retrace = vertical(v, C_V_RETRACE_START, 2, 7),
    };

    t.retrace_lines = ((v->crtc[C_V_RETRACE_END] - t.retrace - 1) & 15) + 1;
    t.retrace <<= lines;
    t.retrace_lines <<= lines;
    return t;
}

static struct timing timing(const struct vga *v)
{
    return vbe_on(v) ? nominal(v) : programmed(v);
}

/* Vertical retraces that had begun by then. */
static u64 retraces(const struct timing *t, u64 when)
{
    u64 frame = (u64)t->line * t->lines, start = (u64)t->line * (t->retrace % t->lines);

    return (ns_to_ticks(when, t->hz) + frame - start) / frame;
}

u64 vga_frames(struct vga *v)
{
    struct timing t = timing(v);

    return retraces(&t, device_now(&v->dev));
}

/* [Vertical Retrace End Register]: bit 4 as 0 clears the flag and keeps it so. */
bool vga_retrace_seen(struct vga *v)
{
    struct timing t = timing(v);

    return v->crtc[C_V_RETRACE_END] & 0x10
        && retraces(&t, device_now(&v->dev)) > retraces(&t, v->retrace_cleared);
}

/* Bits 4 and 5 feed two bits of the colour back that is on the wires now: of the border only. */
static u8 feedback(const struct vga *v, bool displaying)
{
    static const u8 low[4] = { 0, 4, 1, 6 }, high[4] = { 2, 5, 3, 7 };
    unsigned mux = v->attribute[A_PLANES] >> 4 & 3;
    u8 border = displaying ? 0 : v->attribute[A_OVERSCAN];

    return (u8)((border >> low[mux] & 1) << 4 | (border >> high[mux] & 1) << 5);
}

u8 vga_status(struct vga *v)
{
    struct timing t = timing(v);
    u64 at = device_ticks(&v->dev, t.hz) % ((u64)t.line * t.lines);
    u32 line = (u32)(at / t.line), dot = (u32)(at % t.line);
    bool displaying = line < t.shown_lines && dot < t.shown;

    return (u8)(feedback(v, displaying) | (displaying ? 0 : NOT_DISPLAYING)
                | (line - t.retrace < t.retrace_lines ? RETRACE : 0));
}
