/* Conversions between single, double and integers. SDM 2 CVTxx2xx; SDM 1 11.4.1.6. */
#include "isa/x86/fpu/x87.h"
#include "isa/x86/ops/sse_convert.h"

/* ---- Scalar ---- */

/* The value r from b; where it goes is `put`. */
#define CONVERT(name, size, reg, T, short_way, long_way, put)                   \
    VECTOR_FROM(name, size, reg)                                                \
    {                                                                           \
        T r;                                                                    \
                                                                                \
        SCALAR_EITHER_WAY(r, short_way, (T)(long_way))                          \
        put;                                                                    \
        return true;                                                            \
    }

#define FROM_INTEGER(name, size, F, I)                                          \
    CONVERT(name, size, GET_##size(cpu, op->src), F,                            \
            short_##I##_to_##F(cpu->mxcsr, (I)b, &r), s64_to_##F((I)b, e),      \
            SCALAR_PUT_##F(cpu, op->dst, r))
SCALARS_FROM_INTEGER(FROM_INTEGER)

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

/* ---- Packed ---- */

/* The long way: each lane by the shorter one that it can go. */
#define LONG_LANES(name, N, From, To, way, value)                               \
    u64x2 long_##name(u32 mxcsr, u64x2 a, u64x2 b, u32 imm, struct fp_env *e)   \
    {                                                                           \
        From p[16 / sizeof(From)];                                              \
        To r[16 / sizeof(To)] = { 0 };                                          \
                                                                                \
        memcpy(p, &b, 16);                                                      \
        for (unsigned i = 0; i < N; i++)                                        \
            if (!way(mxcsr, p[i], &r[i]))                                       \
                r[i] = (To)(value);                                             \
        memcpy(&b, r, 16);                                                      \
        return b;                                                               \
    }
LONG_LANES(cvtps2dq, 4, f32, s32, lane_ps2dq, f32_to_s32(p[i], e->rounding, e))
LONG_LANES(cvttps2dq, 4, f32, s32, lane_tps2dq, f32_to_s32(p[i], FP_ZERO, e))
LONG_LANES(cvtpd2dq, 2, f64, s32, lane_pd2dq, f64_to_s32(p[i], e->rounding, e))
LONG_LANES(cvttpd2dq, 2, f64, s32, lane_tpd2dq, f64_to_s32(p[i], FP_ZERO, e))
LONG_LANES(cvtps2pi, 2, f32, s32, lane_ps2dq, f32_to_s32(p[i], e->rounding, e))
LONG_LANES(cvttps2pi, 2, f32, s32, lane_tps2dq, f32_to_s32(p[i], FP_ZERO, e))
LONG_LANES(cvtps2pd, 2, f32, f64, short_f32_to_f64, f32_to_f64(p[i], e))
LONG_LANES(cvtpd2ps, 2, f64, f32, short_f64_to_f32, f64_to_f32(p[i], e))
LONG_LANES(cvtdq2ps, 4, s32, f32, short_s32_to_f32, s64_to_f32(p[i], e))
LONG_LANES(cvtpi2ps, 2, s32, f32, short_s32_to_f32, s64_to_f32(p[i], e))
LONG_LANES(cvtdq2pd, 2, s32, f64, short_s32_to_f64, s64_to_f64(p[i], e))

#define CONVERT_PACKED(name, size, wide)                                        \
    VECTOR(name, size)                                                          \
    {                                                                           \
        u64x2 r;                                                                \
                                                                                \
        PACKED_EITHER_WAY(name, wide, wide, 0, r)                               \
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

static u64x2 converted(struct x86 *cpu, packed_way *way, u64x2 b)
{
    return sse_long(cpu, way, b, b, 0);
}

PLAIN_OP(cvtpi2ps_r)
{
    u64 r;

    x87_wait(cpu);
    r = converted(cpu, long_cvtpi2ps, (u64x2){ mmx_get(cpu, op->src), 0 })[0];
    x87_enter_mmx(cpu);
    cpu->v[op->dst].q[0] = r;
}

PLAIN_OP(cvtpi2ps_m)
{
    u64 r;

    x87_wait(cpu);
    r = converted(cpu, long_cvtpi2ps, (u64x2){ op_load(cpu, op, 8), 0 })[0];
    x87_enter_mmx(cpu);
    cpu->v[op->dst].q[0] = r;
}

PLAIN_OP(cvtpi2pd_r)
{
    u64x2 r;

    x87_wait(cpu);
    r = converted(cpu, long_cvtdq2pd, (u64x2){ mmx_get(cpu, op->src), 0 });
    x87_enter_mmx(cpu);
    xmm_put(cpu, op->dst, r);
}

PLAIN_OP(cvtpi2pd_m)
{
    u64x2 b = { op_load(cpu, op, 8), 0 };

    xmm_put(cpu, op->dst, converted(cpu, long_cvtdq2pd, b));
}

#define TO_MMX(name, way, source)                                               \
    PLAIN_OP(name)                                                              \
    {                                                                           \
        u64x2 r;                                                                \
                                                                                \
        x87_wait(cpu);                                                          \
        r = converted(cpu, long_##way, (source));                               \
        x87_enter_mmx(cpu);                                                     \
        mmx_put(cpu, op->dst, r[0]);                                            \
    }
TO_MMX(cvtps2pi_r, cvtps2pi, xmm_get(cpu, op->src))
TO_MMX(cvtps2pi_m, cvtps2pi, ((u64x2){ op_load(cpu, op, 8), 0 }))
TO_MMX(cvttps2pi_r, cvttps2pi, xmm_get(cpu, op->src))
TO_MMX(cvttps2pi_m, cvttps2pi, ((u64x2){ op_load(cpu, op, 8), 0 }))
TO_MMX(cvtpd2pi_r, cvtpd2dq, xmm_get(cpu, op->src))
TO_MMX(cvtpd2pi_m, cvtpd2dq, operand_load(cpu, op))
TO_MMX(cvttpd2pi_r, cvttpd2dq, xmm_get(cpu, op->src))
TO_MMX(cvttpd2pi_m, cvttpd2dq, operand_load(cpu, op))
