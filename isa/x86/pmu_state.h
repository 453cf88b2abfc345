/* What performance counters and last-branch records remember: see pmu.h and branches.h. */
#pragma once
#include "core/state.h"

enum { PMU_GENERAL = 8, PMU_FIXED = 3, PMU_COUNTERS = PMU_GENERAL + PMU_FIXED };
enum { PMU_WALKS = 3 };                 /* for loads, stores and code: enum tlb_kind */
enum pmu_source {
    PMU_INSTRUCTIONS, PMU_CYCLES, PMU_BRANCHES, PMU_LOAD_WALKS, PMU_STORE_WALKS,
    PMU_CODE_WALKS, PMU_SOURCES, PMU_NOTHING
};

#define PMU_STATE(ONE, MANY, PART)                                                \
    MANY(u64, value, PMU_COUNTERS, "IA32_PMC0-7, IA32_FIXED_CTR0-2, as of `seen`") \
    MANY(u64, select, PMU_GENERAL, "IA32_PERFEVTSEL0-7")                          \
    ONE (u64, fixed,    "IA32_FIXED_CTR_CTRL")                                    \
    ONE (u64, global,   "IA32_PERF_GLOBAL_CTRL")                                  \
    ONE (u64, status,   "IA32_PERF_GLOBAL_STATUS")                                \
    MANY(u64, walks, PMU_WALKS, "page walks completed; for code, while it counts") \
    MANY(u64, seen, PMU_SOURCES, "what the sources said; 0 while nothing counts") \
    MANY(u8,  events, PMU_COUNTERS, "with a threshold: those of the last cycle")  \
    MANY(u8,  met, PMU_COUNTERS, "... and whether that reached it")
struct pmu { STATE_MEMBERS(PMU_STATE) };

enum { LBR_ENTRIES = 32 };

#define BRANCH_STATE(ONE, MANY, PART)                                             \
    ONE (u64, count,    "of those begun while they are marked")                   \
    ONE (u64, untaken,  "conditional ones of these that were not taken")          \
    MANY(u64, from, LBR_ENTRIES, "last-branch records")                           \
    MANY(u64, to, LBR_ENTRIES, "")                                                \
    MANY(u64, info, LBR_ENTRIES, "cycles since the record before")                \
    ONE (u64, top,      "number of the latest record")                            \
    ONE (u64, select,   "MSR_LBR_SELECT")                                         \
    ONE (u64, when,     "cycle of the latest record")                             \
    ONE (u64, event_from, "the last branch before the last interruption")         \
    ONE (u64, event_to, "")
struct branches { STATE_MEMBERS(BRANCH_STATE) };

/* Derived: a counter that counts, and how. */
struct counting {
    u8   n;                             /* which */
    u8   source;                        /* enum pmu_source */
    u8   levels;                        /* at which it counts, bits LEVEL_* */
    u8   threshold;                     /* events that a cycle must have; 0: all are counted */
    bool invert;                        /* ... must have less than */
    bool edge;                          /* the cycle before must not have been so */
};
