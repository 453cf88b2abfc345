/* ADD to SQRT, HADD, ADDSUB, DP, RCP, ROUND of single and double precision. SDM 2; SDM 1 11.5. */
#include "isa/x86/ops/sse_float.h"

/* ---- Scalar ---- */

#define SCALAR(name, F, size, short_way, long_way)                              \
    VECTOR(name, size)                                                          \
    {                                                                           \
        F a = SCALAR_GET_##F(cpu, op->dst), r;                                  \
                                                                                \
        (void)a;                                                                \
        if (slow) {                                                             \
            struct fp_env env = sse_env(cpu), *e = &env;                        \
                                                                                \
            r = (long_way);                                                     \
            sse_finish(cpu, e);                                                 \
        } else if (unlikely(!(short_way))) {                                    \
            return false;                                                       \
        }                                                                       \
        SCALAR_PUT_##F(cpu, op->dst, r);                                        \
        return true;                                                            \
    }
#define EITHER(F, name)                                                         \
    INLINE F F##_either_##name(u32 mxcsr, F a, F b, struct fp_env *e)           \
    {                                                                           \
        F r;                                                                    \
                                                                                \
        return F##_short_##name(mxcsr, a, b, &r) ? r : F##_##name(a, b, e);     \
    }
#define SCALAR_BINARY(name, way)                                                \
    EITHER(f32, name)                                                           \
    EITHER(f64, name)                                                           \
    SCALAR(name##ss, f32, d, f32_##way##_##name(cpu->mxcsr, a, b, &r),          \
           f32_either_##name(cpu->mxcsr, a, b, e))                              \
    SCALAR(name##sd, f64, q, f64_##way##_##name(cpu->mxcsr, a, b, &r),          \
           f64_either_##name(cpu->mxcsr, a, b, e))
SCALAR_BINARY(add, usual)
SCALAR_BINARY(sub, usual)
SCALAR_BINARY(mul, usual)
SCALAR_BINARY(div, usual)
SCALAR_BINARY(min, short)
SCALAR_BINARY(max, short)
SCALAR(sqrtss, f32, d, f32_short_sqrt(cpu->mxcsr, b, &r), f32_sqrt(b, e))
SCALAR(sqrtsd, f64, q, f64_short_sqrt(cpu->mxcsr, b, &r), f64_sqrt(b, e))

static u32 scalar_rcp(u32 a) { return f32_reciprocal(a); }
static u32 scalar_rsqrt(u32 a) { return f32_reciprocal_root(a); }

#define ESTIMATE(name)                                                          \
    VECTOR(name##ss, d)                                                         \
    {                                                                           \
        xmm_put_low32(cpu, op->dst, scalar_##name(b));                          \
        return true;                                                            \
    }                                                                           \
    PURE(name##ps, x, ((u64x2){                                                 \
        scalar_##name((u32)b[0]) | (u64)scalar_##name((u32)(b[0] >> 32)) << 32, \
        scalar_##name((u32)b[1]) | (u64)scalar_##name((u32)(b[1] >> 32)) << 32 }))
ESTIMATE(rcp)
ESTIMATE(rsqrt)

/* ---- ROUND ---- */

/* Bit 2 of the immediate: as MXCSR has it. */
INLINE unsigned rounding_of(const struct x86 *cpu, const struct op *op)
{
    return (op->imm & 4 ? cpu->mxcsr >> MX_RC_SHIFT : (u32)op->imm) & 3;
}

/* |x| is below 2^52: adding and taking away that rounds to nearest; else truncation begins. */
INLINE double integral(double x, unsigned rounding)
{
    double t;

    if (rounding == FP_NEAREST)
        return x < 0 ? (x - 0x1p52) + 0x1p52 : (x + 0x1p52) - 0x1p52;
    t = (double)(s64)x;
    if (rounding == FP_DOWN)
        return t > x ? t - 1 : t;
    return rounding == FP_UP && t < x ? t + 1 : t;
}

/* The only flag is PE, which bit 3 of the immediate suppresses. A zero keeps the operand's sign. */
#define SHORT_ROUND(F, bits, T)                                                 \
    INLINE bool F##_short_round(const struct x86 *cpu, const struct op *op, F a, F *result) \
    {                                                                           \
        F sign = a & (F)1 << (8 * sizeof a - 1);                                \
        double x = F##_host(a), t;                                              \
                                                                                \
        if (F##_denormal(a) || !(x > -0x1p##bits && x < 0x1p##bits))            \
            return false;                                                       \
        t = integral(x, rounding_of(cpu, op));                                  \
        *result = host_##F((T)t) | sign;                                        \
        return op->imm & 8 || t == x                                            \
            || (cpu->mxcsr & (MX_PM | FP_PE)) == (MX_PM | FP_PE);               \
    }
SHORT_ROUND(f32, 23, float)
SHORT_ROUND(f64, 52, double)

SCALAR(roundss, f32, d, f32_short_round(cpu, op, b, &r),
       f32_round(b, rounding_of(cpu, op), op->imm & 8, e))
SCALAR(roundsd, f64, q, f64_short_round(cpu, op, b, &r),
       f64_round(b, rounding_of(cpu, op), op->imm & 8, e))

#define ROUND_PACKED(name, F)                                                   \
    VECTOR(name, x)                                                             \
    {                                                                           \
        struct fp_env e = sse_env(cpu);                                         \
        F p[16 / sizeof(F)], r[16 / sizeof(F)];                                 \
                                                                                \
        memcpy(p, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i++) {                               \
            if (F##_short_round(cpu, op, p[i], &r[i]))                          \
                continue;                                                       \
            if (!slow)                                                          \
                return false;                                                   \
            r[i] = F##_round(p[i], rounding_of(cpu, op), op->imm & 8, &e);      \
        }                                                                       \
        if (slow)                                                               \
            sse_finish(cpu, &e);                                                \
        memcpy(cpu->v[op->dst].q, r, 16);                                       \
        return true;                                                            \
    }
ROUND_PACKED(roundps, f32)
ROUND_PACKED(roundpd, f64)

/* ---- Packed, the long way: each lane by the shorter way that it can go ---- */

#define LONG_WAY(F, name, even, odd)                                            \
    static __attribute__((noinline))                                            \
    u64x2 F##_long_##name(struct x86 *cpu, u64x2 a, u64x2 b)                    \
    {                                                                           \
        struct fp_env e = sse_env(cpu);                                         \
        F p[16 / sizeof(F)], q[16 / sizeof(F)];                                 \
                                                                                \
        memcpy(p, &a, 16);                                                      \
        memcpy(q, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i += 2) {                            \
            p[i] = F##_either_##even(cpu->mxcsr, p[i], q[i], &e);               \
            p[i + 1] = F##_either_##odd(cpu->mxcsr, p[i + 1], q[i + 1], &e);    \
        }                                                                       \
        sse_finish(cpu, &e);                                                    \
        memcpy(&a, p, 16);                                                      \
        return a;                                                               \
    }
#define LONG_BINARY(F, name) LONG_WAY(F, name, name, name)
#define LONG_WAYS(F)                                                            \
    LONG_BINARY(F, add) LONG_BINARY(F, sub) LONG_BINARY(F, mul) LONG_BINARY(F, div) \
    LONG_BINARY(F, min) LONG_BINARY(F, max) LONG_WAY(F, addsub, sub, add)
LONG_WAYS(f32)
LONG_WAYS(f64)

#define LONG_SQRT(F)                                                            \
    static __attribute__((noinline))                                            \
    u64x2 F##_long_sqrt(struct x86 *cpu, u64x2 b)                               \
    {                                                                           \
        struct fp_env e = sse_env(cpu);                                         \
        F p[16 / sizeof(F)], r;                                                 \
                                                                                \
        memcpy(p, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i++)                                 \
            p[i] = F##_short_sqrt(cpu->mxcsr, p[i], &r) ? r : F##_sqrt(p[i], &e); \
        sse_finish(cpu, &e);                                                    \
        memcpy(&b, p, 16);                                                      \
        return b;                                                               \
    }
LONG_SQRT(f32)
LONG_SQRT(f64)

/* ---- Packed, the short way: all lanes at once ---- */

/* Out of the ordinary: results that are neither amid the range nor an exact zero. */
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

/* x and y are the operands, from a and b; the value r follows from them. */
#define PACKED(name, F, first, second, value, known, odd, way)                  \
    VECTOR(name, x)                                                             \
    {                                                                           \
        u64x2 a = xmm_get(cpu, op->dst), x = (first), y = (second), r;          \
                                                                                \
        (void)a;                                                                \
        if (slow) {                                                             \
            r = F##_long_##way(cpu, x, y);                                      \
        } else {                                                                \
            HOST_TYPE_##F p = (HOST_TYPE_##F)x, q = (HOST_TYPE_##F)y;           \
                                                                                \
            r = (u64x2)(value);                                                 \
            if (!(known) || unlikely(F##_any(F##_odd_pair(x, y) | (odd))))      \
                return false;                                                   \
        }                                                                       \
        xmm_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }
#define KNOWN likely(inexact_is_known(cpu->mxcsr))
#define PACKED_BINARY(suffix, F)                                                \
    PACKED(add##suffix, F, a, b, p + q, KNOWN, F##_odd_sum(x, y, r), add)       \
    PACKED(sub##suffix, F, a, b, p - q, KNOWN, F##_odd_sum(x, y, r), sub)       \
    PACKED(mul##suffix, F, a, b, p * q, KNOWN, F##_odd_product(x, y, r), mul)   \
    PACKED(div##suffix, F, a, b, p / q, KNOWN, F##_odd_quotient(x, y, r), div)  \
    PACKED(min##suffix, F, a, b, SELECT((u64x2)(p < q), x, y), true,            \
           F##_nans(x) | F##_nans(y), min)                                      \
    PACKED(max##suffix, F, a, b, SELECT((u64x2)(p > q), x, y), true,            \
           F##_nans(x) | F##_nans(y), max)
PACKED_BINARY(ps, f32)
PACKED_BINARY(pd, f64)

#define EVENS __builtin_shufflevector((u32x4)a, (u32x4)b, 0, 2, 4, 6)
#define ODDS  __builtin_shufflevector((u32x4)a, (u32x4)b, 1, 3, 5, 7)
PACKED(haddps, f32, (u64x2)EVENS, (u64x2)ODDS, p + q, KNOWN, f32_odd_sum(x, y, r), add)
PACKED(hsubps, f32, (u64x2)EVENS, (u64x2)ODDS, p - q, KNOWN, f32_odd_sum(x, y, r), sub)
PACKED(haddpd, f64, v_punpcklqdq(a, b), v_punpckhqdq(a, b), p + q,
       KNOWN, f64_odd_sum(x, y, r), add)
PACKED(hsubpd, f64, v_punpcklqdq(a, b), v_punpckhqdq(a, b), p - q,
       KNOWN, f64_odd_sum(x, y, r), sub)
/* Sums in the upper lane of each pair, differences in the lower. */
PACKED(addsubps, f32, a, b, SELECT(TWICE(0xffffffff), (u64x2)(p - q), (u64x2)(p + q)),
       KNOWN, f32_odd_sum(x, y, r), addsub)
PACKED(addsubpd, f64, a, b, ((u64x2){ ((u64x2)(p - q))[0], ((u64x2)(p + q))[1] }),
       KNOWN, f64_odd_sum(x, y, r), addsub)

/* Roots are taken one by one: a vector of them is no operation of the compilers' vectors. */
#define SQRT_PACKED(name, F)                                                    \
    VECTOR(name, x)                                                             \
    {                                                                           \
        F p[16 / sizeof(F)];                                                    \
                                                                                \
        if (slow) {                                                             \
            xmm_put(cpu, op->dst, F##_long_sqrt(cpu, b));                       \
            return true;                                                        \
        }                                                                       \
        memcpy(p, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i++)                                 \
            if (!F##_short_sqrt(cpu->mxcsr, p[i], &p[i]))                       \
                return false;                                                   \
        memcpy(cpu->v[op->dst].q, p, 16);                                       \
        return true;                                                            \
    }
SQRT_PACKED(sqrtps, f32)
SQRT_PACKED(sqrtpd, f64)

/* ---- Dot products: SDM 2 DPPS, whose pseudo-code says which sum comes first ---- */

/* What a step sets stays set, even if the next one has an exception. */
static void end_step(struct x86 *cpu, struct fp_env *e)
{
    sse_finish(cpu, e);
    e->flags = 0;
}

static u64x2 dot_f32(struct x86 *cpu, u64x2 a, u64x2 b, u32 imm)
{
    struct fp_env e = sse_env(cpu);
    u32 mxcsr = cpu->mxcsr;
    f32 p[4], q[4], sum;

    memcpy(p, &a, 16);
    memcpy(q, &b, 16);
    for (unsigned i = 0; i < 4; i++)
        p[i] = imm >> (4 + i) & 1 ? f32_either_mul(mxcsr, p[i], q[i], &e) : 0;
    end_step(cpu, &e);
    p[0] = f32_either_add(mxcsr, p[0], p[1], &e);
    p[2] = f32_either_add(mxcsr, p[2], p[3], &e);
    end_step(cpu, &e);
    sum = f32_either_add(mxcsr, p[0], p[2], &e);
    sse_finish(cpu, &e);
    for (unsigned i = 0; i < 4; i++)
        p[i] = imm >> i & 1 ? sum : 0;
    memcpy(&a, p, 16);
    return a;
}

static u64x2 dot_f64(struct x86 *cpu, u64x2 a, u64x2 b, u32 imm)
{
    struct fp_env e = sse_env(cpu);
    u32 mxcsr = cpu->mxcsr;
    f64 sum, p[2];

    for (unsigned i = 0; i < 2; i++)
        p[i] = imm >> (4 + i) & 1 ? f64_either_mul(mxcsr, a[i], b[i], &e) : 0;
    end_step(cpu, &e);
    sum = f64_either_add(mxcsr, p[0], p[1], &e);
    sse_finish(cpu, &e);
    return (u64x2){ imm & 1 ? sum : 0, imm & 2 ? sum : 0 };
}

/* What may fault waits for the slow form, which has said where it is. */
#define DOT(name, F)                                                            \
    VECTOR(name, x)                                                             \
    {                                                                           \
        if (!slow)                                                              \
            return false;                                                       \
        xmm_put(cpu, op->dst, dot_##F(cpu, xmm_get(cpu, op->dst), b, (u32)op->imm)); \
        return true;                                                            \
    }
DOT(dpps, f32)
DOT(dppd, f64)
