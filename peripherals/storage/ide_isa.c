/*
 * A disk adapter on the ISA bus: decoders and buffers between it and the drives' cables,
 * AT Attachment with Packet Interface - 6 (T13/1410D), "Interface cabling requirements".
 */
#include "peripherals/storage/ide_isa.h"

#include "core/error.h"
#include "peripherals/storage/ide_ports.h"

#define IDE_ISA_STATE(ONE, MANY, PART) \
    PART(struct ata_wires, wires, 2, ATA_WIRES_STATE)

struct ide_isa {
    struct ide_ports ports;
    STATE_MEMBERS(IDE_ISA_STATE)
};
DEFINE_STATE(struct ide_isa, IDE_ISA_STATE);

static void ide_isa_intrq(struct device *dev, u8 channel, bool level)
{
    line_set(&container_of(dev, struct ide_isa, ports.dev)->ports.channel[channel].irq, level);
}

static void ide_isa_reset(struct device *dev, enum reset how)
{
    ide_ports_reset(&container_of(dev, struct ide_isa, ports.dev)->ports);
}

static bool ide_isa_attach(struct device *dev, struct error *err)
{
    struct ide_isa *s = container_of(dev, struct ide_isa, ports.dev);
    static const char *const key[2] = { "port", "port2" };

    ide_ports_attach(&s->ports, s->wires, ide_isa_intrq, NULL);
    for (unsigned i = 0; i < 2; i++) {
        struct ide_channel *ch = &s->ports.channel[i];
        u64 port = device_number(dev, key[i], ch->port);

        if (port > 0xfdf0 || port % 8)
            return fail(err, "%s: %s: there are no such ports", dev->name, key[i]);
        ch->port = (u16)port;
        ide_ports_decode(ch, port != 0);
    }
    return true;
}

const struct device_type ide_isa_type = {
    .name = "ide-isa", .title = "disk adapter of an AT", .size = sizeof(struct ide_isa),
    .state = state_rows, .attach = ide_isa_attach, .reset = ide_isa_reset,
};
