#pragma once
#include "core/device.h"

struct error;

/*
 * Realtek RTL8139C+, fast Ethernet on PCI. Offers "net". Configuration: `mac`, `slot`. The
 * ROM is for the board, before the first reset.
 */
extern const struct device_type rtl8139_type;
bool rtl8139_set_rom(struct device *, const u8 *bytes, size_t count, struct error *);
