#pragma once
#include "core/types.h"

#include <stdlib.h>

/*
 * Zeroed memory at an alignment. calloc() leaves large blocks to the host's own
 * zero pages, which cost nothing until touched; aligned_alloc() would not.
 * The caller frees *allocation.
 */
static inline void *zero_alloc(size_t size, size_t alignment, void **allocation)
{
    *allocation = calloc(1, size + alignment);
    if (!*allocation)
        return NULL;
    return (void *)(((uintptr_t)*allocation + alignment - 1) & ~(uintptr_t)(alignment - 1));
}
