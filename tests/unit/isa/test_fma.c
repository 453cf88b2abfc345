/*
 * The short way of fused multiplication and addition of singles, which rounds a sum of doubles
 * again, where that is hardest: beside ties, and where all is exact. fpu/ieee.c, which is tested
 * against MPFR, says what is right.
 */
#include <criterion/criterion.h>

#include "isa/x86/fpu/softfloat.h"
#include "tests/insn/random.h"
#include "tests/unit/isa/one.h"

enum { LANES = 8, MASKED = 0x1f80 };

static f32 of(float v)
{
    f32 bits;

    memcpy(&bits, &v, 4);
    return bits;
}

/* 1 + n * 2^-12, n below 2^12 */
static f32 short_factor(u64 n)
{
    return 0x3f800000 | (u32)(n & 0xfff) << 11;
}

static f32 power(int exponent, bool negative)
{
    return (u32)negative << 31 | (u32)(127 + exponent) << 23;
}

/* The product of odd n's is half a unit away from every single, or a quarter. */
static void near_a_tie(struct rng *r, f32 v[3])
{
    v[0] = short_factor(rng_next(r) | 1);
    v[1] = short_factor(rng_next(r) | 1) ^ (u32)rng_below(r, 2) << 31;
    switch (rng_below(r, 4)) {
    case 0:  v[2] = 0; break;
    case 1:  v[2] = power(-(int)rng_below(r, 120), rng_below(r, 2)); break;
    case 2:  v[2] = power(-40 - (int)rng_below(r, 40), rng_below(r, 2)); break;
    default: v[2] = (u32)rng_next(r) % 0x10000000 + 0x38000000; break;
    }
}

/* The addend takes the product away, or all but its lowest bits. */
static void all_but_nothing(struct rng *r, f32 v[3])
{
    struct fp_env e = { .masks = 0x3f };

    v[0] = short_factor(rng_next(r)) ^ (u32)rng_below(r, 2) << 31;
    v[1] = 0x3f800000 | (u32)(rng_next(r) & 0x7fffff);
    v[2] = f32_mul(v[0], v[1], &e) ^ 0x80000000;
    v[2] += (u32)rng_below(r, 3) - 1;
}

static struct bare *bench(void)
{
    struct bare *b = bare_create(1 << 20, NULL);

    bare_flat64(b, 0x10000);
    bare_enable_avx(b);
    return b;
}

/* vfmadd213ps ymm0, ymm1, ymm2: ymm1 * ymm0 + ymm2 */
static void compare(struct bare *b, f32 v[3][LANES], u32 mxcsr)
{
    struct fp_env e = { .rounding = FP_NEAREST, .masks = 0x3f };
    f32 got[LANES];

    for (unsigned i = 0; i < 3; i++)
        memcpy(b->cpu->v[i].q, v[i], sizeof v[i]);
    b->cpu->mxcsr = mxcsr;
    cr_assert_eq(ONE(b, 0xc4, 0xe2, 0x75, 0xa8, 0xc2), NO_FAULT);
    memcpy(got, b->cpu->v[0].q, sizeof got);
    for (unsigned i = 0; i < LANES; i++) {
        f32 want = f32_muladd(v[1][i], v[0][i], v[2][i], 0, &e);

        cr_assert_eq(got[i], want, "%08x * %08x + %08x is %08x, not %08x", v[1][i], v[0][i],
                     v[2][i], want, got[i]);
    }
    cr_assert_eq(b->cpu->mxcsr, mxcsr | e.flags);
}

static void try(void (*make)(struct rng *, f32 v[3]))
{
    struct rng r = rng_seeded("fma", 1);
    struct bare *b = bench();

    for (unsigned n = 0; n < 20000; n++) {
        f32 v[3][LANES];

        for (unsigned i = 0; i < LANES; i++) {
            f32 lane[3];

            make(&r, lane);
            for (unsigned k = 0; k < 3; k++)
                v[k][i] = lane[k];
        }
        compare(b, v, n & 1 ? MASKED : MASKED | FP_PE);
    }
    bare_destroy(b);
}

Test(fma, rounds_once_beside_a_tie) { try(near_a_tie); }
Test(fma, is_exact_where_the_product_is_taken_away) { try(all_but_nothing); }

/* By hand: (1 + 2^-12)^2 is 1 + 2^-11 + 2^-24, half a unit too much; 2^-60 decides. */
Test(fma, sees_what_a_double_does_not_hold)
{
    struct bare *b = bench();
    static const struct { int sign; f32 want; } some[] = { { 0, 0x3f801001 }, { 1, 0x3f801000 } };

    for (unsigned i = 0; i < COUNT(some); i++) {
        for (unsigned k = 0; k < 2; k++)
            b->cpu->v[k].q[0] = of(1 + 0x1p-12f);
        b->cpu->v[2].q[0] = power(-60, some[i].sign);
        b->cpu->mxcsr = MASKED;
        cr_assert_eq(ONE(b, 0xc4, 0xe2, 0x71, 0xa9, 0xc2), NO_FAULT);     /* vfmadd213ss */
        cr_expect_eq((u32)b->cpu->v[0].q[0], some[i].want);
        cr_expect_eq(b->cpu->mxcsr, (u32)MASKED | FP_PE);
    }
    bare_destroy(b);
}
