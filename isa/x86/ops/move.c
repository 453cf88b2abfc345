/* isa/x86/ops/move.c */
/* MOVZX, MOVSX, MOVSXD, LEA, NOP, MOV of 64-bit immediates. */
#include "isa/x86/handlers.h"
#include "isa/x86/ops/body.h"

#define LOAD_RR(name, w, T, from)                                               \
    BODY(name##_##w##_rr)                                                       \
    {                                                                           \
        PUT_##w(cpu, op->dst, (T_##w)(T)GET_##from(cpu, op->src));              \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name##_##w##_rr)
#define LOAD_RM(ea, name, w, T)                                                 \
    BODY(name##_##w##_rm_##ea)                                                  \
    {                                                                           \
        T v_;                                                                   \
        LOAD(v_, ea);                                                           \
        PUT_##w(cpu, op->dst, (T_##w)v_);                                       \
        return true;                                                            \
    }
#define LOAD_RM_H(ea, name, w)  MEMORY_HANDLER(name##_##w##_rm_##ea, name##_##w##_rm_gen)
#define LOAD_W(name, w, T, from) \
    LOAD_RR(name, w, T, from) EACH_EA(LOAD_RM, name, w, T) \
    SLOW_HANDLER(name##_##w##_rm_gen) EACH_EA(LOAD_RM_H, name, w)
#define LOAD_ALL(name, T, from) LOAD_W(name, w, T, from) LOAD_W(name, d, T, from) LOAD_W(name, q, T, from)

LOAD_ALL(movzx_b, u8, b)
LOAD_ALL(movzx_w, u16, w)
LOAD_ALL(movsx_b, s8, b)
LOAD_ALL(movsx_w, s16, w)
LOAD_ALL(movsx_d, s32, d)

/* LEA's address is not an access: any segment, no fault. */
#define LEA_EA(ea, w)                                                           \
    void h_lea_##w##_rm_##ea(HANDLER_ARGS)                                      \
    {                                                                           \
        u64 v_ = 0;                                                             \
                                                                                \
        ea_##ea(cpu, op, 1, TLB_READ, &v_);                                     \
        PUT_##w(cpu, op->dst, (T_##w)v_);                                       \
        NEXT;                                                                   \
    }
#define LEA(w)                                                                  \
    void h_lea_##w##_rr(HANDLER_ARGS) { GO(h_raise, op); }                      \
    LEA_EA(bd, w) LEA_EA(bis, w) LEA_EA(abs, w)                                 \
    void h_lea_##w##_rm_gen(HANDLER_ARGS)                                       \
    {                                                                           \
        PUT_##w(cpu, op->dst, (T_##w)op_offset(cpu, op));                       \
        NEXT;                                                                   \
    }
LEA(w)
LEA(d)
LEA(q)

void h_nop(HANDLER_ARGS)
{
    NEXT;
}

void h_movabs(HANDLER_ARGS)
{
    GET_q(cpu, op->dst) = op->imm64;
    NEXT;
}
