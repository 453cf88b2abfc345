/*
 * pvpanic, ISA variant, by QEMU's document "PVPANIC DEVICE": one port. A read tells which
 * events it takes; a write tells of them. A panic ends the run as a failure. "Crash loaded"
 * means that another kernel takes over to save what is left: that is let go on.
 */
#include "peripherals/debug/pvpanic.h"

#include "core/machine.h"

enum { PORT = 0x505 };
enum { PANICKED = 1, CRASH_LOADED = 2 };
enum { FAILURE = 1 };                   /* the exit code */

struct pvpanic {
    struct device dev;
    struct region port;
};

static u64 pvpanic_read(struct device *dev, u64 offset, unsigned size)
{
    return PANICKED | CRASH_LOADED;
}

static void pvpanic_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    if (value & ~(u64)(PANICKED | CRASH_LOADED))
        guest_oddity(dev, "event %02xh is unknown", (u8)value);
    if (value & PANICKED) {
        device_log(dev, LOG_WARN, "the guest panicked");
        dev->machine->exit_code = FAILURE;
        machine_stop(dev->machine, STOP_VERDICT);
    } else if (value & CRASH_LOADED) {
        device_log(dev, LOG_INFO, "the guest panicked and starts its crash kernel");
    }
}

static bool pvpanic_attach(struct device *dev, struct error *err)
{
    static const struct io_ops io = { pvpanic_read, pvpanic_write, 1 };
    struct pvpanic *p = container_of(dev, struct pvpanic, dev);

    p->port = (struct region){ .name = dev->name, .owner = dev, .io = &io, .size = 1 };
    space_map(dev->machine->ports, &p->port, device_number(dev, "port", PORT), NORMAL);
    return true;
}

const struct device_type pvpanic_type = {
    .name = "pvpanic", .title = "panic port", .size = sizeof(struct pvpanic),
    .attach = pvpanic_attach,
};
