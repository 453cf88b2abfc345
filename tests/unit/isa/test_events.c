/* Between instructions: traps, shadows, interrupts, faults of faults, breakpoints. */
#include <criterion/criterion.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/mode.h"
#include "tests/insn/bare.h"

enum {
    ENTRY = 0x8000, IDT = 0x1000, GDT = 0x3000, TSS = 0x4000, STACK = 0x7000, INNER = 0x6000,
    IST = 0x6800, TABLES = 0x10000, HANDLERS = 0x9000, LOG = 0x5000,
};

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

#define CODE(at, ...) \
    bare_store(bench, at, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

/*
 * Handler n: at HANDLERS + 16n a HLT. Which handler ran shows where the CPU sleeps; NMI and SMI
 * wake it again.
 */
static u64 stop(unsigned n)
{
    return HANDLERS + 16u * n;
}

static void gate32(unsigned n, unsigned type, unsigned dpl)
{
    u64 at = stop(n);

    poke(IDT + 8 * n, (at & 0xffff) | 8 << 16 | (at >> 16) << 48
         | (u64)(0x80 | dpl << 5 | type) << 40, 8);
    CODE(at, 0xf4, 0xeb, 0xfd);
}

static void gate64(unsigned n, unsigned type, unsigned ist)
{
    CODE(stop(n), 0xf4, 0xeb, 0xfd);
    poke(IDT + 16 * n, (stop(n) & 0xffff) | 8 << 16 | (u64)ist << 32
         | (u64)(0x80 | type) << 40, 8);
    poke(IDT + 16 * n + 8, 0, 8);
}

static void tables(bool wide)
{
    static const u64 gdt[] = {
        0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff,
        0x00af9b000000ffff,
    };

    for (unsigned i = 0; i < COUNT(gdt); i++)
        poke(GDT + 8 * i, gdt[i], 8);
    if (wide)
        poke(GDT + 8, gdt[5], 8);
    cpu->gdtr[0] = (struct table_register){ GDT, 0x7f };
    cpu->idtr[0] = (struct table_register){ IDT, 0xfff };
    cpu->seg[TR] = (struct segment){ 0x40, SEG_P | 11 << SEG_TYPE_SHIFT, 0x67, TSS };
    cpu->gpr[RSP] = STACK;
    cpu->rip = ENTRY;
}

static void begin_real(void)
{
    bench = bare_create(1 << 20, "max");
    cpu = bench->cpu;
    bare_real(bench);
    for (unsigned i = 0; i < 256; i++) {
        poke(4 * i, stop(i), 4);
        CODE(stop(i), 0xf4, 0xeb, 0xfd);
    }
    cpu->gpr[RSP] = STACK;
    cpu->rip = ENTRY;
}

static void begin_32(void)
{
    bench = bare_create(1 << 20, "max");
    cpu = bench->cpu;
    bare_flat32(bench);
    tables(false);
    for (unsigned i = 0; i < 64; i++)
        gate32(i, 14, 0);
    poke(TSS + 4, INNER, 4);
    poke(TSS + 8, 0x10, 4);
    poke(TSS + 0x66, 0x68, 2);
}

static void begin_64(void)
{
    bench = bare_create(1 << 20, "max");
    cpu = bench->cpu;
    bare_flat64(bench, TABLES);
    tables(true);
    for (unsigned i = 0; i < 64; i++)
        gate64(i, 14, 0);
    poke(TSS + 4, INNER, 8);
    poke(TSS + 36, IST, 8);
}

static void end(void)
{
    bare_destroy(bench);
}

static void run(void)
{
    machine_run(bench->machine, bench->machine->clock.now + 1000);
}

/* The handler that the CPU sleeps in; -1: elsewhere. */
static int where(void)
{
    u64 at = cpu->seg[CS].base + cpu->rip - 1;

    if (cpu->activity != HALTED || at < HANDLERS || at >= stop(256) || at % 16)
        return -1;
    return (int)(at - HANDLERS) / 16;
}

static u8 answer(struct device *pic)
{
    (void)pic;
    return 0x21;
}

static void pin(enum x86_pin p, bool level)
{
    cpu->cpu.dev.type->pin(&cpu->cpu.dev, p, level);
}

static void interrupt(void)
{
    cpu->cpu.acknowledge = answer;
    pin(X86_INTR, true);
}

/* ---- Interrupts and shadows ---- */

Test(events, intr_waits_for_if)
{
    begin_real();
    CODE(ENTRY, 0x90, 0x90, 0xf4);
    interrupt();
    run();
    cr_assert_eq(cpu->rip, ENTRY + 3);
    end();
}

Test(events, sti_holds_interrupts_for_one_instruction)
{
    begin_real();
    CODE(ENTRY, 0xfb, 0x90, 0x90, 0xf4);        /* sti nop nop hlt */
    interrupt();
    run();
    cr_assert_eq(where(), 0x21);
    cr_assert_eq(peek(STACK - 6, 2), ENTRY + 2);
    end();
}

Test(events, sti_with_if_set_holds_nothing)
{
    begin_real();
    cpu->eflags |= IF;
    CODE(ENTRY, 0x90, 0xfb, 0x90, 0xf4);
    interrupt();
    run();
    cr_assert_eq(peek(STACK - 6, 2), ENTRY);
    end();
}

Test(events, mov_ss_holds_interrupts_and_nmi)
{
    begin_real();
    cpu->eflags |= IF;
    CODE(ENTRY, 0x8e, 0xd0, 0x90, 0x90, 0xf4);  /* mov ss, ax */
    machine_run(bench->machine, bench->machine->clock.now + 1);
    interrupt();
    pin(X86_NMI, true);
    cr_assert_eq(cpu->rip, ENTRY + 2);
    run();
    cr_assert_eq(peek(STACK - 6, 2), ENTRY + 3, "%llx", (unsigned long long)peek(STACK - 6, 2));
    cr_assert_eq(where(), V_NMI);
    end();
}

Test(events, sti_holds_nmi_as_well)
{
    begin_real();
    CODE(ENTRY, 0xfb, 0x90, 0x90, 0xf4);        /* sti nop nop hlt */
    machine_run(bench->machine, bench->machine->clock.now + 1);
    pin(X86_NMI, true);
    cr_assert_eq(cpu->rip, ENTRY + 1);
    run();
    cr_assert_eq(where(), V_NMI);
    cr_assert_eq(peek(STACK - 6, 2), ENTRY + 2);
    end();
}

Test(events, hlt_wakes_behind_itself)
{
    begin_real();
    CODE(ENTRY, 0xfb, 0xf4, 0x90);
    run();
    cr_assert_eq(cpu->activity, HALTED);
    interrupt();
    run();
    cr_assert_eq(where(), 0x21);
    cr_assert_eq(peek(STACK - 6, 2), ENTRY + 2);
    end();
}

Test(events, nmi_is_blocked_until_iret)
{
    begin_real();
    CODE(ENTRY, 0xf4, 0x90, 0xf4);
    CODE(stop(2), 0x40, 0xcf);               /* inc ax, iret */
    run();
    pin(X86_NMI, true);
    pin(X86_NMI, false);
    cpu->nmi_blocked = true;
    run();
    cr_assert_eq(cpu->gpr[RAX], 0);
    cpu->nmi_blocked = false;
    run();
    cr_assert_eq(cpu->gpr[RAX], 1);
    cr_assert(!cpu->nmi_blocked);
    cr_assert_eq(cpu->rip, ENTRY + 3);
    end();
}

Test(events, init_starts_anew)
{
    begin_32();
    CODE(ENTRY, 0xeb, 0xfe);
    pin(X86_INIT, true);
    machine_run(bench->machine, bench->machine->clock.now);
    cpu->fcw = 0x27f;
    x86_attend(cpu);
    cr_assert_eq(cpu->seg[CS].base, 0xffff0000);
    cr_assert_eq(cpu->rip, 0xfff0);
    cr_assert_eq(cpu->fcw, 0x27f);
    cr_assert(!(cpu->cr0 & CR0_PE));
    end();
}

/* ---- Single step ---- */

Test(step, traps_behind_the_instruction)
{
    begin_32();
    cpu->eflags |= TF;
    CODE(ENTRY, 0x90, 0x90, 0xf4);
    run();
    cr_assert_eq(where(), V_DB);
    cr_assert_eq(peek(STACK - 12, 4), ENTRY + 1);
    cr_assert(cpu->dr[6] & DR6_BS);
    cr_assert(peek(STACK - 4, 4) & TF);
    cr_assert(!(peek(STACK - 4, 4) & RF));
    cr_assert(!(cpu->eflags & TF));
    end();
}

Test(step, popf_counts_from_the_next)
{
    begin_32();
    poke(STACK, TF | 2, 4);
    CODE(ENTRY, 0x9d, 0x90, 0x90, 0xf4);
    run();
    cr_assert_eq(where(), V_DB);
    cr_assert_eq(peek(STACK - 8, 4), ENTRY + 2);
    end();
}

Test(step, int_n_does_not_trap)
{
    begin_32();
    cpu->eflags |= TF;
    CODE(ENTRY, 0xcd, 0x20, 0xf4);
    run();
    cr_assert_eq(where(), 0x20);
    cr_assert(!(cpu->dr[6] & DR6_BS));
    end();
}

Test(step, mov_ss_delays_the_trap)
{
    begin_32();
    cpu->eflags |= TF;
    cpu->gpr[RAX] = 0x10;
    CODE(ENTRY, 0x8e, 0xd0, 0x90, 0xf4);
    run();
    cr_assert_eq(where(), V_DB);
    cr_assert_eq(peek(STACK - 12, 4), ENTRY + 3);
    end();
}

Test(step, rep_traps_after_each_iteration)
{
    begin_32();
    cpu->eflags |= TF;
    cpu->gpr[RCX] = 3;
    cpu->gpr[RDI] = LOG;
    CODE(ENTRY, 0xf3, 0xaa, 0x90, 0xf4);        /* rep stosb */
    run();
    cr_assert_eq(where(), V_DB);
    cr_assert_eq(cpu->gpr[RCX], 2);
    cr_assert_eq(peek(STACK - 12, 4), ENTRY);
    end();
}

Test(step, a_fault_does_not_trap)
{
    begin_32();
    cpu->eflags |= TF;
    CODE(ENTRY, 0x0f, 0x0b);
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert(peek(STACK - 4, 4) & RF);
    cr_assert(!(cpu->dr[6] & DR6_BS));
    end();
}

/* ---- Breakpoints ---- */

static void watch(unsigned n, u64 at, unsigned kind, unsigned length)
{
    cpu->dr[n] = at;
    cpu->dr[7] |= 1u << 2 * n | kind << (16 + 4 * n) | length << (18 + 4 * n);
    x86_mode_update(cpu);
}

Test(breakpoint, of_code_faults_before)
{
    begin_32();
    watch(1, ENTRY + 1, 0, 0);
    CODE(ENTRY, 0x90, 0x40, 0xf4);
    run();
    cr_assert_eq(where(), V_DB);
    cr_assert_eq(peek(STACK - 12, 4), ENTRY + 1);
    cr_assert_eq(cpu->dr[6] & DR6_B, 2);
    cr_assert_eq(cpu->gpr[RAX], 0);
    end();
}

Test(breakpoint, rf_passes_it_once)
{
    begin_32();
    watch(0, ENTRY + 1, 0, 0);
    CODE(ENTRY, 0x90, 0x40, 0xf4);
    CODE(stop(V_DB), 0x80, 0x4c, 0x24, 0x0a, 0x01, 0x43, 0xcf);  /* or [esp+10], 1; inc ebx */
    run();
    cr_assert_eq(cpu->gpr[RAX], 1);
    cr_assert_eq(cpu->gpr[RBX], 1);
    cr_assert_eq(cpu->rip, ENTRY + 3);
    cr_assert(!(cpu->eflags & RF));
    end();
}

Test(breakpoint, of_data_traps_behind)
{
    begin_32();
    watch(2, LOG + 4, 1, 3);
    cpu->gpr[RDI] = LOG + 7;
    CODE(ENTRY, 0x88, 0x07, 0x40, 0xf4);        /* mov [edi], al */
    run();
    cr_assert_eq(where(), V_DB);
    cr_assert_eq(peek(STACK - 12, 4), ENTRY + 2);
    cr_assert_eq(cpu->dr[6] & DR6_B, 4);
    end();
}

Test(breakpoint, of_writes_lets_reads_pass)
{
    begin_32();
    watch(2, LOG, 1, 3);
    cpu->gpr[RDI] = LOG;
    CODE(ENTRY, 0x8b, 0x07, 0x40, 0xf4);
    run();
    cr_assert_eq(cpu->rip, ENTRY + 4);
    end();
}

Test(breakpoint, general_detect)
{
    begin_32();
    cpu->dr[7] |= DR7_GD;
    CODE(ENTRY, 0x0f, 0x21, 0xf0, 0xf4);        /* mov eax, dr6 */
    run();
    cr_assert_eq(where(), V_DB);
    cr_assert(cpu->dr[6] & DR6_BD);
    cr_assert(!(cpu->dr[7] & DR7_GD));
    cr_assert_eq(peek(STACK - 12, 4), ENTRY);
    end();
}

/* ---- Faults of faults ---- */

Test(fault, a_missing_handler_is_a_fault_with_ext)
{
    begin_32();
    poke(IDT + 8 * V_UD, 0, 8);
    CODE(ENTRY, 0x0f, 0x0b);
    run();
    cr_assert_eq(where(), V_GP);
    cr_assert_eq(peek(STACK - 16, 4), V_UD * 8 + 3);
    end();
}

/* NOPs have no op of their own, but a place and a count. */
Test(fault, behind_nops_is_where_and_when_it_was)
{
    begin_32();
    CODE(ENTRY, 0x90, 0x0f, 0x1f, 0x00, 0x0f, 0x0b);
    run();
    cr_assert_eq(where(), V_UD);
    cr_expect_eq(peek(STACK - 12, 4), ENTRY + 4);
    cr_expect_eq(machine_retired(bench->machine), 3u, "two NOPs and HLT");
    end();
    begin_32();
    CODE(ENTRY, 0x40, 0x90, 0x0f, 0x0b);
    run();
    cr_expect_eq(peek(STACK - 12, 4), ENTRY + 2);
    cr_expect_eq(machine_retired(bench->machine), 3u, "INC, NOP and HLT");
    end();
}

Test(fault, int_n_without_handler_has_no_ext)
{
    begin_32();
    cpu->idtr[0].limit = 0x17f;
    CODE(ENTRY, 0xcd, 0x40);
    run();
    cr_assert_eq(where(), V_GP);
    cr_assert_eq(peek(STACK - 16, 4), 0x40 * 8 + 2);
    cr_assert_eq(peek(STACK - 12, 4), ENTRY);
    end();
}

Test(fault, two_contributory_make_a_double)
{
    begin_32();
    poke(IDT + 8 * V_GP, 0, 8);
    cpu->idtr[0].limit = 0x17f;
    CODE(ENTRY, 0xcd, 0x40);
    run();
    cr_assert_eq(where(), V_DF);
    cr_assert_eq(peek(STACK - 16, 4), 0);
    end();
}

Test(fault, three_shut_down)
{
    begin_32();
    poke(IDT + 8 * V_GP, 0, 8);
    poke(IDT + 8 * V_DF, 0, 8);
    CODE(ENTRY, 0x0f, 0x0b);
    poke(IDT + 8 * V_UD, 0, 8);
    run();
    cr_assert_eq(cpu->activity, SHUTDOWN);
    cr_assert_eq(cpu->faults[0].code, V_DF * 8 + 2);
    pin(X86_NMI, true);
    run();
    cr_assert_eq(where(), V_NMI);
    end();
}

/* ---- Long mode ---- */

Test(longmode, aligns_and_pushes_the_stack)
{
    begin_64();
    cpu->gpr[RSP] = STACK + 5;
    CODE(ENTRY, 0xcd, 0x20);
    run();
    cr_assert_eq(where(), 0x20);
    cr_assert_eq(cpu->gpr[RSP], STACK - 40);
    cr_assert_eq(peek(STACK - 40, 8), ENTRY + 2);
    cr_assert_eq(peek(STACK - 32, 8), 8);
    cr_assert_eq(peek(STACK - 16, 8), STACK + 5);
    cr_assert_eq(peek(STACK - 8, 8), 0x10);
    end();
}

Test(longmode, takes_the_interrupt_stack)
{
    begin_64();
    gate64(V_UD, 14, 1);
    CODE(ENTRY, 0x0f, 0x0b);
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert_eq(cpu->gpr[RSP], IST - 40);
    cr_assert_eq(cpu->seg[SS].selector, 0x10);
    end();
}

Test(longmode, user_code_comes_in_on_rsp0_with_a_null_stack_segment)
{
    begin_64();
    cpu->seg[CS].selector = 0x2b;
    cpu->seg[SS].selector = 0x23;
    cpu->cpl = 3;
    x86_mode_update(cpu);
    CODE(ENTRY, 0x0f, 0x0b);
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert_eq(cpu->gpr[RSP], INNER - 40);
    cr_assert_eq(cpu->seg[SS].selector, 0);
    cr_assert_eq(peek(INNER - 8, 8), 0x23);
    cr_assert_eq(cpu->cpl, 0);
    end();
}

Test(longmode, iret_goes_back_where_it_came_from)
{
    begin_64();
    cpu->gpr[RSP] = STACK + 8;
    CODE(stop(0x20), 0x48, 0xff, 0xc0, 0x48, 0xcf);  /* inc rax; iretq */
    CODE(ENTRY, 0xcd, 0x20, 0xf4);
    run();
    cr_assert_eq(cpu->rip, ENTRY + 3);
    cr_assert_eq(cpu->gpr[RSP], STACK + 8);
    cr_assert_eq(cpu->gpr[RAX], 1);
    end();
}

Test(longmode, a_segment_that_iret_takes_away_leaves_its_base)
{
    begin_64();
    poke(GDT + 0x28, 0x00affb000000ffff, 8);
    cpu->seg[GS] = (struct segment){
        0x10, SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED, 0xffffffff, ENTRY
    };
    x86_mode_update(cpu);
    poke(STACK, ENTRY + 0x100, 8);
    poke(STACK + 8, 0x2b, 8);
    poke(STACK + 16, 2, 8);
    poke(STACK + 24, STACK, 8);
    poke(STACK + 32, 0x23, 8);
    CODE(ENTRY, 0x48, 0xcf);                                    /* iretq */
    CODE(ENTRY + 0x100, 0x65, 0x8b, 0x04, 0x25, 0, 2, 0, 0, 0x0f, 0x0b);  /* mov eax, gs:[200h] */
    poke(ENTRY + 0x200, 0x12345678, 4);
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert_eq(cpu->seg[GS].selector, 0);
    cr_assert_eq(cpu->gpr[RAX], 0x12345678);
    end();
}

Test(longmode, syscall_and_back)
{
    begin_64();
    cpu->star = (u64)0x13 << 48 | (u64)8 << 32;
    cpu->lstar = ENTRY + 0x100;
    cpu->fmask = IF | TF;
    cpu->eflags |= IF;
    CODE(ENTRY, 0x0f, 0x05, 0xf4);
    CODE(ENTRY + 0x100, 0x48, 0xff, 0xc0, 0x48, 0x0f, 0x07);    /* inc rax; sysretq */
    run();
    cr_assert_eq(where(), V_GP, "HLT in ring 3");
    cr_assert_eq(peek(INNER - 40, 8), ENTRY + 2);
    cr_assert_eq(peek(INNER - 32, 8), 0x23);
    cr_assert(peek(INNER - 24, 8) & IF);
    cr_assert_eq(peek(INNER - 8, 8), 0x1b);
    end();
}

/* ---- Virtual-8086 mode ---- */

enum { V86_SEGMENT = ENTRY >> 4, V86_SP = 0x800 };

static void begin_v86(unsigned iopl, u32 cr4)
{
    begin_32();
    cpu->cr4 = cr4;
    cpu->cpl = 3;
    cpu->seg[TR].limit = 0xfff;
    poke(TSS + 0x66, 0x88, 2);
    x86_set_flags(cpu, VM | IF | iopl << 12);
    for (unsigned i = 0; i < 6; i++)
        cpu->seg[i] = (struct segment){
            V86_SEGMENT, SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED | SEG_DPL, 0xffff, ENTRY
        };
    x86_mode_update(cpu);
    cpu->rip = 0;
    cpu->gpr[RSP] = V86_SP;
}

Test(v86, an_exception_saves_all_segments)
{
    begin_v86(0, 0);
    CODE(ENTRY, 0x0f, 0x0b);
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert_eq(cpu->gpr[RSP], INNER - 36);
    cr_assert_eq(peek(INNER - 36, 4), 0);
    cr_assert_eq(peek(INNER - 32, 4), V86_SEGMENT);
    cr_assert(peek(INNER - 28, 4) & VM);
    cr_assert_eq(peek(INNER - 24, 4), V86_SP);
    cr_assert_eq(peek(INNER - 4, 4), V86_SEGMENT);
    cr_assert_eq(cpu->seg[DS].selector, 0);
    cr_assert_eq(cpu->cpl, 0);
    cr_assert(!(cpu->eflags & VM));
    end();
}

Test(v86, iret_goes_back_into_it)
{
    begin_v86(0, 0);
    CODE(ENTRY, 0xcc, 0x40, 0x0f, 0x0b);        /* int3; inc ax; ud2 */
    gate32(V_BP, 14, 3);
    CODE(stop(V_BP), 0xcf);
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert_eq(cpu->gpr[RAX], 1);
    cr_assert_eq(peek(INNER - 36, 4), 2);
    end();
}

Test(v86, int_n_needs_iopl)
{
    begin_v86(0, 0);
    gate32(0x20, 14, 3);
    CODE(ENTRY, 0xcd, 0x20);
    run();
    cr_assert_eq(where(), V_GP);
    cr_assert_eq(peek(INNER - 40, 4), 0);
    cr_assert_eq(peek(INNER - 36, 4), 0);
    end();
}

Test(v86, vme_redirects_int_n)
{
    begin_v86(0, CR4_VME);
    poke(4 * 0x20, (u64)V86_SEGMENT << 16 | 0x100, 4);
    CODE(ENTRY, 0xcd, 0x20);
    CODE(ENTRY + 0x100, 0x0f, 0x0b);
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert_eq(peek(INNER - 36, 4), 0x100);
    cr_assert_eq(peek(ENTRY + V86_SP - 6, 2), 2);
    cr_assert_eq(peek(ENTRY + V86_SP - 2, 2) & (IOPL | IF), IOPL);
    end();
}

Test(v86, vme_gives_cli_and_sti_a_flag_of_their_own)
{
    begin_v86(0, CR4_VME);
    CODE(ENTRY, 0xfb, 0x9c, 0xfa, 0x0f, 0x0b);  /* sti; pushf; cli; ud2 */
    run();
    cr_assert_eq(where(), V_UD);
    cr_assert_eq(peek(ENTRY + V86_SP - 2, 2) & (IOPL | IF), IOPL | IF);
    cr_assert(!(peek(INNER - 28, 4) & VIF));
    cr_assert(peek(INNER - 28, 4) & IF);
    end();
}

Test(v86, sti_with_a_pending_interrupt_faults)
{
    begin_v86(0, CR4_VME);
    cpu->eflags |= VIP;
    CODE(ENTRY, 0xfb);
    run();
    cr_assert_eq(where(), V_GP);
    end();
}
