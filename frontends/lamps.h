/* What a PC's front would show: which drives and networks were busy lately. */
#pragma once
#include "core/types.h"

struct machine;

struct lamps {
    u32  disk, net;                 /* sums of the devices' counts */
    bool disk_on, net_on;
};

/* Compares with the time before; true: a lamp went on or off. */
bool lamps_look(struct lamps *, const struct machine *);
