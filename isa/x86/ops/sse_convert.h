/* Conversions between single, double and integers, as functions of values: see packed_float.h. */
#pragma once
#include "isa/x86/ops/packed_float.h"

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

/* ---- Packed: N lanes of b, from From to as many of To; lanes beyond are zero ---- */

#define PACKED_CONVERSIONS(X)                                                   \
    X(cvtps2dq) X(cvttps2dq) X(cvtpd2dq) X(cvttpd2dq) X(cvtps2pi) X(cvttps2pi)  \
    X(cvtps2pd) X(cvtpd2ps) X(cvtdq2ps) X(cvtpi2ps) X(cvtdq2pd)
#define LONG_WAY(name) packed_way long_##name;
PACKED_CONVERSIONS(LONG_WAY)
#undef LONG_WAY

#define SHORT_TO_LANE(name, F, truncate)                                        \
    INLINE bool lane_##name(u32 mxcsr, F a, s32 *r)                             \
    {                                                                           \
        s64 wide = 0;                                                           \
        bool done = short_##F##_to_s32(mxcsr, a, truncate, &wide);              \
                                                                                \
        *r = (s32)wide;                                                         \
        return done;                                                            \
    }
SHORT_TO_LANE(ps2dq, f32, false)
SHORT_TO_LANE(tps2dq, f32, true)
SHORT_TO_LANE(pd2dq, f64, false)
SHORT_TO_LANE(tpd2dq, f64, true)

#define SHORT_LANES(name, N, From, To, way)                                     \
    SHORT_WAY(name)                                                             \
    {                                                                           \
        From p[16 / sizeof(From)];                                              \
        To r[16 / sizeof(To)] = { 0 };                                          \
                                                                                \
        memcpy(p, &b, 16);                                                      \
        for (unsigned i = 0; i < N; i++)                                        \
            if (!way(mxcsr, p[i], &r[i]))                                       \
                return false;                                                   \
        memcpy(result, r, 16);                                                  \
        return true;                                                            \
    }
SHORT_LANES(cvtps2dq, 4, f32, s32, lane_ps2dq)
SHORT_LANES(cvttps2dq, 4, f32, s32, lane_tps2dq)
SHORT_LANES(cvtpd2dq, 2, f64, s32, lane_pd2dq)
SHORT_LANES(cvttpd2dq, 2, f64, s32, lane_tpd2dq)
SHORT_LANES(cvtps2pd, 2, f32, f64, short_f32_to_f64)
SHORT_LANES(cvtpd2ps, 2, f64, f32, short_f64_to_f32)
SHORT_LANES(cvtdq2ps, 4, s32, f32, short_s32_to_f32)
SHORT_LANES(cvtdq2pd, 2, s32, f64, short_s32_to_f64)

/* ---- Scalars: the integer b becomes r ---- */

#define SCALARS_FROM_INTEGER(X) \
    X(cvtsi2ss, d, f32, s32) X(cvtsi2ss_q, q, f32, s64) X(cvtsi2sd, d, f64, s32) \
    X(cvtsi2sd_q, q, f64, s64)
