/*
 * 82077AA diskette controller, registers and commands: ports 3F0h to 3F5h and 3F7h, as
 * Intel's data sheet "82077AA CHMOS Single-Chip Floppy Disk Controller" has them; its
 * titles are in [brackets]. SRA and SRB are those of PS/2 mode, all else is AT mode.
 *
 * Mechanics take virtual time: a step as SPECIFY says, a revolution 200 or 166.7 ms by the
 * drive, a sector its part of that. The index hole of every drive passes at multiples of a
 * revolution since power-on, and sectors follow it in order and without interleave. With
 * `fast`, a step takes 1 us and a sector 10 us wherever the head is.
 *
 * Not modelled: head load and unload times, spin-up (a motor that is on turns), overruns
 * of the FIFO without DMA, deleted data marks on media, power-down, tape drives.
 */
#include "peripherals/storage/floppy.h"

#include "core/machine.h"
#include "peripherals/storage/floppy_chip.h"

#include <string.h>

enum { SRA, SRB, DOR, TDR, MSR, FIFO, PORTS, DSR = MSR, DIR = 7, CCR = DIR };

enum { DOR_RUN = 4, DOR_GATE = 8 };
enum { DSR_RESET = 0x80, DSR_POWER_DOWN = 0x40, DSR_PRECOMPENSATION = 0x1c, DSR_RATE = 3 };
enum { MSR_READY = 0x80, MSR_OUT = 0x40, MSR_NO_DMA = 0x20, MSR_BUSY = 0x10 };
enum { SRA_INTERRUPT = 0x80, SRA_ONE_DRIVE = 0x40, SRA_STEP = 0x20, SRA_NOT_TRACK_0 = 0x10,
       SRA_HEAD = 8, SRA_NOT_INDEX = 4, SRA_NOT_PROTECTED = 2, SRA_INWARD = 1 };
enum { IMPLIED_SEEK = 0x40, POLL_OFF = 0x10, CONFIGURE_START = 0x20 };
enum { ND = 1 };                        /* of SPECIFY: no DMA */

#define AFTER_RESET     (100 * MICROSECOND)
#define FAST_STEP       MICROSECOND
#define RECALIBRATE_STEPS   79          /* [Recalibrate] */

DEFINE_STATE(struct fdc, FDC_STATE);

static struct floppy *selected(const struct fdc *f)
{
    return f->unit[f->dor & UNIT];
}

/* [Digital Output Register]: DMAGATE# shuts off INT too. */
void fdc_interrupt(struct fdc *f, bool level)
{
    f->interrupting = level;
    line_set(&f->irq, level && f->dor & DOR_GATE);
}

static void await_command(struct fdc *f)
{
    f->phase = PHASE_COMMAND;
    f->got = f->wanted = 0;
}

/* -- result phase -- */

static void answer(struct fdc *f, const u8 *bytes, unsigned count)
{
    memcpy(f->result, bytes, count);
    f->results = (u8)count;
    f->result_at = 0;
    f->phase = PHASE_RESULT;
}

static void answer_byte(struct fdc *f, u8 byte)
{
    answer(f, &byte, 1);
}

void fdc_finish(struct fdc *f, u8 st0)
{
    u8 bytes[7] = {
        (u8)(st0 | (f->head ? HEAD : 0) | (f->command[BYTE_UNIT] & UNIT)), f->st1, f->st2,
        f->at[0], f->at[1], f->at[2], f->at[3],
    };

    f->work = WORK_NONE;
    device_arm_at(&f->dev, &f->work_event, NEVER);
    if (f->dma)
        f->dma->request(f->dma, f->channel, false);
    answer(f, bytes, sizeof bytes);
    trace(&f->dev, "ends: ST0 %02xh ST1 %02xh ST2 %02xh", bytes[0], f->st1, f->st2);
    fdc_interrupt(f, true);
}

/* -- seeks: each drive has its own -- */

/* [Specify]: SRT counts from 16 down, in halves of a millisecond at 1 Mbps. */
u64 fdc_step_time(const struct fdc *f)
{
    static const u32 unit[] = {
        [RATE_1M] = 500000, [RATE_500K] = 1000000, [RATE_300K] = 1666667, [RATE_250K] = 2000000,
    };

    return f->fast ? FAST_STEP : (u64)(16 - (f->specified[0] >> 4)) * unit[f->rate & 3];
}

static void seek(struct fdc *f, unsigned unit, unsigned steps, u8 target, u8 st0)
{
    f->target[unit] = target;
    f->seek_st0[unit] = (u8)(st0 | unit | (f->command[BYTE_UNIT] & HEAD));
    f->seeking |= (u8)(1 << unit);
    f->sought &= (u8)~(1 << unit);
    f->stepped |= steps > 0;
    await_command(f);
    device_arm_in(&f->dev, &f->seek[unit], steps * fdc_step_time(f) + FAST_STEP);
}

static void end_seek(struct fdc *f, unsigned unit)
{
    f->cylinder[unit] = f->target[unit];
    f->sought |= (u8)(1 << unit);
    fdc_interrupt(f, true);
}

static void fdc_on_seek0(struct device *dev, u64 due)
{
    end_seek(container_of(dev, struct fdc, dev), 0);
}

static void fdc_on_seek1(struct device *dev, u64 due)
{
    end_seek(container_of(dev, struct fdc, dev), 1);
}

static void fdc_on_seek2(struct device *dev, u64 due)
{
    end_seek(container_of(dev, struct fdc, dev), 2);
}

static void fdc_on_seek3(struct device *dev, u64 due)
{
    end_seek(container_of(dev, struct fdc, dev), 3);
}

/* Steps out until the drive says TRK0, or not at all. */
static void recalibrate(struct fdc *f)
{
    unsigned unit = f->command[BYTE_UNIT] & UNIT, steps = RECALIBRATE_STEPS;
    struct floppy *d = f->unit[unit];
    u8 st0 = ST0_SEEK_END | ST0_ABNORMAL | ST0_CHECK;

    if (d) {
        if (d->cylinder <= steps) {
            steps = d->cylinder;
            st0 = ST0_SEEK_END;
        }
        floppy_step_to(d, d->cylinder - steps);
    }
    f->inward = false;
    f->command[BYTE_UNIT] &= UNIT;
    seek(f, unit, steps, 0, st0);
}

/* The controller counts; whether the drive follows it does not know. */
static void seek_by(struct fdc *f, int steps)
{
    unsigned unit = f->command[BYTE_UNIT] & UNIT;
    struct floppy *d = f->unit[unit];
    int to = d ? d->cylinder + steps : 0;

    if (d)
        floppy_step_to(d, to < 0 ? 0 : (unsigned)to);
    f->inward = steps > 0;
    seek(f, unit, (unsigned)(steps < 0 ? -steps : steps), (u8)(f->cylinder[unit] + steps),
         ST0_SEEK_END);
}

static void seek_to(struct fdc *f)
{
    seek_by(f, f->command[2] - f->cylinder[f->command[BYTE_UNIT] & UNIT]);
}

/* [Relative Seek]: bit 6 of the command is the direction. */
static void seek_relative(struct fdc *f)
{
    seek_by(f, f->command[0] & 0x40 ? f->command[2] : -f->command[2]);
}

/* After a reset once for each unit, then once for each seek that ended. */
static void sense_interrupt(struct fdc *f)
{
    fdc_interrupt(f, false);
    if (f->polled) {
        u8 unit = (u8)(UNITS - f->polled--);

        answer(f, (u8[]){ ST0_POLLED | unit, f->cylinder[unit] }, 2);
        fdc_interrupt(f, !f->polled && f->sought);
        return;
    }
    for (u8 unit = 0; unit < UNITS; unit++) {
        if (!(f->sought >> unit & 1))
            continue;
        f->sought &= (u8)~(1 << unit);
        f->seeking &= (u8)~(1 << unit);
        answer(f, (u8[]){ f->seek_st0[unit], f->cylinder[unit] }, 2);
        if (f->sought)
            fdc_interrupt(f, true);
        return;
    }
    answer_byte(f, ST0_INVALID);
}

/* -- the other commands -- */

static void specify(struct fdc *f)
{
    memcpy(f->specified, f->command + 1, 2);
    await_command(f);
}

static void sense_drive(struct fdc *f)
{
    const struct floppy *d = f->unit[f->command[BYTE_UNIT] & UNIT];
    bool protected = d && d->drive.medium && d->drive.medium->read_only;

    answer_byte(f, (u8)(0x28 | (f->command[BYTE_UNIT] & (HEAD | UNIT)) | protected << 6
                        | (d && d->cylinder == 0) << 4));
}

static void tell_version(struct fdc *f)
{
    answer_byte(f, 0x90);
}

/* [Dumpreg] */
static void dump(struct fdc *f)
{
    answer(f, (u8[]){
        f->cylinder[0], f->cylinder[1], f->cylinder[2], f->cylinder[3], f->specified[0],
        f->specified[1], f->command[BYTE_EOT], (u8)(f->locked << 7 | f->perpendicular),
        f->configured, f->pretrack,
    }, 10);
}

static void configure(struct fdc *f)
{
    f->configured = f->command[2] & 0x7f;
    f->pretrack = f->command[3];
    await_command(f);
}

/* [Perpendicular Mode]: OW lets D3 to D0 be written. */
static void set_perpendicular(struct fdc *f)
{
    u8 v = f->command[1];

    f->perpendicular = v & 0x80 ? v & 0x3f : (f->perpendicular & 0x3c) | (v & 3);
    await_command(f);
}

static void lock(struct fdc *f)
{
    f->locked = f->command[0] & 0x80;
    answer_byte(f, (u8)(f->locked << 4));
}

static void invalid(struct fdc *f)
{
    guest_oddity(&f->dev, "command %02xh is none of an 82077AA", f->command[0]);
    answer_byte(f, ST0_INVALID);
}

/* Steps there first, if CONFIGURE says so and the command has a cylinder. */
static void look_for_sectors(struct fdc *f)
{
    unsigned unit = f->command[BYTE_UNIT] & UNIT;
    int steps = f->command[BYTE_C] - f->cylinder[unit];
    bool seeks = f->configured & IMPLIED_SEEK && f->wanted == 9 && steps;
    struct floppy *d = f->unit[unit];

    fdc_interrupt(f, false);
    f->phase = PHASE_BUSY;
    f->st1 = f->st2 = 0;
    f->head = (f->command[BYTE_UNIT] & HEAD) != 0;
    f->left = f->command[BYTE_DTL];
    memcpy(f->at, f->command + BYTE_C, sizeof f->at);
    if (f->dma && !(f->specified[1] & ND))
        f->dma->request(f->dma, f->channel, true);
    if (!seeks) {
        fdc_begin(f, device_now(&f->dev));
        return;
    }
    if (d)
        floppy_step_to(d, d->cylinder + steps < 0 ? 0 : (unsigned)(d->cylinder + steps));
    f->cylinder[unit] = f->command[BYTE_C];
    f->work = WORK_SOUGHT;
    device_arm_in(&f->dev, &f->work_event,
                  (u64)(steps < 0 ? -steps : steps) * fdc_step_time(f));
}

static const struct command {
    u8   mask, code, bytes;
    void (*execute)(struct fdc *);
} commands[] = {
    { 0x1f, READ_DATA,          9, look_for_sectors },
    { 0x1f, READ_DELETED,       9, look_for_sectors },
    { 0x3f, WRITE_DATA,         9, look_for_sectors },
    { 0x3f, WRITE_DELETED,      9, look_for_sectors },
    { 0x9f, READ_TRACK,         9, look_for_sectors },
    { 0x1f, VERIFY,             9, look_for_sectors },
    { 0x1f, SCAN_EQUAL,         9, look_for_sectors },
    { 0x1f, SCAN_LOW_OR_EQUAL,  9, look_for_sectors },
    { 0x1f, SCAN_HIGH_OR_EQUAL, 9, look_for_sectors },
    { 0xbf, FORMAT_TRACK,       6, look_for_sectors },
    { 0xbf, READ_ID,            2, look_for_sectors },
    { 0xff, 0x03,               3, specify },
    { 0xff, 0x04,               2, sense_drive },
    { 0xff, 0x07,               2, recalibrate },
    { 0xff, 0x08,               1, sense_interrupt },
    { 0xff, 0x0e,               1, dump },
    { 0xff, 0x0f,               3, seek_to },
    { 0xbf, 0x8f,               3, seek_relative },
    { 0xff, 0x10,               1, tell_version },
    { 0xff, 0x12,               2, set_perpendicular },
    { 0xff, 0x13,               4, configure },
    { 0x7f, 0x14,               1, lock },
    { 0x00, 0x00,               1, invalid },
};

static const struct command *find_command(u8 byte)
{
    const struct command *c = commands;

    while ((byte & c->mask) != c->code)
        c++;
    return c;
}

static void take_command_byte(struct fdc *f, u8 byte)
{
    const struct command *c;

    if (f->got == 0)
        f->wanted = find_command(byte)->bytes;
    f->command[f->got++] = byte;
    if (f->got < f->wanted)
        return;
    c = find_command(f->command[0]);
    trace(&f->dev, "command %02xh %02xh", f->command[0], f->command[1]);
    f->got = 0;
    c->execute(f);
}

/* -- reset [Reset Behaviour] -- */

static void fdc_on_reset_over(struct device *dev, u64 due)
{
    struct fdc *f = container_of(dev, struct fdc, dev);

    if (f->configured & POLL_OFF)
        return;
    f->polled = UNITS;
    fdc_interrupt(f, true);
}

static void stop(struct fdc *f)
{
    await_command(f);
    f->work = WORK_NONE;
    f->seeking = f->sought = f->polled = 0;
    f->stepped = false;
    device_arm_at(&f->dev, &f->work_event, NEVER);
    device_arm_at(&f->dev, &f->reset_event, NEVER);
    for (unsigned i = 0; i < UNITS; i++)
        device_arm_at(&f->dev, &f->seek[i], NEVER);
    if (f->dma)
        f->dma->request(f->dma, f->channel, false);
    fdc_interrupt(f, false);
}

static void reset_by_software(struct fdc *f)
{
    stop(f);
    memset(f->cylinder, 0, sizeof f->cylinder);
    f->perpendicular &= 0x3c;
    if (!f->locked) {
        f->configured = CONFIGURE_START;
        f->pretrack = 0;
    }
}

static void write_output(struct fdc *f, u8 v)
{
    bool was = f->dor & DOR_RUN, is = v & DOR_RUN;

    f->dor = v;
    if (was && !is)
        reset_by_software(f);
    if (!was && is)
        device_arm_in(&f->dev, &f->reset_event, AFTER_RESET);
    fdc_interrupt(f, f->interrupting);
}

static void write_rate_select(struct fdc *f, u8 v)
{
    f->rate = v & DSR_RATE;
    f->precompensation = v & DSR_PRECOMPENSATION;
    if (v & DSR_POWER_DOWN)
        guest_oddity(&f->dev, "power-down is not modelled");
    if (!(v & DSR_RESET) || !(f->dor & DOR_RUN))
        return;
    reset_by_software(f);
    device_arm_in(&f->dev, &f->reset_event, AFTER_RESET);
}

/* -- registers -- */

/* [Status Register A, PS/2 mode]: the selected drive's wires. */
static u8 status_a(struct fdc *f)
{
    const struct floppy *d = selected(f);
    bool protected = d && d->drive.medium && d->drive.medium->read_only;
    u8 v = (u8)((f->interrupting ? SRA_INTERRUPT : 0) | (f->unit[1] ? 0 : SRA_ONE_DRIVE)
                | (f->stepped ? SRA_STEP : 0) | (f->head ? SRA_HEAD : 0)
                | (f->inward ? SRA_INWARD : 0));

    if (!d || d->cylinder)
        v |= SRA_NOT_TRACK_0;
    if (!fdc_index(f, f->dor & UNIT))
        v |= SRA_NOT_INDEX;
    if (!protected)
        v |= SRA_NOT_PROTECTED;
    f->stepped = false;
    return v;
}

static u8 status_b(const struct fdc *f)
{
    return (u8)(0xc0 | (f->dor & 1) << 5 | (f->toggles & 0x1c) | (f->dor >> 4 & 3));
}

static u8 main_status(const struct fdc *f)
{
    u8 v = f->seeking;

    if (!(f->dor & DOR_RUN))
        return 0;
    switch (f->phase) {
    case PHASE_COMMAND: return v | MSR_READY | (f->got ? MSR_BUSY : 0);
    case PHASE_READ:    return v | MSR_READY | MSR_OUT | MSR_NO_DMA | MSR_BUSY;
    case PHASE_WRITE:   return v | MSR_READY | MSR_NO_DMA | MSR_BUSY;
    case PHASE_RESULT:  return v | MSR_READY | MSR_OUT | MSR_BUSY;
    default:            return v | MSR_BUSY | (f->specified[1] & ND ? MSR_NO_DMA : 0);
    }
}

/* The first byte of a result acknowledges the interrupt, but not those of seeks. */
static u8 read_fifo(struct fdc *f)
{
    u8 v = 0xff;

    if (f->phase == PHASE_READ)
        return fdc_take_byte(f);
    if (f->phase != PHASE_RESULT) {
        guest_oddity(&f->dev, "the FIFO is read while it has nothing to say");
        return v;
    }
    if (f->result_at == 0) {
        fdc_interrupt(f, false);
        fdc_interrupt(f, f->sought);
    }
    if (f->result_at < f->results)
        v = f->result[f->result_at++];
    if (f->result_at >= f->results)
        await_command(f);
    return v;
}

static void write_fifo(struct fdc *f, u8 v)
{
    if (!(f->dor & DOR_RUN))
        return;
    if (f->phase == PHASE_WRITE)
        fdc_give_byte(f, v);
    else if (f->phase == PHASE_COMMAND)
        take_command_byte(f, v);
    else
        guest_oddity(&f->dev, "the FIFO is written in the wrong phase");
}

static u8 disk_change(const struct fdc *f)
{
    const struct floppy *d = selected(f);

    return d && d->changed ? 0x80 : 0;
}

static u8 read_register(struct fdc *f, u64 offset)
{
    switch (offset) {
    case SRA:  return status_a(f);
    case SRB:  return status_b(f);
    case DOR:  return f->dor;
    case TDR:  return f->tdr;
    case MSR:  return main_status(f);
    default:   return read_fifo(f);
    }
}

static u64 fdc_read(struct device *dev, u64 offset, unsigned size)
{
    u8 v = read_register(container_of(dev, struct fdc, dev), offset);

    trace(dev, "read %u -> %02xh", (unsigned)offset, v);
    return v;
}

static void fdc_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct fdc *f = container_of(dev, struct fdc, dev);
    u8 v = (u8)value;

    trace(dev, "write %u <- %02xh", (unsigned)offset, v);
    switch (offset) {
    case DOR:  write_output(f, v); break;
    case TDR:  f->tdr = v & 3; break;
    case DSR:  write_rate_select(f, v); break;
    case FIFO: write_fifo(f, v); break;
    default:   guest_oddity(dev, "register %u is read-only", (unsigned)offset);
    }
}

static u64 fdc_read_input(struct device *dev, u64 offset, unsigned size)
{
    u8 v = disk_change(container_of(dev, struct fdc, dev));

    trace(dev, "read 7 -> %02xh", v);
    return v;
}

static void fdc_write_rate(struct device *dev, u64 offset, u64 value, unsigned size)
{
    trace(dev, "write 7 <- %02xh", (u8)value);
    container_of(dev, struct fdc, dev)->rate = value & DSR_RATE;
}

/* -- attach, reset -- */

static void fdc_reset(struct device *dev, enum reset how)
{
    struct fdc *f = container_of(dev, struct fdc, dev);

    f->unit[0] = device_offer(machine_find(dev->machine, "fda"), "floppy");
    f->unit[1] = device_offer(machine_find(dev->machine, "fdb"), "floppy");
    f->dma = device_offer(machine_find(dev->machine, "dma"), "isa-dma");
    stop(f);
    f->dor = f->tdr = f->perpendicular = f->pretrack = f->precompensation = f->toggles = 0;
    f->head = 0;
    f->inward = f->locked = false;
    f->rate = RATE_250K;
    f->configured = CONFIGURE_START;
    f->specified[0] = f->specified[1] = 0;
    memset(f->cylinder, 0, sizeof f->cylinder);
    fdc_interrupt(f, false);
}

/* A forged snapshot may hold numbers no run can make. */
static void fdc_resume(struct device *dev)
{
    struct fdc *f = container_of(dev, struct fdc, dev);

    if (f->got >= sizeof f->command || f->got >= f->wanted)
        f->got = 0;
    if (f->results > sizeof f->result)
        f->results = sizeof f->result;
    if (f->data_end > sizeof f->data)
        f->data_end = sizeof f->data;
    if (f->polled > UNITS)
        f->polled = UNITS;
    f->seeking &= 15;
    f->sought &= 15;
}

static bool fdc_attach(struct device *dev, struct error *err)
{
    static const struct io_ops low = { fdc_read, fdc_write, 1 };
    static const struct io_ops high = { fdc_read_input, fdc_write_rate, 1 };
    static const char *const name[UNITS] = { "seek0", "seek1", "seek2", "seek3" };
    static void (*const fire[UNITS])(struct device *, u64) = {
        fdc_on_seek0, fdc_on_seek1, fdc_on_seek2, fdc_on_seek3,
    };
    struct fdc *f = container_of(dev, struct fdc, dev);
    u64 port = device_number(dev, "port", 0x3f0);

    f->channel = (unsigned)device_number(dev, "channel", 2) & 7;
    f->fast = device_flag(dev, "fast", false);
    device_line(dev, &f->irq, "irq");
    device_event(dev, &f->work_event, "work_event", fdc_on_work);
    device_event(dev, &f->reset_event, "reset_over", fdc_on_reset_over);
    for (unsigned i = 0; i < UNITS; i++)
        device_event(dev, &f->seek[i], name[i], fire[i]);
    f->low = (struct region){ .name = "low", .owner = dev, .io = &low, .size = PORTS };
    f->high = (struct region){ .name = "high", .owner = dev, .io = &high, .size = 1 };
    space_map(dev->machine->ports, &f->low, port, NORMAL);
    space_map(dev->machine->ports, &f->high, port + DIR, NORMAL);
    return true;
}

const struct device_type fdc_type = {
    .name = "82077aa", .title = "diskette controller", .size = sizeof(struct fdc),
    .state = state_rows, .attach = fdc_attach, .reset = fdc_reset, .resume = fdc_resume,
};
