/*
 * What is remembered of branches: last-branch records, and single-stepping on branches. SDM 3B
 * "Last Branch, Interrupt, and Exception Recording".
 *
 * While IA32_DEBUGCTL asks for either, blocks have their branches marked (they count themselves)
 * and instructions go one by one.
 *
 * Not modelled: branch trace messages and stores, call stacks (LBR_SELECT.EN_CALLSTACK is kept and
 * ignored), mispredictions.
 */
#pragma once
#include "isa/x86/opcode.h"
#include "isa/x86/state.h"

/* As MSR_LBR_SELECT tells them apart: bit numbers there. */
enum branch_kind {
    BRANCH_NONE, BRANCH_CONDITIONAL = 2, BRANCH_CALL, BRANCH_CALL_INDIRECT, BRANCH_RETURN,
    BRANCH_JUMP_INDIRECT, BRANCH_JUMP, BRANCH_FAR,
};

enum branch_kind x86_branch_kind(const struct row *);

/* Does IA32_DEBUGCTL ask for it? */
bool x86_branches_wanted(const struct x86 *);
/* Before an instruction, if there is anything to be seen of it; and when it is over. */
bool x86_branch_begin(struct x86 *);
void x86_branch_observe(struct x86 *);
/* Since x86_branch_begin() one has been taken. */
bool x86_branch_taken(const struct x86 *);
/* An interrupt or exception leads away from here. */
void x86_branch_event(struct x86 *, u64 from);
void x86_branches_reset(struct x86 *);

/* ---- Registers, for msr.def ---- */

bool x86_read_lbr_from(const struct x86 *, unsigned index, u64 *value);
bool x86_write_lbr_from(struct x86 *, unsigned index, u64 value);
bool x86_read_lbr_to(const struct x86 *, unsigned index, u64 *value);
bool x86_write_lbr_to(struct x86 *, unsigned index, u64 value);
bool x86_read_core_from(const struct x86 *, unsigned index, u64 *value);
bool x86_write_core_from(struct x86 *, unsigned index, u64 value);
bool x86_read_core_to(const struct x86 *, unsigned index, u64 *value);
bool x86_write_core_to(struct x86 *, unsigned index, u64 value);
bool x86_read_lbr_info(const struct x86 *, unsigned index, u64 *value);
bool x86_write_lbr_info(struct x86 *, unsigned index, u64 value);
bool x86_read_lbr_top(const struct x86 *, u64 *value);
bool x86_write_lbr_top(struct x86 *, u64 value);
bool x86_read_lbr_select(const struct x86 *, u64 *value);
bool x86_write_lbr_select(struct x86 *, u64 value);
bool x86_read_last_from(const struct x86 *, u64 *value);
bool x86_read_last_to(const struct x86 *, u64 *value);
bool x86_read_event_from(const struct x86 *, u64 *value);
bool x86_read_event_to(const struct x86 *, u64 *value);
