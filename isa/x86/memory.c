/* isa/x86/memory.c */
/* Slow paths of memory access: every check, page crossings, registers, code pages. See memory.h. */
#include "isa/x86/memory.h"

#include <string.h>

#include "core/bits.h"
#include "core/ram.h"
#include "core/space.h"
#include "isa/x86/block.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/paging.h"

/* ---- Physical ---- */

/* Registers answer at the exact time, and may change what is due next. */
static void before_device(struct x86 *cpu)
{
    x86_publish_time(cpu);
    cpu->leave = true;
}

static inline __attribute__((always_inline))
u8 *physical_page(struct x86 *cpu, u64 physical, bool write, u8 **flags)
{
    struct physical_entry *e = &cpu->physical[write][physical >> 12 & (PHYSICAL_CACHE - 1)];

    if (unlikely(cpu->physical_space != cpu->mem))
        x86_physical_forget(cpu);
    if (unlikely(e->page != (physical | PAGE_MASK))) {
        e->host = space_page(cpu->mem, physical, write, &e->flags);
        e->page = physical | PAGE_MASK;
    }
    *flags = e->flags;
    return e->host;
}

u8 *x86_physical_page(struct x86 *cpu, u64 physical, bool write, u8 **flags)
{
    return physical_page(cpu, physical, write, flags);
}

void x86_physical_forget(struct x86 *cpu)
{
    memset(cpu->physical, 0, sizeof cpu->physical);
    cpu->physical_space = cpu->mem;
}

u64 x86_physical_read(struct x86 *cpu, u64 physical, unsigned size)
{
    u8 *flags, *host;

    physical &= cpu->a20_mask;
    host = physical_page(cpu, physical, false, &flags);
    if (likely(host && (physical & PAGE_MASK) + size <= PAGE_SIZE))
        return load_le(host + (physical & PAGE_MASK), size);
    before_device(cpu);
    return space_read(cpu->mem, physical, size);
}

void x86_physical_write(struct x86 *cpu, u64 physical, unsigned size, u64 value)
{
    unsigned offset = physical & PAGE_MASK;
    u8 *flags, *host;

    physical &= cpu->a20_mask;
    host = physical_page(cpu, physical, true, &flags);
    if (unlikely(!host || offset + size > PAGE_SIZE)) {
        before_device(cpu);
        space_write(cpu->mem, physical, value, size);
        return;
    }
    store_le(host + offset, value, size);
    ram_note_store(flags);
    if (unlikely(*flags & RAM_CODE))
        x86_code_written(cpu, host, offset, offset + size - 1);
}

/* ---- Linear ---- */

struct piece { u64 physical; unsigned size; };

/*
 * The processor's own addresses are 64 bits wide in compatibility mode too: tables, inner stacks.
 * A table may begin where addresses are canonical and end where they are not.
 */
static u64 own_linear(struct x86 *cpu, u64 linear, unsigned size)
{
    if (!(cpu->mode & MODE_LONG))
        return linear & 0xffffffff;
    x86_protect(cpu, x86_canonical(cpu, linear) && x86_canonical(cpu, linear + size - 1));
    return linear;
}

/* An access and its one or two pages; both are translated before anything moves. */
static unsigned split(struct x86 *cpu, u64 linear, unsigned size, enum access kind,
                      enum tlb_set set, struct piece piece[2])
{
    unsigned room = (unsigned)(PAGE_SIZE - (linear & PAGE_MASK));

    piece[0].physical = x86_translate(cpu, linear, (enum tlb_kind)kind, set);
    piece[0].size = size;
    if (likely(size <= room))
        return 1;
    piece[0].size = room;
    if (linear >> 32 == 0)
        linear = (linear + room) & cpu->lin_mask;
    else
        linear += room;
    piece[1].physical = x86_translate(cpu, linear, (enum tlb_kind)kind, set);
    piece[1].size = size - room;
    return 2;
}

static u64 read_as(struct x86 *cpu, u64 linear, unsigned size, enum tlb_set set)
{
    struct piece p[2];
    u64 v;
    u8 *host;

    if (tlb_find(&cpu->tlbs[set], TLB_READ, linear, size, &host))
        return load_le(host, size);
    if (split(cpu, linear, size, ACCESS_READ, set, p) == 1)
        return x86_physical_read(cpu, p[0].physical, size);
    v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= x86_physical_read(cpu, i < p[0].size ? p[0].physical + i
                               : p[1].physical + i - p[0].size, 1) << 8 * i;
    return v;
}

static void write_pieces(struct x86 *cpu, const struct piece p[2], unsigned size, u64 value)
{
    for (unsigned i = 0; i < size; i++)
        x86_physical_write(cpu, i < p[0].size ? p[0].physical + i
                           : p[1].physical + i - p[0].size, 1, value >> 8 * i & 0xff);
}

static void write_as(struct x86 *cpu, u64 linear, unsigned size, u64 value, enum tlb_set set)
{
    struct piece p[2];
    u8 *host;

    if (tlb_find(&cpu->tlbs[set], TLB_WRITE, linear, size, &host))
        store_le(host, value, size);
    else if (split(cpu, linear, size, ACCESS_WRITE, set, p) == 1)
        x86_physical_write(cpu, p[0].physical, size, value);
    else
        write_pieces(cpu, p, size, value);
}

u64 x86_system_read(struct x86 *cpu, u64 linear, unsigned size)
{
    return read_as(cpu, own_linear(cpu, linear, size), size, TLB_SUPER);
}

void x86_system_write(struct x86 *cpu, u64 linear, unsigned size, u64 value)
{
    write_as(cpu, own_linear(cpu, linear, size), size, value, TLB_SUPER);
}

u64 x86_linear_read(struct x86 *cpu, u64 linear, unsigned size, bool user)
{
    return read_as(cpu, own_linear(cpu, linear, size), size, user ? TLB_USER : TLB_SUPER);
}

void x86_linear_write(struct x86 *cpu, u64 linear, unsigned size, u64 value, bool user)
{
    write_as(cpu, own_linear(cpu, linear, size), size, value, user ? TLB_USER : TLB_SUPER);
}

void x86_linear_probe(struct x86 *cpu, u64 linear, unsigned size, enum access kind, bool user)
{
    struct piece p[2];

    split(cpu, own_linear(cpu, linear, size), size, kind, user ? TLB_USER : TLB_SUPER, p);
}

const u8 *x86_code_at(struct x86 *cpu, u64 linear, u64 *physical)
{
    u8 *flags, *host;

    linear &= cpu->lin_mask;
    *physical = x86_translate(cpu, linear, TLB_CODE, x86_tlb_set(cpu));
    host = x86_physical_page(cpu, *physical, false, &flags);
    return host ? host + (*physical & PAGE_MASK) : NULL;
}

/* ---- Segments ---- */

enum vector x86_stack_vector(const struct x86 *cpu)
{
    return x86_has(cpu, F_I386) || cpu->mode & MODE_PE ? V_SS : V_GP;
}

static _Noreturn void segment_fault(struct x86 *cpu, enum segment_name name)
{
    x86_fault_code(cpu, name == SS ? x86_stack_vector(cpu) : V_GP, 0);
}

/* An 8086 knows no limits: what reaches beyond an offset of FFFFh goes on at 0. */
static bool wraps(const struct x86 *cpu, u64 offset, unsigned size)
{
    return offset + size > 0x10000 && x86_has(cpu, F_ONLY86);
}

static u64 read_wrapped(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size)
{
    u64 v = 0;

    for (unsigned i = 0; i < size; i++)
        v |= x86_read(cpu, name, (u16)(offset + i), 1) << 8 * i;
    return v;
}

static void write_wrapped(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size,
                          u64 value)
{
    for (unsigned i = 0; i < size; i++)
        x86_write(cpu, name, (u16)(offset + i), 1, value >> 8 * i & 0xff);
}

/* SDM 3A 5.3, 5.5 */
bool x86_within(const struct segment *s, u64 offset, unsigned size)
{
    u64 last = offset + size - 1;

    if ((s->attr & (SEG_CODE | SEG_DOWN)) == SEG_DOWN && s->attr & SEG_S)
        return offset > s->limit && last <= (s->attr & SEG_DB ? 0xffffffff : 0xffff);
    return last <= s->limit;
}

static bool allows(const struct segment *s, enum access kind)
{
    if (!(s->attr & SEG_P))
        return false;
    if (s->attr & SEG_CODE)
        return kind == ACCESS_READ ? s->attr & SEG_READ : kind == ACCESS_CODE;
    return kind != ACCESS_WRITE || s->attr & SEG_WRITE;
}

u64 x86_segment_linear(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size,
                       enum access kind)
{
    const struct segment *s = &cpu->seg[name];
    u64 linear;

    if ((cpu->mode & MODE_CODE) == MODE_64) {
        linear = (name == FS || name == GS ? s->base : 0) + offset;
        if (!x86_canonical(cpu, linear) || !x86_canonical(cpu, linear + size - 1))
            segment_fault(cpu, name);
        return linear;
    }
    if (!allows(s, kind) || !x86_within(s, offset, size))
        segment_fault(cpu, name);
    return (s->base + offset) & 0xffffffff;
}

/* SDM 3A 6.15, #AC: only at CPL 3, with AM and AC. */
static void check_alignment(struct x86 *cpu, u64 linear, unsigned size)
{
    if (unlikely(cpu->tlb == cpu->tlb_none) && linear & (size - 1) && size <= 8
        && cpu->cpl == 3 && cpu->eflags & AC && cpu->cr0 & CR0_AM)
        x86_fault_code(cpu, V_AC, 0);
}

u64 x86_read(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size)
{
    const struct seg_fast *f = &cpu->fast[name];
    u64 linear = (f->base + offset) & cpu->lin_mask, v;
    const u8 *host;

    if (likely((s64)(offset + size - 1) <= f->read_last
               && (host = tlb_lookup(cpu->tlb, TLB_READ, linear, size))))
        return load_le(host, size);
    if (unlikely(wraps(cpu, offset, size)))
        return read_wrapped(cpu, name, offset, size);
    linear = x86_segment_linear(cpu, name, offset, size, ACCESS_READ);
    check_alignment(cpu, linear, size);
    v = read_as(cpu, linear, size, x86_tlb_set(cpu));
    x86_debug_data(cpu, linear, size, false);
    return v;
}

void x86_write(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size, u64 value)
{
    const struct seg_fast *f = &cpu->fast[name];
    u64 linear = (f->base + offset) & cpu->lin_mask;
    u8 *host;

    if (likely((s64)(offset + size - 1) <= f->write_last
               && (host = tlb_lookup(cpu->tlb, TLB_WRITE, linear, size)))) {
        store_le(host, value, size);
        return;
    }
    if (unlikely(wraps(cpu, offset, size))) {
        write_wrapped(cpu, name, offset, size, value);
        return;
    }
    linear = x86_segment_linear(cpu, name, offset, size, ACCESS_WRITE);
    check_alignment(cpu, linear, size);
    write_as(cpu, linear, size, value, x86_tlb_set(cpu));
    x86_debug_data(cpu, linear, size, true);
}

u64 x86_rmw_read(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size)
{
    struct piece p[2];
    u64 linear, v = 0;

    if (unlikely(wraps(cpu, offset, size))) {
        cpu->rmw.first = cpu->seg[name].base + offset;
        cpu->rmw.split = (u8)(0x10000 - offset);
        cpu->rmw.second = cpu->seg[name].base;
        return read_wrapped(cpu, name, offset, size);
    }
    linear = x86_segment_linear(cpu, name, offset, size, ACCESS_WRITE);
    if (cpu->mode & MODE_PE && !((cpu->mode & MODE_CODE) == MODE_64)
        && !allows(&cpu->seg[name], ACCESS_READ))
        segment_fault(cpu, name);
    check_alignment(cpu, linear, size);
    cpu->rmw.split = 0;
    if (split(cpu, linear, size, ACCESS_WRITE, x86_tlb_set(cpu), p) == 2) {
        cpu->rmw.split = (u8)p[0].size;
        cpu->rmw.second = p[1].physical;
    }
    cpu->rmw.first = p[0].physical;
    if (!cpu->rmw.split)
        v = x86_physical_read(cpu, p[0].physical, size);
    for (unsigned i = 0; cpu->rmw.split && i < size; i++)
        v |= x86_physical_read(cpu, i < p[0].size ? p[0].physical + i
                               : p[1].physical + i - p[0].size, 1) << 8 * i;
    x86_debug_data(cpu, linear, size, true);
    return v;
}

void x86_rmw_write(struct x86 *cpu, unsigned size, u64 value)
{
    struct piece p[2] = { { cpu->rmw.first, cpu->rmw.split }, { cpu->rmw.second, 0 } };

    if (cpu->rmw.split)
        write_pieces(cpu, p, size, value);
    else
        x86_physical_write(cpu, cpu->rmw.first, size, value);
}

void x86_probe_operand(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size,
                       enum access kind)
{
    check_alignment(cpu, x86_segment_linear(cpu, name, offset, size, kind), size);
    x86_probe(cpu, name, offset, size, kind);
}

void x86_probe(struct x86 *cpu, enum segment_name name, u64 offset, unsigned size,
               enum access kind)
{
    struct piece p[2];
    u64 linear = x86_segment_linear(cpu, name, offset, size, kind);

    split(cpu, linear, size, kind, x86_tlb_set(cpu), p);
}

void x86_read_bytes(struct x86 *cpu, enum segment_name name, u64 offset, void *to, unsigned size)
{
    u64 linear = x86_segment_linear(cpu, name, offset, size, ACCESS_READ);
    struct piece p[2];
    unsigned n = split(cpu, linear, size, ACCESS_READ, x86_tlb_set(cpu), p);
    u8 *out = to;

    for (unsigned k = 0; k < n; k++)
        for (unsigned i = 0; i < p[k].size; i++)
            *out++ = (u8)x86_physical_read(cpu, p[k].physical + i, 1);
    x86_debug_data(cpu, linear, size, false);
}

void x86_write_bytes(struct x86 *cpu, enum segment_name name, u64 offset, const void *from,
                     unsigned size)
{
    u64 linear = x86_segment_linear(cpu, name, offset, size, ACCESS_WRITE);
    struct piece p[2];
    unsigned n = split(cpu, linear, size, ACCESS_WRITE, x86_tlb_set(cpu), p);
    const u8 *in = from;

    for (unsigned k = 0; k < n; k++)
        for (unsigned i = 0; i < p[k].size; i++)
            x86_physical_write(cpu, p[k].physical + i, 1, *in++);
    x86_debug_data(cpu, linear, size, true);
}
