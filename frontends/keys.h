/* Keys by name and by what they print, and typing them one after another. */
#pragma once
#include "core/types.h"

struct session;

enum { KEYS_WAITING = 8192, KEY_SHIFT = 225 };

/* Keys on their way into the machine, in virtual time. */
struct typing {
    struct { u8 usage; bool down; } at[KEYS_WAITING];
    unsigned first, count;
    u64      next;              /* when the next one goes in */

    u8       line[KEYS_WAITING];    /* bytes for the first serial line */
    unsigned line_count;
    u64      line_next;
};

/* "ctrl", "a", "f1", "0x1e": the usage, or 0. `length` of the name. */
u8   key_named(const char *name, size_t length);
/* The key of a US keyboard that prints an ASCII character, or 0. */
u8   key_printing(char c, bool *shift);

/* False: there is no room, nothing of it was taken. */
bool typing_key(struct session *, u8 usage, bool down);
/* Each character pressed and released; what no key prints is left out. */
bool typing_text(struct session *, const char *text);
/* To the first serial line, as fast as that takes it. False: there is no room. */
bool typing_serial(struct session *, const char *text);
/* For the run loop: gives what is due; where the next run ends at the latest. */
void typing_step(struct session *);
u64  typing_until(const struct session *, u64 until);
