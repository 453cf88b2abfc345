/*
 * 82077AA, execution phase: sectors that pass under the head, by DMA or byte by byte. The
 * tables of results are [Table: Effects of MT and N bits] and those of each command.
 *
 * A sector's bytes move all at once when it has passed; that the DMA controller has the
 * bus at each of them is not modelled. Without a turning diskette a real chip waits for
 * an index pulse until it is reset; this one gives up after two revolutions.
 */
#include "core/machine.h"
#include "peripherals/storage/floppy_chip.h"

#include <string.h>

enum { C, H, R, N };
enum { ND = 1, TWO = 2 /* N: 512 bytes */, ID_BYTES = 4 };
enum { TOGGLE_READ = 8, TOGGLE_WRITE = 0x10, TOGGLE_ENABLE = 4 };

#define FAST_PASS   (10 * MICROSECOND)

static u8 kind_of(const struct fdc *f)
{
    return f->command[0] & 0x1f;
}

static bool writes(const struct fdc *f)
{
    u8 kind = kind_of(f);

    return kind == WRITE_DATA || kind == WRITE_DELETED;
}

static bool scans(const struct fdc *f)
{
    u8 kind = kind_of(f);

    return kind == SCAN_EQUAL || kind == SCAN_LOW_OR_EQUAL || kind == SCAN_HIGH_OR_EQUAL;
}

/* Does data come from the processor? */
static bool takes_data(const struct fdc *f)
{
    return writes(f) || scans(f) || kind_of(f) == FORMAT_TRACK;
}

static struct floppy *drive_at_work(const struct fdc *f)
{
    return f->unit[f->command[BYTE_UNIT] & UNIT];
}

/* -- rotation -- */

bool fdc_turns(const struct fdc *f, unsigned unit)
{
    return f->unit[unit] && f->unit[unit]->drive.medium && f->dor >> (4 + unit) & 1;
}

bool fdc_index(const struct fdc *f, unsigned unit)
{
    u64 phase;

    if (!fdc_turns(f, unit))
        return false;
    phase = device_now(&f->dev) % floppy_revolution(f->unit[unit]);
    return phase < 2 * MILLISECOND;
}

static u64 revolution(const struct fdc *f)
{
    const struct floppy *d = drive_at_work(f);

    return d ? floppy_revolution(d) : 200 * MILLISECOND;
}

static u64 pass_time(const struct fdc *f)
{
    return revolution(f) / drive_at_work(f)->sectors;
}

/* How long from then until the place (in sectors after the index hole) comes by. */
static u64 time_to(const struct fdc *f, unsigned place, u64 from)
{
    u64 turn = revolution(f), phase = from % turn, at = place * pass_time(f);

    return at >= phase ? at - phase : at + turn - phase;
}

static void work_after(struct fdc *f, enum fdc_work work, u64 from, u64 delay)
{
    f->work = (u8)work;
    device_arm_at(&f->dev, &f->work_event, from + (f->fast ? FAST_PASS : delay));
}

/* [Read Data]: the index hole has passed twice. */
static void give_up(struct fdc *f, u64 from, u8 st1, u8 st2)
{
    u64 turn = revolution(f);

    f->st1 |= st1;
    f->st2 |= st2;
    work_after(f, WORK_GIVE_UP, from, 2 * turn - from % turn);
}

static bool readable(const struct fdc *f)
{
    unsigned unit = f->command[BYTE_UNIT] & UNIT;

    return f->command[0] & MFM && fdc_turns(f, unit)
        && floppy_readable(f->unit[unit], f->head, f->rate);
}

/* -- from sector to sector -- */

static void ask_for(struct fdc *f, unsigned bytes)
{
    f->phase = PHASE_WRITE;
    f->data_at = 0;
    f->data_end = (u16)bytes;
    fdc_interrupt(f, true);
}

/* Finds the sector that `at` names; [Read Data]: what its ID lacks. */
static void find_sector(struct fdc *f, u64 from)
{
    const struct floppy *d = drive_at_work(f);

    f->phase = PHASE_BUSY;
    if (!readable(f)) {
        give_up(f, from, ST1_NO_MARK, 0);
    } else if (kind_of(f) == READ_TRACK) {
        work_after(f, WORK_SECTOR, from,
                   time_to(f, f->left % d->sectors, from) + pass_time(f));
    } else if (f->at[C] != floppy_track(d)) {
        give_up(f, from, ST1_NO_DATA, ST2_WRONG_CYLINDER);
    } else if (f->at[H] != f->head || f->at[N] != TWO || f->at[R] == 0
               || f->at[R] > d->sectors) {
        give_up(f, from, ST1_NO_DATA, 0);
    } else {
        work_after(f, WORK_SECTOR, from, time_to(f, f->at[R] - 1u, from) + pass_time(f));
    }
}

static void next_sector(struct fdc *f, u64 from)
{
    if (takes_data(f) && f->specified[1] & ND)
        ask_for(f, SECTOR_BYTES);
    else
        find_sector(f, from);
}

/* To the sector that follows; false: EOT ended the command. [Table: result phase] */
static bool advance(struct fdc *f)
{
    u8 step = scans(f) && f->command[BYTE_DTL] == 2 ? 2 : 1;

    if (f->at[R] != f->command[BYTE_EOT] && !(step == 2 && f->at[R] + 1 == f->command[BYTE_EOT])) {
        f->at[R] = (u8)(f->at[R] + step);
        return true;
    }
    f->at[R] = 1;
    if (!(f->command[0] & MULTI_TRACK)) {
        f->at[C]++;
        return false;
    }
    f->at[H] ^= 1;
    f->head ^= 1;
    if (f->head)
        return true;
    f->at[C]++;
    return false;
}

/* A scan that has not found is content with the last sector; the rest must count to the end. */
static void run_out(struct fdc *f)
{
    if (scans(f)) {
        f->st2 |= ST2_NOT_SATISFIED;
        fdc_finish(f, 0);
    } else if (kind_of(f) == VERIFY) {
        fdc_finish(f, 0);
    } else {
        f->st1 |= ST1_END;
        fdc_finish(f, ST0_ABNORMAL);
    }
}

static void after_sector(struct fdc *f, bool terminal_count, u64 due)
{
    u8 kind = kind_of(f);
    bool counted = kind == VERIFY && f->command[BYTE_UNIT] & COUNTED;
    bool enough = terminal_count || (counted && --f->left == 0);
    bool more;

    if (kind == READ_TRACK && ++f->left == f->command[BYTE_EOT] && !enough) {
        f->at[R] = f->left;
        f->st1 |= ST1_END;
        fdc_finish(f, ST0_ABNORMAL);
        return;
    }
    more = kind == READ_TRACK || advance(f);
    if (kind == READ_TRACK)
        f->at[R]++;
    if (enough)
        fdc_finish(f, f->st1 & ST1_DATA_ERROR ? ST0_ABNORMAL : 0);
    else if (more)
        next_sector(f, due);
    else
        run_out(f);
}

static void fail_with(struct fdc *f, u8 st1, u8 st2)
{
    f->st1 |= st1;
    f->st2 |= st2;
    fdc_finish(f, ST0_ABNORMAL);
}

/* -- the data of a sector -- */

/* False: the channel did not take or give all, and its count has not run out. */
static bool dma(struct fdc *f, u8 *bytes, size_t count, bool to_memory, bool *terminal_count)
{
    size_t moved = 0;

    *terminal_count = false;
    if (f->dma && f->dor & 8)
        moved = f->dma->move(f->dma, f->channel, bytes, count, to_memory, terminal_count);
    return moved == count || *terminal_count;
}

static void give_sector(struct fdc *f, u64 due)
{
    bool terminal_count;

    if (f->specified[1] & ND) {
        f->phase = PHASE_READ;
        f->data_at = 0;
        f->data_end = SECTOR_BYTES;
        fdc_interrupt(f, true);
    } else if (!dma(f, f->data, SECTOR_BYTES, true, &terminal_count)) {
        fail_with(f, ST1_OVERRUN, 0);
    } else {
        after_sector(f, terminal_count, due);
    }
}

/* Media have no deleted sectors: one that is asked for is a normal one, or skipped. */
static void read_sector(struct fdc *f, u64 due)
{
    bool deleted = kind_of(f) == READ_DELETED, terminal_count = false;
    unsigned sector = kind_of(f) == READ_TRACK ? f->left % drive_at_work(f)->sectors + 1u
                                               : f->at[R];

    f->toggles ^= TOGGLE_READ;
    if (!floppy_read(drive_at_work(f), f->head, sector, f->data)) {
        fail_with(f, ST1_DATA_ERROR, ST2_DATA_ERROR);
        return;
    }
    if (kind_of(f) == READ_TRACK && (f->at[C] != floppy_track(drive_at_work(f))
                                     || f->at[H] != f->head || f->at[N] != TWO))
        f->st1 |= ST1_NO_DATA;
    if (!deleted) {
        give_sector(f, due);
        return;
    }
    f->st2 |= ST2_CONTROL_MARK;
    if (f->command[0] & SKIP)
        after_sector(f, false, due);
    else if (dma(f, f->data, SECTOR_BYTES, true, &terminal_count))
        fdc_finish(f, 0);
    else
        fail_with(f, ST1_OVERRUN, 0);
}

static void write_sector(struct fdc *f, u64 due)
{
    bool terminal_count = false, pio = f->specified[1] & ND;

    if (!pio) {
        memset(f->data, 0, sizeof f->data);
        if (!dma(f, f->data, SECTOR_BYTES, false, &terminal_count)) {
            fail_with(f, ST1_OVERRUN, 0);
            return;
        }
    }
    f->toggles ^= TOGGLE_WRITE;
    f->toggles |= TOGGLE_ENABLE;
    if (kind_of(f) == WRITE_DELETED)
        guest_oddity(&f->dev, "deleted data marks are not kept");
    if (floppy_write(drive_at_work(f), f->head, f->at[R], f->data))
        after_sector(f, terminal_count, due);
    else
        fail_with(f, ST1_DATA_ERROR, ST2_DATA_ERROR);
}

/* Bytes of FFh, from either side, match all. [Scan Commands] */
static bool satisfies(const struct fdc *f, const u8 *disk, bool *equal)
{
    u8 kind = kind_of(f);

    *equal = true;
    for (unsigned i = 0; i < SECTOR_BYTES; i++) {
        u8 host = f->data[i];

        if (disk[i] == host || host == 0xff || disk[i] == 0xff)
            continue;
        *equal = false;
        return kind == SCAN_EQUAL ? false
             : kind == SCAN_LOW_OR_EQUAL ? disk[i] < host : disk[i] > host;
    }
    return true;
}

static void scan_sector(struct fdc *f, u64 due)
{
    u8 disk[SECTOR_BYTES];
    bool terminal_count = false, equal;

    if (!(f->specified[1] & ND) && !dma(f, f->data, SECTOR_BYTES, false, &terminal_count)) {
        fail_with(f, ST1_OVERRUN, 0);
    } else if (!floppy_read(drive_at_work(f), f->head, f->at[R], disk)) {
        fail_with(f, ST1_DATA_ERROR, ST2_DATA_ERROR);
    } else if (satisfies(f, disk, &equal)) {
        f->st2 |= equal ? ST2_EQUAL : 0;
        fdc_finish(f, 0);
    } else {
        if (terminal_count)
            f->st2 |= ST2_NOT_SATISFIED;
        after_sector(f, terminal_count, due);
    }
}

static void verify_sector(struct fdc *f, u64 due)
{
    f->toggles ^= TOGGLE_READ;
    if (floppy_read(drive_at_work(f), f->head, f->at[R], f->data))
        after_sector(f, false, due);
    else
        fail_with(f, ST1_DATA_ERROR, ST2_DATA_ERROR);
}

static void sector_passed(struct fdc *f, u64 due)
{
    if (!readable(f))                           /* taken out while it turned */
        fail_with(f, ST1_NO_MARK, 0);
    else if (writes(f))
        write_sector(f, due);
    else if (scans(f))
        scan_sector(f, due);
    else if (kind_of(f) == VERIFY)
        verify_sector(f, due);
    else
        read_sector(f, due);
}

/* -- IDs and formatting -- */

static void find_id(struct fdc *f, u64 from)
{
    u64 pass;
    unsigned place;

    if (!readable(f)) {
        give_up(f, from, ST1_NO_MARK, 0);
        return;
    }
    pass = pass_time(f);
    place = (unsigned)((from % revolution(f) + pass - 1) / pass) % drive_at_work(f)->sectors;
    f->at[C] = (u8)floppy_track(drive_at_work(f));
    f->at[H] = f->head;
    f->at[R] = (u8)(place + 1);
    f->at[N] = TWO;
    work_after(f, WORK_ID, from, time_to(f, place, from) + pass / 8);
}

/* Byte 3 is how many sectors, byte 5 what fills them; an ID of four bytes comes for each. */
static void format_track(struct fdc *f)
{
    struct floppy *d = drive_at_work(f);
    unsigned count = f->command[3];
    bool terminal_count = false;
    u8 filling[SECTOR_BYTES];

    if (!readable(f) || f->command[2] != TWO || count != d->sectors) {
        guest_oddity(&f->dev, "a diskette cannot be given another format");
        fail_with(f, ST1_NO_MARK, 0);
        return;
    }
    if (!(f->specified[1] & ND) && !dma(f, f->data, count * ID_BYTES, false, &terminal_count)) {
        fail_with(f, ST1_OVERRUN, 0);
        return;
    }
    memset(filling, f->command[5], sizeof filling);
    for (unsigned i = 0; i < count; i++) {
        const u8 *id = f->data + i * ID_BYTES;

        memcpy(f->at, id, sizeof f->at);
        if (id[R] == 0 || id[R] > d->sectors || id[N] != TWO || id[H] != f->head
            || id[C] != floppy_track(d)) {
            guest_oddity(&f->dev, "a sector is given the ID %u/%u/%u", id[C], id[H], id[R]);
        } else if (!floppy_write(d, f->head, id[R], filling)) {
            fail_with(f, ST1_DATA_ERROR, ST2_DATA_ERROR);
            return;
        }
    }
    fdc_finish(f, 0);
}

static bool is_protected(const struct fdc *f)
{
    const struct floppy *d = drive_at_work(f);

    return d && d->drive.medium && d->drive.medium->read_only;
}

static void begin_format(struct fdc *f, u64 from)
{
    u64 turn = revolution(f);

    if (is_protected(f))
        fail_with(f, ST1_NOT_WRITABLE, 0);
    else if (!readable(f))
        give_up(f, from, ST1_NO_MARK, 0);
    else if (f->specified[1] & ND && f->phase != PHASE_WRITE && f->command[3]
             && f->command[3] * ID_BYTES <= SECTOR_BYTES)
        ask_for(f, f->command[3] * ID_BYTES);
    else
        work_after(f, WORK_FORMAT, from, 2 * turn - from % turn);
}

/* -- beginning, end -- */

void fdc_begin(struct fdc *f, u64 from)
{
    if (kind_of(f) == READ_ID) {
        find_id(f, from);
    } else if (kind_of(f) == FORMAT_TRACK) {
        begin_format(f, from);
    } else if (writes(f) && is_protected(f)) {
        fail_with(f, ST1_NOT_WRITABLE, 0);
    } else {
        if (kind_of(f) == READ_TRACK)
            f->left = 0;
        next_sector(f, from);
    }
}

void fdc_on_work(struct device *dev, u64 due)
{
    struct fdc *f = container_of(dev, struct fdc, dev);

    switch (f->work) {
    case WORK_SOUGHT:  fdc_begin(f, due); break;
    case WORK_SECTOR:  sector_passed(f, due); break;
    case WORK_ID:      fdc_finish(f, 0); break;
    case WORK_FORMAT:  format_track(f); break;
    case WORK_GIVE_UP: fdc_finish(f, ST0_ABNORMAL); break;
    default: break;
    }
}

u8 fdc_take_byte(struct fdc *f)
{
    u8 v = f->data_at < sizeof f->data ? f->data[f->data_at] : 0;

    fdc_interrupt(f, false);
    if (++f->data_at < f->data_end) {
        fdc_interrupt(f, true);
    } else {
        f->phase = PHASE_BUSY;
        after_sector(f, false, device_now(&f->dev));
    }
    return v;
}

void fdc_give_byte(struct fdc *f, u8 byte)
{
    u64 now = device_now(&f->dev);

    if (f->data_at < sizeof f->data)
        f->data[f->data_at] = byte;
    fdc_interrupt(f, false);
    if (++f->data_at < f->data_end) {
        fdc_interrupt(f, true);
        return;
    }
    if (kind_of(f) == FORMAT_TRACK)
        begin_format(f, now);
    else
        find_sector(f, now);
    if (f->phase == PHASE_WRITE)
        f->phase = PHASE_BUSY;
}
