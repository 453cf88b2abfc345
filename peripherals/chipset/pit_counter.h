#pragma once
#include "core/state.h"

/*
 * One counter of an 8254, after its data sheet. It moves when it is told how many CLK
 * pulses have passed: any number at once, with the same result as one by one.
 */
#define COUNTER_STATE(ONE, MANY, PART)                                      \
    ONE (u64,  seen,         "CLK pulses since power-on that it knows of")  \
    ONE (u32,  ce,           "counting element; 0 is also the largest count") \
    ONE (u32,  initial,      "count register; likewise")                    \
    ONE (u16,  latched,      "output latch")                                \
    ONE (u8,   control,      "control word: RW, mode and BCD, as written")  \
    ONE (u8,   low,          "first byte of a count of two")                \
    ONE (u8,   latches,      "bytes of it to be read")                      \
    ONE (u8,   status,       "latched status")                              \
    ONE (bool, has_status,   "it is to be read first")                      \
    ONE (bool, write_high,   "the next written byte is the second")         \
    ONE (bool, read_high,    "the next read byte is the second")            \
    ONE (bool, null_count,   "what was written is not yet in the counting element") \
    ONE (bool, written,      "a count since the control word")              \
    ONE (bool, load,         "the next CLK loads the counting element")     \
    ONE (bool, counting,     "it has been loaded")                          \
    ONE (bool, armed,        "the end of this count moves OUT")             \
    ONE (bool, odd,          "mode 3: this half began with an odd count")   \
    ONE (bool, gate,         "GATE pin")                                    \
    ONE (bool, out,          "OUT pin")

struct counter { STATE_MEMBERS(COUNTER_STATE) };
DEFINE_PART(struct counter, COUNTER_STATE)

enum { PIT_RW = 0x30, PIT_LOW = 0x10, PIT_HIGH = 0x20, PIT_BOTH = 0x30, PIT_BCD = 1 };

void counter_clock(struct counter *, u64 pulses);
/* Pulses until OUT moves if nobody interferes, or NEVER. */
u64  counter_to_edge(const struct counter *);
/* Pulses from one rise of OUT to the next, in the periodic modes; else 0. */
u32  counter_period(const struct counter *);

void counter_program(struct counter *, u8 control);
void counter_write(struct counter *, u8 byte);
u8   counter_read(struct counter *);
void counter_latch(struct counter *);
void counter_latch_status(struct counter *);
void counter_gate(struct counter *, bool level);
