#pragma once
#include "core/device.h"

/*
 * What kvm-unit-tests measure a PC with. Its lines "irq0".."irq23" (there is no "irq2") are the
 * board's to join with the others of each number.
 */
extern const struct device_type pc_testdev_type;
