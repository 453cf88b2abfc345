/*
 * Processors that are halted with interrupts disabled wake for NMI, SMI and INIT alone, and
 * others that wait for those wake never: after some seconds of that nobody is left to send
 * one. Names of the rows are those of isa/x86/state.h.
 */
#include "frontends/alive.h"

#include "core/cpu.h"
#include "core/machine.h"

#include <string.h>

enum { PATIENCE_S = 3, RUNNING = 0, HALTED = 1, INTERRUPT_FLAG = 0x200 };

struct look { u64 activity; bool enabled; };

static void see(void *ctx, const struct state_view *v)
{
    struct look *look = ctx;
    const char *dot = strchr(v->name, '.');

    if (dot && !strcmp(dot, ".activity"))
        look->activity = state_get(v, 0);
    else if (dot && !strcmp(dot, ".eflags"))
        look->enabled = (state_get(v, 0) & INTERRUPT_FLAG) != 0;
}

static bool any_hears(struct machine *m)
{
    for (unsigned i = 0; i < m->cpus; i++) {
        struct look look = { RUNNING, true };
        struct device *dev = &m->cpu[i]->dev;

        state_visit(dev->type->state, dev, dev->name, see, &look);
        if (look.activity == RUNNING || (look.activity == HALTED && look.enabled))
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
