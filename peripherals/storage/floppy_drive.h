#pragma once
#include "core/block.h"
#include "core/device.h"

/*
 * A diskette drive and what is in it. Configuration: `kind` (none, 360, 1200, 720, 1440,
 * 2880: the KB of its own diskettes; 1440 if unsaid). Offers "drive" to the board and
 * "floppy" to a controller, which has the motor and the data rate.
 */
#define FLOPPY_STATE(ONE, MANY, PART)                                   \
    ONE (u8,   cylinder,     "where the head stands")                   \
    ONE (bool, changed,      "DISK CHANGE: no step since the door opened")

/* Data rates as the registers of controllers code them. */
enum { RATE_500K, RATE_300K, RATE_250K, RATE_1M };

struct floppy {
    struct device dev;
    struct drive  drive;
    const struct floppy_kind *kind;     /* NULL: no drive */
    u8            cylinders, heads, sectors, rate;      /* of the medium; sectors 0: none */
    STATE_MEMBERS(FLOPPY_STATE)
};

extern const struct device_type floppy_drive_type;

/* What the byte at 10h of an AT's CMOS says of it: 0 none, 1 360 KB ... 5 2.88 MB. */
u8  floppy_cmos(const struct device *);

u64  floppy_revolution(const struct floppy *);          /* ns */
/* Steps, as far as there is a track; a medium is then no longer a new one. */
void floppy_step_to(struct floppy *, unsigned cylinder);
/* Has the track under this head been written at that rate? */
bool floppy_readable(const struct floppy *, unsigned head, unsigned rate);
/* The number that the track's sectors bear, if it is readable. */
unsigned floppy_track(const struct floppy *);
/* Sector 1 to `sectors` of the track under the head; false: the host failed. */
bool floppy_read(struct floppy *, unsigned head, unsigned sector, u8 *to);
bool floppy_write(struct floppy *, unsigned head, unsigned sector, const u8 *from);
