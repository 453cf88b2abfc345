/* What the CPU remembers of page walks, beside a model of it that is too simple to be wrong. */
#include <criterion/criterion.h>

#include "core/machine.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/tlb.h"
#include "tests/insn/bare.h"

/* Two tables of 4 KB pages, so far apart that their pages share slots. */
enum { TABLES = 0x10000, TABLE = 0x20000, FIRST = 0x400000, APART = TLB_SIZE * 4096, PAGES = 12 };
enum { PTE = 0x27, GLOBAL = 0x100 };

static struct bare *bench;
static struct { u64 linear, physical; bool global; } model[TLB_SIZE];

static u64 linear_of(unsigned page)
{
    return FIRST + (page & 1) * (u64)APART + page / 2 * 4096;
}

static void map(unsigned page, u64 physical, bool global)
{
    u64 entry = physical | PTE | (global ? GLOBAL : 0);

    bare_store(bench, TABLE + (page & 1) * 0x1000 + page / 2 * 8, &entry, 8);
}

static void power_on(void)
{
    bench = bare_create(1 << 20, "max");
    bare_flat64(bench, TABLES);
    bench->cpu->cr4 |= CR4_PGE;
    x86_mode_update(bench->cpu);
    for (unsigned i = 0; i < 2; i++) {
        u64 entry = (TABLE + i * 0x1000) | PTE;

        bare_store(bench, TABLES + 0x2000 + ((FIRST + i * (u64)APART) >> 21) * 8, &entry, 8);
    }
    memset(model, 0, sizeof model);
}

static void power_off(void)
{
    bare_destroy(bench);
}

TestSuite(tlb, .init = power_on, .fini = power_off);

static u64 ask(unsigned page)
{
    return x86_translate(bench->cpu, linear_of(page), TLB_READ, TLB_SUPER);
}

/* From page 0 into page 2: 1 or 2 in EAX says which was there. */
static u64 jump(void)
{
    struct x86 *cpu = bench->cpu;

    cpu->rip = linear_of(0);
    cpu->activity = RUNNING;
    machine_run(bench->machine, bench->machine->clock.now + 100);
    return cpu->gpr[RAX];
}

Test(tlb, a_way_to_another_page_ends_when_its_translation_goes)
{
    bare_store(bench, 0x30000, (const u8[]){ 0xe9, 0xfb, 0x0f, 0, 0 }, 5);
    bare_store(bench, 0x31000, (const u8[]){ 0xb8, 1, 0, 0, 0, 0xf4 }, 6);
    bare_store(bench, 0x32000, (const u8[]){ 0xb8, 2, 0, 0, 0, 0xf4 }, 6);
    map(0, 0x30000, false);
    map(2, 0x31000, false);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(jump(), 1u);
    map(2, 0x32000, false);
    cr_expect_eq(jump(), 1u, "it is remembered");
    x86_tlb_invalidate(bench->cpu, linear_of(2));
    cr_expect_eq(jump(), 2u);
    map(2, 0x31000, false);
    x86_tlb_flush(bench->cpu, false);
    cr_expect_eq(jump(), 1u);
}

Test(tlb, global_pages_stay_when_others_go)
{
    map(0, 0x30000, true);
    map(2, 0x31000, false);
    ask(0);
    ask(2);
    map(0, 0x40000, true);
    map(2, 0x41000, false);
    cr_assert_eq(ask(0), 0x30000);
    cr_assert_eq(ask(2), 0x31000);
    x86_tlb_flush(bench->cpu, false);
    cr_assert_eq(ask(0), 0x30000);
    cr_assert_eq(ask(2), 0x41000);
    x86_tlb_flush(bench->cpu, true);
    cr_assert_eq(ask(0), 0x40000);
}

static void forget(bool globals_too)
{
    for (unsigned i = 0; i < TLB_SIZE; i++)
        if (globals_too || !model[i].global)
            model[i].linear = 0;
    x86_tlb_flush(bench->cpu, globals_too);
}

static void invalidate(u64 linear)
{
    if (model[tlb_slot(linear)].linear == linear)
        model[tlb_slot(linear)].linear = 0;
    x86_tlb_invalidate(bench->cpu, linear);
}

static unsigned roll(unsigned n)
{
    static u64 seed = 1;

    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(seed >> 33) % n;
}

/* Any order of walks, flushes and invalidations, in slots that global and other pages share. */
Test(tlb, remembers_what_its_model_does)
{
    struct { u64 physical; bool global; } is[PAGES];

    for (unsigned p = 0; p < PAGES; p++) {
        is[p].physical = 0x30000 + p * 0x1000;
        is[p].global = p % 3 == 0;
        map(p, is[p].physical, is[p].global);
    }
    for (unsigned n = 0; n < 100000; n++) {
        unsigned p = roll(PAGES), slot = tlb_slot(linear_of(p));

        switch (roll(16)) {
        case 0: forget(false); break;
        case 1: forget(roll(8) == 0); break;
        case 2: invalidate(linear_of(p)); break;
        case 3: case 4:
            is[p].physical = 0x30000 + roll(64) * 0x1000;
            is[p].global = roll(2);
            map(p, is[p].physical, is[p].global);
            break;
        case 5:
            if (roll(64) == 0)
                x86_tlb_refresh(bench->cpu);
            break;
        default:
            if (model[slot].linear != linear_of(p)) {
                model[slot].linear = linear_of(p);
                model[slot].physical = is[p].physical;
                model[slot].global = is[p].global;
            }
            cr_assert_eq(ask(p), model[slot].physical, "page %u, turn %u", p, n);
        }
    }
}
