/* Last-branch records, and single-stepping by branches. */
#include <criterion/criterion.h>

#include "isa/x86/debug.h"
#include "isa/x86/mode.h"
#include "isa/x86/msr.h"
#include "tests/insn/bare.h"

enum {
    SELECT = 0x1c8, TOP = 0x1c9, DEBUGCTL = 0x1d9, LAST_FROM = 0x1db, LAST_TO = 0x1dc,
    EVENT_FROM = 0x1dd, EVENT_TO = 0x1de, FROM = 0x680, TO = 0x6c0, INFO = 0xdc0,
};
enum { ENTRY = 0x8000, STACK = 0x7000, IDT = 0x1000, GDT = 0x3000, HANDLER = 0x9000 };

static struct bare *bench;

static u64 get(u32 number)
{
    u64 v = 0;

    cr_assert(x86_msr_read(bench->cpu, number, &v), "%x", number);
    return v;
}

/* Exceptions 0 to 31 lead to a HLT. */
static void begin(const char *model, const void *code, size_t bytes)
{
    static const u64 gdt[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
    u64 gate = 0x00008f0000080000 | HANDLER;

    bench = bare_create(1 << 20, model);
    bare_flat32(bench);
    bare_store(bench, GDT, gdt, sizeof gdt);
    for (unsigned i = 0; i < 32; i++)
        bare_store(bench, IDT + 8 * i, &gate, 8);
    bare_store(bench, HANDLER, (const u8[]){ 0xf4 }, 1);
    bare_store(bench, ENTRY, code, bytes);
    bench->cpu->gdtr[0] = (struct table_register){ GDT, sizeof gdt - 1 };
    bench->cpu->idtr[0] = (struct table_register){ IDT, 0x7ff };
    bench->cpu->gpr[RSP] = STACK;
    bench->cpu->rip = ENTRY;
}
#define BEGIN(model, ...) \
    begin(model, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void run(u64 debugctl)
{
    cr_assert(x86_msr_write(bench->cpu, DEBUGCTL, debugctl));
    for (unsigned i = 0; i < 1000 && bench->cpu->activity == RUNNING; i++)
        machine_run(bench->machine, bench->machine->clock.now + MICROSECOND);
    cr_assert_eq(bench->cpu->activity, HALTED);
}

static void expect(unsigned n, u32 from, u32 to)
{
    cr_expect_eq(get(FROM + n), ENTRY + from, "%u: %llx", n, (unsigned long long)get(FROM + n));
    cr_expect_eq(get(TO + n), ENTRY + to, "%u: %llx", n, (unsigned long long)get(TO + n));
}

/*
 * 00 xor eax, eax; 02 jz 04 (taken, to what follows); 04 jnz 04; 06 call 0c; 0b hlt; 0c nop; 0d ret
 */
#define EVERY_KIND 0x31, 0xc0, 0x74, 0, 0x75, 0xfe, 0xe8, 1, 0, 0, 0, 0xf4, 0x90, 0xc3

Test(branches, taken_ones_are_recorded)
{
    BEGIN("max", EVERY_KIND);
    run(DEBUGCTL_LBR);
    cr_expect_eq(get(TOP), 3);
    expect(1, 2, 4);
    expect(2, 6, 0xc);
    expect(3, 0xd, 0xb);
    cr_expect_eq(get(INFO + 3), 2);
    cr_expect_eq(get(FROM + 4), 0);
    bare_destroy(bench);
}

Test(branches, records_are_filtered_by_kind)
{
    BEGIN("nehalem", EVERY_KIND);
    cr_assert(x86_msr_write(bench->cpu, SELECT, 1 << 2 | 1 << 5));
    run(DEBUGCTL_LBR);
    cr_expect_eq(get(TOP), 1);
    expect(1, 6, 0xc);
    bare_destroy(bench);
}

Test(branches, records_go_round)
{
    BEGIN("max", 0xb9, 40, 0, 0, 0, 0x49, 0x75, 0xfd, 0xeb, 0, 0xf4);
    run(DEBUGCTL_LBR);
    cr_expect_eq(get(TOP), 40 % 32);
    expect(8, 8, 10);
    for (unsigned n = 0; n < 32; n++)
        if (n != 8)
            expect(n, 6, 5);
    bare_destroy(bench);
}

/* jmp 03; hlt; ud2 */
Test(branches, an_exception_is_recorded_and_what_came_before_it)
{
    BEGIN("max", 0xeb, 1, 0xf4, 0x0f, 0x0b);
    run(DEBUGCTL_LBR);
    cr_expect_eq(get(TOP), 2);
    expect(1, 0, 3);
    cr_expect_eq(get(FROM + 2), ENTRY + 3);
    cr_expect_eq(get(TO + 2), HANDLER);
    cr_expect_eq(get(EVENT_FROM), ENTRY);
    cr_expect_eq(get(EVENT_TO), ENTRY + 3);
    bare_destroy(bench);
}

Test(branches, the_p6_remembers_one)
{
    BEGIN("pentium3", EVERY_KIND);
    run(DEBUGCTL_LBR);
    cr_expect_eq(get(LAST_FROM), ENTRY + 0xd);
    cr_expect_eq(get(LAST_TO), ENTRY + 0xb);
    bare_destroy(bench);
}

/* nop; jnz (not taken); nop; jz +1; hlt; nop */
Test(branches, a_trap_waits_for_one_that_is_taken)
{
    u32 pushed;

    BEGIN("max", 0x31, 0xc0, 0x75, 0xfc, 0x90, 0x74, 1, 0xf4, 0x90, 0x90);
    bench->cpu->eflags |= TF;
    run(DEBUGCTL_BTF);
    memcpy(&pushed, bench->ram->host + STACK - 12, 4);
    cr_expect_eq(pushed, ENTRY + 8);
    cr_expect(bench->cpu->dr[6] & DR6_BS);
    cr_expect_eq(get(DEBUGCTL), 0);
    bare_destroy(bench);
}
