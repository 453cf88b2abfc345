/* isa/x86/dispatch/loop/dispatch.h */
/*
 * How one handler reaches the next where the compiler makes no jumps of tail calls
 * (-O0, sanitizers): it says which, returns, and a loop calls it.
 */
#pragma once
#include "isa/x86/state.h"

#define HANDLER_ARGS \
    struct x86 *cpu, struct op *op, u64 free1_, u64 free2_, s64 budget, struct tlb *tlb

#define GO(fn_, op_) \
    do { \
        struct op *to_ = (op_); \
        cpu->next.fn = (fn_); cpu->next.op = to_; cpu->next.budget = budget; \
        return; \
    } while (0)
#define LEAVE \
    do { cpu->next.fn = NULL; return; } while (0)

static inline void dispatch_enter(struct x86 *cpu, struct op *op, s64 budget, struct tlb *tlb)
{
    cpu->next.fn = op->fn;
    cpu->next.op = op;
    cpu->next.budget = budget;
    while (cpu->next.fn)
        cpu->next.fn(cpu, cpu->next.op, 0, 0, cpu->next.budget, tlb);
}
