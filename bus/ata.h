#pragma once
#include "core/device.h"

struct ata_cable;
struct ata_drive;

/*
 * The cable between a channel and its two drives (AT Attachment with Packet Interface - 6,
 * T13/1410D). A controller has a struct ata_cable for each channel and lists
 * PART(struct ata_wires, wires, n, ATA_WIRES_STATE). A drive is a device whose struct begins
 * with struct ata_drive, which lists PART(struct ata_task, task, 1, ATA_TASK_STATE) and
 * offers itself as "ata"; what all drives do alike, the task file and the protocols
 * that move data, is done here, so a drive only carries out commands.
 */
enum ata_register {
    ATA_DATA, ATA_ERROR, ATA_COUNT, ATA_LOW, ATA_MID, ATA_HIGH, ATA_DEVICE, ATA_STATUS,
    ATA_FEATURE = ATA_ERROR, ATA_COMMAND = ATA_STATUS,
};

enum {                          /* Status, Error and Device Control registers */
    ATA_BSY = 0x80, ATA_DRDY = 0x40, ATA_DF = 0x20, ATA_DSC = 0x10, ATA_DRQ = 8, ATA_ERR = 1,
    ATA_UNC = 0x40, ATA_IDNF = 0x10, ATA_ABRT = 4,
    ATA_HOB = 0x80, ATA_SRST = 4, ATA_NIEN = 2,
    ATA_LBA = 0x40, ATA_DEV = 0x10,
};

enum { ATA_BUFFER = 8192, ATA_SECTORS = ATA_BUFFER / 512 };

/* [0] is what was written last, [1] before that: bits 15:8 and 47:24 of 48-bit commands. */
#define ATA_TASK_STATE(ONE, MANY, PART)                                     \
    MANY(u8,   feature, 2,       "Features")                                \
    MANY(u8,   count, 2,         "Sector Count")                            \
    MANY(u8,   low, 2,           "LBA Low")                                 \
    MANY(u8,   mid, 2,           "LBA Mid")                                 \
    MANY(u8,   high, 2,          "LBA High")                                \
    ONE (u8,   device,           "Device")                                  \
    ONE (u8,   command,          "Command")                                 \
    ONE (u8,   status,           "Status")                                  \
    ONE (u8,   error,            "Error")                                   \
    ONE (bool, interrupt,        "INTRQ, were the drive selected and nIEN 0") \
    ONE (u8,   phase,            "of the command, see ata.c")               \
    ONE (u32,  granule,          "bytes that the medium moves at least")    \
    ONE (u32,  block,            "bytes of a DRQ block at most")            \
    ONE (u64,  left,             "bytes that have not crossed the cable")   \
    ONE (u32,  at,               "of buffer[]: next byte to cross")         \
    ONE (u32,  end,              "of the present DRQ block")                \
    ONE (u32,  filled,           "bytes in buffer[]")                       \
    MANY(u8,   buffer, ATA_BUFFER, "sectors, or a command's data")

struct ata_task { STATE_MEMBERS(ATA_TASK_STATE) };
DEFINE_PART(struct ata_task, ATA_TASK_STATE)

#define ATA_WIRES_STATE(ONE, MANY, PART)                                    \
    ONE (u8,   selected,         "drive 0 or 1")                            \
    ONE (u8,   control,          "Device Control")

struct ata_wires { STATE_MEMBERS(ATA_WIRES_STATE) };
DEFINE_PART(struct ata_wires, ATA_WIRES_STATE)

struct ata_ops {
    bool packet;                /* implements the PACKET feature set */
    /* Carries out task.command; the drive is busy. Ends in one of the calls below. */
    void (*command)(struct ata_drive *);
    /* Does task.command ask for data at once, before it does anything? May be NULL: none does. */
    bool (*prompt)(const struct ata_drive *);
    /* The next bytes from or for the medium, whole granules. False: the command has ended. */
    bool (*fetch)(struct ata_drive *, u8 *to, u32 count);
    bool (*store)(struct ata_drive *, const u8 *from, u32 count);
    /* All data has crossed. */
    void (*done)(struct ata_drive *);
    /* A DRQ block of so many bytes is about to be offered; may be NULL. */
    void (*offer)(struct ata_drive *, u32 count);
    void (*reset)(struct ata_drive *, bool hardware);
};

struct ata_drive {
    struct device         dev;
    const struct ata_ops *ops;
    struct ata_task      *task;
    struct ata_cable     *cable;
    u8                    unit;
    struct event          ready;    /* "ready": the end of being busy */
};

struct ata_cable {
    struct device    *host;
    u8                channel;
    struct ata_wires *wires;
    struct ata_drive *drive[2];     /* NULL: not there */
    void (*intrq)(struct device *host, u8 channel, bool level);
    void (*dmarq)(struct device *host, u8 channel);     /* may be NULL: no DMA */
};

/* -- the controller's end -- */

void ata_plug(struct ata_cable *, unsigned unit, const char *name);   /* of a device, or nobody */
void ata_hardware_reset(struct ata_cable *);
u8   ata_read(struct ata_cable *, enum ata_register);       /* all but ATA_DATA */
void ata_write(struct ata_cable *, enum ata_register, u8 value);
u8   ata_read_alternate(struct ata_cable *);
void ata_write_control(struct ata_cable *, u8 value);
u32  ata_read_data(struct ata_cable *, unsigned size);      /* 2 or 4 */
void ata_write_data(struct ata_cable *, u32 value, unsigned size);

/*
 * Up to n such accesses that only move data within a DRQ block; how many. The last of a block
 * has consequences and is left to the two above.
 */
u32  ata_read_data_many(struct ata_cable *, unsigned size, u8 *to, u32 n);
u32  ata_write_data_many(struct ata_cable *, unsigned size, const u8 *from, u32 n);

/* The bytes for which the selected drive asserts DMARQ, and their direction. */
u64  ata_dma_left(const struct ata_cable *, bool *to_host);
/* Moves up to count of them; how many it did. Fewer: the drive had an error. */
u32  ata_dma(struct ata_cable *, u8 *bytes, u32 count);

/* -- the drive's end -- */

void ata_attach(struct ata_drive *, const struct ata_ops *, struct ata_task *);
void ata_resume(struct ata_drive *);            /* for its resume() */
/* Ends the command: status bits beside DRDY, the error register, INTRQ. */
void ata_finish(struct ata_drive *, u8 status, u8 error);
void ata_abort(struct ata_drive *);
/* Data for the host: `ready` bytes are in buffer[] already, the rest is fetched. */
void ata_send(struct ata_drive *, u64 bytes, u32 ready, u32 block, bool dma);
/* Data from the host; whether the first DRQ block has an interrupt too. */
void ata_receive(struct ata_drive *, u64 bytes, u32 block, bool interrupt, bool dma);
