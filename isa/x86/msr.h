/* Model-specific registers: SDM 4. */
#pragma once
#include "isa/x86/state.h"

/* As RDMSR and WRMSR do; false: #GP(0). */
bool x86_msr_read(struct x86 *, u32 number, u64 *value);
bool x86_msr_write(struct x86 *, u32 number, u64 value);

/* The time-stamp counter. */
u64 x86_tsc(const struct x86 *);

/* Reset values; `init`: those that INIT leaves alone stay. */
void x86_msr_reset(struct x86 *, bool init);

/* Bits of EFER that the model has. */
u64 x86_efer_writable(const struct x86 *);

/* What a memory type register may say: SDM 3A 11.11.2.1, 11.12.2. */
bool x86_memory_type_valid(u64 type, bool pat);
