#pragma once
#include "core/machine.h"

/*
 * For tests of one device: a machine without a board, where probes stand for neighbours.
 * A probe hears up to 64 pins and remembers what they did.
 */
enum { PROBE_PINS = 64 };

#define PROBE_STATE(ONE, MANY, PART)                            \
    MANY(bool, level, PROBE_PINS, "of each pin")                \
    MANY(u32,  rises, PROBE_PINS, "so far")                     \
    MANY(u32,  falls, PROBE_PINS, "so far")                     \
    MANY(u64,  rose,  PROBE_PINS, "when it last rose, ns")      \
    MANY(u64,  fell,  PROBE_PINS, "when it last fell, ns")

struct probe {
    struct device dev;
    STATE_MEMBERS(PROBE_STATE)
};

extern const struct device_type probe_type;

/* Adds one of that name; the wires are the caller's. */
struct probe *probe(struct machine *, const char *name);

/* Moves a pin of a device, as a wire would. */
static inline void drive(struct device *dev, unsigned pin, bool level)
{
    dev->type->pin(dev, pin, level);
}

static inline u8 in8(struct machine *m, u16 port)
{
    return (u8)space_read(m->ports, port, 1);
}

static inline void out8(struct machine *m, u16 port, u8 v)
{
    space_write(m->ports, port, v, 1);
}

/*
 * Runs to `end` a machine that make() built and started, and again with a save and a load
 * into a second one at every step: the hashes at the end are the same, or a test fails.
 */
void saving_is_not_noticed(struct machine *(*make)(void), u64 end, u64 step);
