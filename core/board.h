#pragma once
#include "core/types.h"

struct error;
struct machine;

/* What a board is given beside the machine's configuration. */
struct board_input {
    u64       ram_bytes;
    unsigned  cpus;
    const u8 *rom;              /* firmware, ends at 4 GB; NULL: none */
    size_t    rom_bytes;
};

struct board {
    const char *name, *title;
    bool      (*build)(struct machine *, const struct board_input *, struct error *);
};
