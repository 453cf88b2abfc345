/*
 * The transcendental instructions against MPFR: error in units of the last place,
 * direction of rounding, monotonicity.
 */
#include "isa/x86/fpu/transcend.h"
#include "tests/unit/isa/fpu_operands.h"

#include <criterion/criterion.h>
#include <mpfr.h>

#include "tests/unit/isa/fpu_oracle.inc"

#define BITS 400                /* of the oracle: arguments of FSIN reach 2^63 */

enum function { F2XM1, FYL2X, FYL2XP1, FPATAN, FSIN, FCOS, FPTAN, FUNCTIONS };
static const char *const names[] = {
    "F2XM1", "FYL2X", "FYL2XP1", "FPATAN", "FSIN", "FCOS", "FPTAN"
};

/* ST0 is x, ST1 is y */
static struct f80 ours(enum function f, struct f80 x, struct f80 y, struct fp_env *e)
{
    switch (f) {
    case F2XM1:   return f80_2xm1(x, e);
    case FYL2X:   return f80_yl2x(x, y, e);
    case FYL2XP1: return f80_yl2xp1(x, y, e);
    case FPATAN:  return f80_patan(y, x, e);
    case FSIN:    return f80_sin(x, e);
    case FCOS:    return f80_cos(x, e);
    default:      return f80_tan(x, e);
    }
}

/* x less the multiple of the 66-bit pi/2 nearest to it; returns the quadrant. */
static unsigned reduce(mpfr_t x)
{
    mpfr_t half_pi, n;
    long quadrant;

    mpfr_inits2(BITS, half_pi, n, (mpfr_ptr)0);
    mpfr_set_str(half_pi, "3.243f6a8885a308d3", 16, MPFR_RNDN);
    mpfr_div_2ui(half_pi, half_pi, 1, MPFR_RNDN);
    mpfr_div(n, x, half_pi, MPFR_RNDN);
    mpfr_rint(n, n, MPFR_RNDN);
    mpfr_mul(half_pi, half_pi, n, MPFR_RNDN);
    mpfr_sub(x, x, half_pi, MPFR_RNDN);
    mpfr_set_ui(half_pi, 4, MPFR_RNDN);
    mpfr_fmod(n, n, half_pi, MPFR_RNDN);
    quadrant = mpfr_get_si(n, MPFR_RNDN);
    mpfr_clears(half_pi, n, (mpfr_ptr)0);
    return (unsigned)quadrant & 3;
}

static void turn(mpfr_t r, unsigned quadrant)
{
    if (quadrant & 1)
        mpfr_cos(r, r, MPFR_RNDN);
    else
        mpfr_sin(r, r, MPFR_RNDN);
    if (quadrant & 2)
        mpfr_neg(r, r, MPFR_RNDN);
}

static void tangent(mpfr_t r, unsigned quadrant)
{
    mpfr_tan(r, r, MPFR_RNDN);
    if (quadrant & 1) {
        mpfr_ui_div(r, 1, r, MPFR_RNDN);
        mpfr_neg(r, r, MPFR_RNDN);
    }
}

static void exact(mpfr_t r, enum function f, struct f80 x, struct f80 y)
{
    mpfr_t v;
    unsigned quadrant = 0;

    mpfr_init2(v, BITS);
    set_f80(r, x);
    set_f80(v, y);
    if (f >= FSIN && (x.se & 0x7fff) >= 0x3ffe)
        quadrant = reduce(r);
    switch (f) {
    case F2XM1:
        mpfr_const_log2(v, MPFR_RNDN);
        mpfr_mul(r, r, v, MPFR_RNDN);
        mpfr_expm1(r, r, MPFR_RNDN);
        break;
    case FYL2X:
        mpfr_log2(r, r, MPFR_RNDN);
        mpfr_mul(r, r, v, MPFR_RNDN);
        break;
    case FYL2XP1:
        mpfr_log1p(r, r, MPFR_RNDN);
        mpfr_mul(r, r, v, MPFR_RNDN);
        mpfr_const_log2(v, MPFR_RNDN);
        mpfr_div(r, r, v, MPFR_RNDN);
        break;
    case FPATAN: mpfr_atan2(r, v, r, MPFR_RNDN); break;
    case FSIN:   turn(r, quadrant); break;
    case FCOS:   turn(r, (quadrant + 1) & 3); break;
    default:     tangent(r, quadrant); break;
    }
    mpfr_clear(v);
}

/* 2^(the weight of the last place of a) */
static double ulps(mpfr_t difference, struct f80 a)
{
    mpfr_mul_2si(difference, difference, 16383 + 63 - (a.se & 0x7fff ? a.se & 0x7fff : 1),
                 MPFR_RNDN);
    return mpfr_get_d(difference, MPFR_RNDN);
}

static struct f80 f80_of(bool sign, unsigned exponent, u64 bits)
{
    return (struct f80){ bits | (u64)1 << 63, (u16)(sign << 15 | exponent) };
}

/* Within the domain of f, and mostly where f is not trivial. */
static struct f80 argument(enum function f)
{
    unsigned exponent = 0x3fff - random_below(12);
    u64 bits = random_bits();

    if (!random_below(4))
        exponent = 0x3fff - random_below(140);
    if (f <= FYL2XP1 && !random_below(8))
        exponent = random_below(0x3ffd) + 2;    /* results may be denormal */
    switch (f) {
    case F2XM1:
        return f80_of(random_below(2), exponent - 1, bits);
    case FYL2XP1:
        return f80_of(random_below(2), exponent - 2, bits);
    case FYL2X:
        if (random_below(2))
            return f80_of(false, 0x3ffe + random_below(2), (random_below(2) ? bits : ~bits) >> 20);
        return f80_of(false, random_below(0x7ffd) + 1, bits);
    case FPATAN:
        return f80_of(random_below(2), 0x3fff + random_below(100) - 50, bits);
    default:
        if (random_below(2))
            exponent = 0x3fff + random_below(63);
        return f80_of(random_below(2), exponent, bits);
    }
}

static struct f80 second(enum function f, struct f80 x)
{
    unsigned exponent = 0x3fff + random_below(9) - 4;

    if (f == FPATAN)
        exponent = (x.se & 0x7fff) + random_below(random_below(2) ? 14 : 200) - 5;
    return f80_of(random_below(2), exponent, random_bits());
}

/* The error of one result, in units of the last place, or 1000 if misdirected. */
static double error(enum function f, struct f80 x, struct f80 y, unsigned rounding)
{
    struct fp_env e = { .precision = FP_PC64, .masks = 0x3f, .rounding = (u8)rounding };
    struct f80 r = ours(f, x, y, &e);
    mpfr_t wanted, got;
    double off;
    bool grew;

    mpfr_inits2(BITS, wanted, got, (mpfr_ptr)0);
    exact(wanted, f, x, y);
    set_f80(got, r);
    grew = mpfr_cmpabs(got, wanted) > 0;
    mpfr_sub(got, got, wanted, MPFR_RNDN);
    if (mpfr_zero_p(got))
        off = e.flags & ~(u32)FP_PE ? 1000 : 0;
    else {
        off = ulps(got, r);
        if (!(e.flags & FP_PE) || grew != !!(e.flags & FP_C1)
            || (rounding == FP_DOWN && off > 0) || (rounding == FP_UP && off < 0)
            || (rounding == FP_ZERO && grew))
            off = 1000;
        if (rounding == FP_NEAREST)
            off *= 2;
    }
    mpfr_clears(wanted, got, (mpfr_ptr)0);
    return off < 0 ? -off : off;
}

static void check_errors(enum function f)
{
    double worst = 0;

    mpfr_set_emin(-100000);
    for (unsigned i = 0; i < rounds(8000); i++) {
        struct f80 x = argument(f), y = second(f, x);
        unsigned rounding = random_below(4);
        double off = error(f, x, y, rounding);

        if (off > worst)
            worst = off;
        cr_assert(off < 1.000001, "%s of %04x:%016lx, %04x:%016lx rounding %u: off by %g", names[f],
                  x.se, x.man, y.se, y.man, rounding, off);
    }
}

Test(transcend, f2xm1_is_rounded_exactly) { check_errors(F2XM1); }
Test(transcend, fyl2x_is_rounded_exactly) { check_errors(FYL2X); }
Test(transcend, fyl2xp1_is_rounded_exactly) { check_errors(FYL2XP1); }
Test(transcend, fpatan_is_rounded_exactly) { check_errors(FPATAN); }
Test(transcend, fsin_is_rounded_exactly) { check_errors(FSIN); }
Test(transcend, fcos_is_rounded_exactly) { check_errors(FCOS); }
Test(transcend, fptan_is_rounded_exactly) { check_errors(FPTAN); }

/* From a random place, over neighbours: no step goes the wrong way. */
static void check_monotonic(enum function f, bool rises, struct f80 from, struct f80 y)
{
    struct fp_env e = { .masks = 0x3f };
    struct f80 before = ours(f, from, y, &e), after;

    for (int i = 0; i < 8; i++) {
        enum fp_order order;

        from.man += 1 + random_below(3);
        if (!(from.man >> 63))
            break;
        after = ours(f, from, y, &e);
        order = f80_compare(before, after, &e);
        cr_assert(order == FP_EQUAL || order == (rises ? FP_LESS : FP_GREATER),
                  "%s before %04x:%016lx", names[f], from.se, from.man);
        before = after;
    }
}

Test(transcend, neighbours_stay_in_order)
{
    const struct f80 one = { (u64)1 << 63, 0x3fff };

    for (unsigned i = 0; i < rounds(20000); i++) {
        unsigned exponent = 0x3ffd - random_below(12);
        u64 bits = random_bits() >> 1;

        check_monotonic(F2XM1, true, f80_of(false, exponent, bits), one);
        check_monotonic(FYL2X, true, f80_of(false, 0x3ffc + random_below(6), bits), one);
        check_monotonic(FYL2XP1, true, f80_of(false, exponent, bits), one);
        check_monotonic(FPATAN, false, f80_of(false, exponent + random_below(12), bits), one);
        check_monotonic(FSIN, true, f80_of(false, exponent, bits), one);
        check_monotonic(FCOS, false, f80_of(false, exponent, bits), one);
        check_monotonic(FPTAN, true, f80_of(false, exponent, bits), one);
    }
}

Test(transcend, what_is_too_small_to_see_still_rounds)
{
    static const struct {
        enum function f;
        unsigned rounding;
        u64 man;
        u16 se;
    } row[] = {
        { FSIN,   FP_DOWN, ~(u64)0,              0x3fff - 101 },
        { FSIN,   FP_UP,   (u64)1 << 63,         0x3fff - 100 },
        { FPTAN,  FP_ZERO, (u64)1 << 63,         0x3fff - 100 },
        { FPTAN,  FP_UP,   ((u64)1 << 63) + 1,   0x3fff - 100 },
        { FCOS,   FP_ZERO, ~(u64)0,              0x3ffe },
        { FCOS,   FP_UP,   (u64)1 << 63,         0x3fff },
        { FPATAN, FP_UP,   0xc90fdaa22168c235,   0x3fff },
        { FPATAN, FP_DOWN, 0xc90fdaa22168c234,   0x3fff },
    };
    const struct f80 tiny = { (u64)1 << 63, 0x3fff - 100 }, one = { (u64)1 << 63, 0x3fff };

    for (unsigned i = 0; i < COUNT(row); i++) {
        struct fp_env e = { .masks = 0x3f, .rounding = (u8)row[i].rounding };
        struct f80 r = ours(row[i].f, tiny, one, &e);

        cr_assert(r.man == row[i].man && r.se == row[i].se, "row %u: %04x:%016lx", i, r.se, r.man);
    }
}

#define NUMBER(sign, exponent) { (u64)1 << 63, (sign) << 15 | (0x3fff + (exponent)) }
#define PLUS_0 { 0, 0 }
#define MINUS_0 { 0, 0x8000 }
#define PLUS_INFINITY { (u64)1 << 63, 0x7fff }
#define MINUS_INFINITY { (u64)1 << 63, 0xffff }
#define DENORMAL { 1, 0 }
#define PI_HIGH { 0xc90fdaa22168c235, 0x4000 }

Test(transcend, limits_are_those_of_the_manual)
{
    static const struct {
        enum function f;
        struct f80 x, y, result;
        u32 flags;
    } row[] = {
        { F2XM1, MINUS_0, PLUS_0, MINUS_0, 0 },
        { F2XM1, NUMBER(1, 0), PLUS_0, NUMBER(1, -1), FP_PE },
        { F2XM1, NUMBER(0, 0), PLUS_0, NUMBER(0, 0), FP_PE },
        { FYL2X, NUMBER(0, 3), NUMBER(1, 0), { (u64)3 << 62, 0xc000 }, FP_PE },
        { FYL2X, NUMBER(0, 0), NUMBER(1, 0), MINUS_0, 0 },
        { FYL2X, NUMBER(0, 0), PLUS_INFINITY, F80_INDEFINITE, FP_IE },
        { FYL2X, NUMBER(1, 0), NUMBER(0, 0), F80_INDEFINITE, FP_IE },
        { FYL2X, PLUS_0, NUMBER(0, 0), MINUS_INFINITY, FP_ZE },
        { FYL2X, PLUS_0, MINUS_INFINITY, PLUS_INFINITY, 0 },
        { FYL2X, PLUS_0, PLUS_0, F80_INDEFINITE, FP_IE },
        { FYL2X, PLUS_INFINITY, NUMBER(1, 0), MINUS_INFINITY, 0 },
        { FYL2X, MINUS_0, DENORMAL, MINUS_INFINITY, FP_ZE },
        { FYL2XP1, MINUS_0, NUMBER(0, 0), MINUS_0, 0 },
        { FYL2XP1, PLUS_0, MINUS_INFINITY, F80_INDEFINITE, FP_IE },
        { FPATAN, NUMBER(1, 0), PLUS_0, PI_HIGH, FP_PE | FP_C1 },
        { FPATAN, NUMBER(0, 0), MINUS_0, MINUS_0, 0 },
        { FPATAN, PLUS_INFINITY, NUMBER(1, 0), MINUS_0, 0 },
        { FPATAN, PLUS_INFINITY, PLUS_INFINITY, { 0xc90fdaa22168c235, 0x3ffe }, FP_PE | FP_C1 },
        { FSIN, MINUS_0, PLUS_0, MINUS_0, 0 },
        { FSIN, PLUS_INFINITY, PLUS_0, F80_INDEFINITE, FP_IE },
        { FSIN, NUMBER(1, 63), PLUS_0, NUMBER(1, 63), FP_C2 },
        { FSIN, PI_HIGH, PLUS_0, NUMBER(1, -64), FP_PE | FP_C1 },
        { FSIN, DENORMAL, PLUS_0, DENORMAL, FP_DE | FP_UE | FP_PE | FP_C1 },
        { FCOS, MINUS_0, PLUS_0, NUMBER(0, 0), 0 },
        { FCOS, DENORMAL, PLUS_0, NUMBER(0, 0), FP_DE | FP_PE | FP_C1 },
        { FPTAN, MINUS_0, PLUS_0, MINUS_0, 0 },
    };

    for (unsigned i = 0; i < COUNT(row); i++) {
        struct fp_env e = { .masks = 0x3f };
        struct f80 r = ours(row[i].f, row[i].x, row[i].y, &e);

        cr_assert(r.man == row[i].result.man && r.se == row[i].result.se, "row %u: %04x:%016lx", i,
                  r.se, r.man);
        cr_assert_eq(e.flags, row[i].flags, "row %u: %03x", i, e.flags);
    }
}
