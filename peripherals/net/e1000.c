/*
 * Intel 82540EM gigabit Ethernet controller: PCI function, registers, reset.
 *
 * Sections in [brackets], here and in the other files e1000*.c, are those of Intel's
 * "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual".
 *
 * Not modelled: power management and wake-up (registers are stored), flash behind FLA,
 * the packet buffer as memory, TBI, half duplex and collisions, pause frames.
 */
#include "peripherals/net/e1000.h"

#include "core/input.h"
#include "core/machine.h"
#include "peripherals/net/e1000_chip.h"

#include <string.h>

enum { MEMORY_BYTES = 128 << 10, PORT_BYTES = 64 };
enum { STATUS_FD = 0x01, STATUS_LU = 0x02, STATUS_TXOFF = 0x10, ASDV = 8, SPEED = 6 };
enum { FPD = INT32_MIN };               /* of RDTR and TIDV: flush */
#define ADDRESS_VALID   UINT32_C(0x80000000)

DEFINE_STATE(struct e1000, E1000_STATE);

static const struct pci_id id = {
    .vendor = 0x8086, .device = 0x100e, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0x020000, .revision = 3, .pin = 1,
};

/* -- the table of plain registers -- */

struct plain { const char *name; u32 offset, member, stored, reset; };

#define AS_PLAIN(X, name, offset, stored, reset, about) \
    { #name, offset, offsetof(struct e1000, name), stored, reset },
static const struct plain plain[] = { E1000_REGISTERS(AS_PLAIN,) };

static u32 *value_of(struct e1000 *n, const struct plain *p)
{
    return (u32 *)(void *)((char *)n + p->member);
}

static const struct plain *plain_at(const struct e1000 *n, u32 offset)
{
    unsigned slot = offset / 4 < E1000_WORDS ? n->slot[offset / 4] : 0;

    return slot ? &plain[slot - 1] : NULL;
}

/* -- arrays of registers -- */

/* The register of an array there, and the bits it stores, or NULL. */
static u32 *array_at(struct e1000 *n, u32 offset, u32 *stored)
{
    u32 i = offset / 4;

    *stored = ~UINT32_C(0);
    if (offset >= 0x5200 && offset < 0x5400)
        return &n->multicast[i - 0x5200 / 4];
    if (offset >= 0x5400 && offset < 0x5480) {
        *stored = i & 1 ? 0x8003ffff : ~UINT32_C(0);
        return &n->address[i - 0x5400 / 4];
    }
    if (offset >= 0x5600 && offset < 0x5800)
        return &n->vlan[i - 0x5600 / 4];
    if (offset >= 0x5840 && offset < 0x5a00)
        return &n->filters[i - 0x5840 / 4];
    return NULL;
}

/* -- statistics: each is cleared as it is read -- */

void e1000_count(struct e1000 *n, enum statistic s)
{
    if (n->statistics[s] != UINT32_MAX)
        n->statistics[s]++;
}

void e1000_count_bytes(struct e1000 *n, enum statistic s, u64 bytes)
{
    u64 sum = ((u64)n->statistics[s + 1] << 32 | n->statistics[s]) + bytes;

    n->statistics[s] = (u32)sum;
    n->statistics[s + 1] = (u32)(sum >> 32);
}

void e1000_count_size(struct e1000 *n, enum statistic first, size_t bytes)
{
    static const u16 up_to[5] = { 64, 127, 255, 511, 1023 };
    unsigned i = 0;

    while (i < COUNT(up_to) && bytes > up_to[i])
        i++;
    e1000_count(n, first + i);
}

/* Of a pair of 32 bits the low one keeps still until the high one is read. */
static u32 read_statistic(struct e1000 *n, unsigned i)
{
    u32 v = n->statistics[i];

    switch (i) {
    case S_GORC: case S_GOTC: case S_TOR: case S_TOT:
        return v;
    case S_GORC + 1: case S_GOTC + 1: case S_TOR + 1: case S_TOT + 1:
        n->statistics[i - 1] = 0;
        break;
    }
    n->statistics[i] = 0;
    return v;
}

/* -- registers -- */

static u32 status(const struct e1000 *n)
{
    unsigned mb = e1000_megabits(n), speed = mb == 1000 ? 2 : mb == 100;

    return STATUS_FD | (n->link || e1000_phy_loopback(n) ? STATUS_LU : 0) | speed << SPEED
         | speed << ASDV;
}

static u32 read_register(struct e1000 *n, u32 offset)
{
    const struct plain *p;
    u32 stored, *array, v;

    switch (offset) {
    case 0x0004:
        return n->ctrl;
    case 0x0008:
        return status(n);
    case 0x0010:
        return e1000_eeprom_output(n);
    case 0x00c0:                        /* reading acknowledges all of it */
        v = n->icr;
        n->icr = 0;
        e1000_interrupt(n);
        return v;
    case 0x00c8:
        return n->icr;
    }
    if (offset >= 0x4000 && offset < 0x4100)
        return read_statistic(n, (offset - 0x4000) / 4);
    p = plain_at(n, offset);
    if (p)
        return *value_of(n, p);
    array = array_at(n, offset, &stored);
    if (!array && offset < 0x10000)
        guest_oddity(&n->dev, "a read of %04xh, where no register is", offset);
    return array ? *array : 0;
}

static void reset_registers(struct e1000 *n);

static void write_ctrl(struct e1000 *n, u32 value)
{
    if (value & CTRL_RST) {
        reset_registers(n);
        e1000_interrupt(n);
    } else {
        n->ctrl = value & 0x7bfffbff;
    }
    if (value & CTRL_PHY_RST)
        e1000_phy_reset(n);
}

/* What a write does beyond storing. False: nothing, store it. */
static bool special_write(struct e1000 *n, u32 offset, u32 value)
{
    switch (offset) {
    case 0x0000: case 0x0004: write_ctrl(n, value); break;
    case 0x0010: e1000_eeprom_pins(n, value); break;
    case 0x0014: e1000_eeprom_read(n, value); break;
    case 0x0020: e1000_phy_access(n, value); break;
    case 0x00c0: n->icr &= ~value; e1000_interrupt(n); break;
    case 0x00c8: e1000_raise(n, value & 0x1ffff); break;
    case 0x00d0: n->ims |= value & 0x1ffff; e1000_interrupt(n); break;
    case 0x00d8: n->ims &= ~value; e1000_interrupt(n); break;
    case 0x5810: n->wus &= ~value; break;
    default: return false;
    }
    return true;
}

/* What a write leads to after it was stored. */
static void stored_at(struct e1000 *n, u32 offset, u32 value)
{
    switch (offset) {
    case 0x0400: case 0x3818:
        e1000_start_transmit(n);
        break;
    case 0x1000:
        n->pba = (value & 0x3f) | (64 - (value & 0x3f)) << 16;
        break;
    case 0x2820:
        if (value & FPD && n->rx_delay.due != NEVER)
            e1000_flush(n, &n->rx_delay, &n->rx_limit, RXT0);
        break;
    case 0x3820:
        if (value & FPD && n->tx_delay.due != NEVER)
            e1000_flush(n, &n->tx_delay, &n->tx_limit, TXDW);
        break;
    }
}

static void write_register(struct e1000 *n, u32 offset, u32 value)
{
    const struct plain *p;
    u32 stored, *array;

    if (special_write(n, offset, value))
        return;
    p = plain_at(n, offset);
    if (p) {
        *value_of(n, p) = value & p->stored;
        stored_at(n, offset, value);
        return;
    }
    array = array_at(n, offset, &stored);
    if (array)
        *array = value & stored;
    else if (offset != 0x0008 && offset < 0x10000 && (offset < 0x4000 || offset >= 0x4100))
        guest_oddity(&n->dev, "a write to %04xh, where no register is", offset);
}

/* -- the two ways to them -- */

static u64 memory_read(struct device *dev, u64 offset, unsigned size)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);
    u32 v = read_register(n, (u32)offset & ~3u) >> (offset & 3) * 8;

    trace(dev, "%05x -> %08x", (u32)offset, v);
    return v;
}

/* [Register Access]: registers are 32 bits wide, whatever the byte enables. */
static void memory_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    trace(dev, "%05x <- %08x", (u32)offset, (u32)value);
    if (size != 4 || offset & 3) {
        guest_oddity(dev, "a write of %u bytes to %05xh; ignored", size, (u32)offset);
        return;
    }
    write_register(container_of(dev, struct e1000, dev), (u32)offset, (u32)value);
}

/* [I/O-Mapped Internal Register]: IOADDR at 0, IODATA at 4. */
static u64 port_read(struct device *dev, u64 offset, unsigned size)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    switch (offset & ~UINT64_C(3)) {
    case 0: return n->io_address >> (offset & 3) * 8;
    case 4: return memory_read(dev, n->io_address & ~3u, 4) >> (offset & 3) * 8;
    }
    return 0;
}

static void port_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    if (size != 4)
        guest_oddity(dev, "a write of %u bytes to port %u; ignored", size, (unsigned)offset);
    else if (offset == 0)
        n->io_address = (u32)value & (MEMORY_BYTES - 1);
    else if (offset == 4)
        memory_write(dev, n->io_address, value, 4);
}

static const struct io_ops memory_io = { memory_read, memory_write, 4 };
static const struct io_ops port_io = { port_read, port_write, 4 };

/* -- life -- */

/* [Device Reset]: all but the PHY and the PCI configuration; the EEPROM is read anew. */
static void reset_registers(struct e1000 *n)
{
    struct event *const events[] = {
        &n->transmit, &n->throttle, &n->rx_delay, &n->rx_limit, &n->tx_delay, &n->tx_limit,
    };

    for (size_t i = 0; i < COUNT(plain); i++)
        *value_of(n, &plain[i]) = plain[i].reset;
    for (size_t i = 0; i < COUNT(events); i++)
        device_arm_at(&n->dev, events[i], NEVER);
    memset(n->statistics, 0, sizeof n->statistics);
    memset(n->multicast, 0, sizeof n->multicast);
    memset(n->vlan, 0, sizeof n->vlan);
    memset(n->address, 0, sizeof n->address);
    memset(n->context, 0, sizeof n->context);
    n->address[0] = n->eeprom->word[0] | (u32)n->eeprom->word[1] << 16;
    n->address[1] = n->eeprom->word[2] | ADDRESS_VALID;
    n->quiet_until = n->wire_free = 0;
}

static void e1000_reset(struct device *dev, enum reset kind)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    if (kind == RESET_POWER) {
        e1000_eeprom_fill(n, &id);
        n->carrier = true;
    }
    pci_reset(&n->pci);
    reset_registers(n);
    n->io_address = 0;
    n->eeprom->unlocked = false;
    eeprom_deselect(n->eeprom);
    e1000_phy_reset(n);
    e1000_phy_settle(n);
    n->icr = 0;
    e1000_interrupt(n);
}

static void e1000_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    if (kind == INPUT_FRAME && !(n->rctl & RCTL_LBM))
        e1000_receive(n, bytes, count);
    else if (kind == INPUT_CARRIER && count)
        e1000_phy_carrier(n, bytes[0]);
}

static void *e1000_offer(struct device *dev, const char *interface)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    return strcmp(interface, "net") ? NULL : &n->port;
}

static void e1000_resume(struct device *dev)
{
    pci_resume(&container_of(dev, struct e1000, dev)->pci);
}

static bool e1000_attach(struct device *dev, struct error *err)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    if (!nic_address(dev, n->mac, err) || !pci_join(dev, &n->pci, n->config, &id, err))
        return false;
    n->memory = (struct region){
        .name = "e1000", .owner = dev, .io = &memory_io, .size = MEMORY_BYTES,
    };
    n->ports = (struct region){
        .name = "e1000-ports", .owner = dev, .io = &port_io, .size = PORT_BYTES,
    };
    pci_bar(&n->pci, 0, PCI_MEM32, &n->memory);
    pci_bar(&n->pci, 1, PCI_IO, &n->ports);
    for (size_t i = 0; i < COUNT(plain); i++)
        n->slot[plain[i].offset / 4] = (u8)(i + 1);
    n->port.ready = e1000_ready;
    e1000_transmit_attach(n);
    e1000_interrupt_attach(n);
    e1000_phy_attach(n);
    return true;
}

bool e1000_set_rom(struct device *dev, const u8 *bytes, size_t count, struct error *err)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    return nic_rom(&n->pci, &n->rom, bytes, count, err);
}

const struct device_type e1000_type = {
    .name = "e1000", .title = "Intel 82540EM gigabit Ethernet", .size = sizeof(struct e1000),
    .state = state_rows, .attach = e1000_attach, .reset = e1000_reset, .input = e1000_input,
    .offer = e1000_offer, .resume = e1000_resume,
};
