#pragma once
#include "core/block.h"

/*
 * A medium in memory that counts what is asked of it and fails on demand. A fresh one has
 * in every sector its number, as a word that repeats.
 */
struct fake_block {
    struct block block;
    u8          *bytes;
    unsigned     reads, writes, flushes;
    u64          bad_sector;        /* NEVER: none */
    bool         flush_fails;
    struct fake_block *next, **link;    /* of those that live */
};

struct fake_block *fake_block(u64 sectors);
void               fake_block_free(struct fake_block *);
