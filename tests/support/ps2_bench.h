#pragma once
#include "core/device.h"

struct machine;
struct ps2;

/* A machine of one device at the end of a PS/2 wire, powered on. */
struct machine *ps2_bench(const struct device_type *, const char *name, struct ps2 **link);
/* All that waits, as text: "f0 1c ". Good until the next call. */
const char *ps2_said(struct ps2 *);
/* ... after a byte for the device. */
const char *ps2_answer(struct ps2 *, u8 command);
