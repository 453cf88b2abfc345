/*
 * Exceptions: raising them, and what becomes of one while another is delivered: double fault,
 * shutdown. SDM 3A 6.15, tables 6-4 and 6-5. The way through the tables is deliver.c's.
 */
#include "isa/x86/fault.h"

#include <stdio.h>
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

/* What an error code names: SDM 3A 6.13, and 4.7 for page faults. */
static void tell_code(const struct fault_note *f, char *text, size_t room)
{
    static const char *const table[] = { "GDT", "IDT", "LDT", "IDT" };
    u32 c = f->code;

    *text = '\0';
    if (f->vector == V_PF)
        snprintf(text, room, " %04x %s %s, %s%s, CR2=%llx", c, c & 4 ? "user" : "supervisor",
                 c & 16 ? "fetch" : c & 2 ? "write" : "read",
                 c & 1 ? "not allowed" : "not present", c & 8 ? ", reserved bit" : "",
                 (unsigned long long)f->cr2);
    else if (f->vector >= V_TS && f->vector <= V_GP && c >> 1)
        snprintf(text, room, " %04x %s[%u]", c, table[c >> 1 & 3], c >> 3);
    else if (f->vector >= V_TS && f->vector <= V_GP)
        snprintf(text, room, " %04x", c);
}

static void tell_fault(const struct x86 *cpu, const struct fault_note *f, const char *how)
{
    static const char *const name[] = {
        "DE", "DB", "NMI", "BP", "OF", "BR", "UD", "NM", "DF", "9", "TS", "NP", "SS", "GP", "PF",
        "15", "MF", "AC", "MC", "XM", "VE", "CP",
    };
    char code[96];

    tell_code(f, code, sizeof code);
    device_log(&cpu->cpu.dev, LOG_INFO, "  #%s%s at %llx%s",
               f->vector < COUNT(name) ? name[f->vector] : "?", code,
               (unsigned long long)f->rip, how);
}

/* SDM 3A 6.15, interrupt 8: only NMI, SMI, INIT and RESET lead out of it. */
static void shut_down(struct x86 *cpu)
{
    const struct fault_note *f = cpu->faults;

    cpu->delivering.active = false;
    device_log(&cpu->cpu.dev, LOG_INFO, "shutdown in %s mode, CPL %u, at %04x:%llx",
               cpu->efer & EFER_LMA ? "long" : cpu->cr0 & CR0_PE ? "protected" : "real",
               cpu->cpl, cpu->seg[CS].selector, (unsigned long long)cpu->rip);
    tell_fault(cpu, &f[2], "");
    tell_fault(cpu, &f[1], ", while that was delivered: #DF");
    tell_fault(cpu, &f[0], ", while #DF was delivered");
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
