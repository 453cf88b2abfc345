#pragma once
#include "core/types.h"

/* What is assembled from this directory and linked in: the lines of roms.def. */
struct rom {
    const char *name;           /* its source's: "kernelboot" */
    const u8   *bytes;
    size_t      count;
};

bool rom_find(const char *name, struct rom *);
