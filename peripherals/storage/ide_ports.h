#pragma once
#include "bus/ata.h"

/*
 * What every AT adapter has: two channels of two drives, at 1F0h-1F7h and 3F6h with IRQ 14,
 * at 170h-177h and 376h with IRQ 15. An adapter is a device whose struct
 * begins with struct ide_ports; its state has PART(struct ata_wires, wires, 2,
 * ATA_WIRES_STATE).
 */
struct ide_channel {
    struct ata_cable cable;
    struct region    command, control;
    struct line      irq;
    u16              port;
};

struct ide_ports {
    struct device      dev;
    struct ide_channel channel[2];
};

/* Names the wires "irq14" and "irq15"; intrq and dmarq as in struct ata_cable, or NULL. */
void ide_ports_attach(struct ide_ports *, struct ata_wires wires[2],
                      void (*intrq)(struct device *, u8 channel, bool level),
                      void (*dmarq)(struct device *, u8 channel));
/* Finds the drives by their names: keys "NAME.drive0" to "NAME.drive3", else "hda" to "hdd". */
void ide_ports_reset(struct ide_ports *);
void ide_ports_decode(struct ide_channel *, bool on);
