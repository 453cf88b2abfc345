/* isa/x86/flags.h */
/*
 * Arithmetic flags, kept as what they follow from.
 *
 * Operands and result are shifted to the top of 64 bits, so that no reader needs to
 * know the width: res is the result; x and y are two values with CF = x < y whose
 * difference is the other operand (a - b: x = a, y = b; a + b = r: x = r, y = a).
 * Then OF and AF follow from x, y and x - y for additions and subtractions alike, and
 * with x = y they are clear, as logic wants them. What does not fit (INC keeps CF, shifts,
 * POPF) is a mask of flags to be inverted, in `kind` above the width.
 */
#pragma once
#include "core/types.h"

enum eflags {
    CF = 1 << 0, PF = 1 << 2, AF = 1 << 4, ZF = 1 << 6, SF = 1 << 7, TF = 1 << 8, IF = 1 << 9,
    DF = 1 << 10, OF = 1 << 11, IOPL = 3 << 12, NT = 1 << 14, RF = 1 << 16, VM = 1 << 17,
    AC = 1 << 18, VIF = 1 << 19, VIP = 1 << 20, ID = 1 << 21,
    FLAGS_ARITHMETIC = CF | PF | AF | ZF | SF | OF,
};

struct lazy_flags {
    u64 res, x, y;
    u32 kind;                       /* bits 0-7: shift of the low byte; above: inverted flags */
};

enum { KIND_SHIFT = 0xff, KIND_FIX = 8 };

static inline u32 lazy_carry(const struct lazy_flags *f)
{
    return (f->x < f->y) ^ (f->kind >> KIND_FIX & 1);
}

static inline bool lazy_zero(const struct lazy_flags *f)
{
    return (f->res == 0) ^ (f->kind >> (KIND_FIX + 6) & 1);
}

static inline bool lazy_sign(const struct lazy_flags *f)
{
    return (f->res >> 63) ^ (f->kind >> (KIND_FIX + 7) & 1);
}

static inline bool lazy_overflow(const struct lazy_flags *f)
{
    return (((f->x ^ f->y) & (f->x ^ (f->x - f->y))) >> 63) ^ (f->kind >> (KIND_FIX + 11) & 1);
}

static inline bool parity_even(u8 v)
{
    return !__builtin_parity(v);
}

static inline bool lazy_parity(const struct lazy_flags *f)
{
    return parity_even((u8)(f->res >> (f->kind & KIND_SHIFT & 63)))
        ^ (f->kind >> (KIND_FIX + 2) & 1);
}

static inline u32 lazy_all(const struct lazy_flags *f)
{
    u64 d = f->x - f->y;
    u32 v = f->x < f->y ? CF : 0;

    v |= parity_even((u8)(f->res >> (f->kind & KIND_SHIFT & 63))) ? PF : 0;
    v |= (u32)((f->x ^ f->y ^ d) >> (f->kind & KIND_SHIFT & 63)) & AF;
    v |= f->res == 0 ? ZF : 0;
    v |= f->res >> 63 ? SF : 0;
    v |= ((f->x ^ f->y) & (f->x ^ d)) >> 63 ? OF : 0;
    return v ^ f->kind >> KIND_FIX;
}

/* Any combination: a zero result has ZF and PF, the rest is inverted. */
static inline void lazy_set(struct lazy_flags *f, u32 flags)
{
    f->res = f->x = f->y = 0;
    f->kind = ((flags & FLAGS_ARITHMETIC) ^ (ZF | PF)) << KIND_FIX;
}
