/* isa/x86/cpuid.h */
/* CPU models and their features. */
#pragma once
#include "isa/x86/state.h"

#define FEATURE(name, ...) F_##name,
enum feature {
#include "isa/x86/features.def"
    FEATURES
};
#undef FEATURE

static inline bool x86_has(const struct x86 *cpu, enum feature f)
{
    return cpu->features[f >> 6] >> (f & 63) & 1;
}

/* Looks the model up by name ("486,+cmov,-fpu"); fails with what it does not know. */
bool x86_model_select(struct x86 *, const char *text, struct error *);

/* Family, model and stepping as EDX holds them after reset and CPUID.1 tells. */
u32 x86_signature(const struct x86 *);
