#pragma once
#include "core/types.h"

struct device;

/*
 * One wire: embedded in the device that drives it, connected by the board.
 * The listener's pin() hears changes of level only. 1 is asserted, whatever
 * the polarity on the real board.
 */
struct line {
    const char    *name;        /* "irq"; boards, traces and snapshots say "rtc.irq" */
    struct device *driver;
    struct device *listener;
    u16            pin;         /* of the listener */
    bool           level;
    struct line   *next;        /* of the same driver */
};

void line_set(struct line *, bool level);
