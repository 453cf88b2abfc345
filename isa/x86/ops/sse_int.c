/* Packed integers in XMM registers: lanes.h has what they compute. */
#include "isa/x86/ops/lanes.h"

#define PURE_(name) PURE(name, x, v_##name(a, b))
PACKED_LANES(PURE_, )
PACKED_PAIRS(PURE_, )
PACKED_LOW(PURE_, )
XMM_LANES(PURE_, )

/* A count beyond the lane's bits is as good as all of them: b's upper half does not matter. */
#define SHIFT_(name)                                                            \
    PURE(name, x, v_##name(a, b[0]))                                            \
    BODY(name##_imm)                                                            \
    {                                                                           \
        xmm_put(cpu, op->dst, v_##name(xmm_get(cpu, op->dst), (u32)op->imm));   \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name##_imm)
PACKED_SHIFTS(SHIFT_, )

#define SHIFT_WHOLE(name)                                                       \
    BODY(name)                                                                  \
    {                                                                           \
        xmm_put(cpu, op->dst, v_##name(xmm_get(cpu, op->dst), (u32)op->imm));   \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name)
SHIFT_WHOLE(psrldq)
SHIFT_WHOLE(pslldq)

/* ---- PMOVSX, PMOVZX ---- */

PURE(pmovsxbw, q, v_pmovsxbw(b))
PURE(pmovsxbd, d, v_pmovsxbd(b))
PURE(pmovsxbq, w, v_pmovsxbq(b))
PURE(pmovsxwd, q, v_pmovsxwd(b))
PURE(pmovsxwq, d, v_pmovsxwq(b))
PURE(pmovsxdq, q, v_pmovsxdq(b))
PURE(pmovzxbw, q, v_pmovzxbw(b))
PURE(pmovzxbd, d, v_pmovzxbd(b))
PURE(pmovzxbq, w, v_pmovzxbq(b))
PURE(pmovzxwd, q, v_pmovzxwd(b))
PURE(pmovzxwq, d, v_pmovzxwq(b))
PURE(pmovzxdq, q, v_pmovzxdq(b))
