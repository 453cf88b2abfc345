/*
 * Hardware task switches: SDM 3A 7.3, table 7-1.
 *
 * What can fault in the old task is looked at before anything changes; what the new task's state is
 * refused for faults in the new task, as #TS, #NP or #SS.
 */
#include "isa/x86/cet.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/transfer.h"

/* Where a TSS keeps what: SDM 3A figures 7-2 and 7-10. */
struct layout {
    u8 ip, flags, registers, segments, ldt, width, step, segments_saved;
    u32 limit;
};
static const struct layout tss16 = { 0x0e, 0x10, 0x12, 0x22, 0x2a, 2, 2, 4, 0x2b };
static const struct layout tss32 = { 0x20, 0x24, 0x28, 0x48, 0x60, 4, 4, 6, 0x67 };
enum { TSS_CR3 = 0x1c, TSS_TRAP = 0x64, TSS_SSP = 0x68 };

enum { BUSY = 2 << SEG_TYPE_SHIFT };

static const struct layout *layout_of(u32 attr)
{
    return attr >> SEG_TYPE_SHIFT & 8 ? &tss32 : &tss16;
}

static void set_busy(struct x86 *cpu, u64 at, bool busy)
{
    u8 b = (u8)x86_system_read(cpu, at + 5, 1);

    x86_system_write(cpu, at + 5, 1, busy ? b | 2u : b & ~2u);
}

static u64 tr_descriptor(const struct x86 *cpu)
{
    return cpu->gdtr[0].base + (cpu->seg[TR].selector & SELECTOR_INDEX);
}

/* Everything that will be touched is there: SDM 3A 7.3, step 5. */
static void probe(struct x86 *cpu, const struct segment *to, const struct descriptor *d)
{
    const struct segment *from = &cpu->seg[TR];
    const struct layout *old = layout_of(from->attr), *new = layout_of(to->attr);

    x86_linear_probe(cpu, from->base + old->ip, old->ldt - old->ip, ACCESS_WRITE, false);
    x86_linear_probe(cpu, tr_descriptor(cpu) + 5, 1, ACCESS_WRITE, false);
    x86_linear_probe(cpu, to->base, new->limit + 1, ACCESS_READ, false);
    x86_linear_probe(cpu, to->base, 2, ACCESS_WRITE, false);
    x86_linear_probe(cpu, d->at + 5, 1, ACCESS_WRITE, false);
}

static void save(struct x86 *cpu, u32 flags)
{
    const struct segment *tr = &cpu->seg[TR];
    const struct layout *l = layout_of(tr->attr);

    x86_system_write(cpu, tr->base + l->ip, l->width, cpu->rip);
    x86_system_write(cpu, tr->base + l->flags, l->width, flags);
    for (unsigned i = 0; i < 8; i++)
        x86_system_write(cpu, tr->base + l->registers + i * l->step, l->width, cpu->gpr[i]);
    for (unsigned i = 0; i < l->segments_saved; i++)
        x86_system_write(cpu, tr->base + l->segments + i * l->step, 2, cpu->seg[i].selector);
}

struct task {
    u64 cr3, ssp;
    u32 ip, flags, gpr[8];
    u16 segment[6], ldt;
    bool trap, wide;
};

static struct task read_task(struct x86 *cpu, const struct segment *tss)
{
    const struct layout *l = layout_of(tss->attr);
    struct task t = { .wide = l == &tss32 };

    t.ip = (u32)x86_system_read(cpu, tss->base + l->ip, l->width);
    t.flags = (u32)x86_system_read(cpu, tss->base + l->flags, l->width);
    for (unsigned i = 0; i < 8; i++)
        t.gpr[i] = (u32)x86_system_read(cpu, tss->base + l->registers + i * l->step, l->width);
    for (unsigned i = 0; i < l->segments_saved; i++)
        t.segment[i] = (u16)x86_system_read(cpu, tss->base + l->segments + i * l->step, 2);
    t.ldt = (u16)x86_system_read(cpu, tss->base + l->ldt, 2);
    if (t.wide) {
        t.cr3 = x86_system_read(cpu, tss->base + TSS_CR3, 4);
        t.trap = x86_system_read(cpu, tss->base + TSS_TRAP, 1) & 1;
        if (cpu->cr4 & CR4_CET && tss->limit >= TSS_SSP + 3)
            t.ssp = x86_system_read(cpu, tss->base + TSS_SSP, 4);
    }
    return t;
}

/* ---- In the new task ---- */

static _Noreturn void refuse(struct x86 *cpu, enum vector v, u16 selector)
{
    x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
}

static void load_stack(struct x86 *cpu, u16 selector)
{
    struct descriptor d;

    if (selector_is_null(selector))
        refuse(cpu, V_TS, selector);
    x86_descriptor_fetch(cpu, selector, &d, V_TS);
    if ((selector & SELECTOR_RPL) != cpu->cpl || descriptor_dpl(&d) != cpu->cpl
        || !descriptor_is_writable(&d))
        refuse(cpu, V_TS, selector);
    if (!(d.high & SEG_P))
        refuse(cpu, V_SS, selector);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    cpu->seg[SS] = x86_segment_from(selector, &d);
}

static void load_code(struct x86 *cpu, u16 selector)
{
    struct descriptor d;
    unsigned dpl;

    if (selector_is_null(selector))
        refuse(cpu, V_TS, selector);
    x86_descriptor_fetch(cpu, selector, &d, V_TS);
    dpl = descriptor_dpl(&d);
    if (!descriptor_is_code(&d)
        || (d.high & SEG_CONFORMING ? dpl > cpu->cpl : dpl != cpu->cpl))
        refuse(cpu, V_TS, selector);
    if (!(d.high & SEG_P))
        refuse(cpu, V_NP, selector);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    cpu->seg[CS] = x86_segment_from(selector, &d);
}

static void load_data(struct x86 *cpu, enum segment_name name, u16 selector)
{
    struct descriptor d;
    unsigned dpl;

    if (selector_is_null(selector))
        return;
    x86_descriptor_fetch(cpu, selector, &d, V_TS);
    dpl = descriptor_dpl(&d);
    if (!(d.high & SEG_S) || (d.high & (SEG_CODE | SEG_READ)) == SEG_CODE)
        refuse(cpu, V_TS, selector);
    if ((d.high & (SEG_CODE | SEG_CONFORMING)) != (SEG_CODE | SEG_CONFORMING)
        && (dpl < cpu->cpl || dpl < (selector & SELECTOR_RPL)))
        refuse(cpu, V_TS, selector);
    if (!(d.high & SEG_P))
        refuse(cpu, V_NP, selector);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    cpu->seg[name] = x86_segment_from(selector, &d);
}

static void load_segments(struct x86 *cpu, const struct task *t)
{
    static const u8 data[] = { ES, DS, FS, GS };

    x86_ldtr_load(cpu, t->ldt, V_TS);
    if (x86_is_v86(cpu)) {
        for (unsigned i = 0; i < 6; i++)
            x86_segment_paragraph(cpu, (enum segment_name)i, t->segment[i]);
        return;
    }
    load_stack(cpu, t->segment[SS]);
    load_code(cpu, t->segment[CS]);
    x86_mode_update(cpu);
    for (unsigned i = 0; i < COUNT(data); i++)
        load_data(cpu, (enum segment_name)data[i], t->segment[data[i]]);
}

static void load_cr3(struct x86 *cpu, u64 cr3)
{
    if (cpu->cr4 & CR4_PAE)
        x86_load_pdptes(cpu, cr3);
    cpu->cr3 = cr3;
    x86_tlb_flush(cpu, false);
}

/*
 * The registers first; segments are unusable until their descriptors are found good. What a 16-bit
 * TSS does not say of a register is ones on an 80386 and its successors.
 */
static void load(struct x86 *cpu, const struct task *t)
{
    cpu->rip = t->ip;
    for (unsigned i = 0; i < 8; i++)
        cpu->gpr[i] = t->wide ? t->gpr[i] : 0xffff0000 | t->gpr[i];
    for (unsigned i = 0; i < 6; i++)
        cpu->seg[i] = (struct segment){ .selector = t->segment[i] };
    cpu->seg[LDTR] = (struct segment){ .selector = t->ldt };
    cpu->cpl = t->flags & VM ? 3 : t->segment[CS] & SELECTOR_RPL;
    x86_set_flags(cpu, t->flags & x86_flags_known(cpu));
    cpu->cr0 |= CR0_TS;
    cpu->dr[7] &= ~(u64)0x155;          /* local breakpoints */
    if (t->wide && cpu->cr0 & CR0_PG)
        load_cr3(cpu, t->cr3);
    x86_mode_update(cpu);
    load_segments(cpu, t);
    x86_mode_update(cpu);
    if (t->trap)
        cpu->dr6_pending |= DR6_BT;
}

/* ---- The switch ---- */

/* With a shadow stack at its level the new task must say where: no 16-bit TSS can. */
static struct shadow_of_task leave_shadow(struct x86 *cpu, const struct segment *tss,
                                          enum task_switch how)
{
    const struct layout *l = layout_of(tss->attr);
    u32 flags = (u32)x86_system_read(cpu, tss->base + l->flags, l->width);
    u16 cs = (u16)x86_system_read(cpu, tss->base + l->segments + CS * l->step, 2);
    unsigned cpl = flags & VM ? 3 : cs & SELECTOR_RPL;

    if ((cpl == 3 ? cpu->u_cet : cpu->s_cet) & CET_SHADOW
        && (l != &tss32 || tss->limit < TSS_SSP + 3))
        refuse(cpu, V_TS, tss->selector);
    return x86_cet_leave_task(cpu, cpl, how == TASK_CALL || how == TASK_EVENT, how == TASK_IRET);
}

static void enter(struct x86 *cpu, u16 selector, struct descriptor *d, enum task_switch how,
                  u32 flags)
{
    bool nests = how == TASK_CALL || how == TASK_EVENT;
    struct segment to = x86_segment_from(selector, d);
    u16 old = cpu->seg[TR].selector;
    struct shadow_of_task shadow = { 0 };
    struct task t;

    if (!(d->high & SEG_P))
        refuse(cpu, V_NP, selector);
    if (to.limit < layout_of(to.attr)->limit)
        refuse(cpu, V_TS, selector);
    probe(cpu, &to, d);
    if (unlikely(cpu->cr4 & CR4_CET))
        shadow = leave_shadow(cpu, &to, how);

    if (!nests)
        set_busy(cpu, tr_descriptor(cpu), false);
    save(cpu, how == TASK_IRET ? flags & ~(u32)NT : flags);
    if (nests)
        x86_system_write(cpu, to.base, 2, old);
    if (how != TASK_IRET)
        set_busy(cpu, d->at, true);
    to.attr |= BUSY;
    t = read_task(cpu, &to);
    if (nests)
        t.flags |= NT;
    cpu->seg[TR] = to;
    cpu->switched = true;
    cpu->trap = false;
    load(cpu, &t);
    if (unlikely(cpu->cr4 & CR4_CET))
        x86_cet_enter_task(cpu, &shadow, t.ssp, how == TASK_IRET);
    cpu->switched = false;
}

void x86_task_enter(struct x86 *cpu, u16 selector, struct descriptor *d, enum task_switch how)
{
    enter(cpu, selector, d, how, x86_flags(cpu));
}

/* The TSS that a task gate names: in the GDT, and not busy. */
static void through_gate(struct x86 *cpu, const struct descriptor *gate, enum task_switch how,
                         u32 flags)
{
    u16 selector = gate_selector(gate);
    struct descriptor d;
    unsigned type;

    if (selector_is_null(selector) || selector & SELECTOR_LOCAL)
        refuse(cpu, V_GP, selector);
    x86_descriptor_fetch(cpu, selector, &d, V_GP);
    type = descriptor_type(&d);
    if (type != TYPE_TSS16 && type != TYPE_TSS32)
        refuse(cpu, V_GP, selector);
    enter(cpu, selector, &d, how, flags);
}

void x86_task_gate(struct x86 *cpu, const struct descriptor *gate, enum task_switch how)
{
    through_gate(cpu, gate, how, x86_flags(cpu));
}

void x86_task_event(struct x86 *cpu, const struct descriptor *gate, u32 flags)
{
    through_gate(cpu, gate, TASK_EVENT, flags);
}

/* IRET with NT: to the task that the link names, which is busy. */
void x86_task_return(struct x86 *cpu)
{
    u16 selector = (u16)x86_system_read(cpu, cpu->seg[TR].base, 2);
    struct descriptor d;
    unsigned type;

    if (selector_is_null(selector) || selector & SELECTOR_LOCAL)
        refuse(cpu, V_TS, selector);
    x86_descriptor_fetch(cpu, selector, &d, V_TS);
    type = descriptor_type(&d);
    if (type != TYPE_TSS16_BUSY && type != TYPE_TSS32_BUSY)
        refuse(cpu, V_TS, selector);
    enter(cpu, selector, &d, TASK_IRET, x86_flags(cpu));
}
