/*
 * System management mode: SDM 3C chapter 31; the 64-bit save map as in AMD APM 2 10.2.3, which is
 * what firmware for both expects, with the revision of SDM 3C table 31-1.
 */
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/transfer.h"

void x86_smm_enter(struct x86 *cpu)
{
    cpu->smi_pending = false;
}

void x86_smm_leave(struct x86 *cpu)
{
}
