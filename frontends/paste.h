/* A longer text typed for somebody: piece by piece, as the typing has room. */
#pragma once
#include "core/types.h"

struct session;

struct paste {
    char  *text;                    /* NULL: nothing is being pasted */
    size_t at;
};

/* Takes a copy; what was not typed yet of an earlier one is dropped. */
void paste_begin(struct paste *, const char *text);
/* Often: gives the typing what it has room for. */
void paste_step(struct paste *, struct session *);
void paste_end(struct paste *);
