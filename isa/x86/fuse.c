/* isa/x86/fuse.c */
/*
 * Fused runs. Dispatch is what an interpreter spends most on, so the handlers of instructions
 * that often follow each other are also compiled as one. Nothing else changes: all ops stay
 * where they are, the first op's handler just does several. If one of them needs its slow path
 * it goes to its own handler, and those behind it do what they would alone.
 *
 * Registers lie in memory, and what one instruction stores the next loads: that takes longer than
 * all else they do. So a run may be for instructions of which one works on the other's result:
 * then the compiler keeps it in a host register. The runs stand in ops/runs.def.
 */
#include "isa/x86/fuse.h"

#include "isa/x86/block.h"
#include "isa/x86/handlers.h"
#include "isa/x86/ops/runs.h"

#include <assert.h>

#define ALL_(name) h_##name
#define ALL(name) ALL_(name)
#define RUN2(a, r, b) { ALL(RUN_NAME2(a, r, b)), { h_##a, h_##b }, { 0, RUN_##r } },
#define RUN3(a, r, b, s, c) \
    { ALL(RUN_NAME3(a, r, b, s, c)), { h_##a, h_##b, h_##c }, { 0, RUN_##r, RUN_##s } },
#define RUN4(a, r, b, s, c, t, d)                                               \
    { ALL(RUN_NAME4(a, r, b, s, c, t, d)), { h_##a, h_##b, h_##c, h_##d },      \
      { 0, RUN_##r, RUN_##s, RUN_##t } },
#define RUN5(a, r, b, s, c, t, d, u, e)                                         \
    { ALL(RUN_NAME5(a, r, b, s, c, t, d, u, e)), { h_##a, h_##b, h_##c, h_##d, h_##e }, \
      { 0, RUN_##r, RUN_##s, RUN_##t, RUN_##u } },
#define RUN6(a, r, b, s, c, t, d, u, e, v, f)                                   \
    { ALL(RUN_NAME6(a, r, b, s, c, t, d, u, e, v, f)),                          \
      { h_##a, h_##b, h_##c, h_##d, h_##e, h_##f },                             \
      { 0, RUN_##r, RUN_##s, RUN_##t, RUN_##u, RUN_##v } },
const struct op_run x86_runs[] = {
#include "isa/x86/ops/runs.def"
};
const unsigned x86_run_count = COUNT(x86_runs);

static unsigned address_slot(handler fn)
{
    return (unsigned)((u64)(uintptr_t)fn * 0x9e3779b97f4a7c15 >> 40) & (FUSE_NUMBERS - 1);
}

static unsigned slot_of(const struct fuse *f, handler fn)
{
    unsigned at = address_slot(fn);

    while (f->numbered[at] && f->numbered[at] != fn)
        at = (at + 1) & (FUSE_NUMBERS - 1);
    return at;
}

unsigned x86_fuse_number(const struct fuse *f, handler fn)
{
    return f->number[slot_of(f, fn)];
}

static void number(struct fuse *f, handler fn)
{
    unsigned at = slot_of(f, fn);

    if (f->number[at])
        return;
    f->numbered[at] = fn;
    f->number[at] = (u16)++f->states;
    assert(f->states < FUSE_NUMBERS / 2);
}

static unsigned follow(struct fuse *f, unsigned state, unsigned relation, unsigned number)
{
    u32 key = fuse_key(state, number);
    struct fuse_edge *e = &f->edge[fuse_slot(f, key)];

    if (e->to[relation])
        return e->to[relation];
    assert(f->states + 1 < FUSE_STATES);
    e->key = key;
    e->to[relation] = (u16)++f->states;
    e->related |= relation != RUN_N;
    f->leaves[state] |= BIT(number & 63);
    f->relations[f->states] = (u8)(f->relations[state] + (relation != RUN_N));
    return f->states;
}

void x86_fuse_build(struct fuse *f)
{
    for (unsigned i = 0; i < COUNT(x86_runs); i++)
        for (unsigned k = 0; k < RUN_MAX && x86_runs[i].member[k]; k++)
            number(f, x86_runs[i].member[k]);
    for (unsigned i = 0; i < COUNT(x86_runs); i++) {
        const struct op_run *r = &x86_runs[i];
        unsigned state = x86_fuse_number(f, r->member[0]);

        for (unsigned k = 1; k < RUN_MAX && r->member[k]; k++)
            state = follow(f, state, r->relation[k], x86_fuse_number(f, r->member[k]));
        f->all[state] = r->all;
    }
}
