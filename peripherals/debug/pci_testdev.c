/*
 * pci-testdev, by QEMU's document "QEMU PCI test device": a function with a page of memory
 * (BAR 0) and 256 ports (BAR 1), to try and to time accesses with. Each begins with a header:
 *
 *   +0   a write starts the test of that number, of this BAR
 *   +1   the width of the test's accesses in bytes; 0: there is no such test
 *   +4   where in the BAR it is to write, and +8 what
 *   +12  how many such writes have come since
 *   +16  its name
 *
 * QEMU's three tests differ in how the host hears of the write; those names are kept, for what
 * a guest can tell of them is this: "wildcard" and "no" count any value, "datamatch" its own.
 *
 * Not modelled: BAR 2, memory with nothing behind it, which is not there unless asked for.
 */
#include "peripherals/debug/pci_testdev.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/machine.h"

#include <string.h>

enum { MEMORY = 4096, PORTS = 256, TESTS = 3, NONE = 0xff };
enum { WIDTH = 1, OFFSET = 4, DATA = 8, WRITES = 12, NAME = 16, HEADER = 48 };
enum { VALUE = 0xfa };

#define PCI_TESTDEV_STATE(ONE, MANY, PART)                              \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)                \
    ONE (u8,  test,   "in progress: 0-2 in memory, 3-5 at the ports; 255 none") \
    ONE (u32, writes, "that it has seen")

struct pci_testdev {
    struct device dev;
    struct pci    pci;
    struct region memory, ports;
    STATE_MEMBERS(PCI_TESTDEV_STATE)
};
DEFINE_STATE(struct pci_testdev, PCI_TESTDEV_STATE);

static const struct pci_id id = {
    .vendor = 0x1b36, .device = 0x0005, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0xff0000,
};

static const char *const names[2 * TESTS] = {
    "mmio-no-eventfd", "mmio-wildcard-eventfd", "mmio-datamatch-eventfd",
    "portio-no-eventfd", "portio-wildcard-eventfd", "portio-datamatch-eventfd",
};

/* The second half of a BAR is where tests write: a byte each. */
static u32 place(unsigned test)
{
    return (test < TESTS ? MEMORY : PORTS) / 2 + test % TESTS;
}

static void header(const struct pci_testdev *t, u8 *bytes)
{
    memset(bytes, 0, HEADER);
    if (t->test >= 2 * TESTS)
        return;
    bytes[0] = t->test % TESTS;
    bytes[WIDTH] = 1;
    store_le32(bytes + OFFSET, place(t->test));
    store_le32(bytes + DATA, VALUE);
    store_le32(bytes + WRITES, t->writes);
    memcpy(bytes + NAME, names[t->test], strlen(names[t->test]));
}

static u64 pci_testdev_read(struct device *dev, u64 offset, unsigned size)
{
    u8 bytes[HEADER];

    header(container_of(dev, struct pci_testdev, dev), bytes);
    return offset + size <= HEADER ? load_le(bytes + offset, size) : 0;
}

static void start(struct pci_testdev *t, unsigned first, u64 number)
{
    t->test = number < TESTS ? (u8)(first + number) : NONE;
    t->writes = 0;
}

static void count(struct pci_testdev *t, unsigned first, u64 offset, u64 value, unsigned size)
{
    if (t->test < first || t->test >= first + TESTS || offset != place(t->test))
        return;
    if (t->test % TESTS != 2 || (size == 1 && (u8)value == VALUE))
        t->writes++;
}

static void memory_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pci_testdev *t = container_of(dev, struct pci_testdev, dev);

    if (offset == 0)
        start(t, 0, (u8)value);
    else
        count(t, 0, offset, value, size);
}

static void port_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pci_testdev *t = container_of(dev, struct pci_testdev, dev);

    if (offset == 0)
        start(t, TESTS, (u8)value);
    else
        count(t, TESTS, offset, value, size);
}

static void pci_testdev_reset(struct device *dev, enum reset how)
{
    struct pci_testdev *t = container_of(dev, struct pci_testdev, dev);

    pci_reset(&t->pci);
    start(t, 0, NONE);
}

static void pci_testdev_resume(struct device *dev)
{
    pci_resume(&container_of(dev, struct pci_testdev, dev)->pci);
}

static bool pci_testdev_attach(struct device *dev, struct error *err)
{
    static const struct io_ops memory_io = { pci_testdev_read, memory_write, 4 };
    static const struct io_ops port_io = { pci_testdev_read, port_write, 4 };
    struct pci_testdev *t = container_of(dev, struct pci_testdev, dev);

    t->memory = (struct region){ .name = dev->name, .owner = dev, .io = &memory_io,
                                 .size = MEMORY };
    t->ports = (struct region){ .name = dev->name, .owner = dev, .io = &port_io, .size = PORTS };
    if (!pci_join(dev, &t->pci, t->config, &id, err))
        return false;
    pci_bar(&t->pci, 0, PCI_MEM32, &t->memory);
    pci_bar(&t->pci, 1, PCI_IO, &t->ports);
    return true;
}

const struct device_type pci_testdev_type = {
    .name = "pci-testdev", .title = "test device on PCI", .size = sizeof(struct pci_testdev),
    .state = state_rows, .attach = pci_testdev_attach, .reset = pci_testdev_reset,
    .resume = pci_testdev_resume,
};
