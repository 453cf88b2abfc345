/*
 * Exceptions: raising them, and what becomes of one while another is delivered: double fault,
 * shutdown. SDM 3A 6.15, tables 6-4 and 6-5. The way through the tables is deliver.c's.
 */
#include "isa/x86/fault.h"

#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/mode.h"
#include "isa/x86/transfer.h"

_Noreturn void x86_fault(struct x86 *cpu, enum vector v)
{
    cpu->fault_vector = (u8)v;
    cpu->fault_has_code = false;
    cpu->fault_code = 0;
    longjmp(cpu->unwind, 1);
}

_Noreturn void x86_fault_code(struct x86 *cpu, enum vector v, u32 code)
{
    cpu->fault_vector = (u8)v;
    cpu->fault_has_code = true;
    cpu->fault_code = code;
    longjmp(cpu->unwind, 1);
}

static bool is_contributory(u8 v)
{
    return v == V_DE || (v >= V_TS && v <= V_GP) || v == V_CP;
}

static bool is_page_fault(u8 v)
{
    return v == V_PF || v == V_VE;
}

enum outcome { ALONE, DOUBLE, TRIPLE };

/* SDM 3A table 6-5. Interrupts are benign, software's too. */
static enum outcome compose(const struct x86 *cpu, u8 second)
{
    u8 first = cpu->delivering.vector;

    if (!cpu->delivering.active || cpu->delivering.from != FROM_EXCEPTION
        || (!is_contributory(second) && !is_page_fault(second)))
        return ALONE;
    if (first == V_DF)
        return TRIPLE;
    if (is_contributory(first))
        return is_contributory(second) ? DOUBLE : ALONE;
    return is_page_fault(first) ? DOUBLE : ALONE;
}

static void note_fault(struct x86 *cpu)
{
    memmove(&cpu->faults[1], &cpu->faults[0], 2 * sizeof cpu->faults[0]);
    cpu->faults[0] = (struct fault_note){ cpu->rip, cpu->cr2, cpu->fault_code, cpu->fault_vector };
}

void x86_set_activity(struct x86 *cpu, enum activity a)
{
    cpu->activity = (u8)a;
    line_set(&cpu->shutdown, a == SHUTDOWN);
}

/* SDM 3A 6.15, interrupt 8: only NMI, SMI, INIT and RESET lead out of it. */
static void shut_down(struct x86 *cpu)
{
    const struct fault_note *f = cpu->faults;

    cpu->delivering.active = false;
    device_log(&cpu->cpu.dev, LOG_INFO, "shutdown at %04x:%llx: exceptions %u(%x), %u(%x) at %llx, "
               "%u(%x) at %llx, cr2 %llx", cpu->seg[CS].selector, (unsigned long long)cpu->rip,
               f[0].vector, f[0].code, f[1].vector, f[1].code, (unsigned long long)f[1].rip,
               f[2].vector, f[2].code, (unsigned long long)f[2].rip, (unsigned long long)cpu->cr2);
    x86_set_activity(cpu, SHUTDOWN);
}

/* The error codes that name a selector have EXT: SDM 3A 6.13. */
static bool code_has_ext(u8 v)
{
    return v >= V_TS && v <= V_GP;
}

static bool delivers_external(const struct x86 *cpu)
{
    return cpu->delivering.active
        && (cpu->delivering.from == FROM_EXCEPTION || cpu->delivering.from == FROM_EXTERNAL
            || cpu->delivering.from == FROM_ICEBP);
}

/* RF goes onto the stack for faults, but not of an instruction breakpoint: SDM 3B 17.3.1.1. */
static u32 flags_of_fault(const struct x86 *cpu, u8 v)
{
    u32 flags = x86_flags_image(cpu);

    if (!x86_has(cpu, F_I386) || (v == V_DB && !(cpu->dr6_pending & DR6_BD)))
        return flags;
    return flags | RF;
}

void x86_deliver_fault(struct x86 *cpu)
{
    struct interruption e = {
        cpu->fault_vector, FROM_EXCEPTION, cpu->fault_has_code, cpu->fault_code, 0
    };

    note_fault(cpu);
    switch (compose(cpu, e.vector)) {
    case TRIPLE: shut_down(cpu); return;
    case DOUBLE: e.vector = V_DF; e.has_code = true; e.code = 0; break;
    case ALONE:
        if (code_has_ext(e.vector) && delivers_external(cpu))
            e.code |= 1;
    }
    e.flags = flags_of_fault(cpu, e.vector);
    if (e.vector != V_DB)
        cpu->dr6_pending = 0;           /* of an instruction that did not happen */
    x86_deliver_this(cpu, &e);
}

void x86_deliver(struct x86 *cpu, u8 vector, enum source from, bool has_code, u32 code)
{
    struct interruption e = { vector, from, has_code, code, x86_flags_image(cpu) };

    x86_deliver_this(cpu, &e);
}
