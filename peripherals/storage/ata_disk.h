#pragma once
#include "core/device.h"

/*
 * An ATA disk; it offers "drive", and "ata" while it has a medium. Key "serial" is its
 * serial number, at most 20 characters.
 */
extern const struct device_type ata_disk_type;
