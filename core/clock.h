#pragma once
#include "core/types.h"

/*
 * Virtual time, and the things that will happen in it.
 *
 * The running CPU adds to `now` as it retires instructions and returns when
 * `now` reaches `deadline`; arming an earlier event lowers `deadline`. `now` may
 * pass a deadline by part of an instruction, so fire() is told when it was due.
 * Host time never enters here: frontends pace the machine from outside.
 */
#define NEVER UINT64_MAX

struct device;

struct event {                  /* embedded in its device; never allocated */
    const char    *name;        /* "update"; snapshots say "rtc.update" */
    struct device *owner;
    void         (*fire)(struct device *owner, u64 due);
    u64            due;         /* absolute ns, or NEVER */
    struct event  *next;        /* of the same device */
    struct event  *after;       /* of the clock, in order of addition */
};

struct clock {
    u64           now;
    u64           deadline;
    struct event *events;       /* every event of the machine */
    struct event *first;        /* the next of them, or NULL: to be looked up */
};

void clock_add(struct clock *, struct event *);             /* disarmed; ties fire in this order */
void clock_remove(struct clock *, struct event *);
void clock_arm(struct clock *, struct event *, u64 due);    /* NEVER disarms */
u64  clock_next(struct clock *);                            /* when the next event is due */
void clock_forget_next(struct clock *);                     /* after dues were set otherwise */
void clock_aim(struct clock *, u64 limit);                  /* deadline: next event, or limit */
bool clock_fire_due(struct clock *);                        /* did anything fire? */

/* Counts are derived from `now`, never accumulated: no drift, nothing to save. */
static inline u64 ns_to_ticks(u64 ns, u32 hz)
{
    return (u64)((unsigned __int128)ns * hz / SECOND);
}

static inline u64 ticks_to_ns(u64 ticks, u32 hz)            /* rounds up */
{
    return (u64)(((unsigned __int128)ticks * SECOND + hz - 1) / hz);
}
