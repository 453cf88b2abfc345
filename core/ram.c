#include "core/ram.h"

#include "core/error.h"
#include "core/zero.h"

#include <stdlib.h>

struct ram *ram_alloc(const char *name, u64 size, struct error *err)
{
    struct ram *ram = calloc(1, sizeof *ram);

    if (!ram || !size || size > SIZE_MAX - 2 * PAGE_SIZE)
        goto refused;
    ram->name = name;
    ram->size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    ram->page_flags = calloc(ram->size / PAGE_SIZE, 1);
    ram->host = zero_alloc(ram->size, PAGE_SIZE, &ram->allocation);
    if (!ram->page_flags || !ram->host)
        goto refused;
    return ram;
refused:
    fail(err, "%s: no host memory for %llu bytes", name, (unsigned long long)size);
    ram_free(ram);
    return NULL;
}

void ram_free(struct ram *ram)
{
    if (!ram)
        return;
    free(ram->allocation);
    free(ram->page_flags);
    free(ram);
}

void ram_watch(struct ram *ram, u64 offset, u64 size)
{
    u64 end = offset + size < ram->size ? offset + size : ram->size;

    for (u64 at = offset & ~(PAGE_SIZE - 1); at < end; at += PAGE_SIZE) {
        u8 *flags = &ram->page_flags[at / PAGE_SIZE];

        *flags = (u8)((*flags & ~RAM_DIRTY) | RAM_WATCHED);
    }
}
