#pragma once
#include "core/cpu.h"

/*
 * A processor whose only instruction takes `step` ns, counts, and stirs time and
 * what it reads at port 10h into `sum`. After `nap` of them (0: never) it sleeps
 * until pin 0 rises. Pin 1 is counted.
 */
#define FAKE_STATE(ONE, MANY, PART)                                     \
    ONE(u64,  step,     "ns of an instruction")                         \
    ONE(u64,  nap,      "instructions until it sleeps")                 \
    ONE(u64,  left,     "of these")                                     \
    ONE(u64,  sum,      "what it has seen")                             \
    ONE(u32,  pulses,   "of pin 1")                                     \
    ONE(bool, asleep,   "until pin 0 rises")

struct fake_cpu {
    struct cpu cpu;
    u64        lazy;            /* not yet in cpu.retired */
    u64        runs;            /* how often it was asked to run; not state */
    STATE_MEMBERS(FAKE_STATE)
};

extern const struct device_type fake_cpu_type;

struct fake_cpu *fake_cpu(struct machine *, const char *name, u64 step, u64 nap);
