/* Conversions with VEX: those of SSE with more operands and bits, and F16C. SDM 2; SDM 1 14.4. */
#include "isa/x86/ops/sse_convert.h"

/* ---- Packed ---- */

/* One half of YMM from x, the other from y. */
#define HALVES(name, x, y)                                                      \
    struct ymm of_ = { x, y }, r;                                               \
                                                                                \
    YMM_EITHER_WAY(name, avx_long, of_, of_, 0, r)
#define XMM_FROM(name, size, x)                                                 \
    VEX_X(v##name, size)                                                        \
    {                                                                           \
        u64x2 of_ = x, r;                                                       \
                                                                                \
        PACKED_EITHER_WAY(name, of_, of_, 0, r)                                 \
        vex_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }

#define SAME_WIDTH(name)                                                        \
    XMM_FROM(name, u, b)                                                        \
    VEX_Y(v##name, y)                                                           \
    {                                                                           \
        HALVES(name, b.low, b.high)                                             \
        ymm_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }
#define TO_TWICE(name)                                                          \
    XMM_FROM(name, q, ((u64x2){ b, 0 }))                                        \
    VEX_Y(v##name, u)                                                           \
    {                                                                           \
        HALVES(name, ((u64x2){ b[0], 0 }), ((u64x2){ b[1], 0 }))                \
        ymm_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }
#define TO_HALF(name)                                                           \
    XMM_FROM(name, u, b)                                                        \
    VEX_Y(v##name, y)                                                           \
    {                                                                           \
        HALVES(name, b.low, b.high)                                             \
        vex_put(cpu, op->dst, (u64x2){ r.low[0], r.high[0] });                  \
        return true;                                                            \
    }
SAME_WIDTH(cvtdq2ps)
SAME_WIDTH(cvtps2dq)
SAME_WIDTH(cvttps2dq)
TO_TWICE(cvtps2pd)
TO_TWICE(cvtdq2pd)
TO_HALF(cvtpd2ps)
TO_HALF(cvtpd2dq)
TO_HALF(cvttpd2dq)

/* ---- Scalar: the upper lanes are those of VEX.vvvv ---- */

#define AVX_CONVERT(name, size, reg, F, short_way, long_way)                    \
    VECTOR_FROM(v##name, size, reg)                                             \
    {                                                                           \
        F r;                                                                    \
                                                                                \
        SCALAR_EITHER_WAY(r, short_way, long_way)                               \
        vex_put(cpu, op->dst, SCALAR_IN_##F(xmm_get(cpu, op->src), r));         \
        return true;                                                            \
    }
#define AVX_FROM_INTEGER(name, size, F, I)                                      \
    AVX_CONVERT(name, size, GET_##size(cpu, op->base), F,                       \
                short_##I##_to_##F(cpu->mxcsr, (I)b, &r), s64_to_##F((I)b, e))
SCALARS_FROM_INTEGER(AVX_FROM_INTEGER)
AVX_CONVERT(cvtss2sd, d, SCALAR_GET_f32(cpu, op->base), f64,
            short_f32_to_f64(cpu->mxcsr, b, &r), f32_to_f64(b, e))
AVX_CONVERT(cvtsd2ss, q, SCALAR_GET_f64(cpu, op->base), f32,
            short_f64_to_f32(cpu->mxcsr, b, &r), f64_to_f32(b, e))

/* ---- Half precision: F16C ---- */

/* Only signalling NaNs are an exception: there is no DE here. */
static u64x2 singles(u64 halves, struct fp_env *e)
{
    f32 r[4];
    u64x2 v;

    for (unsigned i = 0; i < 4; i++)
        r[i] = f16_to_f32((f16)(halves >> 16 * i), e);
    memcpy(&v, r, 16);
    return v;
}

static u64 halves(u64x2 singles, u32 imm, struct fp_env *e)
{
    unsigned rounding = imm & 4 ? e->rounding : imm & 3;
    f32 p[4];
    u64 r = 0;

    memcpy(p, &singles, 16);
    for (unsigned i = 0; i < 4; i++)
        r |= (u64)f32_to_f16(p[i], rounding, e) << 16 * i;
    return r;
}

/* It stands, unless it is to trap: then the slow form, which says where it is, comes first. */
#define UNLESS_IT_TRAPS(e)                                                      \
    if (unlikely(fp_unmasked(&(e))) && !slow)                                   \
        return false;                                                           \
    sse_finish(cpu, &(e))

VEX_X(vcvtph2ps, q)
{
    struct fp_env e = sse_env(cpu);
    u64x2 r = singles(b, &e);

    UNLESS_IT_TRAPS(e);
    vex_put(cpu, op->dst, r);
    return true;
}

VEX_Y(vcvtph2ps, u)
{
    struct fp_env e = sse_env(cpu);
    struct ymm r = { singles(b[0], &e), singles(b[1], &e) };

    UNLESS_IT_TRAPS(e);
    ymm_put(cpu, op->dst, r);
    return true;
}

/* Whether memory can be written is seen before an exception; what it raised is set after. */
#define STORE_HALVES(ea, form, size, T, value)                                  \
    BODY(vcvtps2ph_##form##_rm_##ea)                                            \
    {                                                                           \
        struct fp_env e = sse_env(cpu);                                         \
        T v_ = (value);                                                         \
                                                                                \
        if (unlikely(fp_unmasked(&e))) {                                        \
            if (!slow)                                                          \
                return false;                                                   \
            x86_probe_operand(cpu, op_segment(op), op_offset(cpu, op), sizeof v_, ACCESS_WRITE); \
            sse_finish(cpu, &e);                                                \
        }                                                                       \
        V_STORE_##size(v_, ea);                                                 \
        sse_finish(cpu, &e);                                                    \
        return true;                                                            \
    }
#define HALVES_X halves(xmm_get(cpu, op->src), (u32)op->imm, &e)
#define HALVES_Y both_halves(cpu, op, &e)

INLINE u64x2 both_halves(const struct x86 *cpu, const struct op *op, struct fp_env *e)
{
    struct ymm a = ymm_get(cpu, op->src);

    return (u64x2){ halves(a.low, (u32)op->imm, e), halves(a.high, (u32)op->imm, e) };
}

BODY(vcvtps2ph_x_rr)
{
    struct fp_env e = sse_env(cpu);
    u64 r = HALVES_X;

    UNLESS_IT_TRAPS(e);
    vex_put(cpu, op->dst, (u64x2){ r, 0 });
    return true;
}

BODY(vcvtps2ph_y_rr)
{
    struct fp_env e = sse_env(cpu);
    u64x2 r = HALVES_Y;

    UNLESS_IT_TRAPS(e);
    vex_put(cpu, op->dst, r);
    return true;
}

EACH_EA(STORE_HALVES, x, q, u64, HALVES_X)
EACH_EA(STORE_HALVES, y, u, u64x2, HALVES_Y)
V_HANDLERS_(vcvtps2ph_x)
V_HANDLERS_(vcvtps2ph_y)
