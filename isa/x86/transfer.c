/*
 * JMP, CALL, RET and IRET between segments: SDM 3A chapters 5 and 7, and the pseudo-code of the
 * instructions in SDM 2. Interrupts are fault.c's, task switches task.c's.
 */
#include "isa/x86/transfer.h"

#include "isa/x86/cet.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"

static _Noreturn void refuse(struct x86 *cpu, enum vector v, u16 selector)
{
    x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
}

static u64 cut(u64 offset, unsigned size)
{
    return size == 2 ? (u16)offset : size == 4 ? (u32)offset : offset;
}

/* ---- CS ---- */

void x86_check_entry(struct x86 *cpu, const struct descriptor *cs, u64 offset)
{
    if (x86_is_long(cpu) && cs->high & SEG_L)
        x86_protect(cpu, x86_canonical(cpu, offset));
    else
        x86_protect(cpu, offset <= descriptor_limit(cs));
}

void x86_cs_take(struct x86 *cpu, u16 selector, const struct descriptor *d, unsigned cpl)
{
    cpu->seg[CS] = x86_segment_from((u16)((selector & ~SELECTOR_RPL) | cpl), d);
    cpu->cpl = (u8)cpl;
}

/* A code segment that may be run; L and D together are reserved. */
static void check_code(struct x86 *cpu, u16 selector, const struct descriptor *d)
{
    if (!descriptor_is_code(d)
        || (x86_is_long(cpu) && (d->high & (SEG_L | SEG_DB)) == (SEG_L | SEG_DB)))
        refuse(cpu, V_GP, selector);
}

static void fetch_code(struct x86 *cpu, u16 selector, struct descriptor *d)
{
    x86_protect(cpu, !selector_is_null(selector));
    x86_descriptor_fetch(cpu, selector, d, V_GP);
    check_code(cpu, selector, d);
}

static void check_present(struct x86 *cpu, const struct descriptor *d, u16 selector)
{
    if (!(d->high & SEG_P))
        refuse(cpu, V_NP, selector);
}

/* SDM 3A 5.8.1: to code of the same level, or conforming code of an inner one. */
static void check_direct(struct x86 *cpu, const struct descriptor *d, u16 selector)
{
    unsigned dpl = descriptor_dpl(d);

    if (d->high & SEG_CONFORMING ? dpl > cpu->cpl
        : (selector & SELECTOR_RPL) > cpu->cpl || dpl != cpu->cpl)
        refuse(cpu, V_GP, selector);
    check_present(cpu, d, selector);
}

static void arrive(struct x86 *cpu, u16 selector, const struct descriptor *d, unsigned cpl,
                   u64 offset)
{
    x86_cs_take(cpu, selector, d, cpl);
    cpu->rip = offset;
    x86_mode_update(cpu);
    x86_cet_arrived(cpu);
}

/* ---- Gates ---- */

/* A system descriptor that leads elsewhere: may it be used at all? */
static void check_gate(struct x86 *cpu, const struct descriptor *d, u16 selector)
{
    unsigned dpl = descriptor_dpl(d);

    if (dpl < cpu->cpl || dpl < (selector & SELECTOR_RPL))
        refuse(cpu, V_GP, selector);
    check_present(cpu, d, selector);
}

struct gate { u16 selector; u64 offset; unsigned size, parameters; };

/* What the call gate says, its target's descriptor in *code. SDM 3A 5.8.3 */
static struct gate open_gate(struct x86 *cpu, u16 selector, struct descriptor *gate,
                             struct descriptor *code)
{
    bool wide = descriptor_type(gate) == TYPE_CALL32;
    struct gate g;

    check_gate(cpu, gate, selector);
    if (x86_is_long(cpu))
        x86_descriptor_widen(cpu, selector, gate, V_GP);
    g.selector = gate_selector(gate);
    g.size = x86_is_long(cpu) ? 8 : wide ? 4 : 2;
    g.offset = cut(gate_offset(gate), g.size);
    g.parameters = gate->high & 31;
    fetch_code(cpu, g.selector, code);
    if (descriptor_dpl(code) > cpu->cpl || (x86_is_long(cpu) && !(code->high & SEG_L)))
        refuse(cpu, V_GP, g.selector);
    return g;
}

static bool is_call_gate(const struct x86 *cpu, const struct descriptor *d)
{
    unsigned type = descriptor_type(d);

    return type == TYPE_CALL32 || (type == TYPE_CALL16 && !x86_is_long(cpu));
}

static void jump_gate(struct x86 *cpu, u16 selector, struct descriptor *gate)
{
    struct descriptor code;
    struct gate g = open_gate(cpu, selector, gate, &code);

    if (!(code.high & SEG_CONFORMING) && descriptor_dpl(&code) != cpu->cpl)
        refuse(cpu, V_GP, g.selector);
    check_present(cpu, &code, g.selector);
    x86_check_entry(cpu, &code, g.offset);
    x86_descriptor_set(cpu, &code, SEG_ACCESSED);
    x86_cet_jump(cpu, &code);
    arrive(cpu, g.selector, &code, cpu->cpl, g.offset);
}

static void push_and_arrive(struct x86 *cpu, struct stack *to, struct frame *f, u16 selector,
                            struct descriptor *code, unsigned cpl, u64 offset)
{
    frame_add(f, cpu->seg[CS].selector);
    frame_add(f, cpu->rip);
    x86_check_entry(cpu, code, offset);
    x86_descriptor_set(cpu, code, SEG_ACCESSED);
    x86_frame_push(cpu, to, f);
    x86_cet_enter(cpu, code, cpl, 0);
    x86_stack_take(cpu, to);
    arrive(cpu, selector, code, cpl, offset);
}

/* To an inner level: the stack moves, and the parameters with it. SDM 3A 5.8.5 */
static void call_inward(struct x86 *cpu, const struct gate *g, struct descriptor *code)
{
    unsigned cpl = descriptor_dpl(code);
    struct stack from = x86_stack(cpu);
    struct stack to = x86_is_long(cpu) ? x86_long_stack(cpu, cpl, 0) : x86_inner_stack(cpu, cpl);
    struct frame f = { .size = g->size };

    frame_add(&f, cpu->seg[SS].selector);
    frame_add(&f, cpu->gpr[RSP]);
    if (!x86_is_long(cpu))
        for (unsigned i = g->parameters; i-- > 0;)
            frame_add(&f, x86_stack_peek(cpu, &from, (u64)i * g->size, g->size));
    push_and_arrive(cpu, &to, &f, g->selector, code, cpl, g->offset);
}

static void call_gate(struct x86 *cpu, u16 selector, struct descriptor *gate)
{
    struct descriptor code;
    struct gate g = open_gate(cpu, selector, gate, &code);
    struct stack s;
    struct frame f = { .size = g.size };

    check_present(cpu, &code, g.selector);
    if (!(code.high & SEG_CONFORMING) && descriptor_dpl(&code) < cpu->cpl) {
        call_inward(cpu, &g, &code);
        return;
    }
    s = x86_stack(cpu);
    push_and_arrive(cpu, &s, &f, g.selector, &code, cpu->cpl, g.offset);
}

/* JMP and CALL to what is neither code nor a call gate. */
static void to_task(struct x86 *cpu, u16 selector, struct descriptor *d, enum task_switch how)
{
    unsigned type = descriptor_type(d);

    if (x86_is_long(cpu)
        || (type != TYPE_TASK && type != TYPE_TSS16 && type != TYPE_TSS32)
        || (type != TYPE_TASK && selector & SELECTOR_LOCAL))
        refuse(cpu, V_GP, selector);
    check_gate(cpu, d, selector);
    if (type == TYPE_TASK)
        x86_task_gate(cpu, d, how);
    else
        x86_task_enter(cpu, selector, d, how);
}

/* ---- JMP and CALL ---- */

static void arrive_real(struct x86 *cpu, u16 selector, u64 offset)
{
    x86_segment_paragraph(cpu, CS, selector);
    cpu->rip = offset;
    x86_mode_update(cpu);
}

void x86_far_jump(struct x86 *cpu, u16 selector, u64 offset, unsigned size)
{
    struct descriptor d;

    offset = cut(offset, size);
    if (x86_is_real(cpu)) {
        x86_protect(cpu, offset <= cpu->seg[CS].limit);
        arrive_real(cpu, selector, offset);
        return;
    }
    x86_protect(cpu, !selector_is_null(selector));
    x86_descriptor_fetch(cpu, selector, &d, V_GP);
    if (is_call_gate(cpu, &d)) {
        jump_gate(cpu, selector, &d);
        return;
    }
    if (!descriptor_is_code(&d)) {
        to_task(cpu, selector, &d, TASK_JUMP);
        return;
    }
    check_code(cpu, selector, &d);
    check_direct(cpu, &d, selector);
    x86_check_entry(cpu, &d, offset);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    x86_cet_jump(cpu, &d);
    arrive(cpu, selector, &d, cpu->cpl, offset);
}

static void call_real(struct x86 *cpu, u16 selector, u64 offset, unsigned size)
{
    struct stack s = x86_stack(cpu);
    struct frame f = { 2, size, { cpu->seg[CS].selector, cpu->rip } };

    x86_protect(cpu, offset <= cpu->seg[CS].limit);
    x86_frame_push(cpu, &s, &f);
    x86_stack_take(cpu, &s);
    arrive_real(cpu, selector, offset);
}

void x86_far_call(struct x86 *cpu, u16 selector, u64 offset, unsigned size)
{
    struct frame f = { .size = size };
    struct descriptor d;
    struct stack s;

    offset = cut(offset, size);
    if (x86_is_real(cpu)) {
        call_real(cpu, selector, offset, size);
        return;
    }
    x86_protect(cpu, !selector_is_null(selector));
    x86_descriptor_fetch(cpu, selector, &d, V_GP);
    if (is_call_gate(cpu, &d)) {
        call_gate(cpu, selector, &d);
        return;
    }
    if (!descriptor_is_code(&d)) {
        to_task(cpu, selector, &d, TASK_CALL);
        return;
    }
    check_code(cpu, selector, &d);
    check_direct(cpu, &d, selector);
    s = x86_stack(cpu);
    push_and_arrive(cpu, &s, &f, selector, &d, cpu->cpl, offset);
}

/* ---- RET and IRET ---- */

/* Where a return leads: what was on the stack. */
struct way_back {
    u16               selector, stack_selector;
    u64               offset, sp;
    struct descriptor code, stack;
    bool              has_stack;    /* SS and RSP come back too */
    bool              interrupt;    /* it is IRET */
};

/* SDM 2 RET, IRET: only outward, or to the same level. */
static void check_return(struct x86 *cpu, struct way_back *w)
{
    unsigned rpl = w->selector & SELECTOR_RPL, dpl;

    fetch_code(cpu, w->selector, &w->code);
    dpl = descriptor_dpl(&w->code);
    if (rpl < cpu->cpl || (w->code.high & SEG_CONFORMING ? dpl > rpl : dpl != rpl))
        refuse(cpu, V_GP, w->selector);
    check_present(cpu, &w->code, w->selector);
}

static bool returns_to_64(const struct x86 *cpu, const struct way_back *w)
{
    return x86_is_long(cpu) && w->code.high & SEG_L;
}

/* An absent stack is #SS to RET, #NP to IRET: so SDM 2 has it. */
static void check_return_stack(struct x86 *cpu, struct way_back *w, enum vector absent)
{
    unsigned rpl = w->selector & SELECTOR_RPL;

    w->stack = (struct descriptor){ 0 };
    if (selector_is_null(w->stack_selector)) {
        x86_protect(cpu, returns_to_64(cpu, w) && rpl != 3
                    && (w->stack_selector & SELECTOR_RPL) == rpl);
        return;
    }
    x86_descriptor_fetch(cpu, w->stack_selector, &w->stack, V_GP);
    if ((w->stack_selector & SELECTOR_RPL) != rpl || descriptor_dpl(&w->stack) != rpl
        || !descriptor_is_writable(&w->stack))
        refuse(cpu, V_GP, w->stack_selector);
    if (!(w->stack.high & SEG_P))
        refuse(cpu, absent, w->stack_selector);
    x86_descriptor_set(cpu, &w->stack, SEG_ACCESSED);
}

/*
 * Segments of an inner level do not stay within reach of an outer one. SDM 3A 5.8.6. They become
 * null and unusable; their bases stay, and 64-bit code goes on to use those of FS and GS.
 */
static void drop_inner_segments(struct x86 *cpu)
{
    static const u8 data[] = { ES, DS, FS, GS };

    for (unsigned i = 0; i < COUNT(data); i++) {
        struct segment *s = &cpu->seg[data[i]];

        if (selector_is_null(s->selector) || (s->attr >> SEG_DPL_SHIFT & 3) >= cpu->cpl)
            continue;
        if ((s->attr & (SEG_CODE | SEG_CONFORMING)) != (SEG_CODE | SEG_CONFORMING))
            *s = (struct segment){ .base = s->base };
    }
}

/* The stack pointer is as wide as its new segment says. */
static void take_return_stack(struct x86 *cpu, const struct way_back *w, u16 release)
{
    struct segment seg = selector_is_null(w->stack_selector)
        ? (struct segment){ .selector = w->stack_selector }
        : x86_segment_from(w->stack_selector, &w->stack);
    u64 sp = w->sp + release;

    if (!returns_to_64(cpu, w))
        sp = seg.attr & SEG_DB ? (u32)sp : (cpu->gpr[RSP] & ~(u64)0xffff) | (sp & 0xffff);
    cpu->seg[SS] = seg;
    cpu->gpr[RSP] = sp;
}

/* `popped` bytes lie between the stack pointer and what is above the frame. */
static void go_back(struct x86 *cpu, const struct way_back *w, u64 popped, u16 release)
{
    unsigned rpl = w->selector & SELECTOR_RPL;
    bool outward = rpl > cpu->cpl;
    struct stack s = x86_stack(cpu);

    x86_cet_return(cpu, w->selector, &w->code, w->offset, w->interrupt);
    if (w->has_stack) {
        take_return_stack(cpu, w, release);
    } else {
        x86_stack_drop(&s, popped + release);
        x86_stack_take(cpu, &s);
    }
    x86_cs_take(cpu, w->selector, &w->code, rpl);
    if (outward)
        drop_inner_segments(cpu);
    cpu->rip = w->offset;
    x86_mode_update(cpu);
}

static void return_real(struct x86 *cpu, unsigned size, u16 release)
{
    struct stack s = x86_stack(cpu);
    u64 offset = x86_stack_peek(cpu, &s, 0, size);
    u16 selector = (u16)x86_stack_peek(cpu, &s, size, size);

    x86_protect(cpu, offset <= cpu->seg[CS].limit);
    x86_stack_drop(&s, 2 * size + release);
    x86_stack_take(cpu, &s);
    arrive_real(cpu, selector, offset);
}

void x86_far_return(struct x86 *cpu, unsigned size, u16 release)
{
    struct stack s = x86_stack(cpu);
    struct way_back w = { 0 };

    if (x86_is_real(cpu)) {
        return_real(cpu, size, release);
        return;
    }
    w.offset = x86_stack_peek(cpu, &s, 0, size);
    w.selector = (u16)x86_stack_peek(cpu, &s, size, size);
    check_return(cpu, &w);
    w.has_stack = (w.selector & SELECTOR_RPL) > cpu->cpl;
    if (w.has_stack) {
        w.sp = x86_stack_peek(cpu, &s, 2 * size + release, size);
        w.stack_selector = (u16)x86_stack_peek(cpu, &s, 3 * size + release, size);
        check_return_stack(cpu, &w, V_SS);
    }
    x86_check_entry(cpu, &w.code, w.offset);
    x86_descriptor_set(cpu, &w.code, SEG_ACCESSED);
    go_back(cpu, &w, 2 * size, release);
}

/* ---- IRET ---- */

/* The flags that come back, by level and size: SDM 2 IRET. */
static u32 return_mask(const struct x86 *cpu, unsigned size)
{
    u32 mask = FLAGS_ARITHMETIC | TF | DF | NT;

    if (size != 2)
        mask |= RF | AC | ID;
    if (cpu->cpl <= x86_iopl(cpu))
        mask |= IF;
    if (cpu->cpl == 0)
        mask |= IOPL | (size != 2 ? VIF | VIP : 0);
    return mask & x86_flags_known(cpu);
}

static void set_some_flags(struct x86 *cpu, u32 flags, u32 mask)
{
    x86_set_flags(cpu, (x86_flags(cpu) & ~mask) | (flags & mask));
}

static void iret_real(struct x86 *cpu, unsigned size)
{
    struct stack s = x86_stack(cpu);
    u32 flags = (u32)x86_stack_peek(cpu, &s, 2 * size, size);

    return_real(cpu, size, (u16)size);
    set_some_flags(cpu, flags, return_mask(cpu, size) & ~(u32)(VIF | VIP));
}

/* SDM 3B 20.2.7, table 20-2: with VME the 16-bit form works on VIF where IOPL is not 3. */
static void iret_v86(struct x86 *cpu, unsigned size)
{
    struct stack s = x86_stack(cpu);
    u32 flags = (u32)x86_stack_peek(cpu, &s, 2 * size, size);
    u32 mask = return_mask(cpu, size) & ~(u32)IF;

    if (x86_iopl(cpu) == 3) {
        return_real(cpu, size, (u16)size);
        set_some_flags(cpu, flags, mask | IF);
        return;
    }
    x86_protect(cpu, cpu->cr4 & CR4_VME && size == 2 && !(flags & TF)
                && !(flags & IF && cpu->eflags & VIP));
    return_real(cpu, size, (u16)size);
    set_some_flags(cpu, flags & IF ? flags | VIF : flags & ~(u32)VIF, mask | VIF);
}

/* Into virtual-8086 mode: nine doublewords. SDM 3B 20.2.5 */
static void iret_to_v86(struct x86 *cpu, struct stack *s, u64 rip, u16 cs, u32 flags)
{
    static const u8 name[] = { SS, ES, DS, FS, GS };
    u32 sp = (u32)x86_stack_peek(cpu, s, 12, 4);
    u16 selector[5];

    for (unsigned i = 0; i < 5; i++)
        selector[i] = (u16)x86_stack_peek(cpu, s, 16 + 4 * i, 4);
    x86_protect(cpu, rip <= 0xffff);
    x86_cet_to_v86(cpu);
    cpu->cpl = 3;
    x86_set_flags(cpu, flags & (FLAGS_ARITHMETIC | TF | IF | DF | IOPL | NT | RF | VM | AC | VIF
                                | VIP | ID));
    for (unsigned i = 0; i < 5; i++)
        x86_segment_paragraph(cpu, (enum segment_name)name[i], selector[i]);
    cpu->gpr[RSP] = sp;
    arrive_real(cpu, cs, rip);
}

void x86_iret(struct x86 *cpu, unsigned size)
{
    struct stack s = x86_stack(cpu);
    struct way_back w = { .interrupt = true };
    u32 flags, mask = return_mask(cpu, size);

    cpu->nmi_blocked = false;           /* even if what follows faults: SDM 3A 6.7.1 */
    if (x86_is_real(cpu)) {
        (x86_is_v86(cpu) ? iret_v86 : iret_real)(cpu, size);
        return;
    }
    if (cpu->eflags & NT) {
        x86_protect(cpu, !x86_is_long(cpu));
        x86_task_return(cpu);
        return;
    }
    w.offset = x86_stack_peek(cpu, &s, 0, size);
    w.selector = (u16)x86_stack_peek(cpu, &s, size, size);
    flags = (u32)x86_stack_peek(cpu, &s, 2 * size, size);
    if (flags & VM && size == 4 && cpu->cpl == 0 && !x86_is_long(cpu)) {
        iret_to_v86(cpu, &s, w.offset, w.selector, flags);
        return;
    }
    check_return(cpu, &w);
    w.has_stack = (w.selector & SELECTOR_RPL) > cpu->cpl || x86_is_64(cpu);
    if (w.has_stack) {
        w.sp = x86_stack_peek(cpu, &s, 3 * size, size);
        w.stack_selector = (u16)x86_stack_peek(cpu, &s, 4 * size, size);
        check_return_stack(cpu, &w, V_NP);
    }
    x86_check_entry(cpu, &w.code, w.offset);
    x86_descriptor_set(cpu, &w.code, SEG_ACCESSED);
    go_back(cpu, &w, 3 * size, 0);
    set_some_flags(cpu, flags, mask);
}
