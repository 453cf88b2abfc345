#pragma once
#include "core/device.h"

/*
 * The disk adapter of an AT: the two channels without bus mastering. Keys "port" (1F0h) and
 * "port2" (170h; 0: only one channel); each has its control port 206h above it.
 */
extern const struct device_type ide_isa_type;
