/* A machine of processors with local APICs, and their registers. */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#include "core/config.h"
#include "core/machine.h"
#include "core/ram.h"
#include "isa/x86/apic.h"
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/mode.h"
#include "isa/x86/msr.h"
#include "isa/x86/x86.h"

enum {
    APIC_ID = 0x20, VERSION = 0x30, TPR = 0x80, APR = 0x90, PPR = 0xa0, EOI = 0xb0, LDR = 0xd0,
    DFR = 0xe0, SVR = 0xf0, ISR = 0x100, TMR = 0x180, IRR = 0x200, ESR = 0x280, ICR = 0x300,
    ICR_HIGH = 0x310, TIMER = 0x320, THERMAL = 0x330, PERF = 0x340, LINT0 = 0x350, LINT1 = 0x360,
    ERROR = 0x370, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0, SELF = 0x3f0,
};
#define PAGE UINT64_C(0xfee00000)

struct apics {
    struct machine *machine;
    struct config  *config;
    struct region   ram;
    struct x86     *cpu[8];
};

static inline struct apics *apics_create(unsigned cpus, const char *model)
{
    static char name[8][16];
    struct apics *a = calloc(1, sizeof *a);
    struct ram *ram;
    char key[32];

    a->machine = machine_create(NULL);
    ram = machine_add_ram(a->machine, "main", 2 << 20, NULL);
    a->ram = (struct region){ .name = "main", .ram = ram, .size = ram->size, .writable = true };
    space_map(a->machine->memory, &a->ram, 0, UNDER);
    a->machine->config = a->config = config_create();
    for (unsigned i = 0; i < cpus; i++) {
        struct device *dev;

        snprintf(name[i], sizeof name[i], "cpu%u", i);
        snprintf(key, sizeof key, "cpu%u.model", i);
        config_set(a->config, key, model, NULL);
        dev = machine_add(a->machine, &x86_cpu_type, name[i], NULL);
        a->cpu[i] = container_of(dev, struct x86, cpu.dev);
    }
    machine_reset(a->machine, RESET_POWER);
    for (unsigned i = 0; i < cpus; i++)
        if (a->cpu[i]->activity == RUNNING)
            a->cpu[i]->activity = HALTED;       /* time passes, nothing is executed */
    return a;
}

static inline void apics_destroy(struct apics *a)
{
    machine_destroy(a->machine);
    config_destroy(a->config);
    free(a);
}

static inline u32 apic_get(struct x86 *cpu, u32 reg)
{
    return (u32)space_read(cpu->cpu.memory, PAGE + reg, 4);
}

static inline void apic_set(struct x86 *cpu, u32 reg, u32 v)
{
    space_write(cpu->cpu.memory, PAGE + reg, v, 4);
}

/* Is the bit of a vector set in ISR, TMR or IRR? */
static inline bool apic_has(struct x86 *cpu, u32 set, u8 vector)
{
    return apic_get(cpu, set + (vector >> 5) * 16) >> (vector & 31) & 1;
}

static inline void apic_switch_on(struct x86 *cpu)
{
    apic_set(cpu, SVR, 0x1ff);
}

static inline bool apic_base(struct x86 *cpu, u64 v)
{
    return x86_msr_write(cpu, 0x1b, v);
}

static inline bool apic_to_x2(struct x86 *cpu)
{
    return apic_base(cpu, PAGE | APIC_ON | APIC_X2);
}
