/*
 * FSIN, FCOS, FSINCOS, FPTAN. Arguments are reduced by multiples of a pi/2 of 66
 * bits, as Intel's are (SDM 1 8.3.8), and exactly: so sin(x) of a large x is
 * that of the guest's processor, not of mathematics. Then Taylor's series.
 */
#include "isa/x86/fpu/transcend.h"
#include "isa/x86/fpu/wide.h"

/* pi/2 = 3.243F6A8885A308D3h / 2, in units of 2^-65. */
#define HALF_PI WIDE(0x3, 0x243f6a8885a308d3)

/* Below 2^-40, sin(r) differs from r, and cos(r) from 1, less than rounding sees. */
#define TINY (-40)

#define S1  (ONE / (2 * 3))
#define S2  (S1 / (4 * 5))
#define S3  (S2 / (6 * 7))
#define S4  (S3 / (8 * 9))
#define S5  (S4 / (10 * 11))
#define S6  (S5 / (12 * 13))
#define S7  (S6 / (14 * 15))
#define S8  (S7 / (16 * 17))
#define S9  (S8 / (18 * 19))
#define S10 (S9 / (20 * 21))
#define S11 (S10 / (22 * 23))
#define S12 (S11 / (24 * 25))
#define S13 (S12 / (26 * 27))
#define S14 (S13 / (28 * 29))
#define S15 (S14 / (30 * 31))
static const u128 sine_series[] = {
    S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14, S15
};

#define C1  (ONE / 2)
#define C2  (C1 / (3 * 4))
#define C3  (C2 / (5 * 6))
#define C4  (C3 / (7 * 8))
#define C5  (C4 / (9 * 10))
#define C6  (C5 / (11 * 12))
#define C7  (C6 / (13 * 14))
#define C8  (C7 / (15 * 16))
#define C9  (C8 / (17 * 18))
#define C10 (C9 / (19 * 20))
#define C11 (C10 / (21 * 22))
#define C12 (C11 / (23 * 24))
#define C13 (C12 / (25 * 26))
#define C14 (C13 / (27 * 28))
#define C15 (C14 / (29 * 30))
static const u128 cosine_series[] = {
    C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15
};

static const struct number one = { INTEGER_BIT, 0, 0, false };

/* |x| = quadrant * pi/2 + r, |r| <= pi/4; exp < 63. Returns r. */
static struct number reduce(struct number x, unsigned *quadrant)
{
    u128 units, r;
    bool below = false;

    *quadrant = 0;
    x.sign = false;
    if (x.exp < -1)
        return x;
    units = (u128)x.hi << (x.exp + 2);
    *quadrant = (unsigned)(units / HALF_PI) & 3;
    r = units % HALF_PI;
    if (r > HALF_PI / 2) {
        r = HALF_PI - r;
        below = true;
        *quadrant = (*quadrant + 1) & 3;
    }
    return normalised(below, 62, r);
}

static struct number sine(struct number r)
{
    u128 z;

    if (r.exp < TINY)
        return nudged(r, false);
    z = fixed_mul(fixed(r), fixed(r));
    return wide_mul(r, one_minus(power_series(z, sine_series, COUNT(sine_series), true)));
}

static struct number cosine(struct number r)
{
    u128 z;

    if (r.exp < TINY)
        return nudged(one, false);
    z = fixed_mul(fixed(r), fixed(r));
    return one_minus(power_series(z, cosine_series, COUNT(cosine_series), true));
}

static struct number tangent(struct number r)
{
    return r.exp < TINY ? nudged(r, true) : wide_div(sine(r), cosine(r));
}

static struct number cotangent(struct number r)
{
    return r.exp < TINY ? nudged(wide_div(one, r), false) : wide_div(cosine(r), sine(r));
}

static struct number sine_in(unsigned quadrant, struct number r)
{
    struct number s = quadrant & 1 ? cosine(r) : sine(r);

    return quadrant & 2 ? negated(s) : s;
}

/* Zeros are left to the caller: their results are exact. */
static bool is_settled(struct f80 x, enum kind kind, struct f80 *result, struct fp_env *e)
{
    if (f80_is_settled_by_nan(x, x, result, e))
        return true;
    if (kind == KIND_INFINITE) {
        e->flags |= FP_IE;
        *result = F80_INDEFINITE;
        return true;
    }
    *result = x;
    if ((x.se & 0x7fff) >= F80_BIAS + 63) {
        e->flags |= FP_C2;
        return true;
    }
    return denormal_refused(kind == KIND_DENORMAL, e);
}

struct f80 f80_sin(struct f80 x, struct fp_env *e)
{
    struct number n, r;
    enum kind kind = f80_unpack(x, &n);
    unsigned quadrant;
    struct f80 result;

    if (is_settled(x, kind, &result, e) || kind == KIND_ZERO)
        return result;
    r = reduce(n, &quadrant);
    r = sine_in(quadrant, r);
    r.sign ^= n.sign;
    return finish_inexact(r, e);
}

struct f80 f80_cos(struct f80 x, struct fp_env *e)
{
    struct number n, r;
    enum kind kind = f80_unpack(x, &n);
    unsigned quadrant;
    struct f80 result;

    if (is_settled(x, kind, &result, e))
        return result;
    if (kind == KIND_ZERO)
        return f80_pack(false, F80_BIAS, INTEGER_BIT);
    r = reduce(n, &quadrant);
    return finish_inexact(sine_in((quadrant + 1) & 3, r), e);
}

struct f80 f80_sincos(struct f80 x, struct f80 *cosine, struct fp_env *e)
{
    struct f80 result = f80_sin(x, e);

    *cosine = result;           /* a NaN, or x itself */
    if (f80_class(result) != F80_NAN && !fp_refused(e) && !(e->flags & FP_C2))
        *cosine = f80_cos(x, e);
    return result;
}

struct f80 f80_tan(struct f80 x, struct fp_env *e)
{
    struct number n, r;
    enum kind kind = f80_unpack(x, &n);
    unsigned quadrant;
    struct f80 result;

    if (is_settled(x, kind, &result, e) || kind == KIND_ZERO)
        return result;
    r = reduce(n, &quadrant);
    r = quadrant & 1 ? negated(cotangent(r)) : tangent(r);
    r.sign ^= n.sign;
    return finish_inexact(r, e);
}
