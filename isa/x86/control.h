/*
 * Control registers: what may be written to them, and what a write entails. SDM 3A 2.5, 4.1.
 *
 * The writers are those of MOV CR at CPL 0: they raise #GP(0) for what is refused, having changed
 * nothing. What enters and leaves modes by other ways (SMM, tasks, INIT) sets the members itself
 * and calls x86_mode_update().
 */
#pragma once
#include "isa/x86/state.h"

void x86_write_cr0(struct x86 *, u64 value);
void x86_write_cr3(struct x86 *, u64 value);
void x86_write_cr4(struct x86 *, u64 value);
void x86_write_cr8(struct x86 *, u64 value);
void x86_write_xcr0(struct x86 *, u64 value);

/* CR0 as it is read: what the model has wired to 1 or 0 included. */
u64 x86_read_cr0(const struct x86 *);
static inline u8 x86_read_cr8(const struct x86 *cpu)
{
    return cpu->apic[0].tpr >> 4;
}

/* Bits of CR4 that the model has. */
u32 x86_cr4_writable(const struct x86 *);
/* PKRU and what was remembered under the old one. */
void x86_set_pkru(struct x86 *, u32 value);
