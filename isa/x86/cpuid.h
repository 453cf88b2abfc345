/* CPU models, their features, and what CPUID says of them. */
#pragma once
#include "isa/x86/state.h"

#include <string.h>

#define FEATURE(name, ...) F_##name,
enum feature {
#include "isa/x86/features.def"
    FEATURES
};
#undef FEATURE

enum { CACHE_DATA = 1, CACHE_CODE, CACHE_UNIFIED };

/* A cache, as CPUID leaf 4 tells of it. Nothing is cached: guests like to know. */
struct cache {
    u8  type, level;
    u16 kb;                         /* size */
    u8  ways, line;                 /* line in bytes */
};

/* A row of models.def. */
struct model {
    const char *name;
    const char *others;             /* further names, separated by spaces */
    const char *upon;               /* model whose features it has too */
    const char *features;           /* and these, separated by spaces */
    const char *vendor, *brand;
    u32         signature;          /* family, model, stepping: see SIGNATURE */
    u8          physical, linear;   /* bits of an address */
    u32         leaf, extended;     /* the last that CPUID knows */
    u64         hz;                 /* clock, unless the configuration says otherwise */
    u32         descriptor[4];      /* leaf 2 */
    struct cache cache[4];
    struct pmu_model {
        u8 version;                 /* of architectural performance monitoring; 0: the P6's */
        u8 general, fixed, width;   /* counters of either kind, and their bits */
        bool wide;                  /* all of them can be written: IA32_A_PMCx */
    } pmu;
    u8 lbr, lbr_format;             /* last-branch records, and IA32_PERF_CAPABILITIES' LBR_FMT */
};

extern const struct model x86_models[];
extern const char x86_model_names[];    /* a line each, for people */
extern const unsigned x86_model_count;

static inline bool x86_has(const struct x86 *cpu, enum feature f)
{
    return cpu->features[f >> 6] >> (f & 63) & 1;
}

/* By its vendor: SYSCALL and CPUID differ. */
static inline bool x86_is_amd(const struct x86 *cpu)
{
    return memcmp(cpu->vendor, "AuthenticAMD", 12) == 0;
}

/*
 * Makes it that model: "486,+cmov,-fpu", "max,pku=off,phys-bits=36,vendor=AuthenticAMD". A feature
 * takes with it what builds upon it when it goes; one that lacks what it needs is refused, as is
 * whatever is not known or not implemented.
 */
bool x86_model_select(struct x86 *, const char *text, struct error *);

/* Family, model and stepping as EDX holds them after reset and CPUID.1 tells. */
u32 x86_signature(const struct x86 *);
const char *x86_feature_name(enum feature);

/* Address lines: what A20 masks is another matter. */
u64 x86_address_lines(const struct x86 *);

struct cpuid { u32 eax, ebx, ecx, edx; };
struct cpuid x86_cpuid(const struct x86 *, u32 leaf, u32 subleaf);
