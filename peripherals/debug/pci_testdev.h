#pragma once
#include "core/device.h"

/* A PCI function that does nothing but count what is written to it. */
extern const struct device_type pci_testdev_type;
