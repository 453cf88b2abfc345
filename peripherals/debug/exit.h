#pragma once
#include "core/device.h"

/*
 * QEMU's isa-debug-exit: a write ends the run. Configuration: `port` (F4h if unsaid), `size`
 * (4 ports), `qemu` (the exit code is twice the value and one, as QEMU's exit status).
 */
extern const struct device_type debug_exit_type;
