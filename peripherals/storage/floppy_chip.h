#pragma once
#include "bus/isa_dma.h"
#include "core/block.h"
#include "peripherals/storage/floppy_drive.h"

/* What floppy.c (registers and commands) and floppy_transfer.c (sectors) share. */
enum fdc_phase { PHASE_COMMAND, PHASE_BUSY, PHASE_READ, PHASE_WRITE, PHASE_RESULT };

/* Bytes of a command with an address. */
enum { BYTE_UNIT = 1, BYTE_C, BYTE_H, BYTE_R, BYTE_N, BYTE_EOT, BYTE_GPL, BYTE_DTL };
enum { MULTI_TRACK = 0x80, MFM = 0x40, SKIP = 0x20, COUNTED = 0x80 /* of VERIFY */ };
enum { UNIT = 3, HEAD = 4, UNITS = 4 };

/* Commands that look for sectors, by their low five bits. */
enum {
    READ_TRACK = 0x02, WRITE_DATA = 0x05, READ_DATA = 0x06, WRITE_DELETED = 0x09, READ_ID = 0x0a,
    READ_DELETED = 0x0c, FORMAT_TRACK = 0x0d, SCAN_EQUAL = 0x11, VERIFY = 0x16,
    SCAN_LOW_OR_EQUAL = 0x19, SCAN_HIGH_OR_EQUAL = 0x1d,
};

enum { ST0_ABNORMAL = 0x40, ST0_INVALID = 0x80, ST0_POLLED = 0xc0, ST0_SEEK_END = 0x20,
       ST0_CHECK = 0x10 };
enum { ST1_END = 0x80, ST1_DATA_ERROR = 0x20, ST1_OVERRUN = 0x10, ST1_NO_DATA = 4,
       ST1_NOT_WRITABLE = 2, ST1_NO_MARK = 1 };
enum { ST2_CONTROL_MARK = 0x40, ST2_DATA_ERROR = 0x20, ST2_WRONG_CYLINDER = 0x10,
       ST2_EQUAL = 8, ST2_NOT_SATISFIED = 4 };

/* What the event "work" will do. */
enum fdc_work { WORK_NONE, WORK_SOUGHT, WORK_SECTOR, WORK_ID, WORK_FORMAT, WORK_GIVE_UP };

#define FDC_STATE(ONE, MANY, PART)                                          \
    ONE (u8,   dor,          "digital output register")                     \
    ONE (u8,   tdr,          "tape drive register")                         \
    ONE (u8,   rate,         "bits 0 and 1 of DSR and CCR")                 \
    ONE (u8,   precompensation, "bits 2 to 4 of DSR")                       \
    MANY(u8,   specified, 2, "SRT and HUT, HLT and ND")                     \
    ONE (u8,   configured,   "EIS, EFIFO, POLL, FIFOTHR")                   \
    ONE (u8,   pretrack,     "where precompensation begins")                \
    ONE (u8,   perpendicular, "D3 to D0, GAP, WGATE")                       \
    ONE (bool, locked,       "CONFIGURE outlives a reset by software")      \
    ONE (u8,   phase,        "command, execution (3 kinds), result")        \
    MANY(u8,   command, 9,   "bytes of it")                                 \
    ONE (u8,   got,          "how many so far")                             \
    ONE (u8,   wanted,       "how many it has")                             \
    MANY(u8,   result, 10,   "bytes of it")                                 \
    ONE (u8,   results,      "how many")                                    \
    ONE (u8,   result_at,    "next one read")                               \
    ONE (u8,   st1,          "")                                            \
    ONE (u8,   st2,          "")                                            \
    MANY(u8,   at, 4,        "C, H, R, N of the sector at work")            \
    ONE (u8,   head,         "under which it passes")                       \
    ONE (u8,   left,         "sectors to verify, or read so far of a track") \
    ONE (u8,   work,         "what the event `work` does")                  \
    MANY(u8,   data, SECTOR_BYTES, "a sector, or what FORMAT wants")        \
    ONE (u16,  data_at,      "of these, without DMA")                       \
    ONE (u16,  data_end,     "likewise")                                    \
    MANY(u8,   cylinder, UNITS, "PCN: where the controller thinks heads are") \
    MANY(u8,   target, UNITS, "of seeks")                                   \
    MANY(u8,   seek_st0, UNITS, "of seeks, to be sensed")                   \
    ONE (u8,   seeking,      "a bit for each unit: MSR 0 to 3")             \
    ONE (u8,   sought,       "a bit for each unit: ended, not sensed")      \
    ONE (u8,   polled,       "interrupts after reset left to be sensed")    \
    ONE (u8,   toggles,      "SRB 3 to 5")                                  \
    ONE (bool, stepped,      "SRA 5")                                       \
    ONE (bool, inward,       "SRA 0")                                       \
    ONE (bool, interrupting, "INT, before the gate of DOR")

struct fdc {
    struct device   dev;
    struct region   low, high;
    struct line     irq;
    struct event    work_event, reset_event, seek[UNITS];
    struct floppy  *unit[UNITS];
    struct isa_dma *dma;
    unsigned        channel;
    bool            fast;
    STATE_MEMBERS(FDC_STATE)
};

/* floppy.c */
void fdc_interrupt(struct fdc *, bool level);
/* ST0 (and drive, and head), ST1, ST2, C, H, R, N; and the interrupt. */
void fdc_finish(struct fdc *, u8 st0);
u64  fdc_step_time(const struct fdc *);

/* floppy_transfer.c */
void fdc_begin(struct fdc *, u64 from);         /* the command's sectors, or track, or ID */
void fdc_on_work(struct device *, u64 due);
u8   fdc_take_byte(struct fdc *);               /* of the execution phase, without DMA */
void fdc_give_byte(struct fdc *, u8);
bool fdc_turns(const struct fdc *, unsigned unit);
/* Is the index hole passing? */
bool fdc_index(const struct fdc *, unsigned unit);
