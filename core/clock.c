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
    clock_forget_next(c);
}

void clock_remove(struct clock *c, struct event *e)
{
    struct event **link = &c->events;

    while (*link && *link != e)
        link = &(*link)->after;
    if (*link)
        *link = e->after;
    clock_forget_next(c);
}

void clock_forget_next(struct clock *c)
{
    c->first = NULL;
}

/* An earlier one is the first from now on; the order of equal ones is looked up. */
void clock_arm(struct clock *c, struct event *e, u64 due)
{
    if (c->first && due < c->first->due)
        c->first = e;
    else if (c->first == e || (c->first && due == c->first->due))
        c->first = NULL;
    e->due = due;
    if (due < c->deadline)
        c->deadline = due;
}

/* Of events due together, the one added first. */
static struct event *first(struct clock *c)
{
    if (c->first)
        return c->first;
    c->first = c->events;
    for (struct event *e = c->first; e; e = e->after)
        if (e->due < c->first->due)
            c->first = e;
    return c->first;
}

u64 clock_next(struct clock *c)
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
        clock_forget_next(c);
        e->fire(e->owner, due);
    }
    return fired;
}
