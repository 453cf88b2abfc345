/*
 * Bochs' shutdown port, as the document "Bochs User Manual", the section on debugger and
 * I/O ports, and its BIOS use it: the bytes "Shutdown", one after another, turn it off.
 */
#include "peripherals/debug/bochs_shutdown.h"

#include "core/machine.h"

enum { PORT = 0x8900 };

#define SHUTDOWN_STATE(ONE, MANY, PART) \
    ONE (u8, matched, "letters of \"Shutdown\" so far")

struct shutdown {
    struct device dev;
    struct region port;
    STATE_MEMBERS(SHUTDOWN_STATE)
};
DEFINE_STATE(struct shutdown, SHUTDOWN_STATE);

static const char word[] = "Shutdown";

static u64 bochs_shutdown_read(struct device *dev, u64 offset, unsigned size)
{
    return 0xff;
}

static void bochs_shutdown_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct shutdown *s = container_of(dev, struct shutdown, dev);
    unsigned at = s->matched % (sizeof word - 1);
    u8 v = (u8)value;

    s->matched = v == (u8)word[at] ? (u8)(at + 1) : v == (u8)word[0];
    if (s->matched < sizeof word - 1)
        return;
    s->matched = 0;
    machine_stop(dev->machine, STOP_POWER_OFF);
}

static void bochs_shutdown_reset(struct device *dev, enum reset how)
{
    container_of(dev, struct shutdown, dev)->matched = 0;
}

static bool bochs_shutdown_attach(struct device *dev, struct error *err)
{
    static const struct io_ops io = { bochs_shutdown_read, bochs_shutdown_write, 1 };
    struct shutdown *s = container_of(dev, struct shutdown, dev);

    s->port = (struct region){ .name = dev->name, .owner = dev, .io = &io, .size = 1 };
    space_map(dev->machine->ports, &s->port, device_number(dev, "port", PORT), NORMAL);
    return true;
}

const struct device_type bochs_shutdown_type = {
    .name = "bochs-shutdown", .title = "shutdown port", .size = sizeof(struct shutdown),
    .state = state_rows, .attach = bochs_shutdown_attach, .reset = bochs_shutdown_reset,
};
