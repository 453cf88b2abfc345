/* isa/x86/x86.h */
/*
 * All that the rest of the machine knows of the x86 package: the device type, its pins, its
 * models.
 */
#pragma once
#include "core/cpu.h"

/*
 * Configuration of an instance "cpu0": cpu0.model (a name of models.def, and "+feature", "-feature"
 * after commas; "max"), cpu0.hz (cycles a second of virtual time; the model's), cpu0.timing
 * (fixed: an instruction is a cycle; 486, pentium: see timing.h), cpu0.apic-hz (what the timer of
 * its local APIC counts; 1000000000).
 *
 * One with an APIC has a view of memory of its own, and messages to APICs are stores to FEExxxxxh
 * of the machine's memory. All but the first then begin when they are sent a start-up message.
 */
extern EXPORT const struct device_type x86_cpu_type;

/* Its input pins, by number: SDM 3A 6.3, and the data sheets of the 80486 and Pentium. */
enum x86_pin { X86_INTR, X86_NMI, X86_SMI, X86_INIT, X86_A20M, X86_IGNNE, X86_PINS };

/*
 * It drives "ferr" (an x87 exception that waits) and "shutdown" (a triple fault; boards lead it to
 * INIT or to their reset).
 */

struct space;

/*
 * What a CPU sees in system management mode, for boards with SMRAM; until then it is what it always
 * sees. Once, before it runs. The space, which lies over the CPU's memory (a CPU's own APIC shows
 * through), is then the CPU's to destroy.
 */
EXPORT void x86_set_smm_space(struct device *cpu, struct space *);

/*
 * Who answers VMCALL and VMMCALL, which are undefined otherwise; for boards that have somebody. By
 * KVM's convention: the number in RAX, arguments in RBX, RCX, RDX and RSI, the result in RAX.
 */
typedef u64 x86_hypercall(struct device *answerer, u64 number, const u64 argument[4]);
EXPORT void x86_set_hypercall(struct device *cpu, x86_hypercall *, struct device *answerer);
