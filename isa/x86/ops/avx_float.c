/* Floating point with VEX, by the functions that do it without. SDM 2; SDM 1 14. */
#include "isa/x86/ops/packed_float.h"

/* ---- Packed ---- */

#define AVX_PACKED_IMM(name, immediate, long_y)                                 \
    VEX_X(v##name, u)                                                           \
    {                                                                           \
        const u32 imm = (immediate);                                            \
        u64x2 a = xmm_get(cpu, op->src), r;                                     \
                                                                                \
        PACKED_EITHER_WAY(name, a, b, imm, r)                                   \
        vex_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }                                                                           \
    VEX_Y(v##name, y)                                                           \
    {                                                                           \
        const u32 imm = (immediate);                                            \
        struct ymm a = ymm_get(cpu, op->src), r;                                \
                                                                                \
        YMM_EITHER_WAY(name, long_y, a, b, imm, r)                              \
        ymm_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }
#define AVX_PACKED(name)         AVX_PACKED_IMM(name, 0, avx_long)
#define AVX_PACKED_ROUND(name)   AVX_PACKED_IMM(name, (u32)op->imm, avx_long)
#define AVX_PACKED_COMPARE(name) AVX_PACKED_IMM(name, (u32)op->imm & PREDICATES_AVX, avx_long)
PACKED_ARITHMETIC(AVX_PACKED) PACKED_UNARY(AVX_PACKED)
PACKED_ROUND(AVX_PACKED_ROUND) PACKED_COMPARE(AVX_PACKED_COMPARE)
AVX_PACKED_IMM(dpps, (u32)op->imm, avx_long_dot)

VEX_1(vdppd, u)
{
    if (!slow)
        return false;
    vex_put(cpu, op->dst, sse_long(cpu, long_dppd, xmm_get(cpu, op->src), b, (u32)op->imm));
    return true;
}

/* ---- Scalar: the upper lanes are those of VEX.vvvv ---- */

#define AVX_SCALAR_IMM(name, F, size, short_way, long_way, immediate)           \
    VEX_1(v##name, size)                                                        \
    {                                                                           \
        const u32 imm = (immediate);                                            \
        u64x2 whole = xmm_get(cpu, op->src);                                    \
        F a = (F)whole[0], r;                                                   \
                                                                                \
        (void)a;                                                                \
        (void)imm;                                                              \
        SCALAR_EITHER_WAY(r, short_way, long_way)                               \
        vex_put(cpu, op->dst, SCALAR_IN_##F(whole, r));                         \
        return true;                                                            \
    }
#define AVX_SCALAR(name, F, size, short_way, long_way) \
    AVX_SCALAR_IMM(name, F, size, short_way, long_way, (u32)op->imm)
#define AVX_SCALAR_COMPARE(name, F, size, short_way, long_way) \
    AVX_SCALAR_IMM(name, F, size, short_way, long_way, (u32)op->imm & PREDICATES_AVX)
SCALARS(AVX_SCALAR)
SCALAR_COMPARISONS(AVX_SCALAR_COMPARE)

#define AVX_ESTIMATE(name)                                                      \
    VEX_1(v##name##ss, d)                                                       \
    {                                                                           \
        u64x2 whole = xmm_get(cpu, op->src);                                    \
                                                                                \
        vex_put(cpu, op->dst, SCALAR_IN_f32(whole, scalar_##name(b)));          \
        return true;                                                            \
    }                                                                           \
    VEX_X(v##name##ps, u)                                                       \
    {                                                                           \
        vex_put(cpu, op->dst, packed_##name(b));                                \
        return true;                                                            \
    }                                                                           \
    VEX_Y(v##name##ps, y)                                                       \
    {                                                                           \
        ymm_put(cpu, op->dst, (struct ymm){ packed_##name(b.low), packed_##name(b.high) }); \
        return true;                                                            \
    }
AVX_ESTIMATE(rcp)
AVX_ESTIMATE(rsqrt)
