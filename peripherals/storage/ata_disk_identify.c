/*
 * What an ATA disk says of itself: AT Attachment with Packet Interface - 6 (T13/1410D),
 * "IDENTIFY DEVICE"; words 54-58 as in ATA-5.
 */
#include "peripherals/storage/ata_disk_parts.h"

#include "core/bits.h"
#include "peripherals/storage/ata_text.h"

#include <stdio.h>
#include <string.h>

static void put32(u8 *words, unsigned word, u32 v)
{
    store_le32(words + 2 * word, v);
}

static void put(u8 *words, unsigned word, u16 v)
{
    store_le16(words + 2 * word, v);
}

static u32 least(u64 a, u64 b)
{
    return (u32)(a < b ? a : b);
}

/* Bits of a mode: what is possible below, what is chosen above. */
static u16 modes(u8 possible, u8 base, u8 chosen)
{
    return (u16)(possible | ((chosen & 0xf8) == base ? 0x100 << (chosen & 7) : 0));
}

/* [Word 93]: how the drive found out its number, and whom it saw on the cable. */
static u16 hardware_reset_result(const struct disk *d)
{
    bool alone = d->ata.cable && !d->ata.cable->drive[1];

    if (d->ata.unit == 0)
        return (u16)(alone ? 0x604b : 0x602b);
    return 0x6b00;
}

static void put_geometry(const struct disk *d, u8 *w)
{
    u64 all = d->limit;
    u64 now = (u64)d->cylinders * d->heads * d->sectors;

    put(w, 1, disk_cylinders(d));
    put(w, 3, DISK_HEADS);
    put(w, 6, DISK_TRACK);
    put(w, 54, d->cylinders);
    put(w, 55, d->heads);
    put(w, 56, d->sectors);
    put32(w, 57, least(now, all));
    put32(w, 60, least(all, LBA28_SECTORS));
    store_le64(w + 2 * 100, all);
}

static void put_features(const struct disk *d, u8 *w)
{
    enum { SMART = 1, POWER = 8, WRITE_CACHE = 0x20, LOOK_AHEAD = 0x40, HPA = 0x400,
           WRITE_BUFFER = 0x1000, READ_BUFFER = 0x2000, NOP = 0x4000 };
    const u16 always = POWER | HPA | WRITE_BUFFER | READ_BUFFER | NOP;

    put(w, 80, 0x007e);                         /* ATA-1 to ATA/ATAPI-6 */
    put(w, 82, always | SMART | WRITE_CACHE | LOOK_AHEAD);
    put(w, 83, 0x7400);                         /* FLUSH CACHE, its EXT, 48-bit */
    put(w, 84, 0x4003);                         /* SMART error log and self-test */
    put(w, 85, (u16)(always | (d->smart ? SMART : 0) | (d->write_cache ? WRITE_CACHE : 0)
                     | (d->look_ahead ? LOOK_AHEAD : 0)));
    put(w, 86, 0x3400);
    put(w, 87, 0x4003);
}

static void put_transfer(const struct disk *d, u8 *w)
{
    put(w, 47, 0x8000 | ATA_SECTORS);
    put(w, 48, 1);                              /* the data port takes 32 bits */
    put(w, 49, 0x2f00);                         /* timers, IORDY, LBA, DMA */
    put(w, 50, 0x4000);
    put(w, 51, 0x0200);
    put(w, 53, 7);                              /* words 54-58, 64-70 and 88 hold */
    put(w, 59, (u16)(d->multiple ? 0x100 | d->multiple : 0));
    put(w, 63, modes(0x07, 0x20, d->dma_mode));
    put(w, 64, 3);                              /* PIO 3 and 4 */
    for (unsigned i = 65; i <= 68; i++)
        put(w, i, 120);                         /* ns a cycle */
    put(w, 88, modes(0x3f, 0x40, d->dma_mode));
}

void disk_identify(const struct disk *d, u8 w[512])
{
    char serial[24];
    u8 sum = 0xa5;

    snprintf(serial, sizeof serial, "OR%05u",
             1 + d->ata.unit + (d->ata.cable ? 2u * d->ata.cable->channel : 0));
    memset(w, 0, 512);
    put(w, 0, 0x0040);                          /* not removable */
    ata_text(w + 2 * 10, 20, d->serial ? d->serial : serial);
    ata_text(w + 2 * 23, 8, "1.0");
    ata_text(w + 2 * 27, 40, "ORRERY HARDDISK");
    put_geometry(d, w);
    put_transfer(d, w);
    put_features(d, w);
    put(w, 93, hardware_reset_result(d));
    w[510] = 0xa5;
    for (unsigned i = 0; i < 510; i++)
        sum = (u8)(sum + w[i]);
    w[511] = (u8)-sum;                          /* all bytes add up to 0 */
}
