/*
 * Fused multiplication and addition: VFMADD, VFMSUB, VFNMADD, VFNMSUB, VFMADDSUB, VFMSUBADD.
 * SDM 2, and SDM 1 14.5.
 *
 * Single precision has a short way by the host's double precision, which holds any product of
 * singles. What their sum with the third operand loses is found by two-sum; if there is any, the
 * sum is made odd, and then rounding it again, to a single, gives what one rounding would have
 * given: Boldo and Melquiond, "Emulation of a FMA and Correctly Rounded Sums". It is exact if the
 * single is what the double was. Double precision goes by integers always.
 */
#include "isa/x86/ops/packed_float.h"

typedef float f32x2 __attribute__((vector_size(8)));

/* How: which operand is which; FP_NEGATE_* of even lanes, then of odd ones; YMM. */
enum { ORDER_132, ORDER_213, ORDER_231, ORDER = 3, EVEN_SHIFT = 2, ODD_SHIFT = 4, WHOLE = 1 << 6 };

/* ---- Which operand is which: d is the destination, s VEX.vvvv, m register or memory ---- */

#define FMA_OPERANDS(T)                                                         \
    T a = (how & ORDER) == ORDER_132 ? d : s;                                   \
    T b = (how & ORDER) == ORDER_213 ? d : m;                                   \
    T c = (how & ORDER) == ORDER_132 ? s : (how & ORDER) == ORDER_213 ? m : d

INLINE unsigned negated(unsigned how, unsigned lane)
{
    return how >> (lane & 1 ? ODD_SHIFT : EVEN_SHIFT) & (FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND);
}

/* ---- Single precision, the short way ---- */

INLINE f64x2 widened(u64 two)
{
    f32x2 v;

    memcpy(&v, &two, 8);
    return __builtin_convertvector(v, f64x2);
}

INLINE u64 narrowed(f64x2 two)
{
    f32x2 v = __builtin_convertvector(two, f32x2);
    u64 r;

    memcpy(&r, &v, 8);
    return r;
}

/* Rounded to odd: away from the even neighbour towards what was lost. */
INLINE f64x2 odd_sum(f64x2 x, f64x2 y)
{
    f64x2 z = x + y, from_y = z - x, from_x = z - from_y, lost = (x - from_x) + (y - from_y);
    s64x2 bits = (s64x2)z, even = (bits & 1) - 1, some = (s64x2)(lost != 0);
    s64x2 outwards = (s64x2)lost ^ bits, step = (outwards < 0) | 1;

    return (f64x2)(bits + (step & even & some));
}

/* 2^-125 and 2^127, as doubles: between them, once rounded, singles are normal and finite. */
#define LEAST_SINGLE 0x3820000000000000
#define MOST_SINGLE  0x47dfffffffffffff

INLINE bool short_pair(u32 mxcsr, f64x2 product, f64x2 c, u64 *result)
{
    f64x2 sum = odd_sum(product, c);
    s64x2 m = F64_MAGNITUDE(sum);

    *result = narrowed(sum);
    if (unlikely(f64_any((u64x2)(((m - LEAST_SINGLE) & ~(m - 1)) | (MOST_SINGLE - m)))))
        return false;
    return inexact_is_known(mxcsr)
        || (to_nearest(mxcsr) && !f64_any((u64x2)(widened(*result) != sum)));
}

INLINE u64x2 sign_lanes(unsigned even, unsigned odd)
{
    return TWICE((u64)even << 31 | (u64)odd << 63);
}

/* A negated product has a negated factor. */
static bool short_f32(u32 mxcsr, u64x2 a, u64x2 b, u64x2 c, unsigned how, u64x2 *result)
{
    unsigned even = negated(how, 0), odd = negated(how, 1);
    u64 low, high;

    if (unlikely(f32_any(f32_denormals(a) | f32_denormals(b) | f32_denormals(c))))
        return false;
    a ^= sign_lanes(even & FP_NEGATE_PRODUCT, odd & FP_NEGATE_PRODUCT);
    c ^= sign_lanes(even / FP_NEGATE_ADDEND, odd / FP_NEGATE_ADDEND);
    if (!short_pair(mxcsr, widened(a[0]) * widened(b[0]), widened(c[0]), &low)
        || !short_pair(mxcsr, widened(a[1]) * widened(b[1]), widened(c[1]), &high))
        return false;
    *result = (u64x2){ low, high };
    return true;
}

/* ---- The long way ---- */

#define LONG_FMA(F)                                                             \
    static u64x2 long_##F(u64x2 a, u64x2 b, u64x2 c, unsigned how, struct fp_env *e) \
    {                                                                           \
        F x[16 / sizeof(F)], y[16 / sizeof(F)], z[16 / sizeof(F)];              \
                                                                                \
        memcpy(x, &a, 16);                                                      \
        memcpy(y, &b, 16);                                                      \
        memcpy(z, &c, 16);                                                      \
        for (unsigned i = 0; i < COUNT(x); i++)                                 \
            x[i] = F##_muladd(x[i], y[i], z[i], negated(how, i), e);            \
        memcpy(&a, x, 16);                                                      \
        return a;                                                               \
    }
LONG_FMA(f32)
LONG_FMA(f64)

/* What integers computed on the fast path stands, unless it is to trap. */
static bool stands(struct x86 *cpu, const struct fp_env *e, bool slow)
{
    if (fp_unmasked(e) && !slow)
        return false;
    sse_finish(cpu, e);
    return true;
}

/* ---- Packed ---- */

static bool f32_half(struct x86 *cpu, u64x2 d, u64x2 s, u64x2 m, unsigned how, u64x2 *r)
{
    FMA_OPERANDS(u64x2);

    return short_f32(cpu->mxcsr, a, b, c, how, r);
}

#define LONG_HALF(F)                                                            \
    static u64x2 F##_long_half(u64x2 d, u64x2 s, u64x2 m, unsigned how, struct fp_env *e) \
    {                                                                           \
        FMA_OPERANDS(u64x2);                                                    \
                                                                                \
        return long_##F(a, b, c, how, e);                                       \
    }
LONG_HALF(f32)
LONG_HALF(f64)

/* Both halves are one instruction, as far as exceptions go. */
#define LONG_PACKED(F)                                                          \
    static bool F##_long(struct x86 *cpu, const struct op *op, const struct ymm *m, unsigned how, \
                         bool slow)                                             \
    {                                                                           \
        struct ymm d = ymm_get(cpu, op->dst), s = ymm_get(cpu, op->src);        \
        struct fp_env e = sse_env(cpu);                                         \
                                                                                \
        d.low = F##_long_half(d.low, s.low, m->low, how, &e);                   \
        if (how & WHOLE)                                                        \
            d.high = F##_long_half(d.high, s.high, m->high, how, &e);           \
        else                                                                    \
            d.high = TWICE(0);                                                  \
        if (!stands(cpu, &e, slow))                                             \
            return false;                                                       \
        ymm_put(cpu, op->dst, d);                                               \
        return true;                                                            \
    }
LONG_PACKED(f32)
LONG_PACKED(f64)

static __attribute__((noinline))
bool packed_f64(struct x86 *cpu, const struct op *op, const struct ymm *m, unsigned how, bool slow)
{
    return f64_long(cpu, op, m, how, slow);
}

static __attribute__((noinline))
bool packed_f32(struct x86 *cpu, const struct op *op, const struct ymm *m, unsigned how, bool slow)
{
    struct ymm d = ymm_get(cpu, op->dst), s = ymm_get(cpu, op->src), r = { .high = TWICE(0) };

    if (!f32_half(cpu, d.low, s.low, m->low, how, &r.low)
        || (how & WHOLE && !f32_half(cpu, d.high, s.high, m->high, how, &r.high)))
        return f32_long(cpu, op, m, how, slow);
    ymm_put(cpu, op->dst, r);
    return true;
}

#define PACKED_FMA(name, F, how)                                                \
    VEX_X(name, u)                                                              \
    {                                                                           \
        struct ymm m = { .low = b };                                            \
                                                                                \
        return packed_##F(cpu, op, &m, how, slow);                              \
    }                                                                           \
    VEX_Y(name, y)                                                              \
    {                                                                           \
        return packed_##F(cpu, op, &b, (how) | WHOLE, slow);                    \
    }

/* ---- Scalar: the upper lanes of XMM stay ---- */

static __attribute__((noinline))
bool scalar_f32(struct x86 *cpu, const struct op *op, f32 m, unsigned how, bool slow)
{
    u64x2 whole = xmm_get(cpu, op->dst), r;
    f32 d = (f32)whole[0], s = SCALAR_GET_f32(cpu, op->src);
    FMA_OPERANDS(f32);

    if (!short_f32(cpu->mxcsr, (u64x2){ a, 0 }, (u64x2){ b, 0 }, (u64x2){ c, 0 }, how, &r)) {
        struct fp_env e = sse_env(cpu);

        r[0] = f32_muladd(a, b, c, negated(how, 0), &e);
        if (!stands(cpu, &e, slow))
            return false;
    }
    vex_put(cpu, op->dst, SCALAR_IN_f32(whole, (f32)r[0]));
    return true;
}

static __attribute__((noinline))
bool scalar_f64(struct x86 *cpu, const struct op *op, f64 m, unsigned how, bool slow)
{
    u64x2 whole = xmm_get(cpu, op->dst);
    f64 d = whole[0], s = SCALAR_GET_f64(cpu, op->src);
    struct fp_env e = sse_env(cpu);
    FMA_OPERANDS(f64);

    whole[0] = f64_muladd(a, b, c, negated(how, 0), &e);
    if (!stands(cpu, &e, slow))
        return false;
    vex_put(cpu, op->dst, whole);
    return true;
}

#define SCALAR_FMA(name, size, F, how) \
    VEX_1(name, size) { return scalar_##F(cpu, op, b, how, slow); }

/* ---- All of them ---- */

#define HOW(order, even, odd) \
    (ORDER_##order | (even) << EVEN_SHIFT | (odd) << ODD_SHIFT)
#define PACKED_ORDER(order, name, even, odd)                                    \
    PACKED_FMA(v##name##order##ps, f32, HOW(order, even, odd))                  \
    PACKED_FMA(v##name##order##pd, f64, HOW(order, even, odd))
#define SCALAR_ORDER(order, name, negate)                                       \
    SCALAR_FMA(v##name##order##ss, d, f32, HOW(order, negate, negate))          \
    SCALAR_FMA(v##name##order##sd, q, f64, HOW(order, negate, negate))
#define EACH_ORDER(X, ...) X(132, __VA_ARGS__) X(213, __VA_ARGS__) X(231, __VA_ARGS__)
#define BOTH(name, negate) \
    EACH_ORDER(PACKED_ORDER, name, negate, negate) EACH_ORDER(SCALAR_ORDER, name, negate)

BOTH(fmadd, 0)
BOTH(fmsub, FP_NEGATE_ADDEND)
BOTH(fnmadd, FP_NEGATE_PRODUCT)
BOTH(fnmsub, FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND)
EACH_ORDER(PACKED_ORDER, fmaddsub, FP_NEGATE_ADDEND, 0)
EACH_ORDER(PACKED_ORDER, fmsubadd, 0, FP_NEGATE_ADDEND)
