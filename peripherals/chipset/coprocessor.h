#pragma once
#include "core/device.h"

/* Pin 0: FERR#. Drives "irq" (13) and "ignne". Port F0h, or "NAME.port". */
extern const struct device_type coprocessor_type;
