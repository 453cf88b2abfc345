#pragma once
#include "core/chr.h"
#include "core/types.h"

/* Where a stream of bytes ends up. */
struct tape {
    struct chr chr;
    size_t     used;
    u8         bytes[4096];
};

static inline void tape_send(struct chr *c, u8 byte)
{
    struct tape *t = container_of(c, struct tape, chr);

    if (t->used < sizeof t->bytes)
        t->bytes[t->used++] = byte;
}

static inline void tape_insert(struct tape *t)
{
    static const struct chr_ops ops = { tape_send };

    t->chr.ops = &ops;
    t->used = 0;
}
