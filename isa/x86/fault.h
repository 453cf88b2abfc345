/* Exceptions and interrupts: how they are raised, and how they reach their handler. */
#pragma once
#include "isa/x86/state.h"

/* Raises an exception of the instruction under way; never returns. */
_Noreturn void x86_fault(struct x86 *, enum vector);
_Noreturn void x86_fault_code(struct x86 *, enum vector, u32 code);

/* Where an interruption comes from: decides privilege checks, EXT and what is pushed. */
enum source { FROM_EXCEPTION, FROM_EXTERNAL, FROM_INT_N, FROM_INT3_INTO, FROM_ICEBP };

/* Through IVT or IDT: frame, new CS:RIP. May fault itself. SDM 3A 6.12, 6.14, 20.3 */
void x86_deliver(struct x86 *, u8 vector, enum source, bool has_code, u32 code);

/* The fault that has just unwound to the loop: delivers it, or a double fault, or shuts down. */
void x86_deliver_fault(struct x86 *);

/* deliver.c's: through the tables, with these flags to be pushed. */
struct interruption {
    u8          vector;
    enum source from;
    bool        has_code;
    u32         code, flags;
};
void x86_deliver_this(struct x86 *, const struct interruption *);

/* #UD, as most bodies need it. */
static inline void x86_require(struct x86 *cpu, bool legal)
{
    if (unlikely(!legal))
        x86_fault(cpu, V_UD);
}

/* #GP(0) unless it holds. */
static inline void x86_protect(struct x86 *cpu, bool allowed)
{
    if (unlikely(!allowed))
        x86_fault_code(cpu, V_GP, 0);
}
