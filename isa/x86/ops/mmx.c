/*
 * MMX: packed integers in the significands of the x87 registers. What waits for the x87 unit and
 * enters MMX state is here, what is computed in lanes.h. SDM 1 chapter 9.
 *
 * Memory is read before the state is entered, which so stays as it was when the read faults.
 */
#include "isa/x86/fpu/x87.h"
#include "isa/x86/ops/lanes.h"

INLINE u64x2 low_of(u64 v) { return (u64x2){ v, 0 }; }

/* MMX_OP(name, bytes, value): a and b are the operands, the value goes to the first. */
#define MMX_FORM(name, form, source, value)                                     \
    PLAIN_OP(mmx_##name##_##form)                                               \
    {                                                                           \
        const u32 imm = (u32)op->imm;                                           \
        u64 a, b;                                                               \
                                                                                \
        x87_wait(cpu);                                                          \
        a = mmx_get(cpu, op->dst);                                              \
        b = (source);                                                           \
        x87_enter_mmx(cpu);                                                     \
        mmx_put(cpu, op->dst, (value));                                         \
        (void)a;                                                                \
        (void)imm;                                                              \
    }
#define MMX_OP_FROM(name, bytes, reg, value)                                    \
    MMX_FORM(name, r, reg, value) MMX_FORM(name, m, op_load(cpu, op, bytes), value)
#define MMX_OP(name, bytes, value) MMX_OP_FROM(name, bytes, mmx_get(cpu, op->src), value)

#define LANE_(name)         MMX_OP(name, 8, v_##name(low_of(a), low_of(b))[0])
#define PAIR_(name)         MMX_OP(name, 8, v_##name(((u64x2){ a, b }), low_of(0))[0])
#define LOW_(name)          MMX_OP(name, 4, v_##name(low_of(a), low_of(b))[0])
#define HIGH_(name, low)    MMX_OP(name, 8, v_##low(low_of(a), low_of(b))[1])
PACKED_LANES(LANE_, )
PACKED_PAIRS(PAIR_, )
PACKED_LOW(LOW_, )
PACKED_HIGH(HIGH_)

#define SHIFT_(name)                                                            \
    MMX_OP(name, 8, v_##name(low_of(a), b)[0])                                  \
    PLAIN_OP(mmx_##name##_imm)                                                  \
    {                                                                           \
        x87_wait(cpu);                                                          \
        x87_enter_mmx(cpu);                                                     \
        mmx_put(cpu, op->dst, v_##name(low_of(mmx_get(cpu, op->dst)), (u32)op->imm)[0]); \
    }
PACKED_SHIFTS(SHIFT_, )

/* The operands side by side, and nothing above them. */
INLINE u64 align_right(u64 a, u64 b, u32 imm)
{
    return v_psrldq((u64x2){ b, a }, imm)[0];
}

MMX_OP(pshufb, 8, v_pshufb(low_of(a), low_of(b), 7)[0])
MMX_OP(pshufw, 8, shuffle_words(b, imm))
MMX_OP(palignr, 8, align_right(a, b, imm))

INLINE u64 insert_word(u64 a, u64 word, u32 at)
{
    return (a & ~((u64)0xffff << 16 * (at & 3))) | (word & 0xffff) << 16 * (at & 3);
}

MMX_OP_FROM(pinsrw, 2, GET_q(cpu, op->src), insert_word(a, b, imm))

/* ---- Moves ---- */

MMX_OP_FROM(movd, 4, GET_d(cpu, op->src), b)
MMX_OP_FROM(movd_q, 8, GET_q(cpu, op->src), b)
MMX_OP(movq, 8, b)

/* MMX_READ(name) { ... }: of the register v, which is op->src's. */
#define MMX_READ(name)                                                          \
    static void r_##name(struct x86 *cpu, const struct op *op, u64 v);          \
    PLAIN_OP(name)                                                              \
    {                                                                           \
        x87_wait(cpu);                                                          \
        r_##name(cpu, op, mmx_get(cpu, op->src));                               \
        x87_enter_mmx(cpu);                                                     \
    }                                                                           \
    static void r_##name(struct x86 *cpu, const struct op *op, u64 v)

MMX_READ(mmx_movd_store_r) { PUT_d(cpu, op->dst, v); }
MMX_READ(mmx_movd_store_m) { op_store(cpu, op, 4, (u32)v); }
MMX_READ(mmx_movd_q_store_r) { PUT_q(cpu, op->dst, v); }
MMX_READ(mmx_movd_q_store_m) { op_store(cpu, op, 8, v); }
MMX_READ(mmx_movq_store_r) { mmx_put(cpu, op->dst, v); }
MMX_READ(mmx_movq_store_m) { op_store(cpu, op, 8, v); }
MMX_READ(mmx_movntq) { op_store(cpu, op, 8, v); }
MMX_READ(mmx_pmovmskb) { PUT_d(cpu, op->dst, v_signs_b(v)); }
MMX_READ(mmx_pextrw) { PUT_d(cpu, op->dst, v >> 16 * (op->imm & 3) & 0xffff); }
MMX_READ(movq2dq) { xmm_put(cpu, op->dst, low_of(v)); }

PLAIN_OP(movdq2q)
{
    x87_wait(cpu);
    x87_enter_mmx(cpu);
    mmx_put(cpu, op->dst, xmm_low(cpu, op->src));
}

/* SDM 3A table 13-1: TOP is 0 afterwards. */
PLAIN_OP(emms)
{
    x87_wait(cpu);
    cpu->ftop = 0;
    cpu->ftag = 0;
}
