/* A stream of bytes over descriptors: what terminal, file, pty and socket have in common. */
#pragma once
#include "frontends/host/chr.h"

enum { CHR_HELD = 16384 };

struct chr_fd {
    struct chr_host host;
    struct source   source;
    struct sources *sources;        /* NULL: never read */
    int             in, out;        /* -1: none (now) */
    int             listening;      /* accepts who calls; -1: none */
    int             in_place, out_place, listening_place;
    bool            waits;          /* for the far end, rather than lose bytes */
    void          (*ended)(struct chr_fd *);    /* the far end has gone */
    void          (*closing)(struct chr_fd *);  /* before the descriptors are closed */
    char            path[108];      /* to remove at the end, or "" */
    size_t          held;
    u8              bytes[CHR_HELD];
};

/* Zeroed, with -1 for descriptors; NULL: no memory. */
struct chr_fd *chr_fd_create(struct sources *, struct error *);
