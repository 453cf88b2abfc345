#pragma once
#include "core/device.h"

/*
 * The diskette controller of a PC. Configuration: `port` (3F0h if unsaid; six ports and the
 * eighth), `channel` (2) of the device "dma", `fast` (nothing mechanical takes its time).
 * Its drives are called "fda" and "fdb". Line: "irq".
 */
extern const struct device_type fdc_type;
