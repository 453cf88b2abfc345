/* isa/x86/interp.h */
/* How handlers come and go: leaving a block, following a branch. interp.c has the loop. */
#pragma once
#include "isa/x86/op.h"
#include "isa/x86/state.h"

#define DECLARE_HANDLER_(name) void name(HANDLER_TYPES)

DECLARE_HANDLER_(h_raise);              /* exception op.dst, before the instruction counts */
DECLARE_HANDLER_(h_stub);               /* end of a branch whose target is not linked: imm64 */
DECLARE_HANDLER_(h_stub_far);           /* ... that is in another page: link */
DECLARE_HANDLER_(h_stub_untaken);       /* ... whose conditional branch is marked, and not taken */
DECLARE_HANDLER_(h_stub_fault);         /* ... that may not be reached: #GP(0) */
DECLARE_HANDLER_(h_stale);              /* first op of a block whose bytes were overwritten */
DECLARE_HANDLER_(h_page_check);         /* first op of an instruction that lies in two pages */
DECLARE_HANDLER_(h_branch);             /* a branch follows, of the kind dst */

/* Back to the loop: behind the op; at the target of a branch whose cost is paid; at cpu->rip. */
DECLARE_HANDLER_(x86_leave_behind);
DECLARE_HANDLER_(x86_leave_at);

/* Instruction count and time so far are brought up to date. */
void x86_settle(struct cpu *);
/* Cycles of the core clock since power-on, up to the instruction under way. */
u64  x86_cycles_now(const struct x86 *);
/* Instructions retired since then, a repeated one once. */
u64  x86_instructions_now(const struct x86 *);
/* The virtual time when so many more will have passed, or NEVER; and how many pass in a second. */
u64  x86_time_after(const struct x86 *, u64 cycles);
u64  x86_cycle_rate(const struct x86 *);
bool x86_run(struct cpu *, struct clock *);
