#pragma once
#include "isa/x86/fpu/number.h"
#include "isa/x86/fpu/softfloat.h"

/*
 * Between encodings and numbers. The IEEE formats differ only in two widths, so
 * f16, f32 and f64 share every line; their encodings travel as u64 in here.
 */
struct format {
    u8 bits;            /* of the significand, the implied one included */
    u8 exponent_bits;
};

static const struct format F16 = { 11, 5 };
static const struct format F32 = { 24, 8 };
static const struct format F64 = { 53, 11 };

#define F80_BIAS 16383
#define F80_QUIET ((u64)1 << 62)        /* of a NaN's man, and of number.hi */

enum kind {
    KIND_ZERO, KIND_DENORMAL, KIND_NORMAL, KIND_INFINITE, KIND_QNAN, KIND_SNAN, KIND_UNSUPPORTED
};

static inline bool is_nan(enum kind k)
{
    return k == KIND_QNAN || k == KIND_SNAN;
}

static inline s32 bias(struct format f)
{
    return (1 << (f.exponent_bits - 1)) - 1;
}

static inline u32 top_exponent(struct format f)
{
    return (1u << f.exponent_bits) - 1;
}

static inline bool ieee_sign(struct format f, u64 a)
{
    return a >> (f.bits - 1 + f.exponent_bits) & 1;
}

static inline u64 ieee_pack(struct format f, bool sign, u64 exponent, u64 fraction)
{
    return (u64)sign << (f.bits - 1 + f.exponent_bits) | exponent << (f.bits - 1) | fraction;
}

static inline u64 ieee_zero(struct format f, bool sign)
{
    return ieee_pack(f, sign, 0, 0);
}

static inline u64 ieee_infinity(struct format f, bool sign)
{
    return ieee_pack(f, sign, top_exponent(f), 0);
}

static inline u64 ieee_indefinite(struct format f)
{
    return ieee_pack(f, true, top_exponent(f), (u64)1 << (f.bits - 2));
}

static inline u64 ieee_quieted(struct format f, u64 nan)
{
    return nan | (u64)1 << (f.bits - 2);
}

static inline u32 ieee_exponent(struct format f, u64 a)
{
    return a >> (f.bits - 1) & top_exponent(f);
}

/* Normal operands are nearly all: everything else may take its time. */
static inline bool ieee_is_normal(struct format f, u64 a)
{
    return ieee_exponent(f, a) - 1 < top_exponent(f) - 1;
}

/* Of a normal value; of a NaN, .hi is what f80 would hold. */
static inline struct number ieee_number(struct format f, u64 a)
{
    return (struct number){
        INTEGER_BIT | a << (65 - f.bits) >> 1, 0,
        (s32)ieee_exponent(f, a) - bias(f), ieee_sign(f, a)
    };
}

static inline enum kind ieee_kind(struct format f, u64 a)
{
    u64 fraction = a & (((u64)1 << (f.bits - 1)) - 1);

    if (ieee_is_normal(f, a))
        return KIND_NORMAL;
    if (ieee_exponent(f, a) == 0)
        return fraction ? KIND_DENORMAL : KIND_ZERO;
    if (!fraction)
        return KIND_INFINITE;
    return fraction >> (f.bits - 2) ? KIND_QNAN : KIND_SNAN;
}

/* Denormals come out normalised, with the kind still KIND_DENORMAL. */
static inline enum kind ieee_unpack(struct format f, u64 a, struct number *n)
{
    enum kind kind = ieee_kind(f, a);

    *n = ieee_number(f, a);
    if (kind == KIND_ZERO)
        n->hi = 0;
    else if (kind == KIND_DENORMAL)
        *n = normalised(n->sign, 1 - bias(f), (u128)(n->hi ^ INTEGER_BIT) << 64);
    return kind;
}

/* The NaN of `n`, quiet, in another format: the payload keeps its high bits. */
static inline u64 ieee_nan(struct format f, struct number n)
{
    return ieee_quieted(f, ieee_pack(f, n.sign, top_exponent(f), n.hi << 1 >> (65 - f.bits)));
}

u64 ieee_finish_hard(struct format, struct number, struct fp_env *);

/* Rounds a nonzero number; overflow and underflow are the hard part. */
static inline u64 ieee_finish(struct format f, struct number n, struct fp_env *e)
{
    u64 biased = (u64)(n.exp + bias(f)), kept, rest;

    if (unlikely(biased - 1 >= top_exponent(f) - 2))
        return ieee_finish_hard(f, n, e);
    kept = n.hi >> (64 - f.bits);
    rest = n.hi << f.bits | (n.lo != 0);
    if (rest) {
        bool up = rounds_up(e->rounding, n.sign, rest, kept);

        e->flags |= up ? FP_PE | FP_C1 : FP_PE;
        kept += up;             /* a carry lands in the exponent */
    }
    return ieee_pack(f, n.sign, biased - 1, 0) + kept;
}

static inline bool f80_sign(struct f80 a)
{
    return a.se >> 15;
}

static inline struct f80 f80_pack(bool sign, u32 exponent, u64 man)
{
    return (struct f80){ man, (u16)(sign << 15 | exponent) };
}

static inline struct f80 f80_signed_zero(bool sign)
{
    return f80_pack(sign, 0, 0);
}

static inline struct f80 f80_infinity(bool sign)
{
    return f80_pack(sign, 0x7fff, INTEGER_BIT);
}

static inline bool f80_is_normal(struct f80 a)
{
    return (a.se & 0x7fffu) - 1 < 0x7ffe && a.man >> 63;
}

static inline struct number f80_number(struct f80 a)
{
    return (struct number){ a.man, 0, (a.se & 0x7fff) - F80_BIAS, f80_sign(a) };
}

static inline enum kind f80_kind(struct f80 a)
{
    switch (f80_class(a)) {
    case F80_IS_ZERO:     return KIND_ZERO;
    case F80_DENORMAL:    return KIND_DENORMAL;
    case F80_NORMAL:      return KIND_NORMAL;
    case F80_INFINITE:    return KIND_INFINITE;
    case F80_UNSUPPORTED: return KIND_UNSUPPORTED;
    default:              return a.man & F80_QUIET ? KIND_QNAN : KIND_SNAN;
    }
}

/* Denormals come out normalised, with the kind still KIND_DENORMAL. */
static inline enum kind f80_unpack(struct f80 a, struct number *n)
{
    enum kind kind = f80_kind(a);

    *n = f80_number(a);
    if (kind == KIND_DENORMAL)
        *n = normalised(n->sign, 1 - F80_BIAS, (u128)a.man << 64);
    return kind;
}

/* How many of the 64 bits precision control takes away. */
static inline unsigned bits_dropped(unsigned precision)
{
    if (likely(precision == FP_PC64))
        return 0;
    return precision == FP_PC53 ? 11 : 40;
}

/* Rounds in place; a carry out raises the exponent. */
static inline void round_significand(struct number *n, unsigned drop, struct fp_env *e)
{
    u64 unit = (u64)1 << drop, rest = n->lo;
    bool up;

    if (unlikely(drop)) {
        rest = n->hi << (64 - drop) | (n->lo != 0);
        n->hi &= -unit;
    }
    if (!rest)
        return;
    up = rounds_up(e->rounding, n->sign, rest, n->hi >> drop);
    e->flags |= up ? FP_PE | FP_C1 : FP_PE;
    n->hi += up ? unit : 0;
    if (unlikely(up && !n->hi)) {
        n->hi = INTEGER_BIT;
        n->exp++;
    }
}

struct f80 f80_finish_hard(struct number, unsigned drop, struct fp_env *);

/* Rounds a nonzero number to `precision`, FP_PC24 ... FP_PC64. */
static inline struct f80 f80_finish(struct number n, unsigned precision, struct fp_env *e)
{
    unsigned drop = bits_dropped(precision);

    if (unlikely((u32)(n.exp + F80_BIAS) - 1 >= 0x7ffd))
        return f80_finish_hard(n, drop, e);
    round_significand(&n, drop, e);
    return f80_pack(n.sign, (u32)(n.exp + F80_BIAS), n.hi);
}

/*
 * Operands that settle the matter, by the priorities of SDM 1 4.9.2: NaNs and
 * unsupported encodings first, which the formats see to, then other IE and ZE,
 * then DE. A result that is known without computing is left in *a.
 */
enum operation { ADD, MUL, DIV };
enum outcome { COMPUTE, REFUSED, IS_ZERO, IS_INFINITE, IS_A };

struct operand {
    struct number n;
    enum kind     kind;
};

enum outcome settle(enum operation, struct operand *a, const struct operand *b, struct fp_env *);
enum outcome settle_sqrt(const struct operand *a, struct fp_env *);

static inline struct number number_operate(enum operation op, struct number a, struct number b)
{
    switch (op) {
    case ADD: return number_sum(a, b);
    case MUL: return number_mul(a, b);
    default:  return number_div(a, b);
    }
}

/* Sets DE if any operand is denormal, or was before widening; true if it is unmasked. */
bool denormal_refused(bool any, struct fp_env *);

/* What FST, FIST and FBSTP do with NaNs is theirs; this is all others'. */
bool f80_is_settled_by_nan(struct f80 a, struct f80 b, struct f80 *result, struct fp_env *);
u64 ieee_first_nan(struct format, u64 a, u64 b, struct fp_env *);

static inline u64 without_denormal(struct format f, u64 a, const struct fp_env *e)
{
    if (unlikely(e->daz) && ieee_exponent(f, a) == 0)
        return ieee_zero(f, ieee_sign(f, a));
    return a;
}
