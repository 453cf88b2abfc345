/*
 * Sectors of a CD: SCSI Multimedia Commands - 3 (T10/1363D), "READ (10)", "READ (12)",
 * "READ CD", "READ CD MSF"; the frame of a mode 1 sector as in ECMA-130, clause 14.
 */
#include "peripherals/storage/atapi_cd_parts.h"

#include "core/bits.h"

#include <string.h>

/* Byte 9 of READ CD: which parts of the frame. */
enum { SYNC = 0x80, HEADER = 0x20, USER = 0x10, CODES = 0x08, C2 = 0x06 };

enum { FRAME_USER = 16, FRAME_CODES = FRAME_USER + CD_SECTOR, FRAME = 2352 };

enum { PREGAP = 150, SECOND_FRAMES = 75 };

static u32 size_of(u8 fields)
{
    return (fields & SYNC ? 12 : 0) + (fields & HEADER ? 4 : 0) + (fields & USER ? CD_SECTOR : 0)
         + (fields & CODES ? FRAME - FRAME_CODES : 0);
}

static void send_sectors(struct cd *c, u32 lba, u32 count, u8 fields)
{
    u32 size = size_of(fields);

    if (lba > cd_sectors(c) || count > cd_sectors(c) - lba) {
        cd_end(c, OUT_OF_RANGE);
        return;
    }
    if (count == 0 || size == 0) {
        cd_end(c, NO_SENSE);
        return;
    }
    c->lba = lba;
    c->fields = fields;
    c->task->granule = size;
    cd_send(c, (u64)count * size, 0);
}

void cd_read(struct cd *c)
{
    u32 count = c->cdb[0] == 0x28 ? load_be(c->cdb + 7, 2) : load_be(c->cdb + 6, 4);

    send_sectors(c, load_be(c->cdb + 2, 4), count, USER);
}

static u32 from_msf(const u8 *p)
{
    u32 frames = (p[0] * 60u + p[1]) * SECOND_FRAMES + p[2];

    return frames < PREGAP ? UINT32_MAX : frames - PREGAP;
}

/* Expected sector type: any, or mode 1; without sub-channels or C2 pointers. */
void cd_read_cd(struct cd *c)
{
    u8 type = c->cdb[1] >> 2 & 7, fields = c->cdb[9] & (SYNC | HEADER | USER | CODES);
    u32 lba = load_be(c->cdb + 2, 4), count = load_be(c->cdb + 6, 3);

    if (c->cdb[0] == 0xb9) {
        lba = from_msf(c->cdb + 3);
        count = from_msf(c->cdb + 6) - lba;
    }
    if (type != 0 && type != 2)
        cd_end(c, ILLEGAL_MODE);
    else if (c->cdb[9] & C2 || c->cdb[10] & 7)
        cd_end(c, INVALID_IN_PACKET);
    else
        send_sectors(c, lba, count, fields);
}

static void frame_head(u8 *raw, u32 lba)
{
    u32 frames = lba + PREGAP;

    memset(raw, 0xff, 12);
    raw[0] = raw[11] = 0;
    raw[12] = to_bcd((u8)(frames / SECOND_FRAMES / 60 % 100));
    raw[13] = to_bcd((u8)(frames / SECOND_FRAMES % 60));
    raw[14] = to_bcd((u8)(frames % SECOND_FRAMES));
    raw[15] = 1;
    memset(raw + FRAME_CODES, 0, FRAME - FRAME_CODES);
}

static u8 *append(u8 *to, const u8 *part, u32 count)
{
    memcpy(to, part, count);
    return to + count;
}

static void copy_fields(struct cd *c, u8 *to)
{
    const u8 *raw = c->raw;

    if (c->fields & SYNC)
        to = append(to, raw, 12);
    if (c->fields & HEADER)
        to = append(to, raw + 12, 4);
    if (c->fields & USER)
        to = append(to, raw + FRAME_USER, CD_SECTOR);
    if (c->fields & CODES)
        append(to, raw + FRAME_CODES, FRAME - FRAME_CODES);
}

static bool read_blocks(struct cd *c, u32 count, u8 *to)
{
    struct block *b = c->drive.medium;

    if (!cd_loaded(c) || !block_has(b, (u64)c->lba * CD_BLOCKS, (u64)count * CD_BLOCKS)
        || !b->ops->read(b, (u64)c->lba * CD_BLOCKS, count * CD_BLOCKS, to))
        return false;
    c->lba += count;
    return true;
}

static bool read_frames(struct cd *c, u32 count, u8 *to, u32 size)
{
    for (u32 i = 0; i < count; i++, to += size) {
        frame_head(c->raw, c->lba);
        if (!read_blocks(c, 1, c->raw + FRAME_USER))
            return false;
        copy_fields(c, to);
    }
    return true;
}

bool cd_fetch(struct ata_drive *a, u8 *to, u32 count)
{
    struct cd *c = container_of(a, struct cd, ata);
    u32 size = size_of(c->fields);
    bool fine;

    a->dev.activity++;
    if (size == 0)
        fine = false;
    else if (c->fields == USER)
        fine = read_blocks(c, count / size, to);
    else
        fine = read_frames(c, count / size, to, size);
    if (!fine)
        cd_end(c, cd_loaded(c) ? UNREADABLE : c->open ? NO_MEDIUM_OPEN : NO_MEDIUM_CLOSED);
    return fine;
}
