/* Bits of the registers of performance monitoring: SDM 3B, and 4 for their numbers. */
#pragma once
#include "isa/x86/pmu_state.h"

/* IA32_PERFEVTSELx */
enum {
    SELECT_EVENT = 0xffff,          /* event, and its unit mask above */
    SELECT_LEVELS = 16,             /* USR, OS */
    SELECT_EDGE = 1 << 18, SELECT_INT = 1 << 20, SELECT_ANY = 1 << 21, SELECT_EN = 1 << 22,
    SELECT_INV = 1 << 23,
    SELECT_CMASK = 24,
};
enum {
    EVENT_CYCLES = 0x003c, EVENT_REFERENCE = 0x013c, EVENT_INSTRUCTIONS = 0x00c0,
    EVENT_BRANCHES = 0x00c4, EVENT_P6_CYCLES = 0x0079,
    EVENT_LOAD_WALKS = 0x0e08, EVENT_STORE_WALKS = 0x0e49,  /* DTLB_..._MISSES.WALK_COMPLETED */
    EVENT_CODE_WALKS = 0x0e85,      /* ITLB_MISSES.WALK_COMPLETED */
    EVENT_ITLB_MISS = 0x0481,       /* ... as Atoms have it, from Goldmont Plus on */
};

/* IA32_FIXED_CTR_CTRL, four bits each */
enum { FIXED_LEVELS = 3, FIXED_ANY = 4, FIXED_PMI = 8 };

/* IA32_PERF_GLOBAL_STATUS, and where IA32_PERF_GLOBAL_CTRL has a counter's bit */
#define STATUS_BIT(n) BIT((n) < PMU_GENERAL ? (n) : (n) - PMU_GENERAL + 32)
#define STATUS_LBRS_FROZEN      BIT(58)
#define STATUS_COUNTERS_FROZEN  BIT(59)
#define STATUS_UNCORE           BIT(61)
#define STATUS_BUFFER           BIT(62)
#define STATUS_CHANGED          BIT(63)

/* IA32_DEBUGCTL: see debug.h for the others */
enum { DEBUGCTL_FREEZE_LBRS = 1 << 11, DEBUGCTL_FREEZE_COUNTERS = 1 << 12,
       DEBUGCTL_FREEZE_IN_SMM = 1 << 14 };

/* IA32_PERF_CAPABILITIES */
enum { CAPABILITY_FREEZE_IN_SMM = 1 << 12, CAPABILITY_WIDE = 1 << 13 };
