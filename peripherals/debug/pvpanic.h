#pragma once
#include "core/device.h"

/* Where a guest's kernel says that it panicked: `port` (505h if unsaid). */
extern const struct device_type pvpanic_type;
