/* Conversions between single, double and integers. SDM 2 CVTxx2xx; SDM 1 11.4.1.6. */
#include "isa/x86/fpu/x87.h"
#include "isa/x86/ops/sse_float.h"

/* ---- The short way: see sse_float.h ---- */

INLINE bool short_f32_to_f64(u32 mxcsr, f32 a, f64 *r)
{
    *r = host_f64((double)f32_host(a));
    return !f32_denormal(a) && !f32_nan(a);
}

INLINE bool short_f64_to_f32(u32 mxcsr, f64 a, f32 *r)
{
    float z = (float)f64_host(a);

    *r = host_f32(z);
    if (!f32_amid(*r))
        return f64_zero(a);
    return inexact_is_known(mxcsr) || ((double)z == f64_host(a) && to_nearest(mxcsr));
}

INLINE bool short_s32_to_f64(u32 mxcsr, s32 a, f64 *r)
{
    *r = host_f64((double)a);
    return true;
}

/* Integers are far from either end of the range; below 2^53, or 2^24, all are exact. */
INLINE bool short_s64_to_f64(u32 mxcsr, s64 a, f64 *r)
{
    *r = host_f64((double)a);
    return inexact_is_known(mxcsr) || (u64)a + BIT(53) <= BIT(54);
}

INLINE bool short_s64_to_f32(u32 mxcsr, s64 a, f32 *r)
{
    *r = host_f32((float)a);
    return inexact_is_known(mxcsr) || (u64)a + BIT(24) <= BIT(25);
}

INLINE bool short_s32_to_f32(u32 mxcsr, s32 a, f32 *r)
{
    return short_s64_to_f32(mxcsr, a, r);
}

/* Truncation: all doubles of that size have their integer part in range. PE if there was more. */
INLINE bool truncated_f64(u32 mxcsr, double x, double limit, s64 *r)
{
    if (unlikely(!(x > -limit && x < limit)))
        return false;
    *r = (s64)x;
    return (double)*r == x || (mxcsr & (MX_PM | FP_PE)) == (MX_PM | FP_PE);
}

/* To nearest: what is above 2^52 has no fraction; below, adding 2^52 and taking it away rounds. */
INLINE bool nearest_f64(u32 mxcsr, double x, double limit, s64 *r)
{
    double t;

    if (unlikely(!(x > -limit && x < limit)) || (mxcsr & MX_RC))
        return false;
    t = x < 0 ? (x - 0x1p52) + 0x1p52 : (x + 0x1p52) - 0x1p52;
    *r = (s64)t;
    return t == x || (mxcsr & (MX_PM | FP_PE)) == (MX_PM | FP_PE);
}

/* 2^31 less one half would round up to 2^31; 2^51 leaves room for the same. */
#define SHORT_TO_INTEGER(F, I, limit)                                           \
    INLINE bool short_##F##_to_##I(u32 mxcsr, F a, bool truncate, s64 *r)       \
    {                                                                           \
        double x = F##_host(a);                                                 \
                                                                                \
        if (unlikely(F##_denormal(a)))                                          \
            return false;                                                       \
        return truncate ? truncated_f64(mxcsr, x, limit, r)                     \
            : nearest_f64(mxcsr, x, limit, r);                                  \
    }
SHORT_TO_INTEGER(f32, s32, 0x1p31 - 1)
SHORT_TO_INTEGER(f64, s32, 0x1p31 - 1)
SHORT_TO_INTEGER(f32, s64, 0x1p51)
SHORT_TO_INTEGER(f64, s64, 0x1p51)

/* ---- Scalar ---- */

/* The value r from b; where it goes is `put`. */
#define CONVERT(name, size, reg, T, short_way, long_way, put)                   \
    VECTOR_FROM(name, size, reg)                                                \
    {                                                                           \
        T r;                                                                    \
                                                                                \
        if (slow) {                                                             \
            struct fp_env env = sse_env(cpu), *e = &env;                        \
                                                                                \
            r = (T)(long_way);                                                  \
            sse_finish(cpu, e);                                                 \
        } else if (unlikely(!(short_way))) {                                    \
            return false;                                                       \
        }                                                                       \
        put;                                                                    \
        return true;                                                            \
    }

#define FROM_INTEGER(name, size, F, I)                                          \
    CONVERT(name, size, GET_##size(cpu, op->src), F,                            \
            short_##I##_to_##F(cpu->mxcsr, (I)b, &r), s64_to_##F((I)b, e),      \
            SCALAR_PUT_##F(cpu, op->dst, r))
FROM_INTEGER(cvtsi2ss, d, f32, s32)
FROM_INTEGER(cvtsi2ss_q, q, f32, s64)
FROM_INTEGER(cvtsi2sd, d, f64, s32)
FROM_INTEGER(cvtsi2sd_q, q, f64, s64)

#define TO_INTEGER(name, size, F, I, width, truncate)                           \
    CONVERT(name, size, SCALAR_GET_##F(cpu, op->src), s64,                      \
            short_##F##_to_##I(cpu->mxcsr, b, truncate, &r),                    \
            F##_to_##I(b, truncate ? FP_ZERO : e->rounding, e),                 \
            PUT_##width(cpu, op->dst, (u64)r))
TO_INTEGER(cvtss2si, d, f32, s32, d, false)
TO_INTEGER(cvtss2si_q, d, f32, s64, q, false)
TO_INTEGER(cvtsd2si, q, f64, s32, d, false)
TO_INTEGER(cvtsd2si_q, q, f64, s64, q, false)
TO_INTEGER(cvttss2si, d, f32, s32, d, true)
TO_INTEGER(cvttss2si_q, d, f32, s64, q, true)
TO_INTEGER(cvttsd2si, q, f64, s32, d, true)
TO_INTEGER(cvttsd2si_q, q, f64, s64, q, true)

CONVERT(cvtss2sd, d, SCALAR_GET_f32(cpu, op->src), f64, short_f32_to_f64(cpu->mxcsr, b, &r),
        f32_to_f64(b, e), SCALAR_PUT_f64(cpu, op->dst, r))
CONVERT(cvtsd2ss, q, SCALAR_GET_f64(cpu, op->src), f32, short_f64_to_f32(cpu->mxcsr, b, &r),
        f64_to_f32(b, e), SCALAR_PUT_f32(cpu, op->dst, r))

/* ---- Packed: N lanes of From to as many of To; lanes beyond are zero ---- */

#define LANES_OF(name, N, From, To, short_way, long_way)                        \
    INLINE bool v_##name(struct x86 *cpu, u64x2 b, u64x2 *result, const bool slow) \
    {                                                                           \
        struct fp_env env = sse_env(cpu), *e = &env;                            \
        From p[16 / sizeof(From)];                                              \
        To r[16 / sizeof(To)] = { 0 };                                          \
                                                                                \
        memcpy(p, &b, 16);                                                      \
        for (unsigned i = 0; i < N; i++) {                                      \
            if (short_way)                                                      \
                continue;                                                       \
            if (!slow)                                                          \
                return false;                                                   \
            r[i] = (To)(long_way);                                              \
        }                                                                       \
        if (slow)                                                               \
            sse_finish(cpu, e);                                                 \
        memcpy(result, r, 16);                                                  \
        return true;                                                            \
    }
#define TO_LANES(name, N, F, truncate)                                          \
    INLINE bool short_##name(u32 mxcsr, F a, s32 *r)                            \
    {                                                                           \
        s64 wide = 0;                                                           \
        bool done = short_##F##_to_s32(mxcsr, a, truncate, &wide);              \
                                                                                \
        *r = (s32)wide;                                                         \
        return done;                                                            \
    }                                                                           \
    LANES_OF(name, N, F, s32, short_##name(cpu->mxcsr, p[i], &r[i]),            \
             F##_to_s32(p[i], truncate ? FP_ZERO : e->rounding, e))
TO_LANES(cvtps2dq, 4, f32, false)
TO_LANES(cvttps2dq, 4, f32, true)
TO_LANES(cvtpd2dq, 2, f64, false)
TO_LANES(cvttpd2dq, 2, f64, true)
TO_LANES(cvtps2pi, 2, f32, false)
TO_LANES(cvttps2pi, 2, f32, true)
LANES_OF(cvtps2pd, 2, f32, f64, short_f32_to_f64(cpu->mxcsr, p[i], &r[i]), f32_to_f64(p[i], e))
LANES_OF(cvtpd2ps, 2, f64, f32, short_f64_to_f32(cpu->mxcsr, p[i], &r[i]), f64_to_f32(p[i], e))
LANES_OF(cvtdq2ps, 4, s32, f32, short_s32_to_f32(cpu->mxcsr, p[i], &r[i]), s64_to_f32(p[i], e))
LANES_OF(cvtpi2ps, 2, s32, f32, short_s32_to_f32(cpu->mxcsr, p[i], &r[i]), s64_to_f32(p[i], e))
LANES_OF(cvtdq2pd, 2, s32, f64, short_s32_to_f64(cpu->mxcsr, p[i], &r[i]), s64_to_f64(p[i], e))

#define CONVERT_PACKED(name, size, wide)                                        \
    VECTOR(name, size)                                                          \
    {                                                                           \
        u64x2 r;                                                                \
                                                                                \
        if (!v_##name(cpu, wide, &r, slow))                                     \
            return false;                                                       \
        xmm_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }
CONVERT_PACKED(cvtps2dq, x, b)
CONVERT_PACKED(cvttps2dq, x, b)
CONVERT_PACKED(cvtpd2dq, x, b)
CONVERT_PACKED(cvttpd2dq, x, b)
CONVERT_PACKED(cvtpd2ps, x, b)
CONVERT_PACKED(cvtdq2ps, x, b)
CONVERT_PACKED(cvtps2pd, q, ((u64x2){ b, 0 }))
CONVERT_PACKED(cvtdq2pd, q, ((u64x2){ b, 0 }))

/* ---- With MMX registers. From memory, CVTPI2PD leaves the x87 unit alone: SDM 2 CVTPI2PD ---- */

static u64x2 pi2ps(struct x86 *cpu, u64 b)
{
    u64x2 r;

    v_cvtpi2ps(cpu, (u64x2){ b, 0 }, &r, true);
    return r;
}

static u64x2 pi2pd(struct x86 *cpu, u64 b)
{
    u64x2 r;

    v_cvtdq2pd(cpu, (u64x2){ b, 0 }, &r, true);
    return r;
}

PLAIN_OP(cvtpi2ps_r)
{
    u64 r;

    x87_wait(cpu);
    r = pi2ps(cpu, mmx_get(cpu, op->src))[0];
    x87_enter_mmx(cpu);
    cpu->v[op->dst].q[0] = r;
}

PLAIN_OP(cvtpi2ps_m)
{
    u64 r;

    x87_wait(cpu);
    r = pi2ps(cpu, op_load(cpu, op, 8))[0];
    x87_enter_mmx(cpu);
    cpu->v[op->dst].q[0] = r;
}

PLAIN_OP(cvtpi2pd_r)
{
    u64x2 r;

    x87_wait(cpu);
    r = pi2pd(cpu, mmx_get(cpu, op->src));
    x87_enter_mmx(cpu);
    xmm_put(cpu, op->dst, r);
}

PLAIN_OP(cvtpi2pd_m)
{
    xmm_put(cpu, op->dst, pi2pd(cpu, op_load(cpu, op, 8)));
}

#define TO_MMX(name, way, source)                                               \
    PLAIN_OP(name)                                                              \
    {                                                                           \
        u64x2 r;                                                                \
                                                                                \
        x87_wait(cpu);                                                          \
        v_##way(cpu, (source), &r, true);                                       \
        x87_enter_mmx(cpu);                                                     \
        mmx_put(cpu, op->dst, r[0]);                                            \
    }
TO_MMX(cvtps2pi_r, cvtps2pi, xmm_get(cpu, op->src))
TO_MMX(cvtps2pi_m, cvtps2pi, ((u64x2){ op_load(cpu, op, 8), 0 }))
TO_MMX(cvttps2pi_r, cvttps2pi, xmm_get(cpu, op->src))
TO_MMX(cvttps2pi_m, cvttps2pi, ((u64x2){ op_load(cpu, op, 8), 0 }))
TO_MMX(cvtpd2pi_r, cvtpd2dq, xmm_get(cpu, op->src))
TO_MMX(cvtpd2pi_m, cvtpd2dq, vector_load(cpu, op, true))
TO_MMX(cvttpd2pi_r, cvttpd2dq, xmm_get(cpu, op->src))
TO_MMX(cvttpd2pi_m, cvttpd2dq, vector_load(cpu, op, true))
