/*
 * Messages to local APICs: from other processors by the interrupt command register (SDM 3A 10.6
 * "Issuing Interprocessor Interrupts", 10.12.9, 10.12.10), from devices by stores to FEExxxxxh
 * (10.11 "Message Signalled Interrupts"). Of several processors a lowest-priority message goes to
 * the one of the lowest processor priority; among equals, to the first.
 *
 * Not modelled: arbitration identifiers (nothing shows them), focus processors.
 */
#include "isa/x86/apic.h"

#include "core/bits.h"
#include "core/machine.h"
#include "isa/x86/interp.h"
#include "isa/x86/interrupt.h"

enum { ICR_LOGICAL = 1 << 11, ICR_ASSERT = 1 << 14, ICR_LEVEL = 1 << 15, ICR_SHORTHAND = 18 };
enum { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };
enum { MSI_LOGICAL = 1 << 2, MSI_DESTINATION = 12 };

struct message {
    u32  destination;
    bool logical, wide;             /* wide: 32 bits of destination, from an x2APIC */
    bool level;
    u8   mode, vector;
    u8   shorthand;
    const struct x86 *sender;       /* NULL: a device */
};

u32 x86_apic_number(const struct x86 *cpu)
{
    const struct machine *m = cpu->cpu.dev.machine;

    for (unsigned i = 0; m && i < m->cpus; i++)
        if (m->cpu[i] == &cpu->cpu)
            return i;
    return 0;
}

/* ---- Who is meant ---- */

u32 x86_apic_logical(const struct x86 *cpu)
{
    u32 id = x86_apic_number(cpu);

    return x86_apic_x2(cpu) ? (id >> 4) << 16 | 1u << (id & 15) : cpu->apic[0].logical;
}

static bool is_everybody(const struct message *m)
{
    return m->destination == (m->wide ? 0xffffffff : 0xff);
}

static bool is_logical_target(const struct x86 *cpu, u32 destination)
{
    u32 mine = x86_apic_logical(cpu);

    if (x86_apic_x2(cpu))
        return destination >> 16 == mine >> 16 && destination & mine & 0xffff;
    mine >>= 24;
    if (cpu->apic[0].format >> 28 == 15)
        return destination & mine & 0xff;
    return destination >> 4 == mine >> 4 && destination & mine & 15;
}

static bool is_target(const struct x86 *cpu, const struct message *m)
{
    switch (m->shorthand) {
    case TO_SELF:   return cpu == m->sender;
    case TO_ALL:    return true;
    case TO_OTHERS: return cpu != m->sender;
    default: break;
    }
    if (is_everybody(m))
        return true;
    if (m->logical)
        return is_logical_target(cpu, m->destination);
    return m->destination == (x86_apic_x2(cpu) ? x86_apic_number(cpu) : cpu->apic[0].id);
}

/* ---- Delivery ---- */

static bool takes_vectors(const struct x86 *cpu)
{
    return cpu->apic[0].svr & SVR_ENABLE;
}

static void receive(struct x86 *cpu, const struct message *m)
{
    trace(&cpu->cpu.dev, "APIC message: mode %u, vector %02x%s", m->mode, m->vector,
          m->level ? ", level" : "");
    cpu->leave = true;
    switch (m->mode) {
    case DELIVER_FIXED:
    case DELIVER_LOWEST:
        if (takes_vectors(cpu))
            x86_apic_accept(cpu, m->vector, m->level);
        break;
    case DELIVER_SMI:     cpu->smi_pending = true; break;
    case DELIVER_NMI:     cpu->nmi_pending = true; break;
    case DELIVER_INIT:    x86_init(cpu); break;
    case DELIVER_STARTUP: x86_sipi(cpu, m->vector); break;
    case DELIVER_EXTINT:
        cpu->apic[0].extint = true;
        x86_apic_update(cpu);
        break;
    default: break;
    }
}

/* The next processor with an APIC that is meant; *i goes on behind it. */
static struct x86 *next_target(struct machine *machine, const struct message *m, unsigned *i)
{
    while (*i < machine->cpus) {
        struct cpu *c = machine->cpu[(*i)++];
        struct x86 *cpu = container_of(c, struct x86, cpu);

        if (c->ops->run == x86_run && x86_apic_has(cpu) && x86_apic_on(cpu) && is_target(cpu, m))
            return cpu;
    }
    return NULL;
}

static void send(struct machine *machine, const struct message *m)
{
    struct x86 *cpu, *chosen = NULL;

    for (unsigned i = 0; (cpu = next_target(machine, m, &i)) != NULL; ) {
        if (m->mode != DELIVER_LOWEST)
            receive(cpu, m);
        else if (takes_vectors(cpu) && (!chosen || x86_apic_processor_priority(cpu)
                                        < x86_apic_processor_priority(chosen)))
            chosen = cpu;
    }
    if (chosen)
        receive(chosen, m);
}

/* ---- From a processor ---- */

static bool has_vector(const struct message *m)
{
    return m->mode == DELIVER_FIXED || m->mode == DELIVER_LOWEST;
}

/* A fixed message between processors is an edge, whatever the trigger bit: 10.6.1, figure 10-12. */
void x86_apic_command(struct x86 *cpu)
{
    u64 icr = cpu->apic[0].icr;
    struct message m = {
        .destination = x86_apic_x2(cpu) ? (u32)(icr >> 32) : (u32)(icr >> 56),
        .wide = x86_apic_x2(cpu), .logical = icr & ICR_LOGICAL,
        .mode = icr >> 8 & 7, .vector = (u8)icr, .shorthand = icr >> ICR_SHORTHAND & 3,
        .sender = cpu,
    };

    if (m.mode == DELIVER_INIT && icr & ICR_LEVEL && !(icr & ICR_ASSERT))
        return;                     /* de-assert: only sets arbitration identifiers */
    if (m.mode == 3 || m.mode == DELIVER_EXTINT) {
        guest_oddity(&cpu->cpu.dev, "ICR %llx: a reserved delivery mode",
                     (unsigned long long)icr);
        return;
    }
    if (has_vector(&m) && m.vector < 16)
        x86_apic_error(cpu, ESR_SEND_ILLEGAL);
    else
        send(cpu->cpu.dev.machine, &m);
}

/* ---- From devices ---- */

static void message_write(struct device *dev, u64 offset, u64 data, unsigned size)
{
    struct message m = {
        .destination = field(offset, MSI_DESTINATION, 8), .logical = offset & MSI_LOGICAL,
        .mode = field(data, 8, 3), .vector = (u8)data, .level = data & ICR_LEVEL,
    };

    if (offset & 3 || size < 2) {
        guest_oddity(dev, "a message to %llx of %u bytes", (unsigned long long)offset, size);
        return;
    }
    if (m.level && !(data & ICR_ASSERT))
        return;
    if (m.mode == 3 || m.mode == DELIVER_STARTUP)
        guest_oddity(dev, "message %llx: a reserved delivery mode", (unsigned long long)data);
    else
        send(dev->machine, &m);
}

const struct io_ops x86_apic_messages = { NULL, message_write, 8 };
