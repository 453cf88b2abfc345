/* What is plugged into the PC or soldered beside the chip set: ports, drives, cards. */
#include "peripherals/boards/pc_parts.h"

#include "core/block.h"
#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "peripherals/debug/debugcon.h"
#include "peripherals/debug/exit.h"
#include "peripherals/net/e1000.h"
#include "peripherals/serial/uart.h"
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
};

static const struct board_type names[] = {
    { "e1000",          "Intel 82540EM gigabit Ethernet, PCI" },
    { "isa-debug-exit", "ends the run with what is written to its port" },
    { "isa-debugcon",   "prints what is written to its port" },
    { NULL, NULL },
};

static const struct card cards[] = {
    { &e1000_type,       e1000_set_rom,   true,  false, 0 },
    { &debug_exit_type,  NULL,            true,  true,  0 },
    { &debugcon_type,    NULL,            true,  true,  0 },
};

const struct board_type *pc_card_types(void)
{
    return names;
}

const struct board_type *isapc_card_types(void)
{
    return names + 1;
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

static bool add_card(struct pc *pc, const struct board_device *d, struct error *err)
{
    for (size_t i = 0; i < COUNT(cards); i++) {
        const struct card *c = &cards[i];
        struct device *dev;
        char wire[80];

        if (strcmp(names[i].name, d->type))
            continue;
        if (pc->pci ? !c->pci : !c->isa)
            return fail(err, "-device %s: this machine has no slot for it", d->type);
        dev = machine_add(pc->machine, c->type, d->name, err);
        if (!dev || !give_rom(pc, dev, d->type, c->set_rom, err))
            return false;
        snprintf(wire, sizeof wire, "%s.irq", d->name);
        return !c->irq || pc_irq(pc, wire, (unsigned)device_number(dev, "irq", c->irq), err);
    }
    return fail(err, "-device %s: no such device here; -device help lists them", d->type);
}

/* -- ports -- */

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
        snprintf(key, sizeof key, "%s.fast", com[i].name);
        if (!config_text(pc->machine->config, key, NULL) && !pc_set(pc, key, "yes", err))
            return false;               /* nobody waits for a wire that is not there */
        snprintf(key, sizeof key, "%s.port", com[i].name);
        if (!pc_set(pc, key, com[i].port, err) || !pc_add(pc, &uart_type, com[i].name, err)
            || !pc_irq(pc, com[i].irq, com[i].n, err))
            return false;
    }
    return true;
}

static bool add_screen(struct pc *pc, struct error *err)
{
    const struct board_file *rom = file(pc, "vgabios");
    struct device *dev;

    if (!strcmp(config_text(pc->machine->config, "board.vga", "std"), "none"))
        return true;
    if (pc->pci && !pc_set_number(pc, "vga.slot", 2, err))
        return false;
    dev = machine_add(pc->machine, pc->pci ? &vga_type : &isavga_type, "vga", err);
    return dev && (!rom || vga_set_rom(dev, rom->bytes, rom->count, err));
}

/* Bochs's and SeaBIOS's consoles; the exit port only where it was asked for. */
static bool add_debug(struct pc *pc, struct error *err)
{
    return pc_set(pc, "bioscon.port", "0x402", err)
        && pc_add(pc, &debugcon_type, "debugcon", err)
        && pc_add(pc, &debugcon_type, "bioscon", err);
}

bool pc_add_cards(struct pc *pc, struct error *err)
{
    if (!add_serial(pc, err) || !add_screen(pc, err) || !add_debug(pc, err))
        return false;
    for (size_t i = 0; i < pc->in->device_count; i++)
        if (!add_card(pc, &pc->in->devices[i], err))
            return false;
    return true;
}
