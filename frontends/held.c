#include "frontends/held.h"

#include "frontends/keys.h"

#include <string.h>

enum { LAST_KEY = 231 };                        /* right GUI: HID Usage Tables, Keyboard Page */
enum { LEFT_CTRL = 224, LEFT_SHIFT, LEFT_ALT, RIGHT_CTRL = 228 };

static const char letters[] =
#define WISH(name, letter, what) letter
#include "frontends/wishes.def"
#undef WISH
    ;

bool held_is(const struct held *h, unsigned usage)
{
    return usage <= LAST_KEY && h->bits[usage / 64] >> usage % 64 & 1;
}

bool held_change(struct held *h, unsigned usage, bool down)
{
    if (usage < 4 || usage > LAST_KEY || held_is(h, usage) == down)
        return false;
    h->bits[usage / 64] ^= BIT(usage % 64);
    return true;
}

u8 held_any(const struct held *h)
{
    for (unsigned i = 0; i < COUNT(h->bits); i++)
        if (h->bits[i])
            return (u8)(64 * i + (unsigned)__builtin_ctzll(h->bits[i]));
    return 0;
}

static bool are_held(const struct held *h, enum wish_keys keys)
{
    bool ctrl_alt = held_is(h, LEFT_CTRL) && held_is(h, LEFT_ALT);

    switch (keys) {
    case WISH_RIGHT_CTRL:     return held_is(h, RIGHT_CTRL);
    case WISH_SHIFT_CTRL_ALT: return ctrl_alt && held_is(h, LEFT_SHIFT);
    default:                  return ctrl_alt;
    }
}

enum wish wish_of(const struct held *h, enum wish_keys keys, unsigned usage)
{
    bool shift;

    for (unsigned i = 0; are_held(h, keys) && i < WISHES; i++)
        if (key_printing((char)(letters[i] | 0x20), &shift) == usage)
            return (enum wish)i;
    return WISHES;
}

static const struct { const char *name, *title; } keys_of[] = {
    [WISH_CTRL_ALT]       = { "lctrl-lalt", "Ctrl+Alt" },
    [WISH_SHIFT_CTRL_ALT] = { "lshift-lctrl-lalt", "Shift+Ctrl+Alt" },
    [WISH_RIGHT_CTRL]     = { "rctrl", "Right Ctrl" },
};

const char *wish_keys_title(enum wish_keys keys)
{
    return keys_of[keys].title;
}

enum wish_keys wish_keys_named(const char *name)
{
    unsigned i = 0;

    while (i < WISH_KEYS && strcmp(keys_of[i].name, name))
        i++;
    return (enum wish_keys)i;
}

const char *wish_help(void)
{
    return
#define WISH(name, letter, what) letter " " what "  "
#include "frontends/wishes.def"
#undef WISH
        ;
}
