/* ENTER, PUSHA, POPA, BOUND: SDM 2. */
#include "isa/x86/cpuid.h"
#include "isa/x86/handlers.h"
#include "isa/x86/ops/forms.h"
#include "isa/x86/ops/stack.h"

/* ---- ENTER: registers change when all of the frame is written ---- */

static void enter(struct x86 *cpu, const struct op *op, unsigned size)
{
    u64 mask = stack_mask(cpu), sp = cpu->gpr[RSP] - size, bp = cpu->gpr[RBP], frame;
    unsigned level = (u32)op->imm >> 16 & 31;

    x86_write(cpu, SS, sp & mask, size, bp);
    frame = (cpu->gpr[RSP] & ~mask) | (sp & mask);
    for (unsigned i = 1; i < level; i++) {
        u64 outer;

        bp -= size;
        outer = x86_read(cpu, SS, bp & mask, size);
        sp -= size;
        x86_write(cpu, SS, sp & mask, size, outer);
    }
    if (level) {
        sp -= size;
        x86_write(cpu, SS, sp & mask, size, frame);
    }
    sp -= (u16)op->imm;
    x86_probe(cpu, SS, sp & mask, size, ACCESS_WRITE);
    set_sp(cpu, sp);
    if (size == 2)
        PUT_w(cpu, GPR_OFFSET(RBP), frame);
    else
        cpu->gpr[RBP] = size == 4 ? (u32)frame : frame;
}

UNUSED_HANDLER(enter_b)
PLAIN_OP(enter_w) { enter(cpu, op, 2); }
PLAIN_OP(enter_d) { enter(cpu, op, 4); }
PLAIN_OP(enter_q) { enter(cpu, op, 8); }

/* ---- All general registers ---- */

static void push_all(struct x86 *cpu, unsigned size)
{
    u64 sp = cpu->gpr[RSP], mask = stack_mask(cpu);

    for (unsigned i = 1; i <= 8; i++)
        x86_probe(cpu, SS, (sp - i * size) & mask, size, ACCESS_WRITE);
    for (unsigned i = 1; i <= 8; i++)
        x86_write(cpu, SS, (sp - i * size) & mask, size, cpu->gpr[RAX + i - 1]);
    set_sp(cpu, sp - 8 * size);
}

UNUSED_HANDLER(pusha_b)
PLAIN_OP(pusha_w) { push_all(cpu, 2); }
PLAIN_OP(pusha_d) { push_all(cpu, 4); }
UNUSED_HANDLER(pusha_q)

/*
 * The stack pointer's own place is passed over; but the 80386 takes from it the half of ESP that a
 * 16-bit stack leaves alone. Source: test386.asm, "Undefined Behaviour".
 */
static void pass_over(struct x86 *cpu, u64 sp, u32 own, unsigned size)
{
    if (size == 4 && stack_mask(cpu) == 0xffff && !x86_has(cpu, F_I486))
        cpu->gpr[RSP] = own;
    set_sp(cpu, sp);
}

#define POP_ALL(w)                                                              \
    PLAIN_OP(popa_##w)                                                          \
    {                                                                           \
        u64 sp = cpu->gpr[RSP], mask = stack_mask(cpu);                         \
        T_##w v[8];                                                             \
                                                                                \
        for (unsigned i = 0; i < 8; i++)                                        \
            v[i] = (T_##w)x86_read(cpu, SS, (sp + i * sizeof *v) & mask, sizeof *v); \
        pass_over(cpu, sp + sizeof v, v[7 - RSP], sizeof *v);                   \
        for (unsigned i = 0; i < 8; i++)                                        \
            if (7 - i != RSP)                                                   \
                PUT_##w(cpu, GPR_OFFSET(7 - i), v[i]);                          \
    }
UNUSED_HANDLER(popa_b)
POP_ALL(w)
POP_ALL(d)
UNUSED_HANDLER(popa_q)

/* ---- BOUND: both limits are signed, and the second is still inside ---- */

#define BOUND(w)                                                                \
    PLAIN_OP(bound_##w)                                                         \
    {                                                                           \
        u64 at = op_offset(cpu, op);                                            \
        S_##w index = (S_##w)GET_##w(cpu, op->dst);                             \
        S_##w lower = (S_##w)x86_read(cpu, op_segment(op), at, sizeof index);   \
        S_##w upper = (S_##w)x86_read(cpu, op_segment(op), (at + sizeof index) & address_mask(op), \
                                      sizeof index);                            \
                                                                                \
        if (index < lower || index > upper)                                     \
            x86_fault(cpu, V_BR);                                               \
    }
UNUSED_HANDLER(bound_b)
BOUND(w)
BOUND(d)
UNUSED_HANDLER(bound_q)
