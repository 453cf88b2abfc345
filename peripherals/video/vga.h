#pragma once
#include "core/device.h"

/*
 * A VGA with the linear frame buffer of Bochs: on PCI (1234h:1111h), or on an ISA bus. Both
 * offer "display". Memory in bytes is the configuration's `vram`, 16M if unsaid.
 */
extern const struct device_type vga_type, isavga_type;

/*
 * The video BIOS, of either; before the first reset. It is copied. The ISA card's is ROM at
 * C0000h; SeaBIOS would clear RAM there and fill it from "vgaroms/" of fw_cfg instead.
 */
bool vga_set_rom(struct device *, const u8 *bytes, size_t count, struct error *);
