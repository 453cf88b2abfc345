#pragma once
#include "core/block.h"
#include "core/types.h"

struct error;

/*
 * Media on the host. A raw file or block device is locked by its descriptor: shared where
 * it is only read, else for us alone; what a flush completes is on the host's disk.
 */
enum block_mode {               /* bits */
    BLOCK_READ_ONLY  = 1,
    BLOCK_THROW_AWAY = 2,       /* writes go to an overlay that ends with us */
    BLOCK_CD         = 4,       /* whole sectors of 2048 bytes rather than of 512 */
    BLOCK_RAW        = 8,       /* never mind what it looks like */
};

/* A medium of any format we know; others are refused by name. */
struct block *block_open(const char *path, enum block_mode, struct error *);
void          block_close(struct block *);      /* of anything made here; NULL does no harm */

/* -- the formats, and what they begin with -- */

struct host_block {
    struct block block;
    void       (*close)(struct host_block *);
};

/* `granule` divides the size, in bytes. */
struct block *block_file_open(const char *path, bool read_only, u32 granule, struct error *);
/* Writes are kept in an unlinked file. The medium beneath is closed with this one. */
struct block *block_overlay_open(struct block *beneath, struct error *);
/* The bytes, then zeros; what is written goes with it. The name is the caller's. */
struct block *block_memory_open(const char *name, const u8 *bytes, size_t count, u64 sectors,
                                struct error *);
/* What a file beginning with these bytes is, if not a raw image; else NULL. */
const char   *block_foreign_format(const u8 *head, size_t count);
