/*
 * The ports of an AT disk adapter and its interrupts: AT Attachment with Packet Interface - 6
 * (T13/1410D), "I/O register descriptions"; the addresses are those of 82371SB (PIIX3),
 * "IDE Controller Register Descriptions". The data port takes 16 and 32 bits; the others a
 * byte at a time. Not modelled: port 3F7h (the drive address, withdrawn in ATA-2).
 */
#include "peripherals/storage/ide_ports.h"

#include "core/machine.h"

#include <stdio.h>

enum { CONTROL_OFFSET = 0x206 };

static u64 read_channel(struct ide_channel *ch, u64 offset, unsigned size)
{
    u64 v = 0;

    if (offset == ATA_DATA)
        return size == 1 ? ata_read_data(&ch->cable, 2) & 0xff : ata_read_data(&ch->cable, size);
    for (unsigned i = 0; i < size; i++) {
        u8 byte = offset + i <= ATA_STATUS
                ? ata_read(&ch->cable, (enum ata_register)(offset + i)) : 0xff;

        v |= (u64)byte << 8 * i;
    }
    trace(ch->cable.host, "read %03xh.%u -> %llxh", (unsigned)(ch->port + offset), size,
          (unsigned long long)v);
    return v;
}

static void write_channel(struct ide_channel *ch, u64 offset, u64 value, unsigned size)
{
    if (offset == ATA_DATA) {
        ata_write_data(&ch->cable, (u32)value, size == 1 ? 2 : size);
        return;
    }
    trace(ch->cable.host, "write %03xh.%u <- %llxh", (unsigned)(ch->port + offset), size,
          (unsigned long long)value);
    for (unsigned i = 0; i < size && offset + i <= ATA_COMMAND; i++)
        ata_write(&ch->cable, (enum ata_register)(offset + i), (u8)(value >> 8 * i));
}

/* A byte at a time a word's other half is lost: that is no plain move. */
static u32 read_many(struct ide_channel *ch, u64 offset, unsigned size, u8 *to, u32 n)
{
    return offset == ATA_DATA && size > 1 ? ata_read_data_many(&ch->cable, size, to, n) : 0;
}

static u32 write_many(struct ide_channel *ch, u64 offset, unsigned size, const u8 *from, u32 n)
{
    return offset == ATA_DATA && size > 1 ? ata_write_data_many(&ch->cable, size, from, n) : 0;
}

/* A region knows its owner only, so each has operations of its own. */
static struct ide_ports *ports_of(struct device *dev)
{
    return container_of(dev, struct ide_ports, dev);
}

static u64 command0_read(struct device *dev, u64 offset, unsigned size)
{
    return read_channel(&ports_of(dev)->channel[0], offset, size);
}

static u64 command1_read(struct device *dev, u64 offset, unsigned size)
{
    return read_channel(&ports_of(dev)->channel[1], offset, size);
}

static void command0_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    write_channel(&ports_of(dev)->channel[0], offset, value, size);
}

static void command1_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    write_channel(&ports_of(dev)->channel[1], offset, value, size);
}

static u32 command0_read_many(struct device *dev, u64 offset, unsigned size, u8 *to, u32 n)
{
    return read_many(&ports_of(dev)->channel[0], offset, size, to, n);
}

static u32 command1_read_many(struct device *dev, u64 offset, unsigned size, u8 *to, u32 n)
{
    return read_many(&ports_of(dev)->channel[1], offset, size, to, n);
}

static u32 command0_write_many(struct device *dev, u64 offset, unsigned size, const u8 *from,
                               u32 n)
{
    return write_many(&ports_of(dev)->channel[0], offset, size, from, n);
}

static u32 command1_write_many(struct device *dev, u64 offset, unsigned size, const u8 *from,
                               u32 n)
{
    return write_many(&ports_of(dev)->channel[1], offset, size, from, n);
}

static u64 control0_read(struct device *dev, u64 offset, unsigned size)
{
    return ata_read_alternate(&ports_of(dev)->channel[0].cable);
}

static u64 control1_read(struct device *dev, u64 offset, unsigned size)
{
    return ata_read_alternate(&ports_of(dev)->channel[1].cable);
}

static void control0_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    trace(dev, "control 0 <- %02xh", (unsigned)value);
    ata_write_control(&ports_of(dev)->channel[0].cable, (u8)value);
}

static void control1_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    trace(dev, "control 1 <- %02xh", (unsigned)value);
    ata_write_control(&ports_of(dev)->channel[1].cable, (u8)value);
}

static const struct io_ops command_io[2] = {
    { command0_read, command0_write, 4 }, { command1_read, command1_write, 4 },
};

static const struct io_many command_many[2] = {
    { command0_read_many, command0_write_many }, { command1_read_many, command1_write_many },
};

static const struct io_ops control_io[2] = {
    { control0_read, control0_write, 1 }, { control1_read, control1_write, 1 },
};

void ide_ports_decode(struct ide_channel *ch, bool on)
{
    struct space *ports = ch->cable.host->machine->ports;

    if (on) {
        space_map(ports, &ch->command, ch->port, NORMAL);
        space_map(ports, &ch->control, (u64)ch->port + CONTROL_OFFSET, NORMAL);
    } else {
        space_unmap(&ch->command);
        space_unmap(&ch->control);
    }
}

void ide_ports_reset(struct ide_ports *ports)
{
    static const char *const usual[4] = { "hda", "hdb", "hdc", "hdd" };

    for (unsigned i = 0; i < 4; i++) {
        char key[8];

        snprintf(key, sizeof key, "drive%u", i);
        ata_plug(&ports->channel[i / 2].cable, i % 2, device_text(&ports->dev, key, usual[i]));
    }
    for (unsigned i = 0; i < 2; i++)
        ata_hardware_reset(&ports->channel[i].cable);
}

void ide_ports_attach(struct ide_ports *ports, struct ata_wires wires[2],
                      void (*intrq)(struct device *, u8 channel, bool level),
                      void (*dmarq)(struct device *, u8 channel))
{
    static const char *const command_name[2] = { "ide-command-1", "ide-command-2" };
    static const char *const control_name[2] = { "ide-control-1", "ide-control-2" };
    static const char *const irq_name[2] = { "irq14", "irq15" };
    struct device *dev = &ports->dev;

    for (unsigned i = 0; i < 2; i++) {
        struct ide_channel *ch = &ports->channel[i];

        ch->cable = (struct ata_cable){
            .host = dev, .channel = (u8)i, .wires = &wires[i], .intrq = intrq, .dmarq = dmarq,
        };
        ch->port = i ? 0x170 : 0x1f0;
        ch->command = (struct region){ .name = command_name[i], .owner = dev,
                                       .io = &command_io[i], .many = &command_many[i],
                                       .size = 8 };
        ch->control = (struct region){ .name = control_name[i], .owner = dev,
                                       .io = &control_io[i], .size = 1 };
        device_line(dev, &ch->irq, irq_name[i]);
    }
}
