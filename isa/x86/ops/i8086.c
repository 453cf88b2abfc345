/*
 * What the 8086 does otherwise than its successors: the handlers of opcodes/i8086.def. Sources:
 * The 8086 Family User's Manual; for what it does not tell, vectors recorded on a chip, and the
 * microcode as read from photographs of the die by K. Shirriff and A. Jenner.
 */
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/alu.h"
#include "isa/x86/ops/shift.h"
#include "isa/x86/ops/stack.h"

#define NO_WIDE_RM(name)                                                        \
    UNUSED_HANDLER(name##_d_r) UNUSED_HANDLER(name##_d_m)                       \
    UNUSED_HANDLER(name##_q_r) UNUSED_HANDLER(name##_q_m)

/* An operand that is read and written: `f` makes the new value of `a`. */
#define CHANGE_86(name, w, f)                                                   \
    PLAIN_OP(name##_##w##_r)                                                    \
    {                                                                           \
        T_##w a = GET_##w(cpu, op->dst);                                        \
                                                                                \
        PUT_##w(cpu, op->dst, f);                                               \
    }                                                                           \
    PLAIN_OP(name##_##w##_m)                                                    \
    {                                                                           \
        T_##w a = (T_##w)op_rmw_load(cpu, op, sizeof a);                        \
                                                                                \
        x86_rmw_write(cpu, sizeof a, f);                                        \
    }

/* ---- Shifts by CL go as far as it says; beyond 31 nothing new happens to a shift ---- */

static unsigned count_86(const struct x86 *cpu, unsigned most)
{
    unsigned c = (u8)cpu->gpr[RCX];

    return c < most ? c : most;
}

#define SHIFT_86_(name, most, w)                                                \
    CHANGE_86(name##_86, w, count_86(cpu, most)                                 \
              ? shift_##name##_##w(&cpu->lazy, a, count_86(cpu, most)) : a)
#define SHIFT_86(name, most) \
    SHIFT_86_(name, most, b) SHIFT_86_(name, most, w) NO_WIDE_RM(name##_86)
SHIFT_86(rol, 255)
SHIFT_86(ror, 255)
SHIFT_86(rcl, 255)
SHIFT_86(rcr, 255)
SHIFT_86(shl, 31)
SHIFT_86(shr, 31)
SHIFT_86(sar, 31)

/* Where later processors have an alias of SHL: "set minus one". */
CHANGE_86(setmo_86, b, (alu_or_b(&cpu->lazy, a, 0xff, true)))
CHANGE_86(setmo_86, w, (alu_or_w(&cpu->lazy, a, 0xffff, true)))
NO_WIDE_RM(setmo_86)
CHANGE_86(setmoc_86, b, (count_86(cpu, 1) ? alu_or_b(&cpu->lazy, a, 0xff, true) : a))
CHANGE_86(setmoc_86, w, (count_86(cpu, 1) ? alu_or_w(&cpu->lazy, a, 0xffff, true) : a))
NO_WIDE_RM(setmoc_86)

/* ---- Products and quotients ---- */

/* Type 0 is an interrupt like INT 0: it returns behind the instruction. */
static void divide_error(struct x86 *cpu)
{
    x86_deliver(cpu, V_DE, FROM_INT_N, false, 0);
}

static s32 dividend(const struct x86 *cpu, unsigned size)
{
    u32 low = (u16)cpu->gpr[RAX];

    return size == 1 ? (s16)low : (s32)(low | (u32)cpu->gpr[RDX] << 16);
}

static void set_quotient(struct x86 *cpu, unsigned size, u32 quotient, u32 remainder)
{
    if (size == 1) {
        PUT_w(cpu, GPR_OFFSET(RAX), (remainder & 0xff) << 8 | (quotient & 0xff));
    } else {
        PUT_w(cpu, GPR_OFFSET(RAX), quotient);
        PUT_w(cpu, GPR_OFFSET(RDX), remainder);
    }
}

static void divide(struct x86 *cpu, unsigned size, u32 divisor)
{
    u32 a = size == 1 ? (u16)dividend(cpu, 1) : (u32)dividend(cpu, 2);

    if (a >> 8 * size >= divisor)
        divide_error(cpu);
    else
        set_quotient(cpu, size, a / divisor, a % divisor);
}

/* The most negative quotient is an overflow here. A repeat prefix turns the quotient's sign. */
static void divide_signed(struct x86 *cpu, unsigned size, s32 divisor, bool turned)
{
    s64 a = dividend(cpu, size), most = size == 1 ? 0x7f : 0x7fff, q;

    q = divisor ? a / divisor : INT32_MAX;
    if (q > most || q < -most)
        divide_error(cpu);
    else
        set_quotient(cpu, size, (u32)(turned ? -q : q), (u32)(a % divisor));
}

static void multiply(struct x86 *cpu, unsigned size, s32 a, s32 b, bool sign)
{
    u32 r = -((u32)a * (u32)b);
    u32 high = size == 1 ? r >> 8 & 0xff : r >> 16;
    u32 filled = sign && r >> (8 * size - 1) & 1 ? (1u << 8 * size) - 1 : 0;

    PUT_w(cpu, GPR_OFFSET(RAX), r);
    if (size == 2)
        PUT_w(cpu, GPR_OFFSET(RDX), high);
    x86_set_arithmetic(cpu, high != filled ? CF | OF : 0);
}

#define ACCUMULATOR_86(w)   GET_##w(cpu, GPR_OFFSET(RAX))
/* `f` uses the operand v. */
#define OPERAND_86(OP_KIND, name, w, f)                                         \
    OP_KIND(name##_##w##_r) { T_##w v = GET_##w(cpu, op->dst); f; }             \
    OP_KIND(name##_##w##_m) { T_##w v = (T_##w)op_load(cpu, op, sizeof v); f; }
#define ARITHMETIC_86(w, S)                                                     \
    OPERAND_86(END_OP, div_86, w, divide(cpu, sizeof v, v))                     \
    OPERAND_86(END_OP, idiv_86, w, divide_signed(cpu, sizeof v, (S)v, false))   \
    OPERAND_86(END_OP, idiv_neg_86, w, divide_signed(cpu, sizeof v, (S)v, true)) \
    OPERAND_86(PLAIN_OP, mul_neg_86, w,                                         \
               multiply(cpu, sizeof v, (s32)ACCUMULATOR_86(w), (s32)v, false))  \
    OPERAND_86(PLAIN_OP, imul_neg_86, w,                                        \
               multiply(cpu, sizeof v, (S)ACCUMULATOR_86(w), (S)v, true))
ARITHMETIC_86(b, s8)
ARITHMETIC_86(w, s16)
NO_WIDE_RM(div_86)
NO_WIDE_RM(idiv_86)
NO_WIDE_RM(idiv_neg_86)
NO_WIDE_RM(mul_neg_86)
NO_WIDE_RM(imul_neg_86)

/* ---- Decimal ---- */

/* AL and AH are adjusted apart: no carry goes from one to the other. */
static void adjust_86(struct x86 *cpu, int sign)
{
    u8 al = GET_b(cpu, GPR_OFFSET(RAX)), ah = GET_b(cpu, GPR_OFFSET(RAX) + 1);
    bool adjusts = (al & 15) > 9 || x86_flags(cpu) & AF;

    if (adjusts) {
        al = (u8)(al + 6 * sign);
        ah = (u8)(ah + sign);
    }
    PUT_w(cpu, GPR_OFFSET(RAX), ah << 8 | (al & 15));
    x86_set_arithmetic(cpu, adjusts ? AF | CF : 0);
}

PLAIN_OP(aaa_86) { adjust_86(cpu, 1); }
PLAIN_OP(aas_86) { adjust_86(cpu, -1); }

/* Division by 0 leaves the flags of a 0. */
END_OP(aam_86)
{
    u8 base = (u8)op->imm, al = GET_b(cpu, GPR_OFFSET(RAX)), low = base ? al % base : 0;

    FLAGS_AS(&cpu->lazy, (u64)low << TOP_b, 0, 0, TOP_b);
    if (base)
        PUT_w(cpu, GPR_OFFSET(RAX), (al / base) << 8 | low);
    else
        divide_error(cpu);
}

/* ---- Stack ---- */

/* The new value goes onto the stack. */
PLAIN_OP(push_sp_86)
{
    u16 sp = (u16)(cpu->gpr[RSP] - 2);

    x86_write(cpu, SS, sp, 2, sp);
    set_sp(cpu, sp);
}

END_OP(pop_cs_86)
{
    u16 selector = (u16)x86_read(cpu, SS, (u16)cpu->gpr[RSP], 2);

    set_sp(cpu, cpu->gpr[RSP] + 2);
    cpu->seg[CS].selector = selector;
    cpu->seg[CS].base = (u64)selector << 4;
    x86_mode_update(cpu);
}
