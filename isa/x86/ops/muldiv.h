/*
 * IMUL with two and three operands, as bodies: SDM 2, IMUL. SF and PF follow the result, AF is
 * clear.
 */
#pragma once
#include "isa/x86/ops/body.h"
#include "isa/x86/ops/forms.h"

#define CARRY_OVERFLOW(lost) ((lost) ? CF | OF : 0)

#define IMUL_FUNCTION(w, wide)                                                  \
    static inline __attribute__((always_inline, unused))                        \
    T_##w mul_imul_##w(struct lazy_flags *lazy, S_##w a, S_##w b)                       \
    {                                                                           \
        wide r = (wide)a * b;                                                   \
                                                                                \
        FLAGS_AS(lazy, (u64)(T_##w)r << TOP_##w, 0, 0,                                \
                 TOP_##w | (u32)CARRY_OVERFLOW(r != (S_##w)r) << KIND_FIX);     \
        return (T_##w)r;                                                        \
    }
IMUL_FUNCTION(w, s32)
IMUL_FUNCTION(d, s64)
IMUL_FUNCTION(q, __int128)

#define IMUL_BODIES_(name, w, first)                                            \
    BODY(name##_##w##_r)                                                        \
    {                                                                           \
        PUT_##w(cpu, op->dst, mul_imul_##w(lazy, (S_##w)GET_##w(cpu, op->src), (S_##w)(first))); \
        return true;                                                            \
    }                                                                           \
    BODY(name##_##w##_r_nf)                                                     \
    {                                                                           \
        PUT_##w(cpu, op->dst, (T_##w)((u64)GET_##w(cpu, op->src) * (u64)(first))); \
        return true;                                                            \
    }                                                                           \
    BODY(name##_##w##_m)                                                        \
    {                                                                           \
        T_##w b_;                                                               \
                                                                                \
        LOAD(b_, gen);                                                          \
        PUT_##w(cpu, op->dst, mul_imul_##w(lazy, (S_##w)b_, (S_##w)(first)));    \
        return true;                                                            \
    }
#define IMUL_BODIES(unused, w)                                                  \
    IMUL_BODIES_(imul2, w, GET_##w(cpu, op->dst))                               \
    IMUL_BODIES_(imul3, w, op->imm)
WIDTHS_WDQ(IMUL_BODIES, )
