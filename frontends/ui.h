/*
 * The seam for what shows the machine to a person: a window, a character terminal. A kind
 * lives in a directory of its own and is one row here; where the build left it out, the
 * symbol is missing and the row is skipped.
 *
 * All calls come between two runs of the machine. Keys and pointer go in by session_key(),
 * session_pointer(); what is shown is session_display(), pulled.
 */
#pragma once
#include "core/types.h"

struct audio;
struct error;
struct poll_set;
struct session;
struct ui;

struct ui_type {
    const char *name, *title;       /* "sdl", as -display names it */
    bool        takes_terminal;     /* standard input and output are its */
    /* Would it work here: is there a screen, a terminal? Asked where none was named. */
    bool (*available)(void);
    /* Opens what it needs. NULL: err says why. */
    struct ui *(*start)(struct session *, struct error *);
};

struct ui {                         /* first member of every kind's struct */
    const struct ui_type *type;
    struct session       *session;
    u32                   period_ms;    /* between two refresh(); 16 unless set by start() */
    struct audio         *audio;        /* for the speaker, or NULL */
    /* Host events: keys, pointer, wishes. Often, and before each sleep; never waits. */
    void (*poll)(struct ui *);
    /* Brings the picture up to date; about every period_ms of host time. */
    void (*refresh)(struct ui *);
    /* The speed reached, in thousandths of real time, once a second; may be NULL. */
    void (*speed)(struct ui *, u32 permille);
    void (*stop)(struct ui *);      /* frees it too */
};

/* The kind of that name; NULL name: the first available one. NULL: there is none. */
const struct ui_type *ui_find(const char *name);
/* Row i of those that were built, or NULL. */
const struct ui_type *ui_row(unsigned i);
