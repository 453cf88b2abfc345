/* CPUID: what the features of features.def and a row of models.def give. SDM 2, CPUID. */
#include "isa/x86/cpuid.h"

#include <string.h>

#include "core/machine.h"
#include "isa/x86/apic.h"
#include "isa/x86/interp.h"
#include "isa/x86/mode.h"
#include "isa/x86/pmu.h"
#include "isa/x86/xstate.h"

enum { EAX, EBX, ECX, EDX };
enum { NONE = 0x7fff0000, UNTOLD, LEAF_7_2 };
enum { MISC_LIMIT_CPUID = 22, MISC_NO_NX = 34 };

struct told { u32 leaf; u8 reg, bit; };

#define FEATURE(name, text, leaf, reg, bit) [F_##name] = { leaf, reg, bit },
static const struct told told[FEATURES] = {
#include "isa/x86/features.def"
};
#undef FEATURE

/* The features that a register of a leaf tells of. */
static u32 features(const struct x86 *cpu, u32 leaf, unsigned reg)
{
    u32 v = 0;

    for (unsigned f = 0; f < FEATURES; f++)
        if (told[f].leaf == leaf && told[f].reg == reg && x86_has(cpu, (enum feature)f))
            v |= 1u << told[f].bit;
    return v;
}

static u32 text(const char *s, unsigned at)
{
    char bytes[4] = { 0 };
    size_t length = s ? strlen(s) : 0;
    u32 v = 0;

    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = at + i < length ? s[at + i] : '\0';
        v |= (u32)(u8)bytes[i] << 8 * i;
    }
    return v;
}

static u32 last_leaf(const struct x86 *cpu)
{
    u32 last = cpu->model->leaf;

    return cpu->misc_enable >> MISC_LIMIT_CPUID & 1 && last > 2 ? 2 : last;
}

/*
 * CPUs of a package: all of the machine unless the configuration says how many. They are its cores
 * where leaf 4 can say so.
 */
static u32 processors(const struct x86 *cpu)
{
    const struct machine *m = cpu->cpu.dev.machine;
    u32 all = m && m->cpus ? m->cpus : 1;

    return cpu->cores && cpu->cores < all ? cpu->cores : all;
}

static bool is_multicore(const struct x86 *cpu)
{
    return processors(cpu) > 1 && cpu->model->leaf >= 4;
}

/* Bits of an APIC identifier that tell cores apart. */
static u32 core_bits(const struct x86 *cpu)
{
    u32 bits = 0;

    while (1u << bits < processors(cpu))
        bits++;
    return bits;
}

static struct cpuid version(const struct x86 *cpu)
{
    struct cpuid r = {
        .eax = cpu->model->signature,
        .ebx = x86_apic_number(cpu) << 24,
        .ecx = features(cpu, 1, ECX),
        .edx = features(cpu, 1, EDX),
    };

    if (x86_has(cpu, F_CLFLUSH))
        r.ebx |= 64 / 8 << 8;
    if (cpu->cr4 & CR4_OSXSAVE)
        r.ecx |= 1u << 27;
    if (!x86_apic_on(cpu))
        r.edx &= ~(1u << 9);
    if (is_multicore(cpu)) {
        r.ebx |= (processors(cpu) & 0xff) << 16;
        r.edx |= 1u << 28;
    }
    return r;
}

/* Leaf 4: one cache after another; the third level is shared by all cores. */
static struct cpuid cache(const struct x86 *cpu, u32 n)
{
    const struct cache *c = &cpu->model->cache[n];
    u32 last_core;

    if (n >= COUNT(cpu->model->cache) || !c->type)
        return (struct cpuid){ 0 };
    last_core = is_multicore(cpu) ? (1u << core_bits(cpu)) - 1 : 0;
    return (struct cpuid){
        .eax = c->type | (u32)c->level << 5 | 1 << 8
            | (c->level == 3 ? last_core : 0) << 14 | last_core << 26,
        .ebx = (c->line - 1u) | (c->ways - 1u) << 22,
        .ecx = c->kb * 1024u / (c->line * c->ways) - 1,
        .edx = c->level == 3 ? 2 : 0,
    };
}

static struct cpuid structured(const struct x86 *cpu, u32 subleaf)
{
    struct cpuid r = { 0 };

    if (subleaf)
        return (struct cpuid){ .edx = subleaf == 2 ? features(cpu, LEAF_7_2, EDX) : 0 };
    r.eax = features(cpu, LEAF_7_2, EDX) ? 2 : 0;       /* the last subleaf */
    r.ebx = features(cpu, 7, EBX);
    r.ecx = features(cpu, 7, ECX);
    r.edx = features(cpu, 7, EDX);
    if (cpu->cr4 & CR4_PKE)
        r.ecx |= 1 << 4;
    return r;
}

/* One thread in a core. */
static struct cpuid topology(const struct x86 *cpu, u32 subleaf)
{
    struct cpuid r = { .ecx = subleaf & 0xff, .edx = x86_apic_number(cpu) };

    if (subleaf == 0) {
        r.ebx = 1;
        r.ecx |= 1 << 8;
    } else if (subleaf == 1) {
        r.eax = core_bits(cpu);
        r.ebx = processors(cpu);
        r.ecx |= 2 << 8;
    }
    return r;
}

/*
 * Leaf 15h: the time-stamp counter to the crystal, which is what the APIC timer counts. Leaf 16h:
 * in MHz. CPUs that take turns are as fast as they seem to be: see interp.c.
 */
static struct cpuid clocks(const struct x86 *cpu)
{
    u64 core = x86_cycle_rate(cpu), crystal = cpu->apic_hz, a = core, b = crystal;

    while (b) {
        u64 rest = a % b;

        a = b;
        b = rest;
    }
    if (core / a > UINT32_MAX)
        return (struct cpuid){ 0 };
    return (struct cpuid){ (u32)(crystal / a), (u32)(core / a), cpu->apic_hz, 0 };
}

static struct cpuid megahertz(const struct x86 *cpu)
{
    u32 mhz = (u32)(x86_cycle_rate(cpu) / 1000000) & 0xffff;

    return (struct cpuid){ mhz, mhz, 100, 0 };
}

static struct cpuid extended_state(const struct x86 *cpu, u32 n)
{
    u64 xcr0 = x86_xcr0_supported(cpu), xss = x86_xss_supported(cpu);
    struct cpuid r = { 0 };

    if (!xcr0)
        return r;
    if (n == 0) {
        r.eax = (u32)xcr0;
        r.ebx = x86_xsave_size(cpu->xcr0, false);
        r.ecx = x86_xsave_size(xcr0, false);
        r.edx = (u32)(xcr0 >> 32);
    } else if (n == 1) {
        r.eax = features(cpu, 0xd, EAX);
        if (x86_has(cpu, F_XSAVEC))
            r.ebx = x86_xsave_size(cpu->xcr0 | cpu->xss, true);
        r.ecx = (u32)xss;
        r.edx = (u32)(xss >> 32);
    } else if (n < XSAVE_COMPONENTS && (xcr0 | xss) >> n & 1) {
        struct xcomponent c = x86_xcomponent(n);

        r.eax = c.size;
        r.ebx = c.offset;
        r.ecx = (u32)(xss >> n & 1) | (u32)c.align << 1;
    }
    return r;
}

static struct cpuid basic(const struct x86 *cpu, u32 leaf, u32 subleaf)
{
    const struct model *m = cpu->model;

    switch (leaf) {
    case 0:
        return (struct cpuid){ last_leaf(cpu), text(cpu->vendor, 0), text(cpu->vendor, 8),
                               text(cpu->vendor, 4) };
    case 1: return version(cpu);
    case 2:
        return (struct cpuid){ m->descriptor[0], m->descriptor[1], m->descriptor[2],
                               m->descriptor[3] };
    case 4: return cache(cpu, subleaf);
    case 6: return (struct cpuid){ .eax = features(cpu, 6, EAX) };
    case 7: return structured(cpu, subleaf);
    case 0xa: return x86_pmu_cpuid(cpu);
    case 0xb: return topology(cpu, subleaf);
    case 0xd: return extended_state(cpu, subleaf);
    case 0x15: return clocks(cpu);
    case 0x16: return megahertz(cpu);
    default: return (struct cpuid){ 0 };
    }
}

/* SYSCALL is only told of where the processor has it. */
static struct cpuid extended_features(const struct x86 *cpu)
{
    struct cpuid r = {
        .ecx = features(cpu, 0x80000001, ECX), .edx = features(cpu, 0x80000001, EDX),
    };

    if (!x86_is_64(cpu) && !x86_is_amd(cpu))
        r.edx &= ~(1u << 11);
    if (cpu->misc_enable >> MISC_NO_NX & 1)
        r.edx &= ~(1u << 20);
    return r;
}

static u32 second_level_cache(const struct model *m)
{
    for (unsigned i = 0; i < COUNT(m->cache); i++)
        if (m->cache[i].type && m->cache[i].level == 2)
            return (u32)m->cache[i].kb << 16 | (m->cache[i].ways == 16 ? 8u : 6u) << 12
                | m->cache[i].line;
    return 0;
}

static struct cpuid extended(const struct x86 *cpu, u32 n)
{
    const struct model *m = cpu->model;
    u32 at = (n - 2) * 16;

    switch (n) {
    case 0: return (struct cpuid){ .eax = 0x80000000 | m->extended };
    case 1: return extended_features(cpu);
    case 2: case 3: case 4:
        return (struct cpuid){ text(m->brand, at), text(m->brand, at + 4),
                               text(m->brand, at + 8), text(m->brand, at + 12) };
    case 6: return (struct cpuid){ .ecx = second_level_cache(m) };
    case 7: return (struct cpuid){ .edx = features(cpu, 0x80000007, EDX) };
    case 8:
        return (struct cpuid){ .eax = (u32)__builtin_popcountll(cpu->phys_mask)
                               | (x86_has(cpu, F_LA57) ? 57u : m->linear) << 8 };
    default: return (struct cpuid){ 0 };
    }
}

/* Beyond the last leaf Intel's processors answer as for the last basic one, AMD's with zeros. */
struct cpuid x86_cpuid(const struct x86 *cpu, u32 leaf, u32 subleaf)
{
    if (leaf >= 0x80000000 && cpu->model->extended && leaf <= (0x80000000 | cpu->model->extended))
        return extended(cpu, leaf & 0x7fffffff);
    if (leaf > last_leaf(cpu) && x86_is_amd(cpu))
        return (struct cpuid){ 0 };
    if (leaf > last_leaf(cpu))
        leaf = last_leaf(cpu);
    return basic(cpu, leaf, subleaf);
}
