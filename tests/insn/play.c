/*
 * Cases on our own processor: a machine in long mode whose user pages are those of case.h, whose
 * descriptors are those that Linux gives to user code, and whose interrupt gates lead to HLTs.
 */
#include "tests/insn/play.h"

#include <stdlib.h>
#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/mode.h"
#include "isa/x86/xstate.h"
#include "tests/insn/bare.h"

/* Where things lie in RAM; the kernel's part is seen from KERNEL on. */
enum {
    AT_TABLES = 0x1000, AT_IDT = 0x10000, AT_GDT = 0x11000, AT_TSS = 0x12000, AT_STACK = 0x14000,
    AT_HANDLERS = 0x15000, AT_CODE = 0x20000, AT_DATA = 0x30000, RAM_BYTES = 0x40000,
};
#define KERNEL UINT64_C(0xffff800000000000)
enum { PRESENT = 1, WRITABLE = 2, USER = 4, LARGE = 0x80 };
#define NO_EXECUTE BIT(63)

struct player {
    struct bare *bench;
    u64          next_table;
    u8           pristine[DATA_BYTES];
};

/* Linux, arch/x86: the same access rights, for LAR to find. The last tells CPU 0 by its limit. */
static const u64 gdt[] = {
    0, 0x00cf9b000000ffff, 0x00af9b000000ffff, 0x00cf93000000ffff,
    0x00cffb000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff, 0,
    0x00008b0120000067, KERNEL >> 32, 0, 0, 0, 0, 0, 0x0040f50000000000,
};

/* ---- The machine ---- */

static void store8(struct player *p, u64 at, u64 v)
{
    memcpy(p->bench->ram->host + at, &v, 8);
}

static u64 load8(const struct player *p, u64 at)
{
    u64 v;

    memcpy(&v, p->bench->ram->host + at, 8);
    return v;
}

/* The entry for an address at a level (4: PML4), with the tables above it. */
static u64 entry_of(struct player *p, u64 linear, unsigned level)
{
    u64 table = AT_TABLES;

    for (unsigned l = 4; l > level; l--) {
        u64 at = table + (linear >> (12 + 9 * (l - 1)) & 511) * 8;

        if (!load8(p, at)) {
            store8(p, at, p->next_table | PRESENT | WRITABLE | USER);
            p->next_table += PAGE_SIZE;
        }
        table = load8(p, at) & ~(u64)0xfff;
    }
    return table + (linear >> (12 + 9 * (level - 1)) & 511) * 8;
}

static void map(struct player *p, u64 linear, u64 physical, u64 bytes, u64 rights)
{
    for (u64 i = 0; i < bytes; i += PAGE_SIZE)
        store8(p, entry_of(p, linear + i, 1), (physical + i) | rights | PRESENT | USER);
}

static void map_all(struct player *p)
{
    static const u64 at[] = { DATA_LOW, DATA_MID, DATA_HIGH };

    p->next_table = AT_TABLES + PAGE_SIZE;
    map(p, CODE_AT, AT_CODE, CODE_BYTES, 0);
    for (unsigned i = 0; i < COUNT(at); i++) {
        map(p, at[i], AT_DATA, DATA_WRITABLE, WRITABLE | NO_EXECUTE);
        map(p, at[i] + DATA_WRITABLE, AT_DATA + DATA_WRITABLE, DATA_BYTES - DATA_WRITABLE,
            NO_EXECUTE);
    }
    store8(p, entry_of(p, KERNEL, 2), PRESENT | WRITABLE | LARGE);
}

/* User code may use the gates of INT3 and INTO. */
static void fill_tables(struct player *p)
{
    for (unsigned v = 0; v < 256; v++) {
        u64 to = KERNEL + AT_HANDLERS + 16 * v, rights = v == V_BP || v == V_OF ? 0xee00 : 0x8e00;

        store8(p, AT_IDT + 16 * v, (to & 0xffff) | 0x10 << 16 | rights << 32
               | (to & 0xffff0000) << 32);
        store8(p, AT_IDT + 16 * v + 8, to >> 32);
    }
    for (unsigned i = 0; i < COUNT(gdt); i++)
        store8(p, AT_GDT + 8 * i, gdt[i]);
    store8(p, AT_TSS + 4, KERNEL + AT_STACK);
    store8(p, AT_TSS + 0x60, UINT64_C(0x68) << 48);         /* no I/O permission map */
    memset(p->bench->ram->host + AT_HANDLERS, 0xf4, 0x1000);
    memset(p->bench->ram->host + AT_CODE, 0xcc, CODE_BYTES);
}

static void set_system(struct x86 *cpu)
{
    bool fsgsbase = true;

    cpu->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG;
    cpu->cr3 = AT_TABLES;
    cpu->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE
        | (fsgsbase ? CR4_FSGSBASE : 0);
    cpu->xcr0 = XSTATE_X87 | XSTATE_SSE | XSTATE_AVX;
    cpu->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
    cpu->gdtr[0] = (struct table_register){ KERNEL + AT_GDT, sizeof gdt - 1 };
    cpu->idtr[0] = (struct table_register){ KERNEL + AT_IDT, 0xfff };
    cpu->seg[TR] = (struct segment){ 0x40, 0x8b00, 0x67, KERNEL + AT_TSS };
    cpu->seg[LDTR] = (struct segment){ 0 };
}

struct player *player_open(void)
{
    struct player *p = calloc(1, sizeof *p);

    p->bench = bare_create(RAM_BYTES, "max,-la57");     /* registers as narrow as the host's */
    bare_allow_vex(p->bench);
    map_all(p);
    fill_tables(p);
    insn_data_fill(p->pristine);
    memcpy(p->bench->ram->host + AT_DATA, p->pristine, DATA_BYTES);
    set_system(p->bench->cpu);
    return p;
}

void player_close(struct player *p)
{
    bare_destroy(p->bench);
    free(p);
}

/* ---- Registers ---- */

static struct segment segment_of(u16 selector)
{
    u64 d = gdt[(selector >> 3) % COUNT(gdt)];

    if (selector < 4)
        return (struct segment){ .selector = selector };
    return (struct segment){ selector, (u32)(d >> 32) & SEG_ATTRIBUTES, 0xffffffff, 0 };
}

static u64 number(const u8 *at, unsigned size)
{
    u64 v = 0;

    memcpy(&v, at, size);
    return v;
}

static void load_fx(struct x86 *cpu, const u8 *fx)
{
    x87_set_control(cpu, (u16)number(fx + FX_FCW, 2));
    x87_set_status(cpu, (u16)number(fx + FX_FSW, 2));
    cpu->ftag = fx[FX_FTW];
    cpu->fop = (u16)number(fx + FX_FOP, 2);
    cpu->fip = number(fx + FX_FIP, 8);
    cpu->fdp = number(fx + FX_FDP, 8);
    cpu->fcs = cpu->fds = 0;
    cpu->mxcsr = (u32)number(fx + FX_MXCSR, 4);
    for (unsigned i = 0; i < 8; i++) {
        struct f80 *st = &cpu->st[(cpu->ftop + i) & 7];

        st->man = number(fx + FX_ST + 16 * i, 8);
        st->se = (u16)number(fx + FX_ST + 16 * i + 8, 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(cpu->v[i].q, fx + FX_XMM + 16 * i, 16);
        memcpy(cpu->v[i].q + 2, fx + FX_YMM + 16 * i, 16);
    }
}

static void store_fx(const struct x86 *cpu, u8 *fx)
{
    u16 fsw = x87_status(cpu);

    memset(fx, 0, FX_WHOLE);
    memcpy(fx + FX_FCW, &cpu->fcw, 2);
    memcpy(fx + FX_FSW, &fsw, 2);
    fx[FX_FTW] = cpu->ftag;
    memcpy(fx + FX_FOP, &cpu->fop, 2);
    memcpy(fx + FX_FIP, &cpu->fip, 8);
    memcpy(fx + FX_FDP, &cpu->fdp, 8);
    memcpy(fx + FX_MXCSR, &cpu->mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        const struct f80 *st = &cpu->st[(cpu->ftop + i) & 7];

        memcpy(fx + FX_ST + 16 * i, &st->man, 8);
        memcpy(fx + FX_ST + 16 * i + 8, &st->se, 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(fx + FX_XMM + 16 * i, cpu->v[i].q, 16);
        memcpy(fx + FX_YMM + 16 * i, cpu->v[i].q + 2, 16);
    }
}

static void load(struct x86 *cpu, const struct registers *in)
{
    memcpy(cpu->gpr, in->gpr, sizeof in->gpr);
    cpu->rip = in->rip;
    cpu->cpl = 3;
    cpu->activity = RUNNING;
    cpu->shadow = 0;
    cpu->cr2 = 0;
    for (unsigned i = 0; i < 6; i++)
        cpu->seg[i] = segment_of(in->sel[i]);
    if (in->sel[CS] == SEL_CODE64) {
        cpu->seg[FS].base = in->fs_base;
        cpu->seg[GS].base = in->gs_base;
    }
    load_fx(cpu, in->fx);
    x86_mode_update(cpu);
    x86_set_flags(cpu, (u32)in->rflags);
}

static bool has_code(unsigned vector)
{
    return vector == V_DF || (vector >= V_TS && vector <= V_PF) || vector == V_AC || vector == V_CP;
}

/* The frame that the exception pushed is what was interrupted. */
static void unwind(struct player *p, struct insn_result *r)
{
    struct x86 *cpu = p->bench->cpu;
    u64 sp = cpu->gpr[RSP] - KERNEL;

    r->vector = (u8)((cpu->rip - KERNEL - AT_HANDLERS) / 16);
    if (has_code(r->vector)) {
        r->error = (u32)load8(p, sp);
        sp += 8;
    }
    r->cr2 = r->vector == V_PF ? cpu->cr2 : 0;
    r->out.rip = load8(p, sp);
    r->out.sel[CS] = (u16)load8(p, sp + 8);
    r->out.rflags = load8(p, sp + 16);
    r->out.gpr[RSP] = load8(p, sp + 24);
    r->out.sel[SS] = (u16)load8(p, sp + 32);
}

static bool in_handler(const struct x86 *cpu)
{
    u64 offset = cpu->rip - KERNEL - AT_HANDLERS;

    return cpu->cpl == 0 && offset < 0x1000;
}

static void store(struct player *p, struct insn_result *r)
{
    struct x86 *cpu = p->bench->cpu;

    memcpy(r->out.gpr, cpu->gpr, sizeof r->out.gpr);
    r->out.rip = cpu->rip;
    r->out.rflags = x86_flags(cpu);
    for (unsigned i = 0; i < 6; i++)
        r->out.sel[i] = cpu->seg[i].selector;
    r->out.fs_base = cpu->seg[FS].base;
    r->out.gs_base = cpu->seg[GS].base;
    store_fx(cpu, r->out.fx);
    r->vector = NO_VECTOR;
    r->error = 0;
    r->cr2 = 0;
    if (in_handler(cpu)) {
        unwind(p, r);
    } else if (cpu->activity != RUNNING) {
        r->vector = cpu->activity == SHUTDOWN ? cpu->fault_vector : HUNG;
        r->error = cpu->fault_has_code ? cpu->fault_code : 0;
    }
}

/* ---- Running ---- */

static void steps(struct player *p, const struct insn_case *c)
{
    struct machine *m = p->bench->machine;
    struct x86 *cpu = p->bench->cpu;
    unsigned most = c->through ? 1 << 16 : c->shadowed ? 2 : 1;

    for (unsigned i = 0; i < most; i++) {
        machine_run(m, m->clock.now + 1);
        if (cpu->cpl != 3 || cpu->activity != RUNNING
            || (c->through && cpu->rip != c->in.rip))
            break;
    }
}

bool player_can_block(const struct insn_case *c, const struct insn_result *expected)
{
    const struct registers *out = &expected->out;

    if (expected->vector != NO_VECTOR)
        return expected->vector != V_BP;
    return out->rip - CODE_AT < CODE_BYTES && out->sel[CS] == c->in.sel[CS]
        && (out->rip < c->in.rip || out->rip >= insn_end(c) + c->shadowed);
}

void player_run(struct player *p, const struct insn_case *c, bool blocks, struct insn_result *r)
{
    struct machine *m = p->bench->machine;
    u64 at = AT_CODE + c->in.rip - CODE_AT;
    u8 code[sizeof c->code + 1];

    memcpy(code, c->code, c->length);
    code[c->length] = c->shadowed ? 0x90 : 0xcc;
    bare_store(p->bench, at, code, c->length + 1u);
    insn_data_patch(p->bench->ram->host + AT_DATA, c);
    load(p->bench->cpu, &c->in);
    if (blocks)
        machine_run(m, m->clock.now + (1 << 16));
    else
        steps(p, c);
    store(p, r);
    if (blocks && r->vector == V_BP) {
        r->vector = NO_VECTOR;
        r->out.rip--;
    }
    memset(code, 0xcc, sizeof code);
    bare_store(p->bench, at, code, c->length + 1u);
    insn_data_collect(p->bench->ram->host + AT_DATA, p->pristine, c, r);
}
