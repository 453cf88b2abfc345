#pragma once
#include "core/device.h"

/* A PS/2 keyboard of 101 keys and more; offers "ps2", takes INPUT_KEY. */
extern const struct device_type keyboard_type;
