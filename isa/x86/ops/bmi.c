/* BMI1 and BMI2: ANDN BEXTR BLSI BLSMSK BLSR BZHI MULX PDEP PEXT RORX SARX SHLX SHRX. SDM 2. */
#include "isa/x86/handlers.h"
#include "isa/x86/ops/forms.h"

/*
 * v is register or memory, by the role that decode.c gives with VEX: op.base; n the register of
 * VEX.vvvv, op.src. WIDTH says how wide, as in widths.h.
 */
#define BMI_FORM(name, w)                                                       \
    INLINE_BMI void bmi_##name##_##w(struct x86 *cpu, const struct op *op, T_##w v); \
    BODY(name##_##w##_r)                                                        \
    {                                                                           \
        bmi_##name##_##w(cpu, op, GET_##w(cpu, op->base));                      \
        return true;                                                            \
    }                                                                           \
    BODY(name##_##w##_m)                                                        \
    {                                                                           \
        T_##w v_;                                                               \
                                                                                \
        LOAD(v_, gen);                                                          \
        bmi_##name##_##w(cpu, op, v_);                                          \
        return true;                                                            \
    }                                                                           \
    RM_HANDLERS(name, w)                                                        \
    INLINE_BMI void bmi_##name##_##w(struct x86 *cpu, const struct op *op, T_##w v)
#define INLINE_BMI static inline __attribute__((always_inline))

/* Operations that are made of one expression; what it gives goes to the register named. */
#define BMI_(name, w, to, value, flags)                                         \
    BMI_FORM(name, w)                                                           \
    {                                                                           \
        const T_##w n = GET_##w(cpu, op->src);                                  \
        const T_##w r = (T_##w)(value);                                         \
                                                                                \
        (void)n;                                                                \
        flags(w)                                                                \
        PUT_##w(cpu, op->to, r);                                                \
    }
#define BMI(name, to, value_d, value_q, flags)                                  \
    NO_BYTE_RM(name) UNUSED_HANDLER(name##_w_r) UNUSED_HANDLER(name##_w_m)      \
    BMI_(name, d, to, value_d, flags)                                           \
    BMI_(name, q, to, value_q, flags)

/* OF is clear, SF and ZF are those of the result; CF as said. */
#define CARRY_IF(w, carry) \
    FLAGS_AS(&cpu->lazy, (u64)r << TOP_##w, 0, 0, TOP_##w | ((carry) ? CF << KIND_FIX : 0));
#define LOGIC(w)        CARRY_IF(w, false)
#define CARRY_ZERO(w)   CARRY_IF(w, v == 0)
#define CARRY_SOME(w)   CARRY_IF(w, v != 0)
#define CARRY_BEYOND(w) CARRY_IF(w, (u8)n >= BITS_##w)
#define NONE(w)

/* ---- Bits of one operand ---- */

static inline u64 extracted(u64 v, u64 control)
{
    unsigned start = control & 0xff, length = control >> 8 & 0xff;

    v = start < 64 ? v >> start : 0;
    return length < 64 ? v & (BIT(length) - 1) : v;
}

static inline u64 below(u64 v, unsigned n)
{
    return n < 64 ? v & (BIT(n) - 1) : v;
}

BMI(andn, dst, ~n & v, ~n & v, LOGIC)
BMI(bextr, dst, extracted(v, n), extracted(v, n), LOGIC)
BMI(blsi, src, v & -v, v & -v, CARRY_SOME)
BMI(blsmsk, src, v ^ (v - 1), v ^ (v - 1), CARRY_ZERO)
BMI(blsr, src, v & (v - 1), v & (v - 1), CARRY_ZERO)
BMI(bzhi, dst, below(v, (u8)n), below(v, (u8)n), CARRY_BEYOND)

/* ---- Bits spread and gathered ---- */

/* The lowest bits of v, one after another, to where the mask has ones. */
static u64 deposited(u64 v, u64 mask)
{
    u64 r = 0;

    for (; mask; mask &= mask - 1, v >>= 1)
        r |= mask & -mask & -(v & 1);
    return r;
}

static u64 gathered(u64 v, u64 mask)
{
    u64 r = 0;

    for (u64 to = 1; mask; mask &= mask - 1, to <<= 1)
        r |= v & mask & -mask ? to : 0;
    return r;
}

BMI(pdep, dst, deposited(n, v), deposited(n, v), NONE)
BMI(pext, dst, gathered(n, v), gathered(n, v), NONE)

/* ---- Shifts without flags ---- */

BMI(sarx, dst, (s32)v >> (n & 31), (s64)v >> (n & 63), NONE)
BMI(shlx, dst, v << (n & 31), v << (n & 63), NONE)
BMI(shrx, dst, v >> (n & 31), v >> (n & 63), NONE)
BMI(rorx, dst, v >> (op->imm & 31) | v << (-op->imm & 31),
    v >> (op->imm & 63) | v << (-op->imm & 63), NONE)

/* ---- The product with rDX: the lower half first, in case both go to one register ---- */

NO_BYTE_RM(mulx) UNUSED_HANDLER(mulx_w_r) UNUSED_HANDLER(mulx_w_m)
BMI_FORM(mulx, d)
{
    u64 r = (u64)GET_d(cpu, GPR_OFFSET(RDX)) * v;

    PUT_d(cpu, op->src, (u32)r);
    PUT_d(cpu, op->dst, (u32)(r >> 32));
}

BMI_FORM(mulx, q)
{
    unsigned __int128 r = (unsigned __int128)GET_q(cpu, GPR_OFFSET(RDX)) * v;

    PUT_q(cpu, op->src, (u64)r);
    PUT_q(cpu, op->dst, (u64)(r >> 64));
}
