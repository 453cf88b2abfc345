/* isa/x86/tlb.h */
/*
 * Translations. What is architectural is `struct tlb_page`: for each privilege (see
 * tlb_set) and each kind of access the pages that the CPU remembers, direct-mapped. It is
 * saved, because a guest can tell whether a translation was remembered. `struct tlb` is
 * what follows from it and is made for speed: where the page's bytes lie on the host, for
 * those pages that may be touched without asking anyone. Code pages are not in its write
 * half, registers in neither.
 */
#pragma once
#include "core/ram.h"
#include "core/types.h"

enum { TLB_SIZE = 1024 };           /* a power of two */
#define PAGE_MASK (PAGE_SIZE - 1)

/*
 * tag is the page's linear address: `address ^ tag` is then the offset, and beyond a page's
 * end for any other page. An empty entry's tag is never equal to an address that leads to it.
 */
struct tlb_entry { u64 tag, addend; };

enum tlb_kind { TLB_READ, TLB_WRITE, TLB_CODE, TLB_KINDS };

/*
 * While no translation of code is forgotten what was found by one can be found again. An epoch is
 * such a while; no two tables ever have the same.
 */
enum { EPOCH_UNTRIED, EPOCH_OVER, EPOCH_FIRST };

struct tlb {
    struct tlb_entry entry[TLB_KINDS][TLB_SIZE];
    u64 epoch;                      /* EPOCH_OVER: the next one has not begun */
};

/*
 * Which slots have been filled: a flush walks these. A slot is in the list of those with global
 * pages, of those with others, or in both, if it has had one after the other; it may be empty.
 */
struct tlb_log {
    u16 slot[2][TLB_SIZE], count[2];    /* [1]: global pages */
    u8  in[TLB_SIZE];                   /* bit n: the slot is in slot[n] */
};

/* User; supervisor; supervisor that may touch user pages in spite of SMAP (EFLAGS.AC). */
enum tlb_set { TLB_USER, TLB_SUPER, TLB_SUPER_AC, TLB_SETS };

enum {
    PAGE_VALID = 1 << 0,            /* in tlb_page.linear */
    PAGE_GLOBAL = 1 << 1,           /* in tlb_page.physical */
    PAGE_LARGE = 1 << 2,            /* part of a larger page */
};
struct tlb_page { u64 linear, physical; };

static inline u64 tlb_empty_tag(unsigned slot)
{
    return (u64)(slot ^ 1) << 12;
}

static inline unsigned tlb_slot(u64 linear)
{
    return linear >> 12 & (TLB_SIZE - 1);
}

/* Are `size` bytes at `linear` on the fast path? *host is where, then. */
static inline bool tlb_find(const struct tlb *t, enum tlb_kind kind, u64 linear, unsigned size,
                            u8 **host)
{
    const struct tlb_entry *e = (const struct tlb_entry *)
        ((const char *)t->entry[kind] + (linear >> 8 & (u64)(TLB_SIZE - 1) << 4));

    *host = (u8 *)(uintptr_t)(e->addend + linear);
    return likely((linear ^ e->tag) <= PAGE_SIZE - size);
}

/* The same as an address, NULL where the slow path must see to it. */
static inline u8 *tlb_lookup(const struct tlb *t, enum tlb_kind kind, u64 linear, unsigned size)
{
    u8 *host;

    return tlb_find(t, kind, linear, size, &host) ? host : NULL;
}
