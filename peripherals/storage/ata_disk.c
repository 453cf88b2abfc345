/*
 * An ATA disk: AT Attachment with Packet Interface - 6 (T13/1410D), "Command
 * descriptions", as a drive with the General, 48-bit Address, Power Management, Host
 * Protected Area, Write Buffer, Read Buffer and SMART feature sets has them, and CHS
 * translation as in ATA-5. Sectors of 512 bytes; what a FLUSH CACHE completes is on the
 * medium, and so is each write while the write cache is off.
 *
 * Not modelled: a protected area that outlasts power, its passwords, the Security
 * feature set (its commands abort), media that wear out.
 */
#include "peripherals/storage/ata_disk.h"

#include "core/bits.h"
#include "core/machine.h"
#include "peripherals/storage/ata_disk_parts.h"

#include <string.h>

DEFINE_STATE(struct disk, DISK_STATE);

enum { WIDE = 1, MULTIPLE = 2, DMA = 4, OUT = 8 };

enum { WRITE_BUFFER = 0xe8, READ_NATIVE_MAX = 0xf8, READ_NATIVE_MAX_EXT = 0x27 };

struct command {
    u8   code;
    u8   flags;
    void (*run)(struct disk *, u8 flags);
};

static void end(struct disk *d)
{
    ata_finish(&d->ata, ATA_DSC, 0);
}

void disk_reply(struct disk *d)
{
    ata_send(&d->ata, 512, 512, 512, false);
}

/* -- addresses -- */

u16 disk_cylinders(const struct disk *d)
{
    u64 c = d->drive.medium->sectors / (DISK_HEADS * DISK_TRACK);

    return (u16)(c > DISK_CYLINDERS ? DISK_CYLINDERS : c ? c : 1);
}

static u64 wide_address(const struct ata_task *t)
{
    return (u64)t->high[1] << 40 | (u64)t->mid[1] << 32 | (u64)t->low[1] << 24
         | (u64)t->high[0] << 16 | (u64)t->mid[0] << 8 | t->low[0];
}

/* False: no such sector in the current translation. */
static bool decode_address(struct disk *d, bool wide, u64 *lba)
{
    const struct ata_task *t = d->task;
    u32 cylinder = (u32)t->high[0] << 8 | t->mid[0], head = t->device & 15u;

    if (wide) {
        *lba = wide_address(t);
        return true;
    }
    if (t->device & ATA_LBA) {
        *lba = head << 24 | cylinder << 8 | t->low[0];
        return true;
    }
    *lba = ((u64)cylinder * d->heads + head) * d->sectors + t->low[0] - 1;
    return cylinder < d->cylinders && head < d->heads && t->low[0] && t->low[0] <= d->sectors;
}

static u32 sector_count(const struct ata_task *t, bool wide)
{
    u32 count = wide ? (u32)t->count[1] << 8 | t->count[0] : t->count[0];

    return count ? count : wide ? 65536 : 256;
}

/* Puts an address where the host will look for it, in the form in which it gave one. */
static void report(struct disk *d, bool wide, u64 lba)
{
    struct ata_task *t = d->task;
    u32 track = (u32)(d->heads ? d->heads : 1) * (d->sectors ? d->sectors : 1);

    if (wide || t->device & ATA_LBA) {
        t->low[0] = (u8)lba;
        t->mid[0] = (u8)(lba >> 8);
        t->high[0] = (u8)(lba >> 16);
    } else {
        t->low[0] = (u8)(lba % (d->sectors ? d->sectors : 1) + 1);
        t->mid[0] = (u8)(lba / track);
        t->high[0] = (u8)(lba / track >> 8);
        t->device = (u8)((t->device & 0xf0)
                         | (lba / (d->sectors ? d->sectors : 1) % (d->heads ? d->heads : 1)));
    }
    if (wide) {
        t->low[1] = (u8)(lba >> 24);
        t->mid[1] = (u8)(lba >> 32);
        t->high[1] = (u8)(lba >> 40);
    } else if (t->device & ATA_LBA) {
        t->device = (u8)((t->device & 0xf0) | (lba >> 24 & 15));
    }
}

/* -- commands that move sectors -- */

static const struct command *find_command(u8 code);

static bool is_wide(const struct disk *d)
{
    const struct command *c = find_command(d->task->command);

    return c && c->flags & WIDE;
}

static void fail_at(struct disk *d, u64 lba, u8 error)
{
    report(d, is_wide(d), lba);
    ata_finish(&d->ata, ATA_DSC, error);
}

/* Sets d->lba; false: the command has ended. */
static bool find_sectors(struct disk *d, u8 flags, u32 *count)
{
    u64 lba;

    *count = sector_count(d->task, flags & WIDE);
    if (!decode_address(d, flags & WIDE, &lba) || lba >= d->limit || *count > d->limit - lba
        || !block_has(d->drive.medium, lba, *count)) {
        trace(&d->ata.dev, "no sectors %llu +%u", (unsigned long long)lba, *count);
        ata_finish(&d->ata, ATA_DSC, ATA_IDNF);
        return false;
    }
    d->lba = lba;
    d->power = 0xff;
    return true;
}

static bool set_up(struct disk *d, u8 flags, u32 *count, u32 *block)
{
    if ((flags & MULTIPLE && !d->multiple) || (flags & DMA && !d->dma_mode)) {
        ata_abort(&d->ata);
        return false;
    }
    *block = flags & MULTIPLE ? d->multiple * 512u : 512u;
    return find_sectors(d, flags, count);
}

static void read_sectors(struct disk *d, u8 flags)
{
    u32 count, block;

    if (set_up(d, flags, &count, &block))
        ata_send(&d->ata, (u64)count * 512, 0, block, flags & DMA);
}

static void write_sectors(struct disk *d, u8 flags)
{
    u32 count, block;

    if (d->drive.medium->read_only)
        ata_abort(&d->ata);
    else if (set_up(d, flags, &count, &block))
        ata_receive(&d->ata, (u64)count * 512, block, false, flags & DMA);
}

/* The host's failure is a bad sector to the guest. */
static bool disk_fetch(struct ata_drive *a, u8 *to, u32 count)
{
    struct disk *d = disk_of(a);
    struct block *b = d->drive.medium;

    a->dev.activity++;
    if (!block_has(b, d->lba, count / 512) || !b->ops->read(b, d->lba, count / 512, to)) {
        fail_at(d, d->lba, ATA_UNC);
        return false;
    }
    d->lba += count / 512;
    return true;
}

static bool disk_store(struct ata_drive *a, const u8 *from, u32 count)
{
    struct disk *d = disk_of(a);
    struct block *b = d->drive.medium;

    if (d->task->command == WRITE_BUFFER)
        return true;
    a->dev.activity++;
    if (b->read_only || !block_has(b, d->lba, count / 512)
        || !b->ops->write(b, d->lba, count / 512, from)) {
        fail_at(d, d->lba, ATA_ABRT);
        return false;
    }
    d->lba += count / 512;
    return true;
}

static bool flushed(struct disk *d)
{
    struct block *b = d->drive.medium;

    return b->read_only || b->ops->flush(b);
}

static void disk_done(struct ata_drive *a)
{
    struct disk *d = disk_of(a);
    const struct command *c = find_command(d->task->command);

    if (c && c->run == write_sectors && !d->write_cache && !flushed(d)) {
        ata_finish(a, ATA_DSC | ATA_DF, ATA_ABRT);
        return;
    }
    if (c && (c->run == write_sectors || c->run == read_sectors)) {
        report(d, c->flags & WIDE, d->lba - 1);
        d->task->count[0] = d->task->count[1] = 0;
    }
    end(d);
}

/* Reads are not repeated for the sake of the host's file: being there is enough. */
static void verify(struct disk *d, u8 flags)
{
    u32 count;

    if (!find_sectors(d, flags, &count))
        return;
    d->ata.dev.activity++;
    report(d, flags & WIDE, d->lba + count - 1);
    end(d);
}

static void seek(struct disk *d, u8 flags)
{
    u64 lba;

    if (decode_address(d, false, &lba) && lba < d->limit)
        end(d);
    else
        ata_finish(&d->ata, ATA_DSC, ATA_IDNF);
}

static void recalibrate(struct disk *d, u8 flags)
{
    report(d, false, 0);
    end(d);
}

static void flush(struct disk *d, u8 flags)
{
    d->ata.dev.activity++;
    if (flushed(d))
        end(d);
    else
        ata_finish(&d->ata, ATA_DSC | ATA_DF, ATA_ABRT);
}

static void read_buffer(struct disk *d, u8 flags)
{
    disk_reply(d);
}

static void write_buffer(struct disk *d, u8 flags)
{
    ata_receive(&d->ata, 512, 512, false, false);
}

/* -- settings -- */

static void identify(struct disk *d, u8 flags)
{
    disk_identify(d, d->task->buffer);
    disk_reply(d);
}

/* [INITIALIZE DEVICE PARAMETERS] of ATA-5: the drive keeps as many cylinders as fit. */
static void initialize_parameters(struct disk *d, u8 flags)
{
    u32 heads = (d->task->device & 15u) + 1, sectors = d->task->count[0];
    u64 cylinders;

    if (sectors == 0) {
        ata_abort(&d->ata);
        return;
    }
    cylinders = d->drive.medium->sectors / (heads * sectors);
    d->heads = (u8)heads;
    d->sectors = (u8)sectors;
    d->cylinders = (u16)(cylinders > 65535 ? 65535 : cylinders ? cylinders : 1);
    end(d);
}

static void set_multiple(struct disk *d, u8 flags)
{
    u8 n = d->task->count[0];

    if (n > ATA_SECTORS || (n && !is_power_of_two(n))) {
        d->multiple = 0;
        ata_abort(&d->ata);
        return;
    }
    d->multiple = n;
    end(d);
}

/* [Set transfer mode]: PIO default, with flow control, multiword DMA, Ultra DMA. */
static bool set_mode(struct disk *d, u8 mode)
{
    switch (mode >> 3) {
    case 0:     d->pio_mode = 0; return mode < 2;
    case 1:     d->pio_mode = mode; return (mode & 7) <= 4;
    case 4:     d->dma_mode = mode; return (mode & 7) <= 2;
    case 8:     d->dma_mode = mode; return (mode & 7) <= 5;
    }
    return false;
}

static void set_features(struct disk *d, u8 flags)
{
    u8 pio = d->pio_mode, dma = d->dma_mode;

    switch (d->task->feature[0]) {
    case 0x02:  d->write_cache = true; break;
    case 0x82:
        d->write_cache = false;
        flush(d, 0);
        return;
    case 0x03:
        if (set_mode(d, d->task->count[0]))
            break;
        d->pio_mode = pio;
        d->dma_mode = dma;
        ata_abort(&d->ata);
        return;
    case 0x55:  d->look_ahead = false; break;
    case 0xaa:  d->look_ahead = true; break;
    case 0x66:  case 0xcc: break;       /* what a soft reset restores: it keeps all, always */
    default:
        ata_abort(&d->ata);
        return;
    }
    end(d);
}

/* [Host Protected Area feature set] */
static void read_native_max(struct disk *d, u8 flags)
{
    u64 last = d->drive.medium->sectors - 1;

    if (!(flags & WIDE) && last >= LBA28_SECTORS)
        last = LBA28_SECTORS - 1;
    report(d, flags & WIDE, last);
    end(d);
}

static void set_max(struct disk *d, u8 flags)
{
    bool read_first = d->previous == (flags & WIDE ? READ_NATIVE_MAX_EXT : READ_NATIVE_MAX);
    u64 lba;

    if (!read_first || (!(flags & WIDE) && d->task->feature[0])) {
        ata_abort(&d->ata);
        return;
    }
    if (!decode_address(d, flags & WIDE, &lba) || lba >= d->drive.medium->sectors) {
        ata_finish(&d->ata, ATA_DSC, ATA_IDNF);
        return;
    }
    d->limit = lba + 1;
    end(d);
}

/* -- power and the rest -- */

static void stand_by(struct disk *d, u8 flags)
{
    d->power = 0x00;
    flush(d, 0);
}

static void idle(struct disk *d, u8 flags)
{
    d->power = 0x80;
    end(d);
}

static void check_power(struct disk *d, u8 flags)
{
    d->task->count[0] = d->power;
    end(d);
}

static void fall_asleep(struct disk *d, u8 flags)
{
    d->asleep = true;
    stand_by(d, 0);
}

static void smart(struct disk *d, u8 flags)
{
    disk_smart(d);
}

/* By falling use. */
static const struct command commands[] = {
    { 0xc8, DMA,             read_sectors },    { 0x25, DMA | WIDE,      read_sectors },
    { 0xca, DMA,             write_sectors },   { 0x35, DMA | WIDE,      write_sectors },
    { 0x20, 0,               read_sectors },    { 0x21, 0,               read_sectors },
    { 0x24, WIDE,            read_sectors },    { 0xc9, DMA,             read_sectors },
    { 0xc4, MULTIPLE,        read_sectors },    { 0x29, MULTIPLE | WIDE, read_sectors },
    { 0x30, OUT,             write_sectors },   { 0x31, OUT,             write_sectors },
    { 0x34, OUT | WIDE,      write_sectors },   { 0xcb, DMA,             write_sectors },
    { 0xc5, OUT | MULTIPLE,  write_sectors },   { 0x39, OUT | MULTIPLE | WIDE, write_sectors },
    { 0xe7, 0,               flush },           { 0xea, WIDE,            flush },
    { 0x40, 0,               verify },          { 0x41, 0,               verify },
    { 0x42, WIDE,            verify },          { 0x70, 0,               seek },
    { 0x10, 0,               recalibrate },     { 0xec, 0,               identify },
    { 0xef, 0,               set_features },    { 0xc6, 0,               set_multiple },
    { 0x91, 0,               initialize_parameters },
    { READ_NATIVE_MAX, 0,    read_native_max }, { READ_NATIVE_MAX_EXT, WIDE, read_native_max },
    { 0xf9, 0,               set_max },         { 0x37, WIDE,            set_max },
    { 0xe0, 0,               stand_by },        { 0xe2, 0,               stand_by },
    { 0x94, 0,               stand_by },        { 0x96, 0,               stand_by },
    { 0xe1, 0,               idle },            { 0xe3, 0,               idle },
    { 0x95, 0,               idle },            { 0x97, 0,               idle },
    { 0xe5, 0,               check_power },     { 0x98, 0,               check_power },
    { 0xe6, 0,               fall_asleep },     { 0x99, 0,               fall_asleep },
    { 0xe4, 0,               read_buffer },     { WRITE_BUFFER, OUT,     write_buffer },
    { 0xb0, 0,               smart },
};

static const struct command *find_command(u8 code)
{
    for (unsigned i = 0; i < COUNT(commands); i++)
        if (commands[i].code == code)
            return &commands[i];
    return NULL;
}

/* NOP (00h) aborts too: it is how a host gives up. */
static void disk_command(struct ata_drive *a)
{
    struct disk *d = disk_of(a);
    const struct command *c = find_command(d->task->command);

    if (!c || d->asleep) {
        trace(&a->dev, "command %02xh is not known", d->task->command);
        ata_abort(a);
    } else {
        c->run(d, c->flags);
    }
    d->previous = d->task->command;
}

static bool disk_prompt(const struct ata_drive *a)
{
    const struct command *c = find_command(a->task->command);

    return c && c->flags & OUT;
}

/* -- life -- */

static void disk_reset(struct ata_drive *a, bool hardware)
{
    struct disk *d = disk_of(a);

    d->asleep = false;
    if (!hardware)
        return;
    d->heads = DISK_HEADS;
    d->sectors = DISK_TRACK;
    d->cylinders = disk_cylinders(d);
    d->limit = d->drive.medium->sectors;
    d->multiple = ATA_SECTORS;
    d->pio_mode = 0x0c;
    d->dma_mode = 0x45;
    d->write_cache = d->look_ahead = true;
    d->power = 0xff;
    d->smart = d->smart_autosave = true;
}

static void disk_insert(struct drive *drive, struct block *medium)
{
    drive->medium = medium;
}

static void *disk_offer(struct device *dev, const char *interface)
{
    struct disk *d = container_of(dev, struct disk, ata.dev);

    if (!strcmp(interface, "drive"))
        return &d->drive;
    return !strcmp(interface, "ata") && d->drive.medium && d->drive.medium->sectors
        ? &d->ata : NULL;
}

static void disk_resume(struct device *dev)
{
    ata_resume(container_of(dev, struct ata_drive, dev));
}

static bool disk_attach(struct device *dev, struct error *err)
{
    static const struct ata_ops ops = {
        .command = disk_command, .prompt = disk_prompt, .fetch = disk_fetch, .store = disk_store,
        .done = disk_done, .reset = disk_reset,
    };
    struct disk *d = container_of(dev, struct disk, ata.dev);

    ata_attach(&d->ata, &ops, d->task);
    d->drive = (struct drive){ .dev = dev, .insert = disk_insert };
    d->serial = device_text(dev, "serial", NULL);
    return true;
}

const struct device_type ata_disk_type = {
    .name = "ata-disk", .title = "ATA hard disk", .size = sizeof(struct disk),
    .state = state_rows, .attach = disk_attach, .resume = disk_resume, .offer = disk_offer,
};
