#pragma once
#include "core/device.h"

/* QEMU's isa-debug-exit: a write ends the run. Configuration: `port`, F4h if unsaid. */
extern const struct device_type debug_exit_type;
