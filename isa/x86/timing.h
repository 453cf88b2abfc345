/*
 * Timing models: what each instruction costs, from the published clock tables. `fixed` is the lack
 * of one (an instruction is a cycle); timing_486.def and timing_pentium.def have the others.
 *
 * The cost of an instruction follows from its bytes, the mode, and a little that is remembered of
 * those before it (struct pipe): which registers the last clock wrote, and whether the U pipe waits
 * for a companion. So a block costs the same whether it is run whole or in steps. What shows only
 * when it is done (taken branches, changes of privilege, iterations) is added behind it.
 *
 * Not modelled: caches, write buffers, misalignment, branch prediction (all are as the tables
 * assume: hits, and targets foreseen), operands that make multiplications end early, prefixes
 * decoded behind an instruction of several clocks, two x87 multiplications in a row (a clock).
 */
#pragma once
#include "isa/x86/decode.h"

/* How an instruction may share its clock: Pentium Developer's Manual 3, appendix F. */
enum pairing { NP, UV, PU, PV, FX /* x87: FXCH may follow for nothing */, FXCH };

enum {
    COST_X87 = 1 << 0,              /* waits for the x87 result before it */
    COST_REPEATED = 1 << 1,         /* REP: alone in its block */
    COST_FAR = 1 << 2,              /* may change privilege or task */
    COST_PORT = 1 << 3,             /* dearer where IOPL does not allow it */
};

struct cost {
    u16 clocks;                     /* alone in the pipes; with REP: before the first iteration */
    u16 taken;                      /* of a branch that is; with REP: all of a single iteration */
    u16 extra;                      /* with another privilege level, with a permission map */
    u16 reads, writes, address;     /* general registers, bit n: read, written, addressed with */
    u8  pairing;
    u8  latency;                    /* further clocks until an x87 result is there */
    u8  each, none;                 /* with REP: one iteration; a count of 0 */
    u8  flags;                      /* COST_* */
};

/* The costs of a block, behind its ops; in blocks of CPUs with a timing model only. */
struct block_cost {
    u32         total;              /* from rest, no branch taken */
    u32         before_last;        /* most that may pass before the last instruction begins */
    struct pipe after;              /* `total` */
    struct cost cost[];             /* of each instruction */
};

static inline struct block_cost *block_cost(const struct block *b)
{
    return (struct block_cost *)(void *)&b->op[b->ops];
}

/* Bytes of the costs of so many instructions. */
static inline size_t block_cost_bytes(unsigned n)
{
    return sizeof(struct block_cost) + n * sizeof(struct cost);
}

/* The model of that name; NULL: there is none. *fixed: it is no model but "fixed". */
const struct timing *x86_timing_find(const char *name, bool *fixed);
/* Distinguishes the blocks of CPUs with different models: goes into the mode. */
u64  x86_timing_mode(const struct timing *);

/* ---- While a block is built ---- */

void x86_timing_cost(const struct x86 *, const struct insn *, struct cost *);
void x86_timing_block(struct block *, const struct cost *);
static inline bool x86_timing_alone(const struct insn *in)
{
    return in->row && in->row->attributes & A_REP && in->op.dst;
}

/* ---- While it runs ---- */

/* May all of it begin before so many cycles have passed? */
bool x86_timing_fits(const struct x86 *, const struct block *, s64 left);
/* The budget that makes it leave where it ends, and a REP before the iteration that is too late. */
s64  x86_timing_budget(const struct x86 *, const struct block *, s64 left);
/* Remembers where it starts from. */
void x86_timing_begin(struct x86 *, const struct block *);
/* Cycles from there to the instruction under way, and what they were for one that faults. */
u64  x86_timing_now(const struct x86 *);
u64  x86_timing_fault(struct x86 *);
/* So many instructions (or iterations) are done. */
u64  x86_timing_end(struct x86 *, const struct block *, u64 spent);

/* An interrupt or exception has been delivered; `cpl` and `task` (TR) are those before. */
void x86_timing_event(struct x86 *, u8 vector, bool external, u8 cpl, u16 task, bool v86);

/* For tests: has the operation of the row an entry of its own? */
bool x86_timing_has(const struct timing *, const struct row *);
