/* isa/x86/paging.h */
/* From linear to physical addresses, and what the CPU remembers of it. SDM 3A chapter 4. */
#pragma once
#include "isa/x86/state.h"

/* Result of a walk: the physical page and PAGE_GLOBAL, PAGE_LARGE. Raises #PF. Sets A and D. */
u64 x86_walk(struct x86 *, u64 linear, enum tlb_kind, enum tlb_set);

/* That of a shadow-stack access, without those two. */
u64 x86_walk_shadow(struct x86 *, u64 linear, bool write, bool user);

/* Physical address through the TLB; fills it. Raises #PF. */
u64 x86_translate(struct x86 *, u64 linear, enum tlb_kind, enum tlb_set);

/* The privilege of the instruction's own accesses. */
enum tlb_set x86_tlb_set(const struct x86 *);

/* Chooses struct x86.tlb after CPL, EFLAGS.AC, CR0.AM or DR7 changed. */
void x86_tlb_select(struct x86 *);

void x86_tlb_flush(struct x86 *, bool globals_too);
void x86_tlb_invalidate(struct x86 *, u64 linear);      /* INVLPG */
/* Rebuilds what is fast from what is remembered: after a load, a new memory map, A20. */
void x86_tlb_refresh(struct x86 *);
/* No store to this host page may pass unseen from now on: it holds decoded code. */
void x86_tlb_guard(struct x86 *, const u8 *host_page);

/* Loads the four PDPTEs that PAE paging keeps; #GP(0) where a reserved bit is set. */
void x86_load_pdptes(struct x86 *, u64 cr3);

static inline bool x86_canonical(const struct x86 *cpu, u64 linear)
{
    unsigned unused = cpu->cr4 & CR4_LA57 ? 7 : 16;

    return (u64)((s64)(linear << unused) >> unused) == linear;
}

/*
 * What registers take by WRMSR and from tables: they are as wide as the processor's linear
 * addresses, whichever paging is on. Intel's white paper "5-Level Paging and 5-Level EPT".
 * WRFSBASE and WRGSBASE go by the paging that is on, as an EPYC of the fourth generation does.
 */
bool x86_register_canonical(const struct x86 *, u64 linear);
