/* isa/x86/ops/move.c */
/* MOVZX, MOVSX, MOVSXD, LEA, NOP, MOV of 64-bit immediates. */
#include "isa/x86/ops/move.h"

#include "isa/x86/handlers.h"

#define MEMORY_(ea, name, w)    MEMORY_HANDLER(name##_##w##_rm_##ea, name##_##w##_rm_gen)
#define LOAD_HANDLERS_(name, w) \
    FAST_HANDLER(name##_##w##_rr) SLOW_HANDLER(name##_##w##_rm_gen) EACH_EA(MEMORY_, name, w)
#define LOAD_HANDLERS(name) LOAD_HANDLERS_(name, w) LOAD_HANDLERS_(name, d) LOAD_HANDLERS_(name, q)

LOAD_HANDLERS(movzx_b)
LOAD_HANDLERS(movzx_w)
LOAD_HANDLERS(movsx_b)
LOAD_HANDLERS(movsx_w)
LOAD_HANDLERS(movsx_d)

#define LEA(w)                                                                  \
    void h_lea_##w##_rr(HANDLER_ARGS) { GO(h_raise, op); }                      \
    FAST_HANDLER(lea_##w##_rm_bd) FAST_HANDLER(lea_##w##_rm_bis)                \
    FAST_HANDLER(lea_##w##_rm_abs) FAST_HANDLER(lea_##w##_rm_gen)
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
