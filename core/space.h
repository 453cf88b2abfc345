#pragma once
#include "core/types.h"

struct device;
struct ram;
struct space;

/*
 * An address space is memory or the I/O ports. Regions lie on it like sheets of
 * paper: where they overlap, the higher priority is on top. At one priority it is
 * the lower base, then the smaller size, then the name: what is seen depends on
 * what is mapped now, never on the order in which that happened.
 */
struct io_ops {
    u64  (*read)(struct device *, u64 offset, unsigned size);
    void (*write)(struct device *, u64 offset, u64 value, unsigned size);
    u8   widest;                    /* wider accesses arrive split; 0 means 1 */
};

/*
 * Up to n accesses of one size, no wider than io_ops.widest, to one register; how many were
 * made, 0 when the next must be made by itself. Only such are made here as no one can tell when
 * they happened: that look at no clock, arm no event, move no line. The bytes lie as the
 * guest's memory has them.
 */
struct io_many {
    u32 (*read)(struct device *, u64 offset, unsigned size, u8 *to, u32 n);
    u32 (*write)(struct device *, u64 offset, unsigned size, const u8 *from, u32 n);
};

struct region {
    const char          *name;
    struct device       *owner;
    const struct io_ops *io;        /* registers; or what stores to ROM do */
    const struct io_many *many;     /* may be NULL */
    struct ram          *ram;       /* the bytes of RAM and ROM, else NULL */
    u64                  ram_offset;
    u64                  size;
    bool                 writable;  /* stores may go to ram */

    struct space        *space;     /* these are space_map's; NULL where it is not mapped */
    u64                  base;
    struct region       *next;      /* the next one below */
    u8                   priority;
};

enum { UNDER, NORMAL, OVER };       /* RAM; devices and ROM; SMRAM, PAM shadow */

/* Told what a CPU must forget. Embedded in it. */
struct space_watcher {
    /* [first, last] shows other bytes, or the rules for stores to it have changed. */
    void (*remapped)(struct space_watcher *, u64 first, u64 last);
    /* Bytes [first, last] of a page with RAM_CODE have been stored to. */
    void (*code_written)(struct space_watcher *, u8 *host_page, u32 first, u32 last);
    struct space_watcher *next;
};

struct space *space_create(const char *name);       /* NULL: no host memory */
/*
 * One that shows what `beneath` shows, now and later, except where it has regions of its
 * own: a processor's view with its APIC, or with SMRAM. Destroyed before the one beneath; its
 * own regions are then mapped nowhere.
 */
struct space *space_create_over(const char *name, struct space *beneath);
void          space_destroy(struct space *);
const char   *space_name(const struct space *);

void space_map(struct space *, struct region *, u64 base, u8 priority);
void space_unmap(struct region *);                  /* no harm if it is not mapped */
void space_unmap_all_of(struct space *, const struct device *owner);
void space_watch(struct space *, struct space_watcher *);
void space_unwatch(struct space *, struct space_watcher *);

/* Says "remapped" of all of it to every watcher. */
void space_forget(struct space *);
/* ram_watch() of a mapped region; the watchers are told so that no store escapes. */
void space_rewatch(struct region *);

/* The topmost region there and the offset into it, or NULL. */
struct region *space_find(struct space *, u64 address, u64 *offset);

/*
 * The host's bytes of the 4096-byte page around an address, and its flags, when all
 * of that page is one RAM or ROM region; NULL where the region must be asked. For
 * stores the region must be writable too; the caller heeds the flags.
 */
u8 *space_page(struct space *, u64 address, bool write, u8 **page_flags);

/* Sizes 1 to 8 at any address. Where nobody answers ones are read and stores vanish. */
u64  space_read(struct space *, u64 address, unsigned size);
void space_write(struct space *, u64 address, u64 value, unsigned size);

/* The region's io_many, or 0: the next access is to be made by itself. */
u32  space_read_many(struct space *, u64 address, unsigned size, u8 *to, u32 n);
u32  space_write_many(struct space *, u64 address, unsigned size, const u8 *from, u32 n);

/* Any number of bytes, to whatever is there; registers see them one at a time. */
void space_read_bytes(struct space *, u64 address, void *to, u64 count);
void space_write_bytes(struct space *, u64 address, const void *from, u64 count);

/* The same, RAM and ROM only: other bytes read as ones or vanish, and the answer is false. */
bool space_dma_read(struct space *, u64 address, void *to, u64 count);
bool space_dma_write(struct space *, u64 address, const void *from, u64 count);

/*
 * For devices that store to RAM which the guest cannot store to by itself (flash, shadow RAM):
 * its flags are kept and the watchers told, as if it had been stored to through this space.
 */
void space_store(struct space *, struct ram *, u64 offset, const void *from, u64 count);
