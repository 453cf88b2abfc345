/* Descriptors, loads of segment registers, the I/O permission map. See segment.h. */
#include "isa/x86/segment.h"

#include "isa/x86/cpuid.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"

/* ---- Tables ---- */

static bool within_table(const struct x86 *cpu, u16 selector, unsigned bytes, u64 *at)
{
    const struct segment *local = &cpu->seg[LDTR];
    u32 last = (selector & SELECTOR_INDEX) + bytes - 1;

    if (selector & SELECTOR_LOCAL) {
        *at = local->base + (selector & SELECTOR_INDEX);
        return local->attr & SEG_P && last <= local->limit;
    }
    *at = cpu->gdtr[0].base + (selector & SELECTOR_INDEX);
    return last <= cpu->gdtr[0].limit;
}

bool x86_descriptor_find(struct x86 *cpu, u16 selector, struct descriptor *d)
{
    u64 at, v;

    if (!within_table(cpu, selector, 8, &at))
        return false;
    v = x86_system_read(cpu, at, 8);
    *d = (struct descriptor){ at, (u32)v, (u32)(v >> 32), 0 };
    if (!x86_has(cpu, F_I386))
        d->high &= 0xffff;              /* the 80286 has 24 bits of base, 16 of limit */
    return true;
}

void x86_descriptor_fetch(struct x86 *cpu, u16 selector, struct descriptor *d, enum vector v)
{
    if (!x86_descriptor_find(cpu, selector, d))
        x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
}

/* SDM 3A 3.5.2: what would be the type of the upper half is 0. */
void x86_descriptor_widen(struct x86 *cpu, u16 selector, struct descriptor *d, enum vector v)
{
    u64 at, upper;

    if (!within_table(cpu, selector, 16, &at))
        x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
    upper = x86_system_read(cpu, at + 8, 8);
    if (upper >> 32 & (SEG_TYPE | SEG_S))
        x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
    d->more = (u32)upper;
}

void x86_descriptor_set(struct x86 *cpu, struct descriptor *d, u32 bits)
{
    if ((d->high & bits) == bits)
        return;
    d->high |= bits;
    x86_system_write(cpu, d->at + 5, 1, d->high >> 8 & 0xff);
}

struct segment x86_segment_from(u16 selector, const struct descriptor *d)
{
    return (struct segment){
        selector, d->high & SEG_ATTRIBUTES, descriptor_limit(d), descriptor_base(d)
    };
}

/* ---- ES SS DS FS GS ---- */

/*
 * Real mode leaves the limit and the size bits as they were ("unreal" mode rests on that), and can
 * write to any segment. SDM 3A 21.1.1
 */
void x86_segment_paragraph(struct x86 *cpu, enum segment_name name, u16 selector)
{
    struct segment *s = &cpu->seg[name];
    bool v86 = x86_is_v86(cpu);

    if (v86 || !(s->attr & SEG_P)) {
        s->limit = 0xffff;
        s->attr = 0;
    }
    s->attr = (s->attr & (SEG_G | SEG_DB | SEG_AVL)) | SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED
        | (v86 ? SEG_DPL : 0);
    s->selector = selector;
    s->base = (u64)selector << 4;
}

void x86_segment_null(struct x86 *cpu, enum segment_name name, u16 selector)
{
    cpu->seg[name] = (struct segment){ .selector = selector };
}

static void load_data(struct x86 *cpu, enum segment_name name, u16 selector)
{
    struct descriptor d;
    unsigned dpl;

    if (selector_is_null(selector)) {
        x86_segment_null(cpu, name, selector);
        return;
    }
    x86_descriptor_fetch(cpu, selector, &d, V_GP);
    dpl = descriptor_dpl(&d);
    if (!(d.high & SEG_S) || (d.high & (SEG_CODE | SEG_READ)) == SEG_CODE)
        x86_fault_code(cpu, V_GP, selector & ERROR_SELECTOR);
    if ((d.high & (SEG_CODE | SEG_CONFORMING)) != (SEG_CODE | SEG_CONFORMING)
        && ((selector & SELECTOR_RPL) > dpl || cpu->cpl > dpl))
        x86_fault_code(cpu, V_GP, selector & ERROR_SELECTOR);
    if (!(d.high & SEG_P))
        x86_fault_code(cpu, V_NP, selector & ERROR_SELECTOR);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    cpu->seg[name] = x86_segment_from(selector, &d);
}

static void load_stack(struct x86 *cpu, u16 selector)
{
    unsigned rpl = selector & SELECTOR_RPL;
    struct descriptor d;

    if (selector_is_null(selector)) {
        x86_protect(cpu, x86_is_64(cpu) && cpu->cpl < 3 && rpl == cpu->cpl);
        x86_segment_null(cpu, SS, selector);
        return;
    }
    x86_descriptor_fetch(cpu, selector, &d, V_GP);
    if (rpl != cpu->cpl || descriptor_dpl(&d) != cpu->cpl || !descriptor_is_writable(&d))
        x86_fault_code(cpu, V_GP, selector & ERROR_SELECTOR);
    if (!(d.high & SEG_P))
        x86_fault_code(cpu, V_SS, selector & ERROR_SELECTOR);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    cpu->seg[SS] = x86_segment_from(selector, &d);
}

void x86_segment_load(struct x86 *cpu, enum segment_name name, u16 selector)
{
    if (x86_is_real(cpu))
        x86_segment_paragraph(cpu, name, selector);
    else if (name == SS)
        load_stack(cpu, selector);
    else
        load_data(cpu, name, selector);
    x86_segment_update(cpu, name);
}

/* ---- LDTR and TR ---- */

/* For a task switch (V_TS) an absent LDT is an invalid TSS too. SDM 3A 6.15, #TS */
void x86_ldtr_load(struct x86 *cpu, u16 selector, enum vector v)
{
    struct descriptor d;

    if (selector_is_null(selector)) {
        cpu->seg[LDTR] = (struct segment){ .selector = selector };
        return;
    }
    if (selector & SELECTOR_LOCAL)
        x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
    x86_descriptor_fetch(cpu, selector, &d, v);
    if (descriptor_type(&d) != TYPE_LDT)
        x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
    if (!(d.high & SEG_P))
        x86_fault_code(cpu, v == V_TS ? V_TS : V_NP, selector & ERROR_SELECTOR);
    if (x86_is_long(cpu)) {
        x86_descriptor_widen(cpu, selector, &d, v);
        if (!x86_register_canonical(cpu, descriptor_base(&d)))
            x86_fault_code(cpu, v, selector & ERROR_SELECTOR);
    }
    cpu->seg[LDTR] = x86_segment_from(selector, &d);
}

void x86_tr_load(struct x86 *cpu, u16 selector)
{
    struct descriptor d;
    unsigned type;

    x86_protect(cpu, !selector_is_null(selector));
    if (selector & SELECTOR_LOCAL)
        x86_fault_code(cpu, V_GP, selector & ERROR_SELECTOR);
    x86_descriptor_fetch(cpu, selector, &d, V_GP);
    type = descriptor_type(&d);
    if (type != TYPE_TSS32 && (type != TYPE_TSS16 || x86_is_long(cpu)))
        x86_fault_code(cpu, V_GP, selector & ERROR_SELECTOR);
    if (!(d.high & SEG_P))
        x86_fault_code(cpu, V_NP, selector & ERROR_SELECTOR);
    if (x86_is_long(cpu)) {
        x86_descriptor_widen(cpu, selector, &d, V_GP);
        if (!x86_register_canonical(cpu, descriptor_base(&d)))
            x86_fault_code(cpu, V_GP, selector & ERROR_SELECTOR);
    }
    x86_descriptor_set(cpu, &d, 2 << SEG_TYPE_SHIFT);       /* busy */
    cpu->seg[TR] = x86_segment_from(selector, &d);
}

/* ---- The I/O permission map: SDM 1 18.5 ---- */

enum { TSS_MAP_BASE = 0x66 };

bool x86_may_do_io(const struct x86 *cpu)
{
    return !(cpu->mode & MODE_PE) || (cpu->cpl <= x86_iopl(cpu) && !x86_is_v86(cpu));
}

void x86_check_io(struct x86 *cpu, u16 port, unsigned size)
{
    const struct segment *tr = &cpu->seg[TR];
    unsigned type = tr->attr >> SEG_TYPE_SHIFT & 15;
    u64 at, map;

    if (x86_may_do_io(cpu))
        return;
    x86_protect(cpu, (type == TYPE_TSS32 || type == TYPE_TSS32_BUSY)
                && tr->limit >= TSS_MAP_BASE + 1);
    at = x86_system_read(cpu, tr->base + TSS_MAP_BASE, 2) + port / 8;
    x86_protect(cpu, at + 1 <= tr->limit);
    map = x86_system_read(cpu, tr->base + at, 2) >> (port & 7);
    x86_protect(cpu, !(map & (BIT(size) - 1)));
}
