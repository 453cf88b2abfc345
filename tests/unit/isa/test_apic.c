/* The local APIC of one processor. SDM 3A chapter 10, sections by title. */
#include <criterion/criterion.h>

#include "tests/unit/isa/apics.h"

static struct apics *bench;
static struct machine *m;
static struct x86 *cpu;

static void start_model(const char *model)
{
    bench = apics_create(1, model);
    m = bench->machine;
    cpu = bench->cpu[0];
}

static void start(void) { start_model("max"); }
static void end(void) { apics_destroy(bench); }

TestSuite(apic, .init = start, .fini = end);

static u32 get(u32 reg) { return apic_get(cpu, reg); }
static void set(u32 reg, u32 v) { apic_set(cpu, reg, v); }

static u64 rdmsr(u32 number)
{
    u64 v = 0x5555;

    cr_assert(x86_msr_read(cpu, number, &v), "RDMSR %x", number);
    return v;
}

/* ---- Where and what ---- */

Test(apic, is_what_the_models_have)
{
    static const struct { const char *model; u32 version; } known[] = {
        { "pentium", 0x00030010 }, { "pentium3", 0x00040011 }, { "core2", 0x00050014 },
        { "nehalem", 0x01050014 }, { "max", 0x01050014 },
    };

    for (unsigned i = 0; i < COUNT(known); i++) {
        end();
        start_model(known[i].model);
        cr_assert_eq(get(VERSION), known[i].version, "%s", known[i].model);
        cr_assert(x86_cpuid(cpu, 1, 0).edx >> 9 & 1);
    }
    end();
    start_model("486");
    cr_assert_eq(get(VERSION), 0xffffffff, "a 486 has none");
}

Test(apic, comes_as_the_manual_says)
{
    cr_assert_eq(get(APIC_ID), 0);
    cr_assert_eq(get(LDR), 0);
    cr_assert_eq(get(DFR), 0xffffffff);
    cr_assert_eq(get(SVR), 0xff);
    cr_assert_eq(get(TPR) | get(PPR) | get(ESR) | get(ICR) | get(INITIAL) | get(CURRENT), 0);
    cr_assert_eq(get(TIMER), 0x10000);
    cr_assert_eq(get(ERROR), 0x10000);
    cr_assert_eq(get(LINT0), 0x700, "as firmware makes it");
    cr_assert_eq(get(LINT1), 0x400);
    cr_assert_eq(rdmsr(0x1b), 0xfee00900);
}

Test(apic, its_page_is_in_the_processors_view_only)
{
    cr_assert_eq(space_read(m->memory, PAGE + VERSION, 4), 0xffffffff);
    cr_assert(apic_base(cpu, 0x100000 | APIC_ON | APIC_BSP));
    cr_assert_eq(get(VERSION), 0xffffffff);
    cr_assert_eq(space_read(cpu->cpu.memory, 0x100000 + VERSION, 4), 0x01050014);
    cr_assert_eq(space_read(m->memory, 0x100000 + VERSION, 4), 0);
}

Test(apic, switched_off_it_is_not_there)
{
    set(TPR, 0x33);
    cr_assert(apic_base(cpu, PAGE));
    cr_assert_eq(get(TPR), 0xffffffff);
    cr_assert_not(x86_cpuid(cpu, 1, 0).edx >> 9 & 1);
    cr_assert_eq(rdmsr(0x1b), 0xfee00100, "the first processor stays the first");
    cr_assert(apic_base(cpu, PAGE | APIC_ON));
    cr_assert_eq(get(TPR), 0, "as after power-on");
    cr_assert(x86_cpuid(cpu, 1, 0).edx >> 9 & 1);
}

/* [x2APIC State Transitions] */
Test(apic, its_modes_follow_each_other_as_they_may)
{
    cr_assert_not(apic_base(cpu, PAGE | APIC_X2), "x2APIC, but off");
    cr_assert(apic_to_x2(cpu));
    cr_assert_eq(rdmsr(0x1b), 0xfee00d00);
    cr_assert_eq(get(VERSION), 0xffffffff, "no page any more");
    cr_assert_not(apic_base(cpu, PAGE | APIC_ON), "back to xAPIC");
    cr_assert(apic_base(cpu, PAGE), "off");
    cr_assert_not(apic_to_x2(cpu), "from off to x2APIC");
    cr_assert(apic_base(cpu, PAGE | APIC_ON));
    cr_assert_not(apic_base(cpu, PAGE | APIC_ON | 1), "reserved bits");
    cr_assert_not(apic_base(cpu, PAGE | APIC_ON | BIT(60)));
    end();
    start_model("core2");
    cr_assert_not(apic_to_x2(cpu), "it has no x2APIC");
    end();
    start_model("pentium");
    cr_assert_not(apic_base(cpu, PAGE | APIC_ON), "it has no such register");
}

Test(apic, registers_are_32_bits_of_16_bytes)
{
    cr_assert_eq(space_read(cpu->cpu.memory, PAGE + VERSION + 1, 1), 0x00);
    cr_assert_eq(space_read(cpu->cpu.memory, PAGE + VERSION + 2, 2), 0x0105);
    cr_assert_eq(space_read(cpu->cpu.memory, PAGE + VERSION + 4, 4), 0);
    space_write(cpu->cpu.memory, PAGE + TPR, 0x77, 1);
    cr_assert_eq(get(TPR), 0);
}

/* ---- Interrupts and priorities ---- */

static void ask(u8 vector) { x86_apic_accept(cpu, vector, false); }

Test(apic, the_highest_vector_is_taken_first)
{
    apic_switch_on(cpu);
    ask(0x31);
    ask(0x92);
    ask(0x35);
    cr_assert(cpu->intr && apic_has(cpu, IRR, 0x92));
    cr_assert_eq(x86_apic_take(cpu), 0x92);
    cr_assert_not(apic_has(cpu, IRR, 0x92));
    cr_assert(apic_has(cpu, ISR, 0x92));
    cr_assert_eq(get(PPR), 0x90);
    cr_assert_not(cpu->intr, "others are of lower classes");
    ask(0x9f);
    cr_assert_not(cpu->intr, "nor does one of the same class interrupt");
    ask(0xa0);
    cr_assert_eq(x86_apic_take(cpu), 0xa0);
    set(EOI, 0);
    cr_assert_not(cpu->intr);
    set(EOI, 0);
    cr_assert_eq(x86_apic_take(cpu), 0x9f);
    set(EOI, 0);
    cr_assert_eq(x86_apic_take(cpu), 0x35);
    set(EOI, 0);
    cr_assert_eq(x86_apic_take(cpu), 0x31);
    set(EOI, 0);
    set(EOI, 0);
    cr_assert_not(cpu->intr);
    cr_assert_eq(get(PPR), 0);
}

Test(apic, the_task_priority_holds_classes_back)
{
    apic_switch_on(cpu);
    set(TPR, 0x4f);
    ask(0x4f);
    cr_assert_not(cpu->intr);
    cr_assert_eq(get(PPR), 0x4f);
    ask(0x50);
    cr_assert(cpu->intr);
    cr_assert_eq(x86_apic_take(cpu), 0x50);
    cr_assert_eq(get(PPR), 0x50);
    set(EOI, 0);
    set(TPR, 0x30);
    cr_assert(cpu->intr);
}

Test(apic, cr8_is_the_task_priority)
{
    apic_switch_on(cpu);
    ask(0x61);
    set(TPR, 0x65);
    cr_assert_eq(x86_read_cr8(cpu), 6);
    cr_assert_not(cpu->intr);
    x86_write_cr8(cpu, 5);
    cr_assert_eq(get(TPR), 0x50);
    cr_assert(cpu->intr);
}

Test(apic, switched_off_by_software_it_masks_its_table)
{
    apic_switch_on(cpu);
    set(TIMER, 0x41);
    set(LINT0, 0x700);
    set(SVR, 0xff);
    cr_assert_eq(get(TIMER), 0x10041);
    cr_assert_eq(get(LINT0), 0x10700);
    set(TIMER, 0x42);
    cr_assert_eq(get(TIMER), 0x10042, "it cannot be unmasked");
    apic_switch_on(cpu);
    set(TIMER, 0x42);
    cr_assert_eq(get(TIMER), 0x42);
}

Test(apic, entries_keep_the_bits_they_have)
{
    static const struct { u32 reg, bits; } known[] = {
        { TIMER, 0x000700ff }, { THERMAL, 0x000107ff }, { PERF, 0x000107ff },
        { LINT0, 0x0001a7ff }, { LINT1, 0x0001a7ff }, { ERROR, 0x000100ff },
    };

    apic_switch_on(cpu);
    for (unsigned i = 0; i < COUNT(known); i++) {
        set(known[i].reg, 0xffffffff);
        cr_assert_eq(get(known[i].reg), known[i].bits, "%x", known[i].reg);
        set(known[i].reg, 0x10000);
    }
    set(SVR, 0xffffffff);
    cr_assert_eq(get(SVR), 0x13ff);
    set(LDR, 0xffffffff);
    cr_assert_eq(get(LDR), 0xff000000);
    set(DFR, 0);
    cr_assert_eq(get(DFR), 0x0fffffff);
    set(DIVIDE, 0xffffffff);
    cr_assert_eq(get(DIVIDE), 0xb);
}

/* ---- [Error Handling] ---- */

Test(apic, errors_show_once_the_register_is_written)
{
    apic_switch_on(cpu);
    set(ERROR, 0x45);
    ask(15);
    cr_assert_eq(get(ESR), 0);
    cr_assert(apic_has(cpu, IRR, 0x45));
    set(ESR, 0);
    cr_assert_eq(get(ESR), ESR_RECEIVED_ILLEGAL);
    set(ICR, 0x00040005);
    set(ESR, 0);
    cr_assert_eq(get(ESR), ESR_SEND_ILLEGAL);
    get(0x3d0);
    set(0x3d0, 1);
    set(ESR, 0);
    cr_assert_eq(get(ESR), ESR_ILLEGAL_REGISTER);
    set(VERSION, 0);
    set(ESR, 0);
    cr_assert_eq(get(ESR), 0);
}

/* ---- [APIC Timer] ---- */

static void until(u64 ns) { machine_run(m, ns); }

Test(apic, the_timer_counts_down_at_its_divided_pace)
{
    apic_switch_on(cpu);
    set(DIVIDE, 0xb);
    set(INITIAL, 1000);
    until(300);
    cr_assert_eq(get(CURRENT), 700);
    cr_assert_eq(get(INITIAL), 1000);
    set(DIVIDE, 3);
    until(300 + 160);
    cr_assert_eq(get(CURRENT), 690, "by 16");
    set(DIVIDE, 0xa);
    until(460 + 1280);
    cr_assert_eq(get(CURRENT), 680, "by 128");
    set(INITIAL, 0);
    cr_assert_eq(get(CURRENT), 0);
}

Test(apic, masked_the_timer_costs_nothing)
{
    apic_switch_on(cpu);
    set(TIMER, 0x30041);
    set(INITIAL, 100);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    until(10000);
    cr_assert_eq(get(CURRENT), 100, "yet it goes round");
    until(10150);
    cr_assert_eq(get(CURRENT), 25);
    set(TIMER, 0x20041);
    cr_assert_eq(clock_next(&m->clock), 10200);
}

Test(apic, a_single_shot_asks_once)
{
    apic_switch_on(cpu);
    set(TIMER, 0x41);
    set(INITIAL, 500);
    until(999);
    cr_assert_not(cpu->intr);
    until(1000);
    cr_assert_eq(x86_apic_take(cpu), 0x41);
    set(EOI, 0);
    cr_assert_eq(get(CURRENT), 0);
    until(9000);
    cr_assert_not(cpu->intr);
}

Test(apic, a_periodic_timer_keeps_its_beat)
{
    unsigned beats = 0;

    apic_switch_on(cpu);
    set(TIMER, 0x20041);
    set(DIVIDE, 0xb);
    set(INITIAL, 333);
    for (u64 t = 1; t < 10000; t += 7) {
        until(t);
        if (cpu->intr) {
            cr_assert_eq(x86_apic_take(cpu), 0x41);
            set(EOI, 0);
            beats++;
        }
    }
    cr_assert_eq(beats, 30);
    cr_assert_eq(clock_next(&m->clock), 31 * 333);
    set(INITIAL, 0);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(apic, a_deadline_is_met_by_the_time_stamp)
{
    apic_switch_on(cpu);
    cr_assert(x86_msr_write(cpu, 0x6e0, 5000));
    cr_assert_eq(rdmsr(0x6e0), 0, "not in this mode");
    set(TIMER, 0x40041);
    set(INITIAL, 100);
    cr_assert_eq(get(INITIAL), 0, "which has no count");
    cr_assert(x86_msr_write(cpu, 0x6e0, 5000));
    cr_assert_eq(rdmsr(0x6e0), 5000);
    until(4999);
    cr_assert_not(cpu->intr);
    until(5000);
    cr_assert_eq(x86_apic_take(cpu), 0x41);
    set(EOI, 0);
    cr_assert_eq(rdmsr(0x6e0), 0, "it disarms itself");
    cr_assert(x86_msr_write(cpu, 0x6e0, 1));
    until(5001);
    cr_assert(cpu->intr, "one gone by is now");
}

Test(apic, a_deadline_moves_with_the_time_stamp)
{
    apic_switch_on(cpu);
    set(TIMER, 0x40041);
    cr_assert(x86_msr_write(cpu, 0x6e0, 5000));
    cr_assert(x86_msr_write(cpu, 0x3b, 3000));
    cr_assert_eq(clock_next(&m->clock), 2000);
    cr_assert(x86_msr_write(cpu, 0x10, 0));
    cr_assert_eq(clock_next(&m->clock), 5000);
    cr_assert(x86_msr_write(cpu, 0x6e0, 0));
    cr_assert_eq(clock_next(&m->clock), NEVER);
    cr_assert(x86_msr_write(cpu, 0x6e0, UINT64_MAX));
    cr_assert_eq(clock_next(&m->clock), NEVER);
    set(TIMER, 0x41);
    set(TIMER, 0x40041);
    cr_assert_eq(rdmsr(0x6e0), 0, "another mode disarms");
}

/* ---- [Local Interrupts]: pins ---- */

static u8 answer(struct device *pic) { return 0x77; }

static void pin(enum x86_pin p, bool level)
{
    cpu->cpu.dev.type->pin(&cpu->cpu.dev, p, level);
}

Test(apic, lint0_lets_the_interrupt_controller_through)
{
    cpu->cpu.acknowledge = answer;
    pin(X86_INTR, true);
    cr_assert(cpu->intr);
    cr_assert_eq(x86_apic_take(cpu), -1);
    cr_assert(cpu->intr, "while the pin is up");
    set(TPR, 0xff);
    cr_assert(cpu->intr, "whatever the priority");
    apic_switch_on(cpu);
    set(LINT0, 0x10700);
    cr_assert_not(cpu->intr);
    set(LINT0, 0x00700);
    cr_assert(cpu->intr);
    set(LINT0, 0x10700);
    apic_base(cpu, PAGE);
    cr_assert(cpu->intr, "off, it is not in the way");
    pin(X86_INTR, false);
    cr_assert_not(cpu->intr);
}

Test(apic, lint1_is_nmi_or_what_the_table_says)
{
    pin(X86_NMI, true);
    cr_assert(cpu->nmi_pending);
    cpu->nmi_pending = false;
    pin(X86_NMI, false);
    apic_switch_on(cpu);
    set(LINT1, 0x10400);
    pin(X86_NMI, true);
    cr_assert_not(cpu->nmi_pending);
    pin(X86_NMI, false);
    set(LINT1, 0x55);
    pin(X86_NMI, true);
    cr_assert_eq(x86_apic_take(cpu), 0x55);
    pin(X86_NMI, false);
    set(LINT1, 0x200);
    pin(X86_NMI, true);
    cr_assert(cpu->smi_pending);
}

Test(apic, a_level_at_lint0_asks_until_it_falls)
{
    apic_switch_on(cpu);
    set(LINT0, 0x8066);
    pin(X86_INTR, true);
    cr_assert_eq(get(LINT0), 0xc066, "remote IRR");
    cr_assert(apic_has(cpu, TMR, 0x66));
    cr_assert_eq(x86_apic_take(cpu), 0x66);
    set(EOI, 0);
    cr_assert_eq(x86_apic_take(cpu), 0x66);
    pin(X86_INTR, false);
    set(EOI, 0);
    cr_assert_eq(get(LINT0), 0x8066);
    cr_assert_not(cpu->intr);
}

/* ---- x2APIC ---- */

static bool write(u32 number, u64 v) { return x86_msr_write(cpu, number, v); }

Test(apic, x2apic_registers_are_msrs)
{
    u64 v;

    cr_assert_not(x86_msr_read(cpu, 0x802, &v), "not before");
    cr_assert(apic_to_x2(cpu));
    cr_assert_eq(rdmsr(0x802), 0);
    cr_assert_eq(rdmsr(0x803), 0x01050014);
    cr_assert_eq(rdmsr(0x80d), 1);
    cr_assert(write(0x80f, 0x1ff));
    cr_assert_eq(rdmsr(0x80f), 0x1ff);
    cr_assert(write(0x808, 0x20));
    cr_assert_eq(x86_read_cr8(cpu), 2);
    cr_assert(write(0x83f, 0x51));
    cr_assert_eq(rdmsr(0x822), 1 << 17);
    cr_assert_eq(x86_apic_take(cpu), 0x51);
    cr_assert_eq(rdmsr(0x812), 1 << 17);
    cr_assert(write(0x80b, 0));
    cr_assert_eq(rdmsr(0x812), 0);
}

Test(apic, x2apic_refuses_what_is_not_there)
{
    static const u32 unread[] = { 0x80b, 0x83f, 0x831, 0x80e, 0x809, 0x80c, 0x800, 0x840, 0x8ff };
    static const u32 unwritten[] = { 0x802, 0x803, 0x80a, 0x80d, 0x80e, 0x810, 0x818, 0x820,
                                     0x831, 0x839, 0x804, 0x840 };
    static const struct { u32 number; u64 v; } reserved[] = {
        { 0x808, 0x100 }, { 0x80b, 1 }, { 0x828, 1 }, { 0x80f, 0x3ff }, { 0x830, 1 << 12 },
        { 0x832, 0x80000 }, { 0x837, 0x700 }, { 0x83e, 4 }, { 0x838, BIT(32) }, { 0x83f, 0x100 },
    };
    u64 v;

    apic_to_x2(cpu);
    for (unsigned i = 0; i < COUNT(unread); i++)
        cr_assert_not(x86_msr_read(cpu, unread[i], &v), "%x", unread[i]);
    for (unsigned i = 0; i < COUNT(unwritten); i++)
        cr_assert_not(write(unwritten[i], 0), "%x", unwritten[i]);
    for (unsigned i = 0; i < COUNT(reserved); i++)
        cr_assert_not(write(reserved[i].number, reserved[i].v), "%x", reserved[i].number);
}

/* ---- What CPUID says of clocks ---- */

Test(apic, the_crystal_is_what_its_timer_counts)
{
    struct cpuid r = x86_cpuid(cpu, 0x15, 0);

    cr_assert_eq(r.ecx, 1000000000);
    cr_assert_eq((u64)r.ecx * r.ebx / r.eax, cpu->hz);
    cr_assert_eq(x86_cpuid(cpu, 0x16, 0).eax, cpu->hz / 1000000);
    cr_assert(x86_cpuid(cpu, 6, 0).eax >> 2 & 1, "it runs always");
}
