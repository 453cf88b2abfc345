/*
 * Diskette drives: how many tracks, how fast, which densities, by the specifications of
 * IBM PC drives as in the 82077AA data sheet, [Table: media and drives]; and diskettes,
 * known by their size.
 *
 * An image of another size that still fits the drive is taken for a diskette of the
 * drive's own format whose end is missing: zeros are read there, and writes fail. Any
 * diskette goes into any drive that has its density and its tracks, 5.25" or 3.5".
 *
 * A 5.25" drive of 80 tracks finds the 40 of a diskette at every second step, a 3.5" drive
 * at each. Not modelled: formatting cannot change a diskette's format.
 */
#include "peripherals/storage/floppy_drive.h"

#include "core/error.h"
#include "core/input.h"
#include "core/machine.h"

#include <string.h>

struct floppy_kind {
    const char *name;
    u8          cmos, cylinders, last;  /* tracks of its own diskettes; where the head stops */
    u8          sectors, rate;          /* of its own diskettes */
    u16         rpm;
    u16         rates;                  /* a bit for each that it can */
    bool        wide;                   /* 5.25" of 96 tpi: 40-track diskettes need two steps */
};

static const struct floppy_kind kinds[] = {
    { "360",  1, 40, 41, 9,  RATE_250K, 300, 1 << RATE_250K, false },
    { "1200", 2, 80, 83, 15, RATE_500K, 360, 1 << RATE_300K | 1 << RATE_500K, true },
    { "720",  3, 80, 83, 9,  RATE_250K, 300, 1 << RATE_250K, false },
    { "1440", 4, 80, 83, 18, RATE_500K, 300, 1 << RATE_250K | 1 << RATE_500K, false },
    { "2880", 5, 80, 83, 36, RATE_1M,   300,
      1 << RATE_250K | 1 << RATE_500K | 1 << RATE_1M, false },
};

/* Diskettes by cylinders, heads and sectors; double density is 250K at 300 rpm. */
static const struct { u8 cylinders, heads, sectors, rate; } formats[] = {
    { 40, 1, 8,  RATE_250K }, { 40, 1, 9,  RATE_250K }, { 40, 2, 8,  RATE_250K },
    { 40, 2, 9,  RATE_250K }, { 40, 2, 10, RATE_250K }, { 80, 2, 8,  RATE_250K },
    { 80, 2, 9,  RATE_250K }, { 80, 2, 10, RATE_250K }, { 82, 2, 10, RATE_250K },
    { 83, 2, 10, RATE_250K }, { 80, 2, 15, RATE_500K }, { 80, 2, 18, RATE_500K },
    { 82, 2, 18, RATE_500K }, { 83, 2, 18, RATE_500K }, { 80, 2, 20, RATE_500K },
    { 80, 2, 21, RATE_500K }, { 82, 2, 21, RATE_500K }, { 83, 2, 21, RATE_500K },
    { 80, 2, 36, RATE_1M },   { 80, 2, 39, RATE_1M },
};

DEFINE_STATE(struct floppy, FLOPPY_STATE);

u8 floppy_cmos(const struct device *dev)
{
    const struct floppy *f = container_of(dev, const struct floppy, dev);

    return f->kind ? f->kind->cmos : 0;
}

u64 floppy_revolution(const struct floppy *f)
{
    return 60 * SECOND / (f->kind ? f->kind->rpm : 300);
}

void floppy_step_to(struct floppy *f, unsigned cylinder)
{
    unsigned last = f->kind ? f->kind->last : 0, to = cylinder < last ? cylinder : last;

    if (f->cylinder != to && f->drive.medium)
        f->changed = false;
    f->cylinder = (u8)to;
}

/* -- media -- */

/* The rate a drive needs for a diskette that spins at 300 rpm elsewhere. */
static u8 rate_here(const struct floppy *f, u8 rate)
{
    return rate == RATE_250K && f->kind->rpm == 360 ? RATE_300K : rate;
}

static bool fits(const struct floppy *f, u8 rate, unsigned cylinders)
{
    return f->kind->rates >> rate & 1 && cylinders <= f->kind->last + 1u;
}

static bool recognize(struct floppy *f, u64 count)
{
    for (size_t i = 0; i < COUNT(formats); i++) {
        u8 rate = rate_here(f, formats[i].rate);

        if (count != (u64)formats[i].cylinders * formats[i].heads * formats[i].sectors
            || !fits(f, rate, formats[i].cylinders))
            continue;
        f->cylinders = formats[i].cylinders;
        f->heads = formats[i].heads;
        f->sectors = formats[i].sectors;
        f->rate = rate;
        return true;
    }
    if (count > (u64)f->kind->cylinders * 2 * f->kind->sectors)
        return false;
    f->cylinders = f->kind->cylinders;
    f->heads = 2;
    f->sectors = f->kind->sectors;
    f->rate = f->kind->rate;
    return true;
}

static void floppy_insert(struct drive *d, struct block *medium)
{
    struct floppy *f = container_of(d, struct floppy, drive);

    f->changed = true;
    f->sectors = 0;
    d->medium = NULL;
    if (!medium)
        return;
    if (!f->kind || !recognize(f, medium->sectors)) {
        device_log(&f->dev, LOG_WARN, "%s: %llu sectors do not fit a drive of %s KB", medium->name,
                   (unsigned long long)medium->sectors, f->kind ? f->kind->name : "no");
        return;
    }
    d->medium = medium;
}

static void floppy_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct floppy *f = container_of(dev, struct floppy, dev);

    if (kind == INPUT_MEDIUM)
        floppy_insert(&f->drive, count ? machine_medium(dev->machine, bytes, count) : NULL);
}

/* -- the head -- */

/* Between two tracks of a 40-track diskette a head of 80 reads nothing. */
static bool medium_cylinder(const struct floppy *f, unsigned *cylinder)
{
    bool two = f->kind && f->kind->wide && f->cylinders <= 42;

    *cylinder = f->cylinder / (two ? 2u : 1u);
    return *cylinder < f->cylinders && !(two && f->cylinder & 1);
}

bool floppy_readable(const struct floppy *f, unsigned head, unsigned rate)
{
    unsigned cylinder;

    return f->drive.medium && f->sectors && head < f->heads && rate == f->rate
        && medium_cylinder(f, &cylinder);
}

unsigned floppy_track(const struct floppy *f)
{
    unsigned cylinder;

    medium_cylinder(f, &cylinder);
    return cylinder;
}

static u64 block_of(const struct floppy *f, unsigned head, unsigned sector)
{
    return ((u64)floppy_track(f) * f->heads + head) * f->sectors + sector - 1;
}

bool floppy_read(struct floppy *f, unsigned head, unsigned sector, u8 *to)
{
    struct block *b = f->drive.medium;
    u64 at = block_of(f, head, sector);

    f->dev.activity++;
    memset(to, 0, SECTOR_BYTES);
    return b && (!block_has(b, at, 1) || b->ops->read(b, at, 1, to));
}

bool floppy_write(struct floppy *f, unsigned head, unsigned sector, const u8 *from)
{
    struct block *b = f->drive.medium;
    u64 at = block_of(f, head, sector);

    f->dev.activity++;
    return b && !b->read_only && block_has(b, at, 1) && b->ops->write(b, at, 1, from);
}

/* -- attach, reset -- */

static void *floppy_offer(struct device *dev, const char *interface)
{
    struct floppy *f = container_of(dev, struct floppy, dev);

    if (!strcmp(interface, "drive"))
        return &f->drive;
    return strcmp(interface, "floppy") || !f->kind ? NULL : f;
}

/* The cable has no RESET wire; a drive just switched on does not know its diskette. */
static void floppy_reset(struct device *dev, enum reset how)
{
    struct floppy *f = container_of(dev, struct floppy, dev);

    if (how != RESET_POWER)
        return;
    f->cylinder = 0;
    f->changed = true;
}

static bool floppy_attach(struct device *dev, struct error *err)
{
    struct floppy *f = container_of(dev, struct floppy, dev);
    const char *kind = device_text(dev, "kind", "1440");

    f->drive = (struct drive){ .dev = dev, .insert = floppy_insert, .removable = true };
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (!strcmp(kind, kinds[i].name))
            f->kind = &kinds[i];
    if (!f->kind && strcmp(kind, "none"))
        return fail(err, "%s.kind = %s: there are none, 360, 1200, 720, 1440, 2880",
                    dev->name, kind);
    return true;
}

const struct device_type floppy_drive_type = {
    .name = "floppy", .title = "diskette drive", .size = sizeof(struct floppy),
    .state = state_rows, .attach = floppy_attach, .reset = floppy_reset,
    .input = floppy_input, .offer = floppy_offer,
};
