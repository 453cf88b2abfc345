#include "frontends/expect.h"

#include <string.h>

/* Does what was printed last end in the text? */
static bool ends_in(const struct expect_tap *t, const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > EXPECT_BYTES)
        return false;
    for (size_t i = 0; i < length; i++)
        if (t->last[(u8)(t->at - length + i)] != (u8)text[i])
            return false;
    return true;
}

static void tap_send(struct chr *c, u8 byte)
{
    struct expect_tap *t = container_of(c, struct expect_tap, chr);
    struct expect *e = t->expect;

    chr_send(t->out, byte);
    t->last[t->at++] = byte;
    if (e->keeps_transcript)
        buffer_put(&e->transcript, &byte, 1);
    for (unsigned i = 0; e->wanted && i < e->wanted->count; i++)
        if (!e->seen[i] && ends_in(t, e->wanted->at[i]))
            e->seen[i] = true;
}

struct chr *expect_tap(struct expect *e, struct chr *out)
{
    static const struct chr_ops ops = { tap_send };
    bool listens = e->keeps_transcript || (e->wanted && e->wanted->count);
    struct expect_tap *t;

    if (!listens || e->taps == EXPECT_STREAMS)
        return out;
    t = &e->tap[e->taps++];
    *t = (struct expect_tap){ .chr.ops = &ops, .out = out, .expect = e };
    return &t->chr;
}

const char *expect_missing(const struct expect *e)
{
    for (unsigned i = 0; e->wanted && i < e->wanted->count; i++)
        if (!e->seen[i])
            return e->wanted->at[i];
    return NULL;
}

bool expect_met(const struct expect *e)
{
    return !expect_missing(e);
}
