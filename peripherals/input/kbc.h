#pragma once
#include "core/device.h"

/*
 * The keyboard controller: `port` (60h if unsaid) and the fourth after it. Its PS/2 devices
 * are called "keyboard" and "mouse". Lines: "irq1", "irq12", "a20".
 */
extern const struct device_type kbc_type;
