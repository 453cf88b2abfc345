#pragma once
#include "core/device.h"

/*
 * A device with one of everything: a periodic event that pulses a wire, a register
 * at port 10h, input that is kept there, and state of every kind.
 */
#define LAP_STATE(ONE, MANY, PART)                      \
    ONE (u64,  when,     "of the pulse")                \
    MANY(s16,  mark, 2,  "signed, to see it survive")
#define LAPS_STATE(ONE, MANY, PART)                     \
    ONE (u8,   used,     "of lap")                      \
    PART(struct lap, lap, 3, LAP_STATE)
#define TICKER_STATE(ONE, MANY, PART)                   \
    ONE (u64,  period,   "ns between pulses")           \
    ONE (u32,  pulses,   "so far")                      \
    ONE (u64,  late,     "ns by which they were seen late, in all") \
    ONE (u8,   value,    "port 10h")                    \
    ONE (bool, odd,      "every second pulse")          \
    PART(struct laps, laps, 1, LAPS_STATE)

struct lap  { STATE_MEMBERS(LAP_STATE) };
struct laps { STATE_MEMBERS(LAPS_STATE) };

struct ticker {
    struct device dev;
    struct line   out;
    struct event  pulse;
    struct region port;
    unsigned      resumed;
    STATE_MEMBERS(TICKER_STATE)
};

extern const struct device_type ticker_type;

struct ticker *ticker(struct machine *, const char *name, u64 period);
void ticker_odd_access(struct ticker *);
