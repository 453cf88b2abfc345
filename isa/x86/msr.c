/*
 * Model-specific registers. What only software reads back (MTRRs, PAT, machine check) is checked
 * and stored; nothing follows from it, as nothing is cached and nothing fails.
 */
#include "isa/x86/msr.h"

#include <string.h>

#include "core/device.h"
#include "isa/x86/apic.h"
#include "isa/x86/branches.h"
#include "isa/x86/cet.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/interp.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/pmu.h"
#include "isa/x86/pmu_bits.h"
#include "isa/x86/xstate.h"

enum { MTRR_VARIABLE = 8, MTRR_CAP_FIX = 1 << 8, MTRR_CAP_WC = 1 << 10 };
/*
 * IA32_ARCH_CAPABILITIES, SDM 4 table 2-2: none of the flaws that speculation has, and IBRS_ALL.
 * Clear: RSBA, RRSBA (returns predicted as other branches are), and what names a way to control.
 */
enum {
    RDCL_NO = 1 << 0, IBRS_ALL = 1 << 1, SKIP_L1D_FLUSH = 1 << 3, SSB_NO = 1 << 4,
    MDS_NO = 1 << 5, PAGE_SIZE_MC_NO = 1 << 6, TAA_NO = 1 << 8, SBDR_SSDP_NO = 1 << 13,
    FBSDP_NO = 1 << 14, PSDP_NO = 1 << 15, BHI_NO = 1 << 20, PBRSB_NO = 1 << 24,
    GDS_NO = 1 << 26, RFDS_NO = 1 << 27,
    CAPABILITIES = RDCL_NO | IBRS_ALL | SKIP_L1D_FLUSH | SSB_NO | MDS_NO | PAGE_SIZE_MC_NO
        | TAA_NO | SBDR_SSDP_NO | FBSDP_NO | PSDP_NO | BHI_NO | PBRSB_NO | GDS_NO | RFDS_NO,
};
#define ITS_NO (UINT64_C(1) << 62)
enum { MISC_NO_NX = 34 };

typedef bool msr_reader(const struct x86 *, u64 *value);
typedef bool msr_writer(struct x86 *, u64 value);
typedef bool msr_check(struct x86 *, u64 *value);

/* ---- Time ---- */

u64 x86_tsc(const struct x86 *cpu)
{
    return x86_cycles_now(cpu) + cpu->tsc_offset;
}

static bool read_tsc(const struct x86 *cpu, u64 *v)
{
    *v = x86_tsc(cpu);
    return true;
}

/* The upper half cannot be written before the processors with 64-bit mode: SDM 3B 17.17. */
static bool write_tsc(struct x86 *cpu, u64 v)
{
    u64 delta = (x86_has(cpu, F_LM) ? v : (u32)v) - x86_tsc(cpu);

    cpu->tsc_offset += delta;
    cpu->tsc_adjust += delta;
    x86_publish_time(cpu);
    x86_apic_tsc_moved(cpu);
    return true;
}

static bool read_tsc_adjust(const struct x86 *cpu, u64 *v)
{
    *v = cpu->tsc_adjust;
    return true;
}

static bool write_tsc_adjust(struct x86 *cpu, u64 v)
{
    cpu->tsc_offset += v - cpu->tsc_adjust;
    cpu->tsc_adjust = v;
    x86_publish_time(cpu);
    x86_apic_tsc_moved(cpu);
    return true;
}

/* Its greatest ratio to a bus of 100 MHz, bits 8-15. */
static bool read_platform_info(const struct x86 *cpu, u64 *v)
{
    u64 ratio = cpu->hz / 100000000;

    *v = (ratio > 255 ? 255 : ratio) << 8;
    return true;
}

/* ---- What is there for show ---- */

static bool read_zero(const struct x86 *cpu, u64 *v)
{
    *v = 0;
    return true;
}

static bool write_nothing(struct x86 *cpu, u64 v)
{
    return true;
}

/* The counters of AMD's K7 and K8: BIOS and Kernel Developer's Guide, 26094. */
static bool read_k7(const struct x86 *cpu, unsigned index, u64 *v)
{
    return read_zero(cpu, v);
}

static bool write_k7_select(struct x86 *cpu, unsigned index, u64 v)
{
    enum { ENABLE = 1 << 22 };

    if (v & ENABLE)
        guest_oddity(&cpu->cpu.dev, "AMD's performance counter %u does not count", index);
    return true;
}

static bool write_k7_counter(struct x86 *cpu, unsigned index, u64 v)
{
    return write_nothing(cpu, v);
}

/* IBPB, L1D_FLUSH: nothing to be flushed. */
static bool write_command(struct x86 *cpu, u64 v)
{
    return v <= 1;
}

/* ---- Long mode ---- */

static bool read_efer(const struct x86 *cpu, u64 *v)
{
    *v = cpu->efer;
    return x86_has(cpu, F_SYSCALL) || x86_has(cpu, F_NX) || x86_has(cpu, F_LM);
}

u64 x86_efer_writable(const struct x86 *cpu)
{
    u64 bits = 0;

    if (x86_has(cpu, F_SYSCALL))
        bits |= EFER_SCE;
    if (x86_has(cpu, F_LM))
        bits |= EFER_LME | EFER_LMA;
    if (x86_has(cpu, F_NX) && !(cpu->misc_enable >> MISC_NO_NX & 1))
        bits |= EFER_NXE;
    return bits;
}

/* SDM 3A 2.2.1. LMA is read-only: Intel's processors ignore what is written, AMD's refuse it. */
static bool write_efer(struct x86 *cpu, u64 v)
{
    u64 old = cpu->efer;

    if (!x86_efer_writable(cpu) || v & ~x86_efer_writable(cpu))
        return false;
    if ((v ^ old) & EFER_LME && cpu->cr0 & CR0_PG)
        return false;
    if ((v ^ old) & EFER_LMA && x86_is_amd(cpu))
        return false;
    cpu->efer = (v & ~(u64)EFER_LMA) | (old & EFER_LMA);
    if ((v ^ old) & EFER_NXE)
        x86_tlb_flush(cpu, true);
    x86_mode_update(cpu);
    return true;
}

static bool check_address(struct x86 *cpu, u64 *v)
{
    if (!x86_has(cpu, F_LM))
        *v = (u32)*v;
    return x86_register_canonical(cpu, *v);
}

static bool low_half(struct x86 *cpu, u64 *v)
{
    *v = (u32)*v;
    return true;
}

static bool read_fs_base(const struct x86 *cpu, u64 *v)
{
    *v = cpu->seg[FS].base;
    return true;
}

static bool read_gs_base(const struct x86 *cpu, u64 *v)
{
    *v = cpu->seg[GS].base;
    return true;
}

static bool write_base(struct x86 *cpu, enum segment_name name, u64 v)
{
    if (!x86_register_canonical(cpu, v))
        return false;
    cpu->seg[name].base = v;
    x86_segment_update(cpu, name);
    return true;
}

static bool write_fs_base(struct x86 *cpu, u64 v) { return write_base(cpu, FS, v); }
static bool write_gs_base(struct x86 *cpu, u64 v) { return write_base(cpu, GS, v); }

/* ---- Memory types ---- */

bool x86_memory_type_valid(u64 type, bool pat)
{
    return type == 0 || type == 1 || (type >= 4 && type <= 6) || (pat && type == 7);
}

static bool all_types_valid(u64 v, bool pat)
{
    for (unsigned i = 0; i < 8; i++)
        if (!x86_memory_type_valid(v >> 8 * i & 0xff, pat))
            return false;
    return true;
}

static bool check_pat(struct x86 *cpu, u64 *v)
{
    return all_types_valid(*v, true);
}

static bool check_mtrr_fixed(struct x86 *cpu, u64 *v)
{
    return all_types_valid(*v, false);
}

static bool check_mtrr_type(struct x86 *cpu, u64 *v)
{
    return x86_memory_type_valid(*v & 0xff, false);
}

static bool check_mtrr_base(struct x86 *cpu, u64 *v)
{
    return x86_memory_type_valid(*v & 0xff, false) && !(*v & (~cpu->phys_mask | 0xf00));
}

static bool check_mtrr_mask(struct x86 *cpu, u64 *v)
{
    return !(*v & (~cpu->phys_mask | 0x7ff));
}

/* ---- Others ---- */

/* The Pentium's local APIC is always where it is. */
static bool read_apic_base(const struct x86 *cpu, u64 *v)
{
    *v = cpu->apic_base;
    return x86_has(cpu, F_P6);
}

static bool write_apic_base(struct x86 *cpu, u64 v)
{
    return x86_has(cpu, F_P6) && x86_apic_base_write(cpu, v);
}

static bool read_deadline(const struct x86 *cpu, u64 *v)
{
    *v = x86_apic_deadline_read(cpu);
    return true;
}

static bool write_deadline(struct x86 *cpu, u64 v)
{
    x86_publish_time(cpu);
    x86_apic_deadline_write(cpu, v);
    return true;
}

static bool read_debugctl(const struct x86 *cpu, u64 *v)
{
    *v = cpu->debugctl;
    return true;
}

/* The P6 has pins for its counters; there is no branch trace. */
static bool write_debugctl(struct x86 *cpu, u64 v)
{
    u64 allowed = cpu->model->pmu.version
        ? DEBUGCTL_LBR | DEBUGCTL_BTF | DEBUGCTL_FREEZE_LBRS | DEBUGCTL_FREEZE_COUNTERS
        | DEBUGCTL_FREEZE_IN_SMM : 0x3f;

    if (v & ~allowed)
        return false;
    x86_pmu_settle(cpu);
    cpu->debugctl = v;
    x86_pmu_update(cpu);
    return true;
}

/* Performance monitoring is there; branch trace and precise events are not. */
static bool keep_reports(struct x86 *cpu, u64 *v)
{
    enum { PERFMON = 1 << 7, NO_BTS = 1 << 11, NO_PEBS = 1 << 12 };

    *v |= PERFMON | NO_BTS | NO_PEBS;
    return true;
}

static bool check_lock(struct x86 *cpu, u64 *v)
{
    return !(cpu->feature_control & 1);
}

/* All reporting of a bank is on or off: SDM 3B 15.3.2.1 (P6 family), and KVM has it so. */
static bool check_mc_control(struct x86 *cpu, u64 *v)
{
    return *v == 0 || *v == UINT64_MAX;
}

/* SDM 4 table 2-2, 48H: what is chosen changes nothing here. */
static bool check_spec_ctrl(struct x86 *cpu, u64 *v)
{
    static const struct { u16 bits; u8 feature; } needs[] = {
        { 1 << 1, F_STIBP }, { 1 << 2, F_SSBD }, { 3 << 3, F_IPRED }, { 3 << 5, F_RRSBA },
        { 1 << 7, F_PSFD }, { 1 << 8, F_DDPD }, { 1 << 10, F_BHI_CTRL },
    };

    for (unsigned i = 0; i < COUNT(needs); i++)
        if (*v & needs[i].bits && !x86_has(cpu, (enum feature)needs[i].feature))
            return false;
    return true;
}

static bool check_xss(struct x86 *cpu, u64 *v)
{
    return !(*v & ~x86_xss_supported(cpu));
}

/* What the TLB remembers was allowed under the old rights. */
static bool change_pkrs(struct x86 *cpu, u64 *v)
{
    if (*v != cpu->pkrs)
        x86_tlb_flush(cpu, true);
    return true;
}

/* ---- The table ---- */

struct msr {
    u32         number;
    u8          count, stride, feature, size;
    u16         offset;             /* of the first in struct x86 */
    u64         reset, writable;
    msr_check  *check;
    msr_reader *read;               /* of COMPUTED */
    msr_writer *write;
    indexed_reader *read_one;       /* of INDEXED */
    indexed_writer *write_one;
    enum { MSR_STORED, MSR_CONSTANT, MSR_COMPUTED, MSR_INDEXED } kind;
    const char *name;
};

#define STORED(n, text, member, f, reset_, writable_, check_)                           \
    { .number = n, .count = 1, .stride = 1, .feature = F_##f, .name = #text,            \
      .size = sizeof((struct x86 *)0)->member, .offset = offsetof(struct x86, member),  \
      .reset = reset_, .writable = writable_, .check = check_ },
#define ARRAY(n, text, member, first_, count_, stride_, f, reset_, writable_, check_)   \
    { .number = n, .count = count_, .stride = stride_, .feature = F_##f, .name = #text, \
      .size = sizeof((struct x86 *)0)->member[0],                                       \
      .offset = offsetof(struct x86, member[first_]),                                   \
      .reset = reset_, .writable = writable_, .check = check_ },
#define CONSTANT(n, text, f, value)                                                     \
    { .number = n, .count = 1, .stride = 1, .feature = F_##f, .name = #text,            \
      .reset = value, .kind = MSR_CONSTANT },
#define COMPUTED(n, text, f, read_, write_)                                             \
    { .number = n, .count = 1, .stride = 1, .feature = F_##f, .name = #text,            \
      .read = read_, .write = write_, .kind = MSR_COMPUTED },
#define INDEXED(n, text, count_, f, read_, write_)                                      \
    { .number = n, .count = count_, .stride = 1, .feature = F_##f, .name = #text,       \
      .read_one = read_, .write_one = write_, .kind = MSR_INDEXED },

static const struct msr table[] = {
#include "isa/x86/msr.def"
};

/* The row, and which of its registers. */
static const struct msr *find(const struct x86 *cpu, u32 number, unsigned *index)
{
    for (const struct msr *m = table; m < table + COUNT(table); m++) {
        u32 distance = number - m->number;

        if (distance % m->stride || distance / m->stride >= m->count)
            continue;
        *index = distance / m->stride;
        return x86_has(cpu, (enum feature)m->feature) ? m : NULL;
    }
    return NULL;
}

static void *place(struct x86 *cpu, const struct msr *m, unsigned index)
{
    return (char *)cpu + m->offset + (size_t)m->size * index;
}

static u64 load(struct x86 *cpu, const struct msr *m, unsigned index)
{
    const void *at = place(cpu, m, index);

    return m->size == 4 ? *(const u32 *)at : *(const u64 *)at;
}

static void store(struct x86 *cpu, const struct msr *m, unsigned index, u64 value)
{
    void *at = place(cpu, m, index);

    if (m->size == 4)
        *(u32 *)at = (u32)value;
    else
        *(u64 *)at = value;
}

static bool is_apic(u32 number)
{
    return number >> 8 == 8;
}

bool x86_msr_read(struct x86 *cpu, u32 number, u64 *value)
{
    unsigned index;
    const struct msr *m = find(cpu, number, &index);

    if (is_apic(number) && x86_has(cpu, F_X2APIC))
        return x86_apic_msr_read(cpu, number, value);
    if (!m) {
        guest_oddity(&cpu->cpu.dev, "RDMSR %xh: no such register", number);
        return false;
    }
    switch (m->kind) {
    case MSR_STORED:   *value = load(cpu, m, index); return true;
    case MSR_CONSTANT: *value = m->reset; return true;
    case MSR_INDEXED:  return m->read_one(cpu, index, value);
    default:           return m->read && m->read(cpu, value);
    }
}

bool x86_msr_write(struct x86 *cpu, u32 number, u64 value)
{
    unsigned index;
    const struct msr *m = find(cpu, number, &index);

    if (is_apic(number) && x86_has(cpu, F_X2APIC))
        return x86_apic_msr_write(cpu, number, value);
    if (!m) {
        guest_oddity(&cpu->cpu.dev, "WRMSR %xh: no such register", number);
        return false;
    }
    if (m->kind == MSR_COMPUTED)
        return m->write && m->write(cpu, value);
    if (m->kind == MSR_INDEXED)
        return m->write_one(cpu, index, value);
    if (m->kind == MSR_CONSTANT || value & ~m->writable || (m->check && !m->check(cpu, &value)))
        return false;
    store(cpu, m, index, value);
    return true;
}

/* SDM 3A table 9-1: INIT spares all but EFER. */
void x86_msr_reset(struct x86 *cpu, bool init)
{
    cpu->efer = 0;
    if (init)
        return;
    for (const struct msr *m = table; m < table + COUNT(table); m++)
        for (unsigned i = 0; m->kind == MSR_STORED && i < m->count; i++)
            store(cpu, m, i, m->reset);
    cpu->ssp = cpu->u_cet = cpu->s_cet = cpu->ssp_table = 0;
    memset(cpu->pl_ssp, 0, sizeof cpu->pl_ssp);
    cpu->tsc_adjust = 0;
    cpu->tsc_offset = 0 - cpu->cycles;
}
