/* Messages between local APICs, and to them. SDM 3A chapter 10, sections by title; 8.4. */
#include <criterion/criterion.h>

#include "isa/x86/interp.h"
#include "tests/support/bench.h"
#include "tests/unit/isa/apics.h"

enum { CPUS = 4, LEVEL = 1 << 15, UP = 1 << 14, LOGICAL = 1 << 11 };
enum { SELF_ONLY = 1 << 18, EVERYBODY = 2 << 18, OTHERS = 3 << 18 };

static struct apics *bench;
static struct machine *m;
static struct x86 **cpu;

static void start(void)
{
    bench = apics_create(CPUS, "max");
    m = bench->machine;
    cpu = bench->cpu;
    for (unsigned i = 0; i < CPUS; i++)
        apic_switch_on(cpu[i]);
}

static void end(void) { apics_destroy(bench); }

TestSuite(messages, .init = start, .fini = end);

/* Which of them have been asked for a vector: bit n, processor n. Forgets it. */
static unsigned asked(u8 vector)
{
    unsigned who = 0;

    for (unsigned i = 0; i < CPUS; i++) {
        u32 *irr = &cpu[i]->apic[0].irr[vector >> 5];

        who |= (*irr >> (vector & 31) & 1) << i;
        *irr &= ~(1u << (vector & 31));
        x86_apic_update(cpu[i]);
    }
    return who;
}

static void command(unsigned from, u8 to, u32 low)
{
    apic_set(cpu[from], ICR_HIGH, (u32)to << 24);
    apic_set(cpu[from], ICR, low);
}

/* ---- Who is meant ---- */

Test(messages, identifiers_are_the_numbers_of_the_processors)
{
    for (unsigned i = 0; i < CPUS; i++) {
        cr_assert_eq(apic_get(cpu[i], APIC_ID), i << 24);
        cr_assert_eq(x86_cpuid(cpu[i], 1, 0).ebx >> 24, i);
        cr_assert_eq(x86_cpuid(cpu[i], 0xb, 0).edx, i);
    }
    cr_assert_eq(x86_cpuid(cpu[1], 1, 0).ebx >> 16 & 0xff, CPUS);
    cr_assert(x86_cpuid(cpu[1], 1, 0).edx >> 28 & 1);
    cr_assert_eq(x86_cpuid(cpu[1], 4, 0).eax >> 26, CPUS - 1);
    cr_assert_eq(x86_cpuid(cpu[1], 0xb, 1).eax, 2);
    cr_assert_eq(x86_cpuid(cpu[1], 0xb, 1).ebx, CPUS);
}

Test(messages, the_cycles_of_many_processors_come_at_4_ghz_at_most)
{
    static const struct { unsigned cpus; u32 mhz; } table[] = {
        { 1, 1000 }, { 2, 2000 }, { 4, 4000 }, { 5, 4000 }, { 8, 4000 },
    };

    for (unsigned i = 0; i < COUNT(table); i++) {
        struct apics *many = apics_create(table[i].cpus, "max");

        cr_assert_eq(x86_cycle_rate(many->cpu[0]), table[i].mhz * UINT64_C(1000000));
        many->cpu[0]->hz = UINT64_C(5000000000);
        cr_assert_eq(x86_cycle_rate(many->cpu[0]), UINT64_C(5000000000), "as was asked");
        apics_destroy(many);
    }
}

Test(messages, a_physical_destination_is_one_or_all)
{
    command(0, 2, 0x41);
    cr_assert_eq(asked(0x41), 4);
    command(0, 7, 0x41);
    cr_assert_eq(asked(0x41), 0);
    command(0, 0xff, 0x41);
    cr_assert_eq(asked(0x41), 15);
    cr_assert_eq(apic_get(cpu[0], ICR), 0x41, "delivered, not pending");
    cr_assert_eq(apic_get(cpu[0], ICR_HIGH), 0xff000000);
}

Test(messages, shorthands_need_no_destination)
{
    command(1, 0, 0x41 | SELF_ONLY);
    cr_assert_eq(asked(0x41), 2);
    command(1, 0, 0x41 | EVERYBODY);
    cr_assert_eq(asked(0x41), 15);
    command(1, 0, 0x41 | OTHERS);
    cr_assert_eq(asked(0x41), 13);
}

Test(messages, a_flat_destination_is_a_set)
{
    for (unsigned i = 0; i < CPUS; i++)
        apic_set(cpu[i], LDR, 1u << (24 + i));
    command(0, 0x0a, 0x41 | LOGICAL);
    cr_assert_eq(asked(0x41), 10);
    command(0, 0x10, 0x41 | LOGICAL);
    cr_assert_eq(asked(0x41), 0);
}

Test(messages, a_cluster_is_named_in_the_upper_half)
{
    static const u8 ldr[CPUS] = { 0x01, 0x02, 0x11, 0x12 };

    for (unsigned i = 0; i < CPUS; i++) {
        apic_set(cpu[i], DFR, 0);
        apic_set(cpu[i], LDR, (u32)ldr[i] << 24);
    }
    command(0, 0x13, 0x41 | LOGICAL);
    cr_assert_eq(asked(0x41), 12);
    command(0, 0x02, 0x41 | LOGICAL);
    cr_assert_eq(asked(0x41), 2);
    command(0, 0xff, 0x41 | LOGICAL);
    cr_assert_eq(asked(0x41), 15);
}

Test(messages, lowest_priority_goes_to_the_least_busy)
{
    for (unsigned i = 0; i < CPUS; i++)
        apic_set(cpu[i], TPR, 0x50 - 0x10 * (i % 3));
    command(0, 0xff, 0x100 | 0x91);
    cr_assert_eq(asked(0x91), 4);
    apic_set(cpu[2], SVR, 0xff);
    command(0, 0xff, 0x100 | 0x91);
    cr_assert_eq(asked(0x91), 2, "one that is off takes none");
    apic_set(cpu[0], TPR, 0);
    apic_set(cpu[1], TPR, 0);
    command(3, 0xff, 0x100 | 0x91);
    cr_assert_eq(asked(0x91), 1, "the first among equals");
}

Test(messages, who_is_switched_off_takes_no_vectors)
{
    apic_set(cpu[1], SVR, 0xff);
    apic_base(cpu[2], PAGE);
    command(0, 0xff, 0x41);
    cr_assert_eq(asked(0x41), 9);
    command(0, 0xff, 0x400);
    cr_assert(cpu[0]->nmi_pending && cpu[1]->nmi_pending && cpu[3]->nmi_pending);
    cr_assert_not(cpu[2]->nmi_pending);
}

Test(messages, other_kinds_reach_their_pins)
{
    command(0, 1, 0x400);
    cr_assert(cpu[1]->nmi_pending);
    command(0, 2, 0x200);
    cr_assert(cpu[2]->smi_pending);
    command(0, 0, 0x700 | OTHERS);
    cr_assert_not(cpu[1]->intr, "reserved");
}

/* ---- x2APIC ---- */

Test(messages, an_x2apic_names_clusters_of_sixteen)
{
    for (unsigned i = 0; i < CPUS; i++)
        apic_to_x2(cpu[i]);
    cr_assert(x86_msr_write(cpu[0], 0x830, UINT64_C(3) << 32 | 0x41));
    cr_assert_eq(asked(0x41), 8);
    cr_assert(x86_msr_write(cpu[0], 0x830, UINT64_C(6) << 32 | 0x41 | LOGICAL));
    cr_assert_eq(asked(0x41), 6);
    cr_assert(x86_msr_write(cpu[0], 0x830, UINT64_C(0x10006) << 32 | 0x41 | LOGICAL));
    cr_assert_eq(asked(0x41), 0, "the second sixteen");
    cr_assert(x86_msr_write(cpu[0], 0x830, UINT64_C(0xffffffff) << 32 | 0x41));
    cr_assert_eq(asked(0x41), 15);
    cr_assert(x86_msr_write(cpu[0], 0x830, UINT64_C(0xff) << 32 | 0x41));
    cr_assert_eq(asked(0x41), 0, "255 is a processor");
}

/* ---- [Message Signalled Interrupts] ---- */

static void message(u64 address, u32 data) { space_write(m->memory, address, data, 4); }

Test(messages, devices_store_them)
{
    message(0xfee02000, 0x41);
    cr_assert_eq(asked(0x41), 4);
    message(0xfeeff000, 0x41);
    cr_assert_eq(asked(0x41), 15);
    apic_set(cpu[1], LDR, 0x02000000);
    message(0xfee02004, 0x41);
    cr_assert_eq(asked(0x41), 2);
    message(0xfee0f00c, 0x141);
    cr_assert_eq(asked(0x41), 2);
    message(0xfee01000, 0x400);
    cr_assert(cpu[1]->nmi_pending);
    space_write(m->memory, 0xfee01000, 0x42, 1);
    message(0xfee01002, 0x42);
    message(0xfee01000, 0x642);
    cr_assert_eq(asked(0x42), 0, "none of these is one");
}

Test(messages, extint_asks_the_interrupt_controller)
{
    message(0xfee00000, 0x700);
    cr_assert(cpu[0]->intr);
    cr_assert_eq(x86_apic_take(cpu[0]), -1);
    cr_assert_not(cpu[0]->intr);
}

static struct { u64 offset, value; unsigned count; } heard;

static void ear_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    heard.offset = offset;
    heard.value = value;
    heard.count++;
}

Test(messages, the_end_of_a_level_is_told_to_the_io_apic)
{
    static const struct io_ops ops = { NULL, ear_write, 4 };
    static struct region ear;

    heard.count = 0;
    ear = (struct region){ .name = "ear", .io = &ops, .size = 0x1000 };
    space_map(m->memory, &ear, 0xfec00000, NORMAL);
    message(0xfee00000, 0x41);
    cr_assert_eq(x86_apic_take(cpu[0]), 0x41);
    apic_set(cpu[0], EOI, 0);
    cr_assert_eq(heard.count, 0, "an edge ends here");
    message(0xfee00000, 0x41 | LEVEL);
    cr_assert_not(cpu[0]->intr, "de-asserted");
    message(0xfee00000, 0x41 | LEVEL | UP);
    cr_assert(apic_has(cpu[0], TMR, 0x41));
    cr_assert_eq(x86_apic_take(cpu[0]), 0x41);
    apic_set(cpu[0], EOI, 0);
    cr_assert_eq(heard.count, 1);
    cr_assert(heard.offset == 0x40 && heard.value == 0x41);
    apic_set(cpu[0], SVR, 0x11ff);
    message(0xfee00000, 0x41 | LEVEL | UP);
    x86_apic_take(cpu[0]);
    apic_set(cpu[0], EOI, 0);
    cr_assert_eq(heard.count, 1, "suppressed");
    space_unmap(&ear);
}

/* ---- 8.4 "Multiple-Processor (MP) Initialization" ---- */

static void code(u64 at, const u8 *bytes, size_t count)
{
    space_write_bytes(m->memory, at, bytes, count);
}

#define CODE(at, ...) code(at, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

Test(messages, all_but_the_first_wait_for_their_start)
{
    machine_reset(m, RESET_POWER);
    cr_assert_eq(cpu[0]->activity, RUNNING);
    cpu[0]->activity = HALTED;
    for (unsigned i = 1; i < CPUS; i++)
        cr_assert_eq(cpu[i]->activity, WAIT_FOR_SIPI);
    CODE(0x12000, 0xf0, 0xff, 0x06, 0x00, 0x05, 0xf4);  /* LOCK INC word [500h]; HLT */
    command(0, 0, 0x600 | 0x12 | OTHERS);
    machine_run(m, 10000);
    cr_assert_eq(space_read(m->memory, 0x500, 2), 3);
    cr_assert_eq(cpu[3]->activity, HALTED);
    cr_assert_eq(cpu[3]->seg[CS].selector, 0x1200);
    command(0, 0, 0x600 | 0x12 | OTHERS);
    machine_run(m, 20000);
    cr_assert_eq(space_read(m->memory, 0x500, 2), 3, "nobody waits any more");
}

Test(messages, init_and_start_up_may_follow_at_once)
{
    CODE(0x12000, 0xf0, 0xff, 0x06, 0x00, 0x05, 0xf4);
    cpu[1]->apic[0].id = 9;
    command(0, 0, 0x500 | UP | OTHERS);
    command(0, 0, 0x600 | 0x12 | OTHERS);
    command(0, 0, 0x500 | LEVEL | OTHERS);              /* de-assert: nothing */
    machine_run(m, 10000);
    cr_assert_eq(space_read(m->memory, 0x500, 2), 3);
    cr_assert_eq(apic_get(cpu[1], SVR), 0xff, "as after power-on");
    cr_assert_eq(apic_get(cpu[1], APIC_ID), 9 << 24, "but for the identifier");
    cr_assert_eq(apic_get(cpu[1], LINT0), 0x10000);
}

Test(messages, init_spares_the_x2apic_mode)
{
    apic_to_x2(cpu[1]);
    command(0, 1, 0x500 | UP);
    machine_run(m, 1000);
    cr_assert_eq(cpu[1]->activity, WAIT_FOR_SIPI);
    cr_assert(x86_apic_x2(cpu[1]));
}

Test(messages, processors_without_apics_all_begin)
{
    struct apics *old = apics_create(2, "486");

    machine_reset(old->machine, RESET_POWER);
    cr_assert_eq(old->cpu[1]->activity, RUNNING);
    apics_destroy(old);
}

/* ---- Saving ---- */

/* The machine outlives the bench, and with it where its RAM lies. */
static struct machine *taken_from(struct apics *a)
{
    static struct region ring[256];
    static unsigned next;
    struct machine *made = a->machine;
    struct region *r = &ring[next++ % COUNT(ring)];

    *r = (struct region){ .name = "main", .ram = a->ram.ram, .size = a->ram.size,
                          .writable = true };
    space_unmap(&a->ram);
    space_map(made->memory, r, 0, UNDER);
    made->config = NULL;
    config_destroy(a->config);
    free(a);
    return made;
}

/* Two processors with timers and a message between them; handlers count. Real mode. */
static struct machine *ticking(void)
{
    static const u8 handler[] = {           /* INC word [500h + 2n]; EOI by x2APIC's MSR; IRET */
        0xff, 0x06, 0x00, 0x05, 0x66, 0xb9, 0x0b, 0x08, 0, 0, 0x66, 0x31, 0xc0, 0x66, 0x31, 0xd2,
        0x0f, 0x30, 0xcf,
    };
    static const u8 sleep[] = { 0xfb, 0xf4, 0xeb, 0xfc };
    struct apics *a = apics_create(2, "max");
    struct machine *made = a->machine;

    for (unsigned i = 0; i < 2; i++) {
        struct x86 *c = a->cpu[i];

        apic_to_x2(c);
        x86_msr_write(c, 0x80f, 0x1ff);
        x86_msr_write(c, 0x832, 0x20041 + i);
        x86_msr_write(c, 0x838, 600 + 77 * i);
        c->activity = RUNNING;
        c->seg[CS] = c->seg[DS];
        c->rip = 0x1000;
        c->gpr[RSP] = 0x4000 + 0x1000 * i;
        c->idtr[0] = (struct table_register){ 0, 0x3ff };
        x86_mode_update(c);
        space_write(made->memory, 4 * (0x41 + i), 0x2000 + 0x100 * i, 4);
        space_write_bytes(made->memory, 0x2000 + 0x100 * i, handler, sizeof handler);
        space_write(made->memory, 0x2002 + 0x100 * i, 0x500 + 2 * i, 2);
    }
    space_write_bytes(made->memory, 0x1000, sleep, sizeof sleep);
    return taken_from(a);
}

Test(messages, save_and_load_is_invisible)
{
    struct machine *made = ticking();

    machine_run(made, 60000);
    cr_assert_gt(space_read(made->memory, 0x500, 2), 40);
    cr_assert_gt(space_read(made->memory, 0x502, 2), 40);
    machine_destroy(made);
    saving_is_not_noticed(ticking, 20000, 1313);
}

/* ---- Giving way ---- */

static void put_in_loop(struct apics *a, unsigned i)
{
    static const u8 loop[] = { 0xf3, 0x90, 0xeb, 0xfc };    /* PAUSE, and back to it */

    memcpy(a->ram.ram->host + 0x1000, loop, sizeof loop);
    a->cpu[i]->seg[CS].selector = 0;
    a->cpu[i]->seg[CS].base = 0;
    a->cpu[i]->rip = 0x1000;
    a->cpu[i]->activity = RUNNING;
    x86_mode_update(a->cpu[i]);
}

Test(messages, pause_gives_way_to_those_at_work_alone)
{
    struct apics *a = apics_create(2, "max");
    struct machine *m = a->machine;
    u64 ends;

    put_in_loop(a, 0);
    machine_run(m, m->clock.now + 10);
    ends = m->turn_ends;
    machine_run(m, m->clock.now + 100);
    cr_assert_lt(m->clock.now, ends);
    cr_assert_eq(m->turn_ends, ends, "the other waits to be started");
    put_in_loop(a, 1);
    machine_run(m, m->clock.now + 100);
    machine_retired(m);
    cr_assert_gt(a->cpu[1]->cpu.retired, 20);
    apics_destroy(a);
}
