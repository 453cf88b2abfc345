/* Shadow stacks, and the state of ENDBR: see cet.h. */
#include "isa/x86/cet.h"

#include "isa/x86/cpuid.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"

static bool possible(const struct x86 *cpu)
{
    return cpu->cr4 & CR4_CET && cpu->cr0 & CR0_PE && !(cpu->eflags & VM);
}

static u64 *control_of(struct x86 *cpu, unsigned cpl)
{
    return cpl == 3 ? &cpu->u_cet : &cpu->s_cet;
}

u64 x86_cet_control(const struct x86 *cpu)
{
    return cpu->cpl == 3 ? cpu->u_cet : cpu->s_cet;
}

u64 x86_cet_mode(const struct x86 *cpu)
{
    u64 control = x86_cet_control(cpu), m = 0;

    if (!possible(cpu))
        return 0;
    if (control & CET_SHADOW)
        m |= MODE_SHADOW;
    if (control & CET_ENDBR)
        m |= MODE_TRACK | (control & CET_WAIT ? MODE_ENDBR : 0);
    return m;
}

static bool has_shadow(const struct x86 *cpu)
{
    return cpu->mode & MODE_SHADOW;
}

/* At another level, behind a transfer that leaves virtual-8086 mode if need be. */
static bool would_have_shadow(const struct x86 *cpu, unsigned cpl)
{
    return cpu->cr4 & CR4_CET && (cpl == 3 ? cpu->u_cet : cpu->s_cet) & CET_SHADOW;
}

static _Noreturn void refuse(struct x86 *cpu, u32 code)
{
    x86_fault_code(cpu, V_CP, code);
}

/* ---- Accesses ---- */

static u64 physical(struct x86 *cpu, u64 linear, bool write, bool user)
{
    x86_protect(cpu, x86_canonical(cpu, linear));
    return (x86_walk_shadow(cpu, linear, write, user) | (linear & PAGE_MASK)) & cpu->a20_mask;
}

static bool crosses(u64 linear, unsigned size)
{
    return (linear & PAGE_MASK) + size > PAGE_SIZE;
}

u64 x86_shadow_load(struct x86 *cpu, u64 linear, unsigned size, bool user)
{
    u64 low;

    if (!crosses(linear, size))
        return x86_physical_read(cpu, physical(cpu, linear, false, user), size);
    low = x86_shadow_load(cpu, linear, 4, user);
    return low | x86_shadow_load(cpu, linear + 4, 4, user) << 32;
}

/* Both pages, before either is written. */
void x86_shadow_store(struct x86 *cpu, u64 linear, unsigned size, u64 value, bool user)
{
    u64 first = physical(cpu, linear, true, user), second;

    if (!crosses(linear, size)) {
        x86_physical_write(cpu, first, size, value);
        return;
    }
    second = physical(cpu, linear + 4, true, user);
    x86_physical_write(cpu, first, 4, (u32)value);
    x86_physical_write(cpu, second, 4, value >> 32);
}

u64 x86_shadow_exchange(struct x86 *cpu, u64 linear, u64 expected, u64 value, bool user)
{
    u64 at = physical(cpu, linear, true, user), was = x86_physical_read(cpu, at, 8);

    if (was == expected)
        x86_physical_write(cpu, at, 8, value);
    return was;
}

/* ---- ENDBR ---- */

void x86_cet_await(struct x86 *cpu)
{
    u64 *control = control_of(cpu, cpu->cpl);

    if (!possible(cpu) || !(*control & CET_ENDBR))
        return;
    *control = (*control & ~(u64)CET_SUPPRESS) | CET_WAIT;
    cpu->mode |= MODE_TRACK | MODE_ENDBR;
}

void x86_cet_found(struct x86 *cpu)
{
    *control_of(cpu, cpu->cpl) &= ~(u64)(CET_WAIT | CET_SUPPRESS);
    cpu->mode &= ~(u64)MODE_ENDBR;
}

/* A bit for each page of code that may be without ENDBR: SDM 1 "Legacy Compatibility Treatment". */
static bool is_legacy(struct x86 *cpu, u64 rip)
{
    u64 control = x86_cet_control(cpu), linear = ((cpu->mode >> 32) + rip) & cpu->lin_mask;
    u64 at = (control & ~PAGE_MASK) + (linear >> 15);

    return control & CET_LEGACY
        && x86_linear_read(cpu, at & cpu->lin_mask, 1, cpu->cpl == 3) >> (linear >> 12 & 7) & 1;
}

void x86_cet_missed(struct x86 *cpu, u64 rip)
{
    u64 *control = control_of(cpu, cpu->cpl);

    if (!is_legacy(cpu, rip))
        refuse(cpu, CP_ENDBR);
    *control &= ~(u64)CET_WAIT;
    if (!(*control & CET_NO_SUPPRESS))
        *control |= CET_SUPPRESS;
    x86_mode_update(cpu);
}

/* ---- Far transfers ---- */

static bool is_wide(const struct x86 *cpu, const struct descriptor *code)
{
    return x86_is_long(cpu) && code->high & SEG_L;
}

/* Other code than 64-bit has its shadow stack below 4 GB. */
static void check_reach(struct x86 *cpu, const struct descriptor *code, u64 ssp)
{
    x86_protect(cpu, is_wide(cpu, code) || ssp >> 32 == 0);
}

/* CS, linear return address, SSP: each in eight bytes. */
static u64 push_return(struct x86 *cpu, u64 ssp, u64 old, bool user)
{
    u64 linear = ((cpu->mode >> 32) + cpu->rip) & cpu->lin_mask;

    x86_shadow_store(cpu, ssp - 8, 8, cpu->seg[CS].selector, user);
    x86_shadow_store(cpu, ssp - 16, 8, linear, user);
    x86_shadow_store(cpu, ssp - 24, 8, old, user);
    return ssp - 24;
}

/* The stack is nobody's, and becomes ours: its token says so. */
static void take(struct x86 *cpu, const struct descriptor *code, u64 ssp)
{
    x86_protect(cpu, (ssp & 7) == 0);
    check_reach(cpu, code, ssp);
    x86_protect(cpu, x86_shadow_exchange(cpu, ssp, ssp, ssp | SHADOW_BUSY, false) == ssp);
}

static u64 stack_of_table(struct x86 *cpu, unsigned ist)
{
    return x86_system_read(cpu, cpu->ssp_table + 8 * ist, 8);
}

static void enter_inner(struct x86 *cpu, const struct descriptor *code, unsigned cpl, unsigned ist)
{
    u64 ssp = cpu->ssp, old = cpu->ssp;

    if (would_have_shadow(cpu, cpl)) {
        ssp = ist ? stack_of_table(cpu, ist) : cpu->pl_ssp[cpl];
        take(cpu, code, ssp);
        if (cpu->cpl != 3)
            ssp = push_return(cpu, ssp, old, false);
    }
    if (has_shadow(cpu) && cpu->cpl == 3)
        cpu->pl_ssp[3] = old;
    cpu->ssp = ssp;
}

static void enter_same(struct x86 *cpu, const struct descriptor *code, unsigned ist)
{
    bool user = cpu->cpl == 3;
    u64 ssp = cpu->ssp;

    if (!has_shadow(cpu))
        return;
    if (ist) {
        ssp = stack_of_table(cpu, ist);
        take(cpu, code, ssp);
    } else {
        check_reach(cpu, code, ssp);
        x86_shadow_store(cpu, ssp - 4, 4, 0, user);
        ssp &= ~(u64)7;
    }
    cpu->ssp = push_return(cpu, ssp, cpu->ssp, user);
}

void x86_cet_enter(struct x86 *cpu, const struct descriptor *code, unsigned cpl, unsigned ist)
{
    if (likely(!(cpu->cr4 & CR4_CET)))
        return;
    if (cpl != cpu->cpl)
        enter_inner(cpu, code, cpl, ist);
    else
        enter_same(cpu, code, ist);
}

void x86_cet_jump(struct x86 *cpu, const struct descriptor *code)
{
    if (unlikely(has_shadow(cpu)))
        check_reach(cpu, code, cpu->ssp);
}

/* Where it came from must be where it goes; the pointer that was pushed with it. */
static u64 pop_return(struct x86 *cpu, u16 selector, const struct descriptor *code, u64 offset)
{
    bool user = cpu->cpl == 3, wide = is_wide(cpu, code);
    u64 linear = wide ? offset : (u32)(descriptor_base(code) + offset);
    u64 cs = x86_shadow_load(cpu, cpu->ssp + 16, 8, user);
    u64 back = x86_shadow_load(cpu, cpu->ssp + 8, 8, user);
    u64 ssp = x86_shadow_load(cpu, cpu->ssp, 8, user);

    if (cs != selector || back != linear || ssp & 3 || (!wide && ssp >> 32))
        refuse(cpu, CP_FAR_RET);
    return ssp;
}

/* Nobody's from now on, if it was busy. */
static void release(struct x86 *cpu, u64 ssp)
{
    x86_shadow_exchange(cpu, ssp, ssp | SHADOW_BUSY, ssp, false);
}

static void return_outward(struct x86 *cpu, u16 selector, const struct descriptor *code,
                           u64 offset)
{
    unsigned rpl = selector & SELECTOR_RPL;
    bool had = has_shadow(cpu), pops = had && rpl != 3;
    u64 old = cpu->ssp, ssp = cpu->pl_ssp[3];

    if (had && old & 7)
        refuse(cpu, CP_FAR_RET);
    if (pops) {
        ssp = pop_return(cpu, selector, code, offset);
        old += 24;
    }
    if (would_have_shadow(cpu, rpl) && rpl == 3)
        check_reach(cpu, code, ssp);
    if (had)
        release(cpu, old);
    if (would_have_shadow(cpu, rpl) && (rpl == 3 || pops))
        cpu->ssp = ssp;
}

static void return_same(struct x86 *cpu, u16 selector, const struct descriptor *code, u64 offset,
                        bool interrupt)
{
    u64 ssp, old = cpu->ssp + 24;

    if (cpu->ssp & 7)
        refuse(cpu, CP_FAR_RET);
    ssp = pop_return(cpu, selector, code, offset);
    if (interrupt && cpu->cpl != 3 && ssp != old)
        release(cpu, old);              /* it had come by an IST */
    cpu->ssp = ssp;
}

void x86_cet_return(struct x86 *cpu, u16 selector, const struct descriptor *code, u64 offset,
                    bool interrupt)
{
    if (likely(!(cpu->cr4 & CR4_CET)))
        return;
    if ((selector & SELECTOR_RPL) > cpu->cpl)
        return_outward(cpu, selector, code, offset);
    else if (has_shadow(cpu))
        return_same(cpu, selector, code, offset, interrupt);
}

void x86_cet_to_v86(struct x86 *cpu)
{
    if (likely(!has_shadow(cpu)))
        return;
    if (cpu->ssp & 7)
        refuse(cpu, CP_FAR_RET);
    release(cpu, cpu->ssp);
}

/* ---- Tasks ---- */

struct shadow_of_task x86_cet_leave_task(struct x86 *cpu, unsigned cpl, bool nests, bool returns)
{
    struct shadow_of_task t = { .ssp = cpu->ssp };
    bool user = cpu->cpl == 3;

    if (!has_shadow(cpu))
        return t;
    t.pushes = nests && !(user && cpl < 3);
    if (nests && !t.pushes)
        cpu->pl_ssp[3] = cpu->ssp;
    t.linear = ((cpu->mode >> 32) + cpu->rip) & cpu->lin_mask;
    t.cs = cpu->seg[CS].selector;
    if (!returns)
        return t;
    t.compares = cpl == cpu->cpl || cpl < 3;
    if (t.compares) {
        t.cs = x86_shadow_load(cpu, cpu->ssp + 16, 8, user);
        t.linear = x86_shadow_load(cpu, cpu->ssp + 8, 8, user);
        t.ssp = x86_shadow_load(cpu, cpu->ssp, 8, user);
    } else {
        t.ssp = cpu->pl_ssp[3];
    }
    if (!user)
        release(cpu, cpu->ssp + (t.compares ? 24 : 0));
    cpu->ssp = 0;
    return t;
}

static _Noreturn void refuse_task(struct x86 *cpu)
{
    x86_fault_code(cpu, V_TS, cpu->seg[TR].selector & ERROR_SELECTOR);
}

static void return_to_task(struct x86 *cpu, const struct shadow_of_task *t)
{
    u64 linear = (u32)((cpu->mode >> 32) + cpu->rip);

    if (t->compares && (t->cs != cpu->seg[CS].selector || t->linear != linear))
        refuse(cpu, CP_FAR_RET);
    if (!has_shadow(cpu))
        return;
    if (t->ssp & 3 || t->ssp >> 32)
        refuse(cpu, CP_FAR_RET);
    cpu->ssp = t->ssp;
}

/* Where the task begins a token stands for it; a task that is nested has its caller on top. */
static void begin_task(struct x86 *cpu, const struct shadow_of_task *t, u64 ssp)
{
    bool user = cpu->cpl == 3;

    if (ssp & 7)
        refuse_task(cpu);
    if (x86_shadow_exchange(cpu, ssp, ssp, ssp | SHADOW_BUSY, user) != ssp)
        x86_fault_code(cpu, V_GP, 0);
    if (t->pushes) {
        x86_shadow_store(cpu, ssp - 8, 8, t->cs, user);
        x86_shadow_store(cpu, ssp - 16, 8, t->linear, user);
        x86_shadow_store(cpu, ssp - 24, 8, t->ssp, user);
        ssp -= 24;
    }
    cpu->ssp = ssp;
}

void x86_cet_enter_task(struct x86 *cpu, const struct shadow_of_task *t, u64 ssp, bool returned)
{
    if (cpu->eflags & VM) {
        if (would_have_shadow(cpu, 3) || cpu->u_cet & CET_ENDBR)
            refuse_task(cpu);
        return;
    }
    if (returned) {
        return_to_task(cpu, t);
        return;
    }
    if (has_shadow(cpu))
        begin_task(cpu, t, ssp);
    x86_cet_await(cpu);
}

/* ---- System calls ---- */

void x86_cet_system_enter(struct x86 *cpu)
{
    if (has_shadow(cpu) && cpu->cpl == 3)
        cpu->pl_ssp[3] = cpu->ssp;
    if (would_have_shadow(cpu, 0))
        cpu->ssp = 0;
}

void x86_cet_system_leave(struct x86 *cpu, bool wide)
{
    if (!would_have_shadow(cpu, 3))
        return;
    x86_protect(cpu, wide || cpu->pl_ssp[3] >> 32 == 0);
    cpu->ssp = cpu->pl_ssp[3];
}

/* ---- Registers ---- */

static bool has_stacks(const struct x86 *cpu)
{
    return x86_has(cpu, F_CET_SS);
}

static bool there(const struct x86 *cpu)
{
    return has_stacks(cpu) || x86_has(cpu, F_CET_IBT);
}

bool x86_cet_valid(const struct x86 *cpu, u64 v)
{
    u64 bits = has_stacks(cpu) ? CET_SHADOW | CET_WRITE_SHADOW : 0;

    if (x86_has(cpu, F_CET_IBT))
        bits |= CET_ENDBR | CET_LEGACY | CET_NO_TRACK | CET_NO_SUPPRESS | CET_SUPPRESS | CET_WAIT
            | ~PAGE_MASK;
    return !(v & ~bits) && (v & (CET_SUPPRESS | CET_WAIT)) != (CET_SUPPRESS | CET_WAIT)
        && x86_register_canonical(cpu, v);
}

static bool write_control(struct x86 *cpu, u64 *control, u64 v)
{
    if (!there(cpu) || !x86_cet_valid(cpu, v))
        return false;
    *control = v;
    x86_mode_update(cpu);
    return true;
}

bool x86_read_u_cet(const struct x86 *cpu, u64 *v)
{
    *v = cpu->u_cet;
    return there(cpu);
}

bool x86_write_u_cet(struct x86 *cpu, u64 v)
{
    return write_control(cpu, &cpu->u_cet, v);
}

bool x86_read_s_cet(const struct x86 *cpu, u64 *v)
{
    *v = cpu->s_cet;
    return there(cpu);
}

bool x86_write_s_cet(struct x86 *cpu, u64 v)
{
    return write_control(cpu, &cpu->s_cet, v);
}

bool x86_read_pl_ssp(const struct x86 *cpu, unsigned n, u64 *v)
{
    *v = cpu->pl_ssp[n];
    return has_stacks(cpu);
}

bool x86_ssp_valid(const struct x86 *cpu, u64 v)
{
    return !(v & 3) && x86_register_canonical(cpu, v);
}

bool x86_write_pl_ssp(struct x86 *cpu, unsigned n, u64 v)
{
    if (!has_stacks(cpu) || !x86_ssp_valid(cpu, v))
        return false;
    cpu->pl_ssp[n] = v;
    return true;
}

bool x86_read_ssp_table(const struct x86 *cpu, u64 *v)
{
    *v = cpu->ssp_table;
    return has_stacks(cpu);
}

bool x86_write_ssp_table(struct x86 *cpu, u64 v)
{
    if (!has_stacks(cpu) || !x86_register_canonical(cpu, v))
        return false;
    cpu->ssp_table = v;
    return true;
}
