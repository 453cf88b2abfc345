/* isa/x86/cpu.c */
/* The processor as a device: attaching, reset, pins, save and load. */
#include "isa/x86/x86.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/machine.h"
#include "isa/x86/apic.h"
#include "isa/x86/block.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/disassemble.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/interp.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/mode.h"
#include "isa/x86/msr.h"
#include "isa/x86/paging.h"
#include "isa/x86/peek.h"
#include "isa/x86/pmu.h"
#include "isa/x86/timing.h"

DEFINE_PART(struct pmu, PMU_STATE)
DEFINE_PART(struct branches, BRANCH_STATE)
DEFINE_PART(struct pipe, PIPE_STATE)
DEFINE_PART(struct segment, SEGMENT_STATE)
DEFINE_PART(struct table_register, TABLE_STATE)
DEFINE_PART(struct vreg, VECTOR_STATE)
DEFINE_PART(struct f80, F80_STATE)
DEFINE_PART(struct apic, APIC_STATE)
DEFINE_PART(struct tlb_page, TLB_PAGE_STATE)
DEFINE_STATE(struct x86, X86_STATE);

static bool translate(struct cpu *cpu, u64 linear, u64 *physical)
{
    return x86_peek_translate(container_of(cpu, struct x86, cpu), linear, physical);
}

static const struct cpu_ops ops = {
    .run = x86_run,
    .settle = x86_settle,
    .disassemble = x86_disassemble,
    .translate = translate,
};

static struct x86 *from_device(struct device *dev)
{
    return container_of(dev, struct x86, cpu.dev);
}

/* What only RESET sets: the floating-point and vector units, model-specific registers. */
static void x86_reset_registers(struct x86 *cpu)
{
    x87_power_on(cpu);
    cpu->mxcsr = 0x1f80;
    memset(cpu->v, 0, sizeof cpu->v);
    memset(cpu->st, 0, sizeof cpu->st);
    cpu->xcr0 = 1;
    cpu->pkru = 0;
    cpu->smbase = 0x30000;
    x86_msr_reset(cpu, false);
    x86_pmu_reset(cpu);
    cpu->random = machine_random(cpu->cpu.dev.machine);
}

static void reset_segment(struct x86 *cpu, enum segment_name name, u16 selector, u64 base)
{
    cpu->seg[name] = (struct segment){
        selector, SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED, 0xffff, base
    };
}

/* The first instruction lies 16 bytes below the end of what the address lines reach. */
static void reset_segments(struct x86 *cpu)
{
    for (unsigned i = 0; i < 6; i++)
        reset_segment(cpu, (enum segment_name)i, 0, 0);
    if (x86_has(cpu, F_ONLY86)) {
        reset_segment(cpu, CS, 0xffff, 0xffff0);
        cpu->rip = 0;
    } else {
        reset_segment(cpu, CS, 0xf000, x86_has(cpu, F_I386) ? 0xffff0000 : 0xff0000);
        cpu->rip = 0xfff0;
    }
    cpu->seg[LDTR] = (struct segment){ 0, SEG_P | 2 << SEG_TYPE_SHIFT, 0xffff, 0 };
    cpu->seg[TR] = (struct segment){ 0, SEG_P | 11 << SEG_TYPE_SHIFT, 0xffff, 0 };
    cpu->gdtr[0] = (struct table_register){ 0, 0xffff };
    cpu->idtr[0] = (struct table_register){ 0, x86_has(cpu, F_I486) ? 0xffff : 0x3ff };
}

/* CD and NW come set, and outlive INIT: SDM 3A table 9-1. */
static u32 reset_cr0(const struct x86 *cpu, bool init)
{
    if (!x86_has(cpu, F_I486))
        return x86_has(cpu, F_I386) && x86_has(cpu, F_FPU) ? CR0_ET : 0;
    return CR0_ET | (init ? cpu->cr0 & (CR0_CD | CR0_NW) : CR0_CD | CR0_NW);
}

/* SDM 3A 9.1.1, table 9-1; `init`: what INIT leaves alone stays. */
void x86_reset_state(struct x86 *cpu, bool init)
{
    cpu->pipe[0] = (struct pipe){ 0 };
    memset(cpu->gpr, 0, sizeof cpu->gpr);
    cpu->gpr[RDX] = x86_signature(cpu);
    cpu->eflags = 2;
    x86_set_arithmetic(cpu, 0);
    cpu->cpl = 0;
    reset_segments(cpu);
    cpu->cr0 = reset_cr0(cpu, init);
    cpu->cr2 = cpu->cr3 = cpu->cr4 = 0;
    memset(cpu->dr, 0, sizeof cpu->dr);
    cpu->dr[6] = 0xffff0ff0;
    cpu->dr[7] = 0x400;
    if (init)
        x86_msr_reset(cpu, true);
    x86_apic_reset(cpu, init);
    x86_set_activity(cpu, RUNNING);
    cpu->shadow = 0;
    cpu->dr6_pending = 0;
    cpu->nmi_blocked = cpu->nmi_pending = cpu->smi_pending = cpu->init_pending = false;
    cpu->sipi = 0;
    cpu->in_smm = false;
    cpu->mem = cpu->cpu.memory;
    x86_mode_update(cpu);
    x86_tlb_flush(cpu, true);
}

static void x86_device_reset(struct device *dev, enum reset kind)
{
    struct x86 *cpu = from_device(dev);

    (void)kind;
    x86_reset_registers(cpu);
    x86_reset_state(cpu, false);
    x86_tlb_refresh(cpu);
    x86_await_start(cpu);
}

/* What leaves the chip: its address lines, less number 20 while A20M# is asserted. */
static void mask_addresses(struct x86 *cpu)
{
    cpu->a20_mask = x86_address_lines(cpu);
    if (!(cpu->pins >> X86_A20M & 1))
        cpu->a20_mask &= ~BIT(20);
}

static void x86_pin(struct device *dev, unsigned pin, bool level)
{
    struct x86 *cpu = from_device(dev);
    bool rose = level && !(cpu->pins >> pin & 1);

    cpu->pins = (u8)((cpu->pins & ~(1u << pin)) | (unsigned)level << pin);
    cpu->leave = true;
    switch (pin) {
    case X86_INTR:
    case X86_NMI:  x86_apic_pin(cpu, pin, level, rose); break;
    case X86_SMI:  cpu->smi_pending |= rose; break;
    case X86_INIT:
        if (rose)
            x86_init(cpu);
        break;
    case X86_A20M:
        mask_addresses(cpu);
        x86_tlb_refresh(cpu);
        break;
    default: break;
    }
}

static void remapped(struct space_watcher *w, u64 first, u64 last)
{
    struct x86 *cpu = container_of(w, struct x86, watcher);

    (void)first;
    (void)last;
    x86_tlb_refresh(cpu);
    cpu->leave = true;
}

static void written(struct space_watcher *w, u8 *page, u32 first, u32 last)
{
    x86_code_written(container_of(w, struct x86, watcher), page, first, last);
}

static bool select_timing(struct x86 *cpu, const char *name, struct error *err)
{
    bool fixed;

    cpu->timing = x86_timing_find(name, &fixed);
    return cpu->timing || fixed || fail(err, "%s: no such timing model", name);
}

static bool x86_attach(struct device *dev, struct error *err)
{
    struct x86 *cpu = from_device(dev);

    cpu->pins = 1 << X86_A20M;
    cpu->mem = cpu->cpu.memory;
    if (!x86_model_select(cpu, device_text(dev, "model", "max"), err))
        return false;
    if (!select_timing(cpu, device_text(dev, "timing", "fixed"), err))
        return false;
    mask_addresses(cpu);
    cpu->hz = device_number(dev, "hz", cpu->model->hz);
    if (cpu->hz == 0)
        return fail(err, "%s.hz: a clock of 0 Hz never ticks", dev->name);
    cpu->cores = (u32)device_number(dev, "cores", 0);
    if (cpu->cores & (cpu->cores - 1))
        return fail(err, "%s.cores: identifiers tell packages of 1, 2, 4 ... cores", dev->name);
    cpu->tlb_none = calloc(1, sizeof *cpu->tlb_none);
    if (!cpu->tlb_none)
        return fail(err, "no memory for %s", dev->name);
    for (unsigned kind = 0; kind < TLB_KINDS; kind++)
        for (unsigned slot = 0; slot < TLB_SIZE; slot++)
            cpu->tlb_none->entry[kind][slot].tag = tlb_empty_tag(slot);
    cpu->tlb_none->epoch = EPOCH_OVER;
    if (!x86_apic_attach(cpu, err) || !cpu_join(&cpu->cpu, &ops, err)
        || !x86_shared_join(cpu, err)) {
        x86_apic_detach(cpu);
        free(cpu->tlb_none);
        return false;
    }
    if (cpu->view)
        cpu->cpu.memory = cpu->view;
    cpu->mem = cpu->cpu.memory;
    device_line(dev, &cpu->ferr, "ferr");
    device_line(dev, &cpu->shutdown, "shutdown");
    cpu->watcher.remapped = remapped;
    cpu->watcher.code_written = written;
    space_watch(cpu->cpu.memory, &cpu->watcher);
    return true;
}

static void x86_detach(struct device *dev)
{
    struct x86 *cpu = from_device(dev);

    if (cpu->smm_mem) {
        space_unwatch(cpu->smm_mem, &cpu->smm_watcher);
        space_destroy(cpu->smm_mem);
    }
    if (cpu->shared)
        space_unwatch(cpu->cpu.memory, &cpu->watcher);
    x86_apic_detach(cpu);
    x86_shared_leave(cpu);
    free(cpu->tlb_none);
}

/* Everything derived, from what was loaded. */
static void x86_resume(struct device *dev)
{
    struct x86 *cpu = from_device(dev);

    x86_set_arithmetic(cpu, cpu->eflags);
    x87_resume(cpu);
    mask_addresses(cpu);
    cpu->mem = cpu->in_smm && cpu->smm_mem ? cpu->smm_mem : cpu->cpu.memory;
    x86_apic_resume(cpu);
    cpu->cs_limits = 0;
    x86_block_forget_all(cpu->shared);
    x86_pmu_resume(cpu);
    x86_mode_update(cpu);
    x86_tlb_refresh(cpu);
}

/* "models": text, a line for each name that "model" of the configuration takes. */
static void *x86_offer(struct device *dev, const char *interface)
{
    (void)dev;
    return strcmp(interface, "models") ? NULL : (void *)x86_model_names;
}

const struct device_type x86_cpu_type = {
    .name = "x86", .title = "x86 processor", .size = sizeof(struct x86), .state = state_rows,
    .attach = x86_attach, .reset = x86_device_reset, .pin = x86_pin, .resume = x86_resume,
    .offer = x86_offer, .detach = x86_detach,
};
