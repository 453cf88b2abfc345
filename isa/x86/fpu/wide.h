#pragma once
#include "isa/x86/fpu/format.h"

/*
 * What the transcendental functions compute with: numbers whose 128 bits are
 * all significant, and fixed point fractions, u128 in units of 2^-128. Each
 * step errs by a unit or two in the last of 128 bits, so that results of 64 are
 * rounded as the exact value would be in all but one case in 2^50 or so.
 */
#define WIDE(hi, lo) ((u128)(hi) << 64 | (lo))
#define ONE (~(u128)0)          /* short of one by a unit */

static inline u128 joined(struct number a)
{
    return WIDE(a.hi, a.lo);
}

/* The product's upper half. */
static inline u128 fixed_mul(u128 a, u128 b)
{
    u64 ah = a >> 64, al = (u64)a, bh = b >> 64, bl = (u64)b;
    u128 cross = (u128)ah * bl + ((u128)al * bl >> 64);
    u128 other = (u128)al * bh + (u64)cross;

    return (u128)ah * bh + (cross >> 64) + (other >> 64);
}

/* The magnitude, below one, as a fraction. */
static inline u128 fixed(struct number a)
{
    return a.exp < -128 ? 0 : joined(a) >> (-1 - a.exp);
}

static inline struct number one_plus(u128 fraction)
{
    return (struct number){ INTEGER_BIT | (u64)(fraction >> 65), (u64)(fraction >> 1), 0, false };
}

/* Never quite one: the caller's series has more terms than it can tell. */
static inline struct number one_minus(u128 fraction)
{
    return normalised(false, -1, -(fraction ? fraction : 1));
}

static inline struct number negated(struct number a)
{
    a.sign = !a.sign;
    return a;
}

static inline struct number wide_mul(struct number a, struct number b)
{
    u128 product = fixed_mul(joined(a), joined(b));

    return normalised(a.sign != b.sign, a.exp + b.exp + 1, product);
}

/* The exact quotient of the 128-bit significands, cut off and jammed. */
struct number wide_div(struct number a, struct number b);

/* z*c[0] - z^2*c[1] + z^3*c[2] ..., or with all signs plus. */
u128 power_series(u128 z, const u128 *c, unsigned terms, bool alternating);

/* `a` and an amount too small to see, towards or away from zero. */
struct number nudged(struct number a, bool away);

/* Rounds what is known not to be exact. */
struct f80 finish_inexact(struct number, struct fp_env *);
