/*
 * The debug console of Bochs (port E9h) and of SeaBIOS (port 402h): what is written
 * is text for people; a read gives E9h, which says that someone listens.
 */
#include "peripherals/debug/debugcon.h"

#include "core/chr.h"
#include "core/machine.h"

enum { PRESENT = 0xe9 };

#define DEBUGCON_STATE(ONE, MANY, PART) \
    ONE (u64, printed, "bytes so far")

struct debugcon {
    struct device dev;
    struct region port;
    struct chr   *out;
    STATE_MEMBERS(DEBUGCON_STATE)
};
DEFINE_STATE(struct debugcon, DEBUGCON_STATE);

static u64 debugcon_read(struct device *dev, u64 offset, unsigned size)
{
    return PRESENT;
}

static void debugcon_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct debugcon *c = container_of(dev, struct debugcon, dev);

    c->printed++;
    chr_send(c->out, (u8)value);
}

static const struct io_ops debugcon_io = { debugcon_read, debugcon_write, 1 };

static void debugcon_connect(struct device *dev, struct chr *out)
{
    container_of(dev, struct debugcon, dev)->out = out;
}

static bool debugcon_attach(struct device *dev, struct error *err)
{
    struct debugcon *c = container_of(dev, struct debugcon, dev);

    c->port = (struct region){ .name = dev->name, .owner = dev, .io = &debugcon_io, .size = 1 };
    space_map(dev->machine->ports, &c->port, device_number(dev, "port", PRESENT), NORMAL);
    return true;
}

const struct device_type debugcon_type = {
    .name = "debugcon", .title = "debug console", .size = sizeof(struct debugcon),
    .state = state_rows, .attach = debugcon_attach, .connect = debugcon_connect,
};
