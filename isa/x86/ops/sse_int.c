/* Packed integers in XMM registers: lanes.h has what they compute. */
#include "isa/x86/ops/lanes.h"

#define PURE_(name) PURE(name, x, v_##name(a, b))
PACKED_LANES(PURE_)
PACKED_PAIRS(PURE_)
PACKED_LOW(PURE_)
XMM_LANES(PURE_)

/* A count beyond the lane's bits is as good as all of them: b's upper half does not matter. */
#define SHIFT_(name)                                                            \
    PURE(name, x, v_##name(a, b[0]))                                            \
    BODY(name##_imm)                                                            \
    {                                                                           \
        xmm_put(cpu, op->dst, v_##name(xmm_get(cpu, op->dst), (u32)op->imm));   \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name##_imm)
PACKED_SHIFTS(SHIFT_)

#define SHIFT_WHOLE(name)                                                       \
    BODY(name)                                                                  \
    {                                                                           \
        xmm_put(cpu, op->dst, v_##name(xmm_get(cpu, op->dst), (u32)op->imm));   \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name)
SHIFT_WHOLE(psrldq)
SHIFT_WHOLE(pslldq)

/* ---- PMOVSX, PMOVZX: the lanes of a narrower source. SDM 2 PMOVSX ---- */

#define WIDEN(name, size, from, to)                                             \
    INLINE u64x2 v_##name(u64 b)                                                \
    {                                                                           \
        from p[16 / sizeof(to)];                                                \
        to r[16 / sizeof(to)];                                                  \
        u64x2 v;                                                                \
                                                                                \
        memcpy(p, &b, sizeof p);                                                \
        for (unsigned i = 0; i < COUNT(r); i++)                                 \
            r[i] = (to)p[i];                                                    \
        memcpy(&v, r, sizeof v);                                                \
        return v;                                                               \
    }                                                                           \
    PURE(name, size, v_##name(b))
WIDEN(pmovsxbw, q, s8, s16)
WIDEN(pmovsxbd, d, s8, s32)
WIDEN(pmovsxbq, w, s8, s64)
WIDEN(pmovsxwd, q, s16, s32)
WIDEN(pmovsxwq, d, s16, s64)
WIDEN(pmovsxdq, q, s32, s64)
WIDEN(pmovzxbw, q, u8, u16)
WIDEN(pmovzxbd, d, u8, u32)
WIDEN(pmovzxbq, w, u8, u64)
WIDEN(pmovzxwd, q, u16, u32)
WIDEN(pmovzxwq, d, u16, u64)
WIDEN(pmovzxdq, q, u32, u64)
