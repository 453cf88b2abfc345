#pragma once
#include "core/types.h"

struct chr;

/*
 * A stream of bytes to the host: what a guest prints. (Bytes from the host enter by
 * machine_input() like everything else from outside.)
 */
struct chr_ops {
    void (*send)(struct chr *, u8 byte);
};

struct chr {                    /* first member of every backend's struct */
    const struct chr_ops *ops;
};

static inline void chr_send(struct chr *c, u8 byte)
{
    if (c)
        c->ops->send(c, byte);
}
