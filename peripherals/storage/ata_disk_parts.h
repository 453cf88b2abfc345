#pragma once
#include "bus/ata.h"
#include "core/block.h"

/* Between the files of the ATA disk. */
#define DISK_STATE(ONE, MANY, PART)                                     \
    PART(struct ata_task, task, 1, ATA_TASK_STATE)                      \
    ONE (u16,  cylinders,       "of the current translation")           \
    ONE (u8,   heads,           "of the current translation")           \
    ONE (u8,   sectors,         "of the current translation")           \
    ONE (u64,  limit,           "sectors below the protected area")     \
    ONE (u64,  lba,             "next sector of the command")           \
    ONE (u8,   previous,        "command before this one")              \
    ONE (u8,   multiple,        "sectors of a block of READ MULTIPLE, or 0") \
    ONE (u8,   pio_mode,        "as SET FEATURES said")                 \
    ONE (u8,   dma_mode,        "as SET FEATURES said: 20h + multiword, 40h + Ultra DMA") \
    ONE (bool, write_cache,     "writes complete before they are on the medium") \
    ONE (bool, look_ahead,      "enabled; no effect")                   \
    ONE (u8,   power,           "FFh active, 80h idle, 00h standby")    \
    ONE (bool, asleep,          "until a reset")                        \
    ONE (bool, smart,           "enabled")                              \
    ONE (bool, smart_autosave,  "enabled; no effect")                   \
    ONE (u8,   self_test,       "of the last self-test: its subcommand, or 0")

struct disk {
    struct ata_drive ata;
    struct drive     drive;
    const char      *serial;
    STATE_MEMBERS(DISK_STATE)
};

enum { DISK_HEADS = 16, DISK_TRACK = 63, DISK_CYLINDERS = 16383 };
#define LBA28_SECTORS   UINT64_C(0x0fffffff)

static inline struct disk *disk_of(struct ata_drive *a)
{
    return container_of(a, struct disk, ata);
}

u16  disk_cylinders(const struct disk *);               /* of the default translation */
void disk_identify(const struct disk *, u8 words[512]); /* ata_disk_identify.c */
void disk_smart(struct disk *);                         /* ata_disk_smart.c: command B0h */
/* Sends 512 bytes that are in task.buffer. */
void disk_reply(struct disk *);
