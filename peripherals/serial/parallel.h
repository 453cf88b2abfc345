#pragma once
#include "core/device.h"

/*
 * A parallel port with a printer that takes what it is sent. Configuration: `port` (378h if
 * unsaid). Line: "irq".
 */
extern const struct device_type parallel_type;
