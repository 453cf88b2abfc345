#pragma once
#include "core/device.h"

/*
 * 82093AA I/O APIC, its registers at "ioapic.base" (FEC00000h). Pins 0 to 23; it drives no
 * wires: requests are messages, stores to FEExxxxxh of the machine's memory.
 */
extern const struct device_type ioapic_type;
