/*
 * The task file and the data protocols of ATA drives, and the cable to their controller:
 * AT Attachment with Packet Interface - 6 (T13/1410D), "Interface register definitions
 * and descriptions", "Register delivered data transfer command protocol overview".
 * A command begins some microseconds after it was written, so nothing but a register
 * changes within a register write; but one that only takes data asks for its first block
 * at once, as drives' interface chips do without their processor: xv6 sends without looking.
 * Where no drive is, DD7 is pulled low, the rest high.
 * Not modelled: overlap and queuing, Ultra DMA CRC errors.
 */
#include "bus/ata.h"

#include "core/bits.h"
#include "core/block.h"
#include "core/machine.h"

#include <string.h>

enum phase { IDLE, RESETTING, COMMAND, PIO_IN, PIO_OUT, PIO_STORE, DMA_IN, DMA_OUT, DIAGNOSTIC };

enum { DEVICE_RESET = 0x08, EXECUTE_DIAGNOSTIC = 0x90 };

enum { NOBODY = 0x7f };         /* an empty cable */

/* From a command to its first block or its end; from a block that was written to the next. */
#define COMMAND_TIME    (5 * MICROSECOND)
#define STORE_TIME      (2 * MICROSECOND)
#define RESET_TIME      (50 * MICROSECOND)

static u64 least(u64 a, u64 b)
{
    return a < b ? a : b;
}

static struct ata_drive *selected(const struct ata_cable *c)
{
    return c->drive[c->wires->selected & 1];
}

static void update_intrq(struct ata_cable *c)
{
    struct ata_drive *a = selected(c);

    c->intrq(c->host, c->channel, a && a->task->interrupt && !(c->wires->control & ATA_NIEN));
}

static void interrupt(struct ata_drive *a, bool level)
{
    a->task->interrupt = level;
    if (a->cable)
        update_intrq(a->cable);
}

static void busy(struct ata_drive *a, enum phase phase, u64 delay)
{
    a->task->status = ATA_BSY;
    a->task->phase = (u8)phase;
    device_arm_in(&a->dev, &a->ready, delay);
}

/* -- ends of commands -- */

/* [PIO data-in command protocol]: the last block's interrupt was the last. */
void ata_finish(struct ata_drive *a, u8 status, u8 error)
{
    struct ata_task *t = a->task;
    bool quiet = t->phase == PIO_IN && !error && !a->ops->packet;

    t->status = (u8)(ATA_DRDY | status | (error ? ATA_ERR : 0));
    t->error = error;
    t->phase = IDLE;
    t->left = 0;
    trace(&a->dev, "command %02xh ends: status %02xh error %02xh", t->command, t->status, error);
    if (!quiet)
        interrupt(a, true);
}

void ata_abort(struct ata_drive *a)
{
    ata_finish(a, ATA_DSC, ATA_ABRT);
}

/* [Signature and persistence] */
static void sign(struct ata_drive *a)
{
    struct ata_task *t = a->task;
    bool packet = a->ops->packet;

    t->count[0] = t->low[0] = 1;
    t->mid[0] = packet ? 0x14 : 0;
    t->high[0] = packet ? 0xeb : 0;
    t->device = 0;
    t->error = 1;                               /* diagnostic passed */
    t->status = packet ? 0 : ATA_DRDY | ATA_DSC;
    t->phase = IDLE;
    t->left = 0;
}

/* -- data -- */

/* Bytes of the command that are neither in the buffer nor across. */
static u64 unfetched(const struct ata_task *t)
{
    return t->left - (t->filled - t->at);
}

static bool refill(struct ata_drive *a)
{
    struct ata_task *t = a->task;
    u32 count;

    memmove(t->buffer, t->buffer + t->at, t->filled - t->at);
    t->filled -= t->at;
    t->at = 0;
    count = (u32)least(ATA_BUFFER - t->filled, unfetched(t)) / t->granule * t->granule;
    if (count == 0)
        return t->filled != 0;
    if (!a->ops->fetch(a, t->buffer + t->filled, count))
        return false;
    t->filled += count;
    return true;
}

static void offer_block(struct ata_drive *a, u32 count, bool with_interrupt)
{
    struct ata_task *t = a->task;

    t->end = t->at + count;
    t->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    if (a->ops->offer)
        a->ops->offer(a, count);
    if (with_interrupt)
        interrupt(a, true);
}

static void next_in(struct ata_drive *a)
{
    struct ata_task *t = a->task;
    u32 count = (u32)least(t->block, t->left);

    if (count == 0) {
        a->ops->done(a);
        return;
    }
    if (t->filled - t->at < count && unfetched(t) && !refill(a))
        return;
    offer_block(a, (u32)least(count, t->filled - t->at), true);
}

static void next_out(struct ata_drive *a, bool with_interrupt)
{
    struct ata_task *t = a->task;

    t->at = t->filled = 0;
    t->phase = PIO_OUT;
    offer_block(a, (u32)least(t->block, t->left), with_interrupt);
}

static void begin(struct ata_drive *a, enum phase phase, u64 bytes, u32 block)
{
    struct ata_task *t = a->task;

    t->phase = (u8)phase;
    t->left = bytes;
    t->block = block < ATA_BUFFER ? block : ATA_BUFFER;
    t->at = 0;
}

static void ask_for_dma(struct ata_drive *a)
{
    a->task->status = ATA_BSY;
    if (a->cable && a->cable->dmarq)
        a->cable->dmarq(a->cable->host, a->cable->channel);
}

void ata_send(struct ata_drive *a, u64 bytes, u32 ready, u32 block, bool dma)
{
    begin(a, dma ? DMA_IN : PIO_IN, bytes, block);
    a->task->filled = ready;
    if (dma)
        ask_for_dma(a);
    else
        next_in(a);
}

void ata_receive(struct ata_drive *a, u64 bytes, u32 block, bool with_interrupt, bool dma)
{
    begin(a, dma ? DMA_OUT : PIO_OUT, bytes, block);
    a->task->filled = 0;
    if (dma)
        ask_for_dma(a);
    else
        next_out(a, with_interrupt);
}

/* The host has filled a block. */
static void store_block(struct ata_drive *a)
{
    struct ata_task *t = a->task;

    if (!a->ops->store(a, t->buffer, t->end))
        return;
    if (t->left == 0)
        a->ops->done(a);
    else
        next_out(a, true);
}

static void cross(struct ata_drive *a, u32 size)
{
    struct ata_task *t = a->task;

    t->at += size;
    t->left -= size;
    if (t->at < t->end)
        return;
    if (t->phase == PIO_OUT) {
        busy(a, PIO_STORE, STORE_TIME);
        return;
    }
    t->status = ATA_BSY;
    next_in(a);
}

static struct ata_drive *in_data_phase(const struct ata_cable *c, enum phase phase)
{
    struct ata_drive *a = selected(c);

    return a && a->task->phase == phase && a->task->status & ATA_DRQ ? a : NULL;
}

/* A block may end within a word: the rest of that is padding. */
u32 ata_read_data(struct ata_cable *c, unsigned size)
{
    struct ata_drive *a = in_data_phase(c, PIO_IN);
    struct ata_task *t;
    u32 v, n;

    if (!a)
        return selected(c) ? 0 : ~0u;
    t = a->task;
    n = (u32)least(size, t->end - t->at);
    v = (u32)load_le(t->buffer + t->at, n);
    cross(a, n);
    return v;
}

void ata_write_data(struct ata_cable *c, u32 value, unsigned size)
{
    struct ata_drive *a = in_data_phase(c, PIO_OUT);
    struct ata_task *t;
    u32 n;

    if (!a)
        return;
    t = a->task;
    n = (u32)least(size, t->end - t->at);
    store_le(t->buffer + t->at, value, n);
    cross(a, n);
}

/* The bytes of up to n accesses before the last of the block, and where they are in buffer[]. */
static u32 within_block(struct ata_drive *a, unsigned size, u32 n, u8 **at)
{
    struct ata_task *t = a->task;
    u32 bytes;

    if (t->at >= t->end)
        return 0;
    bytes = (u32)least((u64)n * size, (t->end - t->at - 1) / size * size);
    *at = t->buffer + t->at;
    t->at += bytes;
    t->left -= bytes;
    return bytes;
}

u32 ata_read_data_many(struct ata_cable *c, unsigned size, u8 *to, u32 n)
{
    struct ata_drive *a = in_data_phase(c, PIO_IN);
    u8 *at = NULL;
    u32 bytes = a ? within_block(a, size, n, &at) : 0;

    if (bytes)
        memcpy(to, at, bytes);
    return bytes / size;
}

u32 ata_write_data_many(struct ata_cable *c, unsigned size, const u8 *from, u32 n)
{
    struct ata_drive *a = in_data_phase(c, PIO_OUT);
    u8 *at = NULL;
    u32 bytes = a ? within_block(a, size, n, &at) : 0;

    if (bytes)
        memcpy(at, from, bytes);
    return bytes / size;
}

/* -- DMA -- */

u64 ata_dma_left(const struct ata_cable *c, bool *to_host)
{
    const struct ata_drive *a = selected(c);

    if (!a || (a->task->phase != DMA_IN && a->task->phase != DMA_OUT))
        return 0;
    *to_host = a->task->phase == DMA_IN;
    return a->task->left;
}

/* Whole granules go past the buffer. How many bytes moved; 0: the drive had an error. */
static u32 dma_in(struct ata_drive *a, u8 *bytes, u32 count)
{
    struct ata_task *t = a->task;
    u32 n = (u32)least(count, t->filled - t->at);

    if (n) {
        memcpy(bytes, t->buffer + t->at, n);
        t->at += n;
        return n;
    }
    t->at = t->filled = 0;
    if (count < t->granule) {
        if (!refill(a))
            return 0;
        return dma_in(a, bytes, count);
    }
    n = count / t->granule * t->granule;
    return a->ops->fetch(a, bytes, n) ? n : 0;
}

static u32 dma_out(struct ata_drive *a, const u8 *bytes, u32 count)
{
    struct ata_task *t = a->task;
    u32 n;

    if (t->filled == 0 && count >= t->granule) {
        n = count / t->granule * t->granule;
        return a->ops->store(a, bytes, n) ? n : 0;
    }
    n = (u32)least(count, t->granule - t->filled);
    memcpy(t->buffer + t->filled, bytes, n);
    t->filled += n;
    if (t->filled < t->granule)
        return n;
    t->filled = 0;
    return a->ops->store(a, t->buffer, t->granule) ? n : 0;
}

u32 ata_dma(struct ata_cable *c, u8 *bytes, u32 count)
{
    struct ata_drive *a = selected(c);
    bool in;
    u64 left = ata_dma_left(c, &in);
    u32 moved = 0, n;

    count = (u32)least(count, left);
    while (moved < count) {
        n = in ? dma_in(a, bytes + moved, count - moved) : dma_out(a, bytes + moved, count - moved);
        if (n == 0)
            return moved;
        moved += n;
        a->task->left -= n;
    }
    if (moved && a->task->left == 0)
        a->ops->done(a);
    return moved;
}

/* -- commands and resets -- */

/* [EXECUTE DEVICE DIAGNOSTIC]: both do it, drive 0 tells. */
static void end_diagnostic(struct ata_drive *a)
{
    sign(a);
    if (a->cable && (a->unit == 0 || !a->cable->drive[0]))
        interrupt(a, true);
}

static void end_reset(struct ata_drive *a)
{
    sign(a);
    trace(&a->dev, "ready after a reset");
}

static void on_ready(struct device *dev, u64 due)
{
    struct ata_drive *a = container_of(dev, struct ata_drive, dev);

    switch (a->task->phase) {
    case RESETTING:     end_reset(a); break;
    case DIAGNOSTIC:    end_diagnostic(a); break;
    case PIO_STORE:     store_block(a); break;
    case COMMAND:       a->ops->command(a); break;
    }
}

static void reset_drive(struct ata_drive *a, bool hardware)
{
    a->task->interrupt = false;
    memset(a->task->feature, 0, sizeof a->task->feature);
    busy(a, RESETTING, RESET_TIME);
    a->ops->reset(a, hardware);
}

static void diagnose(struct ata_cable *c)
{
    c->wires->selected = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (!c->drive[i])
            continue;
        c->drive[i]->task->interrupt = false;
        busy(c->drive[i], DIAGNOSTIC, RESET_TIME);
    }
    update_intrq(c);
}

static void command(struct ata_cable *c, u8 value)
{
    struct ata_drive *a = selected(c);

    if (!a)
        return;
    trace(&a->dev, "command %02xh feature %02xh count %02x%02xh lba %02x%02x%02x %02x%02x%02xh "
          "device %02xh", value, a->task->feature[0], a->task->count[1], a->task->count[0],
          a->task->high[1], a->task->mid[1], a->task->low[1],
          a->task->high[0], a->task->mid[0], a->task->low[0], a->task->device);
    if (value == DEVICE_RESET && a->ops->packet) {
        a->task->command = value;
        reset_drive(a, false);
        update_intrq(c);
        return;
    }
    if (a->task->status & (ATA_BSY | ATA_DRQ)) {
        guest_oddity(&a->dev, "command %02xh while the drive is busy", value);
        return;
    }
    if (value == EXECUTE_DIAGNOSTIC) {
        diagnose(c);
        return;
    }
    a->task->command = value;
    interrupt(a, false);
    if (a->ops->prompt && a->ops->prompt(a))
        a->ops->command(a);
    else
        busy(a, COMMAND, COMMAND_TIME);
}

/* A soft reset begins when SRST rises and the drives do theirs when it falls. */
void ata_write_control(struct ata_cable *c, u8 value)
{
    bool was = c->wires->control & ATA_SRST, is = value & ATA_SRST;

    c->wires->control = value;
    for (unsigned i = 0; i < 2; i++) {
        struct ata_drive *a = c->drive[i];

        if (!a || was == is)
            continue;
        reset_drive(a, false);
        if (is)
            device_arm_at(&a->dev, &a->ready, NEVER);
    }
    if (is)
        c->wires->selected = 0;
    update_intrq(c);
}

void ata_hardware_reset(struct ata_cable *c)
{
    c->wires->selected = 0;
    c->wires->control = 0;
    for (unsigned i = 0; i < 2; i++)
        if (c->drive[i])
            reset_drive(c->drive[i], true);
    update_intrq(c);
}

/* -- the task file -- */

static void push(u8 pair[2], u8 value)
{
    pair[1] = pair[0];
    pair[0] = value;
}

static void latch(struct ata_task *t, enum ata_register r, u8 value)
{
    if (t->status & (ATA_BSY | ATA_DRQ) && r != ATA_DEVICE)
        return;
    switch (r) {
    case ATA_FEATURE:   push(t->feature, value); break;
    case ATA_COUNT:     push(t->count, value); break;
    case ATA_LOW:       push(t->low, value); break;
    case ATA_MID:       push(t->mid, value); break;
    case ATA_HIGH:      push(t->high, value); break;
    case ATA_DEVICE:    t->device = value; break;
    default:            break;
    }
}

void ata_write(struct ata_cable *c, enum ata_register r, u8 value)
{
    c->wires->control &= (u8)~ATA_HOB;
    if (r == ATA_COMMAND) {
        command(c, value);
        return;
    }
    for (unsigned i = 0; i < 2; i++)            /* both hear it */
        if (c->drive[i])
            latch(c->drive[i]->task, r, value);
    if (r == ATA_DEVICE) {
        c->wires->selected = !!(value & ATA_DEV);
        update_intrq(c);
        if (c->dmarq)
            c->dmarq(c->host, c->channel);
    }
}

/* Drive 0 answers for a drive 1 that is not there, but for its status. */
static const struct ata_drive *answering(const struct ata_cable *c)
{
    return selected(c) || c->wires->selected == 0 ? selected(c) : c->drive[0];
}

u8 ata_read_alternate(struct ata_cable *c)
{
    if (!answering(c))
        return NOBODY;
    return selected(c) ? selected(c)->task->status : 0;
}

u8 ata_read(struct ata_cable *c, enum ata_register r)
{
    const struct ata_drive *a = answering(c);
    unsigned previous = c->wires->control & ATA_HOB ? 1 : 0;

    if (!a)
        return NOBODY;
    switch (r) {
    case ATA_ERROR:     return a->task->error;
    case ATA_COUNT:     return a->task->count[previous];
    case ATA_LOW:       return a->task->low[previous];
    case ATA_MID:       return a->task->mid[previous];
    case ATA_HIGH:      return a->task->high[previous];
    case ATA_DEVICE:    return a->task->device;
    default:            break;
    }
    if (selected(c))
        interrupt(selected(c), false);
    return ata_read_alternate(c);
}

/* -- plugging -- */

void ata_plug(struct ata_cable *c, unsigned unit, const char *name)
{
    struct device *dev = machine_find(c->host->machine, name);
    struct ata_drive *a = device_offer(dev, "ata");

    c->drive[unit] = a;
    if (!a)
        return;
    a->cable = c;
    a->unit = (u8)unit;
}

void ata_attach(struct ata_drive *a, const struct ata_ops *ops, struct ata_task *task)
{
    a->ops = ops;
    a->task = task;
    task->granule = SECTOR_BYTES;
    device_event(&a->dev, &a->ready, "ready", on_ready);
}

/* A snapshot may have been forged: nothing in it reaches beyond the buffer. */
void ata_resume(struct ata_drive *a)
{
    struct ata_task *t = a->task;

    if (t->granule == 0 || t->granule > ATA_BUFFER)
        t->granule = SECTOR_BYTES;
    t->block = (u32)least(t->block, ATA_BUFFER);
    t->end = (u32)least(t->end, ATA_BUFFER);
    t->filled = (u32)least(t->filled, ATA_BUFFER);
    t->at = (u32)least(t->at, ATA_BUFFER);
    if (t->phase == PIO_IN)
        t->end = (u32)least(t->end, t->filled);
    if (t->phase == PIO_IN || t->phase == PIO_OUT)
        t->at = (u32)least(t->at, t->end);
    if (t->phase == DMA_IN)
        t->at = (u32)least(t->at, t->filled);
    if (t->phase == DMA_OUT)
        t->filled = (u32)least(t->filled, t->granule - 1);
}
