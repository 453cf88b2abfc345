#pragma once
#include "core/device.h"

/*
 * A 16550A with a line behind it. Configuration: `port` (3F8h if unsaid), `fast` (a character
 * takes a microsecond, whatever the baud rate), `flow` (no: the far end goes on sending
 * while the receiver is full).
 */
extern const struct device_type uart_type;
