/* isa/x86/ops/alu.h */
/* The functions of alu.inc for all widths: alu_add_b ... alu_not_q. */
#pragma once
#include "isa/x86/ops/body.h"

#define ALU_FUNCTION(name, w) \
    static inline __attribute__((always_inline, unused)) \
    T alu_##name##_##w(struct lazy_flags *lazy, T a, T b, const bool live)
#define ALU_FUNCTION_(name, w) ALU_FUNCTION(name, w)
#define OP(name) ALU_FUNCTION_(name, WIDTH)
#define FLAGS(res, x, y, fix) FLAGS_AS(lazy, res, x, y, TOP | (u32)(fix) << KIND_FIX)

#define WIDTH b
#define T T_b
#define TOP TOP_b
#include "isa/x86/ops/alu.inc"
#undef WIDTH
#undef T
#undef TOP
#define WIDTH w
#define T T_w
#define TOP TOP_w
#include "isa/x86/ops/alu.inc"
#undef WIDTH
#undef T
#undef TOP
#define WIDTH d
#define T T_d
#define TOP TOP_d
#include "isa/x86/ops/alu.inc"
#undef WIDTH
#undef T
#undef TOP
#define WIDTH q
#define T T_q
#define TOP TOP_q
#include "isa/x86/ops/alu.inc"
#undef WIDTH
#undef T
#undef TOP
#undef OP
#undef FLAGS

/*
 * ---- Bodies: an operation in a form. R2 keeps the result, C2 does not, M2 does not read first.
 * ----
 */

#define KEEP_RMW2(w, v) PUT_##w(cpu, dst_, v)
#define KEEP_CMP2(w, v) (void)(v)
#define KEEP_MOV2(w, v) PUT_##w(cpu, dst_, v)

#define BODY_RR(K, name, w, suffix, live)                                       \
    BODY(name##_##w##_rr##suffix)                                               \
    {                                                                           \
        const u8 dst_ = op->dst;                                                \
        KEEP_##K(w, alu_##name##_##w(lazy, GET_##w(cpu, dst_), GET_##w(cpu, op->src), live)); \
        (void)dst_;                                                             \
        return true;                                                            \
    }
#define BODY_RI(K, name, w, suffix, live)                                       \
    BODY(name##_##w##_ri##suffix)                                               \
    {                                                                           \
        const u8 dst_ = op->dst;                                                \
        KEEP_##K(w, alu_##name##_##w(lazy, GET_##w(cpu, dst_), (T_##w)(s64)op->imm, live)); \
        (void)dst_;                                                             \
        return true;                                                            \
    }
#define BODY_RM(ea, K, name, w)                                                 \
    BODY(name##_##w##_rm_##ea)                                                  \
    {                                                                           \
        T_##w b_;                                                               \
        LOAD(b_, ea);                                                           \
        const u8 dst_ = op->dst;                                                \
        KEEP_##K(w, alu_##name##_##w(lazy, GET_##w(cpu, dst_), b_, true));       \
        (void)dst_;                                                             \
        return true;                                                            \
    }

#define MEM_RMW2(name, w, ea, source)                                           \
    T_##w b_ = (source);                                                        \
    MODIFY(T_##w, a_, ea, (alu_##name##_##w(lazy, a_, b_, true)));
#define MEM_CMP2(name, w, ea, source)                                           \
    T_##w a_, b_ = (source);                                                    \
    LOAD(a_, ea);                                                               \
    alu_##name##_##w(lazy, a_, b_, true);
#define MEM_MOV2(name, w, ea, source)                                           \
    T_##w b_ = (source);                                                        \
    STORE(b_, ea);

#define BODY_MR(ea, K, name, w) \
    BODY(name##_##w##_mr_##ea) { MEM_##K(name, w, ea, GET_##w(cpu, op->src)) return true; }
#define BODY_MI(ea, K, name, w) \
    BODY(name##_##w##_mi_##ea) { MEM_##K(name, w, ea, (T_##w)(s64)op->imm) return true; }

#define BODY_R1(name, w, suffix, live)                                          \
    BODY(name##_##w##_r##suffix)                                                \
    {                                                                           \
        const u8 dst_ = op->dst;                                                \
        PUT_##w(cpu, dst_, (alu_##name##_##w(lazy, GET_##w(cpu, dst_), 0, live))); \
        return true;                                                            \
    }
#define BODY_M1(ea, name, w)                                                    \
    BODY(name##_##w##_m_##ea)                                                   \
    {                                                                           \
        MODIFY(T_##w, a_, ea, (alu_##name##_##w(lazy, a_, 0, true)));            \
        return true;                                                            \
    }

#define BODIES2(K, name, w)                                                     \
    BODY_RR(K, name, w, , true) BODY_RR(K, name, w, _nf, false)                 \
    BODY_RI(K, name, w, , true) BODY_RI(K, name, w, _nf, false)                 \
    EACH_EA(BODY_RM, K, name, w) EACH_EA(BODY_MR, K, name, w) EACH_EA_I(BODY_MI, K, name, w)

#define BODIES1(name, w)                                                        \
    BODY_R1(name, w, , true) BODY_R1(name, w, _nf, false) EACH_EA(BODY_M1, name, w)

#define EACH_WIDTH(X, ...) X(__VA_ARGS__, b) X(__VA_ARGS__, w) X(__VA_ARGS__, d) X(__VA_ARGS__, q)
