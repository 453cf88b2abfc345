#include "tests/insn/case.h"

#include <string.h>

#include "tests/insn/random.h"

void insn_data_fill(u8 *data)
{
    struct rng r = rng_seeded("data", 0);

    for (unsigned i = 0; i < DATA_BYTES; i += 8) {
        u64 v = rng_next(&r);

        if (rng_one_in(&r, 8))
            v = 0;
        for (unsigned k = 0; k < 8; k++)
            data[i + k] = (u8)(v >> 8 * k);
    }
}

void insn_data_patch(u8 *data, const struct insn_case *c)
{
    for (unsigned i = 0; i < c->patches; i++)
        memcpy(data + c->patch[i].at, c->patch[i].bytes, c->patch[i].count);
}

static void note(struct insn_result *r, unsigned at, u8 value)
{
    if (r->changed < DELTAS) {
        r->delta[r->changed].at = (u16)at;
        r->delta[r->changed].value = value;
    }
    r->changed++;
    r->hash = (r->hash ^ at << 8 ^ value) * 0x100000001b3;
}

/* `pristine` is patched for the time being, to be compared with. */
void insn_data_collect(u8 *data, const u8 *pristine, const struct insn_case *c,
                       struct insn_result *r)
{
    u8 before[DATA_BYTES];

    r->changed = 0;
    r->hash = 0;
    memcpy(before, pristine, sizeof before);
    insn_data_patch(before, c);
    for (unsigned i = 0; i < DATA_BYTES; i += 64)
        if (memcmp(data + i, before + i, 64) != 0)
            for (unsigned k = i; k < i + 64; k++)
                if (data[k] != before[k])
                    note(r, k, data[k]);
    memcpy(data, pristine, DATA_BYTES);
}

u64 insn_end(const struct insn_case *c)
{
    return c->in.rip + c->length;
}
