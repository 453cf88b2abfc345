#pragma once
#include "core/device.h"

/*
 * The two-wire link of keyboard and mouse, a byte at a time. A device offers "ps2"; the
 * controller (8042) finds it by machine_find() at reset and takes its place as `host`.
 * Bytes travel at 10 to 16.7 kHz (11 bits), timed by the sender's event.
 */
struct ps2 {
    struct device *dev;
    /* The controller sends a byte to the device. */
    void (*receive)(struct ps2 *, u8 byte);
    /* The controller takes the oldest byte that waits; false: none. */
    bool (*take)(struct ps2 *, u8 *byte);
    /* Set by the controller: called when a byte begins to wait, or may be taken. */
    void (*ready)(struct device *host);
    struct device *host;
};
