/* isa/x86/fpu/x87.c */
/*
 * Control, status and tags of the x87 unit, and its exceptions' way out: #MF, or the FERR pin
 * and IRQ 13. SDM 1 8.1 and 8.7; appendix D of older editions for the pin.
 */
#include "isa/x86/fpu/x87.h"

#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/x86.h"

enum { FCW_WRITABLE = 0x1f3f, FCW_ONE = 0x0040 };
enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

/* Precision 01 is reserved, and means 64 bits to processors. */
static void derive_env(struct x86 *cpu)
{
    unsigned precision = cpu->fcw >> 8 & 3;

    cpu->fenv = (struct fp_env){
        .rounding = cpu->fcw >> 10 & 3, .precision = precision == 1 ? FP_PC64 : (u8)precision,
        .masks = cpu->fcw & FSW_EXCEPTIONS,
    };
    cpu->fpu_selectors = !x86_has(cpu, F_NO_FCS);
}

static void set_ferr(struct x86 *cpu, bool level)
{
    if (cpu->ferr.level == level)
        return;
    if (cpu->op)                        /* not from a reset */
        x86_publish_time(cpu);
    line_set(&cpu->ferr, level);
}

/* ES and B say that something is unmasked and pending. */
static void summarise(struct x86 *cpu)
{
    bool pending = cpu->fsw & ~cpu->fcw & FSW_EXCEPTIONS;

    cpu->fsw = (u16)((cpu->fsw & ~(FSW_ES | FSW_B)) | (pending ? FSW_ES | FSW_B : 0));
    set_ferr(cpu, pending && !(cpu->cr0 & CR0_NE));
}

void x87_unmasked(struct x86 *cpu)
{
    summarise(cpu);
}

void x87_set_control(struct x86 *cpu, u16 fcw)
{
    cpu->fcw = (fcw & FCW_WRITABLE) | FCW_ONE;
    derive_env(cpu);
    summarise(cpu);
}

void x87_set_status(struct x86 *cpu, u16 fsw)
{
    cpu->ftop = fsw >> FSW_TOP_SHIFT & 7;
    cpu->fsw = fsw & (u16)~FSW_TOP;
    summarise(cpu);
}

void x87_init(struct x86 *cpu)
{
    cpu->ftag = 0;
    cpu->fop = cpu->fcs = cpu->fds = 0;
    cpu->fip = cpu->fdp = 0;
    x87_set_status(cpu, 0);
    x87_set_control(cpu, FCW_INIT);
}

void x87_power_on(struct x86 *cpu)
{
    x87_init(cpu);
    memset(cpu->st, 0, sizeof cpu->st);
    cpu->ftag = 0xff;
    x87_set_control(cpu, FCW_POWER_ON);
}

void x87_resume(struct x86 *cpu)
{
    derive_env(cpu);
}

static unsigned tag(const struct f80 v)
{
    switch (f80_class(v)) {
    case F80_NORMAL:  return TAG_VALID;
    case F80_IS_ZERO: return TAG_ZERO;
    default:          return TAG_SPECIAL;
    }
}

u16 x87_tags(const struct x86 *cpu)
{
    unsigned tags = 0;

    for (unsigned i = 0; i < 8; i++)
        tags |= (cpu->ftag >> i & 1 ? tag(cpu->st[i]) : TAG_EMPTY) << 2 * i;
    return (u16)tags;
}

void x87_set_tags(struct x86 *cpu, u16 tags)
{
    cpu->ftag = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((tags >> 2 * i & 3) != TAG_EMPTY)
            cpu->ftag |= (u8)(1 << i);
}

/*
 * With NE clear the processor freezes before the instruction until an interrupt, which FERR should
 * bring about: it is tried again, a cycle later each time.
 */
void x87_pending(struct x86 *cpu)
{
    if (cpu->cr0 & CR0_NE)
        x86_fault(cpu, V_MF);
    set_ferr(cpu, true);
    if (cpu->pins >> X86_IGNNE & 1)
        return;
    cpu->fault_vector = V_NONE;
    longjmp(cpu->unwind, 1);
}
