/*
 * What a file had in it when the machine was built, for as long as that lives: a kernel is handed
 * to the firmware again after each reset, and may have been compiled anew in the meantime. A large
 * one is copied to a file without a name: at rest it takes no memory. Zero-initialised is empty.
 */
#pragma once
#include "core/types.h"

struct error;

struct kept {
    u8    *bytes;
    size_t count;
    bool   mapped;
};

/* False: missing, empty or beyond the limit; err says which. */
bool kept_read(struct kept *, const char *path, size_t limit, struct error *);
/* Its pages leave this process until they are looked at again. */
void kept_rest(const struct kept *);
void kept_free(struct kept *);
