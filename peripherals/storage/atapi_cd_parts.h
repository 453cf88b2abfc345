#pragma once
#include "bus/ata.h"
#include "core/block.h"

/* Between the files of the ATAPI drive. */
enum { CD_PARAMETERS = 256 };

#define CD_STATE(ONE, MANY, PART)                                       \
    PART(struct ata_task, task, 1, ATA_TASK_STATE)                      \
    MANY(u8,   cdb, 12,         "the packet")                           \
    ONE (u8,   stage,           "of PACKET, see atapi_cd.c")            \
    ONE (u32,  lba,             "next sector of the command")           \
    ONE (u8,   fields,          "of a sector, as READ CD asks for them") \
    ONE (u8,   key,             "sense key")                            \
    ONE (u8,   asc,             "additional sense code")                \
    ONE (u8,   ascq,            "and its qualifier")                    \
    ONE (u8,   attention,       "code of the unit attention to report, or 0") \
    ONE (u8,   event,           "media event to report, or 0")          \
    ONE (bool, open,            "the tray")                             \
    ONE (bool, prevented,       "removal, by the guest")                \
    ONE (u8,   power,           "FFh active, 80h idle, 00h standby")    \
    ONE (u8,   pio_mode,        "as SET FEATURES said")                 \
    ONE (u8,   dma_mode,        "as SET FEATURES said: 20h + multiword, 40h + Ultra DMA") \
    MANY(u8,   recovery, 6,     "mode page 01h")                        \
    MANY(u8,   audio, 14,       "mode page 0Eh")                        \
    ONE (u16,  parameter_at,    "bytes of parameters[]")                \
    MANY(u8,   parameters, CD_PARAMETERS, "of MODE SELECT")

struct cd {
    struct ata_drive ata;
    struct drive     drive;
    const char      *serial;
    u8               raw[2352];         /* of fetch() */
    STATE_MEMBERS(CD_STATE)
};

enum { CD_SECTOR = 2048, CD_BLOCKS = CD_SECTOR / SECTOR_BYTES };

enum sense {                    /* key, code, qualifier: [Sense key and additional sense codes] */
    NO_SENSE            = 0,
    NO_MEDIUM_CLOSED    = 0x023a01,
    NO_MEDIUM_OPEN      = 0x023a02,
    UNREADABLE          = 0x031100,
    UNKNOWN_COMMAND     = 0x052000,
    OUT_OF_RANGE        = 0x052100,
    INVALID_IN_PACKET   = 0x052400,
    BAD_LIST_LENGTH     = 0x051a00,
    INVALID_IN_LIST     = 0x052600,
    NO_SAVING           = 0x053900,
    REMOVAL_PREVENTED   = 0x055302,
    ILLEGAL_MODE        = 0x056400,
};

enum { ATTENTION_MEDIUM = 0x28, ATTENTION_RESET = 0x29 };
enum { EVENT_EJECT = 1, EVENT_NEW = 2, EVENT_REMOVED = 3 };

static inline bool cd_loaded(const struct cd *c)
{
    return c->drive.medium && !c->open;
}

static inline u32 cd_sectors(const struct cd *c)
{
    u64 n = cd_loaded(c) ? c->drive.medium->sectors / CD_BLOCKS : 0;

    return n > UINT32_MAX ? UINT32_MAX : (u32)n;
}

static inline u32 load_be(const u8 *p, unsigned size)
{
    u32 v = 0;

    while (size--)
        v = v << 8 | *p++;
    return v;
}

static inline void store_be(u8 *p, u32 v, unsigned size)
{
    for (; size; v >>= 8)
        p[--size] = (u8)v;
}

void cd_end(struct cd *, enum sense);           /* of a packet */
void cd_reply(struct cd *, u32 count, u32 allocated);   /* bytes that are in task.buffer */
void cd_send(struct cd *, u64 bytes, u32 ready); /* of which so many are there already */
void cd_take(struct cd *, u32 count);           /* parameters; then cd_mode_selected() */
void cd_set_open(struct cd *, bool open);

/* atapi_cd_mmc.c: what a packet asks about; each fills task.buffer. */
void cd_inquiry(struct cd *);
void cd_read_toc(struct cd *);
void cd_mode_sense(struct cd *);
void cd_mode_select(struct cd *);
void cd_mode_selected(struct cd *);
void cd_get_configuration(struct cd *);
void cd_get_event(struct cd *);
void cd_read_disc_information(struct cd *);
void cd_read_track_information(struct cd *);
void cd_mechanism_status(struct cd *);
void cd_read_sub_channel(struct cd *);
u8   *cd_blank(struct cd *, u32 count);          /* an empty reply */

/* atapi_cd_read.c: sectors. */
void cd_read(struct cd *);                      /* READ (10), (12) */
void cd_read_cd(struct cd *);                   /* READ CD, READ CD MSF */
bool cd_fetch(struct ata_drive *, u8 *to, u32 count);
void cd_set_mode_defaults(struct cd *);
