#pragma once
#include "core/types.h"

/* How a key is coded in sets 1 and 2. */
enum key_form {
    KEY_NONE,
    KEY_PLAIN,
    KEY_E0,                     /* after E0h */
    KEY_GREY,                   /* the same, and shift states are undone around it */
    KEY_SLASH,                  /* the same, but only held shifts are undone */
    KEY_PRINT, KEY_PAUSE,       /* sequences of their own */
    KEY_ONCE,                   /* plain, no break code */
};

/* What a key says in set 3. */
enum key_kind { KIND_TYPEMATIC, KIND_MAKE_BREAK, KIND_MAKE_ONLY, KIND_ALL };

struct key {
    u8 form;
    u8 set2, set3;              /* set3 0: the key has no code there */
    u8 kind;                    /* by default */
};

/* By usage of HID page 7. */
extern const struct key key_of_usage[256];

/* What the 8042 makes of a byte of set 2; sets bit 7 for a break code. */
u8 set1_of_set2(u8 code);
