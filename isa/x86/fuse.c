/* isa/x86/fuse.c */
/*
 * Fused pairs. Dispatch is what an interpreter spends most on, so the handlers of instructions
 * that often follow each other are also compiled as one. Nothing else changes: both ops stay
 * where they are, the first op's handler just does both. If the first needs its slow path it goes
 * to its own handler; if the second does, to the second op, whose handler is its own. The pairs
 * stand in ops/pairs.def.
 */
#include "isa/x86/fuse.h"

#include "isa/x86/block.h"
#include "isa/x86/handlers.h"
#include "isa/x86/ops/pairs.h"

struct pair { handler first, second, both; };

#define PAIR(a, b)      { h_##a, h_##b, h_##a##__##b },
#define PAIR_JCC(a, cc) { h_##a, h_j##cc, h_##a##__j##cc },
static const struct pair pairs[] = {
#include "isa/x86/ops/pairs.def"
};
#undef PAIR
#undef PAIR_JCC

enum { SLOTS = FUSE_SLOTS };

static unsigned slot_of(handler a, handler b)
{
    u64 h = (u64)(uintptr_t)a * 0x9e3779b97f4a7c15 ^ (u64)(uintptr_t)b * 0xc2b2ae3d27d4eb4f;

    return (unsigned)(h >> 40) & (SLOTS - 1);
}

void x86_fuse_build(u16 slot[])
{
    _Static_assert(COUNT(pairs) < SLOTS / 2, "the table of pairs stays half empty");
    for (unsigned i = 0; i < COUNT(pairs); i++) {
        unsigned at = slot_of(pairs[i].first, pairs[i].second);

        while (slot[at])
            at = (at + 1) & (SLOTS - 1);
        slot[at] = (u16)(i + 1);
    }
}

handler x86_fused(const u16 slot[], handler a, handler b)
{
    for (unsigned at = slot_of(a, b); slot[at]; at = (at + 1) & (SLOTS - 1)) {
        const struct pair *p = &pairs[slot[at] - 1];

        if (p->first == a && p->second == b)
            return p->both;
    }
    return NULL;
}
