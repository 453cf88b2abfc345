/* What is looked at between instructions: SDM 3A 6.9. */
#pragma once
#include "isa/x86/flags.h"
#include "isa/x86/state.h"
#include "isa/x86/x86.h"

/* Might there be anything to attend to before the next instruction? */
static inline bool x86_wants_attention(const struct x86 *cpu)
{
    return cpu->activity != RUNNING || cpu->init_pending || cpu->smi_pending || cpu->nmi_pending
        || cpu->dr6_pending || (cpu->intr && cpu->eflags & IF);
}

/* Does so: SMI, INIT, traps, NMI, INTR, in their order. False: the CPU sleeps. May fault. */
bool x86_attend(struct x86 *);

/* INIT is asserted: by the pin, a message, a local interrupt. */
void x86_init(struct x86 *);
/* Behind RESET all but the first processor wait for the start-up message, if they can get one. */
void x86_await_start(struct x86 *);
/* The start-up message, for a CPU that waits for it or is about to. SDM 3A 8.4 */
void x86_sipi(struct x86 *, u8 vector);
