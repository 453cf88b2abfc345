#pragma once
#include "core/device.h"

/*
 * The IDE function of a PIIX3; keys "drive0" to "drive3" name its drives. With "decode" IDETIM says
 * from reset on that the ports are decoded, where the chip starts without: UEFI for QEMU's boards
 * never sets it. Its one pin is SUSSTAT#, asserted: the reset that ends such a sleep leaves IDETIM
 * and SIDETIM alone. The chip would forget them, and ACPI code or firmware set them again; the
 * firmware of QEMU's boards does not.
 */
extern const struct device_type ide_type;
