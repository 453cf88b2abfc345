#pragma once
#include "core/device.h"

/* The port of Bochs that ends a run: `port` (8900h if unsaid). */
extern const struct device_type bochs_shutdown_type;
