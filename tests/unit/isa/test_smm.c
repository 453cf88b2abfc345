/* System management mode: in, out, and what is refused on the way out. SDM 3C chapter 31. */
#include <criterion/criterion.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/mode.h"
#include "tests/unit/isa/one.h"

enum { TABLES = 0x10000, SMBASE = 0x30000 };

static struct bare *bench;
static struct x86 *cpu;

static u64 peek(u64 at, unsigned size)
{
    u64 v = 0;

    memcpy(&v, bench->ram->host + at, size);
    return v;
}

static void poke(u64 at, u64 v, unsigned size)
{
    bare_store(bench, at, &v, size);
}

#define put(at, ...) \
    bare_store(bench, at, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void begin_64(void)
{
    bench = bare_create(1 << 20, "max");
    cpu = bench->cpu;
    bare_flat64(bench, TABLES);
    cpu->rip = CODE;
}

static void end(void)
{
    bare_destroy(bench);
}

static void run(void)
{
    machine_run(bench->machine, bench->machine->clock.now + 1000);
}

static void smi(void)
{
    cpu->cpu.dev.type->pin(&cpu->cpu.dev, X86_SMI, true);
}

static void through_smm(void)
{
    static u8 before[sizeof cpu->seg], gpr[sizeof cpu->gpr];
    u64 cr3 = cpu->cr3, efer = cpu->efer;
    u32 cr0 = cpu->cr0, cr4 = cpu->cr4, flags;

    put(SMBASE + 0x8000, 0x0f, 0xaa);           /* rsm */
    put(CODE, 0x90, 0xeb, 0xfd);
    for (unsigned i = 0; i < 16; i++)
        cpu->gpr[i] = x86_has(cpu, F_LM) ? 0x1234567800001000 + i : 0x87650000 + i;
    x86_set_arithmetic(cpu, CF | SF);
    flags = x86_flags(cpu);
    memcpy(before, cpu->seg, sizeof before);
    memcpy(gpr, cpu->gpr, sizeof gpr);
    smi();
    x86_attend(cpu);
    cr_assert(cpu->in_smm);
    cr_assert_eq(cpu->seg[CS].base, SMBASE);
    cr_assert_eq(cpu->rip, 0x8000);
    cr_assert_eq(cpu->cr0 & (CR0_PE | CR0_PG), 0);
    machine_run(bench->machine, bench->machine->clock.now + 1);
    cr_assert(!cpu->in_smm);
    cr_assert_arr_eq(cpu->seg, before, sizeof before);
    cr_assert_arr_eq(cpu->gpr, gpr, sizeof gpr);
    cr_assert_eq(cpu->rip, CODE);
    cr_assert_eq(cpu->cr3, cr3);
    cr_assert_eq(cpu->efer, efer);
    cr_assert_eq(cpu->cr0, cr0);
    cr_assert_eq(cpu->cr4, cr4);
    cr_assert_eq(x86_flags(cpu), flags);
}

Test(smm, long_mode_comes_back)
{
    begin_64();
    through_smm();
    cr_assert_eq(peek(SMBASE + 0xfefc, 4), 0x20064);
    cr_assert_eq(peek(SMBASE + 0xff00, 4), SMBASE);
    end();
}

Test(smm, protected_mode_comes_back)
{
    bench = bare_create(1 << 20, "max,-lm");
    cpu = bench->cpu;
    bare_flat32(bench);
    cpu->rip = CODE;
    cpu->cr4 = 0;
    through_smm();
    cr_assert_eq(peek(SMBASE + 0xfefc, 4), 0x20000);
    cr_assert_eq(peek(SMBASE + 0xfef8, 4), SMBASE);
    end();
}

Test(smm, smbase_moves_with_rsm)
{
    begin_64();
    put(SMBASE + 0x8000, 0x0f, 0xaa);
    put(CODE, 0xf4);
    smi();
    x86_attend(cpu);
    poke(SMBASE + 0xff00, 0xa0000, 4);
    run();
    cr_assert_eq(cpu->smbase, 0xa0000);
    end();
}

Test(smm, a_halted_cpu_halts_again)
{
    begin_64();
    put(SMBASE + 0x8000, 0x0f, 0xaa);
    put(CODE, 0xf4);
    run();
    smi();
    run();
    cr_assert_eq(cpu->activity, HALTED);
    cr_assert_eq(cpu->rip, CODE + 1);
    end();
}

/* Into SMM, what it saved is changed there, and out again. */
static void changed_in_smm(u32 at, u64 value, unsigned size)
{
    begin_64();
    put(SMBASE + 0x8000, 0x0f, 0xaa);
    put(CODE, 0xf4);
    smi();
    x86_attend(cpu);
    poke(SMBASE + 0x8000 + at, value, size);
    run();
}

/* Offsets are those of the 64-bit map; begin_64() leaves the CPU in long mode, with PAE. */
Test(smm, what_cannot_be_in_control_registers_leads_to_shutdown)
{
    enum {
        MAP_EFER = 0x7ed0, MAP_CR4 = 0x7f48, MAP_CR0 = 0x7f58, MAP_FLAGS = 0x7f70,
        CS_ATTR = 0x7e12,
    };
    enum { LONG = EFER_LME | EFER_LMA };
    static const struct { u32 at; u64 value; u8 size; bool sound; } row[] = {
        { MAP_CR0,   CR0_PG | CR0_PE,           4, true },
        { MAP_CR0,   CR0_PG,                    4, false },
        { MAP_CR0,   CR0_PG | CR0_PE | CR0_NW,  4, false },
        { MAP_CR0,   CR0_PE,                    4, false },     /* LMA without PG */
        { MAP_CR4,   CR4_PAE,                   4, true },
        { MAP_CR4,   CR4_PAE | 1u << 31,        4, false },
        { MAP_CR4,   CR4_PAE | CR4_CET,         4, false },     /* without WP */
        { MAP_CR4,   0,                         4, false },     /* long mode without PAE */
        { MAP_EFER,  LONG,                      8, true },
        { MAP_EFER,  LONG | 1 << 1,             8, false },
        { MAP_EFER,  EFER_LME,                  8, false },
        { MAP_EFER,  EFER_LMA,                  8, false },
        { MAP_FLAGS, VM,                        4, false },
        { CS_ATTR,   0xe9b,                     2, false },     /* L and D */
    };

    for (unsigned i = 0; i < COUNT(row); i++) {
        changed_in_smm(row[i].at, row[i].value, row[i].size);
        cr_expect_eq(cpu->activity, row[i].sound ? HALTED : SHUTDOWN, "row %u", i);
        end();
    }
}

Test(smm, registers_take_from_memory_what_they_have)
{
    changed_in_smm(0x7f70, UINT32_MAX & ~(u32)(VM | TF), 4);
    cr_expect_eq(cpu->eflags & ~(u32)(FLAGS_ARITHMETIC | RF), 0x3c7600 | 2);
    end();
    changed_in_smm(0x7f68, UINT64_MAX, 8);
    cr_expect_eq(cpu->dr[6], 0xffffefff);
    end();
    changed_in_smm(0x7f60, ~UINT64_C(0xff), 8);
    cr_expect_eq(cpu->dr[7], 0xffff2700);
    end();
    changed_in_smm(0x7ecb, 0xfc, 1);
    cr_expect_eq(cpu->cpl, 0);
    end();
}

Test(smm, rsm_elsewhere_is_illegal)
{
    begin_64();
    cr_assert_eq(ONE(bench, 0x0f, 0xaa), V_UD);
    end();
}
