#include "core/clock.h"

#include <assert.h>

void clock_add(struct clock *c, struct event *e)
{
    struct event **end = &c->events;

    assert(e->fire);
    while (*end)
        end = &(*end)->after;
    e->due = NEVER;
    e->after = NULL;
    *end = e;
}

void clock_remove(struct clock *c, struct event *e)
{
    struct event **link = &c->events;

    while (*link && *link != e)
        link = &(*link)->after;
    if (*link)
        *link = e->after;
}

void clock_arm(struct clock *c, struct event *e, u64 due)
{
    e->due = due;
    if (due < c->deadline)
        c->deadline = due;
}

/* Of events due together, the one added first. */
static struct event *first(const struct clock *c)
{
    struct event *first = c->events;

    for (struct event *e = first; e; e = e->after)
        if (e->due < first->due)
            first = e;
    return first;
}

u64 clock_next(const struct clock *c)
{
    return c->events ? first(c)->due : NEVER;
}

void clock_aim(struct clock *c, u64 limit)
{
    u64 next = clock_next(c);

    c->deadline = next < limit ? next : limit;
}

bool clock_fire_due(struct clock *c)
{
    bool fired = false;

    for (struct event *e; (e = first(c)) && e->due != NEVER && e->due <= c->now; fired = true) {
        u64 due = e->due;

        e->due = NEVER;
        e->fire(e->owner, due);
    }
    return fired;
}
