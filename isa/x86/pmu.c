/* Counting: from the sources to the counters, and what happens when one is full. See pmu.h. */
#include "isa/x86/pmu.h"

#include "isa/x86/apic.h"
#include "isa/x86/branches.h"
#include "isa/x86/debug.h"
#include "isa/x86/interp.h"
#include "isa/x86/mode.h"
#include "isa/x86/pmu_bits.h"

static struct pmu *pmu_of(struct x86 *cpu)
{
    return &cpu->pmu[0];
}

static u64 mask_of(const struct x86 *cpu)
{
    return BIT(cpu->model->pmu.width) - 1;
}

/* ---- Sources ---- */

static u64 now(const struct x86 *cpu, enum pmu_source s)
{
    switch (s) {
    case PMU_INSTRUCTIONS: return x86_instructions_now(cpu);
    case PMU_CYCLES:       return x86_cycles_now(cpu) - cpu->idle;
    case PMU_BRANCHES:     return cpu->branches[0].count;
    default:               return cpu->pmu[0].walks[s - PMU_LOAD_WALKS];
    }
}

/* Where the processor is now; 0: where nothing is counted. */
static u8 level_of(const struct x86 *cpu)
{
    if (cpu->in_smm && cpu->debugctl & DEBUGCTL_FREEZE_IN_SMM)
        return 0;
    return cpu->cpl ? LEVEL_USER : LEVEL_SYSTEM;
}

/* ---- Thresholds: cycles are counted, by how many events they have ---- */

static bool meets(const struct counting *c, unsigned events)
{
    return (events < c->threshold) == c->invert;
}

/* So many cycles with so many events each. */
static u64 new_cycles(struct pmu *p, const struct counting *c, u64 cycles, u64 events)
{
    u8 *met = &p->met[c->n], was = *met;

    if (cycles == 0)
        return 0;
    p->events[c->n] = events > UINT8_MAX ? UINT8_MAX : (u8)events;
    *met = meets(c, p->events[c->n]);
    return !*met ? 0 : c->edge ? !was : cycles;
}

/* More of them in the last cycle: two instructions may share one. */
static u64 same_cycle(struct pmu *p, const struct counting *c, u64 events)
{
    u8 *met = &p->met[c->n], was = *met;

    p->events[c->n] = (u8)(p->events[c->n] + events);
    *met = meets(c, p->events[c->n]);
    return c->edge ? *met && !was : (u64)*met - was;
}

/* One instruction, whose events come in its last cycle. */
static u64 by_threshold(struct pmu *p, const struct counting *c, const u64 *delta)
{
    u64 cycles = delta[PMU_CYCLES], events = delta[c->source];

    if (cycles == 0 && events == 0)
        return 0;
    if (c->source == PMU_CYCLES)
        return new_cycles(p, c, cycles, 1);
    if (cycles == 0)
        return same_cycle(p, c, events);
    return new_cycles(p, c, cycles - 1, 0) + new_cycles(p, c, 1, events);
}

/* ---- Overflow ---- */

/* SDM 3B "Freezing ... on PMI": version 4 says so in the status, older ones switch off. */
static void freeze(struct x86 *cpu)
{
    struct pmu *p = pmu_of(cpu);
    bool by_status = cpu->model->pmu.version >= 4;

    if (cpu->debugctl & DEBUGCTL_FREEZE_LBRS) {
        if (by_status)
            p->status |= STATUS_LBRS_FROZEN;
        else
            cpu->debugctl &= ~(u64)DEBUGCTL_LBR;
    }
    if (cpu->debugctl & DEBUGCTL_FREEZE_COUNTERS) {
        if (by_status)
            p->status |= STATUS_COUNTERS_FROZEN;
        else
            p->global = 0;
    }
}

static bool wants_interrupt(const struct x86 *cpu, unsigned n)
{
    const struct pmu *p = &cpu->pmu[0];

    return n < PMU_GENERAL ? p->select[n] & SELECT_INT
        : p->fixed >> 4 * (n - PMU_GENERAL) & FIXED_PMI;
}

static void overflow(struct x86 *cpu, unsigned n)
{
    pmu_of(cpu)->status |= STATUS_BIT(n);
    if (!wants_interrupt(cpu, n))
        return;
    trace(&cpu->cpu.dev, "counter %u is full", n);
    freeze(cpu);
    if (x86_apic_on(cpu))
        x86_apic_local(cpu, LVT_PERF);
}

/* ---- The loop comes by ---- */

static bool is_plain(const struct counting *c)
{
    return c->threshold == 0;
}

static bool advance(struct x86 *cpu, const struct counting *c, const u64 *delta)
{
    struct pmu *p = pmu_of(cpu);
    u64 mask = mask_of(cpu), old = p->value[c->n];
    u64 more = is_plain(c) ? delta[c->source] : by_threshold(p, c, delta);

    p->value[c->n] = (old + more) & mask;
    if (old + more <= mask)
        return false;
    overflow(cpu, c->n);
    return true;
}

void x86_pmu_settle(struct x86 *cpu)
{
    struct pmu *p = pmu_of(cpu);
    u64 delta[PMU_SOURCES];
    bool full = false;

    if (cpu->countings == 0)
        return;
    for (unsigned s = 0; s < PMU_SOURCES; s++) {
        delta[s] = now(cpu, (enum pmu_source)s) - p->seen[s];
        p->seen[s] += delta[s];
    }
    for (unsigned i = 0; i < cpu->countings; i++)
        if (cpu->counting[i].levels & cpu->count_level)
            full |= advance(cpu, &cpu->counting[i], delta);
    if (full)
        x86_pmu_update(cpu);
}

u64 x86_pmu_value(const struct x86 *cpu, unsigned n)
{
    const struct pmu *p = &cpu->pmu[0];
    u64 value = p->value[n];

    for (unsigned i = 0; i < cpu->countings; i++) {
        const struct counting *c = &cpu->counting[i];

        if (c->n == n && is_plain(c) && c->levels & cpu->count_level)
            value += now(cpu, (enum pmu_source)c->source) - p->seen[c->source];
    }
    return value & mask_of(cpu);
}

/* Might a counter be full? A timing model leaves that open from cycle to cycle. */
static bool is_due(const struct x86 *cpu)
{
    return cpu->cycles >= cpu->count_until || cpu->timing;
}

void x86_observe(struct x86 *cpu)
{
    if (is_due(cpu))
        x86_pmu_settle(cpu);
    x86_branch_observe(cpu);
}

enum { FAR_AWAY = 1 << 30, WALKS_MOST = 64 };

/*
 * Cycles before which the counter cannot be full: none has more than one instruction. With a
 * timing model that is not so; instructions go one at a time from close by, as they do where one
 * instruction may walk for each of its accesses.
 */
static u64 until_full(const struct x86 *cpu, const struct counting *c)
{
    u64 need = mask_of(cpu) + 1 - cpu->pmu[0].value[c->n];

    if (!is_plain(c))
        return 1;
    if (c->source >= PMU_LOAD_WALKS)
        need = (need + WALKS_MOST - 1) / WALKS_MOST;
    if (cpu->timing && c->source != PMU_CYCLES)
        return need < BLOCK_MAX ? 1 : FAR_AWAY;
    return need < FAR_AWAY ? need : FAR_AWAY;
}

static u64 until_any_is_full(const struct x86 *cpu)
{
    u64 least = FAR_AWAY;

    for (unsigned i = 0; i < cpu->countings; i++) {
        const struct counting *c = &cpu->counting[i];
        u64 n = until_full(cpu, c);

        if (c->levels & cpu->count_level && n < least)
            least = n;
    }
    return least;
}

s64 x86_observe_until(struct x86 *cpu, s64 left)
{
    u64 ahead;

    if (is_due(cpu) || level_of(cpu) != cpu->count_level) {
        x86_pmu_settle(cpu);
        cpu->count_level = level_of(cpu);
        cpu->count_until = cpu->cycles + until_any_is_full(cpu);
    }
    ahead = cpu->count_until - cpu->cycles;
    return x86_branch_begin(cpu) ? 1 : (u64)left < ahead ? left : (s64)ahead;
}

/* ---- What counts ---- */

/* From Haswell on those have one number. */
static bool has_walks(const struct x86 *cpu)
{
    return x86_has(cpu, F_AVX2);
}

enum pmu_source x86_pmu_source(const struct x86 *cpu, u64 select)
{
    switch (select & SELECT_EVENT) {
    case EVENT_CYCLES: case EVENT_REFERENCE:
        return cpu->model->pmu.version ? PMU_CYCLES : PMU_NOTHING;
    case EVENT_P6_CYCLES:
        return cpu->model->pmu.version ? PMU_NOTHING : PMU_CYCLES;
    case EVENT_INSTRUCTIONS: return PMU_INSTRUCTIONS;
    case EVENT_BRANCHES:     return PMU_BRANCHES;
    case EVENT_LOAD_WALKS:   return has_walks(cpu) ? PMU_LOAD_WALKS : PMU_NOTHING;
    case EVENT_STORE_WALKS:  return has_walks(cpu) ? PMU_STORE_WALKS : PMU_NOTHING;
    case EVENT_CODE_WALKS: case EVENT_ITLB_MISS:
        return has_walks(cpu) ? PMU_CODE_WALKS : PMU_NOTHING;
    default:                 return PMU_NOTHING;
    }
}

static bool is_enabled(const struct x86 *cpu, unsigned n)
{
    const struct pmu *p = &cpu->pmu[0];

    if (cpu->model->pmu.version == 0)   /* the P6 has one switch for both */
        return p->select[0] & SELECT_EN;
    return (n >= PMU_GENERAL || p->select[n] & SELECT_EN) && p->global & STATUS_BIT(n)
        && !(p->status & STATUS_COUNTERS_FROZEN);
}

static struct counting general(const struct x86 *cpu, unsigned n)
{
    u64 select = cpu->pmu[0].select[n];
    struct counting c = {
        .n = (u8)n, .source = (u8)x86_pmu_source(cpu, select),
        .levels = select >> SELECT_LEVELS & 3,
        .threshold = select >> SELECT_CMASK & 0xff, .edge = select & SELECT_EDGE,
    };

    c.invert = c.threshold && select & SELECT_INV;
    if (c.edge && c.threshold == 0)
        c.threshold = 1;
    return c;
}

static struct counting fixed(const struct x86 *cpu, unsigned n)
{
    u64 control = cpu->pmu[0].fixed >> 4 * n;

    return (struct counting){
        .n = (u8)(PMU_GENERAL + n), .source = n == 0 ? PMU_INSTRUCTIONS : PMU_CYCLES,
        .levels = (u8)((control & 1 ? LEVEL_SYSTEM : 0) | (control & 2 ? LEVEL_USER : 0)),
    };
}

static void add(struct x86 *cpu, const struct counting *c)
{
    if (!is_enabled(cpu, c->n) || !c->levels || c->source == PMU_NOTHING)
        return;
    cpu->counting[cpu->countings++] = *c;
    cpu->marks_branches |= c->source == PMU_BRANCHES;
    cpu->counts_fetches |= c->source == PMU_CODE_WALKS;
}

void x86_pmu_update(struct x86 *cpu)
{
    struct pmu *p = pmu_of(cpu);
    bool marks = cpu->marks_branches;

    cpu->countings = 0;
    cpu->counts_fetches = false;
    cpu->marks_branches = x86_branches_wanted(cpu);
    for (unsigned n = 0; n < cpu->model->pmu.general; n++) {
        struct counting c = general(cpu, n);

        add(cpu, &c);
    }
    for (unsigned n = 0; n < cpu->model->pmu.fixed; n++) {
        struct counting c = fixed(cpu, n);

        add(cpu, &c);
    }
    for (unsigned s = 0; s < PMU_SOURCES; s++)
        p->seen[s] = cpu->countings ? now(cpu, (enum pmu_source)s) : 0;
    cpu->count_level = level_of(cpu);
    cpu->count_until = 0;
    cpu->observed = cpu->countings || cpu->marks_branches;
    cpu->leave = true;
    if (cpu->marks_branches != marks)
        x86_mode_update(cpu);
}

void x86_pmu_resume(struct x86 *cpu)
{
    cpu->op = NULL;
    cpu->start = cpu->budget = 0;
    x86_pmu_update(cpu);
}

void x86_pmu_reset(struct x86 *cpu)
{
    struct pmu *p = pmu_of(cpu);

    *p = (struct pmu){ .global = cpu->model->pmu.version ? BIT(cpu->model->pmu.general) - 1 : 0 };
    cpu->debugctl = 0;
    x86_branches_reset(cpu);
    x86_pmu_update(cpu);
}
