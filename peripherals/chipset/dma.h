#pragma once
#include "core/device.h"

/*
 * Both 8237As of an AT and their page registers; offers "isa-dma" (bus/isa_dma.h). What is
 * written to port 80h, POST codes, stays there to be read.
 */
extern const struct device_type dma_type;
