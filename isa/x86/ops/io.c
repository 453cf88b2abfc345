/*
 * IN, OUT, INS, OUTS: SDM 2; SDM 1 chapter 19. A device sees the exact time, and whatever it
 * brings about is attended to before the next instruction: each of these ends its block.
 */
#include "core/machine.h"
#include "isa/x86/debug.h"
#include "isa/x86/handlers.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/ops/string.h"
#include "isa/x86/segment.h"

static u64 port_read(struct x86 *cpu, u16 port, unsigned size)
{
    u64 v;

    x86_publish_time(cpu);
    v = space_read(cpu->cpu.ports, port, size);
    cpu->leave = true;
    x86_debug_io(cpu, port, size);
    return v;
}

static void port_write(struct x86 *cpu, u16 port, unsigned size, u64 v)
{
    x86_publish_time(cpu);
    space_write(cpu->cpu.ports, port, v, size);
    cpu->leave = true;
    x86_debug_io(cpu, port, size);
}

#define IN_OUT_FROM(name, w, port)                                              \
    END_OP(in##name##_##w)                                                      \
    {                                                                           \
        x86_check_io(cpu, port, sizeof(T_##w));                                 \
        PUT_##w(cpu, GPR_OFFSET(RAX), port_read(cpu, port, sizeof(T_##w)));     \
    }                                                                           \
    END_OP(out##name##_##w)                                                     \
    {                                                                           \
        x86_check_io(cpu, port, sizeof(T_##w));                                 \
        port_write(cpu, port, sizeof(T_##w), GET_##w(cpu, GPR_OFFSET(RAX)));    \
    }
/* A port is never 64 bits wide: REX.W does not matter. */
#define IN_OUT(name, port)                                                      \
    IN_OUT_FROM(name, b, port) IN_OUT_FROM(name, w, port) IN_OUT_FROM(name, d, port) \
    void h_in##name##_q(HANDLER_ARGS) { GO(h_in##name##_d, op); }               \
    void h_out##name##_q(HANDLER_ARGS) { GO(h_out##name##_d, op); }
IN_OUT(, (u8)op->imm)
IN_OUT(_dx, (u16)cpu->gpr[RDX])

/* ---- Strings ---- */

/* 16-bit addressing leaves the rest of the register alone, 32-bit addressing clears it. */
static void advance(struct x86 *cpu, unsigned reg, u64 mask, u64 by)
{
    u64 v = (cpu->gpr[reg] + by) & mask;

    cpu->gpr[reg] = mask == 0xffff ? (cpu->gpr[reg] & ~mask) | v : v;
}

static u64 step_of(const struct x86 *cpu, unsigned size)
{
    return cpu->eflags & DF ? 0 - (u64)size : size;
}

/* The port is read only when the store cannot fault. */
static void ins(struct x86 *cpu, struct op *op, unsigned size)
{
    struct string s = string_begin(cpu, op, size);
    u64 mask = address_mask(op), offset = cpu->gpr[RDI] & mask;
    u16 port = (u16)cpu->gpr[RDX];

    string_check_286(&s, RDI, MOVED_DI, 2);
    x86_check_io(cpu, port, size);
    x86_probe(cpu, ES, offset, size, ACCESS_WRITE);
    x86_write(cpu, ES, offset, size, port_read(cpu, port, size));
    advance(cpu, RDI, mask, step_of(cpu, size));
}

static void outs(struct x86 *cpu, struct op *op, unsigned size)
{
    struct string s = string_begin(cpu, op, size);
    u64 mask = address_mask(op);
    u16 port = (u16)cpu->gpr[RDX];

    string_check_286(&s, RSI, MOVED_SI, 1);
    x86_check_io(cpu, port, size);
    port_write(cpu, port, size, x86_read(cpu, op_segment(op), cpu->gpr[RSI] & mask, size));
    advance(cpu, RSI, mask, step_of(cpu, size));
}

/* May the next iteration follow at once? Not when there is anything to be seen to before. */
static bool undisturbed(const struct x86 *cpu, const struct op *op, u64 deadline)
{
    return cpu->budget >= op->n && cpu->cpu.dev.machine->clock.deadline == deadline
        && !x86_wants_attention(cpu) && !cpu->dr6_pending;
}

/* Each iteration is an instruction: interrupted, it is begun again with what is left. */
static void string(struct x86 *cpu, struct op *op, unsigned size,
                   void (*once)(struct x86 *, struct op *, unsigned size))
{
    u64 mask = address_mask(op), deadline;

    if (!op->dst) {
        once(cpu, op, size);
        return;
    }
    if (!(cpu->gpr[RCX] & mask))
        return;
    for (;;) {
        deadline = cpu->cpu.dev.machine->clock.deadline;
        once(cpu, op, size);
        advance(cpu, RCX, mask, UINT64_MAX);
        if (!(cpu->gpr[RCX] & mask))
            return;
        if (!undisturbed(cpu, op, deadline))
            break;
        cpu->budget--;
    }
    cpu->rip = op_rip(op);
    x86_debug_between_rounds(cpu);
}

#define STRING(name, w) \
    END_OP(name##_##w) { string(cpu, op, sizeof(T_##w), name); }
#define STRING_ALL(name) \
    STRING(name, b) STRING(name, w) STRING(name, d) \
    void h_##name##_q(HANDLER_ARGS) { GO(h_##name##_d, op); }
STRING_ALL(ins)
STRING_ALL(outs)
