/*
 * What instructions cost, in cycles of the core clock: timing models as data.
 *
 * With `fixed` (NULL here) each costs one, and nothing below costs anything. Else a block begins
 * with an op that pays what its instructions cost beyond one each, all at once (h_charge); behind
 * its ops stands how much of that falls to the first n of them, for whoever asks the time in the
 * middle or leaves there. A branch that is taken pays the rest on its way (h_taken), a repeated
 * string instruction by iteration. So the time of an instruction is the same whether it runs in a
 * block or alone. `surplus` is what was paid so beyond one per instruction, so that instructions
 * can still be counted.
 */
#pragma once
#include "isa/x86/decode.h"
#include "isa/x86/interp.h"

struct cost {
    u16 reg[3], load[3], store[3];  /* of bytes, words, doublewords; by where the operand is */
    u8  taken;                      /* what a branch that is taken costs more */
    u8  base, each;                 /* with a repeat prefix: in all, and for each iteration */
    u8  one, one_store;             /* of a shift by one; 0: as any */
    u8  checked;                    /* in protected mode, where that matters; 0: the same */
};

struct timing {
    const char *name;
    u8          prefix;             /* each prefix, but 0Fh and REP */
    u8          otherwise;          /* what is not in the table */
    const struct cost *cost;        /* by operation */
};

enum {
    TIMED_RESERVE = 4096,           /* cycles that a block may cost at most ... */
    TIMED_ENOUGH  = 2048,           /* ... and after so many it gets no further instruction */
};

/* By name, NULL for "fixed"; fails with the names there are. */
bool x86_timing_find(const char *name, const struct timing **, struct error *);

/*
 * Cycles of an instruction in the CPU's present mode; a branch: not taken; a repeated string
 * instruction: without iterations.
 */
unsigned x86_timing_cost(const struct x86 *, const struct insn *);
const struct cost *x86_timing_row(const struct timing *, const struct insn *);

DECLARE_HANDLER_(h_charge);
DECLARE_HANDLER_(h_taken);

static inline void x86_pay(struct x86 *cpu, s64 cycles)
{
    cpu->budget -= cycles;
    cpu->surplus += cycles;
}

/* Paid already for the instructions of the block behind this one. */
static inline s64 x86_ahead(const struct x86 *cpu, const struct op *op)
{
    const struct block *b;
    const s16 *extra;

    if (likely(!cpu->timing))
        return 0;
    b = block_of(op);
    extra = (const s16 *)(b->op + b->ops);
    return extra[b->n] - extra[op->n];
}

/* Leaving a block behind this instruction, or in it. */
static inline void x86_take_back(struct x86 *cpu, const struct op *op)
{
    x86_pay(cpu, -x86_ahead(cpu, op));
}

/* What an iteration of a string instruction costs, and the whole of it besides: see block.c */
static inline s64 x86_each(const struct x86 *cpu, const struct op *op)
{
    return cpu->timing ? op->imm : 1;
}

static inline s64 x86_base(const struct x86 *cpu, const struct op *op)
{
    return cpu->timing ? op->disp : 0;
}
