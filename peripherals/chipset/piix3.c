/*
 * PCI to ISA bridge: Intel 82371FB (PIIX) and 82371SB (PIIX3) PCI ISA IDE Xcelerator, order
 * number 290550, function 0: PCI interrupt routing, port 92h, reset control. The 8259s, 8254,
 * 8237s and ports 61h and 70h of the same chip are devices of their own.
 *
 * Not modelled: the X-bus and BIOS chip selects (what is on the board answers always), ISA
 * recovery times, motherboard interrupts and DMA, the SMI timers of registers A0h-AFh (power
 * management is that of the PIIX4), moving the I/O APIC (APICBASE): they are kept. Otherwise than
 * in the data sheet, a fall of A20GATE clears the fast A20 of port 92h.
 */
#include "peripherals/chipset/piix3.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/machine.h"

#include <string.h>

enum { PORT_92 = 0x92, RESET_CONTROL = 0xcf9 };

enum {                                              /* registers of configuration space */
    PCICMD = 0x04, IORT = 0x4c, XBCS = 0x4e, PIRQRC = 0x60, TOM = 0x69, MSTAT = 0x6a,
    MBIRQ = 0x70, MBDMA = 0x76, PCSC = 0x78, APICBASE = 0x80, DLC = 0x82, SMICNTL = 0xa0,
    SMIEN = 0xa2, SEE = 0xa4, FTMR = 0xa8, SMIREQ = 0xaa, CTLTMR = 0xac, CTHTMR = 0xae,
};

enum { PIRQRC_OFF = 0x80, PIRQRC_IRQ = 0x0f, PIRQS = 4, IRQS = 16 };
enum { P92_INIT = 1, P92_A20 = 2, P92_ONES = 0x24, P92_KEPT = 0xc8 };
enum { RC_HARD = 2, RC_CPU = 4 };

#define PIIX3_STATE(ONE, MANY, PART)                                    \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)                \
    ONE (u8,   pirqs,         "levels of PIRQA to PIRQD")               \
    ONE (u8,   port_92,       "fast A20 and INIT")                      \
    ONE (u8,   reset_control, "port CF9h")                              \
    ONE (bool, gate,          "A20GATE, from the keyboard controller")

struct piix3 {
    struct device dev;
    struct pci    pci;
    struct line   irq[IRQS], a20, init;
    struct region port_92_region, reset_region;
    STATE_MEMBERS(PIIX3_STATE)
};
DEFINE_STATE(struct piix3, PIIX3_STATE);

static const struct pci_id id = {
    .vendor = 0x8086, .device = 0x7000, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0x060100, .multifunction = true, .has_place = true, .slot = 1,
};

/* -- interrupts: [PIRQRC], PIRQ route control -- */

/* What PCI may share: not the timer's, the keyboard's, the clock's and the like. */
static bool is_routable(unsigned irq)
{
    return 0xdef8 >> irq & 1;
}

static void drive_irqs(struct piix3 *p)
{
    u16 wanted = 0;

    for (unsigned i = 0; i < PIRQS; i++) {
        u8 route = p->pci.config->bytes[PIRQRC + i];

        if (p->pirqs >> i & 1 && !(route & PIRQRC_OFF))
            wanted |= (u16)(1 << (route & PIRQRC_IRQ));
    }
    for (unsigned irq = 0; irq < IRQS; irq++)
        if (is_routable(irq))
            line_set(&p->irq[irq], wanted >> irq & 1);
}

static void piix3_written(struct device *dev, u8 first, u8 last)
{
    struct piix3 *p = container_of(dev, struct piix3, dev);

    if (first <= PIRQRC + PIRQS - 1 && last >= PIRQRC)
        drive_irqs(p);
    if (first <= APICBASE && last >= APICBASE && p->pci.config->bytes[APICBASE])
        guest_oddity(dev, "the I/O APIC does not move");
}

/* -- A20 and resets: [P92], port 92; [RC], reset control -- */

static void drive_a20(struct piix3 *p)
{
    line_set(&p->a20, p->gate || p->port_92 & P92_A20);
}

static void soft_reset(struct piix3 *p)
{
    line_set(&p->init, true);
    line_set(&p->init, false);
}

static u64 piix3_read_92(struct device *dev, u64 offset, unsigned size)
{
    return container_of(dev, struct piix3, dev)->port_92 | P92_ONES;
}

static void piix3_write_92(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct piix3 *p = container_of(dev, struct piix3, dev);
    bool init = value & ~(u64)p->port_92 & P92_INIT;

    trace(dev, "port 92 <- %02x", (u8)value);
    p->port_92 = (u8)value & (P92_KEPT | P92_A20 | P92_INIT);
    drive_a20(p);
    if (init)
        soft_reset(p);
}

static u64 piix3_read_reset(struct device *dev, u64 offset, unsigned size)
{
    return container_of(dev, struct piix3, dev)->reset_control;
}

/* A rise of bit 2 resets; bit 1 says what. */
static void piix3_write_reset(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct piix3 *p = container_of(dev, struct piix3, dev);
    bool rises = value & ~(u64)p->reset_control & RC_CPU;

    trace(dev, "reset control <- %02x", (u8)value);
    p->reset_control = (u8)value & (RC_CPU | RC_HARD);
    if (rises && value & RC_HARD)
        machine_ask_reset(dev->machine);
    else if (rises)
        soft_reset(p);
}

static const struct io_ops port_92_io = { piix3_read_92, piix3_write_92, 1 };
static const struct io_ops reset_io = { piix3_read_reset, piix3_write_reset, 1 };

static void piix3_pin(struct device *dev, unsigned pin, bool level)
{
    struct piix3 *p = container_of(dev, struct piix3, dev);

    switch (pin) {
    case PIIX3_PIRQA: case PIIX3_PIRQB: case PIIX3_PIRQC: case PIIX3_PIRQD:
        p->pirqs = (u8)((p->pirqs & ~(1 << pin)) | level << pin);
        drive_irqs(p);
        break;
    case PIIX3_A20GATE:
        p->gate = level;
        if (!level)                     /* SeaBIOS leaves it on; DOS disables by the 8042 alone */
            p->port_92 &= (u8)~P92_A20;
        drive_a20(p);
        break;
    case PIIX3_RC: case PIIX3_SHUTDOWN:
        if (level)
            soft_reset(p);
        break;
    }
}

/* -- life -- */

static void keep(struct pci *p, u8 at, unsigned count, u8 writable)
{
    memset(&p->writable[at], writable, count);
}

static void set_up_registers(struct pci *p)
{
    p->start[PCICMD] = 0x07;
    p->writable[PCICMD] = 0x08;
    p->start[IORT] = 0x4d;
    keep(p, IORT, 1, 0xff);
    p->start[XBCS] = 0x03;
    keep(p, XBCS, 2, 0xff);
    memset(&p->start[PIRQRC], PIRQRC_OFF, PIRQS);
    keep(p, PIRQRC, PIRQS, PIRQRC_OFF | PIRQRC_IRQ);
    p->start[TOM] = 0x02;
    keep(p, TOM, 1, 0xfe);
    keep(p, MSTAT, 2, 0xff);
    p->start[MBIRQ] = 0x80;
    keep(p, MBIRQ, 1, 0xef);
    p->start[MBDMA] = p->start[MBDMA + 1] = 0x0c;
    keep(p, MBDMA, 2, 0x8f);
    p->start[PCSC] = 0x02;
    keep(p, PCSC, 2, 0xff);
    keep(p, APICBASE, 1, 0x7f);
    keep(p, DLC, 1, 0x0f);
    p->start[SMICNTL] = 0x08;
    keep(p, SMICNTL, 1, 0x1f);
    keep(p, SMIEN, 2, 0xff);
    keep(p, SEE, 4, 0xff);
    p->start[FTMR] = 0x0f;
    keep(p, FTMR, 1, 0xff);
    keep(p, SMIREQ, 2, 0xff);
    keep(p, CTLTMR, 1, 0xff);
    keep(p, CTHTMR, 1, 0xff);
}

static void name_lines(struct piix3 *p)
{
    static const char *const name[IRQS] = {
        [3] = "irq3", "irq4", "irq5", "irq6", "irq7", [9] = "irq9", "irq10", "irq11", "irq12",
        [14] = "irq14", "irq15",
    };

    for (unsigned irq = 0; irq < IRQS; irq++)
        if (is_routable(irq))
            device_line(&p->dev, &p->irq[irq], name[irq]);
    device_line(&p->dev, &p->a20, "a20");
    device_line(&p->dev, &p->init, "init");
}

static bool piix3_attach(struct device *dev, struct error *err)
{
    struct piix3 *p = container_of(dev, struct piix3, dev);
    struct device *bus;

    if (!pci_join(dev, &p->pci, p->config, &id, err))
        return false;
    p->pci.written = piix3_written;
    set_up_registers(&p->pci);
    name_lines(p);
    p->gate = true;
    p->port_92_region = (struct region){
        .name = "port-92", .owner = dev, .io = &port_92_io, .size = 1,
    };
    p->reset_region = (struct region){
        .name = "reset-control", .owner = dev, .io = &reset_io, .size = 1,
    };
    space_map(dev->machine->ports, &p->port_92_region, PORT_92, NORMAL);
    bus = machine_find(dev->machine, device_text(dev, "bus", "pci"));
    space_map(pci_passed_ports(bus), &p->reset_region, RESET_CONTROL, NORMAL);
    return true;
}

/* Pins are others' to move: what was heard of them stands. */
static void piix3_reset(struct device *dev, enum reset how)
{
    struct piix3 *p = container_of(dev, struct piix3, dev);

    pci_reset(&p->pci);
    p->port_92 = 0;
    p->reset_control = 0;
    drive_irqs(p);
    drive_a20(p);
}

static void piix3_resume(struct device *dev)
{
    pci_resume(&container_of(dev, struct piix3, dev)->pci);
}

static void piix3_detach(struct device *dev)
{
    space_unmap(&container_of(dev, struct piix3, dev)->reset_region);
}

const struct device_type piix3_type = {
    .name = "piix3", .title = "PIIX3 ISA bridge", .size = sizeof(struct piix3),
    .state = state_rows, .attach = piix3_attach, .reset = piix3_reset, .pin = piix3_pin,
    .resume = piix3_resume, .detach = piix3_detach,
};
