/*
 * Software floating point against MPFR: values and flags of every operation that
 * rounds, on operands from the edges. The rules MPFR does not know -- NaNs, DAZ and
 * FTZ, unmasked exceptions -- have tables of their own.
 */
#include "isa/x86/fpu/softfloat.h"
#include "tests/unit/isa/fpu_operands.h"

#include <criterion/criterion.h>
#include <mpfr.h>

#include "tests/unit/isa/fpu_oracle.inc"

#define MASKED 0x3f
#define WIDE_BITS 300           /* holds any operand, and any integer we meet */

static const mpfr_rnd_t direction[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };

/* Of a result: its precision and the exponents of 1.0 * 2^e that are normal. */
struct shape {
    unsigned bits;
    long     lowest, highest;
};

static const struct shape shape_f16 = { 11, -14, 15 };
static const struct shape shape_f32 = { 24, -126, 127 };
static const struct shape shape_f64 = { 53, -1022, 1023 };

static struct shape shape_f80(unsigned precision)
{
    static const u8 bits[] = { 24, 24, 53, 64 };

    return (struct shape){ bits[precision], -16382, 16383 };
}

enum operation { ADD, SUB, MUL, DIV, SQRT, FMA, COPY, OPERATIONS };

/* How many of its operands an operation looks at. */
static const u8 arity[] = { 2, 2, 2, 2, 1, 3, 1 };

/* r is rounded to its own precision. */
static int operate(enum operation op, mpfr_t r, mpfr_t v[3], mpfr_rnd_t to)
{
    switch (op) {
    case ADD:  return mpfr_add(r, v[0], v[1], to);
    case SUB:  return mpfr_sub(r, v[0], v[1], to);
    case MUL:  return mpfr_mul(r, v[0], v[1], to);
    case DIV:  return mpfr_div(r, v[0], v[1], to);
    case SQRT: return mpfr_sqrt(r, v[0], to);
    case FMA:  return mpfr_fma(r, v[0], v[1], v[2], to);
    default:   return mpfr_set(r, v[0], to);
    }
}

static void any_exponent(void)
{
    mpfr_set_emin(-200000);
    mpfr_set_emax(200000);
}

/* Smaller in magnitude than any normal value, once rounded to so many bits? */
static bool is_tiny(enum operation op, mpfr_t v[3], struct shape s, mpfr_rnd_t to)
{
    mpfr_t r;
    bool tiny;

    mpfr_init2(r, s.bits);
    operate(op, r, v, to);
    tiny = mpfr_regular_p(r) && mpfr_get_exp(r) - 1 < s.lowest;
    mpfr_clear(r);
    return tiny;
}

/* The masked result in r, which is initialised here; returns the flags. */
static u32 expect(enum operation op, mpfr_t r, mpfr_t v[3], struct shape s, unsigned rounding)
{
    mpfr_rnd_t to = direction[rounding];
    bool tiny, grew, overflow, divided_by_zero, infinite = false;
    u32 flags = 0;
    int ternary;

    for (int i = 0; i < arity[op]; i++)
        infinite |= mpfr_inf_p(v[i]) != 0;
    any_exponent();
    tiny = is_tiny(op, v, s, to);
    mpfr_init2(r, s.bits);
    mpfr_clear_flags();
    ternary = operate(op, r, v, to);
    divided_by_zero = mpfr_divby0_p() != 0;
    mpfr_set_emin(s.lowest - (long)s.bits + 2);
    mpfr_set_emax(s.highest + 1);
    ternary = mpfr_check_range(r, ternary, to);
    overflow = mpfr_overflow_p() && !infinite;
    ternary = mpfr_subnormalize(r, ternary, to);
    if (mpfr_nan_p(r))
        flags = FP_IE;
    else if (divided_by_zero)
        flags = FP_ZE;
    else if (ternary) {
        grew = (ternary > 0) != (mpfr_signbit(r) != 0);
        flags = FP_PE | (grew ? FP_C1 : 0) | (tiny ? FP_UE : 0) | (overflow ? FP_OE : 0);
    }
    any_exponent();
    return flags;
}

static bool equal(mpfr_t a, mpfr_t b)
{
    if (mpfr_nan_p(a) || mpfr_nan_p(b))
        return mpfr_nan_p(a) && mpfr_nan_p(b);
    return mpfr_equal_p(a, b) && !mpfr_signbit(a) == !mpfr_signbit(b);
}

/* Frees what expect() made, and `got`. */
static bool agrees(mpfr_t got, mpfr_t wanted, u32 flags, u32 wanted_flags)
{
    bool same = equal(got, wanted) && flags == wanted_flags;

    mpfr_clears(got, wanted, (mpfr_ptr)0);
    return same;
}

static bool f32_denormal(f32 a) { return a << 1 && !(a << 1 >> 24); }
static bool f64_denormal(f64 a) { return a << 1 && !(a << 1 >> 53); }
static bool f32_nan(f32 a) { return a << 1 > 0xff000000; }
static bool f64_nan(f64 a) { return a << 1 > 0xffe0000000000000; }

/* IE and ZE come before DE. */
static u32 with_denormal(u32 flags, bool denormal)
{
    return flags & (FP_IE | FP_ZE) || !denormal ? flags : flags | FP_DE;
}

static f32 f32_operate(enum operation op, const f32 a[3], struct fp_env *e)
{
    switch (op) {
    case ADD:  return f32_add(a[0], a[1], e);
    case SUB:  return f32_sub(a[0], a[1], e);
    case MUL:  return f32_mul(a[0], a[1], e);
    case DIV:  return f32_div(a[0], a[1], e);
    case SQRT: return f32_sqrt(a[0], e);
    default:   return f32_muladd(a[0], a[1], a[2], 0, e);
    }
}

static f64 f64_operate(enum operation op, const f64 a[3], struct fp_env *e)
{
    switch (op) {
    case ADD:  return f64_add(a[0], a[1], e);
    case SUB:  return f64_sub(a[0], a[1], e);
    case MUL:  return f64_mul(a[0], a[1], e);
    case DIV:  return f64_div(a[0], a[1], e);
    case SQRT: return f64_sqrt(a[0], e);
    default:   return f64_muladd(a[0], a[1], a[2], 0, e);
    }
}

static struct f80 f80_operate(enum operation op, const struct f80 a[2], struct fp_env *e)
{
    switch (op) {
    case ADD:  return f80_add(a[0], a[1], e);
    case SUB:  return f80_sub(a[0], a[1], e);
    case MUL:  return f80_mul(a[0], a[1], e);
    case DIV:  return f80_div(a[0], a[1], e);
    default:   return f80_sqrt(a[0], e);
    }
}

static mpfr_t value[3];

static void set_up(void)
{
    any_exponent();
    for (int i = 0; i < 3; i++) {
        mpfr_init2(value[i], WIDE_BITS);
        mpfr_set_ui(value[i], 1, MPFR_RNDN);
    }
}

TestSuite(softfloat, .init = set_up);

Test(softfloat, f32_arithmetic_is_exact)
{
    for (unsigned i = 0; i < rounds(60000); i++) {
        enum operation op = i % (FMA + 1);
        struct fp_env e = { .rounding = (u8)random_below(4), .masks = MASKED };
        f32 a[3], r;
        bool denormal = false, nan = false;
        mpfr_t got, wanted;
        u32 flags;

        a[0] = random_f32(0x3f800000);
        a[1] = random_f32(a[0]);
        a[2] = random_f32(f32_mul(a[0], a[1], &(struct fp_env){ .masks = MASKED }));
        for (int n = 0; n < arity[op]; n++) {
            denormal |= f32_denormal(a[n]);
            nan |= f32_nan(a[n]);
            set_f32(value[n], a[n]);
        }
        if (nan)
            continue;
        r = f32_operate(op, a, &e);
        mpfr_init2(got, WIDE_BITS);
        set_f32(got, r);
        flags = with_denormal(expect(op, wanted, value, shape_f32, e.rounding), denormal);
        cr_assert(agrees(got, wanted, e.flags, flags),
                  "%u of %08x %08x %08x by %u: %08x %03x, not %03x", op, a[0], a[1], a[2],
                  e.rounding, r, e.flags, flags);
    }
}

Test(softfloat, f64_arithmetic_is_exact)
{
    for (unsigned i = 0; i < rounds(60000); i++) {
        enum operation op = i % (FMA + 1);
        struct fp_env e = { .rounding = (u8)random_below(4), .masks = MASKED };
        f64 a[3], r;
        bool denormal = false, nan = false;
        mpfr_t got, wanted;
        u32 flags;

        a[0] = random_f64(0x3ff0000000000000);
        a[1] = random_f64(a[0]);
        a[2] = random_f64(f64_mul(a[0], a[1], &(struct fp_env){ .masks = MASKED }));
        for (int n = 0; n < arity[op]; n++) {
            denormal |= f64_denormal(a[n]);
            nan |= f64_nan(a[n]);
            set_f64(value[n], a[n]);
        }
        if (nan)
            continue;
        r = f64_operate(op, a, &e);
        mpfr_init2(got, WIDE_BITS);
        set_f64(got, r);
        flags = with_denormal(expect(op, wanted, value, shape_f64, e.rounding), denormal);
        cr_assert(agrees(got, wanted, e.flags, flags),
                  "%u of %016lx %016lx %016lx by %u: %016lx %03x, not %03x", op, a[0], a[1], a[2],
                  e.rounding, r, e.flags, flags);
    }
}

static bool f80_denormal(struct f80 a) { return f80_class(a) == F80_DENORMAL; }

static bool f80_nan(struct f80 a)
{
    return f80_class(a) == F80_NAN || f80_class(a) == F80_UNSUPPORTED;
}

static const u8 precisions[] = { FP_PC24, FP_PC53, FP_PC64, FP_PC64 };

Test(softfloat, f80_arithmetic_is_exact_at_every_precision)
{
    for (unsigned i = 0; i < rounds(60000); i++) {
        enum operation op = i % (SQRT + 1);
        struct fp_env e = {
            .rounding = (u8)random_below(4), .masks = MASKED,
            .precision = precisions[random_below(4)]
        };
        struct f80 a[2], r;
        bool denormal = false, nan = false;
        mpfr_t got, wanted;
        u32 flags;

        a[0] = random_f80((struct f80){ 0, 0x3fff });
        a[1] = random_f80(a[0]);
        for (int n = 0; n < arity[op]; n++) {
            denormal |= f80_denormal(a[n]);
            nan |= f80_nan(a[n]);
            set_f80(value[n], a[n]);
        }
        if (nan)
            continue;
        r = f80_operate(op, a, &e);
        mpfr_init2(got, WIDE_BITS);
        set_f80(got, r);
        flags = expect(op, wanted, value, shape_f80(e.precision), e.rounding);
        flags = with_denormal(flags, denormal);
        cr_assert(agrees(got, wanted, e.flags, flags),
                  "%u of %04x:%016lx %04x:%016lx by %u, %u: %04x:%016lx %03x, not %03x", op,
                  a[0].se, a[0].man, a[1].se, a[1].man, e.rounding, e.precision, r.se, r.man,
                  e.flags, flags);
    }
}

Test(softfloat, narrowing_is_exact)
{
    for (unsigned i = 0; i < rounds(60000); i++) {
        struct fp_env e = { .rounding = (u8)random_below(4), .masks = MASKED };
        struct f80 a = random_f80((struct f80){ 0, random_below(2) ? 0x3c00 : 0x4080 });
        f64 b = random_f64(0x3f70000000000000);
        f32 c = random_f32(0x3f000000);
        mpfr_t got, wanted;
        struct shape shape;
        bool denormal = false;
        u32 flags;

        mpfr_init2(got, WIDE_BITS);
        switch (i % 4) {
        case 0:
            set_f80(value[0], a);
            set_f64(got, f80_to_f64(a, &e));
            shape = shape_f64;
            break;
        case 1:
            set_f80(value[0], a);
            set_f32(got, f80_to_f32(a, &e));
            shape = shape_f32;
            break;
        case 2:
            set_f64(value[0], b);
            set_f32(got, f64_to_f32(b, &e));
            shape = shape_f32;
            denormal = f64_denormal(b);
            break;
        default:
            set_f32(value[0], c);
            set_ieee(got, f32_to_f16(c, e.rounding, &e), 11, 5);
            shape = shape_f16;
            denormal = f32_denormal(c);
            break;
        }
        if (mpfr_nan_p(value[0])) {
            mpfr_clear(got);
            continue;
        }
        flags = with_denormal(expect(COPY, wanted, value, shape, e.rounding), denormal);
        cr_assert(agrees(got, wanted, e.flags, flags),
                  "%u of %04x:%016lx %016lx %08x by %u: %03x, not %03x", i % 4, a.se, a.man, b, c,
                  e.rounding, e.flags, flags);
    }
}

Test(softfloat, widening_changes_nothing)
{
    for (unsigned i = 0; i < rounds(20000); i++) {
        struct fp_env e = { .masks = MASKED };
        f32 a = random_f32(0x3f800000);
        f64 b = random_f64(0x3ff0000000000000);
        f16 c = (f16)random_u64();
        mpfr_t got;

        mpfr_init2(got, WIDE_BITS);
        set_f32(value[0], a);
        set_f64(got, f32_to_f64(a, &e));
        cr_assert(equal(got, value[0]));
        set_f80(got, f32_to_f80(a, &e));
        cr_assert(equal(got, value[0]));
        set_f64(value[0], b);
        set_f80(got, f64_to_f80(b, &e));
        cr_assert(equal(got, value[0]));
        set_ieee(value[0], c, 11, 5);
        set_f32(got, f16_to_f32(c, &e));
        cr_assert(equal(got, value[0]));
        mpfr_clear(got);
    }
}

/* What FIST and CVT make of value[0]. */
static s64 integer(unsigned bits, unsigned rounding, u32 *flags)
{
    s64 limit = (s64)((u64)1 << (bits - 1)), result;
    bool fits, inexact, grew;
    mpfr_t r;

    mpfr_init2(r, WIDE_BITS + 16400);
    inexact = mpfr_number_p(value[0]) && mpfr_rint(r, value[0], direction[rounding]) != 0;
    grew = mpfr_number_p(value[0]) && mpfr_cmpabs(r, value[0]) > 0;
    fits = mpfr_number_p(value[0]) && mpfr_fits_intmax_p(r, MPFR_RNDN);
    result = fits ? mpfr_get_sj(r, MPFR_RNDN) : -limit;
    if (bits < 64)
        fits = fits && result >= -limit && result < limit;
    *flags = !fits ? FP_IE : (inexact ? FP_PE : 0) | (grew ? FP_C1 : 0);
    mpfr_clear(r);
    return fits ? result : bits < 64 ? -limit : INT64_MIN;
}

Test(softfloat, integers_are_rounded_or_indefinite)
{
    for (unsigned i = 0; i < rounds(60000); i++) {
        unsigned rounding = random_below(4);
        struct fp_env e = { .masks = MASKED };
        struct f80 a = random_f80((struct f80){ 0, random_below(2) ? 0x3fff : 0x4020 });
        f64 b = random_f64(random_below(2) ? 0x41f0000000000000 : 0x3ff0000000000000);
        f32 c = random_f32(0x3f800000);
        s64 got, wanted;
        u32 flags;

        switch (i % 5) {
        case 0:
            set_f80(value[0], a);
            got = f80_to_s64(a, rounding, &e);
            break;
        case 1:
            set_f80(value[0], a);
            got = f80_to_s16(a, rounding, &e);
            break;
        case 2:
            set_f64(value[0], b);
            got = f64_to_s64(b, rounding, &e);
            break;
        case 3:
            set_f64(value[0], b);
            got = f64_to_s32(b, rounding, &e);
            break;
        default:
            set_f32(value[0], c);
            got = f32_to_s32(c, rounding, &e);
            break;
        }
        wanted = integer((const u8[]){ 64, 16, 64, 32, 32 }[i % 5], rounding, &flags);
        cr_assert(got == wanted && e.flags == flags,
                  "%u of %04x:%016lx %016lx %08x by %u: %lx %03x, not %lx %03x", i % 5, a.se,
                  a.man, b, c, rounding, got, e.flags, wanted, flags);
    }
}

Test(softfloat, integers_become_floats)
{
    for (unsigned i = 0; i < rounds(20000); i++) {
        struct fp_env e = { .rounding = (u8)random_below(4), .masks = MASKED };
        s64 a = (s64)(random_bits() >> random_below(64));
        mpfr_t got, wanted;
        u32 flags;

        mpfr_set_sj(value[0], a, MPFR_RNDN);
        mpfr_init2(got, WIDE_BITS);
        if (i % 2)
            set_f32(got, s64_to_f32(a, &e));
        else
            set_f64(got, s64_to_f64(a, &e));
        flags = expect(COPY, wanted, value, i % 2 ? shape_f32 : shape_f64, e.rounding);
        cr_assert(agrees(got, wanted, e.flags, flags), "%lx by %u", a, e.rounding);
        mpfr_init2(got, WIDE_BITS);
        set_f80(got, s64_to_f80(a));
        cr_assert(equal(got, value[0]), "%lx", a);
        mpfr_clear(got);
    }
}

/* FPREM repeated until C2 is clear is one exact remainder. */
static void check_remainder(struct f80 a, struct f80 b, bool nearest)
{
    struct fp_env e = { .masks = MASKED };
    struct f80 r = a;
    mpfr_t got, wanted;
    long quotient;

    do {
        e.flags = 0;
        r = f80_rem(r, b, nearest, &e);
    } while (e.flags & FP_C2);
    set_f80(value[0], a);
    set_f80(value[1], b);
    mpfr_inits2(WIDE_BITS, got, wanted, (mpfr_ptr)0);
    set_f80(got, r);
    if (nearest)
        mpfr_remquo(wanted, &quotient, value[0], value[1], MPFR_RNDN);
    else
        mpfr_fmodquo(wanted, &quotient, value[0], value[1], MPFR_RNDN);
    quotient = quotient < 0 ? -quotient : quotient;
    cr_assert(equal(got, wanted), "%04x:%016lx %04x:%016lx", a.se, a.man, b.se, b.man);
    cr_assert_eq(e.flags & ~(u32)FP_DE, (quotient & 4 ? FP_C0 : 0) | (quotient & 2 ? FP_C3 : 0)
                                        | (quotient & 1 ? FP_C1 : 0));
    mpfr_clears(got, wanted, (mpfr_ptr)0);
}

Test(softfloat, remainders_are_exact)
{
    for (unsigned i = 0; i < rounds(3000); i++) {
        struct f80 a = random_f80((struct f80){ 0, 0x3fff }), b = random_f80(a);

        if (!f80_nan(a) && !f80_nan(b) && f80_class(a) != F80_INFINITE
            && f80_class(b) != F80_IS_ZERO)
            check_remainder(a, b, i & 1);
    }
}

Test(softfloat, partial_remainders_step_by_32_to_63)
{
    struct fp_env e = { .masks = MASKED };
    struct f80 a = { (u64)1 << 63, 0x3fff + 100 }, b = { (u64)3 << 62, 0x3fff };
    struct f80 r = f80_rem(a, b, false, &e);

    cr_assert_eq(e.flags, FP_C2);
    cr_assert_eq(r.se, 0x3fff + 100 - (32 + 100 % 32) - 1 + 1);
}

Test(softfloat, order_is_that_of_the_values)
{
    for (unsigned i = 0; i < rounds(30000); i++) {
        struct fp_env e = { .masks = MASKED };
        struct f80 a = random_f80((struct f80){ 0, 0x3fff });
        struct f80 b = random_below(4) ? random_f80(a) : a;
        f64 c = random_f64(0x3ff0000000000000), d = random_below(4) ? random_f64(c) : c;
        int sign;

        set_f80(value[0], a);
        set_f80(value[1], b);
        if (!f80_nan(a) && !f80_nan(b)) {
            sign = mpfr_cmp(value[0], value[1]);
            cr_assert_eq((int)f80_compare(a, b, &e), (sign > 0) - (sign < 0));
        }
        set_f64(value[0], c);
        set_f64(value[1], d);
        if (!f64_nan(c) && !f64_nan(d)) {
            sign = mpfr_cmp(value[0], value[1]);
            cr_assert_eq((int)f64_compare(c, d, &e), (sign > 0) - (sign < 0));
        }
    }
}

Test(softfloat, bcd_survives_the_round_trip)
{
    for (unsigned i = 0; i < rounds(5000); i++) {
        struct fp_env e = { .masks = MASKED };
        u8 in[10], out[10];

        for (int n = 0; n < 9; n++)
            in[n] = (u8)(random_below(10) | random_below(10) << 4);
        in[9] = i & 1 ? 0x80 : 0;
        f80_to_bcd(bcd_to_f80(in), out, &e);
        cr_assert_arr_eq(in, out, 10);
        cr_assert_eq(e.flags, 0);
    }
}

/* Encodings, for the tables. */
#define Q1 0x7fc00001u          /* quiet and signalling NaNs of several sizes */
#define Q2 0xffc00002u
#define S1 0x7f800001u
#define S2 0xff800002u
#define DENORMAL32 0x00000001u
#define NORMAL32 0x3f800000u

Test(softfloat, sse_returns_the_first_nan)
{
    static const struct { f32 a, b, sum; u32 flags; } row[] = {
        { Q1, NORMAL32, Q1, 0 },       { NORMAL32, Q2, Q2, 0 },
        { Q1, Q2, Q1, 0 },             { Q2, Q1, Q2, 0 },
        { S1, Q2, 0x7fc00001, FP_IE }, { Q2, S1, Q2, FP_IE },
        { S2, S1, 0xffc00002, FP_IE }, { S1, DENORMAL32, 0x7fc00001, FP_IE },
        { Q1, DENORMAL32, Q1, 0 },
        { 0x7f800000, 0xff800000, F32_INDEFINITE, FP_IE },
    };

    for (unsigned i = 0; i < COUNT(row); i++) {
        struct fp_env e = { .masks = MASKED };

        cr_assert_eq(f32_add(row[i].a, row[i].b, &e), row[i].sum, "row %u", i);
        cr_assert_eq(e.flags, row[i].flags, "row %u", i);
    }
}

#define NAN80(man, sign) { man, 0x7fff | (sign) << 15 }

Test(softfloat, x87_returns_the_larger_nan)
{
    static const struct { struct f80 a, b, sum; u32 flags; } row[] = {
        { NAN80(0xc000000000000001, 0), NAN80(0xc000000000000002, 1),
          NAN80(0xc000000000000002, 1), 0 },
        { NAN80(0xc000000000000001, 1), NAN80(0xc000000000000001, 0),
          NAN80(0xc000000000000001, 0), 0 },
        { NAN80(0xbfffffffffffffff, 0), NAN80(0xc000000000000000, 0),
          NAN80(0xc000000000000000, 0), FP_IE },
        { NAN80(0x8000000000000001, 0), NAN80(0x8000000000000002, 0),
          NAN80(0xc000000000000002, 0), FP_IE },
        { NAN80(0x8000000000000001, 0), { 1, 0 }, NAN80(0xc000000000000001, 0), FP_IE },
        { NAN80(0xc000000000000001, 0), { 1, 1 }, F80_INDEFINITE, FP_IE },
        { NAN80(0, 0), { (u64)1 << 63, 0x3fff }, F80_INDEFINITE, FP_IE },
    };

    for (unsigned i = 0; i < COUNT(row); i++) {
        struct fp_env e = { .masks = MASKED, .precision = FP_PC64 };
        struct f80 sum = f80_add(row[i].a, row[i].b, &e);

        cr_assert(sum.man == row[i].sum.man && sum.se == row[i].sum.se, "row %u", i);
        cr_assert_eq(e.flags, row[i].flags, "row %u", i);
    }
}

Test(softfloat, pseudo_denormals_are_denormals)
{
    struct fp_env e = { .masks = MASKED, .precision = FP_PC64 };
    struct f80 sum = f80_add((struct f80){ (u64)1 << 63, 0 }, (struct f80){ 0, 0 }, &e);

    cr_assert(sum.man == (u64)1 << 63 && sum.se == 1);
    cr_assert_eq(e.flags, FP_DE);
}

Test(softfloat, min_and_max_prefer_the_second_operand)
{
    struct fp_env e = { .masks = MASKED };

    cr_assert_eq(f32_min(0x80000000, 0, &e), 0);
    cr_assert_eq(f32_max(0, 0x80000000, &e), 0x80000000);
    cr_assert_eq(e.flags, 0);
    cr_assert_eq(f32_min(Q1, NORMAL32, &e), NORMAL32);
    cr_assert_eq(e.flags, FP_IE);
    cr_assert_eq(f32_max(NORMAL32, S1, &e), S1);
}

/* Of one; r is spent. */
static bool is_within(mpfr_t r, double distance)
{
    mpfr_sub_ui(r, r, 1, MPFR_RNDN);
    mpfr_abs(r, r, MPFR_RNDN);
    return mpfr_get_d(r, MPFR_RNDN) < distance;
}

Test(softfloat, approximations_have_twelve_bits)
{
    for (unsigned i = 0; i < rounds(20000); i++) {
        u32 a = 0x20000000 + (u32)(random_u64() & 0x3fffffff);

        set_f32(value[0], a);
        set_f32(value[1], f32_reciprocal(a));
        mpfr_mul(value[1], value[1], value[0], MPFR_RNDN);
        cr_assert(is_within(value[1], 1.5 / 4096), "%08x", a);
        set_f32(value[1], f32_reciprocal_root(a));
        mpfr_sqr(value[1], value[1], MPFR_RNDN);
        mpfr_mul(value[1], value[1], value[0], MPFR_RNDN);
        cr_assert(is_within(value[1], 3.0 / 4096), "%08x", a);
    }
    cr_assert_eq(f32_reciprocal(0x80000001), 0xff800000);
    cr_assert_eq(f32_reciprocal(0x7f7fffff), 0);
    cr_assert_eq(f32_reciprocal_root(0xbf800000), F32_INDEFINITE);
    cr_assert_eq(f32_reciprocal_root(0x80000000), 0xff800000);
}

Test(softfloat, daz_and_ftz_hide_denormals)
{
    struct fp_env daz = { .masks = MASKED, .daz = true };
    struct fp_env ftz = { .masks = MASKED, .ftz = true };
    struct fp_env unmasked = { .masks = MASKED & ~FP_UE, .ftz = true };

    cr_assert_eq(f32_add(0x80000001, 0x80000001, &daz), 0x80000000);
    cr_assert_eq(daz.flags, 0);
    cr_assert_eq(f32_mul(0x80800000, 0x3f000000, &ftz), 0x80000000);
    cr_assert_eq(ftz.flags, FP_UE | FP_PE);
    f32_mul(0x80800000, 0x3f000000, &unmasked);
    cr_assert_eq(unmasked.flags, FP_UE);
}

Test(softfloat, unmasked_overflow_wraps_the_exponent)
{
    struct fp_env e = { .masks = MASKED & ~FP_OE, .precision = FP_PC64 };
    struct f80 big = { (u64)1 << 63, 0x7ffe };
    struct f80 r = f80_mul(big, big, &e);

    cr_assert(r.man == big.man && r.se == 0x7ffe + 0x3fff - 24576);
    cr_assert_eq(e.flags, FP_OE);
}

Test(softfloat, unmasked_underflow_wraps_the_exponent)
{
    struct fp_env e = { .masks = MASKED & ~FP_UE, .precision = FP_PC64 };
    struct f80 small = { (u64)1 << 63, 1 };
    struct f80 r = f80_mul(small, small, &e);

    cr_assert(r.man == small.man && r.se == 1 + 1 - 0x3fff + 24576);
    cr_assert_eq(e.flags, FP_UE);
}

Test(softfloat, constants_follow_the_rounding)
{
    struct fp_env e = { .rounding = FP_NEAREST };

    cr_assert_eq(f80_constant(F80_PI, &e).man, 0xc90fdaa22168c235);
    e.rounding = FP_ZERO;
    cr_assert_eq(f80_constant(F80_PI, &e).man, 0xc90fdaa22168c234);
    cr_assert_eq(f80_constant(F80_ONE, &e).se, 0x3fff);
}
