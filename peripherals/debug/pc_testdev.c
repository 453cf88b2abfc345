/*
 * pc-testdev, as QEMU has it and kvm-unit-tests use it: what a test of a processor wants around
 * it and a PC does not have.
 *
 *   2000h-2017h  a write of anything but 0 raises the interrupt line of that number, 0 lowers it
 *   00E0h-00E3h  a register, by bytes, words or a dword
 *   00E8h-00EBh  the same register; wider accesses arrive here as bytes
 *   00E4h        the page at the address written is dropped from whatever maps guest memory
 *   FF000000h    64 KB that are not RAM, though they keep what is written: every access is one
 *                of a device, of up to eight bytes
 *
 * The tests take for granted that where it is there is KVM, so it answers hypercalls as KVM does
 * (Linux, Documentation/virt/kvm/x86/hypercalls.rst): one sends interrupts to many processors;
 * all others are not implemented.
 *
 * Not modelled: line 2, which is the 8259s' own; reads of the lines, which give zero.
 */
#include "peripherals/debug/pc_testdev.h"

#include "core/bits.h"
#include "core/machine.h"

enum { LINES = 24, LINE_PORT = 0x2000, REGISTER_PORT = 0xe0, FLUSH_PORT = 0xe4,
       BYTE_PORT = 0xe8, CASCADE = 2 };
enum { WINDOW = 0x10000 };
#define WINDOW_BASE UINT64_C(0xff000000)

#define PC_TESTDEV_STATE(ONE, MANY, PART)               \
    ONE (u32, reg, "the register at E0h and E8h")       \
    MANY(u8,  window, WINDOW, "at FF000000h")

struct pc_testdev {
    struct device dev;
    struct line   irq[LINES];
    struct region lines, wide, bytes, flush, memory;
    STATE_MEMBERS(PC_TESTDEV_STATE)
};
DEFINE_STATE(struct pc_testdev, PC_TESTDEV_STATE);

static u64 nothing(struct device *dev, u64 offset, unsigned size)
{
    return 0;
}

static void write_line(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pc_testdev *t = container_of(dev, struct pc_testdev, dev);

    if (offset == CASCADE)
        guest_oddity(dev, "line 2 joins the 8259s: it cannot be raised");
    else
        line_set(&t->irq[offset], (u8)value != 0);
}

static u64 read_register(struct device *dev, u64 offset, unsigned size)
{
    struct pc_testdev *t = container_of(dev, struct pc_testdev, dev);

    return t->reg >> 8 * offset;
}

static void write_register(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pc_testdev *t = container_of(dev, struct pc_testdev, dev);
    u64 mask = (BIT(8 * size) - 1) << 8 * offset;

    t->reg = (u32)((t->reg & ~mask) | (value << 8 * offset & mask));
}

/* Nothing is kept of a page that this could not tell; so the processors look at all anew. */
static void write_flush(struct device *dev, u64 offset, u64 value, unsigned size)
{
    space_forget(dev->machine->memory);
}

static u64 read_window(struct device *dev, u64 offset, unsigned size)
{
    return load_le(container_of(dev, struct pc_testdev, dev)->window + offset, size);
}

static void write_window(struct device *dev, u64 offset, u64 value, unsigned size)
{
    store_le(container_of(dev, struct pc_testdev, dev)->window + offset, value, size);
}

/* ---- Hypercalls ---- */

enum { SEND_IPI = 10, INVALID = -22, NOT_IMPLEMENTED = -1000 };
enum { MODE = 7 << 8, FIXED = 0 << 8, NMI = 4 << 8, VECTOR = 0xff, DESTINATION = 12 };
#define MESSAGES UINT64_C(0xfee00000)   /* to local APICs: SDM 3A 10.11 */

/* To the processors min + n for each bit n of the map; how many there are. */
static u64 send_ipis(struct device *dev, const u64 map[2], u64 min, u64 command)
{
    u64 cpus = dev->machine->cpus, sent = 0;

    if ((command & MODE) != FIXED && (command & MODE) != NMI)
        return (u64)INVALID;
    for (u64 n = 0; n < 128 && min < cpus && n < cpus - min; n++) {
        if (!(map[n >> 6] >> (n & 63) & 1))
            continue;
        space_write(dev->machine->memory, MESSAGES | (min + n) << DESTINATION,
                    command & (MODE | VECTOR), 4);
        sent++;
    }
    return sent;
}

u64 pc_testdev_hypercall(struct device *dev, u64 number, const u64 argument[4])
{
    trace(dev, "hypercall %llu", (unsigned long long)number);
    return number == SEND_IPI ? send_ipis(dev, argument, argument[2], argument[3])
                              : (u64)NOT_IMPLEMENTED;
}

static void map(struct device *dev, struct region *r, const struct io_ops *io, u64 size,
                struct space *space, u64 base)
{
    *r = (struct region){ .name = dev->name, .owner = dev, .io = io, .size = size };
    space_map(space, r, base, NORMAL);
}

static void pc_testdev_reset(struct device *dev, enum reset how)
{
    struct pc_testdev *t = container_of(dev, struct pc_testdev, dev);

    for (unsigned i = 0; i < LINES; i++)
        if (i != CASCADE)
            line_set(&t->irq[i], false);
}

static bool pc_testdev_attach(struct device *dev, struct error *err)
{
    static const char *const name[LINES] = {
        "irq0", "irq1", "irq2", "irq3", "irq4", "irq5", "irq6", "irq7", "irq8", "irq9", "irq10",
        "irq11", "irq12", "irq13", "irq14", "irq15", "irq16", "irq17", "irq18", "irq19", "irq20",
        "irq21", "irq22", "irq23",
    };
    static const struct io_ops line_io = { nothing, write_line, 1 };
    static const struct io_ops wide_io = { read_register, write_register, 4 };
    static const struct io_ops byte_io = { read_register, write_register, 1 };
    static const struct io_ops flush_io = { nothing, write_flush, 4 };
    static const struct io_ops window_io = { read_window, write_window, 8 };
    struct pc_testdev *t = container_of(dev, struct pc_testdev, dev);
    struct space *ports = dev->machine->ports;

    for (unsigned i = 0; i < LINES; i++)
        if (i != CASCADE)
            device_line(dev, &t->irq[i], name[i]);
    map(dev, &t->lines, &line_io, LINES, ports, LINE_PORT);
    map(dev, &t->wide, &wide_io, 4, ports, REGISTER_PORT);
    map(dev, &t->flush, &flush_io, 4, ports, FLUSH_PORT);
    map(dev, &t->bytes, &byte_io, 4, ports, BYTE_PORT);
    map(dev, &t->memory, &window_io, WINDOW, dev->machine->memory, WINDOW_BASE);
    return true;
}

const struct device_type pc_testdev_type = {
    .name = "pc-testdev", .title = "test device of a PC", .size = sizeof(struct pc_testdev),
    .state = state_rows, .attach = pc_testdev_attach, .reset = pc_testdev_reset,
};
