/*
 * isa-debug-exit, as QEMU has it: a few ports, four if unsaid; a write of any width stops the
 * machine with the value as the guest's verdict on itself, or with what becomes of it as
 * QEMU's exit status. Reads give zero. Its input pin hears of a processor that shut down,
 * which ends the run as well.
 */
#include "peripherals/debug/exit.h"

#include "core/error.h"
#include "core/machine.h"

enum { PORT = 0xf4, PORTS = 4 };

struct debug_exit {
    struct device dev;
    struct region ports;
    bool          as_qemu;              /* of the configuration */
};

static u64 debug_exit_read(struct device *dev, u64 offset, unsigned size)
{
    return 0;
}

static void debug_exit_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    bool as_qemu = container_of(dev, struct debug_exit, dev)->as_qemu;

    trace(dev, "verdict %llu", (unsigned long long)value);
    dev->machine->exit_code = as_qemu ? (u32)value << 1 | 1 : (u32)value;
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
    u64 port = device_number(dev, "port", PORT), size = device_number(dev, "size", PORTS);

    if (size == 0 || size > 8 || port > 0x10000 - size)
        return fail(err, "%s: %llu ports at %llxh are none", dev->name,
                    (unsigned long long)size, (unsigned long long)port);
    e->as_qemu = device_flag(dev, "qemu", false);
    e->ports = (struct region){
        .name = dev->name, .owner = dev, .io = &debug_exit_io, .size = size,
    };
    space_map(dev->machine->ports, &e->ports, port, NORMAL);
    return true;
}

const struct device_type debug_exit_type = {
    .name = "isa-debug-exit", .title = "exit port", .size = sizeof(struct debug_exit),
    .attach = debug_exit_attach, .pin = debug_exit_pin,
};
