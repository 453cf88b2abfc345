/*
 * Control-flow enforcement: SDM 1 chapter "Control-flow Enforcement Technology (CET)", and the
 * pseudo-code of the instructions in SDM 2.
 *
 * Nothing of it is there while CR4.CET is clear: code is decoded otherwise where shadow stacks or
 * the tracking of indirect branches are on (MODE_SHADOW, MODE_TRACK), and where an ENDBR is
 * awaited (MODE_ENDBR), blocks of one instruction. Shadow stacks are reached by walks of their own,
 * which the TLB does not remember.
 *
 * Not modelled: enclaves; SMM leaves SSP where it was.
 */
#pragma once
#include "isa/x86/segment.h"
#include "isa/x86/state.h"

/* IA32_U_CET, IA32_S_CET */
enum {
    CET_SHADOW = 1 << 0, CET_WRITE_SHADOW = 1 << 1, CET_ENDBR = 1 << 2, CET_LEGACY = 1 << 3,
    CET_NO_TRACK = 1 << 4, CET_NO_SUPPRESS = 1 << 5, CET_SUPPRESS = 1 << 10, CET_WAIT = 1 << 11,
};
/* Error codes of #CP. */
enum { CP_NEAR_RET = 1, CP_FAR_RET, CP_ENDBR, CP_RSTORSSP, CP_SETSSBSY };
enum { SHADOW_BUSY = 1 << 0, SHADOW_PREVIOUS = 1 << 1 };    /* of tokens */

/* What of it is on, as bits of struct x86.mode. */
u64  x86_cet_mode(const struct x86 *);
/* What software has set for the present privilege. */
u64  x86_cet_control(const struct x86 *);

/* Shadow-stack accesses, of 4 or 8 bytes at multiples of 4. */
u64  x86_shadow_load(struct x86 *, u64 linear, unsigned size, bool user);
void x86_shadow_store(struct x86 *, u64 linear, unsigned size, u64 value, bool user);
/* If the 8 bytes are as expected they become `value`; tells what they were. */
u64  x86_shadow_exchange(struct x86 *, u64 linear, u64 expected, u64 value, bool user);

/* An indirect branch, or an arrival from elsewhere: ENDBR is to be next, and has come. */
void x86_cet_await(struct x86 *);
void x86_cet_found(struct x86 *);
/* Anything but ENDBR: #CP, or it is legacy code. */
void x86_cet_missed(struct x86 *, u64 rip);

/*
 * CALL or an interrupt, from CS:rip as they are to code of a level: return address and pointer go
 * onto the shadow stack, or it is another one; ist is 0 for calls. All else is checked by then.
 */
void x86_cet_enter(struct x86 *, const struct descriptor *code, unsigned cpl, unsigned ist);
/* JMP, which leaves the shadow stack: may the target be reached with it? */
void x86_cet_jump(struct x86 *, const struct descriptor *code);
/* Far RET and IRET, before anything changes. */
void x86_cet_return(struct x86 *, u16 selector, const struct descriptor *code, u64 offset,
                    bool interrupt);
void x86_cet_to_v86(struct x86 *);
/*
 * A task switch: what the old task leaves, before anything changes, and what the new one finds,
 * whose TSS has `ssp`. SDM 3A "Task Switching".
 */
struct shadow_of_task {
    u64  ssp, linear;               /* to be pushed, or found with a task that is come back to */
    u64  cs;
    bool pushes, compares;
};
struct shadow_of_task x86_cet_leave_task(struct x86 *, unsigned cpl, bool nests, bool returns);
void x86_cet_enter_task(struct x86 *, const struct shadow_of_task *, u64 ssp, bool returned);

/* SYSCALL and SYSENTER before, SYSRET and SYSEXIT behind the change of level. */
void x86_cet_system_enter(struct x86 *);
void x86_cet_system_leave(struct x86 *, bool wide);

/* Arrived; rip, CS and mode are new. */
static inline void x86_cet_arrived(struct x86 *cpu)
{
    if (unlikely(cpu->cr4 & CR4_CET))
        x86_cet_await(cpu);
}

/* ---- Registers, for msr.def ---- */

bool x86_read_u_cet(const struct x86 *, u64 *value);
bool x86_write_u_cet(struct x86 *, u64 value);
bool x86_read_s_cet(const struct x86 *, u64 *value);
bool x86_write_s_cet(struct x86 *, u64 value);
bool x86_read_pl_ssp(const struct x86 *, unsigned index, u64 *value);
bool x86_write_pl_ssp(struct x86 *, unsigned index, u64 value);
bool x86_read_ssp_table(const struct x86 *, u64 *value);
bool x86_write_ssp_table(struct x86 *, u64 value);
/* May IA32_U_CET and IA32_S_CET have it? For XRSTORS too. */
bool x86_cet_valid(const struct x86 *, u64 control);
bool x86_ssp_valid(const struct x86 *, u64 ssp);
