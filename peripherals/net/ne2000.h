#pragma once
#include "core/device.h"

struct error;

/*
 * NE2000: a DP8390 with 16 KB and a PROM, at 10 Mb/s. Both offer "net" and take `mac`. On PCI
 * it is a Realtek RTL8029; the ROM is for the board, before the first reset. On ISA it is at
 * `port`, 300h if unsaid, and drives "irq".
 */
extern const struct device_type ne2000_pci_type;
extern const struct device_type ne2000_isa_type;
bool ne2000_set_rom(struct device *, const u8 *bytes, size_t count, struct error *);
