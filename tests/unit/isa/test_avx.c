/*
 * VEX, AVX and AVX2 where a case of one instruction in user code does not reach: tests/insn has
 * the rest. SDM 2 2.3, 2.4.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/decode.h"
#include "isa/x86/mode.h"
#include "isa/x86/operations.h"
#include "tests/unit/isa/one.h"

enum { RIP = 0x1000, ROOM = 15 };

static enum decode_result decode(struct bare *b, const u8 *bytes, struct insn *in)
{
    u8 code[32] = { 0 };

    memcpy(code, bytes, 8);
    return x86_decode(b->cpu, &(struct code){ code, ROOM }, RIP, in);
}

static unsigned fault_of(struct bare *b, const u8 *bytes)
{
    struct insn in;

    return decode(b, bytes, &in) == DECODE_FAULT ? in.op.dst : V_NONE;
}

static const char *name_of(struct bare *b, const u8 *bytes)
{
    struct insn in;

    return decode(b, bytes, &in) == DECODED ? x86_operations[in.row->operation].name : "none";
}

/* vpaddb ymm0, ymm1, ymm2; the same on memory at a register; by three bytes of VEX */
static const u8 vpaddb[8] = { 0xc5, 0xf5, 0xfc, 0xc2 };
static const u8 vpaddb_memory[8] = { 0xc5, 0xf5, 0xfc, 0x00 };
static const u8 vpaddb_long[8] = { 0xc4, 0xe1, 0xf5, 0xfc, 0xc2 };
static const u8 vpaddb_segment[8] = { 0x65, 0xc5, 0xf5, 0xfc, 0xc2 };

static struct bare *bench(void)
{
    struct bare *b = bare_create(1 << 20, NULL);

    bare_flat64(b, 0x10000);
    bare_enable_avx(b);
    return b;
}

Test(avx, is_there_when_its_state_is_enabled)
{
    struct bare *b = bench();

    cr_expect_str_eq(name_of(b, vpaddb), "vpaddb");
    cr_expect_str_eq(name_of(b, vpaddb_memory), "vpaddb");
    cr_expect_str_eq(name_of(b, vpaddb_long), "vpaddb");
    cr_expect_str_eq(name_of(b, vpaddb_segment), "vpaddb");
    b->cpu->cr4 &= ~(u32)CR4_OSXSAVE;
    x86_mode_update(b->cpu);
    cr_expect_eq(fault_of(b, vpaddb), V_UD, "without CR4.OSXSAVE");
    b->cpu->cr4 |= CR4_OSXSAVE;
    b->cpu->xcr0 = 3;
    b->cpu->cr0 |= CR0_TS;
    x86_mode_update(b->cpu);
    cr_expect_eq(fault_of(b, vpaddb), V_UD, "without XCR0's AVX, before #NM");
    b->cpu->xcr0 = 7;
    x86_mode_update(b->cpu);
    cr_expect_eq(fault_of(b, vpaddb), V_NM, "with CR0.TS");
    b->cpu->cr0 = (b->cpu->cr0 & ~(u32)CR0_TS) | CR0_EM;
    b->cpu->cr4 &= ~(u32)CR4_OSFXSR;
    x86_mode_update(b->cpu);
    cr_expect_str_eq(name_of(b, vpaddb), "vpaddb", "CR0.EM and CR4.OSFXSR do not matter");
    bare_destroy(b);
}

Test(avx, bears_no_other_way_to_say_what_vex_says)
{
    static const u8 before[] = { 0x66, 0xf2, 0xf3, 0xf0, 0x40, 0x48 };
    struct bare *b = bench();
    u8 bytes[8];

    for (unsigned i = 0; i < COUNT(before); i++) {
        bytes[0] = before[i];
        memcpy(bytes + 1, vpaddb, 7);
        cr_expect_eq(fault_of(b, bytes), V_UD, "%02x", before[i]);
    }
    /* A REX prefix that something follows is none. */
    cr_expect_str_eq(name_of(b, (const u8[8]){ 0x48, 0x65, 0xc5, 0xf5, 0xfc, 0xc2 }), "vpaddb");
    bare_destroy(b);
}

Test(avx, wants_vvvv_and_l_as_the_row_says)
{
    struct bare *b = bench();

    cr_expect_str_eq(name_of(b, (const u8[8]){ 0xc5, 0xfd, 0x6f, 0xc2 }), "vmovaps");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc5, 0xf5, 0x6f, 0xc2 }), V_UD, "vvvv is not used");
    cr_expect_str_eq(name_of(b, (const u8[8]){ 0xc5, 0xf9, 0x6e, 0xc2 }), "vmovd");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc5, 0xfd, 0x6e, 0xc2 }), V_UD, "L must be 0");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xe2, 0x7d, 0x5a, 0xc0 }), V_UD, "memory only");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xe4, 0x7d, 0x5a, 0x00 }), V_UD, "no such map");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xe0, 0x7d, 0x5a, 0x00 }), V_UD, "no such map");
    bare_destroy(b);
}

/* SDM: "In 64-bit mode, VEX.W1 is ignored", as REX.W is; it is not for those of 32 bits. */
Test(avx, ignores_w_where_bytes_and_words_are_put_in_and_taken_out)
{
    static const u8 forms[][8] = {
        { 0xc4, 0xe3, 0x71, 0x20, 0xc2, 1 }, { 0xc4, 0xe1, 0x71, 0xc4, 0xc2, 1 },
        { 0xc4, 0xe3, 0x79, 0x14, 0xc2, 1 }, { 0xc4, 0xe3, 0x79, 0x15, 0xc2, 1 },
        { 0xc4, 0xe1, 0x79, 0xc5, 0xc2, 1 },
    };
    struct bare *b = bench();

    for (unsigned i = 0; i < COUNT(forms); i++) {
        u8 wide[8], l[8];
        char name[32];

        memcpy(wide, forms[i], sizeof wide);
        memcpy(l, forms[i], sizeof l);
        wide[2] |= 0x80;
        l[2] |= 0x84;
        strcpy(name, name_of(b, forms[i]));
        cr_expect_str_eq(name_of(b, wide), name);
        cr_expect_eq(fault_of(b, l), V_UD, "L must be 0");
    }
    cr_expect_str_eq(name_of(b, (const u8[8]){ 0xc4, 0xe3, 0xf1, 0x22, 0xc2, 1 }), "vpinsrq");
    bare_destroy(b);
}

Test(avx, has_eight_registers_outside_of_64_bit_code)
{
    struct bare *b = bench();
    struct insn in;

    cr_assert_eq(decode(b, (const u8[8]){ 0xc4, 0xc1, 0x35, 0xfc, 0xc2 }, &in), DECODED);
    cr_expect_eq(in.op.src, 9);
    cr_expect_eq(in.op.base, 10);
    bare_flat32(b);
    bare_enable_avx(b);
    cr_assert_eq(decode(b, (const u8[8]){ 0xc4, 0xc1, 0x35, 0xfc, 0xc2 }, &in), DECODED);
    cr_expect_eq(in.op.src, 1);
    cr_expect_eq(in.op.base, 2);
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xc1, 0x3d, 0x6f, 0xc2 }), V_UD,
                 "all four bits must be ones where they name nothing");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xc1, 0x7d, 0x6f, 0xc2 }), V_NONE);
    bare_destroy(b);
}

/* LES and LDS have memory operands; what would be registers is VEX, in protected mode. */
Test(avx, leaves_les_and_lds_alone)
{
    static const u8 les[8] = { 0xc4, 0x03 }, lds[8] = { 0xc5, 0x03 };
    struct bare *b = bench();

    cr_expect_eq(fault_of(b, les), V_UD, "64-bit code has neither: map 3, no such opcode");
    bare_flat32(b);
    bare_enable_avx(b);
    cr_expect_str_eq(name_of(b, les), "les");
    cr_expect_str_eq(name_of(b, lds), "lds");
    cr_expect_str_eq(name_of(b, vpaddb), "vpaddb");
    cr_expect_str_eq(name_of(b, vpaddb_memory), "vpaddb");
    b->cpu->features[F_AVX >> 6] &= ~BIT(F_AVX & 63);
    b->cpu->features[F_AVX2 >> 6] &= ~BIT(F_AVX2 & 63);
    cr_expect_eq(fault_of(b, vpaddb), V_UD);
    bare_real(b);
    bare_enable_avx(b);
    cr_expect_str_eq(name_of(b, les), "les");
    cr_expect_eq(fault_of(b, vpaddb), V_UD, "real mode has no VEX");
    b->cpu->cr0 |= CR0_PE;
    b->cpu->eflags |= VM;
    x86_mode_update(b->cpu);
    cr_expect_str_eq(name_of(b, les), "les");
    cr_expect_eq(fault_of(b, vpaddb), V_UD, "nor has virtual-8086 mode");
    bare_destroy(b);
}

/* ---- Registers ---- */

static void number_lanes(struct x86 *cpu)
{
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 4; k++)
            cpu->v[i].q[k] = 16 * (i + 1) + k;
}

Test(avx, clears_the_upper_half_where_sse_keeps_it)
{
    struct bare *b = bench();
    struct x86 *cpu = b->cpu;

    number_lanes(cpu);
    cr_assert_eq(ONE(b, 0x66, 0x0f, 0xd4, 0xc1), NO_FAULT);             /* paddq xmm0, xmm1 */
    cr_expect_eq(cpu->v[0].q[1], 0x32);
    cr_expect_eq(cpu->v[0].q[2], 0x12);
    cr_expect_eq(cpu->v[0].q[3], 0x13);
    cr_assert_eq(ONE(b, 0xc5, 0xe9, 0xd4, 0xc1), NO_FAULT);         /* vpaddq xmm0, xmm2, xmm1 */
    cr_expect_eq(cpu->v[0].q[1], 0x52);
    cr_expect_eq(cpu->v[0].q[2] | cpu->v[0].q[3], 0);
    cr_assert_eq(ONE(b, 0xc5, 0xed, 0xd4, 0xc1), NO_FAULT);         /* vpaddq ymm0, ymm2, ymm1 */
    cr_expect_eq(cpu->v[0].q[2], 0x54);
    cr_expect_eq(cpu->v[0].q[3], 0x56);
    bare_destroy(b);
}

Test(avx, clears_all_registers_that_the_mode_has)
{
    struct bare *b = bench();
    struct x86 *cpu = b->cpu;

    number_lanes(cpu);
    cr_assert_eq(ONE(b, 0xc5, 0xf8, 0x77), NO_FAULT);                   /* vzeroupper */
    for (unsigned i = 0; i < 16; i++) {
        cr_expect_eq(cpu->v[i].q[1], 16 * (i + 1) + 1);
        cr_expect_eq(cpu->v[i].q[2] | cpu->v[i].q[3], 0);
    }
    bare_flat32(b);
    bare_enable_avx(b);
    number_lanes(cpu);
    cr_assert_eq(ONE(b, 0xc5, 0xfc, 0x77), NO_FAULT);                   /* vzeroall */
    for (unsigned i = 0; i < 16; i++)
        cr_expect_eq(cpu->v[i].q[0], i < 8 ? 0 : 16 * (i + 1));
    bare_destroy(b);
}

/* ---- Memory: the page from HOLE on is not there ---- */

enum { HOLE = 0x200000, TABLE = 0x12000 };

static struct bare *bench_with_hole(bool there)
{
    struct bare *b = bare_create(4 << 20, NULL);
    u64 none = there ? HOLE | 0x87 : 0;

    bare_flat64(b, 0x10000);
    bare_store(b, TABLE + 8, &none, 8);
    bare_enable_avx(b);
    for (unsigned i = 0; i < 64; i++)
        b->ram->host[HOLE - 32 + i] = (u8)(i + 1);
    return b;
}

/* vmovups ymm0, [rbx]; vmovups [rbx], ymm1; vmovaps ymm0, [rbx] */
#define VMOVUPS_LOAD    0xc5, 0xfc, 0x10, 0x03
#define VMOVUPS_STORE   0xc5, 0xfc, 0x11, 0x0b
#define VMOVAPS_LOAD    0xc5, 0xfc, 0x28, 0x03

Test(avx, reaches_across_pages)
{
    struct bare *b = bench_with_hole(true);
    struct x86 *cpu = b->cpu;

    for (unsigned warm = 0; warm < 2; warm++) {
        number_lanes(cpu);
        cpu->gpr[RBX] = HOLE - 5;
        cr_assert_eq(ONE(b, VMOVUPS_LOAD), NO_FAULT);
        cr_expect_eq(memcmp(cpu->v[0].q, b->ram->host + HOLE - 5, 32), 0);
        cpu->gpr[RBX] = HOLE - 29;
        cr_assert_eq(ONE(b, VMOVUPS_STORE), NO_FAULT);
        cr_expect_eq(memcmp(cpu->v[1].q, b->ram->host + HOLE - 29, 32), 0);
    }
    bare_destroy(b);
}

Test(avx, leaves_no_trace_of_what_faults)
{
    struct bare *b = bench_with_hole(false);
    struct x86 *cpu = b->cpu;
    u8 before[32];

    number_lanes(cpu);
    memcpy(before, b->ram->host + HOLE - 32, 32);
    cpu->gpr[RBX] = HOLE - 31;
    cr_assert_eq(ONE(b, VMOVUPS_LOAD), V_PF);
    cr_expect_eq(cpu->cr2, HOLE);
    cr_expect_eq(cpu->v[0].q[0], 0x10);
    cr_assert_eq(ONE(b, VMOVUPS_STORE), V_PF);
    cr_expect_eq(memcmp(before, b->ram->host + HOLE - 32, 32), 0);
    cpu->gpr[RBX] = HOLE - 32;
    cr_expect_eq(ONE(b, VMOVAPS_LOAD), NO_FAULT);
    cpu->gpr[RBX] = HOLE - 48;
    cr_expect_eq(ONE(b, VMOVAPS_LOAD), V_GP, "32 bytes are aligned to 32");
    cr_expect_eq(ONE(b, VMOVUPS_LOAD), NO_FAULT);
    bare_destroy(b);
}

/* vpmaskmovd ymm0, ymm2, [rbx] and vpmaskmovd [rbx], ymm2, ymm1 */
#define VPMASKMOVD_LOAD     0xc4, 0xe2, 0x6d, 0x8c, 0x03
#define VPMASKMOVD_STORE    0xc4, 0xe2, 0x6d, 0x8e, 0x0b

/* Two of eight elements are before the hole. */
Test(avx, touches_only_what_a_mask_selects)
{
    struct bare *b = bench_with_hole(false);
    struct x86 *cpu = b->cpu;
    const u8 *data = b->ram->host + HOLE - 8;
    u8 before[8];

    number_lanes(cpu);
    cpu->gpr[RBX] = HOLE - 8;
    memset(cpu->v[2].q, 0, 32);
    cpu->v[2].q[0] = UINT64_C(0x80000000ffffffff);
    cr_assert_eq(ONE(b, VPMASKMOVD_LOAD), NO_FAULT);
    cr_expect_eq(memcmp(cpu->v[0].q, data, 8), 0);
    cr_expect_eq(cpu->v[0].q[1] | cpu->v[0].q[2] | cpu->v[0].q[3], 0);
    cr_assert_eq(ONE(b, VPMASKMOVD_STORE), NO_FAULT);
    cr_expect_eq(memcmp(cpu->v[1].q, data, 8), 0);
    cpu->v[2].q[3] = BIT(63);
    memcpy(before, data, 8);
    cpu->v[1].q[0] = 0;
    cr_expect_eq(ONE(b, VPMASKMOVD_LOAD), V_PF);
    cr_expect_eq(cpu->cr2, HOLE + 20);
    cr_expect_eq(ONE(b, VPMASKMOVD_STORE), V_PF);
    cr_expect_eq(memcmp(before, data, 8), 0, "all is checked before the first is written");
    cpu->v[2].q[0] = cpu->v[2].q[3] = 0;
    cpu->gpr[RBX] = HOLE + 64;
    cr_expect_eq(ONE(b, VPMASKMOVD_LOAD), NO_FAULT, "nothing is selected");
    bare_destroy(b);
}

/* vpgatherdq ymm0, [rbx + 8 * xmm1], ymm2 */
#define VPGATHERDQ  0xc4, 0xe2, 0xed, 0x90, 0x04, 0xcb

Test(avx, goes_on_with_a_gather_where_it_was)
{
    struct bare *b = bench_with_hole(false);
    struct x86 *cpu = b->cpu;
    u64 entry = HOLE | 0x87;

    number_lanes(cpu);
    cpu->gpr[RBX] = HOLE - 32;
    cpu->v[1].q[0] = 1 | UINT64_C(3) << 32;
    cpu->v[1].q[1] = 4 | (u64)(u32)-1 << 32;        /* the first of the hole; before the data */
    for (unsigned i = 0; i < 4; i++)
        cpu->v[2].q[i] = i == 1 ? INT64_MAX : BIT(63);
    cr_assert_eq(ONE(b, VPGATHERDQ), V_PF);
    cr_expect_eq(cpu->cr2, HOLE);
    cr_expect_eq(cpu->v[0].q[0], 0x100f0e0d0c0b0a09);
    cr_expect_eq(cpu->v[0].q[1], 0x11, "not selected");
    cr_expect_eq(cpu->v[0].q[2], 0x12, "not yet");
    cr_expect_eq(cpu->v[2].q[0] | cpu->v[2].q[1], 0);
    cr_expect_eq(cpu->v[2].q[2] >> 63, 1);
    cr_expect_eq(cpu->v[2].q[3] >> 63, 1);
    bare_store(b, TABLE + 8, &entry, 8);
    memset(b->ram->host + HOLE - 24, 0, 8);         /* must not be read again */
    cr_assert_eq(ONE(b, VPGATHERDQ), NO_FAULT);
    cr_expect_eq(cpu->v[0].q[0], 0x100f0e0d0c0b0a09);
    cr_expect_eq(cpu->v[0].q[1], 0x11);
    cr_expect_eq(cpu->v[0].q[2], 0x2827262524232221);
    cr_expect_eq(cpu->v[0].q[3], 0);
    cr_expect_eq(cpu->v[2].q[0] | cpu->v[2].q[1] | cpu->v[2].q[2] | cpu->v[2].q[3], 0);
    bare_destroy(b);
}

Test(avx, gathers_by_three_registers_that_differ)
{
    struct bare *b = bench();

    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xe2, 0xfd, 0x90, 0x04, 0xcb }), V_UD, "mask");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xe2, 0xf5, 0x90, 0x04, 0xcb }), V_UD, "index");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xe2, 0xed, 0x90, 0x0c, 0xcb }), V_UD, "all");
    cr_expect_eq(fault_of(b, (const u8[8]){ 0xc4, 0xe2, 0xed, 0x90, 0x03 }), V_UD, "no SIB");
    cr_expect_eq(fault_of(b, (const u8[8]){ VPGATHERDQ }), V_NONE);
    bare_destroy(b);
}
