#pragma once
#include "core/board.h"
#include "core/device.h"

struct ram;

/* Where memory is on a board without a chip set that would move it, and its firmware's ROM. */
struct memory_map {
    struct region low, high;        /* RAM: below A0000h, and from 1 MB */
    struct region rom, legacy;      /* all of it below 4 GB, its last 128 KB below 1 MB */
};

#define MAP_TOP      (UINT64_C(1) << 32)
#define MAP_MEGABYTE (UINT64_C(1) << 20)

/* Under what else is there; "owner" is asked of accesses to the regions. */
void memory_map_ram(struct memory_map *, struct device *owner, struct ram *, u64 bytes);
/* The firmware at the end of its ROM. NULL: no host memory. */
struct ram *memory_map_rom(struct memory_map *, struct device *owner, const struct board_input *,
                           struct error *);
