#pragma once
#include "core/device.h"

/*
 * The two-wire link of keyboard and mouse, a byte at a time. A device offers "ps2"; the
 * controller (8042) finds it by machine_find() at reset and takes its place as `host`.
 * A byte is 11 bits at 10 to 16.7 kHz either way. The controller's clock line decides when
 * one travels, so the controller times them; a device only says that one waits.
 */
#define PS2_BYTE_TIME   (660 * MICROSECOND)     /* at 16.7 kHz */

struct ps2 {
    struct device *dev;
    /* The controller has sent a byte to the device. */
    void (*receive)(struct ps2 *, u8 byte);
    /* Is there a byte for the controller? */
    bool (*waits)(const struct ps2 *);
    /* The controller takes the oldest byte that waits; false: none, or none any more. */
    bool (*take)(struct ps2 *, u8 *byte);
    /* Set by the controller, NULL before: called whenever a byte begins to wait. */
    void (*ready)(struct device *host);
    struct device *host;
};

/* For the device. */
static inline void ps2_ready(const struct ps2 *link)
{
    if (link->ready)
        link->ready(link->host);
}
