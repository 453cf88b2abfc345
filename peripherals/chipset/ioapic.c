/*
 * 82093AA I/O Advanced Programmable Interrupt Controller, with the EOI register of its
 * successors (version 20h). Intel 290566; ICH5 data sheet, "Advanced Programmable Interrupt
 * Controller (APIC)". Requests leave as message-signalled interrupts: SDM 3A 10.11.
 *
 * Wires are asserted or not whatever the polarity, so that bit is kept and means nothing. A
 * message is taken at once: delivery is never pending.
 */
#include "peripherals/chipset/ioapic.h"

#include "core/bits.h"
#include "core/machine.h"

enum { PINS = 24, VERSION = 0x20 };
enum { IOREGSEL = 0x00, IOWIN = 0x10, EOI = 0x40, WINDOW = 0x1000 };
enum { IOAPICID = 0, IOAPICVER = 1, IOAPICARB = 2, IOREDTBL = 0x10 };
enum {                              /* the lower half of an entry */
    MODE_SHIFT = 8, LOGICAL = 1 << 11, REMOTE_IRR = 1 << 14, LEVEL = 1 << 15, MASKED = 1 << 16,
    WRITABLE = 0x1afff,
};
enum { FIXED, LOWEST_PRIORITY };
enum { MSI_DESTINATION = 12, MSI_REDIRECT = 1 << 3, MSI_LOGICAL = 1 << 2, MSI_ASSERT = 1 << 14 };
#define MSI             UINT64_C(0xfee00000)
#define DESTINATION     (UINT64_C(0xff) << 56)

#define IOAPIC_STATE(ONE, MANY, PART)                       \
    ONE (u8,  select,       "IOREGSEL")                     \
    ONE (u8,  id,           "IOAPICID, bits 24-27")         \
    ONE (u8,  arbitration,  "IOAPICARB, bits 24-27")        \
    ONE (u32, level,        "of the pins")                  \
    MANY(u64, entry, PINS,  "redirection table")

struct ioapic {
    struct device dev;
    struct region window;
    STATE_MEMBERS(IOAPIC_STATE)
};
DEFINE_STATE(struct ioapic, IOAPIC_STATE);

static struct ioapic *from_device(struct device *dev)
{
    return container_of(dev, struct ioapic, dev);
}

static void send(struct ioapic *io, unsigned pin)
{
    u64 e = io->entry[pin], to = MSI | field(e, 56, 8) << MSI_DESTINATION;
    u64 data = field(e, 0, 11) | MSI_ASSERT | (e & LEVEL);

    if (e & LOGICAL)
        to |= MSI_LOGICAL;
    if (field(e, MODE_SHIFT, 3) == LOWEST_PRIORITY)
        to |= MSI_REDIRECT;
    trace(&io->dev, "pin %u: vector %02x to %llx", pin, (unsigned)e & 0xff,
          (unsigned long long)to);
    space_write(io->dev.machine->memory, to, data, 4);
}

/* Only vectors are ended by an EOI; SMI, NMI, INIT and ExtINT are edges at heart. */
static bool is_level(u64 e)
{
    return e & LEVEL && field(e, MODE_SHIFT, 3) <= LOWEST_PRIORITY;
}

/* A level asks again and again, but not while it is being served. */
static void ask_level(struct ioapic *io, unsigned pin)
{
    u64 e = io->entry[pin];

    if (!(io->level >> pin & 1) || !is_level(e) || e & (MASKED | REMOTE_IRR))
        return;
    io->entry[pin] |= REMOTE_IRR;
    send(io, pin);
}

/* [Interrupt mask]: an edge that finds its pin masked is lost. */
static void ioapic_pin(struct device *dev, unsigned pin, bool level)
{
    struct ioapic *io = from_device(dev);
    bool rose;

    if (pin >= PINS)
        return;
    rose = level && !(io->level >> pin & 1);
    io->level = (io->level & ~(1u << pin)) | (u32)level << pin;
    if (is_level(io->entry[pin]))
        ask_level(io, pin);
    else if (rose && !(io->entry[pin] & MASKED))
        send(io, pin);
}

/* The vector's service is over, wherever it was. */
static void end_of_interrupt(struct ioapic *io, u8 vector)
{
    for (unsigned pin = 0; pin < PINS; pin++) {
        if (!(io->entry[pin] & REMOTE_IRR) || (u8)io->entry[pin] != vector)
            continue;
        io->entry[pin] &= ~(u64)REMOTE_IRR;
        ask_level(io, pin);
    }
}

/* ---- Registers behind the window ---- */

static u32 read_register(struct ioapic *io)
{
    unsigned at = io->select - IOREDTBL;

    switch (io->select) {
    case IOAPICID:  return (u32)io->id << 24;
    case IOAPICVER: return VERSION | (PINS - 1) << 16;
    case IOAPICARB: return (u32)io->arbitration << 24;
    default: break;
    }
    if (at >= 2 * PINS)
        return 0;
    return (u32)(io->entry[at / 2] >> 32 * (at & 1));
}

/* An entry that is made an edge forgets that it waits: so drivers end what got stuck. */
static void write_entry(struct ioapic *io, unsigned at, u32 v)
{
    u64 *e = &io->entry[at / 2];

    if (at & 1) {
        *e = (u32)*e | ((u64)v << 32 & DESTINATION);
        return;
    }
    *e = (*e & (DESTINATION | REMOTE_IRR)) | (v & WRITABLE);
    if (!is_level(*e))
        *e &= ~(u64)REMOTE_IRR;
    ask_level(io, at / 2);
}

static void write_register(struct ioapic *io, u32 v)
{
    unsigned at = io->select - IOREDTBL;

    trace(&io->dev, "register %02x := %08x", io->select, v);
    if (io->select == IOAPICID)
        io->id = io->arbitration = v >> 24 & 15;
    else if (at < 2 * PINS)
        write_entry(io, at, v);
}

/* ---- The window: 32-bit accesses ---- */

static u64 ioapic_read(struct device *dev, u64 offset, unsigned size)
{
    struct ioapic *io = from_device(dev);
    u32 v = 0;

    if ((offset & ~UINT64_C(3)) == IOREGSEL)
        v = io->select;
    else if ((offset & ~UINT64_C(3)) == IOWIN)
        v = read_register(io);
    return v >> 8 * (offset & 3);
}

static void ioapic_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct ioapic *io = from_device(dev);

    if (offset == IOREGSEL)
        io->select = (u8)value;
    else if (offset == IOWIN && size == 4)
        write_register(io, (u32)value);
    else if (offset == EOI)
        end_of_interrupt(io, (u8)value);
    else
        guest_oddity(dev, "%u bytes stored at offset %llx", size, (unsigned long long)offset);
}

static const struct io_ops ioapic_io = { ioapic_read, ioapic_write, 4 };

static void ioapic_reset(struct device *dev, enum reset kind)
{
    struct ioapic *io = from_device(dev);

    io->select = io->id = io->arbitration = 0;
    for (unsigned pin = 0; pin < PINS; pin++)
        io->entry[pin] = MASKED;
}

static bool ioapic_attach(struct device *dev, struct error *err)
{
    struct ioapic *io = from_device(dev);

    io->window = (struct region){
        .name = dev->name, .owner = dev, .io = &ioapic_io, .size = WINDOW,
    };
    space_map(dev->machine->memory, &io->window, device_number(dev, "base", 0xfec00000), NORMAL);
    return true;
}

const struct device_type ioapic_type = {
    .name = "82093aa", .title = "I/O APIC", .size = sizeof(struct ioapic), .state = state_rows,
    .attach = ioapic_attach, .reset = ioapic_reset, .pin = ioapic_pin,
};
