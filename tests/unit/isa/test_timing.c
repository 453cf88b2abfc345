/*
 * What forms of instructions cost is what published tables say: the forms and their clocks stand in
 * timing_forms.def, taken from those and not from isa/x86/timing_486.def and timing_pentium.def.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/error.h"
#include "core/snapshot.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/mode.h"
#include "isa/x86/operations.h"
#include "isa/x86/timing.h"
#include "isa/x86/x86.h"
#include "tests/insn/bare.h"

enum {
    GDT = 0x1000, IDT = 0x2000, HANDLER = 0x3000, TSS = 0x4000, STACK = 0x7f00, CODE = 0x8000,
    DATA = 0x9000, BOUNDS = 0xa000, OPERAND = 0xb000,
};

struct form {
    const char *text;
    int         bits;
    const char *code;
    size_t      size, before;
    unsigned    i486[2], pentium[2];
};

static const struct form forms[] = {
#define FORM(text, bits, code, before, a, b, c, d) \
    { text, bits, code, sizeof(code) - 1, before, { a, b }, { c, d } },
#include "tests/unit/isa/timing_forms.def"
};

static struct bare *create(const char *timing)
{
    struct bare *b = bare_create_timed(1 << 20, "pentium", timing);

    b->cpu->hz = SECOND;
    return b;
}

static void store32(struct bare *b, u64 at, u32 v)
{
    bare_store(b, at, &v, 4);
}

static void descriptor(struct bare *b, unsigned selector, u32 low, u32 high)
{
    store32(b, GDT + selector, low);
    store32(b, GDT + selector + 4, high);
}

/* Interrupts lead to a HLT; descriptors are those of bare_flat32, and a task state segment. */
static void tables(struct bare *b, int bits)
{
    struct x86 *cpu = b->cpu;

    descriptor(b, 0x08, 0x0000ffff, 0x00cf9b00);
    descriptor(b, 0x10, 0x0000ffff, 0x00cf9300);
    descriptor(b, 0x18, TSS << 16 | 0x67, 0x00008900);
    cpu->gdtr[0] = (struct table_register){ GDT, 0x1f };
    for (unsigned v = 0; v < 256 && bits == 32; v++) {
        store32(b, IDT + 8 * v, 8u << 16 | HANDLER);
        store32(b, IDT + 8 * v + 4, 0x8e00);
    }
    for (unsigned v = 0; v < 256 && bits == 16; v++)
        store32(b, 4 * v, HANDLER);
    if (bits == 32)
        cpu->idtr[0] = (struct table_register){ IDT, 0x7ff };
    bare_store(b, HANDLER, "\xf4", 1);
}

static void prepare(struct bare *b, int bits)
{
    struct x86 *cpu = b->cpu;
    static const u8 real_one[16] = { 0, 0, 0, 0, 0, 0, 0xf0, 0x3f };

    if (bits == 32)
        bare_flat32(b);
    else
        bare_real(b);
    tables(b, bits);
    cpu->cr0 &= ~(u32)CR0_EM;
    cpu->eflags = 2 | OF;
    x86_set_arithmetic(cpu, 0);
    for (unsigned i = 0; i < 16; i++)
        cpu->gpr[i] = 0;
    cpu->gpr[RAX] = 0x10;
    cpu->gpr[RBX] = DATA;
    cpu->gpr[RCX] = 5;
    cpu->gpr[RDX] = 0x80;
    cpu->gpr[RSI] = OPERAND;
    cpu->gpr[RDI] = BOUNDS;
    cpu->gpr[RBP] = STACK - 0x100;
    cpu->gpr[RSP] = STACK;
    store32(b, DATA, 0x21);
    bare_store(b, OPERAND, real_one, sizeof real_one);
    store32(b, BOUNDS, bits == 32 ? 0 : 0x7fff0000);
    store32(b, BOUNDS + 4, 0x7fffffff);
    x86_mode_update(cpu);
}

/* Cycles, which are nanoseconds here, until the processor sleeps. */
static u64 cycles_of(struct bare *b, int bits, const void *code, size_t size, bool stepping)
{
    u64 *now = &b->machine->clock.now, before = *now, limit = before + 100000;

    prepare(b, bits);
    bare_store(b, CODE, code, size);
    b->cpu->rip = CODE;
    b->cpu->activity = RUNNING;
    b->cpu->pipe[0] = (struct pipe){ 0 };
    while (b->cpu->activity == RUNNING && *now < limit)
        machine_run(b->machine, stepping ? *now + 1 : limit);
    cr_assert_eq(b->cpu->activity, HALTED);
    return b->cpu->cycles - before;
}

/* What the form costs: with it, less without it. */
static unsigned measure(struct bare *b, const struct form *f, bool stepping)
{
    char without[128];
    u64 all = cycles_of(b, f->bits, f->code, f->size, stepping);

    memcpy(without, f->code, f->before);
    without[f->before] = '\xf4';
    return (unsigned)(all - cycles_of(b, f->bits, without, f->before + 1, stepping));
}

static unsigned distance(const unsigned range[2], unsigned clocks)
{
    return clocks < range[0] ? range[0] - clocks : clocks > range[1] ? clocks - range[1] : 0;
}

static void check_forms(const char *timing)
{
    struct bare *b = create(timing);
    unsigned near = 0, exact = 0;

    for (unsigned i = 0; i < COUNT(forms); i++) {
        const struct form *f = &forms[i];
        const unsigned *range = strcmp(timing, "486") ? f->pentium : f->i486;
        unsigned clocks = measure(b, f, false), d = distance(range, clocks);

        near += d <= 1;
        exact += d == 0;
        if (d)
            printf("%s: %d bits, %s: %u clocks, not %u to %u\n", timing, f->bits, f->text, clocks,
                   range[0], range[1]);
        cr_assert_eq(measure(b, f, true), clocks, "%s, in steps", f->text);
    }
    printf("%s: %u forms, %.1f %% as published, %.1f %% within one clock\n", timing,
           (unsigned)COUNT(forms), 100.0 * exact / COUNT(forms), 100.0 * near / COUNT(forms));
    bare_destroy(b);
    cr_expect_eq(exact, COUNT(forms));
}

Test(timing, forms_cost_what_is_published_of_the_486)
{
    check_forms("486");
}

Test(timing, forms_cost_what_is_published_of_the_pentium)
{
    check_forms("pentium");
}

/* ---- The tables ---- */

static bool is_of(const struct row *row, const char *timing)
{
    static const u8 i486[] = { F_I86, F_I186, F_I286, F_I386, F_I486, F_FPU, F_CPUID };
    static const u8 pentium[] = { F_TSC, F_MSR, F_CX8 };

    if (row->operation == OP_esc || row->attributes & A_ONLY64)
        return false;                   /* of a processor without x87; of later ones */
    for (unsigned i = 0; i < COUNT(i486); i++)
        if (row->feature == i486[i])
            return true;
    for (unsigned i = 0; i < COUNT(pentium); i++)
        if (row->feature == pentium[i])
            return !strcmp(timing, "pentium");
    return false;
}

static void check_rows(const char *timing)
{
    bool fixed;
    const struct timing *t = x86_timing_find(timing, &fixed);

    cr_assert_not_null(t);
    for (unsigned i = 0; i < x86_row_count; i++)
        if (is_of(&x86_rows[i], timing))
            cr_expect(x86_timing_has(t, &x86_rows[i]), "%s: \"%s\" has no clocks", timing,
                      x86_rows[i].encoding);
}

Test(timing, every_instruction_of_the_486_has_its_clocks)
{
    check_rows("486");
}

Test(timing, every_instruction_of_the_pentium_has_its_clocks)
{
    check_rows("pentium");
}

/* ---- Pairs ---- */

static const struct { const char *text, *code; size_t size; unsigned clocks; } sequences[] = {
#define SEQUENCE(text, code, clocks)    { text, code, sizeof(code) - 1, (clocks) + 4 }  /* HLT: 4 */
    SEQUENCE("nothing", "\xf4", 0),
    SEQUENCE("two that may", "\x40\x43\xf4", 1),                    /* inc eax; inc ebx */
    SEQUENCE("three", "\x40\x43\x42\xf4", 2),
    SEQUENCE("four", "\x40\x43\x42\x41\xf4", 2),
    SEQUENCE("reads what the first wrote", "\x40\x89\xc3\xf4", 2),  /* inc eax; mov ebx, eax */
    SEQUENCE("writes what the first read", "\x89\xc3\x40\xf4", 1),  /* mov ebx, eax; inc eax */
    SEQUENCE("writes what the first wrote", "\x89\xc3\x43\xf4", 2), /* mov ebx, eax; inc ebx */
    SEQUENCE("two that push", "\x50\x53\xf4", 1),
    SEQUENCE("one of two clocks", "\x03\x03\x42\xf4", 2),           /* add eax, [ebx]; inc edx */
    SEQUENCE("two clocks in V", "\x42\x03\x03\xf4", 2),
    SEQUENCE("a shift in U", "\xc1\xe0\x03\x43\xf4", 1),            /* shl eax, 3; inc ebx */
    SEQUENCE("a shift behind", "\x43\xc1\xe0\x03\xf4", 2),
    SEQUENCE("a prefix behind", "\x43\x66\x40\xf4", 3),             /* inc ebx; inc ax */
    SEQUENCE("a prefix in U", "\x66\x40\x43\xf4", 2),
    SEQUENCE("address not ready", "\x43\x90\x8b\x03\xf4", 3),   /* inc ebx; nop; mov eax, [ebx] */
    SEQUENCE("address not ready, alone", "\x43\x8b\x03\xf4", 3),
    SEQUENCE("address ready", "\x43\xfc\x8b\x03\xf4", 4),       /* inc ebx; cld; mov eax, [ebx] */
    SEQUENCE("comparison and branch", "\x39\xc0\x75\x00\xf4", 1),   /* cmp eax, eax; jnz */
    SEQUENCE("branch first", "\x75\x00\x40\xf4", 2),
    SEQUENCE("displacement and immediate", "\x40\xc7\x43\x04\x05\x00\x00\x00\xf4", 2),
    SEQUENCE("sum and exchange", "\xd8\xc1\xd9\xc9\xf4", 1),        /* fadd; fxch */
    SEQUENCE("two sums", "\xd8\xc1\xd8\xc1\xf4", 4),
    SEQUENCE("sum, exchange, sum", "\xd8\xc1\xd9\xc9\xd8\xc1\xf4", 2),
    SEQUENCE("sum, two clocks, sum", "\xd8\xc1\xfc\xd8\xc1\xf4", 4),
    /* Fog: a quotient takes 39; the next begins 2 before it, if it is not what that works on. */
#define X87(text, code, clocks) SEQUENCE(text, "\xdb\xe3" code, 12 + (clocks))      /* fninit: 12 */
    X87("quotient and exchange", "\xd8\xf1\xd9\xc9\xf4", 1),
    X87("quotient, sum", "\xd8\xf1\xd8\xc1\xf4", 40),
    X87("quotient, exchange, sum", "\xd8\xf1\xd9\xc9\xd8\xc1\xf4", 38),
    X87("quotient, two clocks, exchange, sum", "\xd8\xf1\xfc\xd9\xc9\xd8\xc1\xf4", 38),
    X87("sum, one clock, exchange, sum", "\xd8\xc1\x40\xd9\xc9\xd8\xc1\xf4", 4),
};

Test(timing, pairs_are_those_of_the_pentium)
{
    struct bare *b = create("pentium");

    for (unsigned i = 0; i < COUNT(sequences); i++) {
        u64 whole = cycles_of(b, 32, sequences[i].code, sequences[i].size, false);
        u64 steps = cycles_of(b, 32, sequences[i].code, sequences[i].size, true);

        cr_expect_eq(whole, sequences[i].clocks, "%s: %u clocks, not %u", sequences[i].text,
                     (unsigned)whole, sequences[i].clocks);
        cr_expect_eq(steps, whole, "%s: %u clocks in steps, not %u", sequences[i].text,
                     (unsigned)steps, (unsigned)whole);
    }
    bare_destroy(b);
}

/* ---- Blocks and steps ---- */

/*
 * A loop of sums, calls, multiplications, strings and x87; the stack, and an address that needs its
 * register. 16 bits, so that every instruction has its short form.
 */
static const char program[] =
    "\xdb\xe3\xb9\x20\x00"          /* fninit; mov cx, 32 */
    "\x51"                          /* again: push cx */
    "\xbe\x00\xb0\xbf\x00\xa1"      /* mov si, 0b000h; mov di, 0a100h */
    "\xb9\x15\x00\xf3\xa4"          /* mov cx, 21; rep movsb */
    "\x8b\x1e\x00\xb0\x8b\x07"      /* mov bx, [0b000h]; mov ax, [bx] */
    "\x40\x42\x01\xd0\xf7\xe2"      /* inc ax; inc dx; add ax, dx; mul dx */
    "\xd9\xe8\xd8\xc1\xd9\xc9\xde\xc1\xdd\x1e\x10\xb0"
                                    /* fld1; fadd; fxch; faddp; fstp qword [0b010h] */
    "\xe8\x10\x00"                  /* call below */
    "\x83\x06\x00\xb0\x03"          /* add word [0b000h], 3 */
    "\x74\x00\xa8\x01\x75\x01\x90"  /* jz $+2; test al, 1; jnz $+3; nop */
    "\x59\xe2\xca\xf4"              /* pop cx; loop again; hlt */
    "\xc3";                         /* below: ret */

/* The state after it, with an NMI every so often, run in slices of so many cycles. */
static struct digest after(const char *timing, u64 slice, u64 nmi)
{
    struct bare *b = create(timing);
    struct machine *m = b->machine;
    struct digest d;
    u64 ends = 0;

    prepare(b, 16);
    bare_store(b, HANDLER, "\x41\x49\xcf", 3);                /* inc cx; dec cx; iret */
    bare_store(b, CODE, program, sizeof program - 1);
    b->cpu->rip = CODE;
    while (b->cpu->activity == RUNNING && m->clock.now < 100000) {
        ends += nmi;
        while (b->cpu->activity == RUNNING && m->clock.now < ends)
            machine_run(m, ends - m->clock.now < slice ? ends : m->clock.now + slice);
        x86_cpu_type.pin(&b->cpu->cpu.dev, X86_NMI, true);
        x86_cpu_type.pin(&b->cpu->cpu.dev, X86_NMI, false);
    }
    cr_assert_lt(m->clock.now, 100000);
    cr_assert_gt(m->clock.now, 32 * 30);
    m->clock.now = b->cpu->cycles;      /* when it fell asleep, not when the slice ended */
    m->turn_ends = 0;
    d = machine_hash(m);
    bare_destroy(b);
    return d;
}

static void check_slices(const char *timing)
{
    static const u64 slices[] = { 1, 2, 7, 37, 101 }, nmis[] = { 101, 997, 50000 };

    for (unsigned n = 0; n < COUNT(nmis); n++) {
        struct digest whole = after(timing, 100000, nmis[n]);

        for (unsigned i = 0; i < COUNT(slices); i++) {
            struct digest sliced = after(timing, slices[i], nmis[n]);

            cr_expect(!memcmp(&whole, &sliced, sizeof whole), "%s: slices of %u, NMI every %u",
                      timing, (unsigned)slices[i], (unsigned)nmis[n]);
        }
    }
}

Test(timing, slices_of_any_length_come_to_the_same_on_the_486)
{
    check_slices("486");
}

Test(timing, slices_of_any_length_come_to_the_same_on_the_pentium)
{
    check_slices("pentium");
}

Test(timing, slices_of_any_length_come_to_the_same_with_fixed_costs)
{
    check_slices("fixed");
}

Test(timing, a_model_that_is_not_known_is_refused)
{
    bool fixed;

    cr_assert_null(x86_timing_find("z80", &fixed));
    cr_assert_not(fixed);
    cr_assert_null(x86_timing_find("fixed", &fixed));
    cr_assert(fixed);
}

/* ---- What is asked in the middle ---- */

/* RDTSC; MOV ESI, EAX; MUL EBX; ADD EAX, EBX; RDTSC; SUB EAX, ESI; HLT: RDTSC 6, 1, 26, 1 */
Test(timing, the_time_stamp_counter_goes_with_the_costs)
{
    static const char code[] = "\x0f\x31\x89\xc6\xf7\xe3\x01\xd8\x0f\x31\x29\xf0\xf4";

    for (int stepping = 0; stepping < 2; stepping++) {
        struct bare *b = create("486");

        cycles_of(b, 32, code, sizeof code - 1, stepping);
        cr_assert_eq(b->cpu->gpr[RAX], 6 + 1 + 26 + 1);
        bare_destroy(b);
    }
}

/* INC EDX; DIV by 0: the handler (its HLT) finds one instruction counted, and what #DE costs. */
Test(timing, a_fault_costs_what_its_delivery_does)
{
    static const char code[] = "\x42\x31\xc9\xf7\xf1\x40\x40";
    struct bare *b = create("486");
    u64 cycles = cycles_of(b, 32, code, sizeof code - 1, false);

    cr_assert_eq(cycles, 1 + 1 + 1 + 44 + 4);
    cr_assert_eq(b->cpu->cpu.retired, 3);
    bare_destroy(b);
}

Test(timing, instructions_are_counted_apart_from_cycles)
{
    static const char code[] = "\xb9\x15\x00\xf3\xa4\xf7\xe2\x90\xf4";
    u64 retired[2];

    for (unsigned i = 0; i < 2; i++) {
        struct bare *b = create(i ? "486" : "fixed");

        cycles_of(b, 16, code, sizeof code - 1, false);
        retired[i] = b->cpu->cpu.retired;
        bare_destroy(b);
    }
    cr_assert_eq(retired[0], 1 + 21 + 1 + 1 + 1);
    cr_assert_eq(retired[1], retired[0]);
}
