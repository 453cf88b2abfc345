/* What instructions cost with a timing model. */
#include <criterion/criterion.h>

#include "core/error.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/mode.h"
#include "isa/x86/timing.h"
#include "tests/unit/isa/one.h"

static struct bare *timed(const char *timing)
{
    struct bare *b = bare_create(1 << 20, "486,+tsc");
    struct error err;

    if (timing)
        cr_assert(x86_timing_find(timing, &b->cpu->timing, &err), "%s", err.text);
    b->cpu->hz = SECOND;                                    /* a cycle is a nanosecond */
    b->cpu->reserve = b->cpu->timing ? TIMED_RESERVE : BLOCK_MAX;
    bare_flat32(b);
    return b;
}

/* Runs code up to HLT; the cycles without it. */
static u64 cycles(struct bare *b, const u8 *code, size_t count)
{
    static const u8 halt = 0xf4;
    u64 before;

    bare_store(b, CODE, code, count);
    bare_store(b, CODE + count, &halt, 1);
    b->cpu->rip = CODE;
    b->cpu->activity = RUNNING;
    before = b->machine->clock.now;
    while (b->cpu->activity == RUNNING)
        machine_run(b->machine, before + 100000);
    return b->cpu->cycles - before - (b->cpu->timing ? 4 : 1);
}

static const struct { u8 code[12], count; u64 expected; } samples[] = {
    { { 0x90, 0x90, 0x90 }, 3, 3 },
    { { 0x01, 0xd8 }, 2, 1 },                               /* ADD EAX, EBX */
    { { 0x03, 0x05, 0, 0x90, 0, 0 }, 6, 2 },                /* ADD EAX, [9000h] */
    { { 0x01, 0x05, 0, 0x90, 0, 0 }, 6, 3 },                /* ADD [9000h], EAX */
    { { 0xf7, 0xf3 }, 2, 40 },                              /* DIV EBX */
    { { 0x66, 0xf7, 0xf3 }, 3, 25 },
    { { 0xf6, 0xf3 }, 2, 16 },
    { { 0xeb, 0x00 }, 2, 3 },                               /* JMP */
    { { 0x39, 0xc0, 0x74, 0x00 }, 4, 4 },                   /* CMP EAX, EAX; JZ: taken */
    { { 0x39, 0xc0, 0x75, 0x00 }, 4, 2 },                   /* JNZ: not taken */
    { { 0xf3, 0xa4 }, 2, 12 + 3 * 10 },                     /* REP MOVSB */
    { { 0xa4 }, 1, 7 },
    { { 0xe2, 0xfe }, 2, 9 * 7 + 6 },                       /* LOOP to itself */
    { { 0xd1, 0xe0 }, 2, 3 },                               /* SHL EAX, 1 */
    { { 0xc1, 0xe0, 4 }, 3, 2 },                            /* SHL EAX, 4 */
    { { 0xd1, 0x15, 0, 0x90, 0, 0 }, 6, 4 },                /* RCL [9000h], 1 */
    { { 0xe4, 0x80 }, 2, 9 },                               /* IN AL, 80h */
    { { 0xd8, 0xc1 }, 2, 10 },                              /* FADD ST(1) */
    { { 0xd9, 0xfe }, 2, 241 },                             /* FSIN */
};

static void prepare(struct bare *b)
{
    struct x86 *cpu = b->cpu;

    x87_init(cpu);
    cpu->ftag = 0xff;
    cpu->gpr[RAX] = 5;
    cpu->gpr[RBX] = 3;
    cpu->gpr[RDX] = 0;
    cpu->gpr[RCX] = 10;
    cpu->gpr[RSI] = DATA;
    cpu->gpr[RDI] = DATA + 0x100;
    cpu->gpr[RSP] = 0x7000;
}

Test(timing, instructions_cost_what_the_table_says)
{
    struct bare *b = timed("486");

    for (unsigned i = 0; i < COUNT(samples); i++) {
        u64 took;

        prepare(b);
        took = cycles(b, samples[i].code, samples[i].count);
        cr_expect_eq(took, samples[i].expected, "sample %u took %llu", i, (unsigned long long)took);
    }
    bare_destroy(b);
}

Test(timing, instructions_are_counted_apart_from_cycles)
{
    static const u8 code[] = { 0xf7, 0xf3, 0x01, 0xd8, 0xf3, 0xa4, 0xe2, 0xfe };
    struct bare *a = timed(NULL), *b = timed("486");

    prepare(a);
    prepare(b);
    b->cpu->gpr[RCX] = a->cpu->gpr[RCX] = 10;
    cycles(a, code, 6);
    cycles(b, code, 6);
    cr_assert_eq(a->cpu->cpu.retired, b->cpu->cpu.retired);
    cr_assert_eq(a->cpu->cpu.retired, 13);
    bare_destroy(a);
    bare_destroy(b);
}

/* The counter in the middle of a block, and after a fault's unwinding, is exact. */
Test(timing, the_counter_agrees_with_the_costs)
{
    static const u8 code[] = {
        0x0f, 0x31, 0x89, 0xc6,             /* RDTSC; MOV ESI, EAX */
        0xf7, 0xe3, 0x01, 0xd8,             /* MUL EBX; ADD EAX, EBX */
        0x0f, 0x31, 0x29, 0xf0,             /* RDTSC; SUB EAX, ESI */
        0xf7, 0xf3,                         /* DIV EBX: charged, but behind */
    };
    struct bare *b = timed("486");
    struct x86 *cpu = b->cpu;

    prepare(b);
    cpu->gpr[RBX] = 1;
    cycles(b, code, sizeof code - 2);
    cr_assert_eq(cpu->gpr[RAX], 1 + 13 + 1 + 3);
    bare_destroy(b);
}

/* One at a time, or in blocks: the time is the same wherever it stops. */
Test(timing, is_the_same_one_instruction_at_a_time)
{
    static const u8 code[] = {
        0xb9, 20, 0, 0, 0, 0xbf, 0, 0x91, 0, 0, 0xf3, 0xab,     /* MOV ECX; MOV EDI; REP STOSD */
        0xb1, 5, 0xf7, 0xe3, 0x01, 0x05, 0, 0x90, 0, 0,         /* MOV CL; MUL; ADD [9000h] */
        0x39, 0xd8, 0x74, 0x01, 0x90, 0xe2, 0xf1,               /* CMP; JZ; NOP; LOOP */
        0xeb, 0xdf,
    };
    struct bare *a = timed("486"), *b = timed("486");

    bare_store(a, CODE, code, sizeof code);
    bare_store(b, CODE, code, sizeof code);
    prepare(a);
    prepare(b);
    a->cpu->rip = b->cpu->rip = CODE;
    b->cpu->hz = SECOND;                                    /* a cycle is a nanosecond */
    b->cpu->reserve = INT32_MAX;                            /* never room for a block */
    for (u64 until = 1000; until < 200000; until += 1237) {
        machine_run(a->machine, until);
        machine_run(b->machine, until);
        cr_assert_eq(a->cpu->cycles, b->cpu->cycles);
        cr_assert_eq(a->cpu->cpu.retired, b->cpu->cpu.retired);
        cr_assert_eq(a->cpu->rip, b->cpu->rip);
        cr_assert_eq(memcmp(a->cpu->gpr, b->cpu->gpr, sizeof a->cpu->gpr), 0);
    }
    bare_destroy(a);
    bare_destroy(b);
}

Test(timing, unknown_models_are_refused)
{
    const struct timing *t;
    struct error err;

    cr_assert(x86_timing_find("fixed", &t, &err));
    cr_assert_null(t);
    cr_assert_not(x86_timing_find("z80", &t, &err));
    cr_assert_str_eq(err.text, "no timing model is called \"z80\"; there are fixed, 486");
}
