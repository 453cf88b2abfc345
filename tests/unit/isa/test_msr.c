/* RDMSR, WRMSR: what may be written where. */
#include <criterion/criterion.h>

#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/msr.h"
#include "tests/unit/isa/one.h"

static u64 get(struct bare *b, u32 number)
{
    u64 v = 0xdead;

    cr_assert(x86_msr_read(b->cpu, number, &v), "%x", number);
    return v;
}

/* Value written, and whether that is allowed. */
static const struct { u32 number; u64 value; bool allowed; } writes[] = {
    { 0xc0000080, 0xd01, true },                            /* EFER */
    { 0xc0000080, 0xd03, false },
    { 0xc0000080, 0x1000, false },
    { 0xc0000082, 0xffff800000001234, true },               /* LSTAR */
    { 0xc0000082, 0x0080000000000000, true },               /* 57 bits are canonical at once */
    { 0xc0000082, 0x0100000000000000, false },
    { 0xc0000102, 0x0101000000000000, false },              /* KERNEL_GS_BASE */
    { 0xc0000100, 0x00007fffffffffff, true },               /* FS_BASE */
    { 0xc0000100, 0x8000000000000000, false },
    { 0xc0000084, 0x47700, true },                          /* FMASK */
    { 0xc0000103, 0x100000000, false },                     /* TSC_AUX */
    { 0x174, 8, true }, { 0x175, 0x0100000000000000, false },
    { 0x277, 0x0007040600070406, true },                    /* PAT */
    { 0x277, 0x0007040600070402, false },
    { 0x277, 0x0307040600070406, false },
    { 0x200, 0x00000000f0000006, true },                    /* MTRR_PHYSBASE0 */
    { 0x200, 0x00000000f0000007, false },
    { 0x20e, 0x00000000f0000106, false },
    { 0x200, 0x0010000000000000, false },
    { 0x201, 0x000ffffff0000800, true },
    { 0x201, 0x000ffffff0000c00, false },
    { 0x250, 0x0606060606060606, true }, { 0x259, 0x0606060606060206, false },
    { 0x2ff, 0xc06, true }, { 0x2ff, 0x1000, false }, { 0x2ff, 2, false },
    { 0x0fe, 0, false },                                    /* MTRRCAP */
    { 0x10a, 0, false },                                    /* ARCH_CAPABILITIES */
    { 0x194, 1 << 20, false },                              /* FLEX_RATIO is locked */
    { 0x048, 1, true }, { 0x048, 0x5ff, true }, { 0x048, 1 << 9, false },
    { 0x048, 1 << 11, false }, { 0x049, 1, true }, { 0x049, 2, false },
    { 0x400, UINT64_MAX, true }, { 0x400, 0, true }, { 0x400, 1, false },   /* MC0_CTL */
    { 0x401, 0, true }, { 0x401, 1, false },
    { 0x402, UINT64_MAX, true }, { 0x403, 0x5555, true },   /* MC0_ADDR, MC0_MISC */
    { 0x1a0, 0x400c51809, true }, { 0x1a0, 2, false },      /* MISC_ENABLE */
    { 0x17a, 5, true }, { 0x17a, 8, false }, { 0x179, 0, false },
    { 0x6e1, 0xffffffff, true }, { 0x6e1, 0x100000000, false },
    { 0xda0, 0, true }, { 0xda0, 1, false },
    { 0x1d9, 2, true },
    { 0x12345, 0, false },
};

Test(msr, values_are_checked)
{
    struct bare *b = bare_create(1 << 20, "max");

    for (unsigned i = 0; i < COUNT(writes); i++)
        cr_expect_eq(x86_msr_write(b->cpu, writes[i].number, writes[i].value), writes[i].allowed,
                     "%x %llx", writes[i].number, (unsigned long long)writes[i].value);
    bare_destroy(b);
}

Test(msr, addresses_are_as_wide_as_the_processor_has_them)
{
    static const u32 numbers[] = {
        0x175, 0x176, 0xc0000082, 0xc0000083, 0xc0000100, 0xc0000101, 0xc0000102,
    };
    struct bare *wide = bare_create(1 << 20, "max"), *narrow = bare_create(1 << 20, "max,-la57");

    for (unsigned i = 0; i < COUNT(numbers); i++) {
        cr_expect(x86_msr_write(wide->cpu, numbers[i], 0x0000800000000000), "%x", numbers[i]);
        cr_expect_not(x86_msr_write(narrow->cpu, numbers[i], 0x0000800000000000), "%x",
                      numbers[i]);
    }
    bare_destroy(wide);
    bare_destroy(narrow);
}

Test(msr, what_is_written_is_read)
{
    struct bare *b = bare_create(1 << 20, "max");

    cr_assert(x86_msr_write(b->cpu, 0x20f, 0x80000800));
    cr_assert_eq(get(b, 0x20f), 0x80000800);
    cr_assert_eq(b->cpu->mtrr_mask[7], 0x80000800);
    cr_assert(x86_msr_write(b->cpu, 0x26f, 0x0505050505050505));
    cr_assert_eq(b->cpu->mtrr_fixed[10], 0x0505050505050505);
    cr_assert(x86_msr_write(b->cpu, 0xc0000101, 0x1234));
    cr_assert_eq(b->cpu->seg[GS].base, 0x1234);
    bare_destroy(b);
}

Test(msr, long_mode_is_not_enabled_while_paging)
{
    struct bare *b = bare_create(1 << 20, "max");

    bare_flat64(b, 0x10000);
    cr_assert_not(x86_msr_write(b->cpu, 0xc0000080, 0));
    cr_assert(x86_msr_write(b->cpu, 0xc0000080, EFER_LME | EFER_SCE));
    cr_assert_eq(get(b, 0xc0000080), EFER_LMA | EFER_LME | EFER_SCE);
    bare_destroy(b);
}

Test(msr, no_ratio_of_the_clock_is_set_by_flex_ratio)
{
    struct bare *haswell = bare_create(1 << 20, "haswell"), *core2 = bare_create(1 << 20, "core2");
    u64 v = 0;

    cr_assert(x86_msr_read(haswell->cpu, 0x194, &v));
    cr_assert_eq(v, 1 << 20);
    cr_assert_not(x86_msr_read(core2->cpu, 0x194, &v));
    bare_destroy(core2);
    bare_destroy(haswell);
}

Test(msr, older_models_lack_them)
{
    struct bare *b = bare_create(1 << 20, "pentium");
    u64 v;

    cr_assert_not(x86_msr_read(b->cpu, 0xc0000080, &v));
    cr_assert_not(x86_msr_read(b->cpu, 0x174, &v));
    cr_assert_not(x86_msr_read(b->cpu, 0x277, &v));
    cr_assert(x86_msr_read(b->cpu, 0x10, &v));
    bare_destroy(b);
}

/* SDM 4 table 2-2, 10AH; set bits say what is not to be feared, RSBA and RRSBA the opposite. */
Test(msr, nothing_of_what_speculation_betrays_is_to_be_feared)
{
    struct bare *b = bare_create(1 << 20, "max");
    u64 v = get(b, 0x10a), wanted = UINT64_C(1) << 62;
    static const u8 no[] = { 0, 1, 3, 4, 5, 6, 8, 13, 14, 15, 20, 24, 26, 27 };

    for (unsigned i = 0; i < COUNT(no); i++)
        wanted |= 1u << no[i];
    cr_expect_eq(v, wanted, "%llx", (unsigned long long)v);
    bare_destroy(b);
    b = bare_create(1 << 20, "skylake-client");
    cr_expect_not(x86_msr_read(b->cpu, 0x10a, &v));
    cr_expect_not(x86_msr_read(b->cpu, 0x48, &v));
    bare_destroy(b);
}

Test(msr, controls_of_speculation_are_those_that_cpuid_has)
{
    static const struct { const char *model; u64 bits; } lacks[] = {
        { "max,-stibp", 2 }, { "max,-ssbd", 4 }, { "max,-ipred-ctrl", 0x18 },
        { "max,-rrsba-ctrl", 0x60 }, { "max,-intel-psfd", 0x80 }, { "max,-ddpd-u", 0x100 },
        { "max,-bhi-ctrl", 0x400 },
    };

    for (unsigned i = 0; i < COUNT(lacks); i++) {
        struct bare *b = bare_create(1 << 20, lacks[i].model);

        for (u64 bit = 1; bit <= 0x800; bit <<= 1)
            cr_expect_eq(x86_msr_write(b->cpu, 0x48, bit),
                         bit != 0x200 && bit != 0x800 && !(bit & lacks[i].bits),
                         "%s %llx", lacks[i].model, (unsigned long long)bit);
        bare_destroy(b);
    }
}

Test(msr, time_stamp_counter_is_set_and_adjusted)
{
    struct bare *b = bare_create(1 << 20, "max");

    bare_flat64(b, 0x10000);
    b->cpu->cycles = 1000;
    cr_assert(x86_msr_write(b->cpu, 0x10, 5000));
    cr_assert_eq(get(b, 0x10), 5000);
    cr_assert_eq(get(b, 0x3b), 4000);
    cr_assert(x86_msr_write(b->cpu, 0x3b, 0));
    cr_assert_eq(get(b, 0x10), 1000);
    cr_assert_eq(ONE(b, 0x0f, 0x31), NO_FAULT);
    cr_assert_eq(b->cpu->gpr[RAX], 1000);
    cr_assert_eq(ONE(b, 0x0f, 0x01, 0xf9), NO_FAULT);
    cr_assert_eq(b->cpu->gpr[RAX], 1001);
    bare_destroy(b);
}

Test(msr, only_half_of_the_counter_was_writable_once)
{
    struct bare *b = bare_create(1 << 20, "pentium");

    cr_assert(x86_msr_write(b->cpu, 0x10, 0x123456789a));
    cr_assert_eq(get(b, 0x10), 0x3456789a);
    bare_destroy(b);
}

Test(msr, instructions_need_privilege)
{
    struct bare *b = bare_create(1 << 20, "max");

    bare_flat32(b);
    b->cpu->gpr[RCX] = 0x277;
    cr_assert_eq(ONE(b, 0x0f, 0x32), NO_FAULT);
    cr_assert_eq(b->cpu->gpr[RAX], 0x00070406);
    cr_assert_eq(b->cpu->gpr[RDX], 0x00070406);
    b->cpu->gpr[RAX] = 2;
    cr_assert_eq(ONE(b, 0x0f, 0x30), V_GP);
    b->cpu->gpr[RAX] = 6;
    cr_assert_eq(ONE(b, 0x0f, 0x30), NO_FAULT);
    b->cpu->cpl = 3;
    cr_assert_eq(ONE(b, 0x0f, 0x32), V_GP);
    cr_assert_eq(ONE(b, 0x0f, 0x30), V_GP);
    b->cpu->cr4 |= CR4_TSD;
    cr_assert_eq(ONE(b, 0x0f, 0x31), V_GP);
    bare_destroy(b);
}

Test(msr, microcode_has_a_revision_after_cpuid)
{
    struct bare *b = bare_create(1 << 20, "max");

    bare_flat32(b);
    cr_assert(x86_msr_write(b->cpu, 0x8b, 0));
    b->cpu->gpr[RAX] = 1;
    cr_assert_eq(ONE(b, 0x0f, 0xa2), NO_FAULT);
    cr_assert_eq(get(b, 0x8b), (u64)1 << 32);
    bare_destroy(b);
}

Test(msr, an_opterons_counters_are_there)
{
    struct bare *b = bare_create(1 << 20, "opteron"), *other = bare_create(1 << 20, "max");
    u64 v;

    for (u32 n = 0xc0010000; n < 0xc0010008; n++) {
        cr_expect_not(x86_msr_read(other->cpu, n, &v));
        cr_expect(x86_msr_write(b->cpu, n, 0));
        cr_expect_eq(get(b, n), 0);
    }
    cr_assert_not(x86_msr_read(b->cpu, 0xc0010008, &v));
    bare_destroy(b);
    bare_destroy(other);
}
