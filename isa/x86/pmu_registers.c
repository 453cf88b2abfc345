/* The registers of the performance counters, RDPMC, and what CPUID says: see pmu.h. */
#include "isa/x86/pmu.h"

#include "core/device.h"
#include "isa/x86/pmu_bits.h"

static u64 mask_of(const struct x86 *cpu)
{
    return BIT(cpu->model->pmu.width) - 1;
}

static bool is_general(const struct x86 *cpu, unsigned n)
{
    return n < cpu->model->pmu.general;
}

static bool is_fixed(const struct x86 *cpu, unsigned n)
{
    return n < cpu->model->pmu.fixed;
}

static unsigned version(const struct x86 *cpu)
{
    return cpu->model->pmu.version;
}

/* One of the counters, as IA32_PERF_GLOBAL_CTRL has them. */
static u64 counters(const struct x86 *cpu)
{
    return (BIT(cpu->model->pmu.general) - 1) | (BIT(cpu->model->pmu.fixed) - 1) << 32;
}

static bool set(struct x86 *cpu, u64 *what, u64 v)
{
    x86_pmu_settle(cpu);
    *what = v;
    x86_pmu_update(cpu);
    return true;
}

/* ---- Counters ---- */

bool x86_read_pmc(const struct x86 *cpu, unsigned n, u64 *v)
{
    *v = is_general(cpu, n) ? x86_pmu_value(cpu, n) : 0;
    return is_general(cpu, n);
}

/* 32 bits, and their sign. */
bool x86_write_pmc(struct x86 *cpu, unsigned n, u64 v)
{
    return is_general(cpu, n)
        && set(cpu, &cpu->pmu[0].value[n], (u64)(s64)(s32)v & mask_of(cpu));
}

bool x86_read_wide_pmc(const struct x86 *cpu, unsigned n, u64 *v)
{
    return cpu->model->pmu.wide && x86_read_pmc(cpu, n, v);
}

bool x86_write_wide_pmc(struct x86 *cpu, unsigned n, u64 v)
{
    return cpu->model->pmu.wide && is_general(cpu, n) && !(v & ~mask_of(cpu))
        && set(cpu, &cpu->pmu[0].value[n], v);
}

bool x86_read_fixed(const struct x86 *cpu, unsigned n, u64 *v)
{
    *v = is_fixed(cpu, n) ? x86_pmu_value(cpu, PMU_GENERAL + n) : 0;
    return is_fixed(cpu, n);
}

bool x86_write_fixed(struct x86 *cpu, unsigned n, u64 v)
{
    return is_fixed(cpu, n) && !(v & ~mask_of(cpu))
        && set(cpu, &cpu->pmu[0].value[PMU_GENERAL + n], v);
}

/* Bit 30 of the number names a fixed counter. */
bool x86_pmu_read(const struct x86 *cpu, u32 number, u64 *v)
{
    return number >> 30 == 1 ? x86_read_fixed(cpu, number & ~(1u << 30), v)
        : x86_read_pmc(cpu, number, v);
}

/* ---- What they count ---- */

bool x86_read_select(const struct x86 *cpu, unsigned n, u64 *v)
{
    *v = is_general(cpu, n) ? cpu->pmu[0].select[n] : 0;
    return is_general(cpu, n);
}

static u32 select_reserved(const struct x86 *cpu)
{
    return version(cpu) == 3 || version(cpu) == 4 ? 0 : SELECT_ANY;
}

static void note_unknown(struct x86 *cpu, u32 select)
{
    u32 event = select & SELECT_EVENT;

    if (select & SELECT_EN && event && x86_pmu_source(cpu, event) == PMU_NOTHING)
        guest_oddity(&cpu->cpu.dev, "performance event %04x: nothing is counted", event);
}

bool x86_write_select(struct x86 *cpu, unsigned n, u64 v)
{
    if (!is_general(cpu, n) || v >> 32 || v & select_reserved(cpu))
        return false;
    note_unknown(cpu, (u32)v);
    x86_pmu_settle(cpu);
    cpu->pmu[0].events[n] = cpu->pmu[0].met[n] = 0;
    return set(cpu, &cpu->pmu[0].select[n], v);
}

bool x86_read_fixed_control(const struct x86 *cpu, u64 *v)
{
    *v = cpu->pmu[0].fixed;
    return version(cpu) >= 2;
}

bool x86_write_fixed_control(struct x86 *cpu, u64 v)
{
    u64 each = FIXED_LEVELS | FIXED_PMI | (select_reserved(cpu) ? 0 : FIXED_ANY), allowed = 0;

    for (unsigned n = 0; is_fixed(cpu, n); n++)
        allowed |= each << 4 * n;
    return version(cpu) >= 2 && !(v & ~allowed) && set(cpu, &cpu->pmu[0].fixed, v);
}

bool x86_read_global(const struct x86 *cpu, u64 *v)
{
    *v = cpu->pmu[0].global;
    return version(cpu) >= 2;
}

bool x86_write_global(struct x86 *cpu, u64 v)
{
    return version(cpu) >= 2 && !(v & ~counters(cpu)) && set(cpu, &cpu->pmu[0].global, v);
}

/* ---- Status ---- */

bool x86_read_status(const struct x86 *cpu, u64 *v)
{
    *v = cpu->pmu[0].status;
    return version(cpu) >= 2;
}

static u64 status_bits(const struct x86 *cpu)
{
    return counters(cpu) | STATUS_BUFFER | STATUS_CHANGED
        | (version(cpu) >= 3 ? STATUS_UNCORE : 0)
        | (version(cpu) >= 4 ? STATUS_LBRS_FROZEN | STATUS_COUNTERS_FROZEN : 0);
}

bool x86_read_status_reset(const struct x86 *cpu, u64 *v)
{
    *v = 0;
    return version(cpu) >= 2;
}

bool x86_write_status_reset(struct x86 *cpu, u64 v)
{
    return version(cpu) >= 2 && !(v & ~status_bits(cpu))
        && set(cpu, &cpu->pmu[0].status, cpu->pmu[0].status & ~v);
}

bool x86_read_status_set(const struct x86 *cpu, u64 *v)
{
    *v = 0;
    return version(cpu) >= 4;
}

bool x86_write_status_set(struct x86 *cpu, u64 v)
{
    return version(cpu) >= 4 && !(v & ~(status_bits(cpu) & ~STATUS_CHANGED))
        && set(cpu, &cpu->pmu[0].status, cpu->pmu[0].status | v);
}

/* Bit 63: some counter asks for an interrupt. */
bool x86_read_in_use(const struct x86 *cpu, u64 *v)
{
    const struct pmu *p = &cpu->pmu[0];

    *v = 0;
    for (unsigned n = 0; is_general(cpu, n); n++)
        *v |= (p->select[n] & 0xff ? BIT(n) : 0) | (p->select[n] & SELECT_INT ? BIT(63) : 0);
    for (unsigned n = 0; is_fixed(cpu, n); n++)
        *v |= (p->fixed >> 4 * n & FIXED_LEVELS ? BIT(32 + n) : 0)
            | (p->fixed >> 4 * n & FIXED_PMI ? BIT(63) : 0);
    return version(cpu) >= 4;
}

/* ---- What there is ---- */

bool x86_read_capabilities(const struct x86 *cpu, u64 *v)
{
    *v = cpu->model->lbr_format | (cpu->model->pmu.wide ? CAPABILITY_WIDE : 0)
        | (version(cpu) >= 2 ? CAPABILITY_FREEZE_IN_SMM : 0);
    return true;
}

/* Leaf 0Ah; of its seven events the caches' two and mispredicted branches are not there. */
struct cpuid x86_pmu_cpuid(const struct x86 *cpu)
{
    const struct pmu_model *m = &cpu->model->pmu;
    enum { EVENTS = 7, LACKING = 1 << 3 | 1 << 4 | 1 << 6, NO_ANY = 1 << 15 };

    if (m->version == 0)
        return (struct cpuid){ 0 };
    return (struct cpuid){
        .eax = m->version | (u32)m->general << 8 | (u32)m->width << 16 | (u32)EVENTS << 24,
        .ebx = LACKING,
        .ecx = m->version >= 5 ? (1u << m->fixed) - 1 : 0,
        .edx = m->fixed | (u32)m->width << 5 | (m->version >= 5 ? NO_ANY : 0u),
    };
}
