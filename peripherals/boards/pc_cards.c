/* What is plugged into the PC or soldered beside the chip set: ports, drives, cards. */
#include "peripherals/boards/pc_parts.h"

#include "core/block.h"
#include "core/config.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/machine.h"
#include "isa/x86/x86.h"
#include "peripherals/chipset/piix3.h"
#include "peripherals/debug/bochs_shutdown.h"
#include "peripherals/debug/debugcon.h"
#include "peripherals/debug/exit.h"
#include "peripherals/debug/pc_testdev.h"
#include "peripherals/debug/pci_testdev.h"
#include "peripherals/debug/pvpanic.h"
#include "peripherals/input/kbc.h"
#include "peripherals/input/keyboard.h"
#include "peripherals/input/mouse.h"
#include "peripherals/net/e1000.h"
#include "peripherals/net/ne2000.h"
#include "peripherals/net/rtl8139.h"
#include "peripherals/serial/parallel.h"
#include "peripherals/serial/uart.h"
#include "peripherals/storage/ata_disk.h"
#include "peripherals/storage/atapi_cd.h"
#include "peripherals/storage/floppy.h"
#include "peripherals/storage/floppy_drive.h"
#include "peripherals/storage/ide.h"
#include "peripherals/storage/ide_isa.h"
#include "peripherals/video/vga.h"

#include <stdio.h>
#include <string.h>

/* -- what `-device` may name -- */

typedef bool rom_setter(struct device *, const u8 *bytes, size_t count, struct error *);

struct card {
    const struct device_type *type;
    rom_setter               *set_rom;
    bool                      pci, isa; /* which boards take it */
    unsigned                  irq;      /* of an ISA card; 0: none */
    bool                      all_irqs; /* "irq0" ..., each of which it can pull */
};

static const struct board_type names[] = {
    { "e1000",          "PCI", "Intel 82540EM gigabit Ethernet" },
    { "rtl8139",        "PCI", "Realtek RTL8139 fast Ethernet" },
    { "ne2k_pci",       "PCI", "NE2000 Ethernet (RTL8029)" },
    { "pci-testdev",    "PCI", "counts what is written to it" },
    { "ne2k_isa",       "ISA", "NE2000 Ethernet" },
    { "isa-debug-exit", "ISA", "ends the run with what is written to its port" },
    { "isa-debugcon",   "ISA", "prints what is written to its port" },
    { "pvpanic",        "ISA", "the guest tells that it panicked" },
    { "pc-testdev",     "ISA", "pulls interrupt lines; registers to try accesses on" },
    { NULL, NULL, NULL },
};
enum { PCI_NAMES = 4 };                 /* they come first */

static const struct card cards[] = {
    { &e1000_type,       e1000_set_rom,   true,  false, 0, false },
    { &rtl8139_type,     rtl8139_set_rom, true,  false, 0, false },
    { &ne2000_pci_type,  ne2000_set_rom,  true,  false, 0, false },
    { &pci_testdev_type, NULL,            true,  false, 0, false },
    { &ne2000_isa_type,  NULL,            true,  true,  9, false },
    { &debug_exit_type,  NULL,            true,  true,  0, false },
    { &debugcon_type,    NULL,            true,  true,  0, false },
    { &pvpanic_type,     NULL,            true,  true,  0, false },
    { &pc_testdev_type,  NULL,            true,  true,  0, true },
};

const struct board_type *pc_card_types(void)
{
    return names;
}

const struct board_type *isapc_card_types(void)
{
    return names + PCI_NAMES;
}

bool pc_is_card_rom(const char *file)
{
    return !strcmp(file, "vgabios") || !strncmp(file, "nicrom:", 7);
}

static const struct board_file *file(const struct pc *pc, const char *name)
{
    for (size_t i = 0; i < pc->in->file_count; i++)
        if (!strcmp(pc->in->files[i].name, name))
            return &pc->in->files[i];
    return NULL;
}

static bool give_rom(struct pc *pc, struct device *dev, const char *type, rom_setter *set,
                     struct error *err)
{
    const struct board_file *rom;
    char name[64];

    snprintf(name, sizeof name, "nicrom:%s", type);
    rom = set ? file(pc, name) : NULL;
    return !rom || set(dev, rom->bytes, rom->count, err);
}

static void take_hypercalls(struct pc *pc, struct device *dev)
{
    for (unsigned i = 0; i < pc->machine->cpus; i++)
        x86_set_hypercall(&pc->machine->cpu[i]->dev, pc_testdev_hypercall, dev);
}

static bool wire_card(struct pc *pc, const struct card *c, struct device *dev, struct error *err)
{
    unsigned last = pc->pci ? 23 : 15;
    char wire[80];

    if (c->type == &pc_testdev_type)
        take_hypercalls(pc, dev);

    for (unsigned i = 0; c->all_irqs && i <= last; i++) {
        snprintf(wire, sizeof wire, "%s.irq%u", dev->name, i);
        if (i != 2 && !pc_irq(pc, wire, i, err))
            return false;
    }
    snprintf(wire, sizeof wire, "%s.irq", dev->name);
    return !c->irq || pc_irq(pc, wire, (unsigned)device_number(dev, "irq", c->irq), err);
}

static bool add_card(struct pc *pc, const struct board_device *d, struct error *err)
{
    for (size_t i = 0; i < COUNT(cards); i++) {
        const struct card *c = &cards[i];
        struct device *dev;

        if (strcmp(names[i].name, d->type))
            continue;
        if (pc->pci ? !c->pci : !c->isa)
            return fail(err, "-device %s: this machine has no slot for it", d->type);
        dev = machine_add(pc->machine, c->type, d->name, err);
        return dev && give_rom(pc, dev, d->type, c->set_rom, err) && wire_card(pc, c, dev, err);
    }
    return fail(err, "-device %s: no such device here; -device help lists them", d->type);
}

/* -- drives -- */

static bool insert(struct device *dev, struct block *medium)
{
    struct drive *d = device_offer(dev, "drive");

    d->insert(d, medium);
    return true;
}

static bool add_drives(struct pc *pc, struct error *err)
{
    for (size_t i = 0; i < pc->in->drive_count; i++) {
        const struct board_drive *d = &pc->in->drives[i];
        struct device *dev = machine_find(pc->machine, d->name);

        if (d->name[0] == 'h')
            dev = machine_add(pc->machine, d->cdrom ? &atapi_cd_type : &ata_disk_type, d->name,
                              err);
        if (!dev)
            return d->name[0] == 'h' ? false : fail(err, "%s: no such drive", d->name);
        insert(dev, d->medium);
    }
    return true;
}

/* Unless the configuration has its own words. */
static bool usually(struct pc *pc, const char *device, const char *what, const char *value,
                    struct error *err)
{
    char key[32];

    snprintf(key, sizeof key, "%s.%s", device, what);
    return config_text(pc->machine->config, key, NULL) || pc_set(pc, key, value, err);
}

static bool add_floppies(struct pc *pc, struct error *err)
{
    if (!usually(pc, "fdc", "fast", "yes", err))
        return false;                   /* nobody waits for a motor either, unless asked to */
    return pc_add(pc, &floppy_drive_type, "fda", err)
        && (!strcmp(config_text(pc->machine->config, "fdb.kind", "none"), "none")
            || pc_add(pc, &floppy_drive_type, "fdb", err))
        && pc_add(pc, &fdc_type, "fdc", err) && pc_irq(pc, "fdc.irq", 6, err);
}

static bool add_ide(struct pc *pc, struct error *err)
{
    if (pc->pci && !usually(pc, "ide", "decode", "yes", err))
        return false;
    return pc_add(pc, pc->pci ? &ide_type : &ide_isa_type, "ide", err)
        && pc_irq(pc, "ide.irq14", 14, err) && pc_irq(pc, "ide.irq15", 15, err)
        && (!pc->pci || pc_wire(pc, "susstat.1", "ide", 0, err));
}

/* -- ports -- */

/*
 * Nobody waits for a wire that is not there. On the PC with PCI the interrupt does not heed OUT2,
 * as on QEMU's: systems written on that one (xv6, JOS) never set it. The ISA PC is an AT.
 */
static bool add_serial(struct pc *pc, struct error *err)
{
    static const struct { const char *name, *port, *irq; unsigned n; bool always; } com[] = {
        { "com1", "0x3f8", "com1.irq", 4, true }, { "com2", "0x2f8", "com2.irq", 3, true },
        { "com3", "0x3e8", "com3.irq", 4, false }, { "com4", "0x2e8", "com4.irq", 3, false },
    };

    for (size_t i = 0; i < COUNT(com); i++) {
        char key[16];

        snprintf(key, sizeof key, "%s.present", com[i].name);
        if (!config_flag(pc->machine->config, key, com[i].always))
            continue;
        if (!usually(pc, com[i].name, "fast", "yes", err)
            || !usually(pc, com[i].name, "gate", pc->pci ? "no" : "yes", err))
            return false;
        snprintf(key, sizeof key, "%s.port", com[i].name);
        if (!pc_set(pc, key, com[i].port, err) || !pc_add(pc, &uart_type, com[i].name, err)
            || !pc_irq(pc, com[i].irq, com[i].n, err))
            return false;
    }
    return pc_add(pc, &parallel_type, "lpt1", err) && pc_irq(pc, "lpt1.irq", 7, err);
}

static bool add_keyboard(struct pc *pc, struct error *err)
{
    return usually(pc, "kbc", "fast", "yes", err)
        && pc_add(pc, &keyboard_type, "keyboard", err)
        && pc_add(pc, &mouse_type, "mouse", err)
        && pc_add(pc, &kbc_type, "kbc", err) && pc_irq(pc, "kbc.irq1", 1, err)
        && pc_irq(pc, "kbc.irq12", 12, err)
        && (pc->pci ? pc_wire(pc, "kbc.a20", "piix3", PIIX3_A20GATE, err)
                    : pc_wire(pc, "kbc.a20", "a20", 0, err));
}

static bool add_screen(struct pc *pc, struct error *err)
{
    const struct board_file *rom = file(pc, "vgabios");
    struct device *dev;

    if (!strcmp(config_text(pc->machine->config, "board.vga", "std"), "none"))
        return true;
    if (pc->pci && !pc_set(pc, "vga.slot", "2", err))
        return false;
    dev = machine_add(pc->machine, pc->pci ? &vga_type : &isavga_type, "vga", err);
    return dev && (!rom || !pc->pci || vga_set_rom(dev, rom->bytes, rom->count, err));
}

/* Bochs's and SeaBIOS's consoles; the exit port only where it was asked for. */
static bool add_debug(struct pc *pc, struct error *err)
{
    return pc_set(pc, "bioscon.port", "0x402", err)
        && pc_add(pc, &debugcon_type, "debugcon", err)
        && pc_add(pc, &debugcon_type, "bioscon", err)
        && pc_add(pc, &bochs_shutdown_type, "bochs-shutdown", err);
}

bool pc_add_cards(struct pc *pc, struct error *err)
{
    if (!add_serial(pc, err) || !add_keyboard(pc, err) || !add_floppies(pc, err)
        || !add_ide(pc, err) || !add_screen(pc, err) || !add_debug(pc, err)
        || !add_drives(pc, err))
        return false;
    for (size_t i = 0; i < pc->in->device_count; i++)
        if (!add_card(pc, &pc->in->devices[i], err))
            return false;
    return true;
}
