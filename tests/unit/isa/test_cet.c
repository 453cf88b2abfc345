/* Control-flow enforcement by the SDM's pseudo-code: shadow stacks, tokens, pages, ENDBR. */
#include <criterion/criterion.h>

#include "isa/x86/cet.h"
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/mode.h"
#include "isa/x86/msr.h"
#include "isa/x86/paging.h"
#include "isa/x86/xstate.h"
#include "tests/unit/isa/one.h"

/* The second megabyte pair is the user's shadow stack, the third the supervisor's. */
enum {
    TABLES = 0x10000, USER_SHADOW = 0x200000, SHADOW = 0x400000, STACK = 0x7000, ELSEWHERE = 0xa000,
    U_CET = 0x6a0, S_CET = 0x6a2, PL0_SSP = 0x6a4, PL3_SSP = 0x6a7, SSP_TABLE = 0x6a8,
};
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_SS = 0x40 };

static struct bare *b;
static struct x86 *cpu;

static void put(u64 at, u64 v)
{
    bare_store(b, at, &v, 8);
}

static u64 at(u64 where)
{
    u64 v;

    memcpy(&v, b->ram->host + where, 8);
    return v;
}

static void begin(unsigned cpl, u64 control)
{
    b = bare_create(8 << 20, "max");
    cpu = b->cpu;
    bare_flat64(b, TABLES);
    put(TABLES + 0x2008, USER_SHADOW | 0xc5);
    put(TABLES + 0x2010, SHADOW | 0xc1);
    cpu->cr0 |= CR0_WP;
    cpu->cr4 |= CR4_CET;
    cpu->cpl = (u8)cpl;
    cpu->gpr[RSP] = STACK;
    cpu->ssp = (cpl == 3 ? USER_SHADOW : SHADOW) + 0x1000;
    cr_assert(x86_msr_write(cpu, cpl == 3 ? U_CET : S_CET, control));
    x86_mode_update(cpu);
}

static void expect_fault(int vector, int expected, u32 code)
{
    cr_expect_eq(vector, expected, "vector %d", vector);
    cr_expect_eq(cpu->fault_code, code, "code %x", cpu->fault_code);
}

/* ---- Calls and returns ---- */

Test(cet, a_call_is_remembered_and_its_return_compared)
{
    begin(3, CET_SHADOW);
    cr_expect_eq(ONE(b, 0xe8, 0x10, 0, 0, 0), NO_FAULT);
    cr_expect_eq(cpu->rip, CODE + 0x15);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0xff8);
    cr_expect_eq(at(USER_SHADOW + 0xff8), CODE + 5);
    cr_expect_eq(at(STACK - 8), CODE + 5);
    cr_expect_eq(ONE(b, 0xc3), NO_FAULT);
    cr_expect_eq(cpu->rip, CODE + 5);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0x1000);

    cpu->gpr[RAX] = ELSEWHERE;
    cr_expect_eq(ONE(b, 0xff, 0xd0), NO_FAULT);
    cr_expect_eq(at(USER_SHADOW + 0xff8), CODE + 2);
    put(STACK - 8, CODE + 3);
    expect_fault(ONE(b, 0xc3), V_CP, CP_NEAR_RET);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0xff8);
    cr_expect_eq(cpu->gpr[RSP], STACK - 8);
    bare_destroy(b);
}

Test(cet, a_call_to_what_follows_is_not_remembered)
{
    begin(3, CET_SHADOW);
    cr_expect_eq(ONE(b, 0xe8, 0, 0, 0, 0), NO_FAULT);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0x1000);
    cr_expect_eq(cpu->gpr[RSP], STACK - 8);
    bare_destroy(b);
}

Test(cet, a_far_call_remembers_segment_address_and_pointer)
{
    static const u64 gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };
    static const struct { u64 offset; u16 selector; } to = { ELSEWHERE, 8 };

    begin(0, CET_SHADOW);
    bare_store(b, 0x3000, gdt, sizeof gdt);
    bare_store(b, DATA, &to, 10);
    cpu->gdtr[0] = (struct table_register){ 0x3000, sizeof gdt - 1 };
    cpu->gpr[RBX] = DATA;
    cpu->ssp -= 4;
    put(SHADOW + 0xff8, UINT64_MAX);
    cr_expect_eq(ONE(b, 0x48, 0xff, 0x1b), NO_FAULT);
    cr_expect_eq(cpu->rip, ELSEWHERE);
    cr_expect_eq(cpu->ssp, SHADOW + 0xff8 - 24);
    cr_expect_eq((u32)at(SHADOW + 0xff8), 0);           /* the hole below 4 */
    cr_expect_eq(at(SHADOW + 0xff0), 8);
    cr_expect_eq(at(SHADOW + 0xfe8), CODE + 3);
    cr_expect_eq(at(SHADOW + 0xfe0), SHADOW + 0xffc);
    cr_expect_eq(ONE(b, 0x48, 0xcb), NO_FAULT);
    cr_expect_eq(cpu->ssp, SHADOW + 0xffc);
    cr_expect_eq(ONE(b, 0x48, 0xff, 0x1b), NO_FAULT);
    put(SHADOW + 0xff0, 0x10008);
    expect_fault(ONE(b, 0x48, 0xcb), V_CP, CP_FAR_RET);
    bare_destroy(b);
}

/* TSS at 4000h and 5000h, 18h and 20h; without paging every page serves. */
static void begin_tasks(u32 limit)
{
    const u64 gdt[] = {
        0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00008b004000006b, 0x0000890050000000 | limit,
    };
    static const u32 segments[] = { 0x10, 8, 0x10, 0x10, 0x10, 0x10 };
    static const u32 start[] = { ELSEWHERE, 2 };

    b = bare_create(8 << 20, "max");
    cpu = b->cpu;
    bare_flat32(b);
    bare_store(b, 0x3000, gdt, sizeof gdt);
    bare_store(b, 0x5020, start, sizeof start);
    bare_store(b, 0x5048, segments, sizeof segments);
    put(0x5068, SHADOW + 0xff8);
    put(SHADOW + 0xff8, SHADOW + 0xff8);
    cpu->gdtr[0] = (struct table_register){ 0x3000, sizeof gdt - 1 };
    cpu->seg[TR] = (struct segment){ 0x18, SEG_P | 11 << SEG_TYPE_SHIFT, 0x6b, 0x4000 };
    cpu->cr0 |= CR0_WP;
    cpu->cr4 |= CR4_CET;
    cpu->gpr[RSP] = STACK;
    cpu->ssp = USER_SHADOW + 0x1000;
    cr_assert(x86_msr_write(cpu, S_CET, CET_SHADOW));
}

#define CALL_TASK 0x9a, 0, 0, 0, 0, 0x20, 0

Test(cet, a_task_has_a_shadow_stack_of_its_own)
{
    begin_tasks(0x6b);
    cr_expect_eq(ONE(b, CALL_TASK), NO_FAULT);
    cr_expect_eq(cpu->rip, ELSEWHERE);
    cr_expect_eq(cpu->ssp, SHADOW + 0xff8 - 24);
    cr_expect_eq(at(SHADOW + 0xff8), (SHADOW + 0xff8) | 1);
    cr_expect_eq(at(SHADOW + 0xff0), 8);
    cr_expect_eq(at(SHADOW + 0xfe8), CODE + 7);
    cr_expect_eq(at(SHADOW + 0xfe0), USER_SHADOW + 0x1000);
    cr_expect_eq(ONE(b, 0xcf), NO_FAULT);
    cr_expect_eq(cpu->rip, CODE + 7);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0x1000);
    cr_expect_eq(at(SHADOW + 0xff8), SHADOW + 0xff8);
    cr_expect_eq(ONE(b, CALL_TASK), NO_FAULT);
    put(SHADOW + 0xfe8, CODE + 8);
    expect_fault(ONE(b, 0xcf), V_CP, CP_FAR_RET);
    bare_destroy(b);
}

Test(cet, a_task_without_one_is_refused)
{
    begin_tasks(0x67);
    expect_fault(ONE(b, CALL_TASK), V_TS, 0x20);
    cr_expect_eq(cpu->seg[TR].selector, 0x18);
    bare_destroy(b);
    begin_tasks(0x6b);
    put(SHADOW + 0xff8, 0);
    expect_fault(ONE(b, CALL_TASK), V_GP, 0);
    bare_destroy(b);
}

/* ---- Pages ---- */

Test(cet, shadow_stacks_are_pages_of_their_own)
{
    begin(3, CET_SHADOW | CET_WRITE_SHADOW);
    cpu->gpr[RBX] = USER_SHADOW + 0x100;
    cpu->gpr[RAX] = 0x1122334455667788;
    expect_fault(ONE(b, 0x48, 0x89, 0x03), V_PF, PF_P | PF_W | PF_U);
    cr_expect_eq(ONE(b, 0x48, 0x0f, 0x38, 0xf6, 0x03), NO_FAULT);
    cr_expect_eq(at(USER_SHADOW + 0x100), 0x1122334455667788);
    cr_expect_eq(ONE(b, 0x48, 0x8b, 0x0b), NO_FAULT);
    cr_expect_eq(cpu->gpr[RCX], 0x1122334455667788);
    cpu->gpr[RBX] = USER_SHADOW + 0x104;
    expect_fault(ONE(b, 0x48, 0x0f, 0x38, 0xf6, 0x03), V_GP, 0);
    cr_expect_eq(ONE(b, 0x0f, 0x38, 0xf6, 0x03), NO_FAULT);
    cr_expect_eq(at(USER_SHADOW + 0x100), 0x5566778855667788);
    cpu->gpr[RBX] = DATA;
    expect_fault(ONE(b, 0x48, 0x0f, 0x38, 0xf6, 0x03), V_PF, PF_P | PF_W | PF_U | PF_SS);
    cpu->gpr[RBX] = SHADOW;
    expect_fault(ONE(b, 0x48, 0x0f, 0x38, 0xf6, 0x03), V_PF, PF_P | PF_W | PF_U | PF_SS);
    cpu->ssp = DATA;
    expect_fault(ONE(b, 0xe8, 0x10, 0, 0, 0), V_PF, PF_P | PF_W | PF_U | PF_SS);
    cr_expect_eq(cpu->gpr[RSP], STACK);
    expect_fault(ONE(b, 0xf3, 0x0f, 0xae, 0xe8), V_PF, PF_P | PF_U | PF_SS);
    bare_destroy(b);
}

Test(cet, a_table_that_forbids_writing_makes_no_shadow_stack)
{
    begin(0, CET_SHADOW);
    put(TABLES + 0x1000, (TABLES + 0x2000) | 5);
    x86_tlb_flush(cpu, true);
    expect_fault(ONE(b, 0xf3, 0x0f, 0xae, 0xe8), V_PF, PF_P | PF_SS);
    put(TABLES + 0x1000, (TABLES + 0x2000) | 7);
    cr_expect_eq(ONE(b, 0xf3, 0x0f, 0xae, 0xe8), NO_FAULT);
    put(TABLES + 0x2010, SHADOW | 0x81);                /* not dirty */
    expect_fault(ONE(b, 0xf3, 0x0f, 0xae, 0xe8), V_PF, PF_P | PF_SS);
    cpu->ssp = USER_SHADOW;
    expect_fault(ONE(b, 0xf3, 0x0f, 0xae, 0xe8), V_PF, PF_P | PF_SS);
    bare_destroy(b);
}

Test(cet, wruss_writes_as_the_user_does)
{
    begin(0, 0);
    cpu->gpr[RBX] = USER_SHADOW + 8;
    cpu->gpr[RAX] = 77;
    cr_expect_eq(ONE(b, 0x66, 0x48, 0x0f, 0x38, 0xf5, 0x03), NO_FAULT);
    cr_expect_eq(at(USER_SHADOW + 8), 77);
    cpu->gpr[RBX] = SHADOW;
    expect_fault(ONE(b, 0x66, 0x48, 0x0f, 0x38, 0xf5, 0x03), V_PF, PF_P | PF_W | PF_U | PF_SS);
    cr_expect_eq(ONE(b, 0x48, 0x0f, 0x38, 0xf6, 0x03), V_UD);
    cpu->cpl = 3;
    expect_fault(ONE(b, 0x66, 0x48, 0x0f, 0x38, 0xf5, 0x03), V_GP, 0);
    bare_destroy(b);
}

/* ---- The pointer, and tokens ---- */

Test(cet, the_pointer_is_read_and_moved)
{
    begin(3, CET_SHADOW);
    cpu->gpr[RAX] = UINT64_MAX;
    cr_expect_eq(ONE(b, 0xf3, 0x0f, 0x1e, 0xc8), NO_FAULT);
    cr_expect_eq(cpu->gpr[RAX], USER_SHADOW + 0x1000);
    cpu->gpr[RAX] = 0x103;
    cr_expect_eq(ONE(b, 0xf3, 0x48, 0x0f, 0xae, 0xe8), NO_FAULT);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0x1018);
    cr_assert(x86_msr_write(cpu, U_CET, 0));
    cpu->gpr[RAX] = 5;
    cr_expect_eq(ONE(b, 0xf3, 0x48, 0x0f, 0x1e, 0xc8), NO_FAULT);
    cr_expect_eq(cpu->gpr[RAX], 5);
    cr_expect_eq(ONE(b, 0xf3, 0x48, 0x0f, 0xae, 0xe8), V_UD);
    bare_destroy(b);
}

Test(cet, a_stack_is_left_and_another_restored)
{
    begin(3, CET_SHADOW);
    put(USER_SHADOW + 0x1ff8, (USER_SHADOW + 0x2000) | 1);
    cpu->gpr[RBX] = USER_SHADOW + 0x1ff8;
    cr_expect_eq(ONE(b, 0xf3, 0x0f, 0x01, 0x2b), NO_FAULT);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0x1ff8);
    cr_expect_eq(at(USER_SHADOW + 0x1ff8), (USER_SHADOW + 0x1000) | 3);
    cr_expect_eq(ONE(b, 0xf3, 0x0f, 0x01, 0xea), NO_FAULT);
    cr_expect_eq(cpu->ssp, USER_SHADOW + 0x2000);
    cr_expect_eq(at(USER_SHADOW + 0xff8), (USER_SHADOW + 0x1000) | 1);
    cpu->gpr[RBX] = USER_SHADOW + 0x1ff0;
    put(USER_SHADOW + 0x1ff0, 0x1234);
    expect_fault(ONE(b, 0xf3, 0x0f, 0x01, 0x2b), V_CP, CP_RSTORSSP);
    cr_expect_eq(at(USER_SHADOW + 0x1ff0), 0x1234);
    expect_fault(ONE(b, 0xf3, 0x0f, 0x01, 0xea), V_GP, 0);
    bare_destroy(b);
}

Test(cet, a_supervisor_marks_its_stack_busy)
{
    begin(0, CET_SHADOW);
    cr_assert(x86_msr_write(cpu, PL0_SSP, SHADOW + 0x2ff8));
    expect_fault(ONE(b, 0xf3, 0x0f, 0x01, 0xe8), V_CP, CP_SETSSBSY);
    put(SHADOW + 0x2ff8, SHADOW + 0x2ff8);
    cr_expect_eq(ONE(b, 0xf3, 0x0f, 0x01, 0xe8), NO_FAULT);
    cr_expect_eq(cpu->ssp, SHADOW + 0x2ff8);
    cr_expect_eq(at(SHADOW + 0x2ff8), (SHADOW + 0x2ff8) | 1);
    cpu->gpr[RBX] = SHADOW + 0x2ff8;
    cr_expect_eq(ONE(b, 0xf3, 0x0f, 0xae, 0x33), NO_FAULT);
    cr_expect_eq(at(SHADOW + 0x2ff8), SHADOW + 0x2ff8);
    cr_expect_eq(cpu->ssp, 0);
    cr_expect_not(x86_flags(cpu) & CF);
    cr_expect_eq(ONE(b, 0xf3, 0x0f, 0xae, 0x33), NO_FAULT);
    cr_expect(x86_flags(cpu) & CF);
    bare_destroy(b);
}

/* ---- ENDBR ---- */

#define ENDBR64 0xf3, 0x0f, 0x1e, 0xfa
#define ENDBR32 0xf3, 0x0f, 0x1e, 0xfb

Test(cet, an_indirect_branch_awaits_endbr)
{
    begin(3, CET_ENDBR | CET_NO_TRACK);
    cpu->gpr[RAX] = ELSEWHERE;
    cr_expect_eq(ONE(b, 0xff, 0xe0), NO_FAULT);
    cr_expect(cpu->u_cet & CET_WAIT);
    expect_fault(ONE(b, 0x90), V_CP, CP_ENDBR);
    expect_fault(ONE(b, ENDBR32), V_CP, CP_ENDBR);
    expect_fault(ONE(b, 0x0f, 0x0b), V_CP, CP_ENDBR);
    expect_fault(ONE(b, 0x74, 0x10), V_CP, CP_ENDBR);
    expect_fault(ONE(b, 0xe9, 0x10, 0, 0, 0), V_CP, CP_ENDBR);
    expect_fault(ONE(b, 0xe8, 0x10, 0, 0, 0), V_CP, CP_ENDBR);
    cr_expect(cpu->u_cet & CET_WAIT);
    cr_expect_eq(ONE(b, ENDBR64), NO_FAULT);
    cr_expect_not(cpu->u_cet & CET_WAIT);
    cr_expect_eq(ONE(b, 0x90), NO_FAULT);
    cr_expect_eq(ONE(b, ENDBR64), NO_FAULT);
    cr_expect_eq(ONE(b, 0x3e, 0xff, 0xe0), NO_FAULT);   /* NOTRACK */
    cr_expect_eq(ONE(b, 0x90), NO_FAULT);
    cpu->gpr[RBX] = DATA;
    put(DATA, ELSEWHERE);
    cr_expect_eq(ONE(b, 0x3e, 0xff, 0x13), NO_FAULT);
    cr_expect_eq(ONE(b, 0x90), NO_FAULT);
    cr_expect_eq(ONE(b, 0xff, 0x13), NO_FAULT);
    expect_fault(ONE(b, 0x90), V_CP, CP_ENDBR);
    bare_destroy(b);
}

Test(cet, notrack_must_be_allowed)
{
    begin(0, CET_ENDBR);
    cpu->gpr[RAX] = ELSEWHERE;
    cr_expect_eq(ONE(b, 0x3e, 0xff, 0xe0), NO_FAULT);
    expect_fault(ONE(b, 0x90), V_CP, CP_ENDBR);
    bare_destroy(b);
}

Test(cet, legacy_code_suppresses_the_tracking)
{
    begin(3, CET_ENDBR | CET_LEGACY | 0x30000);
    cpu->gpr[RAX] = ELSEWHERE;
    cr_expect_eq(ONE(b, 0xff, 0xe0), NO_FAULT);
    expect_fault(ONE(b, 0x90), V_CP, CP_ENDBR);
    put(0x30000 + (CODE >> 15), 1 << (CODE >> 12 & 7));
    cr_expect_eq(ONE(b, 0x90), NO_FAULT);
    cr_expect_eq(cpu->u_cet & (CET_WAIT | CET_SUPPRESS), CET_SUPPRESS);
    cr_expect_eq(cpu->rip, CODE);
    cr_expect_eq(ONE(b, 0xff, 0xe0), NO_FAULT);
    cr_expect_eq(ONE(b, 0x90), NO_FAULT);
    cr_expect_eq(ONE(b, ENDBR64), NO_FAULT);            /* no longer */
    cr_expect_eq(ONE(b, 0xff, 0xe0), NO_FAULT);
    put(0x30000 + (CODE >> 15), 0);
    expect_fault(ONE(b, 0x90), V_CP, CP_ENDBR);
    bare_destroy(b);
}

/* ---- Registers ---- */

Test(cet, registers_are_checked)
{
    u64 v;

    begin(0, 0);
    cr_expect_not(x86_msr_write(cpu, U_CET, 1 << 6));
    cr_expect_not(x86_msr_write(cpu, S_CET, CET_SUPPRESS | CET_WAIT));
    cr_expect_not(x86_msr_write(cpu, S_CET, (u64)1 << 62));
    cr_expect_not(x86_msr_write(cpu, PL3_SSP, 2));
    cr_expect_not(x86_msr_write(cpu, PL3_SSP, (u64)1 << 62));
    cr_expect(x86_msr_write(cpu, PL3_SSP, 0x1004));
    cr_expect(x86_msr_write(cpu, SSP_TABLE, 0x1001));
    cr_expect(x86_msr_read(cpu, SSP_TABLE, &v) && v == 0x1001);
    cpu->gpr[RAX] = cpu->cr0 & ~(u32)CR0_WP;
    expect_fault(ONE(b, 0x0f, 0x22, 0xc0), V_GP, 0);
    cpu->cr4 &= ~(u32)CR4_CET;
    cr_expect_eq(ONE(b, 0x0f, 0x22, 0xc0), NO_FAULT);
    cpu->gpr[RAX] = cpu->cr4 | CR4_CET;
    expect_fault(ONE(b, 0x0f, 0x22, 0xe0), V_GP, 0);
    bare_destroy(b);
}

Test(cet, the_state_is_saved_and_restored)
{
    begin(0, 0);
    cpu->cr4 |= CR4_OSXSAVE;
    cr_assert(x86_msr_write(cpu, 0xda0, XSTATE_CET_USER | XSTATE_CET_SUPERVISOR));
    cr_assert(x86_msr_write(cpu, U_CET, CET_SHADOW));
    cr_assert(x86_msr_write(cpu, PL3_SSP, 0x1238));
    cr_assert(x86_msr_write(cpu, PL0_SSP + 2, 0x5678));
    cpu->gpr[RBX] = DATA;
    cpu->gpr[RAX] = XSTATE_CET_USER | XSTATE_CET_SUPERVISOR;
    cpu->gpr[RDX] = 0;
    cr_expect_eq(ONE(b, 0x48, 0x0f, 0xc7, 0x2b), NO_FAULT);
    cr_expect_eq(at(DATA + 512), XSTATE_CET_USER | XSTATE_CET_SUPERVISOR);
    cr_expect_eq(at(DATA + 576), CET_SHADOW);
    cr_expect_eq(at(DATA + 584), 0x1238);
    cr_expect_eq(at(DATA + 592 + 16), 0x5678);
    put(DATA + 584, 0x123c);
    cr_expect_eq(ONE(b, 0x48, 0x0f, 0xc7, 0x1b), NO_FAULT);
    cr_expect_eq(cpu->pl_ssp[3], 0x123c);
    put(DATA + 584, 0x1235);
    expect_fault(ONE(b, 0x48, 0x0f, 0xc7, 0x1b), V_GP, 0);
    bare_destroy(b);
}

Test(cet, cpuid_tells_of_it)
{
    begin(0, 0);
    cr_expect(x86_cpuid(cpu, 7, 0).ecx & 1 << 7);
    cr_expect(x86_cpuid(cpu, 7, 0).edx & 1 << 20);
    cr_expect_eq(x86_cpuid(cpu, 0xd, 1).ecx, XSTATE_CET_USER | XSTATE_CET_SUPERVISOR);
    cr_expect_eq(x86_cpuid(cpu, 0xd, 11).eax, 16);
    cr_expect_eq(x86_cpuid(cpu, 0xd, 12).eax, 24);
    cr_expect_eq(x86_cpuid(cpu, 0xd, 12).ecx, 1);
    bare_destroy(b);
}
