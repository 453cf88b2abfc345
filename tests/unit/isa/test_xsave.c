/* FXSAVE, XSAVE and their kin. */
#include <criterion/criterion.h>

#include "core/bits.h"
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/mode.h"
#include "tests/unit/isa/one.h"

static struct bare *bench;
static struct x86 *cpu;
static u8 *area;

static void power_on(void)
{
    bench = bare_create(1 << 20, "max");
    cpu = bench->cpu;
    bare_flat64(bench, 0x10000);
    x86_write_cr4(cpu, cpu->cr4 | CR4_OSXSAVE | CR4_PKE);
    x86_write_xcr0(cpu, 0x203);
    cpu->gpr[RBX] = DATA;
    cpu->gpr[RAX] = UINT32_MAX;
    cpu->gpr[RDX] = UINT32_MAX;
    area = bench->ram->host + DATA;
}

static void power_off(void)
{
    bare_destroy(bench);
}

TestSuite(xsave, .init = power_on, .fini = power_off);

static void fill(void)
{
    x87_init(cpu);
    x87_set_status(cpu, 0x3000);                /* TOP 6 */
    cpu->ftag = 0xc0;
    cpu->st[6] = (struct f80){ 0x8000000000000000, 0x3fff };
    cpu->st[7] = (struct f80){ 0xc000000000000000, 0xc000 };
    cpu->fop = 0x123;
    cpu->fip = 0x11223344556677;
    cpu->fdp = 0x8899aabbccdd;
    for (unsigned i = 0; i < 16; i++)
        cpu->v[i].q[0] = i + 1, cpu->v[i].q[1] = i + 101;
    cpu->mxcsr = 0x1fa0;
    x86_set_pkru(cpu, 0x50);
}

static void forget(void)
{
    x87_init(cpu);
    memset(cpu->st, 0, sizeof cpu->st);
    memset(cpu->v, 0, sizeof cpu->v);
    cpu->mxcsr = 0x1f80;
    x86_set_pkru(cpu, 0);
}

static void is_filled(void)
{
    cr_expect_eq(x87_status(cpu), 0x3000);
    cr_expect_eq(cpu->ftag, 0xc0);
    cr_expect_eq(cpu->st[7].man, 0xc000000000000000);
    cr_expect_eq(cpu->st[7].se, 0xc000);
    cr_expect_eq(cpu->fop, 0x123);
    cr_expect_eq(cpu->fip, 0x11223344556677);
    cr_expect_eq(cpu->fdp, 0x8899aabbccdd);
    for (unsigned i = 0; i < 16; i++)
        cr_expect(cpu->v[i].q[0] == i + 1 && cpu->v[i].q[1] == i + 101);
    cr_expect_eq(cpu->mxcsr, 0x1fa0);
}

Test(xsave, fxsave_and_back)
{
    fill();
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x03), NO_FAULT);
    cr_assert_eq(load_le16(area), 0x37f);
    cr_assert_eq(load_le16(area + 2), 0x3000);
    cr_assert_eq(area[4], 0xc0);
    cr_assert_eq(load_le32(area + 28), 0xffff);
    cr_assert_eq(load_le16(area + 32 + 8), 0x3fff, "ST(0) comes first");
    forget();
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x0b), NO_FAULT);
    is_filled();
}

Test(xsave, fxsave_wants_its_unit_and_alignment)
{
    cpu->gpr[RBX] = DATA + 8;
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x03), V_GP);
    cpu->gpr[RBX] = DATA;
    x86_write_cr0(cpu, cpu->cr0 | CR0_TS);
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x03), V_NM);
    x86_write_cr0(cpu, (cpu->cr0 & ~(u64)CR0_TS) | CR0_EM);
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x0b), V_NM);
}

Test(xsave, reserved_bits_of_mxcsr_are_refused)
{
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x03), NO_FAULT);
    area[26] = 1;
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x0b), V_GP);
    store_le32(area, 0x10000);
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x13), V_GP);           /* LDMXCSR */
    store_le32(area, 0x1fc0);
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x13), NO_FAULT);
    cr_assert_eq(cpu->mxcsr, 0x1fc0);
}

/* REX.W and the reg field of XSAVE, XSAVEOPT; 0F C7 for the compacted forms. */
static const struct { u8 save[4], restore[4]; bool compact; } forms[] = {
    { { 0x48, 0x0f, 0xae, 0x23 }, { 0x48, 0x0f, 0xae, 0x2b }, false },
    { { 0x48, 0x0f, 0xae, 0x33 }, { 0x48, 0x0f, 0xae, 0x2b }, false },
    { { 0x48, 0x0f, 0xc7, 0x23 }, { 0x48, 0x0f, 0xae, 0x2b }, true },
    { { 0x48, 0x0f, 0xc7, 0x2b }, { 0x48, 0x0f, 0xc7, 0x1b }, true },
};

Test(xsave, all_forms_bring_everything_back)
{
    for (unsigned i = 0; i < COUNT(forms); i++) {
        memset(area, 0, 4096);
        fill();
        cr_assert_eq(one(bench, forms[i].save, 4), NO_FAULT);
        cr_expect_eq(load_le64(area + 512), 0x203);
        cr_expect_eq(load_le64(area + 520), forms[i].compact ? BIT(63) | 0x203 : 0);
        cr_expect_eq(load_le32(area + (forms[i].compact ? 576 : 2688)), 0x50);
        forget();
        cr_assert_eq(one(bench, forms[i].restore, 4), NO_FAULT);
        is_filled();
        cr_expect_eq(cpu->pkru, 0x50);
    }
}

Test(xsave, initial_states_are_not_written_by_the_lazy)
{
    memset(area, 0xaa, 4096);
    memset(area + 512, 0, 64);
    forget();
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x33), NO_FAULT);     /* XSAVEOPT64 */
    cr_assert_eq(load_le64(area + 512), 0);
    cr_assert_eq(area[0], 0xaa);
    cr_assert_eq(area[2688], 0xaa);
    fill();
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x2b), NO_FAULT);     /* XRSTOR64: all initial */
    cr_assert_eq(cpu->fcw, 0x37f);
    cr_assert_eq(cpu->ftag, 0);
    cr_assert_eq(cpu->v[15].q[1], 0);
    cr_assert_eq(cpu->pkru, 0);
}

Test(xsave, only_what_is_asked_for_moves)
{
    fill();
    cpu->gpr[RAX] = 2;
    cpu->gpr[RDX] = 0;
    memset(area, 0, 4096);
    area[512] = 1;
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x23), NO_FAULT);
    cr_assert_eq(load_le64(area + 512), 3);
    cr_assert_eq(load_le16(area), 0);
    cr_assert_eq(load_le64(area + 160), 1);
    cr_assert_eq(load_le32(area + 24), 0x1fa0);
}

static int restore_with(unsigned at, u8 value)
{
    int fault;
    u8 was = area[at];

    area[at] = value;
    fault = ONE(bench, 0x48, 0x0f, 0xae, 0x2b);
    area[at] = was;
    return fault;
}

Test(xsave, headers_are_checked)
{
    memset(area, 0, 4096);
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x23), NO_FAULT);
    cr_assert_eq(restore_with(512, 4), V_GP, "AVX is not enabled");
    cr_assert_eq(restore_with(520, 1), V_GP);
    cr_assert_eq(restore_with(528, 1), V_GP);
    cr_assert_eq(restore_with(540, 1), NO_FAULT);
    cr_assert_eq(restore_with(527, 0x80), V_GP, "compacted, but not what is in it");
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xc7, 0x1b), V_GP, "XRSTORS: not compacted");
    cpu->gpr[RBX] = DATA + 16;
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x23), V_GP);
}

Test(xsave, xcr0_has_rules)
{
    static const struct { u64 value; int fault; } set[] = {
        { 0x203, NO_FAULT }, { 7, NO_FAULT }, { 1, NO_FAULT },
        { 0, V_GP }, { 2, V_GP }, { 5, V_GP }, { 6, V_GP }, { 0x11, V_GP },
    };

    for (unsigned i = 0; i < COUNT(set); i++) {
        cpu->gpr[RAX] = set[i].value;
        cpu->gpr[RCX] = cpu->gpr[RDX] = 0;
        cr_expect_eq(ONE(bench, 0x0f, 0x01, 0xd1), set[i].fault);
    }
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xd0), NO_FAULT);
    cr_assert_eq(cpu->gpr[RAX], 1);
    cpu->gpr[RCX] = 2;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xd0), V_GP);
    x86_write_cr4(cpu, cpu->cr4 & ~(u64)CR4_OSXSAVE);
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xd0), V_UD);
    cr_assert_eq(ONE(bench, 0x0f, 0xae, 0x23), V_UD);
}

/* ---- The upper halves of YMM registers: component 2 ---- */

static void with_avx(void)
{
    bare_enable_avx(bench);
    x86_write_xcr0(cpu, 0x207);
    fill();
    memset(area, 0, 4096);
    for (unsigned i = 0; i < 16; i++)
        cpu->v[i].q[2] = i + 201, cpu->v[i].q[3] = i + 301;
}

static void has_upper_halves(unsigned at)
{
    for (unsigned i = 0; i < 16; i++) {
        cr_assert_eq(load_le64(area + at + 16 * i), i + 201);
        cr_assert_eq(load_le64(area + at + 16 * i + 8), i + 301);
    }
}

Test(xsave, upper_halves_have_their_place)
{
    with_avx();
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x23), NO_FAULT);
    cr_assert_eq(load_le64(area + 512), 0x207);
    has_upper_halves(576);
    forget();
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x2b), NO_FAULT);
    is_filled();
    for (unsigned i = 0; i < 16; i++)
        cr_assert(cpu->v[i].q[2] == i + 201 && cpu->v[i].q[3] == i + 301);
}

Test(xsave, upper_halves_alone_go_with_mxcsr)
{
    with_avx();
    cpu->gpr[RAX] = 4;
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x23), NO_FAULT);
    cr_assert_eq(load_le64(area + 512), 4);
    cr_assert_eq(load_le32(area + 24), 0x1fa0, "MXCSR belongs to both");
    cr_assert_eq(load_le64(area + 160), 0, "XMM registers do not");
    cpu->mxcsr = 0x1f80;
    area[512] = 0;                                  /* initial */
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x2b), NO_FAULT);
    cr_assert_eq(cpu->mxcsr, 0x1fa0);
    cr_assert_eq(cpu->v[3].q[2] | cpu->v[3].q[3], 0);
    cr_assert_eq(cpu->v[3].q[0], 4);
    area[26] = 1;                                   /* a bit that MXCSR has not */
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x2b), V_GP);
}

Test(xsave, upper_halves_that_are_zero_are_not_in_use)
{
    with_avx();
    for (unsigned i = 0; i < 16; i++)
        cpu->v[i].q[2] = cpu->v[i].q[3] = 0;
    memset(area + 576, 0xee, 256);
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xae, 0x33), NO_FAULT);         /* xsaveopt64 */
    cr_assert_eq(load_le64(area + 512), 0x203);
    cr_assert_eq(area[576], 0xee);
    cpu->gpr[RCX] = 1;
    cr_assert_eq(ONE(bench, 0x0f, 0x01, 0xd0), NO_FAULT);               /* xgetbv */
    cr_assert_eq(cpu->gpr[RAX], 0x203);
}

/* Behind each other in the order of their numbers; PKRU where nothing is before it. */
Test(xsave, compacted_images_have_them_side_by_side)
{
    static const u8 with[2] = { 0x23 /* xsavec64 */, 0x2b /* xsaves64 */ };

    for (unsigned i = 0; i < 2; i++) {
        with_avx();
        cpu->gpr[RAX] = 0x204;
        cpu->gpr[RDX] = 0;
        cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xc7, with[i]), NO_FAULT);
        cr_assert_eq(load_le64(area + 520), BIT(63) | 0x204);
        has_upper_halves(576);
        cr_assert_eq(load_le64(area + 576 + 256), 0x50);
        forget();
        cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xc7, 0x1b), NO_FAULT);     /* xrstors64 */
        cr_assert_eq(cpu->v[15].q[3], 316);
        cr_assert_eq(cpu->pkru, 0x50);
    }
}

Test(xsave, avx_needs_sse_in_xcr0)
{
    static const struct { u64 value; int fault; } set[] = {
        { 7, NO_FAULT }, { 5, V_GP }, { 6, V_GP }, { 4, V_GP }, { 0x207, NO_FAULT },
    };

    with_avx();
    for (unsigned i = 0; i < COUNT(set); i++) {
        cpu->gpr[RAX] = set[i].value;
        cpu->gpr[RCX] = cpu->gpr[RDX] = 0;
        cr_expect_eq(ONE(bench, 0x0f, 0x01, 0xd1), set[i].fault);
    }
}

Test(xsave, cpuid_tells_of_the_component)
{
    struct cpuid r;

    with_avx();
    r = x86_cpuid(cpu, 0xd, 0);
    cr_assert_eq(r.eax, 0x207);
    cr_assert_eq(r.ebx, 2696);
    r = x86_cpuid(cpu, 0xd, 2);
    cr_assert_eq(r.eax, 256);
    cr_assert_eq(r.ebx, 576);
    cr_assert_eq(r.ecx, 0);
    x86_write_xcr0(cpu, 7);
    cr_assert_eq(x86_cpuid(cpu, 0xd, 0).ebx, 832);
}
