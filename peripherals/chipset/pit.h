#pragma once
#include "core/device.h"

/*
 * 8254: pins 0 to 2 are the GATEs (0 and 1 are up unless wired), drives "out0" to "out2".
 * out0 follows OUT always; out1 and out2 only while pit_follow() asks for it, so that a
 * counter nobody listens to costs nothing. pit_out() is exact at any time.
 */
extern const struct device_type pit_type;

bool pit_out(struct device *pit, unsigned counter);
void pit_follow(struct device *pit, unsigned counter, bool follow);
