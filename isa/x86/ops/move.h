/* isa/x86/ops/move.h */
/* Bodies of MOVZX, MOVSX, MOVSXD and LEA. */
#pragma once
#include "isa/x86/ops/body.h"

#define LOAD_RR(name, w, T, from)                                               \
    BODY(name##_##w##_rr)                                                       \
    {                                                                           \
        PUT_##w(cpu, op->dst, (T_##w)(T)GET_##from(cpu, op->src));              \
        return true;                                                            \
    }
#define LOAD_RM(ea, name, w, T)                                                 \
    BODY(name##_##w##_rm_##ea)                                                  \
    {                                                                           \
        T v_;                                                                   \
        LOAD(v_, ea);                                                           \
        PUT_##w(cpu, op->dst, (T_##w)v_);                                       \
        return true;                                                            \
    }
#define LOAD_W(name, w, T, from)    LOAD_RR(name, w, T, from) EACH_EA(LOAD_RM, name, w, T)
#define LOAD_ALL(name, T, from) \
    LOAD_W(name, w, T, from) LOAD_W(name, d, T, from) LOAD_W(name, q, T, from)

LOAD_ALL(movzx_b, u8, b)
LOAD_ALL(movzx_w, u16, w)
LOAD_ALL(movsx_b, s8, b)
LOAD_ALL(movsx_w, s16, w)
LOAD_ALL(movsx_d, s32, d)

/* LEA's address is not an access: any segment, no fault. */
#define LEA_EA(ea, w)                                                           \
    BODY(lea_##w##_rm_##ea)                                                     \
    {                                                                           \
        u64 v_ = 0;                                                             \
                                                                                \
        ea_##ea(cpu, op, 1, TLB_READ, &v_);                                     \
        PUT_##w(cpu, op->dst, (T_##w)v_);                                       \
        return true;                                                            \
    }
#define LEA_BODIES(w)                                                           \
    LEA_EA(bd, w) LEA_EA(bis, w) LEA_EA(abs, w)                                 \
    BODY(lea_##w##_rm_gen)                                                      \
    {                                                                           \
        PUT_##w(cpu, op->dst, (T_##w)op_offset(cpu, op));                       \
        return true;                                                            \
    }
LEA_BODIES(w)
LEA_BODIES(d)
LEA_BODIES(q)
