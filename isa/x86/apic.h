/*
 * The local APIC, and how interrupts reach the processor with it or without: SDM 3A chapter 10
 * "Advanced Programmable Interrupt Controller (APIC)". Models without one have its state too;
 * of that only the task priority (CR8) is used.
 */
#pragma once
#include "isa/x86/state.h"

enum { APIC_BSP = 1 << 8, APIC_X2 = 1 << 10, APIC_ON = 1 << 11 };   /* IA32_APIC_BASE */
enum lvt { LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVTS };
enum {
    LVT_VECTOR = 0xff, LVT_MODE_SHIFT = 8, LVT_MODE = 7 << 8, LVT_PENDING = 1 << 12,
    LVT_POLARITY = 1 << 13, LVT_REMOTE_IRR = 1 << 14, LVT_LEVEL = 1 << 15, LVT_MASKED = 1 << 16,
    LVT_PERIODIC = 1 << 17, LVT_DEADLINE = 1 << 18,
};
enum { SVR_ENABLE = 1 << 8, SVR_FOCUS = 1 << 9, SVR_NO_BROADCAST = 1 << 12 };
enum { DELIVER_FIXED, DELIVER_LOWEST, DELIVER_SMI, DELIVER_NMI = 4, DELIVER_INIT,
       DELIVER_STARTUP, DELIVER_EXTINT };
enum {                              /* ESR */
    ESR_SEND_ILLEGAL = 1 << 5, ESR_RECEIVED_ILLEGAL = 1 << 6, ESR_ILLEGAL_REGISTER = 1 << 7,
};

/* ---- The chip: apic.c ---- */

bool x86_apic_attach(struct x86 *, struct error *);
void x86_apic_detach(struct x86 *);
void x86_apic_reset(struct x86 *, bool init);
void x86_apic_resume(struct x86 *);

bool x86_apic_has(const struct x86 *);
bool x86_apic_base_write(struct x86 *, u64 value);      /* false: #GP(0) */
/* As RDMSR and WRMSR of 800h-8FFh do: false, #GP(0). */
bool x86_apic_msr_read(struct x86 *, u32 number, u64 *value);
bool x86_apic_msr_write(struct x86 *, u32 number, u64 value);

static inline bool x86_apic_on(const struct x86 *cpu)   /* globally enabled */
{
    return cpu->apic_base & APIC_ON;
}

static inline bool x86_apic_x2(const struct x86 *cpu)
{
    return cpu->apic_base & APIC_X2;
}

/* ---- Interrupts: apic_interrupts.c ---- */

/* INTR or NMI has changed. */
void x86_apic_pin(struct x86 *, unsigned pin, bool level, bool rose);
/* Anything that decides over cpu->intr has changed. */
void x86_apic_update(struct x86 *);
/* Takes what cpu->intr told of: the vector, or -1: the interrupt controller knows it. */
int  x86_apic_take(struct x86 *);
u8   x86_apic_processor_priority(const struct x86 *);
void x86_apic_set_tpr(struct x86 *, u8 value);
void x86_apic_accept(struct x86 *, u8 vector, bool level);
void x86_apic_local(struct x86 *, enum lvt);            /* one of its own sources speaks */
void x86_apic_lvt_changed(struct x86 *, enum lvt);
void x86_apic_error(struct x86 *, u32 bit);
void x86_apic_eoi(struct x86 *);

/* ---- Messages between processors, and from devices: apic_messages.c ---- */

extern const struct io_ops x86_apic_messages;
void x86_apic_command(struct x86 *);                    /* what the ICR says */
u32  x86_apic_number(const struct x86 *);               /* which CPU of the machine */
u32  x86_apic_logical(const struct x86 *);              /* LDR */

/* ---- The timer: apic_timer.c ---- */

void x86_apic_timer_attach(struct x86 *);
void x86_apic_timer_start(struct x86 *, u32 initial);
void x86_apic_timer_divide(struct x86 *, u32 configuration);
void x86_apic_timer_lvt(struct x86 *, u32 old);         /* its entry was written */
u32  x86_apic_timer_count(const struct x86 *);
void x86_apic_timer_stop(struct x86 *);
/* IA32_TSC_DEADLINE, and that the time-stamp counter has been set. */
u64  x86_apic_deadline_read(const struct x86 *);
void x86_apic_deadline_write(struct x86 *, u64 value);
void x86_apic_tsc_moved(struct x86 *);
