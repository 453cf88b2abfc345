/* Virtual time against real time: how far the machine may run, and how long we may sleep. */
#pragma once
#include "core/types.h"

u64 host_now(void);                 /* ns, never backwards */

struct pace {
    bool real;                      /* false: as fast as it goes */
    u64  host, virtual;             /* these two moments are the same */
    u64  slice;                     /* ns of virtual time that take about SLICE_HOST */
    u64  told_host, told_virtual;   /* since the speed was last told */
};

void pace_begin(struct pace *, bool real, u64 virtual_now);
/* Where the next run ends at the latest. Equal to `now`: nothing worth a run is due, sleep. */
u64  pace_until(const struct pace *, u64 virtual_now);
/* After a run to `virtual_now`: how long it took says how long the next may be. */
void pace_learn(struct pace *, u64 virtual_now, u64 virtual_passed, u64 host_passed);
/* How many ms the host may sleep until virtual time `when` is due, at least 1. */
int  pace_sleep_ms(const struct pace *, u64 when);
/* Once a second, in thousandths of real time; false: not yet. */
bool pace_speed(struct pace *, u64 virtual_now, u32 *permille);
