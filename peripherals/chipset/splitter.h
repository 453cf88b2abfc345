#pragma once
#include "core/device.h"

/*
 * Pins 0 to 31 in, a wired OR; out "0".."63": one wire to many listeners, such as A20M# to
 * all processors.
 */
extern const struct device_type splitter_type;
