#pragma once
#include "core/types.h"

struct error;

/*
 * Host memory behind RAM and ROM: page-aligned, zero, and only paid for where it
 * is touched. One byte of flags for each 4096-byte page.
 *
 * A store goes straight to host[] while its page has neither RAM_CODE nor
 * RAM_WATCHED; else it is done by, or like, space_write(), which tells who asked.
 */
#define PAGE_SIZE UINT64_C(4096)

enum {
    RAM_CODE    = 1,            /* a CPU has decoded this page: it is told of stores */
    RAM_WATCHED = 2,            /* the next store sets RAM_DIRTY and clears this */
    RAM_DIRTY   = 4,            /* stored to since it was watched */
};

struct ram {
    const char *name;           /* snapshots say "main" */
    u8         *host;
    u64         size;           /* whole pages */
    u8         *page_flags;
    void       *allocation;
    struct ram *next;           /* of the same machine */
};

/* Zeroed; the size is rounded up to whole pages. NULL, and err says why, if the host refuses. */
struct ram *ram_alloc(const char *name, u64 size, struct error *);
void        ram_free(struct ram *);

/* Forget RAM_DIRTY and watch for the next store. CPUs must forget too: see space_rewatch(). */
void ram_watch(struct ram *, u64 offset, u64 size);

/* What a store to this page does to its flags, RAM_CODE apart. */
static inline void ram_note_store(u8 *flags)
{
    if (unlikely(*flags & RAM_WATCHED))
        *flags = (u8)((*flags & ~RAM_WATCHED) | RAM_DIRTY);
}
