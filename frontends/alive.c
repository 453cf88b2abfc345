/*
 * Processors that are halted with interrupts disabled wake for NMI, SMI and INIT alone, and
 * others that wait for those wake never: after some seconds of that nobody is left to send
 * one. Names of the rows are those of isa/x86/state.h.
 */
#include "frontends/alive.h"

#include "core/machine.h"
#include "frontends/rows.h"

enum { PATIENCE_S = 3, RUNNING = 0, HALTED = 1, INTERRUPT_FLAG = 0x200 };

static bool any_hears(struct machine *m)
{
    for (unsigned i = 0; i < m->cpus; i++) {
        struct device *cpu = processor(m, i);
        u64 activity = row(cpu, "activity", 0);

        if (activity == RUNNING
            || (activity == HALTED && row(cpu, "eflags", 0) & INTERRUPT_FLAG))
            return true;
    }
    return false;
}

bool alive_is_dead(struct alive *a, struct machine *m)
{
    u64 retired = machine_retired(m);

    if (retired != a->retired || a->since == 0) {
        a->retired = retired;
        a->since = m->clock.now;
        return false;
    }
    return m->clock.now - a->since >= PATIENCE_S * SECOND && !any_hears(m);
}
