/* isa/x86/tlb.c */
/* What the CPU remembers of page walks, and the fast tables that follow from it; see tlb.h. */
#include "core/ram.h"
#include "isa/x86/memory.h"
#include "isa/x86/paging.h"

#include <string.h>

static struct tlb_page *page_of(struct x86 *cpu, enum tlb_set set, enum tlb_kind kind,
                                unsigned slot)
{
    return &cpu->page[(set * TLB_KINDS + kind) * TLB_SIZE + slot];
}

enum tlb_set x86_tlb_set(const struct x86 *cpu)
{
    if (cpu->cpl == 3)
        return TLB_USER;
    return cpu->eflags & AC && cpu->cr4 & CR4_SMAP ? TLB_SUPER_AC : TLB_SUPER;
}

/* Alignment checks and data breakpoints want to see every access: then nothing is fast. */
void x86_tlb_select(struct x86 *cpu)
{
    bool aligned = cpu->cpl == 3 && cpu->eflags & AC && cpu->cr0 & CR0_AM;
    bool watched = false;

    for (unsigned i = 0; i < 4; i++)
        if (cpu->dr[7] >> 2 * i & 3 && cpu->dr[7] >> (16 + 4 * i) & 1)
            watched = true;
    cpu->tlb = aligned || watched ? cpu->tlb_none : &cpu->tlbs[x86_tlb_set(cpu)];
}

static void set_fast(struct x86 *cpu, enum tlb_set set, enum tlb_kind kind, unsigned slot,
                     struct tlb_entry to)
{
    struct tlb_entry *e = &cpu->tlbs[set].entry[kind][slot];

    if (kind == TLB_CODE && e->tag != tlb_empty_tag(slot))
        cpu->tlbs[set].epoch = EPOCH_OVER;
    *e = to;
}

static void forget_fast(struct x86 *cpu, enum tlb_set set, enum tlb_kind kind, unsigned slot)
{
    set_fast(cpu, set, kind, slot, (struct tlb_entry){ tlb_empty_tag(slot), 0 });
}

static void fill_fast(struct x86 *cpu, enum tlb_set set, enum tlb_kind kind, unsigned slot)
{
    const struct tlb_page *p = page_of(cpu, set, kind, slot);
    u64 linear = p->linear & ~PAGE_MASK;
    u8 *flags = NULL;
    u8 *host = x86_physical_page(cpu, p->physical & ~PAGE_MASK & cpu->a20_mask,
                                 kind == TLB_WRITE, &flags);

    if (!host || (kind == TLB_WRITE && *flags & (RAM_CODE | RAM_WATCHED)))
        forget_fast(cpu, set, kind, slot);
    else
        set_fast(cpu, set, kind, slot,
                 (struct tlb_entry){ linear, (u64)(uintptr_t)host - linear });
}

static void note(struct tlb_log *log, unsigned slot, u64 physical)
{
    unsigned global = physical & PAGE_GLOBAL ? 1 : 0;

    if (log->in[slot] >> global & 1)
        return;
    log->in[slot] |= (u8)(1 << global);
    log->slot[global][log->count[global]++] = (u16)slot;
}

u64 x86_translate(struct x86 *cpu, u64 linear, enum tlb_kind kind, enum tlb_set set)
{
    unsigned slot = tlb_slot(linear);
    struct tlb_page *p = page_of(cpu, set, kind, slot);

    if (p->linear != ((linear & ~PAGE_MASK) | PAGE_VALID)) {
        u64 physical = x86_walk(cpu, linear, kind, set);

        note(&cpu->log[set][kind], slot, physical);
        if (physical & PAGE_LARGE)
            cpu->large_pages |= BIT(linear >> 30 & 63);
        p->linear = (linear & ~PAGE_MASK) | PAGE_VALID;
        p->physical = physical;
        fill_fast(cpu, set, kind, slot);
    }
    return ((p->physical & ~PAGE_MASK) | (linear & PAGE_MASK)) & cpu->a20_mask;
}

/* Walks what was filled only: a table of contents is cheaper than the tables. */
static void flush_one(struct x86 *cpu, enum tlb_set set, enum tlb_kind kind, bool global)
{
    struct tlb_log *log = &cpu->log[set][kind];

    for (unsigned i = 0; i < log->count[global]; i++) {
        unsigned slot = log->slot[global][i];
        struct tlb_page *p = page_of(cpu, set, kind, slot);

        log->in[slot] &= (u8)~(1 << global);
        if (!(p->physical & PAGE_GLOBAL) == global)
            continue;                   /* it is in the other list */
        *p = (struct tlb_page){ 0 };
        forget_fast(cpu, set, kind, slot);
    }
    log->count[global] = 0;
}

void x86_tlb_flush(struct x86 *cpu, bool globals_too)
{
    if (globals_too)
        cpu->large_pages = 0;
    for (unsigned set = 0; set < TLB_SETS; set++) {
        for (unsigned kind = 0; kind < TLB_KINDS; kind++) {
            flush_one(cpu, set, kind, false);
            if (globals_too)
                flush_one(cpu, set, kind, true);
        }
    }
}

static void drop(struct x86 *cpu, enum tlb_set set, enum tlb_kind kind, unsigned slot)
{
    *page_of(cpu, set, kind, slot) = (struct tlb_page){ 0 };
    forget_fast(cpu, set, kind, slot);
}

/* A large page was remembered in pieces; all of them go. */
static void drop_large(struct x86 *cpu, enum tlb_set set, enum tlb_kind kind, u64 linear)
{
    const struct tlb_log *log = &cpu->log[set][kind];

    for (unsigned list = 0; list < 2; list++) {
        for (unsigned i = 0; i < log->count[list]; i++) {
            unsigned slot = log->slot[list][i];
            const struct tlb_page *p = page_of(cpu, set, kind, slot);

            if (p->physical & PAGE_LARGE && (p->linear ^ linear) >> 30 == 0)
                drop(cpu, set, kind, slot);
        }
    }
}

void x86_tlb_invalidate(struct x86 *cpu, u64 linear)
{
    unsigned slot = tlb_slot(linear);

    for (unsigned set = 0; set < TLB_SETS; set++) {
        for (unsigned kind = 0; kind < TLB_KINDS; kind++) {
            if (page_of(cpu, set, kind, slot)->linear == ((linear & ~PAGE_MASK) | PAGE_VALID))
                drop(cpu, set, kind, slot);
            if (cpu->large_pages >> (linear >> 30 & 63) & 1)
                drop_large(cpu, set, kind, linear);
        }
    }
}

void x86_tlb_refresh(struct x86 *cpu)
{
    x86_physical_forget(cpu);
    cpu->large_pages = UINT64_MAX;      /* not known any more: look everywhere */
    for (unsigned set = 0; set < TLB_SETS; set++) {
        for (unsigned kind = 0; kind < TLB_KINDS; kind++) {
            struct tlb_log *log = &cpu->log[set][kind];

            memset(log, 0, sizeof *log);
            for (unsigned slot = 0; slot < TLB_SIZE; slot++) {
                const struct tlb_page *p = page_of(cpu, set, kind, slot);

                if (p->linear & PAGE_VALID) {
                    note(log, slot, p->physical);
                    fill_fast(cpu, set, kind, slot);
                } else {
                    forget_fast(cpu, set, kind, slot);
                }
            }
        }
    }
}

static void guard(struct x86 *cpu, enum tlb_set set, unsigned slot, const u8 *host_page)
{
    const struct tlb_entry *e = &cpu->tlbs[set].entry[TLB_WRITE][slot];

    if (e->tag != tlb_empty_tag(slot) && e->addend + e->tag == (u64)(uintptr_t)host_page)
        forget_fast(cpu, set, TLB_WRITE, slot);
}

void x86_tlb_guard(struct x86 *cpu, const u8 *host_page)
{
    for (unsigned set = 0; set < TLB_SETS; set++) {
        const struct tlb_log *log = &cpu->log[set][TLB_WRITE];

        for (unsigned list = 0; list < 2; list++)
            for (unsigned i = 0; i < log->count[list]; i++)
                guard(cpu, set, log->slot[list][i], host_page);
    }
}
