/*
 * Packed floating point: what the instructions compute, as functions of values, two for each. The
 * short way takes all lanes at once and is true, with the result, if it could: see sse_float.h. The
 * long way takes each lane by the shorter way that it can go; its flags are in the environment.
 * Two halves of a YMM register are one instruction with one environment. SDM 2; SDM 1 11.5.
 */
#pragma once
#include "isa/x86/ops/sse_float.h"

typedef u64x2 packed_way(u32 mxcsr, u64x2 a, u64x2 b, u32 imm, struct fp_env *);

/* An instruction on XMM registers the long way; may fault. */
u64x2 sse_long(struct x86 *, packed_way *, u64x2 a, u64x2 b, u32 imm);
/* The same on YMM registers; a dot product has its own, whatever the way. */
struct ymm avx_long(struct x86 *, packed_way *, const struct ymm *a, const struct ymm *b, u32 imm);
struct ymm avx_long_dot(struct x86 *, packed_way *, const struct ymm *a, const struct ymm *b,
                        u32 imm);

#define PACKED_ARITHMETIC(X)                                                    \
    X(addps) X(addpd) X(subps) X(subpd) X(mulps) X(mulpd) X(divps) X(divpd)     \
    X(minps) X(minpd) X(maxps) X(maxpd) X(haddps) X(haddpd) X(hsubps) X(hsubpd) \
    X(addsubps) X(addsubpd)
#define PACKED_UNARY(X)     X(sqrtps) X(sqrtpd)
#define PACKED_ROUND(X)     X(roundps) X(roundpd)
#define PACKED_COMPARE(X)   X(cmpps) X(cmppd)
#define PACKED_DOT(X)       X(dpps) X(dppd)

#define PACKED_FLOATS(X) \
    PACKED_ARITHMETIC(X) PACKED_UNARY(X) PACKED_ROUND(X) PACKED_COMPARE(X) PACKED_DOT(X)

#define LONG_WAY(name) packed_way long_##name;
PACKED_FLOATS(LONG_WAY)
#undef LONG_WAY

#define SHORT_WAY(name) \
    INLINE bool short_##name(u32 mxcsr, u64x2 a, u64x2 b, u32 imm, u64x2 *result)

/* r by the long way in a slow form; else by the short way, or the body gives up. */
#define PACKED_EITHER_WAY(name, a, b, imm, r)                                   \
    if (slow)                                                                   \
        r = sse_long(cpu, long_##name, a, b, imm);                              \
    else if (!short_##name(cpu->mxcsr, a, b, imm, &r))                          \
        return false;
#define YMM_EITHER_WAY(name, long_y, a, b, imm, r)                              \
    if (slow)                                                                   \
        r = long_y(cpu, long_##name, &a, &b, imm);                              \
    else if (!short_##name(cpu->mxcsr, (a).low, (b).low, imm, &r.low)           \
             || !short_##name(cpu->mxcsr, (a).high, (b).high, imm, &r.high))    \
        return false;

/* ---- Out of the ordinary: results that are neither amid the range nor an exact zero ---- */

#define LEAST_f32 0x01000000
#define LEAST_f64 0x0020000000000000
#define MOST_f32  0x7f7fffff
#define MOST_f64  0x7fefffffffffffff
#define LANE_TYPE_f32 s32x4
#define LANE_TYPE_f64 s64x2
#define HOST_TYPE_f32 f32x4
#define HOST_TYPE_f64 f64x2
#define MAGNITUDE_f32(a) F32_MAGNITUDE(a)
#define MAGNITUDE_f64(a) F64_MAGNITUDE(a)

#define ODD_RESULTS(F)                                                          \
    INLINE u64x2 F##_odd_sum(u64x2 a, u64x2 b, u64x2 r)                         \
    {                                                                           \
        LANE_TYPE_##F m = MAGNITUDE_##F(r);                                     \
                                                                                \
        return (u64x2)(((m - LEAST_##F) & ~(m - 1)) | (MOST_##F - m));          \
    }                                                                           \
    INLINE u64x2 F##_odd_product(u64x2 a, u64x2 b, u64x2 r)                     \
    {                                                                           \
        LANE_TYPE_##F m = MAGNITUDE_##F(r);                                     \
        LANE_TYPE_##F factor = (MAGNITUDE_##F(a) - 1) | (MAGNITUDE_##F(b) - 1); \
                                                                                \
        return (u64x2)(((m - LEAST_##F) & ~((m - 1) & factor)) | (MOST_##F - m)); \
    }                                                                           \
    INLINE u64x2 F##_odd_quotient(u64x2 a, u64x2 b, u64x2 r)                    \
    {                                                                           \
        return F##_not_amid(r);                                                 \
    }                                                                           \
    INLINE u64x2 F##_odd_pair(u64x2 a, u64x2 b)                                 \
    {                                                                           \
        return F##_denormals(a) | F##_denormals(b);                             \
    }
ODD_RESULTS(f32)
ODD_RESULTS(f64)

/* ---- Arithmetic: x and y are the operands, from a and b; the value r follows from them ---- */

#define PACKED(name, F, first, second, value, known, odd)                       \
    SHORT_WAY(name)                                                             \
    {                                                                           \
        u64x2 x = (first), y = (second), r;                                     \
        HOST_TYPE_##F p = (HOST_TYPE_##F)x, q = (HOST_TYPE_##F)y;               \
                                                                                \
        *result = r = (u64x2)(value);                                           \
        return (known) && likely(!F##_any(F##_odd_pair(x, y) | (odd)));         \
    }
#define KNOWN likely(inexact_is_known(mxcsr))
#define PACKED_BINARY(suffix, F)                                                \
    PACKED(add##suffix, F, a, b, p + q, KNOWN, F##_odd_sum(x, y, r))            \
    PACKED(sub##suffix, F, a, b, p - q, KNOWN, F##_odd_sum(x, y, r))            \
    PACKED(mul##suffix, F, a, b, p * q, KNOWN, F##_odd_product(x, y, r))        \
    PACKED(div##suffix, F, a, b, p / q, KNOWN, F##_odd_quotient(x, y, r))       \
    PACKED(min##suffix, F, a, b, SELECT((u64x2)(p < q), x, y), true,            \
           F##_nans(x) | F##_nans(y))                                           \
    PACKED(max##suffix, F, a, b, SELECT((u64x2)(p > q), x, y), true,            \
           F##_nans(x) | F##_nans(y))
PACKED_BINARY(ps, f32)
PACKED_BINARY(pd, f64)

#define EVENS ((u64x2)__builtin_shufflevector((u32x4)a, (u32x4)b, 0, 2, 4, 6))
#define ODDS  ((u64x2)__builtin_shufflevector((u32x4)a, (u32x4)b, 1, 3, 5, 7))
PACKED(haddps, f32, EVENS, ODDS, p + q, KNOWN, f32_odd_sum(x, y, r))
PACKED(hsubps, f32, EVENS, ODDS, p - q, KNOWN, f32_odd_sum(x, y, r))
PACKED(haddpd, f64, v_punpcklqdq(a, b), v_punpckhqdq(a, b), p + q, KNOWN, f64_odd_sum(x, y, r))
PACKED(hsubpd, f64, v_punpcklqdq(a, b), v_punpckhqdq(a, b), p - q, KNOWN, f64_odd_sum(x, y, r))
/* Sums in the upper lane of each pair, differences in the lower. */
PACKED(addsubps, f32, a, b, SELECT(TWICE(0xffffffff), (u64x2)(p - q), (u64x2)(p + q)),
       KNOWN, f32_odd_sum(x, y, r))
PACKED(addsubpd, f64, a, b, ((u64x2){ ((u64x2)(p - q))[0], ((u64x2)(p + q))[1] }),
       KNOWN, f64_odd_sum(x, y, r))

/* ---- One by one: a vector of roots is no operation of the compilers' vectors ---- */

#define PACKED_LANES_OF(name, F, way)                                           \
    SHORT_WAY(name)                                                             \
    {                                                                           \
        F p[16 / sizeof(F)];                                                    \
                                                                                \
        memcpy(p, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i++)                                 \
            if (!(way))                                                         \
                return false;                                                   \
        memcpy(result, p, 16);                                                  \
        return true;                                                            \
    }
PACKED_LANES_OF(sqrtps, f32, f32_short_sqrt(mxcsr, p[i], &p[i]))
PACKED_LANES_OF(sqrtpd, f64, f64_short_sqrt(mxcsr, p[i], &p[i]))
PACKED_LANES_OF(roundps, f32, f32_short_round(mxcsr, p[i], imm, &p[i]))
PACKED_LANES_OF(roundpd, f64, f64_short_round(mxcsr, p[i], imm, &p[i]))

/* ---- Comparisons ---- */

/* Nothing is unordered. */
INLINE u64x2 ordered_mask(u64x2 less, u64x2 equal, u32 predicate)
{
    u64 holds = predicate_holds(predicate);

    return (less & TWICE(-(holds & 1))) | (equal & TWICE(-(holds >> 1 & 1)))
        | (~(less | equal) & TWICE(-(holds >> 2 & 1)));
}

#define PACKED_COMPARISON(name, F)                                              \
    SHORT_WAY(name)                                                             \
    {                                                                           \
        HOST_TYPE_##F p = (HOST_TYPE_##F)a, q = (HOST_TYPE_##F)b;               \
                                                                                \
        *result = ordered_mask((u64x2)(p < q), (u64x2)(p == q), imm);           \
        return !F##_any(F##_odd_pair(a, b) | F##_nans(a) | F##_nans(b));        \
    }
PACKED_COMPARISON(cmpps, f32)
PACKED_COMPARISON(cmppd, f64)

/* ---- Dot products always go the long way ---- */

SHORT_WAY(dpps) { return false; }
SHORT_WAY(dppd) { return false; }
