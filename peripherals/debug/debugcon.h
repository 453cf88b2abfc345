#pragma once
#include "core/device.h"

/* One byte-wide port that prints; its number is the configuration's `port`, E9h if unsaid. */
extern const struct device_type debugcon_type;
