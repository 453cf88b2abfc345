/*
 * isa-debug-exit, as QEMU has it: four ports; a write of any width stops the machine
 * with the value as the guest's verdict on itself. Reads give zero. Its input pin hears of a
 * processor that shut down, which ends the run as well.
 */
#include "peripherals/debug/exit.h"

#include "core/machine.h"

enum { DEFAULT_PORT = 0xf4, PORTS = 4 };

struct debug_exit {
    struct device dev;
    struct region ports;
};

static u64 debug_exit_read(struct device *dev, u64 offset, unsigned size)
{
    return 0;
}

static void debug_exit_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    dev->machine->exit_code = (u32)value;
    machine_stop(dev->machine, STOP_VERDICT);
}

/* A processor's shutdown cycle: on a PC it would pull the reset line. */
static void debug_exit_pin(struct device *dev, unsigned pin, bool level)
{
    if (level)
        machine_stop(dev->machine, STOP_SHUTDOWN);
}

static const struct io_ops debug_exit_io = { debug_exit_read, debug_exit_write, 4 };

static bool debug_exit_attach(struct device *dev, struct error *err)
{
    struct debug_exit *e = container_of(dev, struct debug_exit, dev);

    e->ports = (struct region){
        .name = dev->name, .owner = dev, .io = &debug_exit_io, .size = PORTS,
    };
    space_map(dev->machine->ports, &e->ports, device_number(dev, "port", DEFAULT_PORT), NORMAL);
    return true;
}

const struct device_type debug_exit_type = {
    .name = "isa-debug-exit", .title = "exit port", .size = sizeof(struct debug_exit),
    .attach = debug_exit_attach, .pin = debug_exit_pin,
};
