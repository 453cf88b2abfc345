#pragma once
#include "core/types.h"

struct net;

/*
 * Ethernet frames to the host, without preamble and checksum. Frames from the host enter
 * by machine_input() with INPUT_FRAME, never from within send().
 */
enum { FRAME_BYTES = 1514 };    /* the longest, VLAN tags apart */

struct net_ops {
    void (*send)(struct net *, const u8 *frame, size_t count);
};

struct net {                    /* first member of every backend's struct */
    const struct net_ops *ops;
};

/* What a network interface offers as "net". */
struct net_port {
    struct net *out;            /* NULL: no cable */
    bool      (*ready)(const struct net_port *);    /* would it take a frame now? */
};

static inline void net_send(struct net_port *p, const u8 *frame, size_t count)
{
    if (p->out)
        p->out->ops->send(p->out, frame, count);
}
