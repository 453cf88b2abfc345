#pragma once
#include "core/device.h"

/* A PS/2 mouse with a wheel and five buttons; offers "ps2", takes INPUT_POINTER. */
extern const struct device_type mouse_type;
