#pragma once
#include "core/types.h"

#include <stdbool.h>

/*
 * The arithmetic under every format: a nonzero finite value is 1.fff * 2^exp,
 * 1.fff being hi:lo with bit 63 of hi set. Sums, products and fused ones keep
 * all 128 bits; what does not fit is jammed, that is ORed, into the lowest bit,
 * which is enough to round correctly later: `lo` is never confused with an
 * exact zero or an exact half. Values from memory have lo == 0.
 */
typedef unsigned __int128 u128;

struct number {
    u64  hi, lo;
    s32  exp;
    bool sign;
};

#define INTEGER_BIT ((u64)1 << 63)
#define HALF        ((u64)1 << 63)      /* of a unit, in the bits to be rounded */

/* Is the magnitude raised? `rest` is the fraction of a unit being dropped. */
static inline bool rounds_up(unsigned rounding, bool sign, u64 rest, u64 odd)
{
    if (likely(rounding == 0))
        return rest > HALF - (odd & 1);
    return rest && rounding == (sign ? 1 : 2);
}

static inline u64 shift_right_jam(u64 x, unsigned n)
{
    if (n == 0)
        return x;
    return n < 64 ? x >> n | (x << (64 - n) != 0) : x != 0;
}

static inline u128 shift_right_jam_wide(u128 x, unsigned n)
{
    if (n == 0)
        return x;
    return n < 128 ? x >> n | (x << (128 - n) != 0) : x != 0;
}

/* hi:lo need not be normalised; hi == 0 afterwards means zero. */
static inline struct number normalised(bool sign, s32 exp, u128 x)
{
    unsigned n;

    if (!(x >> 64)) {
        if (!x)
            return (struct number){ 0 };
        exp -= 64;
        x <<= 64;
    }
    n = __builtin_clzll(x >> 64);
    x <<= n;
    return (struct number){ x >> 64, (u64)x, exp - (s32)n, sign };
}

/* hi == 0 in the result means an exact zero, whose sign is up to the caller. */
static inline struct number number_add(struct number a, struct number b)
{
    u128 x, y, sum;

    if (a.exp < b.exp) {
        struct number t = a;

        a = b;
        b = t;
    }
    x = (u128)a.hi << 64 | a.lo;
    y = shift_right_jam_wide((u128)b.hi << 64 | b.lo, a.exp - b.exp);
    if (a.sign == b.sign) {
        sum = x + y;
        if (sum < x) {
            sum = (u128)1 << 127 | sum >> 1 | (sum & 1);
            a.exp++;
        }
        return (struct number){ sum >> 64, (u64)sum, a.exp, a.sign };
    }
    sum = x - y;
    if (x < y) {
        sum = -sum;
        a.sign = !a.sign;
    }
    return normalised(a.sign, a.exp, sum);
}

/* The difference of magnitudes; hi:lo is above a.hi only if exponents were equal and lo is 0. */
static inline struct number number_less(struct number a, u64 hi, u64 lo)
{
    u64 borrow = lo != 0;
    unsigned n;

    lo = -lo;
    if (unlikely(a.hi < hi)) {          /* lo was 0 */
        a.hi = hi - a.hi;
        a.sign = !a.sign;
    } else {
        a.hi -= hi + borrow;
    }
    if (unlikely(!a.hi)) {
        if (!lo)
            return (struct number){ 0 };
        a.hi = lo;
        a.exp -= 64;
        lo = 0;
    }
    n = (unsigned)__builtin_clzll(a.hi);
    if (n) {
        a.hi = a.hi << n | lo >> (64 - n);
        lo <<= n;
        a.exp -= (s32)n;
    }
    a.lo = lo;
    return a;
}

/* The same as number_add(), of operands with lo == 0. */
static inline struct number number_sum(struct number a, struct number b)
{
    u64 hi, lo;
    unsigned apart;

    if (a.exp < b.exp) {
        struct number t = a;

        a = b;
        b = t;
    }
    apart = (unsigned)(a.exp - b.exp);
    if (likely(apart < 64)) {
        hi = b.hi >> apart;
        lo = b.hi << 1 << (63 - apart);
    } else {
        hi = 0;
        lo = shift_right_jam(b.hi, apart - 64);
    }
    if (a.sign != b.sign)
        return number_less(a, hi, lo);
    hi += a.hi;
    if (hi < a.hi) {
        lo = hi << 63 | lo >> 1 | (lo & 1);
        hi = INTEGER_BIT | hi >> 1;
        a.exp++;
    }
    a.hi = hi;
    a.lo = lo;
    return a;
}

/* Of operands with lo == 0. */
static inline struct number number_mul(struct number a, struct number b)
{
    u128 product = (u128)a.hi * b.hi;
    unsigned small = !(product >> 127);

    product <<= small;
    return (struct number){
        product >> 64, (u64)product, a.exp + b.exp + 1 - (s32)small, a.sign != b.sign
    };
}

/* The bits after an integer quotient, as far as rounding cares. */
static inline u64 rest_of_quotient(u64 remainder, u64 divisor)
{
    if (!remainder)
        return 0;
    if (remainder == divisor - remainder)
        return HALF;
    return remainder > divisor - remainder ? HALF | 1 : 1;
}

/* Of operands with lo == 0. */
static inline struct number number_div(struct number a, struct number b)
{
    unsigned small = a.hi < b.hi;
    u128 dividend = (u128)a.hi << (63 + small);
    u64 quotient = (u64)(dividend / b.hi);
    u64 remainder = (u64)dividend - quotient * b.hi;

    return (struct number){
        quotient, rest_of_quotient(remainder, b.hi), a.exp - b.exp - (s32)small,
        a.sign != b.sign
    };
}

struct number number_sqrt(struct number);       /* lo == 0, positive */

/* The integer part of the magnitude; exp <= 63. *rest is what follows it. */
static inline u64 number_integer(struct number a, u64 *rest)
{
    if (a.exp < 0) {
        *rest = shift_right_jam(a.hi, -1 - a.exp);
        return 0;
    }
    *rest = a.exp == 63 ? 0 : a.hi << (a.exp + 1);
    return a.hi >> (63 - a.exp);
}
