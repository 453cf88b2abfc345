/* Integer instructions: what vectors of single instructions do not reach. */
#include <criterion/criterion.h>

#include "isa/x86/mode.h"
#include "tests/insn/random.h"
#include "tests/unit/isa/one.h"

static struct bare *bench;

static void power_on(const char *model, bool wide)
{
    bench = bare_create(1 << 20, model);
    if (wide)
        bare_flat64(bench, 0x80000);
    else
        bare_flat32(bench);
    bench->cpu->gpr[RSP] = 0x7000;
}

static u32 word_at(u64 address)
{
    u32 v;

    memcpy(&v, bench->ram->host + address, sizeof v);
    return v;
}

static void put_word(u64 address, u32 v)
{
    bare_store(bench, address, &v, sizeof v);
}

/* ---- Frames ---- */

/* The stack lies in the block that ENTER begins: its operands are still needed by then. */
Test(frames, enter_may_write_over_its_own_block)
{
    power_on("max", false);
    bench->cpu->rip = 0x8000;
    bench->cpu->gpr[RSP] = 0x8014;
    bare_store(bench, 0x8000, (const u8[]){ 0xc8, 0x10, 0x00, 0x01 }, 4);
    memset(bench->ram->host + 0x8004, 0x90, 28);
    bench->ram->host[0x8020] = 0xf4;
    machine_run(bench->machine, bench->machine->clock.now + 100);
    cr_assert_eq(bench->cpu->gpr[RBP], 0x8010);
    cr_assert_eq(bench->cpu->gpr[RSP], 0x800c - 0x10);
    bare_destroy(bench);
}

/* ---- Bits and exchanges ---- */

Test(bits, a_register_reaches_beyond_the_operand)
{
    power_on("max", false);
    bench->cpu->gpr[RAX] = (u32)-33;            /* the top bit of the doubleword before the last */
    bench->cpu->gpr[RBX] = DATA;
    cr_assert_eq(ONE(bench, 0x0f, 0xab, 0x03), NO_FAULT);       /* bts [ebx], eax */
    cr_assert_eq(word_at(DATA - 8), 0x80000000);
    cr_assert(!(x86_flags(bench->cpu) & CF));
    cr_assert_eq(ONE(bench, 0x0f, 0xbb, 0x03), NO_FAULT);       /* btc */
    cr_assert_eq(word_at(DATA - 8), 0);
    cr_assert(x86_flags(bench->cpu) & CF);
    cr_assert_eq(ONE(bench, 0x0f, 0xba, 0x2b, 37), NO_FAULT);   /* bts [ebx], 37: modulo 32 */
    cr_assert_eq(word_at(DATA), 0x20);
    bare_destroy(bench);
}

Test(bits, address_wraps_with_the_address_size)
{
    power_on("max", false);
    bench->cpu->gpr[RAX] = 0x7fffffff;
    bench->cpu->gpr[RBX] = 0xf0008ffc;
    cr_assert_eq(ONE(bench, 0x0f, 0xab, 0x03), NO_FAULT);
    cr_assert_eq(word_at(0x8ff8), 0x80000000);
    bare_destroy(bench);
}

Test(exchange, nop_is_not_an_exchange_but_with_rex_b)
{
    power_on("max", true);
    bench->cpu->gpr[RAX] = 0x1111111122222222;
    bench->cpu->gpr[R8] = 3;
    ONE(bench, 0x90);
    cr_assert_eq(bench->cpu->gpr[RAX], 0x1111111122222222);
    ONE(bench, 0x49, 0x90);
    cr_assert_eq(bench->cpu->gpr[RAX], 3);
    cr_assert_eq(bench->cpu->gpr[R8], 0x1111111122222222);
    bare_destroy(bench);
}

Test(exchange, sixteen_bytes_are_aligned)
{
    struct x86 *cpu;

    power_on("max", true);
    cpu = bench->cpu;
    cpu->gpr[RSI] = DATA + 8;
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xc7, 0x0e), V_GP);
    cpu->gpr[RSI] = DATA + 16;
    cpu->gpr[RDX] = 0;
    cpu->gpr[RBX] = 5;
    cpu->gpr[RCX] = 6;
    cr_assert_eq(ONE(bench, 0xf0, 0x48, 0x0f, 0xc7, 0x0e), NO_FAULT);
    cr_assert(x86_flags(cpu) & ZF);
    cr_assert_eq(word_at(DATA + 16), 5);
    cr_assert_eq(word_at(DATA + 24), 6);
    cr_assert_eq(ONE(bench, 0x48, 0x0f, 0xc7, 0x0e), NO_FAULT);
    cr_assert(!(x86_flags(cpu) & ZF));
    cr_assert_eq(cpu->gpr[RAX], 5);
    cr_assert_eq(cpu->gpr[RDX], 6);
    bare_destroy(bench);
}

Test(exchange, lock_goes_with_memory_only)
{
    power_on("max", false);
    bench->cpu->gpr[RBX] = DATA;
    cr_assert_eq(ONE(bench, 0xf0, 0x0f, 0xb1, 0x0b), NO_FAULT);
    cr_assert_eq(ONE(bench, 0xf0, 0x0f, 0xb1, 0xcb), V_UD);
    cr_assert_eq(ONE(bench, 0xf0, 0x0f, 0xa3, 0x0b), V_UD);     /* bt */
    cr_assert_eq(ONE(bench, 0xf0, 0xd1, 0x23), V_UD);           /* shl */
    bare_destroy(bench);
}

/* ---- Division ---- */

Test(division, refuses_zero_and_what_does_not_fit)
{
    struct x86 *cpu;

    power_on("max", true);
    cpu = bench->cpu;
    cpu->gpr[RDX] = 5;
    cpu->gpr[RCX] = 5;
    cr_assert_eq(ONE(bench, 0x48, 0xf7, 0xf1), V_DE);
    cpu->gpr[RCX] = 6;
    cr_assert_eq(ONE(bench, 0x48, 0xf7, 0xf1), NO_FAULT);
    cr_assert_eq(cpu->gpr[RAX], 0xd555555555555555);
    cpu->gpr[RAX] = 0;
    cpu->gpr[RDX] = 1ull << 63;
    cpu->gpr[RCX] = UINT64_MAX;
    cr_assert_eq(ONE(bench, 0x48, 0xf7, 0xf9), V_DE);
    cpu->gpr[RAX] = 1ull << 63;
    cpu->gpr[RDX] = UINT64_MAX;
    cr_assert_eq(ONE(bench, 0x48, 0xf7, 0xf9), V_DE);
    cpu->gpr[RCX] = 1;
    cr_assert_eq(ONE(bench, 0x48, 0xf7, 0xf9), NO_FAULT);
    cr_assert_eq(cpu->gpr[RAX], 1ull << 63);
    cr_assert_eq(cpu->gpr[RDX], 0);
    bare_destroy(bench);
}

/* ---- Frames ---- */

Test(frames, enter_copies_the_outer_display)
{
    struct x86 *cpu;

    power_on("max", false);
    cpu = bench->cpu;
    cpu->gpr[RBP] = 0x6000;
    put_word(0x5ffc, 0x1234);
    cr_assert_eq(ONE(bench, 0xc8, 0x10, 0x00, 0x02), NO_FAULT); /* enter 16, 2 */
    cr_assert_eq(cpu->gpr[RBP], 0x6ffc);
    cr_assert_eq(cpu->gpr[RSP], 0x7000 - 12 - 16);
    cr_assert_eq(word_at(0x6ffc), 0x6000);
    cr_assert_eq(word_at(0x6ff8), 0x1234);
    cr_assert_eq(word_at(0x6ff4), 0x6ffc);
    bare_destroy(bench);
}

Test(frames, pusha_and_popa_pass_over_the_stack_pointer)
{
    struct x86 *cpu;

    power_on("max", false);
    cpu = bench->cpu;
    for (unsigned i = 0; i < 8; i++)
        cpu->gpr[i] = i == RSP ? 0x7000 : i + 1;
    ONE(bench, 0x60);
    cr_assert_eq(cpu->gpr[RSP], 0x7000 - 32);
    cr_assert_eq(word_at(0x7000 - 20), 0x7000);
    put_word(0x7000 - 20, 0x55);
    for (unsigned i = 0; i < 8; i++)
        if (i != RSP)
            cpu->gpr[i] = 0;
    ONE(bench, 0x61);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(cpu->gpr[i], i == RSP ? 0x7000 : i + 1);
    bare_destroy(bench);
}

/* SS has 16 bits here; 66 61. */
Test(frames, popad_of_a_386_takes_the_upper_half_of_esp_from_its_place)
{
    static const struct { const char *model; u32 esp; } row[] = {
        { "386", 0xdead7000 }, { "486", 0x00017000 }, { "max", 0x00017000 },
    };

    for (unsigned i = 0; i < COUNT(row); i++) {
        bench = bare_create(1 << 20, row[i].model);
        bare_real(bench);
        bench->cpu->gpr[RSP] = 0x17000 - 32;
        put_word(0x7000 - 20, 0xdeadbeef);
        cr_assert_eq(ONE(bench, 0x66, 0x61), NO_FAULT);
        cr_assert_eq((u32)bench->cpu->gpr[RSP], row[i].esp, "%s", row[i].model);
        bench->cpu->gpr[RSP] = 0x17000 - 16;
        cr_assert_eq(ONE(bench, 0x61), NO_FAULT);
        cr_assert_eq((u32)bench->cpu->gpr[RSP], 0x17000, "%s", row[i].model);
        bare_destroy(bench);
    }
}

/* ---- Addresses ---- */

Test(addresses, a_386_scales_the_base_when_there_is_no_index)
{
    static const struct { const char *model; u32 scaled, with_displacement; } row[] = {
        { "386", 0x8000 << 2, (0x7000 << 3) + 5 }, { "486", 0x8000, 0x7000 + 5 },
        { "max", 0x8000, 0x7000 + 5 },
    };

    for (unsigned i = 0; i < COUNT(row); i++) {
        power_on(row[i].model, false);
        bench->cpu->gpr[RBX] = 0x8000;
        ONE(bench, 0x8d, 0x04, 0xa3);                           /* lea eax, [ebx*4], as if */
        cr_assert_eq(bench->cpu->gpr[RAX], row[i].scaled, "%s", row[i].model);
        ONE(bench, 0x8d, 0x44, 0xe4, 0x05);                     /* lea eax, [esp*8+5] */
        cr_assert_eq(bench->cpu->gpr[RAX], row[i].with_displacement, "%s", row[i].model);
        ONE(bench, 0x8d, 0x04, 0x65, 0x78, 0x56, 0x34, 0x12);   /* neither base nor index */
        cr_assert_eq(bench->cpu->gpr[RAX], 0x12345678, "%s", row[i].model);
        bare_destroy(bench);
    }
}

Test(frames, bound_is_signed_and_includes_both_ends)
{
    struct x86 *cpu;

    power_on("max", false);
    cpu = bench->cpu;
    cpu->gpr[RBX] = DATA;
    put_word(DATA, (u32)-2);
    put_word(DATA + 4, 3);
    cpu->gpr[RAX] = (u32)-2;
    cr_assert_eq(ONE(bench, 0x62, 0x03), NO_FAULT);
    cpu->gpr[RAX] = 3;
    cr_assert_eq(ONE(bench, 0x62, 0x03), NO_FAULT);
    cpu->gpr[RAX] = 4;
    cr_assert_eq(ONE(bench, 0x62, 0x03), V_BR);
    cpu->gpr[RAX] = (u32)-3;
    cr_assert_eq(ONE(bench, 0x62, 0x03), V_BR);
    bare_destroy(bench);
}

/* ---- Strings: many iterations at once are as good as one at a time ---- */

enum { WINDOW = 0x20000, PLACE = 0x6010, CYCLES = 2500 };
enum world { REAL, FLAT32, FLAT64, WORLDS };

static void enter_world(struct bare *b, enum world world)
{
    if (world == FLAT64)
        bare_flat64(b, 0x80000);
    else if (world == FLAT32)
        bare_flat32(b);
    else
        bare_real(b);
}

/* Near to one another, to page ends, and often to the code. */
static u64 some_index(struct rng *r, enum world world)
{
    u64 at = rng_one_in(r, 3) ? PLACE - 40 + rng_below(r, 80)
        : 0x1000 * rng_below(r, world == REAL ? 16 : 20) - 20 + rng_below(r, 40);

    return world == REAL ? (u16)at : at & 0x1ffff;
}

static unsigned some_string(struct rng *r, enum world world, u8 *code)
{
    static const u8 opcode[] = { 0xa4, 0xa6, 0xaa, 0xac, 0xae };
    static const u8 before[] = { 0xf2, 0xf3, 0xf3, 0xf3 };
    unsigned n = 0;

    if (rng_one_in(r, 4))
        code[n++] = 0x66;
    if (rng_one_in(r, 6))
        code[n++] = 0x67;
    if (!rng_one_in(r, 8))
        code[n++] = before[rng_below(r, COUNT(before))];
    if (world == FLAT64 && rng_one_in(r, 3))
        code[n++] = 0x48;
    code[n++] = (u8)(opcode[rng_below(r, COUNT(opcode))] | rng_below(r, 2));
    memcpy(code + n, (u8[]){ 0x40, 0xeb, 0xfd }, 3);    /* inc eax; jmp to it: or a REX */
    return n + 3;
}

static void set_up(struct bare *b, enum world world, u64 seed)
{
    struct rng r = rng_seeded("strings", seed);
    struct x86 *cpu = b->cpu;
    static u8 memory[WINDOW];
    bool alike = rng_one_in(&r, 2);
    u64 page = rng_below(&r, 2) * 0xff0, filler = rng_below(&r, 3);

    for (unsigned i = 0; i < WINDOW; i++)
        memory[i] = alike ? (u8)(filler + (i % 1000 == 0)) : (u8)rng_next(&r);
    some_string(&r, world, memory + PLACE + page);
    bare_store(b, 0, memory, WINDOW);
    enter_world(b, world);
    cpu->activity = RUNNING;
    cpu->rip = PLACE + page;
    cpu->gpr[RAX] = alike ? filler * 0x0101010101010101 : rng_next(&r);
    cpu->gpr[RCX] = rng_one_in(&r, 4) ? rng_below(&r, 9) : rng_below(&r, 6000);
    cpu->gpr[RSI] = some_index(&r, world);
    cpu->gpr[RDI] = rng_one_in(&r, 2) ? cpu->gpr[RSI] + rng_below(&r, 20) - 10
        : some_index(&r, world);
    if (world == REAL)
        cpu->gpr[RDI] = (u16)cpu->gpr[RDI];
    cpu->gpr[RSP] = 0xf000;
    x86_set_flags(cpu, (u32)(rng_next(&r) & (FLAGS_ARITHMETIC | DF)));
}

/* In turns of so many cycles at most: 1 is a step, many are spans. */
static void run_in_turns(struct bare *b, u64 seed, u64 most)
{
    struct rng r = rng_seeded("turns", seed);
    u64 end = b->machine->clock.now + CYCLES;

    while (b->machine->clock.now < end) {
        u64 turn = b->machine->clock.now + 1 + rng_below(&r, most);

        machine_run(b->machine, turn < end ? turn : end);
    }
}

static void compare(struct bare *a, struct bare *b, enum world world, u64 seed)
{
    x86_settle(&a->cpu->cpu);
    x86_settle(&b->cpu->cpu);
    for (unsigned i = 0; i < 16; i++)
        cr_assert_eq(a->cpu->gpr[i], b->cpu->gpr[i], "world %d, seed %lu, register %u",
                     world, (unsigned long)seed, i);
    cr_assert_eq(a->cpu->rip, b->cpu->rip, "world %d, seed %lu", world, (unsigned long)seed);
    cr_assert_eq(a->cpu->eflags, b->cpu->eflags, "world %d, seed %lu", world, (unsigned long)seed);
    cr_assert_eq(a->cpu->cpu.retired, b->cpu->cpu.retired, "world %d, seed %lu", world,
                 (unsigned long)seed);
    cr_assert_arr_eq(a->ram->host, b->ram->host, a->ram->size);
    cr_assert_arr_eq(a->cpu->page, b->cpu->page, sizeof a->cpu->page);
}

static void strings_in(enum world world, const char *model, unsigned seeds)
{
    struct bare *a = bare_create(1 << 20, model), *b = bare_create(1 << 20, model);

    a->cpu->hz = b->cpu->hz = SECOND;
    for (u64 seed = 0; seed < seeds; seed++) {
        set_up(a, world, seed);
        set_up(b, world, seed);
        run_in_turns(a, seed, seed & 1 ? CYCLES : 300);
        run_in_turns(b, seed, 1);
        compare(a, b, world, seed);
    }
    bare_destroy(a);
    bare_destroy(b);
}

Test(strings, run_as_they_step_in_real_mode) { strings_in(REAL, "max", 200); }
Test(strings, run_as_they_step_on_an_8086) { strings_in(REAL, "8086", 200); }
Test(strings, run_as_they_step_on_an_80286) { strings_in(REAL, "286", 200); }
Test(strings, run_as_they_step_with_32_bits) { strings_in(FLAT32, "max", 200); }
Test(strings, run_as_they_step_with_64_bits) { strings_in(FLAT64, "max", 200); }

/* ---- What a repetition costs, and what it leaves behind ---- */

Test(strings, an_iteration_is_an_instruction)
{
    struct x86 *cpu;
    u64 before;

    power_on("max", false);
    cpu = bench->cpu;
    bare_store(bench, CODE, (u8[]){ 0xf3, 0xab, 0xeb, 0xfe }, 4);
    cpu->rip = CODE;
    cpu->gpr[RDI] = DATA;
    cpu->gpr[RCX] = 1000;
    cpu->gpr[RAX] = 0x12345678;
    before = cpu->cpu.retired;
    machine_run(bench->machine, bench->machine->clock.now + 400);
    cr_assert_eq(cpu->cpu.retired - before, 400);
    cr_assert_eq(cpu->gpr[RCX], 600);
    cr_assert_eq(cpu->gpr[RDI], DATA + 1600);
    cr_assert_eq(cpu->rip, CODE);
    machine_run(bench->machine, bench->machine->clock.now + 605);
    cr_assert_eq(cpu->gpr[RCX], 0);
    cr_assert_eq(cpu->rip, CODE + 2);
    cr_assert_eq(word_at(DATA + 3996), 0x12345678);
    cr_assert_eq(word_at(DATA + 4000), 0);
    bare_destroy(bench);
}

Test(strings, a_count_of_zero_costs_one_and_changes_nothing)
{
    struct x86 *cpu;

    power_on("max", false);
    cpu = bench->cpu;
    cpu->gpr[RDI] = DATA;
    x86_set_flags(cpu, CF | ZF);
    cr_assert_eq(ONE(bench, 0xf3, 0xae), NO_FAULT);
    cr_assert_eq(cpu->gpr[RDI], DATA);
    cr_assert_eq(cpu->cycles, 1);
    cr_assert_eq(x86_flags(cpu) & FLAGS_ARITHMETIC, CF | ZF);
    bare_destroy(bench);
}

Test(strings, a_fault_shows_how_far_it_came)
{
    struct x86 *cpu;

    power_on("max", false);
    cpu = bench->cpu;
    cpu->seg[ES].limit = DATA + 0x1800;
    x86_mode_update(cpu);
    bare_store(bench, CODE, (u8[]){ 0xf3, 0xa5 }, 2);
    cpu->rip = CODE;
    cpu->gpr[RSI] = 0x1000;
    cpu->gpr[RDI] = DATA + 2;
    cpu->gpr[RCX] = 0x1000;
    machine_run(bench->machine, bench->machine->clock.now + 5000);
    cr_assert_eq(cpu->gpr[RDI], DATA + 0x17fe);
    cr_assert_eq(cpu->gpr[RSI], 0x1000 + 0x17fc);
    cr_assert_eq(cpu->gpr[RCX], 0x1000 - 0x5ff);
    bare_destroy(bench);
}

/* Handlers that called one another would use up the stack in a loop as long as this. */
Test(strings, do_not_pile_up)
{
    struct x86 *cpu;

    power_on("max", false);
    cpu = bench->cpu;
    bare_store(bench, CODE,
               (u8[]){ 0xb1, 0x02, 0xf3, 0xa4, 0xaa, 0xac, 0xae, 0xa6, 0xeb, 0xf6 }, 10);
    cpu->rip = CODE;
    cpu->gpr[RSI] = cpu->gpr[RDI] = 0x10000;
    machine_run(bench->machine, bench->machine->clock.now + 1500000);
    cr_assert_eq(cpu->activity, RUNNING);
    bare_destroy(bench);
}
