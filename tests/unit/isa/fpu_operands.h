#pragma once
#include "isa/x86/fpu/softfloat.h"

#include <stdlib.h>

/*
 * Operands for testing arithmetic: mostly where it is hardest, at the ends of the
 * exponent range, near the other operand, at ties, and among the NaNs.
 */
static u64 random_state = 0x9e3779b97f4a7c15;

static inline u64 random_u64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1d;
}

static inline unsigned random_below(unsigned n)
{
    return (unsigned)(random_u64() >> 33) % n;
}

/* How many rounds a test makes: about two seconds for all, or for a long run many. */
static inline unsigned rounds(unsigned n)
{
    const char *longer = getenv("ORRERY_LONG");

    return longer ? n * (unsigned)(atoi(longer) > 1 ? atoi(longer) : 100) : n;
}

/* Left-aligned bits with long runs, few bits, or none of either. */
static inline u64 random_bits(void)
{
    unsigned n = random_below(64), m = random_below(64);

    switch (random_below(10)) {
    case 0:  return 0;
    case 1:  return ~(u64)0 << n;
    case 2:  return (u64)1 << n;
    case 3:  return ((u64)1 << n) + ((u64)1 << m);
    case 4:  return (~(u64)0 << n) - ((u64)1 << m);
    case 5:  return ~(u64)0 << n ^ ~(u64)0 << m;
    case 6:  return random_u64() << n;
    case 7:  return ~(random_u64() << n >> n);
    default: return random_u64();
    }
}

/* `top` is the exponent of infinities; `near` another operand's exponent. */
static inline unsigned random_exponent(unsigned top, unsigned near)
{
    switch (random_below(12)) {
    case 0:  return 0;
    case 1:  return top;
    case 2:  return 1 + random_below(3);
    case 3:  return top - 1 - random_below(3);
    case 4:  return (top / 2 + random_below(70) - 5) & top;
    case 5:  return (top / 2 - random_below(70)) & top;
    case 6:  return random_below(140) & top;
    case 7:  return (top - random_below(80)) & top;
    case 8:
    case 9:  return (near + random_below(9) - 4) & top;
    case 10: return (near + random_below(160) - 80) & top;
    default: return (unsigned)random_u64() & top;
    }
}

/* Zeros and infinities would be rare otherwise: now and then, `random` made one. */
static inline u64 or_special(u64 random, u64 infinity)
{
    u64 sign = random & (infinity << 1 ^ infinity) & ~infinity;

    if (random_below(12))
        return random;
    return sign | (random_below(2) ? infinity : 0);
}

static inline f32 random_f32(f32 near)
{
    u32 r = (u32)random_below(2) << 31 | random_exponent(0xff, near >> 23 & 0xff) << 23
          | (u32)(random_bits() >> 41);

    return (u32)or_special(r, 0x7f800000);
}

static inline f64 random_f64(f64 near)
{
    u64 r = (u64)random_below(2) << 63
          | (u64)random_exponent(0x7ff, near >> 52 & 0x7ff) << 52 | random_bits() >> 12;

    return or_special(r, 0x7ff0000000000000);
}

static inline struct f80 random_f80(struct f80 near)
{
    struct f80 r;
    unsigned exponent = random_exponent(0x7fff, near.se & 0x7fff);

    if (!random_below(12))
        exponent = random_below(2) ? 0x7fff : 0;
    r.man = exponent % 0x7fff || random_below(2) ? random_bits() : 0;
    if (exponent && random_below(32))
        r.man |= (u64)1 << 63;
    r.se = (u16)(random_below(2) << 15 | exponent);
    return r;
}
