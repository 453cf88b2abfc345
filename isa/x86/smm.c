/*
 * System management mode: SDM 3C chapter 31.
 *
 * Two maps of the saved state, by whether the model has long mode: that of SDM 3C table 31-1, and
 * the wide one of AMD APM 2 10.2.3, which firmware tells apart by their revisions. Hidden parts of
 * segments lie where the tables say "reserved".
 *
 * Not modelled: restarting an I/O instruction (the revision says so), dual-monitor treatment.
 */
#include "isa/x86/block.h"
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/msr.h"
#include "isa/x86/paging.h"
#include "isa/x86/transfer.h"
#include "isa/x86/x86.h"

enum { REVISION_32 = 0x00020000, REVISION_64 = 0x00020064 };
enum { ENTRY = 0x8000 };

/* ---- The map: offsets from SMBASE + 8000h ---- */

/* Goes one way or the other: what is listed once is saved and restored. */
struct save_map {
    struct x86 *cpu;
    u64         base;
    bool        loading;
};

static u64 move(const struct save_map *m, unsigned at, unsigned size, u64 v)
{
    if (m->loading)
        return x86_physical_read(m->cpu, m->base + at, size);
    x86_physical_write(m->cpu, m->base + at, size, v);
    return v;
}

#define MOVE(at, size, member) ((member) = (__typeof__(member))move(m, at, size, member))

/* Attributes in twelve bits, as AMD has them. */
static void move_segment_64(const struct save_map *m, unsigned at, struct segment *s)
{
    u32 attr = (s->attr >> 8 & 0xff) | (s->attr >> 12 & 0xf00);

    MOVE(at, 2, s->selector);
    MOVE(at + 2, 2, attr);
    MOVE(at + 4, 4, s->limit);
    MOVE(at + 8, 8, s->base);
    s->attr = (attr & 0xff) << 8 | (attr & 0xf00) << 12;
}

static void move_map_64(const struct save_map *m, u64 *halted)
{
    static const u8 name[] = { ES, CS, SS, DS, FS, GS };
    struct x86 *cpu = m->cpu;

    for (unsigned i = 0; i < COUNT(name); i++)
        move_segment_64(m, 0x7e00 + 16 * i, &cpu->seg[name[i]]);
    MOVE(0x7e64, 2, cpu->gdtr[0].limit);
    MOVE(0x7e68, 8, cpu->gdtr[0].base);
    move_segment_64(m, 0x7e70, &cpu->seg[LDTR]);
    MOVE(0x7e84, 2, cpu->idtr[0].limit);
    MOVE(0x7e88, 8, cpu->idtr[0].base);
    move_segment_64(m, 0x7e90, &cpu->seg[TR]);
    MOVE(0x7ec9, 1, *halted);
    MOVE(0x7ecb, 1, cpu->cpl);
    MOVE(0x7ed0, 8, cpu->efer);
    MOVE(0x7f04, 4, cpu->dr6_pending);
    MOVE(0x7f48, 4, cpu->cr4);
    MOVE(0x7f50, 8, cpu->cr3);
    MOVE(0x7f58, 4, cpu->cr0);
    MOVE(0x7f60, 8, cpu->dr[7]);
    MOVE(0x7f68, 8, cpu->dr[6]);
    MOVE(0x7f70, 4, cpu->eflags);
    MOVE(0x7f78, 8, cpu->rip);
    for (unsigned i = 0; i < 16; i++)
        MOVE(0x7ff8 - 8 * i, 8, cpu->gpr[i]);
}

static void move_hidden_32(const struct save_map *m, unsigned at, struct segment *s)
{
    MOVE(at, 4, s->attr);
    MOVE(at + 4, 4, s->limit);
    MOVE(at + 8, 4, s->base);
}

static void move_map_32(const struct save_map *m, u64 *halted)
{
    static const u16 selector[SEGMENTS] = {
        [ES] = 0x7fa8, [CS] = 0x7fac, [SS] = 0x7fb0, [DS] = 0x7fb4, [FS] = 0x7fb8, [GS] = 0x7fbc,
        [LDTR] = 0x7fc0, [TR] = 0x7fc4,
    };
    static const u16 hidden[SEGMENTS] = {
        [ES] = 0x7f84, [CS] = 0x7f90, [SS] = 0x7f18, [DS] = 0x7f2c, [FS] = 0x7f38, [GS] = 0x7f44,
        [LDTR] = 0x7f78, [TR] = 0x7f5c,
    };
    struct x86 *cpu = m->cpu;

    for (unsigned i = 0; i < SEGMENTS; i++) {
        MOVE(selector[i], 4, cpu->seg[i].selector);
        move_hidden_32(m, hidden[i], &cpu->seg[i]);
    }
    MOVE(0x7f02, 1, *halted);
    MOVE(0x7f08, 4, cpu->dr6_pending);
    MOVE(0x7f0c, 1, cpu->cpl);
    MOVE(0x7f14, 4, cpu->cr4);
    MOVE(0x7f50, 4, cpu->idtr[0].limit);
    MOVE(0x7f54, 4, cpu->idtr[0].base);
    MOVE(0x7f6c, 4, cpu->gdtr[0].limit);
    MOVE(0x7f70, 4, cpu->gdtr[0].base);
    MOVE(0x7fc8, 4, cpu->dr[7]);
    MOVE(0x7fcc, 4, cpu->dr[6]);
    for (unsigned i = 0; i < 8; i++)
        MOVE(0x7fd0 + 4 * i, 4, cpu->gpr[i]);
    MOVE(0x7ff0, 4, cpu->rip);
    MOVE(0x7ff4, 4, cpu->eflags);
    MOVE(0x7ff8, 4, cpu->cr3);
    MOVE(0x7ffc, 4, cpu->cr0);
}

static unsigned smbase_at(const struct x86 *cpu)
{
    return x86_has(cpu, F_LM) ? 0x7f00 : 0x7ef8;
}

static void move_map(const struct save_map *m, u64 *halted)
{
    u32 revision = x86_has(m->cpu, F_LM) ? REVISION_64 : REVISION_32;

    if (x86_has(m->cpu, F_LM))
        move_map_64(m, halted);
    else
        move_map_32(m, halted);
    MOVE(0x7efc, 4, revision);
    MOVE(smbase_at(m->cpu), 4, m->cpu->smbase);
}

/* ---- In and out ---- */

static void see(struct x86 *cpu, bool smm)
{
    cpu->in_smm = smm;
    cpu->mem = smm && cpu->smm_mem ? cpu->smm_mem : cpu->cpu.memory;
    x86_tlb_flush(cpu, true);
}

/* SDM 3C table 31-4 */
static void set_entry_state(struct x86 *cpu)
{
    const u32 data = SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED | SEG_G;

    for (unsigned i = 0; i < 6; i++)
        cpu->seg[i] = (struct segment){ 0, data, 0xffffffff, 0 };
    cpu->seg[CS].selector = (u16)(cpu->smbase >> 4);
    cpu->seg[CS].base = cpu->smbase;
    cpu->rip = ENTRY;
    cpu->cpl = 0;
    cpu->cr0 &= ~(CR0_PE | CR0_EM | CR0_TS | CR0_PG);
    cpu->cr4 = 0;
    cpu->efer = 0;
    cpu->dr[7] = DR7_FIXED;
    cpu->dr6_pending = 0;
    cpu->eflags = 2;
    x86_set_arithmetic(cpu, 0);
}

void x86_smm_enter(struct x86 *cpu)
{
    struct save_map m = { cpu, cpu->smbase + ENTRY, false };
    u64 halted = cpu->activity == HALTED;

    trace(&cpu->cpu.dev, "SMI at %04x:%llx, SMBASE %x", cpu->seg[CS].selector,
          (unsigned long long)cpu->rip, cpu->smbase);
    cpu->smi_pending = false;
    cpu->smm_nmi = cpu->nmi_blocked;
    cpu->nmi_blocked = true;
    x86_set_activity(cpu, RUNNING);
    cpu->shadow = 0;
    cpu->eflags = x86_flags(cpu);
    see(cpu, true);
    move_map(&m, &halted);
    set_entry_state(cpu);
    x86_mode_update(cpu);
}

/* Long mode is on where it is enabled and there is paging, by wide tables: APM 2 10.3.3. */
static bool is_sound_long(const struct x86 *cpu)
{
    bool on = cpu->efer & EFER_LMA, should = cpu->efer & EFER_LME && cpu->cr0 & CR0_PG;
    u32 code = cpu->seg[CS].attr & (SEG_L | SEG_DB);
    u64 known = x86_efer_writable(cpu) | (x86_has(cpu, F_NX) ? EFER_NXE : 0);

    if (cpu->efer & ~known || on != should)
        return false;
    return !on || (cpu->cr4 & CR4_PAE && code != (SEG_L | SEG_DB) && !(cpu->eflags & VM));
}

/* SDM 3C 31.4.1.1: what cannot be in the control registers leads to shutdown. */
static bool is_sound(const struct x86 *cpu)
{
    return !(cpu->cr0 & CR0_PG && !(cpu->cr0 & CR0_PE))
        && !(cpu->cr0 & CR0_NW && !(cpu->cr0 & CR0_CD))
        && !(cpu->cr4 & ~x86_cr4_writable(cpu))
        && !(cpu->cr4 & CR4_CET && !(cpu->cr0 & CR0_WP))
        && !(cpu->cr4 & CR4_PCIDE && !(cpu->efer & EFER_LMA))
        && is_sound_long(cpu);
}

/* Of what was in memory, as much as the registers have. */
static void trim(struct x86 *cpu)
{
    cpu->cpl = cpu->cr0 & CR0_PE ? cpu->cpl & 3 : 0;
    cpu->eflags = (cpu->eflags & x86_flags_known(cpu)) | 2;
    cpu->dr6_pending &= DR6_B | DR6_BD | DR6_BS | DR6_BT;
    cpu->dr[6] = x86_debug_status(cpu->dr[6]);
    cpu->dr[7] = x86_debug_control(cpu->dr[7]);
}

static void read_pdptes(struct x86 *cpu)
{
    if (!(cpu->cr0 & CR0_PG) || !(cpu->cr4 & CR4_PAE) || cpu->efer & EFER_LMA)
        return;
    for (unsigned i = 0; i < 4; i++)
        cpu->pdpte[i] = x86_physical_read(cpu, (cpu->cr3 & 0xffffffe0) + 8 * i, 8);
}

void x86_smm_leave(struct x86 *cpu)
{
    struct save_map m = { cpu, cpu->smbase + ENTRY, true };
    u64 halted = 0;

    move_map(&m, &halted);
    see(cpu, false);
    cpu->nmi_blocked = cpu->smm_nmi;
    trim(cpu);
    x86_set_arithmetic(cpu, cpu->eflags);
    x86_set_activity(cpu, !is_sound(cpu) ? SHUTDOWN : halted & 1 ? HALTED : RUNNING);
    cpu->trap = false;
    read_pdptes(cpu);
    x86_mode_update(cpu);
}

/* ---- The space ---- */

static void remapped(struct space_watcher *w, u64 first, u64 last)
{
    struct x86 *cpu = container_of(w, struct x86, smm_watcher);

    x86_tlb_refresh(cpu);
    cpu->leave = true;
}

static void written(struct space_watcher *w, u8 *page, u32 first, u32 last)
{
    x86_code_written(container_of(w, struct x86, smm_watcher), page, first, last);
}

void x86_set_smm_space(struct device *dev, struct space *space)
{
    struct x86 *cpu = container_of(dev, struct x86, cpu.dev);

    cpu->smm_mem = space;
    cpu->smm_watcher.remapped = remapped;
    cpu->smm_watcher.code_written = written;
    space_watch(space, &cpu->smm_watcher);
}
