/* Frames on stacks that need not be the present one. See frame.h. */
#include "isa/x86/frame.h"

#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/segment.h"

struct stack x86_stack_in(const struct x86 *cpu, const struct segment *seg, u64 sp, unsigned cpl)
{
    return (struct stack){
        .seg = *seg, .sp = sp, .mask = seg->attr & SEG_DB ? 0xffffffff : 0xffff,
        .user = cpl == 3,
    };
}

struct stack x86_stack(const struct x86 *cpu)
{
    struct stack s = x86_stack_in(cpu, &cpu->seg[SS], cpu->gpr[RSP], cpu->cpl);

    if (x86_is_64(cpu)) {
        s.flat = true;
        s.mask = UINT64_MAX;
    }
    return s;
}

/* SDM 3A 7.2.1: where a TSS keeps the stack pointers of levels 0 to 2. */
static u16 read_inner(struct x86 *cpu, unsigned cpl, u32 *sp)
{
    const struct segment *tr = &cpu->seg[TR];
    bool wide = tr->attr >> SEG_TYPE_SHIFT & 8;
    unsigned at = wide ? 4 + 8 * cpl : 2 + 4 * cpl;

    if (at + (wide ? 5 : 3) > tr->limit)
        x86_fault_code(cpu, V_TS, tr->selector & ERROR_SELECTOR);
    *sp = (u32)x86_system_read(cpu, tr->base + at, wide ? 4 : 2);
    return (u16)x86_system_read(cpu, tr->base + at + (wide ? 4 : 2), 2);
}

struct stack x86_inner_stack(struct x86 *cpu, unsigned cpl)
{
    u32 sp;
    u16 selector = read_inner(cpu, cpl, &sp);
    struct descriptor d;
    struct segment seg;
    struct stack s;

    if (selector_is_null(selector))
        x86_fault_code(cpu, V_TS, 0);
    x86_descriptor_fetch(cpu, selector, &d, V_TS);
    if ((selector & SELECTOR_RPL) != cpl || descriptor_dpl(&d) != cpl
        || !descriptor_is_writable(&d))
        x86_fault_code(cpu, V_TS, selector & ERROR_SELECTOR);
    if (!(d.high & SEG_P))
        x86_fault_code(cpu, V_SS, selector & ERROR_SELECTOR);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    seg = x86_segment_from(selector, &d);
    s = x86_stack_in(cpu, &seg, sp, cpl);
    s.error = selector & ERROR_SELECTOR;
    return s;
}

struct stack x86_long_stack(struct x86 *cpu, unsigned cpl, unsigned ist)
{
    const struct segment *tr = &cpu->seg[TR];
    unsigned at = ist ? 28 + 8 * ist : 4 + 8 * cpl;
    struct stack s = { .mask = UINT64_MAX, .flat = true, .user = cpl == 3 };

    s.seg = cpu->seg[SS];
    if (cpl != cpu->cpl)
        s.seg = (struct segment){ .selector = (u16)cpl };
    if (at + 7 > tr->limit)
        x86_fault_code(cpu, V_TS, tr->selector & ERROR_SELECTOR);
    s.sp = x86_system_read(cpu, tr->base + at, 8);
    if (!x86_canonical(cpu, s.sp))
        x86_fault_code(cpu, V_SS, 0);
    return s;
}

/* ---- Access ---- */

static u64 moved(const struct stack *s, u64 sp, u64 by)
{
    return s->mask == 0xffff ? (sp & ~s->mask) | ((sp + by) & s->mask) : (sp + by) & s->mask;
}

/* An 8086 knows no limits: a word at the end has its second byte at the beginning. */
static bool wraps(const struct x86 *cpu, u64 offset, unsigned size)
{
    return offset + size - 1 > 0xffff && x86_has(cpu, F_ONLY86);
}

static u64 linear_at(struct x86 *cpu, const struct stack *s, u64 offset, unsigned size)
{
    if (s->flat) {
        if (!x86_canonical(cpu, offset) || !x86_canonical(cpu, offset + size - 1))
            x86_fault_code(cpu, V_SS, s->error);
        return offset;
    }
    if (!(s->seg.attr & SEG_P) || (!x86_within(&s->seg, offset, size) && !wraps(cpu, offset, size)))
        x86_fault_code(cpu, x86_stack_vector(cpu), s->error);
    return (s->seg.base + offset) & 0xffffffff;
}

/* Those of an instruction; whether delivery checks alignment the manual does not say. */
static void check_alignment(struct x86 *cpu, const struct stack *s, u64 linear, unsigned size)
{
    if (s->user && linear & (size - 1) && cpu->eflags & AC && cpu->cr0 & CR0_AM
        && cpu->cpl == 3 && !cpu->delivering.active)
        x86_fault_code(cpu, V_AC, 0);
}

/* Linear address, once it is known that the item can be written. */
static u64 probe_item(struct x86 *cpu, const struct stack *s, u64 offset, unsigned size)
{
    u64 linear = linear_at(cpu, s, offset, size);

    check_alignment(cpu, s, linear, size);
    x86_linear_probe(cpu, linear, wraps(cpu, offset, size) ? 1 : size, ACCESS_WRITE, s->user);
    return linear;
}

static void write_item(struct x86 *cpu, const struct stack *s, u64 linear, unsigned size, u64 v)
{
    if (wraps(cpu, linear - s->seg.base, size)) {
        x86_linear_write(cpu, s->seg.base, 1, v >> 8 & 0xff, s->user);
        size = 1;
    }
    x86_linear_write(cpu, linear, size, v, s->user);
}

void x86_frame_push(struct x86 *cpu, struct stack *s, const struct frame *f)
{
    u64 linear[FRAME_ITEMS], sp = s->sp;

    for (unsigned i = 0; i < f->count; i++) {
        sp = moved(s, sp, -(u64)f->size);
        linear[i] = probe_item(cpu, s, sp & s->mask, f->size);
    }
    for (unsigned i = 0; i < f->count; i++) {
        write_item(cpu, s, linear[i], f->size, f->item[i]);
        if (!cpu->delivering.active)
            x86_debug_data(cpu, linear[i], f->size, true);
    }
    s->sp = sp;
}

u64 x86_stack_peek(struct x86 *cpu, const struct stack *s, u64 skip, unsigned size)
{
    u64 offset = moved(s, s->sp, skip) & s->mask;
    u64 linear = linear_at(cpu, s, offset, size);

    check_alignment(cpu, s, linear, size);
    if (wraps(cpu, offset, size))
        return x86_linear_read(cpu, linear, 1, s->user)
            | x86_linear_read(cpu, s->seg.base, 1, s->user) << 8;
    x86_debug_data(cpu, linear, size, false);
    return x86_linear_read(cpu, linear, size, s->user);
}

void x86_stack_drop(struct stack *s, u64 bytes)
{
    s->sp = moved(s, s->sp, bytes);
}

void x86_stack_take(struct x86 *cpu, const struct stack *s)
{
    cpu->seg[SS] = s->seg;
    cpu->gpr[RSP] = s->sp;
}
