/*
 * The IDE controller of the 82371SB (PIIX3), function 1 of the chip: 82371FB (PIIX) and
 * 82371SB (PIIX3) data sheet, "IDE Controller Register Descriptions" and "IDE Bus Master".
 *
 * A transfer takes the time that a drive at 100 MB/s would, 10 ns a byte, and happens at
 * its end, at most CHUNK bytes at once.
 *
 * Not modelled: the timing registers are kept and have no effect; descriptors and regions
 * that cross 64 KB go on linearly where the chip's counters would wrap.
 */
#include "peripherals/storage/ide.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/machine.h"
#include "peripherals/storage/ide_ports.h"

#include <string.h>

enum { COMMAND = 0x04, STATUS = 0x06, IDETIM = 0x40, BUS_MASTER_BAR = 4 };
enum { TIMING = 5 };                                /* bytes of IDETIM and SIDETIM */
enum { C_IOSE = 1, C_BME = 4, IDETIM_DECODE = 0x80 /* of the high byte */ };
enum { BMICOM = 0, BMISTA = 2, BMIDTP = 4 };
enum { BMICOM_START = 1, BMICOM_TO_MEMORY = 8 };
enum { BMISTA_ACTIVE = 1, BMISTA_ERROR = 2, BMISTA_INTERRUPT = 4, BMISTA_CAPABLE = 0x60 };

enum { CHUNK = 128 << 10, PIECES = 256, NS_PER_BYTE = 10 };

#define MASTER_STATE(ONE, MANY, PART)                       \
    ONE (u8,   command,  "BMICOM")                          \
    ONE (u8,   status,   "BMISTA")                          \
    ONE (u32,  table,    "BMIDTP")                          \
    ONE (u32,  next,     "address of the next descriptor")  \
    ONE (u32,  address,  "in the present region")           \
    ONE (u32,  left,     "bytes of it")                     \
    ONE (bool, last,     "it is the last of the table")

#define IDE_STATE(ONE, MANY, PART)                          \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)    \
    PART(struct ata_wires, wires, 2, ATA_WIRES_STATE)       \
    PART(struct master, master, 2, MASTER_STATE)            \
    ONE (bool, asleep, "in S3 until the next reset")

struct master { STATE_MEMBERS(MASTER_STATE) };
DEFINE_PART(struct master, MASTER_STATE)

struct piece { u32 address, count; };

struct ide {
    struct ide_ports ports;
    struct pci       pci;
    struct region    registers;
    struct event     transfer[2];
    struct piece     piece[PIECES];
    u8               chunk[CHUNK];
    STATE_MEMBERS(IDE_STATE)
};
DEFINE_STATE(struct ide, IDE_STATE);

static struct ide *ide_of(struct device *dev)
{
    return container_of(dev, struct ide, ports.dev);
}

/* -- the transfer -- */

/* Arms the end of the next chunk, if drive and guest both want it. */
static void start_chunk(struct ide *s, unsigned i)
{
    bool to_host = false;
    u64 left = ata_dma_left(&s->ports.channel[i].cable, &to_host);
    struct master *m = &s->master[i];

    if (!left || !(m->command & BMICOM_START) || !(m->status & BMISTA_ACTIVE))
        return;
    if (to_host != !!(m->command & BMICOM_TO_MEMORY)) {
        guest_oddity(&s->ports.dev, "channel %u: the drive wants the other direction", i);
        return;
    }
    if (s->transfer[i].due != NEVER)
        return;
    device_arm_in(&s->ports.dev, &s->transfer[i], NS_PER_BYTE * (left < CHUNK ? left : CHUNK));
}

/* The next region of the table; false: there is none. */
static bool next_region(struct ide *s, struct master *m)
{
    u8 descriptor[8];

    if (m->last) {
        m->status &= (u8)~BMISTA_ACTIVE;
        return false;
    }
    if (!pci_read_ram(&s->pci, m->next, descriptor, sizeof descriptor)) {
        guest_oddity(&s->ports.dev, "no descriptor at %08xh", m->next);
        m->status = (u8)((m->status & ~BMISTA_ACTIVE) | BMISTA_ERROR);
        return false;
    }
    m->next += 8;
    m->address = load_le32(descriptor) & ~1u;
    m->left = load_le16(descriptor + 4) & 0xfffe;
    if (m->left == 0)
        m->left = 0x10000;
    m->last = descriptor[7] & 0x80;
    if ((m->address & 0xffff) + m->left > 0x10000)
        guest_oddity(&s->ports.dev, "a region crosses 64 KB: %08xh, %xh bytes",
                     m->address, m->left);
    return true;
}

/* Takes regions for up to `wanted` bytes from the table; how many bytes they have. */
static u32 gather(struct ide *s, struct master *m, u32 wanted, unsigned *pieces)
{
    u32 total = 0, n;

    for (*pieces = 0; total < wanted && *pieces < PIECES; total += n) {
        if (m->left == 0 && !next_region(s, m))
            break;
        n = m->left < wanted - total ? m->left : wanted - total;
        s->piece[(*pieces)++] = (struct piece){ m->address, n };
        m->address += n;
        m->left -= n;
    }
    return total;
}

static bool scatter(struct ide *s, unsigned pieces, bool to_memory)
{
    bool fine = true;
    u8 *at = s->chunk;

    for (unsigned i = 0; i < pieces; i++) {
        const struct piece *p = &s->piece[i];

        fine &= to_memory ? pci_write_ram(&s->pci, p->address, at, p->count)
                          : pci_read_ram(&s->pci, p->address, at, p->count);
        at += p->count;
    }
    return fine;
}

/* [Bus Master IDE Status Register]: Active falls with the last byte of the last region. */
static void finish_table(struct master *m)
{
    if (m->left == 0 && m->last)
        m->status &= (u8)~BMISTA_ACTIVE;
}

static void transfer(struct ide *s, unsigned i)
{
    struct ata_cable *cable = &s->ports.channel[i].cable;
    struct master *m = &s->master[i];
    unsigned pieces;
    bool to_host = false, fine = true;
    u64 left = ata_dma_left(cable, &to_host);
    u32 count;

    if (!left || !(m->status & BMISTA_ACTIVE) || to_host != !!(m->command & BMICOM_TO_MEMORY))
        return;
    count = gather(s, m, left < CHUNK ? (u32)left : CHUNK, &pieces);
    if (count == 0)
        return;
    finish_table(m);
    if (!to_host)
        fine = scatter(s, pieces, false);
    count = ata_dma(cable, s->chunk, count);
    if (to_host && count)
        fine = scatter(s, pieces, true);
    trace(&s->ports.dev, "channel %u: %u bytes %s", i, count, to_host ? "read" : "written");
    if (!fine) {
        guest_oddity(&s->ports.dev, "channel %u: a region is not in RAM", i);
        m->status |= BMISTA_ERROR;
    }
    if (count)
        start_chunk(s, i);
}

static void on_transfer0(struct device *dev, u64 due)   { transfer(ide_of(dev), 0); }
static void on_transfer1(struct device *dev, u64 due)   { transfer(ide_of(dev), 1); }

static void ide_dmarq(struct device *dev, u8 channel)
{
    start_chunk(ide_of(dev), channel);
}

static void ide_intrq(struct device *dev, u8 channel, bool level)
{
    struct ide *s = ide_of(dev);
    struct line *irq = &s->ports.channel[channel].irq;

    if (level && !irq->level)
        s->master[channel].status |= BMISTA_INTERRUPT;
    line_set(irq, level);
}

/* -- registers of the bus master -- */

static u8 master_read(struct device *dev, u64 offset)
{
    const struct master *m = &ide_of(dev)->master[offset >> 3 & 1];

    switch (offset & 7) {
    case BMICOM:        return m->command;
    case BMISTA:        return m->status;
    case BMIDTP:
    case BMIDTP + 1:
    case BMIDTP + 2:
    case BMIDTP + 3:    return (u8)(m->table >> 8 * (offset & 3));
    }
    return 0;
}

static void write_command(struct ide *s, unsigned i, u8 value)
{
    struct master *m = &s->master[i];
    bool was = m->command & BMICOM_START;

    m->command = value & (BMICOM_START | BMICOM_TO_MEMORY);
    if (!(value & BMICOM_START)) {
        m->status &= (u8)~BMISTA_ACTIVE;
        device_arm_at(&s->ports.dev, &s->transfer[i], NEVER);
    } else if (!was) {
        m->status |= BMISTA_ACTIVE;
        m->next = m->table;
        m->left = 0;
        m->last = false;
        start_chunk(s, i);
    }
}

static void master_write(struct device *dev, u64 offset, u8 value)
{
    struct ide *s = ide_of(dev);
    unsigned i = offset >> 3 & 1, shift = 8 * (offset & 3);
    struct master *m = &s->master[i];

    switch (offset & 7) {
    case BMICOM:
        write_command(s, i, value);
        break;
    case BMISTA:
        m->status = (u8)((m->status & ~BMISTA_CAPABLE & ~(value & 6)) | (value & BMISTA_CAPABLE));
        break;
    case BMIDTP: case BMIDTP + 1: case BMIDTP + 2: case BMIDTP + 3:
        m->table = ((m->table & ~(0xffu << shift)) | (u32)value << shift) & ~3u;
        break;
    }
}

static u64 ide_read(struct device *dev, u64 offset, unsigned size)
{
    u64 v = 0;

    for (unsigned i = 0; i < size; i++)
        v |= (u64)master_read(dev, offset + i) << 8 * i;
    trace(dev, "bus master: read %02xh.%u -> %llxh", (unsigned)offset, size,
          (unsigned long long)v);
    return v;
}

static void ide_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    trace(dev, "bus master: write %02xh.%u <- %llxh", (unsigned)offset, size,
          (unsigned long long)value);
    for (unsigned i = 0; i < size; i++)
        master_write(dev, offset + i, (u8)(value >> 8 * i));
}

static const struct io_ops ide_io = { ide_read, ide_write, 4 };

/* -- configuration -- */

static void decode(struct ide *s)
{
    const u8 *config = s->config->bytes;

    for (unsigned i = 0; i < 2; i++)
        ide_ports_decode(&s->ports.channel[i], config[COMMAND] & C_IOSE
                                               && config[IDETIM + 2 * i + 1] & IDETIM_DECODE);
}

static void ide_written(struct device *dev, u8 first, u8 last)
{
    decode(ide_of(dev));
}

static void ide_pin(struct device *dev, unsigned pin, bool level)
{
    if (level)
        ide_of(dev)->asleep = true;
}

static void ide_reset(struct device *dev, enum reset how)
{
    struct ide *s = ide_of(dev);
    u8 timing[TIMING];

    memcpy(timing, &s->config->bytes[IDETIM], TIMING);

    for (unsigned i = 0; i < 2; i++) {
        s->master[i] = (struct master){ 0 };
        device_arm_at(dev, &s->transfer[i], NEVER);
    }
    pci_reset(&s->pci);
    if (s->asleep && how == RESET_WIRE)
        memcpy(&s->config->bytes[IDETIM], timing, TIMING);
    s->asleep = false;
    decode(s);
    ide_ports_reset(&s->ports);
    for (unsigned i = 0; i < 2; i++)
        s->master[i].status = 0;
}

static void ide_resume(struct device *dev)
{
    struct ide *s = ide_of(dev);

    pci_resume(&s->pci);
    decode(s);
}

static bool ide_attach(struct device *dev, struct error *err)
{
    static const struct pci_id id = {
        .vendor = 0x8086, .device = 0x7010, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
        .class = 0x010180, .has_place = true, .slot = 1, .function = 1,
    };
    struct ide *s = ide_of(dev);

    ide_ports_attach(&s->ports, s->wires, ide_intrq, ide_dmarq);
    device_event(dev, &s->transfer[0], "transfer1", on_transfer0);
    device_event(dev, &s->transfer[1], "transfer2", on_transfer1);
    if (!pci_join(dev, &s->pci, s->config, &id, err))
        return false;
    s->pci.start[STATUS] = 0x80;                /* fast back-to-back */
    s->pci.writable[COMMAND] = C_IOSE | C_BME;
    s->pci.writable[COMMAND + 1] = 0;
    memset(&s->pci.writable[IDETIM], 0xff, TIMING);
    if (device_flag(dev, "decode", false))
        s->pci.start[IDETIM + 1] = s->pci.start[IDETIM + 3] = IDETIM_DECODE;
    s->pci.written = ide_written;
    s->registers = (struct region){ .name = "ide-master", .owner = dev, .io = &ide_io, .size = 16 };
    pci_bar(&s->pci, BUS_MASTER_BAR, PCI_IO, &s->registers);
    return true;
}

const struct device_type ide_type = {
    .name = "piix3-ide", .title = "IDE controller of the PIIX3", .size = sizeof(struct ide),
    .state = state_rows, .attach = ide_attach, .pin = ide_pin, .reset = ide_reset,
    .resume = ide_resume,
};
