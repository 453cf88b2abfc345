/* Far transfers of control: SDM 3A chapters 5 to 7. */
#pragma once
#include "isa/x86/frame.h"
#include "isa/x86/segment.h"

/* Loads CS from a checked descriptor, and CPL with it. */
void x86_cs_take(struct x86 *, u16 selector, const struct descriptor *, unsigned cpl);
/* #GP(0) where the offset is beyond a code segment's limit, or not canonical. */
void x86_check_entry(struct x86 *, const struct descriptor *cs, u64 offset);

/* JMP, CALL, RET, IRET: operands of 2, 4 and 8 bytes; cpu->rip is behind the instruction. */
void x86_far_jump(struct x86 *, u16 selector, u64 offset, unsigned size);
void x86_far_call(struct x86 *, u16 selector, u64 offset, unsigned size);
void x86_far_return(struct x86 *, unsigned size, u16 release);
void x86_iret(struct x86 *, unsigned size);

/* Task switches: SDM 3A 7.3. The descriptor is that of the new TSS. */
enum task_switch { TASK_JUMP, TASK_CALL, TASK_IRET, TASK_EVENT };
/* By an interrupt's task gate; the flags are what the old task's TSS gets. */
void x86_task_event(struct x86 *, const struct descriptor *gate, u32 flags);
void x86_task_gate(struct x86 *, const struct descriptor *gate, enum task_switch);
void x86_task_enter(struct x86 *, u16 selector, struct descriptor *, enum task_switch);
void x86_task_return(struct x86 *);

/* System management mode: SDM 3C chapter 31. */
void x86_smm_enter(struct x86 *);
void x86_smm_leave(struct x86 *);

/* Bits of EFLAGS that this model can change at all; and what it pushes. */
u32  x86_flags_known(const struct x86 *);
u32  x86_flags_image(const struct x86 *);

/* SYSENTER and its kin: SDM 3A 5.8.7, 5.8.8 */
void x86_sysenter(struct x86 *);
void x86_sysexit(struct x86 *, unsigned size);
void x86_syscall(struct x86 *);
void x86_sysret(struct x86 *, unsigned size);
