#include "tests/insn/values.h"

#include <string.h>

#include "isa/x86/flags.h"

u64 value_integer(struct rng *r)
{
    static const u64 edge[] = {
        0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
        0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
    };
    u64 v = rng_next(r);

    switch (rng_below(r, 8)) {
    case 0: return edge[rng_below(r, COUNT(edge))];
    case 1: return edge[rng_below(r, COUNT(edge))] + (v % 5) - 2;
    case 2: return v & 0xff;
    case 3: return v & 0x3f;
    case 4: return BIT(v & 63);
    case 5: return (u64)((s64)v >> (v & 63));
    case 6: return (u32)v;
    default: return v;
    }
}

/*
 * An exponent near those of 1, of integers, of the largest and least; a significand of few or all
 * bits.
 */
static u64 float_bits(struct rng *r, unsigned mantissa, unsigned exponent)
{
    u64 v = rng_next(r), man = rng_next(r) & (BIT(mantissa) - 1);
    u64 bias = BIT(exponent - 1) - 1, top = BIT(exponent) - 1, exp;

    switch (rng_below(r, 9)) {
    case 0: exp = 0; break;
    case 1: exp = top; break;
    case 2: exp = bias; break;
    case 3: exp = bias + v % (mantissa + 6); break;
    case 4: exp = bias - 3 + v % 7; break;
    case 5: exp = 1 + v % 4; break;
    case 6: exp = top - 1 - v % 4; break;
    case 7: exp = bias + 60 + v % 8; break;
    default: exp = v & top; break;
    }
    exp &= top;
    switch (rng_below(r, 6)) {
    case 0: man = 0; break;
    case 1: man &= ~(u64)0 << (v % (mantissa + 1)); break;
    case 2: man |= BIT(mantissa) - 1 - (BIT(v % mantissa) - 1); break;
    case 3: man = BIT(v % mantissa); break;
    default: break;
    }
    return (rng_next(r) & 1) << (mantissa + exponent) | exp << mantissa
        | (man & (BIT(mantissa) - 1));
}

u64 value_f64(struct rng *r)
{
    return float_bits(r, 52, 11);
}

u32 value_f32(struct rng *r)
{
    return (u32)float_bits(r, 23, 8);
}

/* Mostly with the integer bit that belongs to the exponent; also what no unit makes itself. */
void value_f80(struct rng *r, u8 to[10])
{
    u64 v = rng_next(r), man = float_bits(r, 52, 11) << 11;
    u64 exp = v % 3 == 0 ? v >> 8 & 0x7fff : 0x3fff;

    switch (rng_below(r, 10)) {
    case 0: exp = 0; man &= ~BIT(63); break;
    case 1: exp = 0x7fff; man = v & 1 ? BIT(63) : man | BIT(63); break;
    case 2: exp = 0; man = 0; break;
    case 3: exp = 0x3fff + v % 70; man |= BIT(63); break;
    case 4: exp = 0x3fff - v % 70; man |= BIT(63); break;
    case 5: exp = v & 1 ? 1 + v % 66 : 0x7ffe - v % 66; man = rng_next(r) | BIT(63); break;
    case 6: exp = 0x3fff + v % 64; man = ~(u64)0 << (63 - v % 64) | BIT(63); break;
    case 7: if (v % 4 == 0) break;      /* unnormal, pseudo-denormal, pseudo-NaN */
    /* fall through */
    default: man = (rng_next(r) & ~(u64)0 << v % 64) | BIT(63); break;
    }
    exp |= (rng_next(r) & 1) << 15;
    for (unsigned i = 0; i < 8; i++)
        to[i] = (u8)(man >> 8 * i);
    to[8] = (u8)exp;
    to[9] = (u8)(exp >> 8);
}

static void put(u8 *to, u64 v, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to[i] = (u8)(v >> 8 * i);
}

void value_vector(struct rng *r, u8 to[16])
{
    unsigned style = (unsigned)rng_below(r, 8);
    unsigned size = style < 2 ? 4 : style < 4 ? 8 : 1u << rng_below(r, 4);

    for (unsigned i = 0; i < 16; i += size)
        put(to + i, style < 2 ? value_f32(r) : style < 4 ? value_f64(r) : value_integer(r), size);
}

u32 value_flags(struct rng *r)
{
    u64 v = rng_next(r);
    u32 flags = (u32)v & FLAGS_ARITHMETIC;

    if (v >> 32 & 1)
        flags |= DF;
    if ((v >> 33 & 31) == 0)
        flags |= AC;
    if ((v >> 38 & 15) == 0)
        flags |= ID;
    if ((v >> 42 & 15) == 0)
        flags |= NT;
    return flags | IF | 2;
}

/* Precision, rounding, masks; the status word's summary follows from them: SDM 1 8.1.3.3 */
static void control_words(struct rng *r, u8 *fx)
{
    u64 v = rng_next(r);
    u32 fcw = ((u32)v & 0x1f3f) | 0x40, mxcsr = (u32)(v >> 16) & 0xffff;
    u32 fsw = (u32)(v >> 32) & 0x7f7f;

    if ((fcw >> 8 & 3) == 1 && v >> 63)
        fcw |= 0x300;
    if (rng_below(r, 5) < 3)
        fcw |= 0x3f;
    if (rng_below(r, 5) < 3)
        mxcsr |= 0x1f80;
    if (rng_below(r, 4))
        mxcsr &= ~0x3fu;
    if (rng_below(r, 4))
        mxcsr &= ~0x8040u;
    if (rng_below(r, 3))
        fsw &= ~0x7fu;
    if (rng_below(r, 2))
        fsw &= ~0x7fu | fcw;
    if (fsw & ~fcw & 0x3f)
        fsw |= 0x8080;
    put(fx + FX_FCW, fcw, 2);
    put(fx + FX_FSW, fsw, 2);
    put(fx + FX_FTW, rng_below(r, 3) ? 0xff : rng_next(r), 1);
    put(fx + FX_MXCSR, mxcsr, 4);
}

void value_fx(struct rng *r, u8 fx[FX_BYTES])
{
    memset(fx, 0, FX_BYTES);
    control_words(r, fx);
    for (unsigned i = 0; i < 8; i++) {
        if (rng_one_in(r, 8)) {         /* as MMX leaves them */
            put(fx + FX_ST + 16 * i, value_integer(r), 8);
            put(fx + FX_ST + 16 * i + 8, 0xffff, 2);
        } else {
            value_f80(r, fx + FX_ST + 16 * i);
        }
    }
    for (unsigned i = 0; i < 16; i++)
        value_vector(r, fx + FX_XMM + 16 * i);
}

void value_ymm(struct rng *r, u8 fx[FX_WHOLE])
{
    bool zero = rng_one_in(r, 8);

    memset(fx + FX_HEADER, 0, FX_WHOLE - FX_HEADER);
    fx[FX_HEADER] = 7;
    for (unsigned i = 0; i < 16 && !zero; i++)
        value_vector(r, fx + FX_YMM + 16 * i);
}
