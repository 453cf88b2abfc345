/*
 * How the local APIC takes interrupts in and hands them to the processor: SDM 3A 10.5 "Handling
 * Local Interrupts", 10.8 "Handling Interrupts".
 *
 * Nothing here happens between the processor's asking for a vector and its getting it, so the
 * spurious vector is never delivered. Not modelled: focus processors, arbitration, polarity of
 * LINT pins (wires are asserted or not, whatever the level).
 */
#include "isa/x86/apic.h"

#include "core/machine.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/x86.h"

enum { EOI_OF_IOAPIC = 0x40 };
#define IOAPIC UINT64_C(0xfec00000)

/* ---- Sets of vectors ---- */

static bool has(const u32 *set, u8 vector)
{
    return set[vector >> 5] >> (vector & 31) & 1;
}

static void put(u32 *set, u8 vector, bool on)
{
    u32 bit = 1u << (vector & 31);

    set[vector >> 5] = on ? set[vector >> 5] | bit : set[vector >> 5] & ~bit;
}

/* -1: none. */
static int highest(const u32 *set)
{
    for (int i = 7; i >= 0; i--)
        if (set[i])
            return 32 * i + 31 - __builtin_clz(set[i]);
    return -1;
}

/* ---- Towards the processor ---- */

u8 x86_apic_processor_priority(const struct x86 *cpu)
{
    const struct apic *a = &cpu->apic[0];
    int served = highest(a->isr);

    if (served < 0 || a->tpr >> 4 >= served >> 4)
        return a->tpr;
    return (u8)(served & 0xf0);
}

static bool unmasked_as(const struct apic *a, enum lvt n, unsigned mode)
{
    return !(a->lvt[n] & LVT_MASKED) && (a->lvt[n] & LVT_MODE) >> LVT_MODE_SHIFT == mode;
}

/* Somebody else knows the vector: no APIC is in the way, or it lets the request through. */
static bool from_outside(const struct x86 *cpu)
{
    const struct apic *a = &cpu->apic[0];

    if (!x86_apic_on(cpu))
        return cpu->pins >> X86_INTR & 1;
    return a->extint
        || (cpu->pins >> X86_INTR & 1 && unmasked_as(a, LVT_LINT0, DELIVER_EXTINT))
        || (cpu->pins >> X86_NMI & 1 && unmasked_as(a, LVT_LINT1, DELIVER_EXTINT));
}

static int deliverable(const struct x86 *cpu)
{
    int vector = x86_apic_on(cpu) ? highest(cpu->apic[0].irr) : -1;

    return vector >> 4 > x86_apic_processor_priority(cpu) >> 4 ? vector : -1;
}

void x86_apic_update(struct x86 *cpu)
{
    cpu->intr = from_outside(cpu) || deliverable(cpu) >= 0;
    if (cpu->intr)
        cpu->leave = true;
}

int x86_apic_take(struct x86 *cpu)
{
    struct apic *a = &cpu->apic[0];
    int vector = from_outside(cpu) ? -1 : deliverable(cpu);

    if (vector < 0) {
        a->extint = false;
    } else {
        put(a->irr, (u8)vector, false);
        put(a->isr, (u8)vector, true);
    }
    x86_apic_update(cpu);
    return vector;
}

void x86_apic_set_tpr(struct x86 *cpu, u8 value)
{
    cpu->apic[0].tpr = value;
    x86_apic_update(cpu);
}

/* ---- From the outside ---- */

void x86_apic_accept(struct x86 *cpu, u8 vector, bool level)
{
    struct apic *a = &cpu->apic[0];

    if (vector < 16) {
        x86_apic_error(cpu, ESR_RECEIVED_ILLEGAL);
        return;
    }
    put(a->irr, vector, true);
    put(a->tmr, vector, level);
    x86_apic_update(cpu);
}

/* Each kind of error asks for an interrupt once, until ESR is written. */
void x86_apic_error(struct x86 *cpu, u32 bit)
{
    struct apic *a = &cpu->apic[0];
    bool known = a->errors & bit;

    a->errors |= bit;
    if (!known && (a->lvt[LVT_ERROR] & LVT_VECTOR) >= 16)
        x86_apic_local(cpu, LVT_ERROR);
}

static bool is_pin(enum lvt n)
{
    return n == LVT_LINT0 || n == LVT_LINT1;
}

void x86_apic_local(struct x86 *cpu, enum lvt n)
{
    struct apic *a = &cpu->apic[0];
    u32 entry = a->lvt[n];
    bool level = is_pin(n) && entry & LVT_LEVEL;

    if (entry & LVT_MASKED)
        return;
    switch ((entry & LVT_MODE) >> LVT_MODE_SHIFT) {
    case DELIVER_FIXED:
        if (level)
            a->lvt[n] |= LVT_REMOTE_IRR;
        x86_apic_accept(cpu, (u8)entry, level);
        break;
    case DELIVER_SMI:  cpu->smi_pending = true; break;
    case DELIVER_NMI:  cpu->nmi_pending = true; break;
    case DELIVER_INIT: x86_init(cpu); break;
    default: break;                 /* ExtINT: x86_apic_update() looks at the pin */
    }
    if (n == LVT_PERF && x86_has(cpu, F_SSE2))
        a->lvt[n] |= LVT_MASKED;    /* SDM 3A 10.5.1; the P6 leaves it */
    cpu->leave = true;
}

/* ---- The pins ---- */

static bool pin_of(const struct x86 *cpu, enum lvt n)
{
    return cpu->pins >> (n == LVT_LINT0 ? X86_INTR : X86_NMI) & 1;
}

/* A level that waits for nothing but its being asked. */
static void ask_level(struct x86 *cpu, enum lvt n)
{
    u32 entry = cpu->apic[0].lvt[n];

    if (x86_apic_on(cpu) && pin_of(cpu, n) && entry & LVT_LEVEL && !(entry & LVT_REMOTE_IRR)
        && unmasked_as(&cpu->apic[0], n, DELIVER_FIXED))
        x86_apic_local(cpu, n);
}

void x86_apic_lvt_changed(struct x86 *cpu, enum lvt n)
{
    if (is_pin(n))
        ask_level(cpu, n);
    x86_apic_update(cpu);
}

void x86_apic_pin(struct x86 *cpu, unsigned pin, bool level, bool rose)
{
    enum lvt n = pin == X86_INTR ? LVT_LINT0 : LVT_LINT1;

    if (!x86_apic_on(cpu))
        cpu->nmi_pending |= pin == X86_NMI && rose;
    else if (cpu->apic[0].lvt[n] & LVT_LEVEL && unmasked_as(&cpu->apic[0], n, DELIVER_FIXED))
        ask_level(cpu, n);
    else if (rose)
        x86_apic_local(cpu, n);
    x86_apic_update(cpu);
}

/* ---- End of interrupt: SDM 3A 10.8.5 ---- */

static void end_at_pin(struct x86 *cpu, enum lvt n, u8 vector)
{
    u32 *entry = &cpu->apic[0].lvt[n];

    if (!(*entry & LVT_REMOTE_IRR) || (u8)*entry != vector)
        return;
    *entry &= ~(u32)LVT_REMOTE_IRR;
    ask_level(cpu, n);
}

void x86_apic_eoi(struct x86 *cpu)
{
    struct apic *a = &cpu->apic[0];
    int vector = highest(a->isr);

    if (vector < 0)
        return;
    put(a->isr, (u8)vector, false);
    x86_apic_update(cpu);
    if (!has(a->tmr, (u8)vector))
        return;
    end_at_pin(cpu, LVT_LINT0, (u8)vector);
    end_at_pin(cpu, LVT_LINT1, (u8)vector);
    if (!(a->svr & SVR_NO_BROADCAST))
        space_write(cpu->cpu.dev.machine->memory, IOAPIC + EOI_OF_IOAPIC, (u8)vector, 4);
}
