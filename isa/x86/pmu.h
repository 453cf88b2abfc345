/*
 * Performance counters: SDM 3B chapter "Performance Monitoring", the architectural ones in versions
 * 2 to 5, and the two of the P6.
 *
 * Nothing is counted as it happens. A counter is what a source said when it was last looked at,
 * and the sources are known exactly at every instruction: instructions and cycles because time is
 * made of them, branches because blocks have them marked while somebody counts. The loop looks
 * again whenever it comes round (a change of privilege leads there), and leaves blocks where a
 * counter is full: its interrupt comes behind that very instruction.
 *
 * An instruction counts when it retires, at the level it began at; a repeated one once, with its
 * last iteration. A cycle is one of the core clock in which this processor ran; the reference clock
 * is as fast. A page walk counts when it has given a translation that the TLB did not have, that
 * for the first store to a page among them; one that ends in a page fault does not. Blocks look
 * code up less often than instructions would: these go one at a time while its walks count.
 *
 * Not modelled: caches and mispredicted branches, which CPUID says; precise events.
 */
#pragma once
#include "isa/x86/cpuid.h"
#include "isa/x86/state.h"

/* As a register of its own has them: PERFEVTSEL shifted right by 16; fixed counters' four bits. */
enum { LEVEL_USER = 1, LEVEL_SYSTEM = 2 };

/* What an IA32_PERFEVTSEL selects; PMU_NOTHING: this processor knows no such event. */
enum pmu_source x86_pmu_source(const struct x86 *, u64 select);

/* The loop comes by, and asks how far it may run. While cpu->observed only. */
void x86_observe(struct x86 *);
s64  x86_observe_until(struct x86 *, s64 left);

/* What is to be counted or recorded may have changed: derives all that follows. */
void x86_pmu_update(struct x86 *);
/* The values are brought up to date. */
void x86_pmu_settle(struct x86 *);
/* As of the instruction under way. */
u64  x86_pmu_value(const struct x86 *, unsigned n);
void x86_pmu_reset(struct x86 *);
void x86_pmu_resume(struct x86 *);

/* RDPMC; false: #GP(0). */
bool x86_pmu_read(const struct x86 *, u32 number, u64 *value);
struct cpuid x86_pmu_cpuid(const struct x86 *);

/* ---- Registers, for msr.def ---- */

typedef bool indexed_reader(const struct x86 *, unsigned index, u64 *value);
typedef bool indexed_writer(struct x86 *, unsigned index, u64 value);

indexed_reader x86_read_pmc, x86_read_wide_pmc, x86_read_select, x86_read_fixed;
indexed_writer x86_write_pmc, x86_write_wide_pmc, x86_write_select, x86_write_fixed;

bool x86_read_fixed_control(const struct x86 *, u64 *);
bool x86_write_fixed_control(struct x86 *, u64);
bool x86_read_global(const struct x86 *, u64 *);
bool x86_write_global(struct x86 *, u64);
bool x86_read_status(const struct x86 *, u64 *);
bool x86_read_status_reset(const struct x86 *, u64 *);
bool x86_write_status_reset(struct x86 *, u64);
bool x86_read_status_set(const struct x86 *, u64 *);
bool x86_write_status_set(struct x86 *, u64);
bool x86_read_in_use(const struct x86 *, u64 *);
bool x86_read_capabilities(const struct x86 *, u64 *);
