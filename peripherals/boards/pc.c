/*
 * The PC: processors, 82440FX and PIIX3 with the PIIX4's power management, and what stands
 * on an AT's main board; or, without PCI, an ISA PC of the same parts.
 */
#include "peripherals/boards/pc_parts.h"

#include "bus/pci.h"
#include "core/config.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/input.h"
#include "core/machine.h"
#include "core/ram.h"
#include "isa/x86/x86.h"
#include "peripherals/chipset/coprocessor.h"
#include "peripherals/chipset/dma.h"
#include "peripherals/chipset/fwcfg.h"
#include "peripherals/chipset/hpet.h"
#include "peripherals/chipset/i440fx.h"
#include "peripherals/chipset/ioapic.h"
#include "peripherals/chipset/irq_router.h"
#include "peripherals/chipset/pic.h"
#include "peripherals/chipset/piix3.h"
#include "peripherals/chipset/piix4_pm.h"
#include "peripherals/chipset/pit.h"
#include "peripherals/chipset/port61.h"
#include "peripherals/chipset/rtc.h"
#include "peripherals/chipset/splitter.h"

#include <stdio.h>

/* -- the board itself -- */

enum { PIN_SHUTDOWN };                  /* from every processor */

/* A processor that gave up: the board pulls RESET, as PCs do; or the run ends there. */
static void pc_pin(struct device *dev, unsigned pin, bool level)
{
    if (!level)
        return;
    if (container_of(dev, struct pc, dev)->resets)
        machine_ask_reset(dev->machine);
    else
        machine_stop(dev->machine, STOP_SHUTDOWN);
}

static void pulse(struct line *l)
{
    line_set(l, true);
    line_set(l, false);
}

static void pc_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct pc *pc = container_of(dev, struct pc, dev);

    if (kind != INPUT_BUTTON || count < 1)
        return;
    switch (bytes[0]) {
    case BUTTON_RESET: machine_ask_reset(dev->machine); break;
    case BUTTON_POWER: pulse(&pc->power); break;
    case BUTTON_NMI:   pulse(&pc->nmi); break;
    default: break;
    }
}

static bool pc_attach(struct device *dev, struct error *err)
{
    struct pc *pc = container_of(dev, struct pc, dev);

    device_line(dev, &pc->power, "power");
    device_line(dev, &pc->nmi, "nmi");
    pc->resets = device_flag(dev, "reset-on-triple-fault", true);
    pc->machine = dev->machine;
    return true;
}

static void pc_reset(struct device *dev, enum reset how)
{
    struct pc *pc = container_of(dev, struct pc, dev);

    pc_set_boot_order(pc, how == RESET_POWER);
    if (pc->shadow)
        space_write_bytes(dev->machine->memory, MAP_MEGABYTE - pc->shadow->size,
                          pc->rom->host + (pc->rom->size - pc->shadow->size), pc->shadow->size);
}

static const struct device_type pc_type = {
    .name = "pc-board", .title = "main board", .size = sizeof(struct pc),
    .attach = pc_attach, .reset = pc_reset, .pin = pc_pin, .input = pc_input,
};

/* -- shorthand -- */

bool pc_add(struct pc *pc, const struct device_type *type, const char *name, struct error *err)
{
    return machine_add(pc->machine, type, name, err) != NULL;
}

bool pc_set(struct pc *pc, const char *key, const char *value, struct error *err)
{
    return config_set(pc->machine->config, key, value, err);
}

bool pc_wire(struct pc *pc, const char *from, const char *to, unsigned pin, struct error *err)
{
    return machine_wire(pc->machine, from, to, (u16)pin, err);
}

bool pc_irq(struct pc *pc, const char *from, unsigned irq, struct error *err)
{
    return pc_wire(pc, from, "irq", irq + 32u * pc->sources[irq]++, err);
}

/* -- processors -- */

static bool wire_processor(struct pc *pc, unsigned i, struct error *err)
{
    static const struct { const char *splitter; unsigned pin; } shared[] = {
        { "a20", X86_A20M }, { "nmi", X86_NMI }, { "init", X86_INIT },
        { "ignne", X86_IGNNE },
    };
    char from[40];

    for (size_t s = 0; s < COUNT(shared); s++) {
        snprintf(from, sizeof from, "%s.%u", shared[s].splitter, i);
        if (!pc_wire(pc, from, pc->cpu_name[i], shared[s].pin, err))
            return false;
    }
    snprintf(from, sizeof from, "%s.shutdown", pc->cpu_name[i]);
    return pc_wire(pc, from, "board", PIN_SHUTDOWN, err);
}

static bool add_processors(struct pc *pc, struct error *err)
{
    for (unsigned i = 0; i < pc->in->cpus; i++) {
        snprintf(pc->cpu_name[i], sizeof pc->cpu_name[i], "cpu%u", i);
        if (!pc_add(pc, &x86_cpu_type, pc->cpu_name[i], err) || !wire_processor(pc, i, err))
            return false;
        pc->machine->cpu[i]->pic = machine_find(pc->machine, "pic");
        pc->machine->cpu[i]->acknowledge = pic_acknowledge;
    }
    return pc_wire(pc, "pic.intr", "cpu0", X86_INTR, err)
        && pc_wire(pc, "cpu0.ferr", "coprocessor", 0, err);
}

static bool add_splitters(struct pc *pc, struct error *err)
{
    static const char *const name[] = { "a20", "nmi", "init", "ignne", "irq8" };

    for (size_t i = 0; i < COUNT(name); i++)
        if (!pc_add(pc, &splitter_type, name[i], err))
            return false;
    return true;
}

/* -- memory -- */

/* RAM below 4 GB ends at 3 GB where there is more than fits under the PCI devices. */
static bool add_ram(struct pc *pc, struct error *err)
{
    u64 bytes = pc->in->ram_bytes;

    if (bytes < MAP_MEGABYTE || bytes > UINT64_C(1) << 40)
        return fail(err, "-m: from 1 MB to 1 TB");
    if (!pc->pci && bytes > UINT64_C(0xf0) << 20)
        return fail(err, "-m: an ISA PC has at most 240 MB");
    pc->low_end = bytes < 0xe0000000 ? bytes : 0xc0000000;
    pc->high_end = bytes > pc->low_end ? MAP_TOP + (bytes - pc->low_end) : 0;
    pc->ram = machine_add_ram(pc->machine, "main", bytes, err);
    return pc->ram != NULL;
}

static bool add_rom(struct pc *pc, struct error *err)
{
    if (pc->in->rom_bytes == 0 || pc->in->rom_bytes > 16 * MAP_MEGABYTE)
        return fail(err, "a PC needs firmware of at most 16 MB (see -bios)");
    pc->rom = memory_map_rom(&pc->map, &pc->dev, pc->in, err);
    return pc->rom != NULL;
}

/*
 * Without a chip set that could shadow it, memory is where it is, and the firmware runs in RAM
 * that reset fills from the ROM, as 386 boards did: SeaBIOS writes to its own segment.
 */
static bool map_isa_ram(struct pc *pc, struct error *err)
{
    struct region *legacy = &pc->map.legacy;

    pc->shadow = machine_add_ram(pc->machine, "shadow", legacy->size, err);
    if (!pc->shadow)
        return false;
    space_unmap(legacy);
    legacy->ram = pc->shadow;
    legacy->ram_offset = 0;
    legacy->writable = true;
    space_map(pc->machine->memory, legacy, MAP_MEGABYTE - legacy->size, NORMAL);
    pc->upper = (struct region){
        .name = "upper", .owner = &pc->dev, .ram = pc->ram, .ram_offset = 0xc0000,
        .writable = true, .size = 0x20000,
    };
    space_map(pc->machine->memory, &pc->upper, 0xc0000, UNDER);
    memory_map_ram(&pc->map, &pc->dev, pc->ram, pc->in->ram_bytes);
    return true;
}

/* -- what every AT has -- */

static bool wire_irqs(struct pc *pc, struct error *err)
{
    char from[24];

    for (unsigned i = 0; i < 16; i++) {
        snprintf(from, sizeof from, "irq.pic%u", i);
        if (i != 2 && !pc_wire(pc, from, "pic", i, err))
            return false;
    }
    for (unsigned i = 0; pc->pci && i < 24; i++) {
        snprintf(from, sizeof from, "irq.gsi%u", i);
        if (i != 2 && !pc_wire(pc, from, "ioapic", i ? i : 2, err))     /* IRQ 0 is at pin 2 */
            return false;
    }
    return true;
}

/* The timer's and the clock's interrupts go by the HPET, which may take their place. */
static bool wire_timers(struct pc *pc, struct error *err)
{
    char from[24];

    if (!pc->pci)
        return pc_irq(pc, "pit.out0", 0, err) && pc_irq(pc, "rtc.irq", 8, err);
    if (!pc_add(pc, &hpet_type, "hpet", err))
        return false;
    for (unsigned gsi = 20; gsi < 24; gsi++) {
        snprintf(from, sizeof from, "hpet.gsi%u", gsi);
        if (!pc_irq(pc, from, gsi, err))
            return false;
    }
    return pc_wire(pc, "pit.out0", "hpet", 0, err)
        && pc_wire(pc, "rtc.irq", "irq8", 0, err) && pc_wire(pc, "irq8.0", "hpet", 1, err)
        && pc_irq(pc, "hpet.irq0", 0, err) && pc_irq(pc, "hpet.irq8", 8, err);
}

static bool add_at(struct pc *pc, struct error *err)
{
    return pc_add(pc, &pic_type, "pic", err) && pc_add(pc, &irq_router_type, "irq", err)
        && (!pc->pci || pc_add(pc, &ioapic_type, "ioapic", err)) && wire_irqs(pc, err)
        && pc_add(pc, &pit_type, "pit", err) && pc_add(pc, &port61_type, "port61", err)
        && pc_wire(pc, "port61.gate2", "pit", 2, err)
        && pc_wire(pc, "pit.out2", "port61", PORT61_OUT2, err)
        && pc_wire(pc, "port61.nmi", "nmi", 0, err) && pc_wire(pc, "board.nmi", "nmi", 1, err)
        && pc_add(pc, &rtc_type, "rtc", err) && pc_add(pc, &dma_type, "dma", err)
        && pc_wire(pc, "rtc.nmi_mask", "port61", PORT61_NMI_MASK, err)
        && wire_timers(pc, err)
        && pc_add(pc, &coprocessor_type, "coprocessor", err)
        && pc_irq(pc, "coprocessor.irq", 13, err)
        && pc_wire(pc, "coprocessor.ignne", "ignne", 0, err);
}

/* -- what makes it a PCI PC -- */

static bool add_bridges(struct pc *pc, struct error *err)
{
    struct machine *m = pc->machine;
    struct device *host;

    if (!pc_add(pc, &pci_bus_type, "pci", err) || !pc_add(pc, &splitter_type, "susstat", err))
        return false;
    host = machine_add(m, &i440fx_type, "host", err);
    if (!host || !i440fx_set_ram(host, pc->ram, pc->low_end, err))
        return false;
    for (unsigned i = 0; i < pc->in->cpus; i++) {
        struct space *smm = i440fx_smm_space(host, m->cpu[i]->memory, err);

        if (!smm)
            return false;
        x86_set_smm_space(&m->cpu[i]->dev, smm);    /* which owns it now */
    }
    return true;
}

/* The ISA bridge routes PIRQs; its wires join the others of each IRQ. */
static bool wire_bridge(struct pc *pc, struct error *err)
{
    char from[24];

    for (unsigned i = 0; i < 4; i++) {
        snprintf(from, sizeof from, "pci.pirq%c", 'a' + i);
        if (!pc_wire(pc, from, "piix3", i, err))
            return false;
    }
    for (unsigned i = 3; i < 16; i++) {
        snprintf(from, sizeof from, "piix3.irq%u", i);
        if (i != 8 && i != 13 && !pc_irq(pc, from, i, err))
            return false;
    }
    return pc_wire(pc, "piix3.a20", "a20", 0, err) && pc_wire(pc, "piix3.init", "init", 0, err)
        && pc_wire(pc, "host.init", "init", 1, err);
}

/*
 * SMI# goes to the first processor alone: the firmware moves only that one's SMBASE, and the
 * others would all run their handlers over one another at 30000h.
 */
static bool add_south_bridge(struct pc *pc, struct error *err)
{
    if (!pc_add(pc, &piix3_type, "piix3", err) || !wire_bridge(pc, err)
        || !pc_add(pc, &piix4_pm_type, "pm", err))
        return false;
    piix4_pm_set_ram(machine_find(pc->machine, "pm"), pc->in->ram_bytes);
    return pc_irq(pc, "pm.sci", 9, err)
        && pc_wire(pc, "pm.smi", "cpu0", X86_SMI, err)
        && pc_wire(pc, "board.power", "pm", PIIX4_PM_BUTTON, err)
        && pc_wire(pc, "irq8.1", "pm", PIIX4_PM_RTC, err)
        && pc_wire(pc, "pm.susstat", "susstat", 0, err)
        && pc_wire(pc, "susstat.0", "host", I440FX_SUSSTAT, err);
}

/* -- in the order in which reset goes through them -- */

static bool build(struct machine *m, const struct board_input *in, bool pci, struct error *err)
{
    struct device *dev = machine_add(m, &pc_type, "board", err);
    struct pc *pc = container_of(dev, struct pc, dev);

    if (!dev)
        return false;
    pc->in = in;
    pc->pci = pci;
    if (in->cpus == 0 || in->cpus > (pci ? 16 : 1))
        return fail(err, "-smp: this machine has 1 to %u processors", pci ? 16 : 1);
    if (!add_ram(pc, err) || !add_rom(pc, err) || !add_splitters(pc, err) || !add_at(pc, err)
        || !add_processors(pc, err))
        return false;
    if (!pci && !map_isa_ram(pc, err))
        return false;
    if (pci && (!add_bridges(pc, err) || !add_south_bridge(pc, err)))
        return false;
    if (!pc_add_cards(pc, err) || !pc_set_cmos(pc, err) || !pc_tell_firmware(pc, err))
        return false;
    pc->in = NULL;
    return true;
}

static bool pc_build(struct machine *m, const struct board_input *in, struct error *err)
{
    return build(m, in, true, err);
}

static bool isapc_build(struct machine *m, const struct board_input *in, struct error *err)
{
    return build(m, in, false, err);
}

extern const struct board board_pc, board_isapc;
const struct board board_pc = {
    .name = "pc", .title = "82440FX and PIIX3, PCI", .build = pc_build, .types = pc_card_types,
};
const struct board board_isapc = {
    .name = "isapc", .title = "ISA only", .build = isapc_build, .types = isapc_card_types,
};
