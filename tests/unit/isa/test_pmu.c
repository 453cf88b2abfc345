/* Performance counters: what they count is known exactly, and where they overflow too. */
#include <criterion/criterion.h>

#include "core/snapshot.h"
#include "isa/x86/apic.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/mode.h"
#include "isa/x86/msr.h"
#include "tests/insn/programs.h"
#include "tests/insn/random.h"
#include "tests/unit/isa/one.h"

enum {
    PMC = 0xc1, PERFEVTSEL = 0x186, FIXED = 0x309, CAPABILITIES = 0x345, FIXED_CONTROL = 0x38d,
    STATUS = 0x38e, GLOBAL = 0x38f, STATUS_RESET = 0x390, STATUS_SET = 0x391, IN_USE = 0x392,
    WIDE_PMC = 0x4c1, DEBUGCTL = 0x1d9,
};
enum {
    BOTH = 3 << 16, EDGE = 1 << 18, INT = 1 << 20, EN = 1 << 22, INV = 1 << 23, CMASK1 = 1 << 24,
};
enum { INSTRUCTIONS = 0xc0, CYCLES = 0x3c, BRANCHES = 0xc4 };
enum { ENTRY = 0x8000, STACK = 0x7000, IDT = 0x1000, HANDLER = 0x9000, FULL = 0x40 };

static struct bare *bench;

static u64 get(u32 number)
{
    u64 v = 0;

    cr_assert(x86_msr_read(bench->cpu, number, &v), "%x", number);
    return v;
}

static void put(u32 number, u64 v)
{
    cr_assert(x86_msr_write(bench->cpu, number, v), "%x: %llx", number, (unsigned long long)v);
}

static bool refused(u32 number, u64 v)
{
    return !x86_msr_write(bench->cpu, number, v);
}

static void begin(const void *code, size_t bytes)
{
    bench = bare_create(1 << 20, "max");
    bare_flat32(bench);
    bare_store(bench, ENTRY, code, bytes);
    bench->cpu->gpr[RSP] = STACK;
    bench->cpu->rip = ENTRY;
}
#define BEGIN(...) \
    begin((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void run(void)
{
    for (unsigned i = 0; i < 1000 && bench->cpu->activity == RUNNING; i++)
        machine_run(bench->machine, bench->machine->clock.now + MICROSECOND);
    cr_assert_eq(bench->cpu->activity, HALTED);
    machine_retired(bench->machine);            /* settles */
}

static void count(unsigned n, u64 select)
{
    put(PERFEVTSEL + n, select | BOTH | EN);
}

/* ---- What is counted ---- */

/* mov ecx, 100; again: inc eax; dec ecx; jnz again; hlt */
#define LOOP_OF_100 0xb9, 100, 0, 0, 0, 0x40, 0x49, 0x75, 0xfc, 0xf4

Test(pmu, a_loop_is_counted_exactly)
{
    BEGIN(LOOP_OF_100);
    count(0, INSTRUCTIONS);
    count(1, CYCLES);
    count(2, BRANCHES);
    put(FIXED_CONTROL, 0x333);
    put(GLOBAL, 0x7000000ff);
    run();
    cr_expect_eq(get(PMC), 1 + 300 + 1);
    cr_expect_eq(get(PMC + 1), 302);
    cr_expect_eq(get(PMC + 2), 100);
    cr_expect_eq(get(FIXED), 302);
    cr_expect_eq(get(FIXED + 1), 302);
    cr_expect_eq(get(FIXED + 2), 302);
    bare_destroy(bench);
}

Test(pmu, time_asleep_is_no_cycle)
{
    BEGIN(LOOP_OF_100);
    count(0, CYCLES);
    run();
    machine_run(bench->machine, bench->machine->clock.now + SECOND);
    machine_retired(bench->machine);
    cr_expect_eq(get(PMC), 302);
    bare_destroy(bench);
}

/* mov ecx, 1000; mov esi, esp; mov edi, esp; rep lodsb; rep lodsb (of none); hlt */
#define REPEATED 0xb9, 0xe8, 3, 0, 0, 0x89, 0xe6, 0x89, 0xe7, 0xf3, 0xac, 0xf3, 0xac, 0xf4

Test(pmu, a_repeated_instruction_is_one)
{
    BEGIN(REPEATED);
    count(0, INSTRUCTIONS);
    count(1, CYCLES);
    run();
    cr_expect_eq(get(PMC), 6);
    cr_expect_eq(get(PMC + 1), 3 + 1000 + 2);
    bare_destroy(bench);
}

/* mov ecx, 10; mov edx, 80h; mov edi, esp; rep insb; hlt */
Test(pmu, repeated_input_is_one_instruction)
{
    BEGIN(0xb9, 10, 0, 0, 0, 0xba, 0x80, 0, 0, 0, 0x89, 0xe7, 0xf3, 0x6c, 0xf4);
    count(0, INSTRUCTIONS);
    count(1, CYCLES);
    run();
    cr_expect_eq(get(PMC), 5);
    cr_expect_eq(get(PMC + 1), 14);
    bare_destroy(bench);
}

Test(pmu, thresholds_and_edges_look_at_cycles)
{
    BEGIN(REPEATED);
    count(0, INSTRUCTIONS | CMASK1);
    count(1, INSTRUCTIONS | CMASK1 | INV);
    count(2, INSTRUCTIONS | CMASK1 | EDGE);
    count(3, CYCLES | (u64)2 << 24 | INV);
    count(4, CYCLES | (u64)2 << 24);
    count(5, INSTRUCTIONS);
    run();
    cr_expect_eq(get(PMC), 6);
    cr_expect_eq(get(PMC + 1), 999);            /* iterations with which nothing ends */
    cr_expect_eq(get(PMC + 2), 2);              /* before them, and behind */
    cr_expect_eq(get(PMC + 3), 1005);
    cr_expect_eq(get(PMC + 4), 0);
    cr_expect_eq(get(PMC + 5), 6);
    bare_destroy(bench);
}

/* A call that ends, then one for which there is no stack. */
Test(pmu, a_branch_that_faults_is_none)
{
    BEGIN(0xe8, 0, 0, 0, 0, 0xbc, 0, 0, 0, 0x80, 0xe8, 0, 0, 0, 0);
    count(0, BRANCHES);
    count(1, INSTRUCTIONS);
    bench->cpu->seg[SS].limit = 0x7fff;
    bench->cpu->seg[SS].attr &= ~(u32)SEG_G;
    x86_mode_update(bench->cpu);
    for (unsigned i = 0; i < 100 && bench->cpu->activity == RUNNING; i++)
        machine_run(bench->machine, bench->machine->clock.now + MICROSECOND);
    machine_retired(bench->machine);
    cr_expect_eq(bench->cpu->activity, SHUTDOWN);
    cr_expect_eq(get(PMC), 1);
    cr_expect_eq(get(PMC + 1), 2);
    bare_destroy(bench);
}

enum { DIRECTORY = 0x10000, TABLE = 0x11000, LOW = 0x12000 };
enum { LOADS = 0xe08, STORES = 0xe49, FETCHES = 0xe85, ITLB_MISSES = 0x481 };

/* Three pages from 400000h on, the first of which has room for code. */
static void prepare_paging(void)
{
    static const u32 directory[] = { LOW | 3, TABLE | 3 }, code = ENTRY | 3;
    static const u32 table[] = { 0x20003, 0x21003, 0x22003, 0 };

    bare_store(bench, DIRECTORY, directory, sizeof directory);
    bare_store(bench, TABLE, table, sizeof table);
    bare_store(bench, LOW + (ENTRY >> 12) * 4, &code, sizeof code);
    bench->cpu->idtr[0] = (struct table_register){ 0, 0 };     /* a #PF is not delivered */
    bench->cpu->gpr[RAX] = DIRECTORY;
    bench->cpu->gpr[RBX] = CR0_PG | CR0_ET | CR0_PE;
}

static void run_to_the_end(void)
{
    for (unsigned i = 0; i < 100 && bench->cpu->activity == RUNNING; i++)
        machine_run(bench->machine, bench->machine->clock.now + MICROSECOND);
    machine_retired(bench->machine);
}

/*
 * Paging is switched on; two loads from one page and one from another, a store to a third and one
 * to the first; a page is forgotten and loaded from once more; a load from one that is not there.
 */
Test(pmu, page_walks_are_counted_exactly)
{
    /* mov cr3, eax; mov cr0, ebx; ... */
    BEGIN(0x0f, 0x22, 0xd8, 0x0f, 0x22, 0xc3,
          0xa1, 0x00, 0x00, 0x40, 0x00, 0xa1, 0x00, 0x10, 0x40, 0x00,
          0xa1, 0x04, 0x00, 0x40, 0x00, 0xa3, 0x00, 0x20, 0x40, 0x00,
          0xa3, 0x00, 0x00, 0x40, 0x00, 0x0f, 0x01, 0x3d, 0x00, 0x10, 0x40, 0x00, /* invlpg */
          0xa1, 0x00, 0x10, 0x40, 0x00, 0xa1, 0x00, 0x30, 0x40, 0x00);
    prepare_paging();
    count(0, LOADS);
    count(1, STORES);
    put(GLOBAL, 0xff);
    run_to_the_end();
    cr_expect_eq(bench->cpu->cr2, 0x403000);
    cr_expect_eq(get(PMC), 3);
    cr_expect_eq(get(PMC + 1), 2);
    bare_destroy(bench);
}

/*
 * Paging is switched on (a walk for the page behind that), a function in another page called twice
 * (a walk), then forgotten and called again (a walk); an instruction that begins at its end reaches
 * into a page that is new (a walk), and one there jumps to where nothing is.
 */
Test(pmu, page_walks_for_code_are_counted_exactly)
{
    enum { GONE = 0x403000 };
    /* mov cr3, eax; mov cr0, ebx; call FUNCTION; call FUNCTION; invlpg [FUNCTION]; ... */
    BEGIN(0x0f, 0x22, 0xd8, 0x0f, 0x22, 0xc3, 0xb9, 0x00, 0x00, 0x40, 0x00,     /* mov ecx */
          0xff, 0xd1, 0xff, 0xd1, 0x0f, 0x01, 0x39, 0xff, 0xd1,                 /* call ecx */
          0xb9, 0xfd, 0x0f, 0x40, 0x00, 0xff, 0xe1);                            /* jmp ecx */
    static const u8 function[] = { 0x90, 0xc3 };
    static const u8 across[] = { 0xb9, 0x00, 0x30, 0x40, 0x00, 0xff, 0xe1 };
    const u32 stack = ((STACK - 4) & ~0xfffu) | 3;

    prepare_paging();
    bare_store(bench, LOW + (STACK - 4) / 4096 * 4, &stack, sizeof stack);
    bare_store(bench, 0x20000, function, sizeof function);
    bare_store(bench, 0x20ffd, across, sizeof across);
    count(0, FETCHES);
    count(1, ITLB_MISSES);
    count(2, LOADS);
    put(GLOBAL, 0xff);
    run_to_the_end();
    cr_expect_eq(bench->cpu->cr2, GONE);
    cr_expect_eq(get(PMC), 4);
    cr_expect_eq(get(PMC + 1), 4);
    cr_expect_eq(get(PMC + 2), 1);              /* RET's */
    bare_destroy(bench);
}

/* ---- Interrupts ---- */

static void prepare_interrupt(u32 mode)
{
    struct x86 *cpu = bench->cpu;
    static const u64 gdt[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
    u64 gate = 0x00008e0000080000 | HANDLER;

    bare_store(bench, 0x3000, gdt, sizeof gdt);
    cpu->gdtr[0] = (struct table_register){ 0x3000, sizeof gdt - 1 };
    bare_store(bench, IDT + 8 * FULL, &gate, 8);
    bare_store(bench, IDT + 8 * V_NMI, &gate, 8);
    cpu->idtr[0] = (struct table_register){ IDT, 0x7ff };
    bare_store(bench, HANDLER, (const u8[]){ 0xf4 }, 1);
    put(0x1b, 0xfee00000 | APIC_ON);
    put(0x1b, 0xfee00000 | APIC_ON | APIC_X2);
    put(0x80f, 0x1ff);
    put(0x834, FULL | mode);
    cpu->eflags |= IF;
}

static u32 pushed(unsigned n)
{
    u32 v;

    memcpy(&v, bench->ram->host + STACK - 12 + 4 * n, 4);
    return v;
}

/* Instructions of one byte: where it is interrupted says how many there were. */
static void expect_interrupt_behind(u64 n, u32 select, u32 msr, u32 mode)
{
    u8 code[400];

    memset(code, 0x40, sizeof code);
    begin(code, sizeof code);
    prepare_interrupt(mode);
    count(0, select | INT);
    put(FIXED_CONTROL, msr == FIXED ? 0xb : 0);
    put(GLOBAL, msr == FIXED ? (u64)1 << 32 : 1);
    put(msr, (0 - n) & 0xffffffffffff);
    run();
    cr_expect_eq(pushed(0), ENTRY + n, "%llu: %x", (unsigned long long)n, pushed(0));
    cr_expect_eq(get(STATUS), msr == FIXED ? (u64)1 << 32 : 1);
    cr_expect(get(0x834) & LVT_MASKED);
    bare_destroy(bench);
}

Test(pmu, the_interrupt_comes_behind_the_instruction_that_fills_the_counter)
{
    for (u64 n = 1; n < 100; n++) {
        expect_interrupt_behind(n, INSTRUCTIONS, WIDE_PMC, 0);
        expect_interrupt_behind(n, CYCLES, WIDE_PMC, DELIVER_NMI << LVT_MODE_SHIFT);
        expect_interrupt_behind(n, INSTRUCTIONS | CMASK1, WIDE_PMC, 0);
        expect_interrupt_behind(n, INSTRUCTIONS, FIXED, 0);
    }
    expect_interrupt_behind(300, INSTRUCTIONS, FIXED, 0);
}

Test(pmu, the_hundredth_branch_is_found_in_a_loop)
{
    BEGIN(0xb9, 0, 1, 0, 0, 0x40, 0x49, 0x75, 0xfc, 0xf4);
    prepare_interrupt(0);
    count(0, BRANCHES | INT);
    put(WIDE_PMC, 0xffffffffffff - 99);
    run();
    cr_expect_eq(pushed(0), ENTRY + 5);
    cr_expect_eq(bench->cpu->gpr[RAX], 100);
    bare_destroy(bench);
}

Test(pmu, counters_freeze_with_the_interrupt)
{
    BEGIN(LOOP_OF_100);
    prepare_interrupt(0);
    put(DEBUGCTL, 1 << 12);
    count(0, INSTRUCTIONS | INT);
    count(1, CYCLES);
    put(WIDE_PMC, 0xffffffffffff - 49);
    bare_store(bench, HANDLER, (const u8[]){ 0x90, 0x90, 0xf4 }, 3);
    run();
    cr_expect_eq(get(STATUS), (u64)1 << 59 | 1);
    cr_expect_eq(get(PMC), 0);
    cr_expect_eq(get(PMC + 1), 50);
    put(STATUS_RESET, (u64)1 << 59 | 1);
    cr_expect_eq(get(STATUS), 0);
    bare_destroy(bench);
}

/* ---- Registers ---- */

Test(pmu, registers_refuse_what_is_reserved)
{
    BEGIN(0xf4);
    put(PMC, 0x123456789);
    cr_expect_eq(get(PMC), 0x23456789);
    put(PMC + 7, 0x80000000);
    cr_expect_eq(get(PMC + 7), 0xffff80000000);
    cr_expect_eq(get(WIDE_PMC + 7), 0xffff80000000);
    put(WIDE_PMC, 0xffff12345678);
    cr_expect_eq(get(PMC), 0xffff12345678);
    cr_expect(refused(WIDE_PMC, (u64)1 << 48));
    cr_expect(refused(PMC + 8, 0));
    cr_expect(refused(FIXED, (u64)1 << 48));
    cr_expect(refused(FIXED + 3, 0));
    cr_expect(refused(PERFEVTSEL, (u64)1 << 32));
    cr_expect(refused(PERFEVTSEL, 1 << 21));
    cr_expect(refused(FIXED_CONTROL, 4));
    cr_expect(refused(FIXED_CONTROL, 0x1000));
    cr_expect(refused(GLOBAL, 0x100));
    cr_expect(refused(GLOBAL, (u64)1 << 35));
    cr_expect(refused(STATUS, 0));
    cr_expect(refused(CAPABILITIES, 0));
    cr_expect(refused(STATUS_SET, (u64)1 << 63));
    put(STATUS_SET, 5);
    cr_expect_eq(get(STATUS), 5);
    put(PERFEVTSEL + 3, INSTRUCTIONS);
    put(FIXED_CONTROL, 0x80);
    cr_expect_eq(get(IN_USE), (u64)1 << 63 | 8);
    cr_expect_eq(get(CAPABILITIES), 0x3005);
    bare_destroy(bench);
}

Test(pmu, rdpmc_needs_permission_and_a_counter)
{
    struct x86 *cpu;

    BEGIN(0xf4);
    cpu = bench->cpu;
    put(WIDE_PMC + 2, 0x123456789abc);
    put(FIXED + 1, 0x1234);
    cpu->gpr[RCX] = 2;
    cr_expect_eq(ONE(bench, 0x0f, 0x33), NO_FAULT);
    cr_expect_eq(cpu->gpr[RAX], 0x56789abc);
    cr_expect_eq(cpu->gpr[RDX], 0x1234);
    cpu->gpr[RCX] = 0x40000001;
    cpu->cpl = 3;
    cr_expect_eq(ONE(bench, 0x0f, 0x33), V_GP);
    cpu->cr4 |= CR4_PCE;
    cr_expect_eq(ONE(bench, 0x0f, 0x33), NO_FAULT);
    cr_expect_eq(cpu->gpr[RAX], 0x1234);
    cpu->gpr[RCX] = 8;
    cr_expect_eq(ONE(bench, 0x0f, 0x33), V_GP);
    cpu->gpr[RCX] = 0x40000003;
    cr_expect_eq(ONE(bench, 0x0f, 0x33), V_GP);
    bare_destroy(bench);
}

static const struct { const char *model; u32 eax, edx, ecx; } leaves[] = {
    { "core2", 0x07280202, 0x503, 0 }, { "nehalem", 0x07300403, 0x603, 0 },
    { "max", 0x07300805, 0x8603, 7 },
};

Test(pmu, cpuid_tells_of_the_counters)
{
    for (unsigned i = 0; i < COUNT(leaves); i++) {
        struct bare *b = bare_create(1 << 20, leaves[i].model);
        struct cpuid r = x86_cpuid(b->cpu, 0xa, 0);

        cr_expect_eq(r.eax, leaves[i].eax);
        cr_expect_eq(r.ebx, 0x58);
        cr_expect_eq(r.ecx, leaves[i].ecx);
        cr_expect_eq(r.edx, leaves[i].edx);
        bare_destroy(b);
    }
}

Test(pmu, the_p6_has_two_and_one_switch)
{
    bench = bare_create(1 << 20, "pentium3");
    bare_flat32(bench);
    bare_store(bench, ENTRY, (const u8[]){ LOOP_OF_100 }, 10);
    bench->cpu->rip = ENTRY;
    put(PERFEVTSEL + 1, INSTRUCTIONS | BOTH);
    put(PERFEVTSEL, 0x79 | BOTH | EN);
    run();
    cr_expect_eq(get(PMC), 302);
    cr_expect_eq(get(PMC + 1), 302);
    cr_expect(refused(PMC + 2, 0));
    cr_expect(refused(GLOBAL, 0));
    bare_destroy(bench);
}

/* ---- How a program is run is not seen in them ---- */

static void start(const struct program *p)
{
    bench = program_start(p);
    count(0, INSTRUCTIONS);
    count(1, BRANCHES);
    put(FIXED_CONTROL, 0x333);
    put(GLOBAL, 0x7000000ff);
}

static struct digest finish(u64 until)
{
    struct digest d;

    machine_run(bench->machine, until);
    d = machine_hash(bench->machine);
    bare_destroy(bench);
    return d;
}

static void save_and_load(const struct program *p)
{
    struct bare *from = bench;
    struct buffer snapshot = { 0 };
    struct error *none = NULL;

    cr_assert(snapshot_save(&snapshot, from->machine, none));
    bench = program_start(p);
    cr_assert(snapshot_load(bench->machine, snapshot.bytes, snapshot.used, none));
    buffer_clear(&snapshot);
    bare_destroy(from);
}

Test(pmu, counts_are_the_same_in_blocks_in_steps_and_from_snapshots, .timeout = 280)
{
    struct rng r = rng_seeded("counts", 0);

    for (unsigned i = 0; i < program_count; i++) {
        const struct program *p = &programs[i];
        struct digest whole, steps, cuts;
        u64 end, length;

        start(p);
        cr_assert(program_finish(bench));
        end = bench->machine->clock.now;
        length = machine_retired(bench->machine);
        cr_expect_gt(get(PMC + 1), 0);
        whole = finish(end);

        start(p);
        while (!program_halted(bench))
            machine_run(bench->machine, bench->machine->clock.now + 1);
        steps = finish(end);

        start(p);
        for (unsigned k = 0; k < 5; k++) {
            machine_run(bench->machine,
                        bench->machine->clock.now + 1 + rng_below(&r, length / 5));
            save_and_load(p);
        }
        cuts = finish(end);
        cr_expect(whole.low == steps.low && whole.high == steps.high, "%s, steps", p->name);
        cr_expect(whole.low == cuts.low && whole.high == cuts.high, "%s, cuts", p->name);
    }
}
