/*
 * The local APIC as software sees it: a page of registers in the processor's own view of memory,
 * or model-specific registers (x2APIC). SDM 3A 10.4 "Local APIC", 10.12 "Extended xAPIC (x2APIC)".
 *
 * After RESET and INIT the first processor's LINT0 and LINT1 are as firmware makes them (ExtINT,
 * NMI), not masked, so that firmware that knows of no APIC gets its interrupts. The page takes
 * 32-bit accesses; narrower reads see a part, narrower writes are dropped.
 *
 * Not modelled: CMCI, extended destination IDs, the bus of the early APIC (its delivery is never
 * pending).
 */
#include "isa/x86/apic.h"

#include <string.h>

#include "core/error.h"
#include "core/machine.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/interp.h"
#include "isa/x86/memory.h"

/* Registers, by their address over 16: table 10-1. */
enum {
    REG_ID = 0x02, REG_VERSION = 0x03, REG_TPR = 0x08, REG_APR = 0x09, REG_PPR = 0x0a,
    REG_EOI = 0x0b, REG_RRD = 0x0c, REG_LDR = 0x0d, REG_DFR = 0x0e, REG_SVR = 0x0f,
    REG_ISR = 0x10, REG_TMR = 0x18, REG_IRR = 0x20, REG_ESR = 0x28, REG_ICR = 0x30,
    REG_ICR_HIGH = 0x31, REG_LVT_TIMER = 0x32, REG_LVT_ERROR = 0x37, REG_INITIAL = 0x38,
    REG_CURRENT = 0x39, REG_DIVIDE = 0x3e, REG_SELF_IPI = 0x3f,
};
enum { WINDOW = 0x1000, NANOSECOND_HZ = SECOND };
#define BASE UINT64_C(0xfee00000)

bool x86_apic_has(const struct x86 *cpu)
{
    return x86_has(cpu, F_APIC);
}

static struct x86 *from_device(struct device *dev)
{
    return container_of(dev, struct x86, cpu.dev);
}

/* ---- Which one it is ---- */

/* Entries of the local vector table: the Pentium has four, the P6 one more, the Pentium 4 six. */
static bool has_entry(const struct x86 *cpu, enum lvt n)
{
    return n == LVT_THERMAL ? x86_has(cpu, F_SSE2) : n != LVT_PERF || x86_has(cpu, F_P6);
}

static bool can_suppress_broadcast(const struct x86 *cpu)
{
    return x86_has(cpu, F_X2APIC);
}

static u32 version(const struct x86 *cpu)
{
    unsigned entries = 4u + has_entry(cpu, LVT_PERF) + has_entry(cpu, LVT_THERMAL);

    return (x86_has(cpu, F_SSE2) ? 0x14 : x86_has(cpu, F_P6) ? 0x11 : 0x10) | (entries - 1) << 16
        | (u32)can_suppress_broadcast(cpu) << 24;
}

static u32 svr_writable(const struct x86 *cpu)
{
    u32 bits = 0xff | SVR_ENABLE;

    if (!x86_apic_x2(cpu))
        bits |= SVR_FOCUS;
    return bits | (can_suppress_broadcast(cpu) ? SVR_NO_BROADCAST : 0);
}

static u32 lvt_writable(const struct x86 *cpu, enum lvt n)
{
    switch (n) {
    case LVT_TIMER:
        return LVT_VECTOR | LVT_MASKED | LVT_PERIODIC
            | (x86_has(cpu, F_TSCD) ? LVT_DEADLINE : 0);
    case LVT_LINT0:
    case LVT_LINT1:
        return LVT_VECTOR | LVT_MODE | LVT_POLARITY | LVT_LEVEL | LVT_MASKED;
    case LVT_ERROR:
        return LVT_VECTOR | LVT_MASKED;
    default:
        return LVT_VECTOR | LVT_MODE | LVT_MASKED;
    }
}

/* And those that are only read. */
static u32 lvt_known(const struct x86 *cpu, enum lvt n)
{
    bool pin = n == LVT_LINT0 || n == LVT_LINT1;

    return lvt_writable(cpu, n) | LVT_PENDING | (pin ? LVT_REMOTE_IRR : 0);
}

/* ---- Reading ---- */

static u32 read_id(const struct x86 *cpu)
{
    return x86_apic_x2(cpu) ? x86_apic_number(cpu) : (u32)cpu->apic[0].id << 24;
}

/* The entries lie in the order of their enumeration. */
static bool read_lvt(const struct x86 *cpu, unsigned reg, u32 *v)
{
    enum lvt n = (enum lvt)(reg - REG_LVT_TIMER);

    *v = cpu->apic[0].lvt[n];
    return has_entry(cpu, n);
}

/* False: there is no such register, in either mode. */
static bool read_register(const struct x86 *cpu, unsigned reg, u32 *v)
{
    const struct apic *a = &cpu->apic[0];

    switch (reg) {
    case REG_ID:        *v = read_id(cpu); return true;
    case REG_VERSION:   *v = version(cpu); return true;
    case REG_TPR:       *v = a->tpr; return true;
    case REG_APR:
    case REG_PPR:       *v = x86_apic_processor_priority(cpu); return true;
    case REG_EOI:
    case REG_RRD:       *v = 0; return true;
    case REG_LDR:       *v = x86_apic_logical(cpu); return true;
    case REG_DFR:       *v = a->format; return true;
    case REG_SVR:       *v = a->svr; return true;
    case REG_ISR ... REG_ISR + 7: *v = a->isr[reg - REG_ISR]; return true;
    case REG_TMR ... REG_TMR + 7: *v = a->tmr[reg - REG_TMR]; return true;
    case REG_IRR ... REG_IRR + 7: *v = a->irr[reg - REG_IRR]; return true;
    case REG_ESR:       *v = a->esr; return true;
    case REG_ICR:       *v = (u32)a->icr; return true;
    case REG_ICR_HIGH:  *v = (u32)(a->icr >> 32); return true;
    case REG_LVT_TIMER ... REG_LVT_ERROR: return read_lvt(cpu, reg, v);
    case REG_INITIAL:   *v = a->initial; return true;
    case REG_CURRENT:   *v = x86_apic_timer_count(cpu); return true;
    case REG_DIVIDE:    *v = a->divide; return true;
    default:            *v = 0; return false;
    }
}

/* ---- Writing ---- */

static void write_lvt(struct x86 *cpu, enum lvt n, u32 v)
{
    struct apic *a = &cpu->apic[0];
    u32 old = a->lvt[n];

    a->lvt[n] = (v & lvt_writable(cpu, n)) | (old & LVT_REMOTE_IRR);
    if (!(a->svr & SVR_ENABLE))
        a->lvt[n] |= LVT_MASKED;
    if (!(a->lvt[n] & LVT_LEVEL) || (a->lvt[n] & LVT_MODE))
        a->lvt[n] &= ~(u32)LVT_REMOTE_IRR;
    if (n == LVT_TIMER)
        x86_apic_timer_lvt(cpu, old);
    x86_apic_lvt_changed(cpu, n);
}

/* 10.4.7.2: while software disables it, all entries are masked. */
static void write_svr(struct x86 *cpu, u32 v)
{
    struct apic *a = &cpu->apic[0];

    a->svr = v & svr_writable(cpu);
    for (unsigned n = 0; n < LVTS && !(v & SVR_ENABLE); n++)
        write_lvt(cpu, (enum lvt)n, a->lvt[n] | LVT_MASKED);
}

/* A write latches what has come together and begins anew: 10.5.3. */
static void write_esr(struct x86 *cpu)
{
    struct apic *a = &cpu->apic[0];

    a->esr = a->errors;
    a->errors = 0;
}

static void write_icr(struct x86 *cpu, u64 v)
{
    cpu->apic[0].icr = v & (x86_apic_x2(cpu) ? UINT64_C(0xffffffff000ccfff)
                                             : UINT64_C(0xff000000000ccfff));
    x86_apic_command(cpu);
}

static bool write_entry(struct x86 *cpu, unsigned reg, u32 v)
{
    enum lvt n = (enum lvt)(reg - REG_LVT_TIMER);

    if (has_entry(cpu, n))
        write_lvt(cpu, n, v);
    return has_entry(cpu, n);
}

/* Those that both modes have. False: there is no such register. */
static bool write_register(struct x86 *cpu, unsigned reg, u32 v)
{
    switch (reg) {
    case REG_TPR:     x86_apic_set_tpr(cpu, (u8)v); return true;
    case REG_EOI:     x86_apic_eoi(cpu); return true;
    case REG_SVR:     write_svr(cpu, v); return true;
    case REG_ESR:     write_esr(cpu); return true;
    case REG_LVT_TIMER ... REG_LVT_ERROR: return write_entry(cpu, reg, v);
    case REG_INITIAL: x86_apic_timer_start(cpu, v); return true;
    case REG_DIVIDE:  x86_apic_timer_divide(cpu, v); return true;
    default:          return false;
    }
}

/* ---- The page of an xAPIC ---- */

static void page_write_register(struct x86 *cpu, unsigned reg, u32 v)
{
    struct apic *a = &cpu->apic[0];
    u32 ignored;

    switch (reg) {
    case REG_ID:       a->id = (u8)(v >> 24); return;
    case REG_LDR:      a->logical = v & 0xff000000; return;
    case REG_DFR:      a->format = v | 0x0fffffff; return;
    case REG_ICR:      write_icr(cpu, (a->icr & ~UINT64_C(0xffffffff)) | v); return;
    case REG_ICR_HIGH: a->icr = (u32)a->icr | (u64)(v & 0xff000000) << 32; return;
    default: break;
    }
    if (!write_register(cpu, reg, v) && !read_register(cpu, reg, &ignored))
        x86_apic_error(cpu, ESR_ILLEGAL_REGISTER);
}

/* Each register is 32 bits of 16 bytes. */
static u64 page_read(struct device *dev, u64 offset, unsigned size)
{
    struct x86 *cpu = from_device(dev);
    u32 v;

    if (!read_register(cpu, (unsigned)offset >> 4, &v))
        x86_apic_error(cpu, ESR_ILLEGAL_REGISTER);
    trace(dev, "APIC: %03x reads %08x", (unsigned)offset, v);
    return offset & 12 ? 0 : v >> 8 * (offset & 3);
}

static void page_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    trace(dev, "APIC: %03x := %08x", (unsigned)offset, (u32)value);
    if (offset & 15 || size != 4)
        guest_oddity(dev, "APIC: %u bytes stored at %03x", size, (unsigned)offset);
    else
        page_write_register(from_device(dev), (unsigned)offset >> 4, (u32)value);
}

static const struct io_ops page_io = { page_read, page_write, 4 };

/* ---- The registers of an x2APIC: table 10-6 ---- */

static bool is_written_only(unsigned reg)
{
    return reg == REG_EOI || reg == REG_SELF_IPI;
}

bool x86_apic_msr_read(struct x86 *cpu, u32 number, u64 *value)
{
    unsigned reg = number & 0xff;
    u32 v;

    if (!x86_apic_x2(cpu) || is_written_only(reg) || reg == REG_ICR_HIGH || reg == REG_DFR
        || reg == REG_APR || reg == REG_RRD)
        return false;
    x86_publish_time(cpu);
    cpu->leave = true;
    if (!read_register(cpu, reg, &v))
        return false;
    *value = reg == REG_ICR ? cpu->apic[0].icr : v;
    trace(&cpu->cpu.dev, "APIC: MSR %03x reads %llx", number, (unsigned long long)*value);
    return true;
}

/* Bits that may be written; a write of others is refused. */
static u64 msr_writable(const struct x86 *cpu, unsigned reg)
{
    switch (reg) {
    case REG_TPR:
    case REG_SELF_IPI: return 0xff;
    case REG_SVR:      return svr_writable(cpu);
    case REG_ICR:      return UINT64_C(0xffffffff000ccfff);
    case REG_LVT_TIMER ... REG_LVT_ERROR:
        return lvt_known(cpu, (enum lvt)(reg - REG_LVT_TIMER));
    case REG_INITIAL:  return UINT32_MAX;
    case REG_DIVIDE:   return 0xb;
    default:           return 0;
    }
}

static void self_ipi(struct x86 *cpu, u8 vector)
{
    if (vector < 16)
        x86_apic_error(cpu, ESR_SEND_ILLEGAL);
    else if (cpu->apic[0].svr & SVR_ENABLE)
        x86_apic_accept(cpu, vector, false);
}

bool x86_apic_msr_write(struct x86 *cpu, u32 number, u64 value)
{
    unsigned reg = number & 0xff;

    if (!x86_apic_x2(cpu) || value & ~msr_writable(cpu, reg))
        return false;
    trace(&cpu->cpu.dev, "APIC: MSR %03x := %llx", number, (unsigned long long)value);
    x86_publish_time(cpu);
    switch (reg) {
    case REG_ICR:      write_icr(cpu, value); return true;
    case REG_SELF_IPI: self_ipi(cpu, (u8)value); return true;
    default:           return write_register(cpu, reg, (u32)value);
    }
}

/* ---- Where it is ---- */

/* Its own page lies on top of all else, in no other processor's view. */
static void place_page(struct x86 *cpu)
{
    if (x86_apic_on(cpu) && !x86_apic_x2(cpu))
        space_map(cpu->view, &cpu->apic_page, cpu->apic_base & ~(u64)(WINDOW - 1), OVER);
    else
        space_unmap(&cpu->apic_page);
}

/* 10.4.4, 10.12.5: there is no way from off to x2APIC, nor from it to xAPIC. */
static bool may_become(const struct x86 *cpu, u64 v)
{
    bool x2 = v & APIC_X2, on = v & APIC_ON;

    if (v & (~cpu->phys_mask | 0x2ff))
        return false;
    if (x2 && (!x86_has(cpu, F_X2APIC) || !on || !x86_apic_on(cpu)))
        return false;
    return !(on && !x2 && x86_apic_x2(cpu));
}

static void clear(struct x86 *cpu, bool bsp)
{
    struct apic *a = &cpu->apic[0];
    u8 id = a->id;

    *a = (struct apic){ .id = id, .format = 0xffffffff, .svr = 0xff };
    for (unsigned n = 0; n < LVTS; n++)
        a->lvt[n] = LVT_MASKED;
    if (bsp) {
        a->lvt[LVT_LINT0] = DELIVER_EXTINT << LVT_MODE_SHIFT;
        a->lvt[LVT_LINT1] = DELIVER_NMI << LVT_MODE_SHIFT;
    }
    x86_apic_timer_stop(cpu);
}

/* Off, it forgets all; who switches it on again finds it as after power-on. */
bool x86_apic_base_write(struct x86 *cpu, u64 value)
{
    u64 old = cpu->apic_base;

    value = (value & ~(u64)APIC_BSP) | (old & APIC_BSP);
    if (!may_become(cpu, value & ~(u64)APIC_BSP))
        return false;
    trace(&cpu->cpu.dev, "APIC base := %llx", (unsigned long long)value);
    cpu->apic_base = value;
    if (old & ~value & APIC_ON) {
        cpu->apic[0].id = (u8)x86_apic_number(cpu);
        clear(cpu, false);
    }
    if (value & ~old & APIC_X2)
        cpu->apic[0].icr &= 0xffffffff;
    place_page(cpu);
    x86_apic_update(cpu);
    return true;
}

/* ---- Attaching, reset, loading ---- */

static bool is_first_with_apic(const struct x86 *cpu)
{
    struct machine *m = cpu->cpu.dev.machine;

    for (unsigned i = 0; i < m->cpus; i++)
        if (m->cpu[i]->ops->run == x86_run && m->cpu[i] != &cpu->cpu
            && x86_apic_has(container_of(m->cpu[i], struct x86, cpu)))
            return false;
    return true;
}

bool x86_apic_attach(struct x86 *cpu, struct error *err)
{
    struct device *dev = &cpu->cpu.dev;
    u64 hz = device_number(dev, "apic-hz", NANOSECOND_HZ);

    if (hz == 0 || hz > NANOSECOND_HZ)
        return fail(err, "%s.apic-hz: 1 to 1000000000", dev->name);
    cpu->apic_hz = (u32)hz;
    if (!x86_apic_has(cpu))
        return true;
    cpu->view = space_create_over(dev->name, dev->machine->memory);
    if (!cpu->view)
        return fail(err, "no memory for %s", dev->name);
    cpu->apic_page = (struct region){
        .name = "apic", .owner = dev, .io = &page_io, .size = WINDOW,
    };
    x86_apic_timer_attach(cpu);
    if (is_first_with_apic(cpu)) {
        cpu->messages = (struct region){
            .name = "apic-messages", .owner = dev, .io = &x86_apic_messages, .size = 0x100000,
        };
        space_map(dev->machine->memory, &cpu->messages, BASE, NORMAL);
    }
    return true;
}

void x86_apic_detach(struct x86 *cpu)
{
    space_destroy(cpu->view);
    cpu->view = NULL;
}

/* INIT spares the identifier and, with IA32_APIC_BASE, the mode: 10.4.7.3, 10.12.5.1. */
void x86_apic_reset(struct x86 *cpu, bool init)
{
    bool bsp = x86_apic_number(cpu) == 0;

    if (!x86_apic_has(cpu)) {
        cpu->apic[0].tpr = 0;
        cpu->apic_base = 0;
    } else {
        if (!init) {
            cpu->apic[0].id = (u8)x86_apic_number(cpu);
            cpu->apic_base = BASE | APIC_ON | (bsp ? APIC_BSP : 0);
        }
        clear(cpu, bsp);
        place_page(cpu);
    }
    x86_apic_update(cpu);
}

void x86_apic_resume(struct x86 *cpu)
{
    if (cpu->view)
        place_page(cpu);
    x86_apic_update(cpu);
}
