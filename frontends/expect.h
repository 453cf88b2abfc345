/* Text that is waited for on streams: each sees what a guest prints on its way out. */
#pragma once
#include "core/buffer.h"
#include "core/chr.h"
#include "frontends/options/options.h"

enum { EXPECT_STREAMS = 16, EXPECT_BYTES = 256 };

struct expect;

/* Between a device and its stream. */
struct expect_tap {
    struct chr     chr;
    struct chr    *out;             /* NULL: only looked at */
    struct expect *expect;
    u8             last[EXPECT_BYTES];  /* a ring of what was printed last */
    u8             at;
};

struct expect {
    const struct texts *wanted;
    bool              seen[TEXTS];
    struct expect_tap tap[EXPECT_STREAMS];
    unsigned          taps;
    bool              keeps_transcript;
    struct buffer     transcript;   /* of all streams as one */
};

/* The stream to give the device instead; the other itself where nothing is waited for. */
struct chr *expect_tap(struct expect *, struct chr *out);
bool        expect_met(const struct expect *);      /* all of it; true for nothing */
const char *expect_missing(const struct expect *);  /* the first text not seen, or NULL */
