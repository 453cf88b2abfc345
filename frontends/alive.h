/* Is there still life in a machine that has timers but no way to hear them? */
#pragma once
#include "core/types.h"

struct machine;

struct alive {
    u64 retired;                /* instructions, when that last changed */
    u64 since;                  /* ... and the virtual time of it */
};

/* Asked between runs: all processors halted, deaf to interrupts, for seconds. */
bool alive_is_dead(struct alive *, struct machine *);
