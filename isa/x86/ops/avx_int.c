/* Packed integers with VEX: lanes.h has what they compute. SDM 2, VPSLLVD ... and the rest. */
#include "isa/x86/ops/lanes.h"

#define LANE_(name) VALUE(name, u, v_##name(a, b)) VEX_VALUE(v##name, name)
PACKED_LANES(LANE_, )
PACKED_PAIRS(LANE_, )
PACKED_LOW(LANE_, )
XMM_LANES(LANE_, )

/* ---- Shifts ---- */

/* The count is 128 bits of a register or memory, for both halves. */
#define SHIFT_(name)                                                            \
    VEX_X(v##name, u)                                                           \
    {                                                                           \
        vex_put(cpu, op->dst, v_##name(xmm_get(cpu, op->src), b[0]));           \
        return true;                                                            \
    }                                                                           \
    VEX_Y(v##name, u)                                                           \
    {                                                                           \
        struct ymm a = ymm_get(cpu, op->src);                                   \
                                                                                \
        ymm_put(cpu, op->dst, (struct ymm){ v_##name(a.low, b[0]), v_##name(a.high, b[0]) }); \
        return true;                                                            \
    }                                                                           \
    SHIFT_IMMEDIATE(v##name##_imm, v_##name)

/* To the register of VEX.vvvv. */
#define SHIFT_IMMEDIATE(name, value)                                            \
    BODY(name##_x)                                                              \
    {                                                                           \
        vex_put(cpu, op->src, value(xmm_get(cpu, op->base), (u32)op->imm));     \
        return true;                                                            \
    }                                                                           \
    BODY(name##_y)                                                              \
    {                                                                           \
        struct ymm b = ymm_get(cpu, op->base);                                  \
        u32 n = (u32)op->imm;                                                   \
                                                                                \
        ymm_put(cpu, op->src, (struct ymm){ value(b.low, n), value(b.high, n) }); \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name##_x)                                                      \
    FAST_HANDLER(name##_y)
PACKED_SHIFTS(SHIFT_, )
SHIFT_IMMEDIATE(vpsrldq, v_psrldq)
SHIFT_IMMEDIATE(vpslldq, v_pslldq)

/* Each lane by its own count. */
EACH(psllvd, u32, y < 32 ? x << y : 0)
EACH(psllvq, u64, y < 64 ? x << y : 0)
EACH(psrlvd, u32, y < 32 ? x >> y : 0)
EACH(psrlvq, u64, y < 64 ? x >> y : 0)
EACH(psravd, u32, (s32)x >> (y < 32 ? y : 31))
LANE_(psllvd)
LANE_(psllvq)
LANE_(psrlvd)
LANE_(psrlvq)
LANE_(psravd)

/* ---- Wider lanes: of an eighth, a quarter or half of the bits ---- */

#define WIDER(name, size, size_y, low, high)                                    \
    VEX_X(v##name, size)                                                        \
    {                                                                           \
        vex_put(cpu, op->dst, v_##name(b));                                     \
        return true;                                                            \
    }                                                                           \
    VEX_Y(v##name, size_y)                                                      \
    {                                                                           \
        ymm_put(cpu, op->dst, (struct ymm){ v_##name(low), v_##name(high) });   \
        return true;                                                            \
    }
#define FROM_HALF(name)     WIDER(name, q, u, b[0], b[1])
#define FROM_QUARTER(name)  WIDER(name, d, q, (u32)b, b >> 32)
#define FROM_EIGHTH(name)   WIDER(name, w, d, (u16)b, b >> 16)
FROM_HALF(pmovsxbw)
FROM_QUARTER(pmovsxbd)
FROM_EIGHTH(pmovsxbq)
FROM_HALF(pmovsxwd)
FROM_QUARTER(pmovsxwq)
FROM_HALF(pmovsxdq)
FROM_HALF(pmovzxbw)
FROM_QUARTER(pmovzxbd)
FROM_EIGHTH(pmovzxbq)
FROM_HALF(pmovzxwd)
FROM_QUARTER(pmovzxwq)
FROM_HALF(pmovzxdq)
