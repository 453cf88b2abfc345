#pragma once
#include "core/device.h"

/*
 * What kvm-unit-tests measure a PC with. Its lines "irq0".."irq23" (there is no "irq2") are the
 * board's to join with the others of each number.
 */
extern const struct device_type pc_testdev_type;

/* The board leads the processors' hypercalls here. */
u64 pc_testdev_hypercall(struct device *, u64 number, const u64 argument[4]);
