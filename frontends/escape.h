/*
 * What a terminal sends, as strokes of a US keyboard: characters, control characters, and the
 * sequences of ECMA-48 that the VT100 and xterm made of them ("XTerm Control Sequences").
 */
#pragma once
#include "core/types.h"

struct session;

struct stroke {
    u8   usage;                     /* of HID page 7; 0: no key prints it */
    bool shift, ctrl, alt;
};

/*
 * Takes one stroke off the front of what came; how many bytes it was. 0: a sequence is not
 * complete. Where nothing more comes (`all`) an escape is the key of that name.
 */
size_t escape_decode(const u8 *bytes, size_t count, bool all, struct stroke *);
/* Pressed and released, modifiers around it; false: there is no room. */
bool   stroke_type(struct session *, const struct stroke *);
