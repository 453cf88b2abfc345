/*
 * Between instructions: what comes from outside, in the order of SDM 3A table 6-2, and waking.
 *
 * Not modelled: FLUSH, STPCLK, machine checks.
 */
#include "isa/x86/interrupt.h"

#include "core/machine.h"
#include "isa/x86/apic.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/transfer.h"

/* One after another without an instruction between; more would be a guest's endless nest. */
enum { EVENTS_AT_ONCE = 8 };

static bool is_first(const struct x86 *cpu)
{
    return cpu->cpu.dev.machine->cpu[0] == &cpu->cpu;
}

void x86_sipi(struct x86 *cpu, u8 vector)
{
    if (cpu->init_pending || cpu->activity == WAIT_FOR_SIPI)
        cpu->sipi = 0x100 | vector;
}

/* What start-up came before it is void; what comes while it waits is not. */
void x86_init(struct x86 *cpu)
{
    cpu->init_pending = true;
    cpu->sipi = 0;
}

/* SDM 3A 8.4.4: INIT leaves every processor but the first waiting for its start. */
static void take_init(struct x86 *cpu)
{
    u16 sipi = cpu->sipi;

    x86_reset_state(cpu, true);
    cpu->sipi = sipi;
    if (!is_first(cpu))
        cpu->activity = WAIT_FOR_SIPI;
}

void x86_await_start(struct x86 *cpu)
{
    if (x86_apic_has(cpu) && !is_first(cpu))
        cpu->activity = WAIT_FOR_SIPI;
}

static void start_up(struct x86 *cpu)
{
    cpu->seg[CS].selector = (u16)(cpu->sipi << 8);
    cpu->seg[CS].base = (u64)(cpu->sipi & 0xff) << 12;
    cpu->rip = 0;
    cpu->sipi = 0;
    cpu->activity = RUNNING;
    x86_mode_update(cpu);
}

static void take_nmi(struct x86 *cpu)
{
    cpu->nmi_pending = false;
    cpu->nmi_blocked = true;
    x86_deliver(cpu, V_NMI, FROM_EXTERNAL, false, 0);
}

static u8 ask_controller(struct x86 *cpu)
{
    x86_publish_time(cpu);
    if (cpu->cpu.acknowledge)
        return cpu->cpu.acknowledge(cpu->cpu.pic);
    guest_oddity(&cpu->cpu.dev, "INTR, and nobody to say which vector");
    return 0;
}

static void take_interrupt(struct x86 *cpu)
{
    int vector = x86_apic_take(cpu);

    if (vector < 0)
        vector = ask_controller(cpu);
    x86_deliver(cpu, (u8)vector, FROM_EXTERNAL, false, 0);
}

/*
 * False: nothing that can be taken now. NMI and SMI may wait for the instruction behind STI, too
 * (SDM 2B STI): as on Intel's processors they do.
 */
static bool attend_one(struct x86 *cpu)
{
    bool asleep = cpu->activity == WAIT_FOR_SIPI || cpu->activity == SHUTDOWN;

    if (cpu->smi_pending && !cpu->in_smm && !cpu->shadow && cpu->activity != WAIT_FOR_SIPI)
        x86_smm_enter(cpu);
    else if (cpu->init_pending && !cpu->in_smm)
        take_init(cpu);
    else if (cpu->activity == WAIT_FOR_SIPI && cpu->sipi)
        start_up(cpu);
    else if (cpu->dr6_pending && !(cpu->shadow & SHADOW_SS) && !asleep)
        x86_deliver(cpu, V_DB, FROM_EXCEPTION, false, 0);
    else if (cpu->nmi_pending && !cpu->nmi_blocked && !cpu->shadow
             && cpu->activity != WAIT_FOR_SIPI)
        take_nmi(cpu);
    else if (cpu->intr && cpu->eflags & IF && !cpu->shadow && !asleep)
        take_interrupt(cpu);
    else
        return false;
    return true;
}

bool x86_attend(struct x86 *cpu)
{
    for (unsigned i = 0; i < EVENTS_AT_ONCE && attend_one(cpu); i++)
        ;
    return cpu->activity == RUNNING;
}
