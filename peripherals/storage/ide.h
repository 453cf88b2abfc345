#pragma once
#include "core/device.h"

/* The IDE function of a PIIX3; keys "drive0" to "drive3" name its drives. */
extern const struct device_type ide_type;
