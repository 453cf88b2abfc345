/* EFLAGS as instructions see it: CLC to STD, LAHF, PUSHF, POPF, CLI, STI. SDM 3B 20.3, 20.4 */
#include "isa/x86/cpuid.h"
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/stack.h"
#include "isa/x86/transfer.h"

u32 x86_flags_known(const struct x86 *cpu)
{
    u32 known = FLAGS_ARITHMETIC | TF | IF | DF;

    if (x86_has(cpu, F_I386) || (x86_has(cpu, F_I286) && cpu->mode & MODE_PE))
        known |= IOPL | NT;
    if (x86_has(cpu, F_I386))
        known |= RF | VM;
    if (x86_has(cpu, F_I486))
        known |= AC;
    if (x86_has(cpu, F_CPUID))
        known |= ID;
    if (x86_has(cpu, F_VME))
        known |= VIF | VIP;
    return known;
}

/* An 8086 has ones in the four highest. */
u32 x86_flags_image(const struct x86 *cpu)
{
    u32 flags = x86_flags(cpu);

    return x86_has(cpu, F_I286) ? flags : flags | 0xf000;
}

/* ---- One flag ---- */

void h_clc(HANDLER_ARGS)
{
    cpu->lazy.kind ^= lazy_carry(&cpu->lazy) << KIND_FIX;
    NEXT;
}

void h_stc(HANDLER_ARGS)
{
    cpu->lazy.kind ^= (lazy_carry(&cpu->lazy) ^ 1) << KIND_FIX;
    NEXT;
}

void h_cmc(HANDLER_ARGS)
{
    cpu->lazy.kind ^= CF << KIND_FIX;
    NEXT;
}

void h_cld(HANDLER_ARGS)
{
    cpu->eflags &= ~(u32)DF;
    NEXT;
}

void h_std(HANDLER_ARGS)
{
    cpu->eflags |= DF;
    NEXT;
}

void h_lahf(HANDLER_ARGS)
{
    GET_b(cpu, GPR_OFFSET(RAX) + 1) = (u8)(x86_flags(cpu) | 2);
    NEXT;
}

void h_sahf(HANDLER_ARGS)
{
    u32 mask = SF | ZF | AF | PF | CF;

    x86_set_arithmetic(cpu, (x86_flags(cpu) & ~mask) | (GET_b(cpu, GPR_OFFSET(RAX) + 1) & mask));
    NEXT;
}

/* ---- CLI and STI: IF, or VIF, or #GP(0). SDM 2 table 3-7 and STI's ---- */

static u32 interrupt_flag(struct x86 *cpu)
{
    if (!(cpu->mode & MODE_PE) || cpu->cpl <= x86_iopl(cpu))
        return IF;
    x86_protect(cpu, cpu->cpl == 3 && cpu->cr4 & (x86_is_v86(cpu) ? CR4_VME : CR4_PVI));
    return VIF;
}

PLAIN_OP(cli)
{
    cpu->eflags &= ~interrupt_flag(cpu);
}

END_OP(sti)
{
    u32 flag = interrupt_flag(cpu);

    x86_protect(cpu, flag == IF || !(cpu->eflags & VIP));
    if (flag == IF && !(cpu->eflags & IF))
        cpu->shadow |= SHADOW_STI;
    cpu->eflags |= flag;
}

/* ---- CLAC and STAC: what follows reaches memory by other rules ---- */

static void set_ac(struct x86 *cpu, u32 ac)
{
    x86_require(cpu, cpu->cpl == 0);
    x86_set_flags(cpu, (x86_flags(cpu) & ~(u32)AC) | ac);
    cpu->leave = true;
}

PLAIN_OP(clac) { set_ac(cpu, 0); }
PLAIN_OP(stac) { set_ac(cpu, AC); }

/* ---- PUSHF and POPF ---- */

static bool has_vme(const struct x86 *cpu, unsigned size)
{
    return x86_is_v86(cpu) && cpu->cr4 & CR4_VME && size == 2;
}

static void push_flags(struct x86 *cpu, unsigned size)
{
    u32 flags = x86_flags_image(cpu) & ~(u32)(VM | RF);
    u64 sp = (cpu->gpr[RSP] - size) & stack_mask(cpu);

    if (x86_is_v86(cpu) && x86_iopl(cpu) < 3) {
        x86_protect(cpu, has_vme(cpu, size));
        flags = (flags & ~(u32)IF) | IOPL | (flags & VIF ? IF : 0);
    }
    x86_write(cpu, SS, sp, size, flags);
    set_sp(cpu, sp);
}

/* What POPF may change: SDM 2 table 4-16. */
static u32 pop_mask(const struct x86 *cpu, unsigned size)
{
    u32 mask = FLAGS_ARITHMETIC | TF | DF | NT;

    if (size != 2)
        mask |= AC | ID;
    if (!(cpu->mode & MODE_PE) || cpu->cpl <= x86_iopl(cpu))
        mask |= IF;
    if (!(cpu->mode & MODE_PE) || cpu->cpl == 0)
        mask |= IOPL;
    return mask & x86_flags_known(cpu);
}

static void take_flags(struct x86 *cpu, u32 flags, u32 mask)
{
    u32 before = cpu->eflags;

    x86_set_flags(cpu, ((x86_flags(cpu) & ~mask) | (flags & mask)) & ~(u32)RF);
    if ((before ^ cpu->eflags) & (TF | IF | AC))
        cpu->leave = true;
}

static void pop_flags(struct x86 *cpu, unsigned size)
{
    u32 flags = (u32)x86_read(cpu, SS, cpu->gpr[RSP] & stack_mask(cpu), size);
    u32 mask = pop_mask(cpu, size);

    if (x86_is_v86(cpu) && x86_iopl(cpu) < 3) {
        x86_protect(cpu, has_vme(cpu, size) && !(flags & TF)
                    && !(flags & IF && cpu->eflags & VIP));
        flags = flags & IF ? flags | VIF : flags & ~(u32)VIF;
        mask |= VIF;
    }
    set_sp(cpu, cpu->gpr[RSP] + size);
    take_flags(cpu, flags, mask);
}

#define FLAGS_STACK(w)                                                  \
    PLAIN_OP(pushf_##w) { push_flags(cpu, sizeof(T_##w)); }             \
    PLAIN_OP(popf_##w) { pop_flags(cpu, sizeof(T_##w)); }
FLAGS_STACK(w)
FLAGS_STACK(d)
FLAGS_STACK(q)

void h_pushf_b(HANDLER_ARGS) { GO(h_raise, op); }
void h_popf_b(HANDLER_ARGS) { GO(h_raise, op); }
