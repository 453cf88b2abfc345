/*
 * The AT's way of telling a coprocessor's error: FERR# becomes IRQ 13; a write to port F0h
 * takes the request back and holds IGNNE# until FERR# falls (82371SB PIIX3
 * [Coprocessor Error Register]; SDM 1 appendix D "Recommended External Hardware").
 */
#include "peripherals/chipset/coprocessor.h"

#include "core/machine.h"

#define COPROCESSOR_STATE(ONE, MANY, PART) \
    ONE (bool, error,   "FERR#")           \
    ONE (bool, ignored, "IGNNE#")

struct coprocessor {
    struct device dev;
    struct region port;
    struct line   irq, ignne;
    STATE_MEMBERS(COPROCESSOR_STATE)
};
DEFINE_STATE(struct coprocessor, COPROCESSOR_STATE);

static struct coprocessor *from(struct device *dev)
{
    return container_of(dev, struct coprocessor, dev);
}

static void coprocessor_pin(struct device *dev, unsigned pin, bool level)
{
    struct coprocessor *c = from(dev);

    c->error = level;
    if (level) {
        line_set(&c->irq, true);
        return;
    }
    c->ignored = false;
    line_set(&c->ignne, false);
}

static void coprocessor_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct coprocessor *c = from(dev);

    trace(dev, "error cleared, FERR# %u", c->error);
    line_set(&c->irq, false);
    if (c->error) {
        c->ignored = true;
        line_set(&c->ignne, true);
    }
}

static const struct io_ops coprocessor_io = { NULL, coprocessor_write, 1 };

static void coprocessor_reset(struct device *dev, enum reset how)
{
    struct coprocessor *c = from(dev);

    c->ignored = false;
    line_set(&c->irq, false);
    line_set(&c->ignne, false);
}

static bool coprocessor_attach(struct device *dev, struct error *err)
{
    struct coprocessor *c = from(dev);

    device_line(dev, &c->irq, "irq");
    device_line(dev, &c->ignne, "ignne");
    c->port = (struct region){
        .name = "coprocessor", .owner = dev, .io = &coprocessor_io, .size = 1,
    };
    space_map(dev->machine->ports, &c->port, device_number(dev, "port", 0xf0), NORMAL);
    return true;
}

const struct device_type coprocessor_type = {
    .name = "coprocessor-error", .title = "FERR# to IRQ 13", .size = sizeof(struct coprocessor),
    .state = state_rows, .attach = coprocessor_attach, .reset = coprocessor_reset,
    .pin = coprocessor_pin,
};
