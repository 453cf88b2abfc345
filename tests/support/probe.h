#pragma once
#include "core/chr.h"
#include "core/device.h"

/* Stands where a chip's neighbour would: remembers the wires led to it. */
enum { PROBE_PINS = 32 };

#define PROBE_STATE(ONE, MANY, PART)                    \
    MANY(bool, level, PROBE_PINS, "of each wire")       \
    MANY(u32,  rises, PROBE_PINS, "of each wire")

struct probe {
    struct device dev;
    STATE_MEMBERS(PROBE_STATE)
};

extern const struct device_type probe_type;

struct probe *probe(struct machine *, const char *name);

/* Where a stream of bytes ends up. */
struct tape {
    struct chr chr;
    size_t     used;
    u8         bytes[4096];
};

extern const struct chr_ops tape_ops;

/* An access of one byte at a port. */
u8   peek(struct machine *, u16 port);
void poke(struct machine *, u16 port, u8 value);

/*
 * Runs a machine that make() builds (and may have set going) for so long, once in one piece
 * and then cut every `step` ns by a save and a load into another one. The time of the first
 * cut that was noticed, or NEVER.
 */
u64 first_noticed_cut(struct machine *(*make)(void), u64 length, u64 step);
