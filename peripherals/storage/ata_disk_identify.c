/*
 * What an ATA disk says of itself: AT Attachment with Packet Interface - 6 (T13/1410D),
 * "IDENTIFY DEVICE"; words 54-58 as in ATA-5.
 */
#include "peripherals/storage/ata_disk_parts.h"

#include "core/bits.h"
#include "peripherals/storage/ata_identify.h"

static void put32(u8 *words, unsigned word, u32 v)
{
    store_le32(words + 2 * word, v);
}

static u32 least(u64 a, u64 b)
{
    return (u32)(a < b ? a : b);
}

static void put_geometry(const struct disk *d, u8 *w)
{
    u64 all = d->limit;
    u64 now = (u64)d->cylinders * d->heads * d->sectors;

    identify_word(w, 1, disk_cylinders(d));
    identify_word(w, 3, DISK_HEADS);
    identify_word(w, 6, DISK_TRACK);
    identify_word(w, 54, d->cylinders);
    identify_word(w, 55, d->heads);
    identify_word(w, 56, d->sectors);
    put32(w, 57, least(now, all));
    put32(w, 60, least(all, LBA28_SECTORS));
    store_le64(w + 2 * 100, all);
}

static void put_features(const struct disk *d, u8 *w)
{
    enum { SMART = 1, POWER = 8, WRITE_CACHE = 0x20, LOOK_AHEAD = 0x40, HPA = 0x400,
           WRITE_BUFFER = 0x1000, READ_BUFFER = 0x2000, NOP = 0x4000 };
    const u16 always = POWER | HPA | WRITE_BUFFER | READ_BUFFER | NOP;

    identify_word(w, 82, always | SMART | WRITE_CACHE | LOOK_AHEAD);
    identify_word(w, 83, 0x7400);               /* FLUSH CACHE, its EXT, 48-bit */
    identify_word(w, 84, 0x4003);               /* SMART error log and self-test */
    identify_word(w, 85, (u16)(always | (d->smart ? SMART : 0)
                               | (d->write_cache ? WRITE_CACHE : 0)
                               | (d->look_ahead ? LOOK_AHEAD : 0)));
    identify_word(w, 86, 0x3400);
    identify_word(w, 87, 0x4003);
}

static void put_transfer(const struct disk *d, u8 *w)
{
    identify_word(w, 47, 0x8000 | ATA_SECTORS);
    identify_word(w, 48, 1);                    /* the data port takes 32 bits */
    identify_word(w, 49, 0x2f00);               /* timers, IORDY, LBA, DMA */
    identify_word(w, 50, 0x4000);
    identify_word(w, 51, 0x0200);
    identify_word(w, 53, 7);                    /* words 54-58, 64-70 and 88 hold */
    identify_word(w, 59, (u16)(d->multiple ? 0x100 | d->multiple : 0));
}

void disk_identify(const struct disk *d, u8 w[512])
{
    const struct identity id = { "ORRERY HARDDISK", d->serial, d->dma_mode };

    identify_begin(&d->ata, w, &id);
    identify_word(w, 0, 0x0040);                /* not removable */
    put_geometry(d, w);
    put_transfer(d, w);
    put_features(d, w);
    identify_seal(w);
}
