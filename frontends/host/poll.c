#include "frontends/host/poll.h"

bool sources_add(struct sources *all, struct source *s)
{
    if (all->count == POLL_SOURCES)
        return false;
    all->at[all->count++] = s;
    return true;
}

void sources_remove(struct sources *all, struct source *s)
{
    for (unsigned i = 0; i < all->count; i++)
        if (all->at[i] == s) {
            all->at[i] = all->at[--all->count];
            return;
        }
}

void sources_wait(struct sources *all, int timeout_ms)
{
    struct poll_set set;

    set.count = 0;
    set.timeout_ms = timeout_ms;
    for (unsigned i = 0; i < all->count; i++)
        all->at[i]->before(all->at[i], &set);
    if (poll(set.fd, set.count, set.timeout_ms) < 0)
        for (unsigned i = 0; i < set.count; i++)        /* a signal came first */
            set.fd[i].revents = 0;
    for (unsigned i = 0; i < all->count; i++)
        all->at[i]->after(all->at[i], &set);
}

int poll_want(struct poll_set *set, int fd, short events)
{
    if (set->count == POLL_FDS || fd < 0)
        return -1;
    set->fd[set->count] = (struct pollfd){ .fd = fd, .events = events };
    return (int)set->count++;
}

short poll_came(const struct poll_set *set, int place)
{
    return place >= 0 && place < (int)set->count ? set->fd[place].revents : 0;
}

void poll_within(struct poll_set *set, int ms)
{
    if (set->timeout_ms < 0 || ms < set->timeout_ms)
        set->timeout_ms = ms;
}
