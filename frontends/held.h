/* Which keys of the host are down, by HID usage, and which of them are meant for us. */
#pragma once
#include "core/types.h"

struct held { u64 bits[4]; };

/* False: it was so already, or no keyboard has it; the machine is not told. */
bool held_change(struct held *, unsigned usage, bool down);
bool held_is(const struct held *, unsigned usage);
/* One of those that are down, or 0. */
u8   held_any(const struct held *);

enum wish {
#define WISH(name, letter, what) WISH_##name,
#include "frontends/wishes.def"
#undef WISH
    WISHES,                         /* none of them */
};

/* What is held with the letter: as -display's grab-mod= names it. */
enum wish_keys { WISH_CTRL_ALT, WISH_SHIFT_CTRL_ALT, WISH_RIGHT_CTRL, WISH_KEYS };

/* What this key means while those are held. */
enum wish   wish_of(const struct held *, enum wish_keys, unsigned usage);
const char *wish_keys_title(enum wish_keys);            /* "Ctrl+Alt" */
/* WISH_KEYS: there is no such name. */
enum wish_keys wish_keys_named(const char *);
/* "F full screen  G mouse ...", for a title. */
const char *wish_help(void);
