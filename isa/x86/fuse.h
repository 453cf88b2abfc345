/* isa/x86/fuse.h */
/* Runs of instructions that one handler does: see fuse.c */
#pragma once
#include "isa/x86/op.h"

enum { RUN_MAX = 6 };                   /* instructions of a run */

/*
 * What a run takes for granted of an instruction: that the destination of the one before is its
 * source, base, index or destination. Then a value goes from one to the other in a host register.
 */
enum run_relation { RUN_N, RUN_S, RUN_B, RUN_X, RUN_D, RUN_RELATIONS };

/* A handler for what `member` do one after the other; NULL behind the last. */
struct op_run { handler all, member[RUN_MAX]; u8 relation[RUN_MAX]; };
extern const struct op_run x86_runs[];
extern const unsigned x86_run_count;

/*
 * The runs as a tree. A state is what a run may begin with: of one instruction its number, of more
 * a number above these. An edge leads from a state to those with one instruction more, one for
 * each relation.
 */
enum { FUSE_STATES = 1 << 12, FUSE_EDGES = 1 << 13, FUSE_NUMBERS = 1 << 11 };
struct fuse_edge { u32 key; u16 to[RUN_RELATIONS]; bool related; };
struct fuse {
    struct fuse_edge edge[FUSE_EDGES];  /* by fuse_key(); key 0: free */
    u64     leaves[FUSE_STATES];        /* bit n: perhaps by an edge of a number n mod 64 */
    u8      relations[FUSE_STATES];     /* so many */
    handler all[FUSE_STATES];           /* of a state that is a run, else NULL */
    handler numbered[FUSE_NUMBERS];     /* handlers that are part of a run, by their address */
    u16     number[FUSE_NUMBERS];
    unsigned states;
};

/* All zero before. */
void x86_fuse_build(struct fuse *);
/* Of a handler, 0 if it is in no run. */
unsigned x86_fuse_number(const struct fuse *, handler);

static inline u32 fuse_key(unsigned state, unsigned number)
{
    return (u32)state << 16 | number;
}

/* Where an edge is, or would be. */
static inline unsigned fuse_slot(const struct fuse *f, u32 key)
{
    unsigned at = key * 0x9e3779b1u >> 19;

    while (f->edge[at].key != key && f->edge[at].key)
        at = (at + 1) & (FUSE_EDGES - 1);
    return at;
}

/* Which relation there is; one, if there are several. */
static inline unsigned x86_fuse_relation(const struct op *op, const struct op *before)
{
    u8 d = before->dst;

    return d == 0 ? RUN_N : op->src == d ? RUN_S : op->base == d ? RUN_B : op->idx == d ? RUN_X
        : op->dst == d ? RUN_D : RUN_N;
}

/* The state and the op's instruction more, with the relation that it has, if a run wants that. */
static inline unsigned x86_fuse_next(const struct fuse *f, unsigned state, const struct op *op,
                                     unsigned number)
{
    const struct fuse_edge *e;
    unsigned to;

    if (!(f->leaves[state] >> (number & 63) & 1))
        return 0;
    e = &f->edge[fuse_slot(f, fuse_key(state, number))];
    to = e->related ? e->to[x86_fuse_relation(op, op - 1)] : 0;
    return to ? to : e->to[RUN_N];
}
