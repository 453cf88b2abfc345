/*
 * The bus and the configuration space of functions of type 0: PCI Local Bus Specification 3.0,
 * [Configuration Space], and [Interrupt Pin].
 *
 * Not modelled: bridges (there is bus 0 alone), parity, BIST, special cycles, expansion of the
 * latency timer.
 */
#include "bus/pci.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/machine.h"

#include <assert.h>
#include <string.h>

enum {
    VENDOR = 0x00, DEVICE = 0x02, COMMAND = 0x04, STATUS = 0x06, REVISION = 0x08,
    CACHE_LINE = 0x0c, LATENCY = 0x0d, HEADER = 0x0e, BAR = 0x10, SUBSYSTEM_VENDOR = 0x2c,
    SUBSYSTEM = 0x2e, ROM_BAR = 0x30, CAPABILITIES = 0x34, LINE = 0x3c, PIN = 0x3d,
    DEVICE_PART = 0x40,
};

enum {                                              /* of COMMAND and STATUS */
    C_IO = 1, C_MEMORY = 2, C_MASTER = 4, C_INTX_OFF = 0x400, C_WRITABLE = 0x0557,
    S_INTERRUPT = 8, S_CAPABILITIES = 0x10, S_MEDIUM = 0x200, S_CLEARED_BY_ONES = 0xf900,
};

enum { HEADER_MULTIFUNCTION = 0x80, SLOTS = 32, FUNCTIONS = 8, PIRQS = 4 };

struct pci_bus {
    struct device dev;
    struct line   pirq[PIRQS];
    struct pci   *functions;
    struct space *passed_ports;
};

/* -- the wires of a slot -- */

static unsigned pirq_of(const struct pci *p)
{
    return (p->id->pin - 1u + p->slot - 1u) & (PIRQS - 1);
}

/* A wire's level is all there is to know, and lines are saved by themselves. */
static void bus_pin(struct device *dev, unsigned pirq, bool level)
{
    struct pci_bus *bus = container_of(dev, struct pci_bus, dev);
    bool any = level;

    for (struct pci *p = bus->functions; p && !any; p = p->next)
        any = p->id->pin && pirq_of(p) == pirq && p->intx.level;
    line_set(&bus->pirq[pirq], any);
}

static bool bus_attach(struct device *dev, struct error *err)
{
    static const char *const name[PIRQS] = { "pirqa", "pirqb", "pirqc", "pirqd" };
    struct pci_bus *bus = container_of(dev, struct pci_bus, dev);

    for (unsigned i = 0; i < PIRQS; i++)
        device_line(dev, &bus->pirq[i], name[i]);
    bus->passed_ports = space_create("ports of the bus");
    return bus->passed_ports || fail(err, "%s: no host memory", dev->name);
}

static void bus_detach(struct device *dev)
{
    space_destroy(container_of(dev, struct pci_bus, dev)->passed_ports);
}

const struct device_type pci_bus_type = {
    .name = "pci", .title = "PCI bus", .size = sizeof(struct pci_bus),
    .attach = bus_attach, .pin = bus_pin, .detach = bus_detach,
};

struct space *pci_passed_ports(struct device *dev)
{
    return container_of(dev, struct pci_bus, dev)->passed_ports;
}

/* -- joining -- */

struct pci *pci_function_at(struct device *dev, unsigned slot, unsigned function)
{
    struct pci *p = container_of(dev, struct pci_bus, dev)->functions;

    while (p && (p->slot != slot || p->function != function))
        p = p->next;
    return p;
}

static bool slot_is_free(struct pci_bus *bus, unsigned slot)
{
    for (const struct pci *p = bus->functions; p; p = p->next)
        if (p->slot == slot)
            return false;
    return true;
}

static u64 first_free_slot(struct pci_bus *bus)
{
    unsigned slot = 1;                              /* 0 is the host bridge's */

    while (slot < SLOTS && !slot_is_free(bus, slot))
        slot++;
    return slot;
}

static bool find_place(struct pci *p, struct error *err)
{
    const struct pci_id *id = p->id;
    u64 slot = device_number(p->dev, "slot", id->has_place ? id->slot : first_free_slot(p->bus));
    u64 function = device_number(p->dev, "function", id->has_place ? id->function : 0);
    struct pci *other;

    if (slot >= SLOTS || function >= FUNCTIONS)
        return fail(err, "%s: there is no PCI slot %llu, function %llu", p->dev->name,
                    (unsigned long long)slot, (unsigned long long)function);
    other = pci_function_at(&p->bus->dev, (unsigned)slot, (unsigned)function);
    if (other)
        return fail(err, "%s: %s is in PCI slot %llu, function %llu", p->dev->name,
                    other->dev->name, (unsigned long long)slot, (unsigned long long)function);
    p->slot = (u8)slot;
    p->function = (u8)function;
    return true;
}

static void fill_header(struct pci *p)
{
    const struct pci_id *id = p->id;

    store_le16(&p->start[VENDOR], id->vendor);
    store_le16(&p->start[DEVICE], id->device);
    store_le16(&p->start[STATUS], S_MEDIUM);
    p->start[REVISION] = id->revision;
    store_le16(&p->start[REVISION + 1], (u16)id->class);
    p->start[REVISION + 3] = (u8)(id->class >> 16);
    p->start[HEADER] = id->multifunction ? HEADER_MULTIFUNCTION : 0;
    store_le16(&p->start[SUBSYSTEM_VENDOR], id->subsystem_vendor);
    store_le16(&p->start[SUBSYSTEM], id->subsystem);
    p->start[PIN] = id->pin;
    if (id->first_capability) {
        p->start[CAPABILITIES] = id->first_capability;
        p->start[STATUS] |= S_CAPABILITIES;
    }
    store_le16(&p->writable[COMMAND], C_WRITABLE);
    p->writable[CACHE_LINE] = p->writable[LATENCY] = p->writable[LINE] = 0xff;
    store_le16(&p->clears[STATUS], S_CLEARED_BY_ONES);
}

static void lead_wire(struct pci *p)
{
    device_line(p->dev, &p->intx, "intx");
    p->intx.listener = &p->bus->dev;
    p->intx.pin = (u16)pirq_of(p);
}

bool pci_join(struct device *dev, struct pci *p, struct pci_config *config,
              const struct pci_id *id, struct error *err)
{
    const char *bus = device_text(dev, "bus", "pci");
    struct device *found = machine_find(dev->machine, bus);

    if (!found || found->type != &pci_bus_type)
        return fail(err, "%s: there is no PCI bus %s", dev->name, bus);
    assert(id->pin <= PIRQS);
    p->dev = dev;
    p->config = config;
    p->id = id;
    p->bus = container_of(found, struct pci_bus, dev);
    p->free = DEVICE_PART;
    if (!find_place(p, err))
        return false;
    fill_header(p);
    if (id->pin)
        lead_wire(p);
    p->next = p->bus->functions;
    p->bus->functions = p;
    return true;
}

u8 pci_capability(struct pci *p, u8 id, u8 length)
{
    u8 link = CAPABILITIES, at;

    while (p->start[link] && p->start[p->start[link]])
        link = (u8)(p->start[link] + 1);
    at = p->start[link] ? p->start[link] : p->free;
    assert(id && length >= 2 && at >= DEVICE_PART && at + length <= 256 && at % 4 == 0);
    p->start[link] = at;
    p->start[at] = id;
    p->start[STATUS] |= S_CAPABILITIES;
    p->free = (u8)((at + length + 3) & ~3);
    return at;
}

/* -- base addresses: [Base Addresses] and [Expansion ROM Base Address Register] -- */

static u8 bar_at(unsigned i)
{
    return (u8)(i == PCI_ROM ? ROM_BAR : BAR + 4 * i);
}

static bool is_wide(const struct pci *p, unsigned i)
{
    return i != PCI_ROM && p->bar[i].kind == PCI_MEM64_PREFETCH;
}

void pci_bar(struct pci *p, unsigned i, enum pci_bar_kind kind, struct region *region)
{
    static const u8 low_bits[] = {
        [PCI_MEM32] = 0, [PCI_MEM32_PREFETCH] = 8, [PCI_MEM64_PREFETCH] = 12, [PCI_IO] = 1,
    };
    u8 at = bar_at(i);
    u64 mask = ~(region->size - 1);

    assert(i < PCI_REGIONS && is_power_of_two(region->size));
    assert(region->size >= (i == PCI_ROM ? 2048 : kind == PCI_IO ? 4 : 16));
    p->bar[i].region = region;
    p->bar[i].kind = (u8)kind;
    p->start[at] = low_bits[kind];
    store_le32(&p->writable[at], (u32)mask | (i == PCI_ROM));
    if (is_wide(p, i)) {
        assert(i + 1 < PCI_BARS && !p->bar[i + 1].region);
        store_le32(&p->writable[at + 4], (u32)(mask >> 32));
    }
}

static u64 bar_base(const struct pci *p, unsigned i)
{
    const u8 *bar = &p->config->bytes[bar_at(i)];

    return (is_wide(p, i) ? load_le64(bar) : load_le32(bar)) & ~(p->bar[i].region->size - 1);
}

/* Nothing is at 0 or at the top, where a BAR points before it is set and while it is sized. */
static bool bar_shows(const struct pci *p, unsigned i, u64 base)
{
    u16 command = pci_word(p, COMMAND);
    bool io = p->bar[i].kind == PCI_IO && i != PCI_ROM;
    u64 last = base + (p->bar[i].region->size - 1);

    if (!(command & (io ? C_IO : C_MEMORY)))
        return false;
    if (i == PCI_ROM && !(p->config->bytes[ROM_BAR] & 1))
        return false;
    if (io)
        return base && last <= 0xffff;
    return base && last != (is_wide(p, i) ? UINT64_MAX : UINT32_MAX);
}

static void place_bars(struct pci *p)
{
    for (unsigned i = 0; i < PCI_REGIONS; i++) {
        struct region *r = p->bar[i].region;
        struct machine *m = p->dev->machine;

        if (!r)
            continue;
        if (bar_shows(p, i, bar_base(p, i)))
            space_map(p->bar[i].kind == PCI_IO && i != PCI_ROM ? m->ports : m->memory, r,
                      bar_base(p, i), NORMAL);
        else
            space_unmap(r);
    }
}

/* -- interrupts -- */

/* MSI takes the wire's place; so says [MSI Capability Structure]. */
static void drive_intx(struct pci *p)
{
    if (p->id->pin)
        line_set(&p->intx, p->config->bytes[STATUS] & S_INTERRUPT
                               && !(pci_word(p, COMMAND) & C_INTX_OFF) && !pci_msi_enabled(p));
}

void pci_interrupt(struct pci *p, bool level)
{
    u8 *status = &p->config->bytes[STATUS];
    bool was = *status & S_INTERRUPT;

    *status = (u8)((*status & ~S_INTERRUPT) | (level ? S_INTERRUPT : 0));
    drive_intx(p);
    if (level && !was && pci_msi_enabled(p))
        pci_msi_send(p);
}

void pci_reset(struct pci *p)
{
    memcpy(p->config->bytes, p->start, sizeof p->config->bytes);
    place_bars(p);
    drive_intx(p);
}

void pci_resume(struct pci *p)
{
    place_bars(p);
}

/* -- bus mastering -- */

static bool may_master(const struct pci *p)
{
    return pci_word(p, COMMAND) & C_MASTER;
}

bool pci_read_ram(struct pci *p, u64 address, void *to, u64 count)
{
    if (may_master(p))
        return space_dma_read(p->dev->machine->memory, address, to, count);
    memset(to, 0xff, count);
    return false;
}

bool pci_write_ram(struct pci *p, u64 address, const void *from, u64 count)
{
    return may_master(p) && space_dma_write(p->dev->machine->memory, address, from, count);
}

/* -- configuration cycles: [Software Generation of Configuration Transactions] -- */

static struct pci *addressed(struct device *bus, u32 address)
{
    if (field(address, 16, 8))
        return NULL;
    return pci_function_at(bus, (unsigned)field(address, 11, 5), (unsigned)field(address, 8, 3));
}

u32 pci_config_read(struct device *bus, u32 address, unsigned size)
{
    struct pci *p = addressed(bus, address);
    u32 value = 0;

    for (unsigned i = 0; i < size; i++) {
        u8 at = (u8)(address + i);
        u8 byte = p ? p->config->bytes[at] : 0xff;

        if (p && p->read)
            byte = p->read(p->dev, at, byte);
        value |= (u32)byte << (8 * i);
    }
    if (p)
        trace(p->dev, "config %02x -> %0*x", (u8)address, 2 * size, value);
    return value;
}

static void write_byte(struct pci *p, u8 at, u8 value)
{
    u8 *byte = &p->config->bytes[at];

    *byte = (u8)((*byte & ~p->writable[at]) | (value & p->writable[at]));
    *byte &= (u8)~(value & p->clears[at]);
}

void pci_config_write(struct device *bus, u32 address, u32 value, unsigned size)
{
    struct pci *p = addressed(bus, address);
    u8 first = (u8)address, last = (u8)(address + size - 1);

    if (!p)
        return;
    trace(p->dev, "config %02x <- %0*x", first, 2 * size, value);
    for (unsigned i = 0; i < size; i++)
        write_byte(p, (u8)(first + i), (u8)(value >> (8 * i)));
    if (first < CAPABILITIES)
        place_bars(p);
    drive_intx(p);
    if (p->written)
        p->written(p->dev, first, last);
}
