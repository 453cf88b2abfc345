#pragma once
#include "core/device.h"

struct error;

/*
 * Intel 82540EM, gigabit Ethernet on PCI. Offers "net". Configuration: `mac`, `slot`.
 * The ROM is for the board, before the first reset.
 */
extern const struct device_type e1000_type;
bool e1000_set_rom(struct device *, const u8 *bytes, size_t count, struct error *);
