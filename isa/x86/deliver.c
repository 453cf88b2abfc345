/*
 * From a vector to its handler: interrupt vector table, IDT with 8-byte and 16-byte gates,
 * redirection in virtual-8086 mode. SDM 3A chapter 6; SDM 2 INT n.
 */
#include "isa/x86/branches.h"
#include "isa/x86/cet.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/timing.h"
#include "isa/x86/transfer.h"

enum { CODE_IDT = 2 };                  /* of an error code: it names a gate */

static bool is_software(const struct interruption *e)
{
    return e->from == FROM_INT_N || e->from == FROM_INT3_INTO;
}

static u32 gate_code(const struct interruption *e)
{
    return e->vector * 8u + CODE_IDT;
}

static void set_flags_after(struct x86 *cpu, u32 clear)
{
    x86_set_flags(cpu, x86_flags(cpu) & ~clear);
}

/* ---- The vector table of real mode ---- */

static void push_real(struct x86 *cpu, u32 flags)
{
    struct stack s = x86_stack(cpu);
    struct frame f = { 3, 2, { flags, cpu->seg[CS].selector, cpu->rip } };

    x86_frame_push(cpu, &s, &f);
    x86_stack_take(cpu, &s);
}

static void enter_real(struct x86 *cpu, u32 vector)
{
    x86_segment_paragraph(cpu, CS, (u16)(vector >> 16));
    cpu->rip = vector & 0xffff;
    x86_mode_update(cpu);
}

static void deliver_real(struct x86 *cpu, const struct interruption *e)
{
    u32 vector;

    if (e->vector * 4u + 3 > cpu->idtr[0].limit)
        x86_fault_code(cpu, V_GP, gate_code(e));
    vector = (u32)x86_system_read(cpu, cpu->idtr[0].base + e->vector * 4u, 4);
    push_real(cpu, e->flags);
    set_flags_after(cpu, IF | TF | AC | RF);
    enter_real(cpu, vector);
}

/* ---- Virtual-8086 mode extensions: SDM 3B 20.3.3, table 20-2 ---- */

/* Does the TSS's map leave INT n to the 8086 program? */
static bool redirected(struct x86 *cpu, u8 vector)
{
    const struct segment *tr = &cpu->seg[TR];
    u64 map;

    if (!(tr->attr >> SEG_TYPE_SHIFT & 8) || tr->limit < 0x67)
        x86_fault_code(cpu, V_GP, 0);
    map = x86_system_read(cpu, tr->base + 0x66, 2);
    if (map < 32 || map - 32 + vector / 8 > tr->limit)
        x86_fault_code(cpu, V_GP, 0);
    return !(x86_system_read(cpu, tr->base + map - 32 + vector / 8, 1) >> (vector & 7) & 1);
}

static void deliver_redirected(struct x86 *cpu, const struct interruption *e)
{
    u32 vector = (u32)x86_linear_read(cpu, e->vector * 4u, 4, true), flags = e->flags;
    bool virtual = x86_iopl(cpu) < 3;

    if (virtual)
        flags = (flags & ~(u32)IF) | IOPL | (flags & VIF ? IF : 0);
    push_real(cpu, flags);
    set_flags_after(cpu, TF | RF | (virtual ? VIF : IF));
    enter_real(cpu, vector);
}

/* True: done, by the 8086 program's own vector. */
static bool deliver_v86(struct x86 *cpu, const struct interruption *e)
{
    if (e->from != FROM_INT_N)
        return false;
    if (cpu->cr4 & CR4_VME && redirected(cpu, e->vector)) {
        deliver_redirected(cpu, e);
        return true;
    }
    x86_protect(cpu, x86_iopl(cpu) == 3);
    return false;
}

/* ---- Gates ---- */

static void read_gate(struct x86 *cpu, const struct interruption *e, struct descriptor *d)
{
    unsigned bytes = x86_is_long(cpu) ? 16 : 8;
    u64 v;

    *d = (struct descriptor){ .at = cpu->idtr[0].base + e->vector * bytes };
    if (e->vector * bytes + bytes - 1 > cpu->idtr[0].limit)
        x86_fault_code(cpu, V_GP, gate_code(e));
    v = x86_system_read(cpu, d->at, 8);
    d->low = (u32)v;
    d->high = (u32)(v >> 32);
    if (x86_is_long(cpu))
        d->more = (u32)x86_system_read(cpu, d->at + 8, 8);
    else if (!x86_has(cpu, F_I386))
        d->high &= 0xffff;
}

static bool type_is_legal(const struct x86 *cpu, unsigned type)
{
    switch (type) {
    case TYPE_INT32: case TYPE_TRAP32:             return true;
    case TYPE_INT16: case TYPE_TRAP16: case TYPE_TASK: return !x86_is_long(cpu);
    default:                                       return false;
    }
}

static void check_gate(struct x86 *cpu, const struct interruption *e, const struct descriptor *gate)
{
    if (!type_is_legal(cpu, descriptor_type(gate)))
        x86_fault_code(cpu, V_GP, gate_code(e));
    if (is_software(e) && descriptor_dpl(gate) < cpu->cpl)
        x86_fault_code(cpu, V_GP, gate_code(e));
    if (!(gate->high & SEG_P))
        x86_fault_code(cpu, V_NP, gate_code(e));
}

/* The handler's code; its level is the answer. */
static unsigned fetch_handler(struct x86 *cpu, u16 selector, struct descriptor *code)
{
    unsigned dpl, code_of = selector & ERROR_SELECTOR;

    if (selector_is_null(selector))
        x86_fault_code(cpu, V_GP, 0);
    x86_descriptor_fetch(cpu, selector, code, V_GP);
    dpl = descriptor_dpl(code);
    if (!descriptor_is_code(code) || dpl > cpu->cpl)
        x86_fault_code(cpu, V_GP, code_of);
    if (x86_is_long(cpu) && (code->high & (SEG_L | SEG_DB)) != SEG_L)
        x86_fault_code(cpu, V_GP, code_of);
    if (!(code->high & SEG_P))
        x86_fault_code(cpu, V_NP, code_of);
    if (x86_is_v86(cpu) && (code->high & SEG_CONFORMING || dpl != 0))
        x86_fault_code(cpu, V_GP, code_of);
    return code->high & SEG_CONFORMING ? cpu->cpl : dpl;
}

/* SDM 3A 6.14.2, 6.14.5: long mode aligns it whether or not it moves. */
static struct stack choose_stack(struct x86 *cpu, const struct descriptor *gate, unsigned cpl)
{
    unsigned ist = gate->high & 7;
    struct stack s;

    if (!x86_is_long(cpu))
        return cpl == cpu->cpl ? x86_stack(cpu) : x86_inner_stack(cpu, cpl);
    if (ist || cpl != cpu->cpl) {
        s = x86_long_stack(cpu, cpl, ist);
    } else {
        s = x86_stack(cpu);
        s.flat = true;
        s.mask = UINT64_MAX;
    }
    s.sp &= ~(u64)15;
    return s;
}

/* SDM 3A figures 6-4 and 6-8; 3B figure 20-4 */
static void build_frame(const struct x86 *cpu, const struct interruption *e, bool stack_too,
                        struct frame *f)
{
    if (x86_is_v86(cpu)) {
        frame_add(f, cpu->seg[GS].selector);
        frame_add(f, cpu->seg[FS].selector);
        frame_add(f, cpu->seg[DS].selector);
        frame_add(f, cpu->seg[ES].selector);
    }
    if (stack_too) {
        frame_add(f, cpu->seg[SS].selector);
        frame_add(f, cpu->gpr[RSP]);
    }
    frame_add(f, e->flags);
    frame_add(f, cpu->seg[CS].selector);
    frame_add(f, cpu->rip);
    if (e->has_code)
        frame_add(f, e->code);
}

static void leave_v86(struct x86 *cpu)
{
    static const u8 data[] = { ES, DS, FS, GS };

    for (unsigned i = 0; i < COUNT(data); i++)
        x86_segment_null(cpu, (enum segment_name)data[i], 0);
}

static void deliver_gate(struct x86 *cpu, const struct interruption *e, struct descriptor *gate)
{
    bool wide = descriptor_type(gate) & 8, trap = descriptor_type(gate) & 1;
    struct frame f = { .size = x86_is_long(cpu) ? 8 : wide ? 4 : 2 };
    u64 offset = f.size == 2 ? (u16)gate_offset(gate) : gate_offset(gate);
    struct descriptor code;
    unsigned cpl = fetch_handler(cpu, gate_selector(gate), &code);
    struct stack s = choose_stack(cpu, gate, cpl);

    build_frame(cpu, e, x86_is_long(cpu) || cpl != cpu->cpl, &f);
    x86_check_entry(cpu, &code, offset);
    x86_descriptor_set(cpu, &code, SEG_ACCESSED);
    x86_frame_push(cpu, &s, &f);
    x86_cet_enter(cpu, &code, cpl, x86_is_long(cpu) ? gate->high & 7 : 0);

    if (x86_is_v86(cpu))
        leave_v86(cpu);
    x86_stack_take(cpu, &s);
    x86_cs_take(cpu, gate_selector(gate), &code, cpl);
    cpu->rip = offset;
    set_flags_after(cpu, TF | VM | RF | NT | (trap ? 0 : IF));
    x86_mode_update(cpu);
    x86_cet_arrived(cpu);
}

/* The task has its own stack, which gets the error code: SDM 3A 6.14.3. */
static void deliver_task(struct x86 *cpu, const struct interruption *e,
                         const struct descriptor *gate)
{
    struct frame f = { .size = 4 };
    struct stack s;

    x86_task_event(cpu, gate, e->flags);
    if (!e->has_code)
        return;
    if (!(cpu->seg[TR].attr >> SEG_TYPE_SHIFT & 8))
        f.size = 2;
    s = x86_stack(cpu);
    frame_add(&f, e->code);
    x86_frame_push(cpu, &s, &f);
    x86_stack_take(cpu, &s);
}

static void deliver_protected(struct x86 *cpu, const struct interruption *e)
{
    struct descriptor gate;

    if (x86_is_v86(cpu) && deliver_v86(cpu, e))
        return;
    read_gate(cpu, e, &gate);
    check_gate(cpu, e, &gate);
    if (descriptor_type(&gate) == TYPE_TASK)
        deliver_task(cpu, e, &gate);
    else
        deliver_gate(cpu, e, &gate);
}

void x86_deliver_this(struct x86 *cpu, const struct interruption *e)
{
    u8 cpl = cpu->cpl;
    u16 task = cpu->seg[TR].selector;
    bool v86 = x86_is_v86(cpu);
    u64 from = ((cpu->mode >> 32) + cpu->rip) & cpu->lin_mask;

    cpu->delivering.active = true;
    cpu->delivering.vector = e->vector;
    cpu->delivering.from = (u8)e->from;
    if (e->vector == V_DB && (e->from == FROM_EXCEPTION || e->from == FROM_ICEBP))
        x86_debug_report(cpu);
    if (cpu->mode & MODE_PE)
        deliver_protected(cpu, e);
    else
        deliver_real(cpu, e);
    if (cpu->timing && (e->from == FROM_EXCEPTION || e->from == FROM_EXTERNAL))
        x86_timing_event(cpu, e->vector, e->from == FROM_EXTERNAL, cpl, task, v86);
    cpu->delivering.active = false;
    if (unlikely(cpu->marks_branches) && !is_software(e))
        x86_branch_event(cpu, from);
    if (unlikely(cpu->activity != RUNNING))
        x86_set_activity(cpu, RUNNING);
    cpu->shadow = 0;
    cpu->trap = false;
}
