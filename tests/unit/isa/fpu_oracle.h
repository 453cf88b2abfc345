#pragma once
#include "isa/x86/fpu/softfloat.h"

#include <mpfr.h>

/* Between encodings and MPFR, exactly; NaNs are the caller's business. */

static inline void set_parts(mpfr_t r, bool sign, u64 man, long exponent)
{
    mpfr_set_ui(r, man >> 32, MPFR_RNDN);
    mpfr_mul_2ui(r, r, 32, MPFR_RNDN);
    mpfr_add_ui(r, r, man & 0xffffffff, MPFR_RNDN);
    mpfr_mul_2si(r, r, exponent, MPFR_RNDN);
    mpfr_setsign(r, r, sign, MPFR_RNDN);
}

static inline void set_ieee(mpfr_t r, u64 a, unsigned bits, unsigned exponent_bits)
{
    u64 man = a & (((u64)1 << (bits - 1)) - 1);
    unsigned top = (1u << exponent_bits) - 1, exponent = a >> (bits - 1) & top;
    bool sign = a >> (bits - 1 + exponent_bits) & 1;

    if (exponent == top) {
        if (man)
            mpfr_set_nan(r);
        else
            mpfr_set_inf(r, sign ? -1 : 1);
        return;
    }
    if (exponent)
        man |= (u64)1 << (bits - 1);
    else
        exponent = 1;
    set_parts(r, sign, man, (long)exponent - (top >> 1) - (bits - 1));
}

static inline void set_f32(mpfr_t r, f32 a) { set_ieee(r, a, 24, 8); }
static inline void set_f64(mpfr_t r, f64 a) { set_ieee(r, a, 53, 11); }

static inline void set_f80(mpfr_t r, struct f80 a)
{
    unsigned exponent = a.se & 0x7fff;

    switch (f80_class(a)) {
    case F80_NAN:
    case F80_UNSUPPORTED: mpfr_set_nan(r); break;
    case F80_INFINITE:    mpfr_set_inf(r, a.se >> 15 ? -1 : 1); break;
    default:
        set_parts(r, a.se >> 15, a.man, (long)(exponent ? exponent : 1) - 16383 - 63);
    }
}
