/* isa/x86/mode.h */
/*
 * What follows from control registers and segments, and what decoding depends upon: see enum
 * mode.
 */
#pragma once
#include "isa/x86/state.h"

/* Everything derived: after any change of CR0, CR4, EFER, XCR0, CPL, EFLAGS.VM or a segment. */
void x86_mode_update(struct x86 *);
/* As RESET and INIT leave it: SDM 3A 9.1.1; `init`: what INIT leaves alone stays. cpu.c's. */
void x86_reset_state(struct x86 *, bool init);
/* Running, halted ...; whoever listens hears of a shutdown. fault.c's. */
void x86_set_activity(struct x86 *, enum activity);
/* Only what a data segment's load changes. */
void x86_segment_update(struct x86 *, enum segment_name);

struct decoder *x86_decoder(const struct x86 *);

static inline u32 x86_cs_limit(const struct x86 *cpu)
{
    return cpu->cs_limit[cpu->mode >> MODE_LIMIT_SHIFT & 0xff];
}

static inline unsigned x86_code_size(const struct x86 *cpu)
{
    return cpu->mode & MODE_CODE;
}

static inline bool x86_is_64(const struct x86 *cpu)
{
    return (cpu->mode & MODE_CODE) == MODE_64;
}

/* Real or virtual-8086 mode: segments are paragraphs. */
static inline bool x86_is_real(const struct x86 *cpu)
{
    return !(cpu->mode & MODE_PE) || cpu->mode & MODE_V86;
}

static inline bool x86_is_v86(const struct x86 *cpu)
{
    return cpu->mode & MODE_V86;
}

static inline bool x86_is_long(const struct x86 *cpu)
{
    return cpu->mode & MODE_LONG;
}

static inline unsigned x86_iopl(const struct x86 *cpu)
{
    return cpu->eflags >> 12 & 3;
}

/* EFLAGS with the arithmetic flags brought up to date, and setting all of it. */
static inline u32 x86_flags(const struct x86 *cpu)
{
    return (cpu->eflags & ~(u32)FLAGS_ARITHMETIC) | (lazy_all(&cpu->lazy) & FLAGS_ARITHMETIC);
}

static inline void x86_set_arithmetic(struct x86 *cpu, u32 flags)
{
    lazy_set(&cpu->lazy, flags);
}

/* All of EFLAGS: checks nothing; does what a change of TF, IF, AC, VM, RF entails. */
void x86_set_flags(struct x86 *, u32 flags);
