/* CPU models: the rows of models.def, and what a user adds to one or takes away. */
#include "isa/x86/cpuid.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"

/* As EDX holds it after reset: SDM 2, CPUID, figure 3-6. */
#define SIGNATURE(family, model, stepping) \
    ((u32)(((family) > 15 ? (family) - 15 : 0) << 20 | ((model) >> 4) << 16 \
           | ((family) > 15 ? 15 : (family)) << 8 | ((model) & 15) << 4 | (stepping)))
#define MODEL(text, ...) { .name = text, __VA_ARGS__ },

const struct model x86_models[] = {
#include "isa/x86/models.def"
};
const unsigned x86_model_count = COUNT(x86_models);
#undef MODEL

#define MODEL(text, ...) text "\n"
const char x86_model_names[] =
#include "isa/x86/models.def"
;
#undef MODEL

#define FEATURE(name, text, ...) [F_##name] = text,
static const char *const names[FEATURES] = {
#include "isa/x86/features.def"
};
#undef FEATURE

#define FEATURE(name, text, leaf, ...) [F_##name] = GENERATION_##leaf,
enum {
    GENERATION_NONE = 1, GENERATION_UNTOLD = 0, GENERATION_1 = 0, GENERATION_6 = 0,
    GENERATION_7 = 0, GENERATION_LEAF_7_2 = 0,
    GENERATION_0xd = 0, GENERATION_0x80000001 = 0, GENERATION_0x80000007 = 0,
};
static const u8 is_generation[FEATURES] = {
#include "isa/x86/features.def"
};
#undef FEATURE

/* In no model, yet no harm. */
static const char optional[] = "hypervisor";

/* What needs what: SDM 1 chapters 10 to 13; SDM 3A 4.1.4. */
static const struct { u8 feature, needs; } needs[] = {
    { F_FPU, F_I86 }, { F_CPUID, F_I486 }, { F_VME, F_I386 }, { F_DE, F_I386 },
    { F_PSE, F_I386 }, { F_TSC, F_I386 }, { F_MSR, F_I486 }, { F_PAE, F_I386 },
    { F_MCE, F_I386 }, { F_CX8, F_I386 }, { F_SEP, F_MSR }, { F_MTRR, F_MSR },
    { F_PGE, F_I386 }, { F_MCA, F_MCE }, { F_MCA, F_MSR }, { F_CMOV, F_I386 },
    { F_PAT, F_MSR }, { F_PSE36, F_PSE }, { F_CLFLUSH, F_I386 }, { F_MMX, F_FPU },
    { F_FXSR, F_FPU }, { F_FXSR, F_I386 }, { F_SSE, F_FXSR }, { F_SSE, F_MMX },
    { F_SSE2, F_SSE }, { F_SSE3, F_SSE2 }, { F_SSSE3, F_SSE3 }, { F_SSE41, F_SSSE3 },
    { F_SSE42, F_SSE41 }, { F_PCLMUL, F_SSE2 }, { F_AES, F_SSE2 }, { F_SHA, F_SSSE3 },
    { F_GFNI, F_SSE2 },
    { F_XSAVE, F_FXSR }, { F_XSAVEOPT, F_XSAVE }, { F_XSAVEC, F_XSAVE },
    { F_XGETBV1, F_XSAVE }, { F_XSAVES, F_XSAVEC }, { F_AVX, F_XSAVE }, { F_AVX, F_SSE42 },
    { F_VAES, F_AVX }, { F_VAES, F_AES }, { F_VPCLMUL, F_AVX }, { F_VPCLMUL, F_PCLMUL },
    { F_FMA, F_AVX }, { F_F16C, F_AVX }, { F_AVX2, F_AVX }, { F_BMI1, F_I386 },
    { F_BMI2, F_I386 },
    { F_POPCNT, F_I386 }, { F_MOVBE, F_I386 }, { F_LZCNT, F_I386 }, { F_ADX, F_I386 },
    { F_RDRAND, F_I386 }, { F_RDSEED, F_I386 }, { F_CX16, F_LM }, { F_LAHF, F_LM },
    { F_NX, F_PAE }, { F_NX, F_MSR }, { F_LM, F_PAE }, { F_LM, F_MSR }, { F_LM, F_SSE2 },
    { F_LM, F_FXSR }, { F_LM, F_SYSCALL }, { F_LM, F_NX }, { F_LM, F_CX8 }, { F_LM, F_PGE },
    { F_LM, F_CMOV }, { F_SYSCALL, F_MSR }, { F_PDPE1GB, F_LM }, { F_PCID, F_LM },
    { F_LA57, F_LM }, { F_FSGSBASE, F_LM }, { F_PKU, F_LM }, { F_PKS, F_LM },
    { F_SMEP, F_I486 }, { F_SMAP, F_I486 }, { F_UMIP, F_I386 },
    { F_RDTSCP, F_TSC }, { F_RDTSCP, F_MSR }, { F_RDPID, F_RDTSCP }, { F_INVTSC, F_TSC },
    { F_TSC_ADJUST, F_TSC }, { F_TSC_ADJUST, F_MSR }, { F_TSCD, F_APIC }, { F_X2APIC, F_APIC },
    { F_APIC, F_MSR }, { F_CLFLUSHOPT, F_CLFLUSH }, { F_CLWB, F_CLFLUSH },
    { F_SPEC_CTRL, F_MSR }, { F_STIBP, F_SPEC_CTRL }, { F_SSBD, F_SPEC_CTRL },
    { F_PSFD, F_SPEC_CTRL }, { F_IPRED, F_SPEC_CTRL }, { F_RRSBA, F_SPEC_CTRL },
    { F_DDPD, F_SPEC_CTRL }, { F_BHI_CTRL, F_SPEC_CTRL },
    { F_CET_SS, F_XSAVES }, { F_CET_IBT, F_XSAVES }, { F_FLUSH_CMD, F_MSR }, { F_ARCH_CAP, F_MSR },
};

/* ---- Names: case, and dots and dashes within, do not matter ---- */

static const char *significant(const char *s, const char *end)
{
    while (s < end && (*s == '.' || *s == '-' || *s == '_'))
        s++;
    return s;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *name, const char *text, size_t length)
{
    const char *end = text + length, *name_end = name + strlen(name);

    for (;;) {
        name = significant(name, name_end);
        text = significant(text, end);
        if (name == name_end || text == end)
            return name == name_end && text == end;
        if (lower(*name++) != lower(*text++))
            return false;
    }
}

/* The next word of a list; its length, 0 at the end. */
static size_t next_word(const char **list)
{
    while (**list == ' ')
        ++*list;
    return strcspn(*list, " ");
}

static bool listed(const char *list, const char *text, size_t length)
{
    size_t n;

    for (; list && (n = next_word(&list)) != 0; list += n)
        if (length == n && strncmp(list, text, n) == 0)
            return true;
    return false;
}

static int find_feature(const char *text, size_t length)
{
    for (unsigned f = 0; f < FEATURES; f++)
        if (same_name(names[f], text, length))
            return (int)f;
    return -1;
}

static bool is_called(const struct model *m, const char *text, size_t length)
{
    char lowered[32];

    if (same_name(m->name, text, length))
        return true;
    if (length >= sizeof lowered)
        return false;
    for (size_t i = 0; i < length; i++)
        lowered[i] = lower(text[i]);
    return listed(m->others, lowered, length);
}

static const struct model *find_model(const char *text, size_t length)
{
    for (unsigned i = 0; i < x86_model_count; i++)
        if (is_called(&x86_models[i], text, length))
            return &x86_models[i];
    return NULL;
}

/* ---- Sets of features ---- */

struct set { u64 bits[4]; };

static bool in_set(const struct set *s, unsigned f)
{
    return s->bits[f >> 6] >> (f & 63) & 1;
}

static void put(struct set *s, unsigned f)
{
    s->bits[f >> 6] |= BIT(f & 63);
}

static void add_listed(struct set *s, const char *list)
{
    size_t n;

    for (; list && (n = next_word(&list)) != 0; list += n) {
        int f = find_feature(list, n);

        if (f >= 0)
            put(s, (unsigned)f);
    }
}

static struct set features_of(const struct model *m)
{
    struct set s = { { 0 } };

    for (; m; m = m->upon ? find_model(m->upon, strlen(m->upon)) : NULL)
        add_listed(&s, m->features);
    return s;
}

static struct set implemented(void)
{
    struct set all = { { 0 } };

    for (unsigned i = 0; i < x86_model_count; i++)
        add_listed(&all, x86_models[i].features);
    add_listed(&all, optional);
    return all;
}

/* Takes it away, and all that needs it. */
static void take_away(struct set *s, unsigned f)
{
    s->bits[f >> 6] &= ~BIT(f & 63);
    for (unsigned i = 0; i < COUNT(needs); i++)
        if (needs[i].needs == f && in_set(s, needs[i].feature))
            take_away(s, needs[i].feature);
}

static bool complete(const struct set *s, struct error *err)
{
    for (unsigned i = 0; i < COUNT(needs); i++)
        if (in_set(s, needs[i].feature) && !in_set(s, needs[i].needs))
            return fail(err, "CPU feature \"%s\" needs \"%s\", which the model has not",
                        names[needs[i].feature], names[needs[i].needs]);
    return true;
}

/* What a user changes: +FEATURE, -FEATURE, feature=on, vendor=, phys-bits=. */
struct choice {
    struct set set;
    char       vendor[13];
    unsigned   physical;
};

static bool change_feature(struct set *s, const char *name, size_t length, bool on,
                           struct error *err)
{
    struct set known = implemented();
    int f = find_feature(name, length);

    if (f < 0)
        return fail(err, "no CPU feature is called \"%.*s\"", (int)length, name);
    if (is_generation[f])
        return fail(err, "\"%s\" is what a CPU model is, not a feature of it", names[f]);
    if (!on)
        take_away(s, (unsigned)f);
    else if (in_set(&known, (unsigned)f))
        put(s, (unsigned)f);
    else
        return fail(err, "CPU feature \"%s\" is not implemented", names[f]);
    return true;
}

static bool is_word(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && strncmp(word, text, length) == 0;
}

static bool set_physical(struct choice *c, const char *text, size_t length, struct error *err)
{
    unsigned n = 0;

    for (size_t i = 0; i < length && i < 3; i++)
        n = n * 10 + (unsigned)(text[i] - '0');
    if (length == 0 || length > 2 || n < 32 || n > 52)
        return fail(err, "phys-bits=%.*s: 32 to 52 are possible", (int)length, text);
    c->physical = n;
    return true;
}

/* There is no host's processor to be like, nothing is migrated: whatever they say holds. */
static bool says_nothing(const char *text, size_t length)
{
    static const char *const words[] = { "host-phys-bits", "migratable", "check", "enforce" };

    for (unsigned i = 0; i < COUNT(words); i++)
        if (is_word(words[i], text, length))
            return true;
    return false;
}

static bool set_property(struct choice *c, const char *text, size_t length, struct error *err)
{
    size_t key = 0;
    const char *value;

    while (key < length && text[key] != '=')
        key++;
    value = text + key + 1;
    if (says_nothing(text, key))
        return true;
    if (key == length)
        return fail(err, "\"%.*s\" is neither +FEATURE nor -FEATURE", (int)length, text);
    length -= key + 1;
    if (is_word("phys-bits", text, key))
        return set_physical(c, value, length, err);
    if (is_word("vendor", text, key)) {
        if (length != 12)
            return fail(err, "vendor=%.*s: it has twelve letters", (int)length, value);
        memcpy(c->vendor, value, length);
        return true;
    }
    if (!is_word("on", value, length) && !is_word("off", value, length))
        return fail(err, "%.*s=%.*s: it is on or off", (int)key, text, (int)length, value);
    return change_feature(&c->set, text, key, is_word("on", value, length), err);
}

static bool change(struct choice *c, const char *text, size_t length, struct error *err)
{
    if (length && (*text == '+' || *text == '-'))
        return change_feature(&c->set, text + 1, length - 1, *text == '+', err);
    return set_property(c, text, length, err);
}

/* ---- Choosing ---- */

static bool no_model(const char *text, size_t length, struct error *err)
{
    char all[160] = "";

    for (unsigned i = 0; i < x86_model_count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s %s", i ? "," : "",
                 x86_models[i].name);
    return fail(err, "no CPU model is called \"%.*s\"; there are%s", (int)length, text, all);
}

bool x86_model_select(struct x86 *cpu, const char *text, struct error *err)
{
    size_t n = strcspn(text, ",");
    const struct model *m = find_model(text, n);
    struct choice c = { .vendor = "" };

    if (!m)
        return no_model(text, n, err);
    c.set = features_of(m);
    c.physical = m->physical;
    snprintf(c.vendor, sizeof c.vendor, "%s", m->vendor ? m->vendor : "");
    while (text[n] == ',') {
        text += n + 1;
        n = strcspn(text, ",");
        if (!change(&c, text, n, err))
            return false;
    }
    if (!complete(&c.set, err))
        return false;
    cpu->model = m;
    memcpy(cpu->features, c.set.bits, sizeof cpu->features);
    memcpy(cpu->vendor, c.vendor, sizeof cpu->vendor);
    cpu->phys_mask = BIT(c.physical) - 1;
    return true;
}

u32 x86_signature(const struct x86 *cpu)
{
    return cpu->model->signature;
}

const char *x86_feature_name(enum feature f)
{
    return names[f];
}

u64 x86_address_lines(const struct x86 *cpu)
{
    return cpu->phys_mask;
}
