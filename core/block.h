#pragma once
#include "core/types.h"

struct block;
struct device;
struct error;

/*
 * A medium of sectors, synchronous: what is behind it is the host half's (a file, an
 * overlay). False: the host failed to read or write; the drive reports a bad sector.
 * The caller has checked that the sectors are there (see block_has()).
 */
enum { SECTOR_BYTES = 512 };

struct block_ops {
    bool (*read)(struct block *, u64 sector, u32 count, u8 *to);
    bool (*write)(struct block *, u64 sector, u32 count, const u8 *from);
    bool (*flush)(struct block *);      /* true: all that was written is on the medium */
};

struct block {                  /* first member of every backend's struct */
    const struct block_ops *ops;
    const char             *name;       /* for people: the path */
    u64                     sectors;
    bool                    read_only;
};

/*
 * What a drive with a medium offers as "drive". insert() is for the board, before the
 * run (NULL: empty); a change while running enters as INPUT_MEDIUM. The medium outlives
 * the machine.
 */
struct drive {
    struct device *dev;
    struct block  *medium;      /* NULL: none */
    void         (*insert)(struct drive *, struct block *);
    bool           removable;
    bool           locked;      /* by the guest (PREVENT REMOVAL): only force ejects */
};

static inline bool block_has(const struct block *b, u64 sector, u64 count)
{
    return sector <= b->sectors && count <= b->sectors - sector;
}
