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
#include "tests/insn/bare.h"

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
