/* isa/x86/fpu/x87.h */
/*
 * The state of the x87 unit as others see it: MMX, FXSAVE and XSAVE, reset. SDM 1 8.1.
 *
 * Registers are named by physical number here: ST(i) is st[(ftop + i) & 7]. The status word
 * is kept without TOP; ES and B follow from its flags and the masks. Who writes fcw or fsw goes
 * by the functions below, for the sake of what is derived from them.
 */
#pragma once
#include "isa/x86/state.h"

enum {
    FSW_EXCEPTIONS = 0x003f, FSW_SF = 0x0040, FSW_ES = 0x0080, FSW_TOP = 0x3800, FSW_B = 0x8000,
    FSW_TOP_SHIFT = 11, FSW_CONDITIONS = FP_C0 | FP_C1 | FP_C2 | FP_C3,
    FCW_INIT = 0x037f, FCW_POWER_ON = 0x0040,
};

/* FNINIT; and the state at power-on: SDM 3A table 9-1. */
void x87_init(struct x86 *);
void x87_power_on(struct x86 *);
/* Everything derived, after a load or a change of model. */
void x87_resume(struct x86 *);

void x87_set_control(struct x86 *, u16 fcw);
void x87_set_status(struct x86 *, u16 fsw);     /* with TOP */
/* Tags of two bits, as FNSTENV stores them. The abridged ones of FXSAVE are cpu->ftag. */
u16  x87_tags(const struct x86 *);
void x87_set_tags(struct x86 *, u16 tags);

/* An exception that is not masked was ORed into fsw. */
void x87_unmasked(struct x86 *);

static inline u16 x87_status(const struct x86 *cpu)
{
    return (u16)(cpu->fsw | cpu->ftop << FSW_TOP_SHIFT);
}

/*
 * An unmasked exception is pending: #MF, or by way of the FERR pin; returns if IGNNE says that
 * it is to be ignored. SDM 1 8.7.
 */
void x87_pending(struct x86 *);

/* Before every instruction that waits, MMX ones included; may fault. */
static inline void x87_wait(struct x86 *cpu)
{
    if (unlikely(cpu->fsw & FSW_ES))
        x87_pending(cpu);
}

/* MMX: SDM 1 9.2.1, 9.5. x87_wait() first; EMMS is x87_wait() and ftag = 0. */
static inline void x87_enter_mmx(struct x86 *cpu)
{
    cpu->ftop = 0;
    cpu->ftag = 0xff;
}

static inline u64 mmx_get(const struct x86 *cpu, unsigned n)
{
    return cpu->st[n].man;
}

static inline void mmx_put(struct x86 *cpu, unsigned n, u64 value)
{
    cpu->st[n] = (struct f80){ value, 0xffff };
}
