/* isa/x86/interrupt.h */
/* What is looked at between instructions: SDM 3A 6.9. */
#pragma once
#include "isa/x86/state.h"

/* Is there anything to be attended to before the next instruction? */
bool x86_wants_attention(const struct x86 *);
/* Does so: INIT, SMI, traps, NMI, INTR, in their order. False: the CPU sleeps. May fault. */
bool x86_attend(struct x86 *);
