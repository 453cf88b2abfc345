#pragma once
#include "core/device.h"

/*
 * Port 61h, the speaker and the sources of NMI. Drives "gate2" (to the timer's GATE 2) and
 * "nmi"; offers "speaker". The timer is the device that "NAME.pit" says, or "pit".
 */
enum { PORT61_OUT2, PORT61_SERR, PORT61_IOCHK, PORT61_NMI_MASK };   /* its pins */

extern const struct device_type port61_type;
