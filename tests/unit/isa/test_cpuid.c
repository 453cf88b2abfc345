/* CPU models, their features, CPUID, and what they are after reset. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/error.h"
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/msr.h"
#include "isa/x86/opcode.h"
#include "isa/x86/transfer.h"
#include "tests/unit/isa/apics.h"
#include "tests/unit/isa/one.h"

static struct bare *bench(const char *model)
{
    return bare_create(1 << 20, model);
}

static bool choose(struct bare *b, const char *text, struct error *err)
{
    err->text[0] = '\0';
    return x86_model_select(b->cpu, text, err);
}

/* ---- Rows ---- */

Test(models, each_can_be_chosen_by_all_its_names)
{
    struct bare *b = bench("max");
    struct error err;

    for (unsigned i = 0; i < x86_model_count; i++) {
        const char *s = x86_models[i].others;
        char name[32];

        cr_expect(choose(b, x86_models[i].name, &err), "%s", err.text);
        cr_expect_eq(b->cpu->model, &x86_models[i]);
        for (int n; s && sscanf(s, " %31s%n", name, &n) == 1; s += n) {
            cr_expect(choose(b, name, &err), "%s", err.text);
            cr_expect_eq(b->cpu->model, &x86_models[i], "%s", name);
        }
    }
    bare_destroy(b);
}

Test(models, each_lists_features_that_exist)
{
    struct bare *b = bench("max");
    struct error err;

    for (unsigned i = 0; i < x86_model_count; i++) {
        const char *s = x86_models[i].features;
        char name[32], text[64];

        for (int n; sscanf(s, " %31s%n", name, &n) == 1; s += n) {
            snprintf(text, sizeof text, "max,+%s", name);
            choose(b, text, &err);
            cr_expect_null(strstr(err.text, "no CPU feature"), "%s: %s", x86_models[i].name, name);
        }
    }
    bare_destroy(b);
}

Test(models, names_do_not_care_for_case)
{
    struct bare *b = bench("max");
    struct error err;

    cr_assert(choose(b, "Nehalem", &err));
    cr_assert_str_eq(b->cpu->model->name, "nehalem");
    cr_assert(choose(b, "PENRYN,-SSE4_1", &err), "%s", err.text);
    cr_assert_not(x86_has(b->cpu, F_SSE41));
    bare_destroy(b);
}

Test(models, what_is_not_known_is_refused_in_a_sentence)
{
    struct bare *b = bench("max");
    struct error err;

    cr_assert_not(choose(b, "pentium9", &err));
    cr_assert(strstr(err.text, "no CPU model is called \"pentium9\""), "%s", err.text);
    cr_assert_not(choose(b, "486,+warp", &err));
    cr_assert_str_eq(err.text, "no CPU feature is called \"warp\"");
    cr_assert_not(choose(b, "486,cmov", &err));
    cr_assert_str_eq(err.text, "\"cmov\" is neither +FEATURE nor -FEATURE");
    cr_assert_not(choose(b, "max,+monitor", &err));
    cr_assert_str_eq(err.text, "CPU feature \"monitor\" is not implemented");
    cr_assert_not(choose(b, "486,+p6", &err));
    cr_assert_not(choose(b, "486,", &err));
    cr_assert_not(choose(b, "", &err));
    bare_destroy(b);
}

Test(models, what_qemu_calls_a_property_is_understood)
{
    struct bare *b = bench("max");
    struct error err;

    cr_assert(choose(b, "max,pku=off,vendor=AuthenticAMD,phys-bits=36,host-phys-bits", &err), "%s",
              err.text);
    cr_assert_not(x86_has(b->cpu, F_PKU));
    cr_assert_eq(x86_cpuid(b->cpu, 0, 0).ebx, 0x68747541);      /* "Auth" */
    cr_assert_eq(x86_cpuid(b->cpu, 0x80000008, 0).eax & 0xff, 36);
    cr_assert_eq(x86_address_lines(b->cpu), 0xfffffffff);
    cr_assert(choose(b, "486,cmov=on,migratable=no", &err), "%s", err.text);
    cr_assert(x86_has(b->cpu, F_CMOV));
    cr_assert_eq(x86_cpuid(b->cpu, 0, 0).ebx, 0x756e6547);
    cr_assert_not(choose(b, "max,phys-bits=53", &err));
    cr_assert_str_eq(err.text, "phys-bits=53: 32 to 52 are possible");
    cr_assert_not(choose(b, "max,phys-bits=4x", &err));
    cr_assert_not(choose(b, "max,phys-bits=", &err));
    cr_assert_not(choose(b, "max,vendor=AMD", &err));
    cr_assert_not(choose(b, "max,pku=perhaps", &err));
    cr_assert_str_eq(err.text, "pku=perhaps: it is on or off");
    cr_assert_not(choose(b, "max,warp=on", &err));
    bare_destroy(b);
}

Test(models, invpcid_and_pcid_are_features_of_their_own)
{
    struct bare *b = bench("max,-pcid");

    cr_assert(x86_has(b->cpu, F_INVPCID));
    bare_destroy(b);
}

Test(models, features_come_and_go)
{
    struct bare *b = bench("486,+cmov,-fpu");

    cr_assert(x86_has(b->cpu, F_CMOV));
    cr_assert_not(x86_has(b->cpu, F_FPU));
    cr_assert_not(x86_has(b->cpu, F_TSC));
    bare_destroy(b);
}

Test(models, a_feature_takes_away_what_builds_upon_it)
{
    struct bare *b = bench("max,-sse2");

    cr_assert(x86_has(b->cpu, F_SSE));
    cr_assert_not(x86_has(b->cpu, F_SSE42));
    cr_assert_not(x86_has(b->cpu, F_AES));
    cr_assert_not(x86_has(b->cpu, F_LM));
    cr_assert_not(x86_has(b->cpu, F_LA57));
    bare_destroy(b);
}

Test(models, a_feature_needs_what_it_builds_upon)
{
    struct bare *b = bench("max");
    struct error err;

    cr_assert_not(choose(b, "486,+sse2", &err));
    cr_assert_str_eq(err.text, "CPU feature \"sse2\" needs \"sse\", which the model has not");
    cr_assert(choose(b, "486,+mmx,+fxsr,+sse,+sse2", &err), "%s", err.text);
    bare_destroy(b);
}

Test(models, every_model_has_what_its_features_need)
{
    struct bare *b = bench("max");
    struct error err;

    for (unsigned i = 0; i < x86_model_count; i++)
        cr_expect(choose(b, x86_models[i].name, &err), "%s", err.text);
    bare_destroy(b);
}

/* ---- After reset: SDM 3A table 9-1 and the older manuals ---- */

static const struct { const char *model; u64 cs, rip, flags, rdx, idt; u32 cr0; } reset[] = {
    { "8086",     0xffff0,    0,      0xf002, 0,       0x3ff,  0 },
    { "286",      0xff0000,   0xfff0, 2,      0,       0x3ff,  0xfff0 },
    { "386",      0xffff0000, 0xfff0, 2,      0x308,   0x3ff,  0 },
    { "486",      0xffff0000, 0xfff0, 2,      0x480,   0xffff, 0x60000010 },
    { "pentium",  0xffff0000, 0xfff0, 2,      0x543,   0xffff, 0x60000010 },
    { "pentium3", 0xffff0000, 0xfff0, 2,      0x683,   0xffff, 0x60000010 },
    { "core2",    0xffff0000, 0xfff0, 2,      0x6fb,   0xffff, 0x60000010 },
    { "nehalem",  0xffff0000, 0xfff0, 2,      0x106a3, 0xffff, 0x60000010 },
    { "max",      0xffff0000, 0xfff0, 2,      0xb06e0, 0xffff, 0x60000010 },
};

Test(models, are_reset_as_their_manuals_say)
{
    for (unsigned i = 0; i < COUNT(reset); i++) {
        struct bare *b = bench(reset[i].model);
        struct x86 *cpu = b->cpu;

        cr_expect_eq(cpu->seg[CS].base, reset[i].cs, "%s", reset[i].model);
        cr_expect_eq(cpu->rip, reset[i].rip, "%s", reset[i].model);
        cr_expect_eq(x86_flags_image(cpu), reset[i].flags, "%s", reset[i].model);
        cr_expect_eq(cpu->gpr[RDX], reset[i].rdx, "%s", reset[i].model);
        cr_expect_eq(cpu->idtr[0].limit, reset[i].idt, "%s", reset[i].model);
        cr_expect_eq(x86_read_cr0(cpu), reset[i].cr0, "%s", reset[i].model);
        bare_destroy(b);
    }
}

Test(models, have_their_address_lines)
{
    struct bare *b = bench("8086");

    cr_assert_eq(b->cpu->a20_mask, 0xfffff);
    bare_destroy(b);
    b = bench("286");
    cr_assert_eq(b->cpu->a20_mask, 0xffffff);
    bare_destroy(b);
    b = bench("max");
    cr_assert_eq(b->cpu->phys_mask, BIT(52) - 1);
    bare_destroy(b);
}

static const struct { const char *model; u32 flags; } writable[] = {
    { "8086", 0x000fd5 }, { "286", 0x000fd5 }, { "386", 0x037fd5 },
    { "486,-cpuid,-vme", 0x077fd5 }, { "486", 0x3f7fd5 }, { "max", 0x3f7fd5 },
};

Test(models, have_their_flags)
{
    for (unsigned i = 0; i < COUNT(writable); i++) {
        struct bare *b = bench(writable[i].model);

        cr_expect_eq(x86_flags_known(b->cpu), writable[i].flags, "%s: %x", writable[i].model,
                     x86_flags_known(b->cpu));
        bare_destroy(b);
    }
}

/* ---- CPUID ---- */

Test(cpuid, is_unknown_to_the_first_486)
{
    struct bare *b = bench("486,-cpuid");

    bare_real(b);
    cr_assert_eq(ONE(b, 0x0f, 0xa2), V_UD);
    bare_destroy(b);
    b = bench("486");
    bare_real(b);
    b->cpu->gpr[RAX] = 0;
    cr_assert_eq(ONE(b, 0x0f, 0xa2), NO_FAULT);
    cr_assert_eq(b->cpu->gpr[RAX], 1);
    cr_assert_eq(b->cpu->gpr[RBX], 0x756e6547);     /* Genu ineI ntel */
    cr_assert_eq(b->cpu->gpr[RDX], 0x49656e69);
    cr_assert_eq(b->cpu->gpr[RCX], 0x6c65746e);
    bare_destroy(b);
}

Test(cpuid, tells_the_features)
{
    struct bare *b = bench("486");

    cr_assert_eq(x86_cpuid(b->cpu, 1, 0).edx, 0xb);
    bare_destroy(b);
    b = bench("pentium");
    cr_assert_eq(x86_cpuid(b->cpu, 1, 0).edx, 0x8003bf);
    bare_destroy(b);
    b = bench("nehalem");
    cr_assert_eq(x86_cpuid(b->cpu, 1, 0).ecx, 0xb8a201);
    bare_destroy(b);
}

/* Published dumps of an i7-4770 and an i7-6700K, less what the comment in models.def leaves out. */
Test(cpuid, describes_haswell_and_skylake_as_they_are)
{
    enum { VIRTUAL = 1 << 5 | 1 << 6, MONITORING = 1 << 2 | 1 << 3 | 1 << 4 };
    static const u32 no_ecx = VIRTUAL | MONITORING | 1 << 7 | 1 << 8 | 1 << 11 | 1 << 14 | 1 << 27;
    static const u32 no_edx = 1u << 31 | 1 << 29 | 1 << 28 | 1 << 22 | 1 << 21;
    static const u32 no_ebx = 1 << 2 | 1 << 4 | 1 << 11 | 1 << 14 | 1 << 25;
    static const struct {
        const char *name;
        u32 leaf, signature, ecx, ebx7, ecx1, eax_d, descriptors, second_level;
    } dump[] = {
        { "Haswell", 0xd, 0x306c3, 0x7ffafbff, 0x2fbb, 0x21, 1, 0x00c10000, 0x1ff },
        { "Skylake-Client", 0x16, 0x506e3, 0x7ffafbff, 0x029c6fbf, 0x121, 15, 0x00c30000, 0x3ff },
    };

    for (unsigned i = 0; i < COUNT(dump); i++) {
        struct bare *b = bench(dump[i].name);

        cr_expect_eq(x86_cpuid(b->cpu, 0, 0).eax, dump[i].leaf);
        cr_expect_eq(x86_cpuid(b->cpu, 1, 0).eax, dump[i].signature);
        cr_expect_eq(x86_cpuid(b->cpu, 1, 0).ecx, dump[i].ecx & ~no_ecx);
        cr_expect_eq(x86_cpuid(b->cpu, 1, 0).edx, 0xbfebfbff & ~no_edx);
        cr_expect_eq(x86_cpuid(b->cpu, 2, 0).edx, dump[i].descriptors);
        cr_expect_eq(x86_cpuid(b->cpu, 4, 2).ecx, dump[i].second_level);
        cr_expect_eq(x86_cpuid(b->cpu, 7, 0).ebx, dump[i].ebx7 & ~no_ebx);
        cr_expect_eq(x86_cpuid(b->cpu, 0xd, 0).eax, 7u);
        cr_expect_eq(x86_cpuid(b->cpu, 0xd, 0).ecx, 832u);
        cr_expect_eq(x86_cpuid(b->cpu, 0xd, 1).eax, dump[i].eax_d);
        cr_expect_eq(x86_cpuid(b->cpu, 0x80000001, 0).ecx, dump[i].ecx1);
        cr_expect_eq(x86_cpuid(b->cpu, 0x80000001, 0).edx, 0x2c100000u);
        cr_expect_eq(x86_cpuid(b->cpu, 0x80000008, 0).eax, 0x3027u);
        bare_destroy(b);
    }
}

Test(cpuid, beyond_the_last_leaf_repeats_it)
{
    struct bare *b = bench("pentium");

    cr_assert_eq(x86_cpuid(b->cpu, 0x40000000, 0).eax, 0x543);
    cr_assert_eq(x86_cpuid(b->cpu, 0x80000000, 0).eax, 0x543);
    bare_destroy(b);
}

Test(cpuid, has_a_brand)
{
    struct bare *b = bench("max");
    char text[49] = "";

    for (u32 i = 0; i < 3; i++) {
        struct cpuid r = x86_cpuid(b->cpu, 0x80000002 + i, 0);

        memcpy(text + 16 * i, &r, 16);
    }
    cr_assert_str_eq(text, "Orrery Virtual CPU");
    bare_destroy(b);
}

Test(cpuid, describes_caches_of_their_size)
{
    struct bare *b = bench("nehalem");
    static const u32 kb[] = { 32, 32, 256, 8192, 0 };

    for (u32 i = 0; i < COUNT(kb); i++) {
        struct cpuid r = x86_cpuid(b->cpu, 4, i);
        u32 bytes = ((r.ebx >> 22) + 1) * ((r.ebx & 0xfff) + 1) * (r.ecx + 1);

        cr_expect_eq(r.eax & 31 ? bytes : 0, kb[i] * 1024);
    }
    bare_destroy(b);
}

/* Firmware lists the first of each package in the table that xv6 reads. */
Test(cpuid, tells_packages_apart)
{
    static const struct { u32 cores, listed, bits, count; } cases[] = {
        { 0, 4, 2, 4 }, { 1, 0, 0, 1 }, { 2, 2, 1, 2 }, { 4, 4, 2, 4 }, { 8, 4, 2, 4 },
    };
    struct apics *a = apics_create(4, "nehalem");

    for (unsigned i = 0; i < COUNT(cases); i++) {
        struct x86 *cpu = a->cpu[3];

        cpu->cores = cases[i].cores;
        cr_expect_eq(x86_cpuid(cpu, 1, 0).ebx >> 16 & 0xff, cases[i].listed, "%u", i);
        cr_expect_eq(x86_cpuid(cpu, 1, 0).edx >> 28 & 1, cases[i].listed != 0, "%u", i);
        cr_expect_eq((x86_cpuid(cpu, 4, 0).eax >> 26) + 1, cases[i].count, "%u", i);
        cr_expect_eq(x86_cpuid(cpu, 0xb, 1).eax, cases[i].bits, "%u", i);
        cr_expect_eq(x86_cpuid(cpu, 0xb, 1).ebx, cases[i].count, "%u", i);
        cr_expect_eq(x86_cpuid(cpu, 0xb, 1).edx, 3, "%u", i);
    }
    apics_destroy(a);
}

Test(cpuid, follows_control_registers)
{
    struct bare *b = bench("max");
    struct x86 *cpu = b->cpu;

    bare_flat64(b, 0x10000);
    cr_assert_eq(x86_cpuid(cpu, 1, 0).ecx >> 27 & 1, 0);
    cr_assert_eq(x86_cpuid(cpu, 7, 0).ecx >> 4 & 1, 0);
    x86_write_cr4(cpu, cpu->cr4 | CR4_OSXSAVE | CR4_PKE);
    cr_assert_eq(x86_cpuid(cpu, 1, 0).ecx >> 27 & 1, 1);
    cr_assert_eq(x86_cpuid(cpu, 7, 0).ecx >> 4 & 1, 1);
    cr_assert_eq(x86_cpuid(cpu, 0xd, 0).eax, 0x207);
    cr_assert_eq(x86_cpuid(cpu, 0xd, 0).ebx, 576);
    cr_assert_eq(x86_cpuid(cpu, 0xd, 0).ecx, 2696);
    x86_write_xcr0(cpu, 0x203);
    cr_assert_eq(x86_cpuid(cpu, 0xd, 0).ebx, 2696);
    cr_assert_eq(x86_cpuid(cpu, 0xd, 1).ebx, 584);
    cr_assert_eq(x86_cpuid(cpu, 0xd, 9).eax, 8);
    bare_destroy(b);
}

Test(cpuid, tells_of_syscall_in_64_bit_mode_only)
{
    struct bare *b = bench("core2");

    bare_real(b);
    cr_assert_eq(x86_cpuid(b->cpu, 0x80000001, 0).edx, 0x20100000);
    bare_flat64(b, 0x10000);
    cr_assert_eq(x86_cpuid(b->cpu, 0x80000001, 0).edx, 0x20100800);
    bare_destroy(b);
}

Test(cpuid, shows_no_hypervisor_unless_asked)
{
    struct bare *b = bench("max");

    cr_assert_eq(x86_cpuid(b->cpu, 1, 0).ecx >> 31, 0);
    bare_destroy(b);
    b = bench("max,+hypervisor");
    cr_assert_eq(x86_cpuid(b->cpu, 1, 0).ecx >> 31, 1);
    bare_destroy(b);
}

Test(cpuid, leaf_7_ends_where_its_features_do)
{
    struct bare *b = bench("max");

    cr_expect_eq(x86_cpuid(b->cpu, 7, 0).eax, 2u);
    cr_expect_eq(x86_cpuid(b->cpu, 7, 1).edx, 0u);
    cr_expect_eq(x86_cpuid(b->cpu, 7, 2).edx, 0x3fu);
    cr_expect_eq(x86_cpuid(b->cpu, 7, 3).edx, 0u);
    bare_destroy(b);
    b = bench("max,-bhi-ctrl");
    cr_expect_eq(x86_cpuid(b->cpu, 7, 2).edx, 0x2fu);
    bare_destroy(b);
    b = bench("skylake-client");
    cr_expect_eq(x86_cpuid(b->cpu, 7, 0).eax, 0u);
    cr_expect_eq(x86_cpuid(b->cpu, 7, 2).edx, 0u);
    bare_destroy(b);
}

/* A promise of instructions is kept: features that are instructions have rows. */
Test(cpuid, promises_what_is_there)
{
    static const u8 instructions[] = {
        F_FPU, F_CPUID, F_TSC, F_MSR, F_CX8, F_CMOV, F_MMX, F_FXSR, F_SSE, F_SSE2, F_SSE3, F_SSSE3,
        F_SSE41, F_SSE42, F_CX16, F_LAHF, F_SYSCALL, F_LM, F_POPCNT, F_RDTSCP, F_PCLMUL, F_MOVBE,
        F_AES, F_XSAVE, F_RDRAND, F_FSGSBASE, F_INVPCID, F_RDSEED, F_ADX, F_CLFLUSHOPT, F_CLWB,
        F_SHA, F_PKU, F_RDPID, F_XSAVEOPT, F_XSAVEC, F_XSAVES, F_LZCNT, F_PREFETCHW, F_AVX, F_AVX2,
        F_BMI1, F_BMI2, F_FMA, F_F16C, F_GFNI, F_VAES, F_VPCLMUL, F_MONITOR, F_SEP,
    };
    struct bare *b = bench("max");

    for (unsigned i = 0; i < COUNT(instructions); i++) {
        bool there = false;

        for (unsigned k = 0; k < x86_row_count; k++)
            there |= x86_rows[k].feature == instructions[i];
        cr_expect_eq(x86_has(b->cpu, (enum feature)instructions[i]), there, "%s",
                     x86_feature_name((enum feature)instructions[i]));
    }
    bare_destroy(b);
}

Test(cpuid, amds_processors_tell_otherwise)
{
    struct bare *b = bench("Opteron_G1");

    cr_assert_eq(x86_cpuid(b->cpu, 1, 0).eax, 0xf61);
    cr_assert_eq(x86_cpuid(b->cpu, 9, 0).eax, 0, "beyond the last leaf");
    bare_flat32(b);
    cr_assert(x86_cpuid(b->cpu, 0x80000001, 0).edx & 1 << 11, "SYSCALL");
    bare_destroy(b);
}
