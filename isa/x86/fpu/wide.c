#include "isa/x86/fpu/wide.h"

/* The next 64 bits of x / d, for x < d and d >= 2^127; x becomes the remainder. */
static u64 next_digit(u128 *x, u128 d)
{
    u64 top = d >> 64;
    u64 digit = *x >> 64 >= top ? ~(u64)0 : (u64)(*x / top);    /* or up to 2 less */
    u128 low = (u128)digit * (u64)d;
    u128 high = (u128)digit * top + (low >> 64);
    __int128 above = (__int128)(*x - high) - ((u64)low != 0);
    u64 below = -(u64)low;

    while (above < 0) {
        below += (u64)d;
        above += (__int128)top + (below < (u64)d);
        digit--;
    }
    *x = (u128)above << 64 | below;
    return digit;
}

struct number wide_div(struct number a, struct number b)
{
    u128 d = joined(b), x = joined(a), lost = 0;
    s32 exp = a.exp - b.exp - 1;
    u64 hi, lo;

    if (x >= d) {
        lost = x & 1;
        x >>= 1;
        exp++;
    }
    hi = next_digit(&x, d);
    lo = next_digit(&x, d);
    return normalised(a.sign != b.sign, exp, WIDE(hi, lo | ((x | lost) != 0)));
}

u128 power_series(u128 z, const u128 *c, unsigned terms, bool alternating)
{
    u128 sum = c[terms - 1];

    for (unsigned i = terms - 1; i > 0; i--) {
        u128 rest = fixed_mul(z, sum);

        sum = alternating ? c[i - 1] - rest : c[i - 1] + rest;
    }
    return fixed_mul(z, sum);
}

struct number nudged(struct number a, bool away)
{
    struct number tiny = { INTEGER_BIT, 0, a.exp - 200, away ? a.sign : !a.sign };

    return number_add(a, tiny);
}

struct f80 finish_inexact(struct number a, struct fp_env *e)
{
    a.lo |= 1;
    return f80_finish(a, FP_PC64, e);
}
