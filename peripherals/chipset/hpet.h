#pragma once
#include "core/device.h"

/*
 * The high precision event timers, registers at "hpet.base" (FED00000h). Pins 0 and 1 are the
 * PIT's counter 0 and the RTC's interrupt, which go on to "irq0" and "irq8" until legacy
 * replacement puts timers 0 and 1 in their place. Else timers drive "gsi0" to "gsi23", those
 * that "hpet.routes" has bits for (20 to 23).
 */
extern const struct device_type hpet_type;
