/* isa/x86/dispatch/thread/dispatch.h */
/*
 * How one handler reaches the next: by a tail call, which an optimising compiler
 * makes a jump. dispatch/loop has the same names for builds in which it does not.
 */
#pragma once
#include "isa/x86/state.h"

#define HANDLER_ARGS struct x86 *cpu, struct op *op, s64 budget, struct tlb *tlb

#define GO(fn_, op_)    return (fn_)(cpu, (op_), budget, tlb)
#define LEAVE           return

static inline void dispatch_enter(struct x86 *cpu, struct op *op, s64 budget, struct tlb *tlb)
{
    op->fn(cpu, op, budget, tlb);
}
