/* What the files of the terminal's screen share. */
#pragma once
#include "core/display.h"
#include "frontends/ui.h"

struct screen;

enum { CURSES_TYPED = 256 };

struct curses_ui {
    struct ui          ui;
    struct screen     *terminal;            /* curses' own */
    struct text_screen shown;
    bool               drawn;               /* ... and it is there */
    u32                width, height;       /* of a graphics mode's picture */
    u8                 typed[CURSES_TYPED];
    unsigned           count;
    bool               kept_back;           /* the rest of a sequence may follow */
    bool               ordered;             /* Ctrl-A was typed: the next one is for us */
    char               said[160];
    u64                said_until;          /* host time; 0: nothing is said */
    void              *log;                 /* what was told meanwhile: a FILE, or NULL */
    void              *log_before;
};

void curses_take_keys(struct curses_ui *);      /* keys.c */
void curses_begin(void);                        /* cells.c: colours */
void curses_show(struct curses_ui *);
