/* Control and debug registers, ports, saved states. */
#include <criterion/criterion.h>

#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/mode.h"
#include "tests/unit/isa/one.h"

static struct bare *bench;

static void power_on(const char *model)
{
    bench = bare_create(1 << 20, model);
}

static void power_off(void)
{
    bare_destroy(bench);
}

/* MOV CRn, RAX */
static int mov_cr(unsigned n, u64 value)
{
    bench->cpu->gpr[RAX] = value;
    if (n == 8)
        return ONE(bench, 0x44, 0x0f, 0x22, 0xc0);
    return ONE(bench, 0x0f, 0x22, (u8)(0xc0 | n << 3));
}

/* ---- Control registers ---- */

Test(control, cr0_refuses_what_makes_no_sense)
{
    power_on("max");
    bare_flat32(bench);
    cr_assert_eq(mov_cr(0, CR0_PG), V_GP);
    cr_assert_eq(mov_cr(0, CR0_PE | CR0_NW), V_GP);
    cr_assert_eq(mov_cr(0, CR0_PE | CR0_NW | CR0_CD), NO_FAULT);
    cr_assert_eq(bench->cpu->cr0, (CR0_PE | CR0_NW | CR0_CD | CR0_ET));
    power_off();
}

Test(control, cr0_ignores_reserved_bits)
{
    power_on("max");
    bare_flat32(bench);
    cr_assert_eq(mov_cr(0, CR0_PE | 0x0ffaffc0), NO_FAULT);
    cr_assert_eq(bench->cpu->cr0, (CR0_PE | CR0_ET));
    power_off();
}

Test(control, long_mode_begins_with_paging)
{
    struct x86 *cpu;

    power_on("max");
    bare_flat64(bench, 0x10000);
    bare_flat32(bench);
    cpu = bench->cpu;
    cpu->efer = EFER_LME;
    cpu->cr3 = 0x10000;
    cr_assert_eq(mov_cr(0, CR0_PE | CR0_PG), V_GP, "without PAE");
    cr_assert_eq(mov_cr(4, CR4_PAE), NO_FAULT);
    cpu->seg[CS].attr |= SEG_L;
    cr_assert_eq(mov_cr(0, CR0_PE | CR0_PG), V_GP, "with CS.L");
    cpu->seg[CS].attr &= ~(u32)SEG_L;
    cr_assert_eq(mov_cr(0, CR0_PE | CR0_PG), NO_FAULT);
    cr_assert_eq(cpu->efer, (EFER_LME | EFER_LMA));
    cr_assert(x86_is_long(cpu));
    cr_assert_eq(mov_cr(4, 0), V_GP, "PAE stays");
    cr_assert_eq(mov_cr(4, CR4_PAE | CR4_LA57), V_GP, "so does LA57");
    cr_assert_eq(mov_cr(0, CR0_PE), NO_FAULT);
    cr_assert_eq(cpu->efer, EFER_LME);
    power_off();
}

Test(control, a_64_bit_program_cannot_leave_paging)
{
    power_on("max");
    bare_flat64(bench, 0x10000);
    cr_assert_eq(mov_cr(0, CR0_PE), V_GP);
    cr_assert_eq(mov_cr(0, BIT(32) | CR0_PE | CR0_PG), V_GP);
    power_off();
}

Test(control, cr4_has_the_bits_of_the_model)
{
    power_on("pentium");
    bare_flat32(bench);
    cr_assert_eq(mov_cr(4, CR4_PSE | CR4_DE), NO_FAULT);
    cr_assert_eq(mov_cr(4, CR4_PAE), V_GP);
    power_off();
    power_on("386");
    bare_flat32(bench);
    cr_assert_eq(ONE(bench, 0x0f, 0x20, 0xe0), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x20, 0xc0), NO_FAULT);
    power_off();
}

Test(control, pcid_wants_long_mode_and_none_yet)
{
    power_on("max");
    bare_flat32(bench);
    cr_assert_eq(mov_cr(4, CR4_PCIDE), V_GP);
    bare_flat64(bench, 0x10000);
    bench->cpu->cr3 |= 1;
    cr_assert_eq(mov_cr(4, bench->cpu->cr4 | CR4_PCIDE), V_GP);
    bench->cpu->cr3 &= ~(u64)1;
    cr_assert_eq(mov_cr(4, bench->cpu->cr4 | CR4_PCIDE), NO_FAULT);
    cr_assert_eq(mov_cr(3, BIT(63) | 0x10001), NO_FAULT);
    cr_assert_eq(bench->cpu->cr3, 0x10001);
    power_off();
}

Test(control, cr3_holds_a_physical_address)
{
    power_on("nehalem");
    bare_flat64(bench, 0x10000);
    cr_assert_eq(mov_cr(3, BIT(40) | 0x10000), V_GP);
    cr_assert_eq(mov_cr(3, BIT(63) | 0x10000), V_GP);
    cr_assert_eq(mov_cr(3, 0x10000), NO_FAULT);
    power_off();
}

Test(control, cr8_has_four_bits)
{
    power_on("max");
    bare_flat64(bench, 0x10000);
    cr_assert_eq(mov_cr(8, 15), NO_FAULT);
    cr_assert_eq(mov_cr(8, 16), V_GP);
    cr_assert_eq(ONE(bench, 0x44, 0x0f, 0x20, 0xc3), NO_FAULT);
    cr_assert_eq(bench->cpu->gpr[RBX], 15);
    power_off();
}

Test(control, registers_that_do_not_exist)
{
    static const u8 absent[] = { 1, 5, 6, 7 };

    power_on("max");
    bare_flat32(bench);
    for (unsigned i = 0; i < COUNT(absent); i++)
        cr_expect_eq(mov_cr(absent[i], 0), V_UD);
    bench->cpu->cpl = 3;
    cr_assert_eq(mov_cr(0, 0), V_GP);
    power_off();
}

Test(control, mod_does_not_matter_to_mov_cr)
{
    power_on("max");
    bare_flat32(bench);
    cr_assert_eq(ONE(bench, 0x0f, 0x20, 0x03), NO_FAULT);       /* mod 0 */
    cr_assert_eq(bench->cpu->gpr[RBX], bench->cpu->cr0);
    power_off();
}

Test(control, lmsw_sets_pe_but_never_clears_it)
{
    power_on("286");
    bare_real(bench);
    bench->cpu->cr0 = 0;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xe0), NO_FAULT);       /* SMSW AX */
    cr_assert_eq((u16)bench->cpu->gpr[RAX], 0xfff0);
    bench->cpu->gpr[RAX] = 9;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xf0), NO_FAULT);       /* LMSW AX */
    cr_assert_eq(bench->cpu->cr0, (CR0_PE | CR0_TS));
    bench->cpu->gpr[RAX] = 0;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xf0), NO_FAULT);
    cr_assert_eq(bench->cpu->cr0, CR0_PE);
    power_off();
}

Test(control, umip_hides_the_machine_status_word)
{
    power_on("max");
    bare_flat32(bench);
    bench->cpu->cpl = 3;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xe0), NO_FAULT);
    bench->cpu->cr4 |= CR4_UMIP;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xe0), V_GP);
    power_off();
}

/* ---- Debug registers ---- */

Test(debug, dr4_and_dr5_are_others_until_cr4_forbids_it)
{
    power_on("max");
    bare_flat32(bench);
    bench->cpu->gpr[RAX] = 0xffffffff & ~(u32)DR7_GD;
    cr_assert_eq(ONE(bench, 0x0f, 0x23, 0xe8), NO_FAULT);       /* MOV DR5, EAX */
    cr_assert_eq(bench->cpu->dr[7], 0xffff07ff);
    cr_assert_eq(ONE(bench, 0x0f, 0x21, 0xe3), NO_FAULT);       /* MOV EBX, DR4 */
    cr_assert_eq(bench->cpu->gpr[RBX], 0xffff0ff0);
    bench->cpu->cr4 |= CR4_DE;
    cr_assert_eq(ONE(bench, 0x0f, 0x21, 0xe3), V_UD);
    power_off();
}

Test(debug, general_detect_sees_every_access)
{
    power_on("max");
    bare_flat32(bench);
    bench->cpu->dr[7] |= DR7_GD;
    cr_assert_eq(ONE(bench, 0x0f, 0x21, 0xc0), V_DB);
    power_off();
}

Test(debug, upper_halves_must_be_clear)
{
    power_on("max");
    bare_flat64(bench, 0x10000);
    bench->cpu->gpr[RAX] = BIT(32);
    cr_assert_eq(ONE(bench, 0x0f, 0x23, 0xf8), V_GP);
    cr_assert_eq(ONE(bench, 0x0f, 0x23, 0xf0), V_GP);
    cr_assert_eq(ONE(bench, 0x0f, 0x23, 0xc0), NO_FAULT);
    cr_assert_eq(ONE(bench, 0x44, 0x0f, 0x23, 0xc0), V_UD);
    power_off();
}

/* ---- Others ---- */

Test(system, random_numbers_come_from_the_seed)
{
    u64 first;

    power_on("max");
    bare_flat64(bench, 0x10000);
    bench->cpu->random = 1;
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xc7, 0xf0), NO_FAULT);
    cr_assert_eq(x86_flags(bench->cpu) & FLAGS_ARITHMETIC, CF);
    first = bench->cpu->gpr[RAX];
    cr_assert_eq(first, 0x910a2dec89025cc1);                    /* splitmix64 of seed 1 */
    bench->cpu->random = 1;
    cr_assert_eq(ONE(bench, 0x0f, 0xc7, 0xf8), NO_FAULT);       /* RDSEED EAX */
    cr_assert_eq(bench->cpu->gpr[RAX], (u32)first);
    cr_assert_eq(ONE(bench, 0xf3, 0x0f, 0xc7, 0xf0), V_UD);
    power_off();
}

Test(system, segment_bases)
{
    power_on("max");
    bare_flat64(bench, 0x10000);
    bench->cpu->gpr[RAX] = 0x123456789a;
    cr_assert_eq(ONE(bench, 0xf3, 0x48, 0x0f, 0xae, 0xd0), V_UD);
    bench->cpu->cr4 |= CR4_FSGSBASE;
    cr_assert_eq(ONE(bench, 0xf3, 0x48, 0x0f, 0xae, 0xd0), NO_FAULT);
    cr_assert_eq(bench->cpu->seg[FS].base, 0x123456789a);
    cr_assert_eq(bench->cpu->fast[FS].base, 0x123456789a);
    cr_assert_eq(ONE(bench, 0xf3, 0x0f, 0xae, 0xc3), NO_FAULT);  /* RDFSBASE EBX */
    cr_assert_eq(bench->cpu->gpr[RBX], 0x3456789a);
    bench->cpu->gpr[RAX] = BIT(60);
    cr_assert_eq(ONE(bench, 0xf3, 0x48, 0x0f, 0xae, 0xd8), V_GP);
    power_off();
}

Test(system, protection_keys)
{
    power_on("max");
    bare_flat64(bench, 0x10000);
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xee), V_UD);
    bench->cpu->cr4 |= CR4_PKE;
    bench->cpu->gpr[RCX] = bench->cpu->gpr[RDX] = 0;
    bench->cpu->gpr[RAX] = 0x55555554;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xef), NO_FAULT);
    cr_assert_eq(bench->cpu->pkru, 0x55555554);
    bench->cpu->gpr[RCX] = 1;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xee), V_GP);
    power_off();
}

Test(system, what_is_not_there_is_undefined)
{
    power_on("486");
    bare_flat32(bench);
    cr_assert_eq(ONE(bench, 0x0f, 0x0b), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x31), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x32), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x1f, 0x00), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0x3d, 0, 0x90, 0, 0), NO_FAULT);    /* INVLPG */
    power_off();
    power_on("386");
    bare_flat32(bench);
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0x3d, 0, 0x90, 0, 0), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x09), V_UD);
    power_off();
}

Test(system, invpcid_checks_its_descriptor)
{
    u64 descriptor[2] = { 0, 0x12345000 };

    power_on("max");
    bare_flat64(bench, 0x10000);
    bare_store(bench, DATA, descriptor, 16);
    bench->cpu->gpr[RBX] = DATA;
    for (u64 type = 0; type < 5; type++) {
        bench->cpu->gpr[RAX] = type;
        cr_expect_eq(ONE(bench, 0x66, 0x0f, 0x38, 0x82, 0x03), type < 4 ? NO_FAULT : V_GP);
    }
    descriptor[0] = 1;
    bare_store(bench, DATA, descriptor, 16);
    bench->cpu->gpr[RAX] = 1;
    cr_assert_eq(ONE(bench, 0x66, 0x0f, 0x38, 0x82, 0x03), V_GP);
    power_off();
}

/* With four levels in use: SDM 1 3.3.7.1. */
Test(system, registers_take_what_five_levels_could_use)
{
    static const struct { const char *model; int verdict; } cases[] = {
        { "max", NO_FAULT }, { "max,-la57", V_GP },
    };
    u64 descriptor[2] = { 0, BIT(50) };

    for (unsigned i = 0; i < COUNT(cases); i++) {
        power_on(cases[i].model);
        bare_flat64(bench, 0x10000);
        bare_store(bench, DATA, descriptor, 16);
        bench->cpu->gpr[RBX] = DATA;
        bench->cpu->gpr[RAX] = 0;
        cr_expect_eq(ONE(bench, 0x66, 0x0f, 0x38, 0x82, 0x03), cases[i].verdict, "INVPCID");
        bench->cpu->gpr[RBX] = DATA + 6;
        cr_expect_eq(ONE(bench, 0x0f, 0x01, 0x1b), cases[i].verdict, "LIDT");
        cr_expect_eq(ONE(bench, 0x0f, 0x01, 0x13), cases[i].verdict, "LGDT");
        power_off();
    }
}

/* ---- Hypercalls ---- */

static u64 asked[5];

static u64 answer(struct device *dev, u64 number, const u64 argument[4])
{
    asked[0] = number;
    memcpy(asked + 1, argument, 4 * sizeof argument[0]);
    return 0x123456789a;
}

static void set_arguments(void)
{
    static const u8 reg[] = { RAX, RBX, RCX, RDX, RSI };

    for (unsigned i = 0; i < COUNT(reg); i++)
        bench->cpu->gpr[reg[i]] = 0x1000000010 + i;
}

Test(hypercalls, are_undefined_where_nobody_listens)
{
    power_on("max");
    bare_flat64(bench, 0x10000);
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xc1), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xd9), V_UD);
    power_off();
}

Test(hypercalls, bring_number_and_arguments_and_fetch_a_result)
{
    power_on("max");
    x86_set_hypercall(&bench->cpu->cpu.dev, answer, NULL);
    bare_flat64(bench, 0x10000);
    set_arguments();
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xc1), NO_FAULT);
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(asked[i], 0x1000000010 + i);
    cr_assert_eq(bench->cpu->gpr[RAX], 0x123456789a);
    bare_flat32(bench);
    set_arguments();
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xd9), NO_FAULT);
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(asked[i], 0x10 + i);
    cr_assert_eq(bench->cpu->gpr[RAX], 0x3456789a);
    power_off();
}

Test(hypercalls, are_not_for_user_code)
{
    power_on("max");
    x86_set_hypercall(&bench->cpu->cpu.dev, answer, NULL);
    bare_flat64(bench, 0x10000);
    bench->cpu->cpl = 3;
    x86_mode_update(bench->cpu);
    asked[0] = 0;
    set_arguments();
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xc1), NO_FAULT);
    cr_assert_eq(asked[0], 0);
    cr_assert_eq(bench->cpu->gpr[RAX], UINT64_MAX);
    power_off();
}

/* ---- SYSCALL and SYSENTER, as makers differ ---- */

static void power_on_amd(void)
{
    power_on("max,vendor=AuthenticAMD");
    bench->cpu->efer |= EFER_SCE;
    bench->cpu->star = (u64)0x13 << 48 | (u64)8 << 32 | 0x1234;
    bench->cpu->lstar = 0x3000;
    bench->cpu->cstar = 0x2000;
}

Test(syscall, of_32_bit_code_is_amds_alone)
{
    power_on("max");
    bare_flat32(bench);
    bench->cpu->efer |= EFER_SCE;
    cr_assert_eq(ONE(bench, 0x0f, 0x05), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x07), V_UD);
    power_off();
}

Test(syscall, of_amds_32_bit_systems_goes_where_star_says_and_comes_back)
{
    power_on_amd();
    bare_flat32(bench);
    bench->cpu->efer |= EFER_SCE;
    x86_set_flags(bench->cpu, IF);
    cr_assert_eq(ONE(bench, 0x0f, 0x05), NO_FAULT);
    cr_assert_eq(bench->cpu->rip, 0x1234);
    cr_assert_eq(bench->cpu->gpr[RCX], CODE + 2);
    cr_assert_eq(bench->cpu->seg[CS].selector, 8);
    cr_assert_not(x86_flags(bench->cpu) & IF);
    bench->cpu->gpr[RCX] = 0x5678;
    cr_assert_eq(ONE(bench, 0x0f, 0x07), NO_FAULT);
    cr_assert_eq(bench->cpu->rip, 0x5678);
    cr_assert_eq(bench->cpu->seg[CS].selector, 0x13);
    cr_assert_eq(bench->cpu->seg[SS].selector, 0x1b);
    cr_assert_eq(bench->cpu->cpl, 3);
    cr_assert(x86_flags(bench->cpu) & IF);
    power_off();
}

Test(syscall, of_amds_compatibility_mode_goes_to_cstar)
{
    power_on_amd();
    bare_flat64(bench, 0x10000);
    bench->cpu->efer |= EFER_SCE;
    cr_assert_eq(ONE(bench, 0x0f, 0x05), NO_FAULT);
    cr_assert_eq(bench->cpu->rip, 0x3000, "64-bit code");
    bench->cpu->seg[CS].attr = (bench->cpu->seg[CS].attr & ~(u32)SEG_L) | SEG_DB;
    x86_mode_update(bench->cpu);
    cr_assert_eq(ONE(bench, 0x0f, 0x05), NO_FAULT);
    cr_assert_eq(bench->cpu->rip, 0x2000);
    cr_assert(bench->cpu->seg[CS].attr & SEG_L);
    power_off();
}

Test(syscall, amds_sysenter_is_not_there_in_long_mode)
{
    power_on_amd();
    bare_flat64(bench, 0x10000);
    bench->cpu->sysenter_cs = 8;
    cr_assert_eq(ONE(bench, 0x0f, 0x34), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0x35), V_UD);
    power_off();
}

/* 48 0F 07, SYSRETQ */
Test(syscall, what_is_not_canonical_faults_in_the_user_on_amds_in_the_system_on_intels)
{
    power_on_amd();
    bare_flat64(bench, 0x10000);
    bench->cpu->efer |= EFER_SCE;
    bench->cpu->gpr[RCX] = BIT(47);
    cr_expect_eq(ONE(bench, 0x48, 0x0f, 0x07), NO_FAULT);
    cr_expect_eq(bench->cpu->cpl, 3);
    cr_expect_eq(bench->cpu->rip, BIT(47));
    power_off();
    power_on("max");
    bare_flat64(bench, 0x10000);
    bench->cpu->efer |= EFER_SCE;
    bench->cpu->gpr[RCX] = BIT(47);
    cr_expect_eq(ONE(bench, 0x48, 0x0f, 0x07), V_GP);
    cr_expect_eq(bench->cpu->cpl, 0);
    power_off();
}
