/*
 * One poll(2) for all that the host half waits for. A source says before each wait what it
 * wants to hear of, and looks afterwards at what came.
 */
#pragma once
#include "core/types.h"

#include <poll.h>

enum { POLL_FDS = 256, POLL_SOURCES = 64 };

struct poll_set {
    struct pollfd fd[POLL_FDS];
    unsigned      count;
    int           timeout_ms;       /* a source may lower it; -1: for ever */
};

struct source {                     /* embedded in whoever owns it */
    void (*before)(struct source *, struct poll_set *);
    void (*after)(struct source *, const struct poll_set *);
};

struct sources {
    struct source *at[POLL_SOURCES];
    unsigned       count;
};

bool sources_add(struct sources *, struct source *);
void sources_remove(struct sources *, struct source *);

/* Waits at most so long (-1: until something comes), then lets every source look. */
void sources_wait(struct sources *, int timeout_ms);

/* For before(): asks for POLLIN, POLLOUT ...; gives the place where after() finds the answer,
 * or -1 where there are too many. */
int   poll_want(struct poll_set *, int fd, short events);
short poll_came(const struct poll_set *, int place);
void  poll_within(struct poll_set *, int ms);
