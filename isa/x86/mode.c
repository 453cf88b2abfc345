/* isa/x86/mode.c */
#include "isa/x86/mode.h"

#include "isa/x86/block.h"
#include "isa/x86/cet.h"
#include "isa/x86/paging.h"
#include "isa/x86/timing.h"

enum { XCR0_SSE_AVX = 6 };

struct decoder *x86_decoder(const struct x86 *cpu)
{
    return &cpu->shared->decoder;
}

/* Flat: what 32-bit code may address without a look at the segment. */
static bool flat(const struct segment *s)
{
    return s->base == 0 && s->limit == 0xffffffff
        && (s->attr & (SEG_P | SEG_CODE | SEG_DOWN | SEG_WRITE)) == (SEG_P | SEG_WRITE);
}

/* Expand-down, execute-only and null segments leave -1: the slow path knows them. */
void x86_segment_update(struct x86 *cpu, enum segment_name name)
{
    const struct segment *s = &cpu->seg[name];
    struct seg_fast *f = &cpu->fast[name];
    static const u16 flat_bit[6] = { MODE_FLAT_ES, 0, MODE_FLAT_SS, MODE_FLAT_DS, 0, 0 };

    if (name > GS)
        return;
    if (x86_is_64(cpu)) {
        *f = (struct seg_fast){ name == FS || name == GS ? s->base : 0, INT64_MAX, INT64_MAX };
        return;
    }
    *f = (struct seg_fast){ s->base, -1, -1 };
    if (s->attr & SEG_P && s->attr & SEG_CODE) {
        f->read_last = s->attr & SEG_READ ? (s64)s->limit : -1;
    } else if (s->attr & SEG_P && !(s->attr & SEG_DOWN)) {
        f->read_last = s->limit;
        f->write_last = s->attr & SEG_WRITE ? (s64)s->limit : -1;
    }
    cpu->mode = (cpu->mode & ~(u64)flat_bit[name]) | (flat(s) ? flat_bit[name] : 0);
    if (name == SS)
        cpu->mode = (cpu->mode & ~(u64)MODE_STACK32) | (s->attr & SEG_DB ? MODE_STACK32 : 0);
}

/*
 * The limits of CS that blocks were decoded under have numbers; when they run out, all begins
 * anew.
 */
static u64 limit_number(struct x86 *cpu, u32 limit)
{
    for (unsigned i = 0; i < cpu->cs_limits; i++)
        if (cpu->cs_limit[i] == limit)
            return i;
    if (cpu->cs_limits == COUNT(cpu->cs_limit)) {
        x86_block_forget_all(cpu->shared);
        cpu->cs_limits = 0;
    }
    cpu->cs_limit[cpu->cs_limits] = limit;
    return cpu->cs_limits++;
}

static u64 control_bits(const struct x86 *cpu)
{
    u64 m = 0;

    if (cpu->cr0 & CR0_TS)
        m |= MODE_TS;
    if (cpu->cr0 & CR0_EM)
        m |= MODE_EM;
    if (cpu->cr4 & CR4_OSFXSR)
        m |= MODE_SSE;
    if (cpu->cr4 & CR4_OSXSAVE && (cpu->xcr0 & XCR0_SSE_AVX) == XCR0_SSE_AVX)
        m |= MODE_AVX;
    if (cpu->efer & EFER_LMA)
        m |= MODE_LONG;
    if (cpu->cr0 & CR0_PE)
        m |= MODE_PE;
    if (cpu->eflags & VM && cpu->cr0 & CR0_PE)
        m |= MODE_V86;
    if (unlikely(cpu->cr4 & CR4_CET))
        m |= x86_cet_mode(cpu);
    if (cpu->marks_branches)
        m |= MODE_BRANCHES;
    return m | x86_timing_mode(cpu->timing);
}

void x86_mode_update(struct x86 *cpu)
{
    const struct segment *cs = &cpu->seg[CS];
    u64 m = control_bits(cpu);

    if (m & MODE_LONG && cs->attr & SEG_L) {
        m |= MODE_64;
        cpu->lin_mask = UINT64_MAX;
    } else {
        m |= cs->attr & SEG_DB ? MODE_32 : MODE_16;
        m |= limit_number(cpu, cs->limit) << MODE_LIMIT_SHIFT | cs->base << 32;
        cpu->lin_mask = 0xffffffff;
    }
    cpu->mode = m;
    for (unsigned i = 0; i < 6; i++)
        x86_segment_update(cpu, (enum segment_name)i);
    x86_tlb_select(cpu);
}

void x86_set_flags(struct x86 *cpu, u32 flags)
{
    u32 changed = cpu->eflags ^ flags;

    cpu->eflags = (flags & ~(u32)FLAGS_ARITHMETIC) | 2;
    x86_set_arithmetic(cpu, flags);
    if (changed & VM)
        x86_mode_update(cpu);
    if (changed & AC)
        x86_tlb_select(cpu);
}
