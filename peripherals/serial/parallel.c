/*
 * Parallel port of the PC and PS/2 with a printer behind it: data, status, control, by
 * IBM's "Personal System/2 Hardware Interface Technical Reference", Parallel Port, whose
 * titles are in [brackets]. A byte goes out when STROBE is asserted; the printer is busy for a
 * while, then pulses ACK, which interrupts if the guest has enabled that. Without anything
 * connected no printer is there: no SELECT, out of paper, errors.
 *
 * Not modelled: EPP and ECP (their registers do not answer); the other end never drives
 * the data lines, so in the direction of input they read as ones.
 */
#include "peripherals/serial/parallel.h"

#include "core/chr.h"
#include "core/machine.h"

enum { DATA, STATUS, CONTROL, PORTS };

/* [Status Port]: as read, BUSY and ACK and ERROR are low when asserted. */
enum { NOT_BUSY = 0x80, NOT_ACK = 0x40, NO_PAPER = 0x20, SELECTED = 0x10, NO_ERROR = 8,
       NOT_INTERRUPTING = 4, STATUS_ONES = 3 };

/* [Control Port] */
enum { STROBE = 1, NOT_INIT = 4, SELECT_IN = 8, ENABLE_IRQ = 16, INPUT = 32, CONTROL_ALL = 63,
       CONTROL_ONES = 0xc0 };

#define BUSY_TIME   (10 * MICROSECOND)
#define ACK_TIME    (5 * MICROSECOND)

#define PARALLEL_STATE(ONE, MANY, PART)                             \
    ONE (u8,   data,      "data latch")                             \
    ONE (u8,   control,   "control latch")                          \
    ONE (bool, busy,      "the printer takes a byte")               \
    ONE (bool, acking,    "ACK is low")                             \
    ONE (bool, interrupt, "latched by the end of ACK, until the status is read")

struct parallel {
    struct device dev;
    struct region ports;
    struct line   irq;
    struct event  step;
    struct chr   *out;
    STATE_MEMBERS(PARALLEL_STATE)
};
DEFINE_STATE(struct parallel, PARALLEL_STATE);

/* The wire follows ACK, so that each byte makes an edge. [Interrupts] */
static void update(struct parallel *p)
{
    line_set(&p->irq, p->acking && p->control & ENABLE_IRQ);
}

static void parallel_on_step(struct device *dev, u64 due)
{
    struct parallel *p = container_of(dev, struct parallel, dev);

    if (p->busy) {
        p->busy = false;
        p->acking = true;
        device_arm_at(dev, &p->step, due + ACK_TIME);
    } else {
        p->acking = false;
        p->interrupt = true;
    }
    update(p);
}

static void strobe(struct parallel *p)
{
    if (!p->out || !(p->control & NOT_INIT))
        return;
    if (p->busy || p->acking)
        guest_oddity(&p->dev, "a byte is strobed while the printer is busy");
    p->dev.activity++;
    chr_send(p->out, p->data);
    p->busy = true;
    p->acking = false;
    device_arm_in(&p->dev, &p->step, BUSY_TIME);
    update(p);
}

static u8 read_status(struct parallel *p)
{
    u8 v = STATUS_ONES | NOT_ACK | NOT_INTERRUPTING;

    if (!p->out)
        return v | NOT_BUSY | NO_PAPER;
    v |= SELECTED | NO_ERROR | NOT_BUSY;
    if (p->busy || !(p->control & NOT_INIT))
        v &= (u8)~NOT_BUSY;
    if (p->acking)
        v &= (u8)~NOT_ACK;
    if (p->interrupt)
        v &= (u8)~NOT_INTERRUPTING;
    p->interrupt = false;
    return v;
}

static u64 parallel_read(struct device *dev, u64 offset, unsigned size)
{
    struct parallel *p = container_of(dev, struct parallel, dev);
    u8 v;

    switch (offset) {
    case DATA:   v = p->control & INPUT ? 0xff : p->data; break;
    case STATUS: v = read_status(p); break;
    default:     v = p->control | CONTROL_ONES; break;
    }
    trace(dev, "read %u -> %02xh", (unsigned)offset, v);
    return v;
}

static void write_control(struct parallel *p, u8 v)
{
    bool asserted = !(p->control & STROBE) && v & STROBE;

    p->control = v & CONTROL_ALL;
    if (asserted)
        strobe(p);
    update(p);
}

static void parallel_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct parallel *p = container_of(dev, struct parallel, dev);

    trace(dev, "write %u <- %02xh", (unsigned)offset, (u8)value);
    switch (offset) {
    case DATA:    p->data = (u8)value; break;
    case CONTROL: write_control(p, (u8)value); break;
    default:      guest_oddity(dev, "the status port is written");
    }
}

static void parallel_connect(struct device *dev, struct chr *out)
{
    container_of(dev, struct parallel, dev)->out = out;
}

static void parallel_reset(struct device *dev, enum reset how)
{
    struct parallel *p = container_of(dev, struct parallel, dev);

    p->data = p->control = 0;
    p->busy = p->acking = p->interrupt = false;
    device_arm_at(dev, &p->step, NEVER);
    update(p);
}

static bool parallel_attach(struct device *dev, struct error *err)
{
    static const struct io_ops io = { parallel_read, parallel_write, 1 };
    struct parallel *p = container_of(dev, struct parallel, dev);

    device_line(dev, &p->irq, "irq");
    device_event(dev, &p->step, "step", parallel_on_step);
    p->ports = (struct region){ .name = dev->name, .owner = dev, .io = &io, .size = PORTS };
    space_map(dev->machine->ports, &p->ports, device_number(dev, "port", 0x378), NORMAL);
    return true;
}

const struct device_type parallel_type = {
    .name = "parallel", .title = "parallel port", .size = sizeof(struct parallel),
    .state = state_rows, .attach = parallel_attach, .reset = parallel_reset,
    .connect = parallel_connect,
};
