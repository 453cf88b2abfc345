/* isa/x86/block.h */
/*
 * Decoded blocks: where they are kept, how they are found, when they are forgotten.
 * One store for all CPUs of a machine.
 */
#pragma once
#include "isa/x86/decode.h"
#include "isa/x86/fuse.h"
#include "isa/x86/state.h"

enum { BLOCK_CACHE = 8192 };            /* a power of two */

struct code_page;

struct x86_shared {
    unsigned       users;               /* CPUs of the machine */
    struct block  *cache[BLOCK_CACHE];  /* by code_slot(): the last found there */
    struct block **bucket;              /* all of them, by the same hash but wider */
    struct code_page **pages;
    u8            *arena;
    size_t         arena_used;
    u64            generation;          /* of the arena: links from an older one are void */
    u64            epoch;               /* the latest that any CPU's translations have begun */
    struct block  *scratch;             /* for code that is not in RAM */
    struct decoder decoder;
    struct fuse    fuse;
};

static inline unsigned code_slot(const u8 *code)
{
    u64 a = (u64)(uintptr_t)code;

    return (unsigned)(a ^ a >> 13) & (BLOCK_CACHE - 1);
}

bool x86_shared_join(struct x86 *, struct error *);
void x86_shared_leave(struct x86 *);

/*
 * The block at CS:rip for the CPU as it is; decodes it if need be. Faults as the fetch
 * of its first instruction does; what is wrong with a later one shows when that is first.
 */
struct block *x86_block_find(struct x86 *);

/* Bytes [first, last] of a page with decoded code were written, by the CPU or by a device. */
void x86_code_written(struct x86 *, u8 *host_page, u32 first, u32 last);
/* This block goes; who is linked to it finds it stale. */
void x86_block_drop(struct x86 *, struct block *);
/* All blocks go: the arena is full, or what they were decoded under has changed. */
void x86_block_forget_all(struct x86_shared *);
