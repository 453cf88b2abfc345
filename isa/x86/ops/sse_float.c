/* ADD to SQRT, HADD, ADDSUB, DP, RCP, ROUND, CMP of single and double precision. SDM 2. */
#include "isa/x86/ops/packed_float.h"

/* ---- Scalar ---- */

#define SCALAR(name, F, size, short_way, long_way) \
    SCALAR_IMM(name, F, size, short_way, long_way, (u32)op->imm)
#define SCALAR_IMM(name, F, size, short_way, long_way, immediate)               \
    VECTOR(name, size)                                                          \
    {                                                                           \
        const u32 imm = (immediate);                                            \
        F a = SCALAR_GET_##F(cpu, op->dst), r;                                  \
                                                                                \
        (void)a;                                                                \
        (void)imm;                                                              \
        SCALAR_EITHER_WAY(r, short_way, long_way)                               \
        SCALAR_PUT_##F(cpu, op->dst, r);                                        \
        return true;                                                            \
    }
SCALARS(SCALAR)
#define COMPARE_SCALAR(name, F, size, short_way, long_way) \
    SCALAR_IMM(name, F, size, short_way, long_way, (u32)op->imm & PREDICATES_SSE)
SCALAR_COMPARISONS(COMPARE_SCALAR)

#define ESTIMATE(name)                                                          \
    VECTOR(name##ss, d)                                                         \
    {                                                                           \
        xmm_put_low32(cpu, op->dst, scalar_##name(b));                          \
        return true;                                                            \
    }                                                                           \
    PURE(name##ps, x, packed_##name(b))
ESTIMATE(rcp)
ESTIMATE(rsqrt)

/* ---- Packed ---- */

#define PACKED_IMM(name, immediate)                                             \
    VECTOR(name, x)                                                             \
    {                                                                           \
        const u32 imm = (immediate);                                            \
        u64x2 a = xmm_get(cpu, op->dst), r;                                     \
                                                                                \
        PACKED_EITHER_WAY(name, a, b, imm, r)                                   \
        xmm_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }
#define SSE_PACKED(name)         PACKED_IMM(name, 0)
#define SSE_PACKED_IMM(name)     PACKED_IMM(name, (u32)op->imm)
#define SSE_PACKED_COMPARE(name) PACKED_IMM(name, (u32)op->imm & PREDICATES_SSE)
PACKED_ARITHMETIC(SSE_PACKED) PACKED_UNARY(SSE_PACKED)
PACKED_ROUND(SSE_PACKED_IMM) PACKED_DOT(SSE_PACKED_IMM)
PACKED_COMPARE(SSE_PACKED_COMPARE)
