#pragma once
#include "core/device.h"

/*
 * Where all interrupt wires of a board meet. Pin = irq + 32 * source: up to 8 sources for
 * each of 24 irqs, a wired OR. Drives "pic0".."pic15" and "gsi0".."gsi23".
 */
extern const struct device_type irq_router_type;
