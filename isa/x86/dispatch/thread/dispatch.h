/* isa/x86/dispatch/thread/dispatch.h */
/*
 * How one handler reaches the next: by a tail call, which an optimising compiler
 * makes a jump. dispatch/loop has the same names for builds in which it does not.
 */
#pragma once
#include "isa/x86/state.h"

#define HANDLER_ARGS \
    struct x86 *cpu, struct op *op, u64 free1_, u64 free2_, s64 budget, struct tlb *tlb

/* The two that say nothing are whatever is in their registers: see op.h. */
#define GO(fn_, op_)                                            \
    do {                                                        \
        u64 any1_, any2_;                                       \
        __asm__("" : "=r"(any1_), "=r"(any2_));                 \
        return (fn_)(cpu, (op_), any1_, any2_, budget, tlb);    \
    } while (0)
#define LEAVE           return

static inline void dispatch_enter(struct x86 *cpu, struct op *op, s64 budget, struct tlb *tlb)
{
    op->fn(cpu, op, 0, 0, budget, tlb);
}
