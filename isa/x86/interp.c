/* isa/x86/interp.c */
/*
 * The loop: events and pins, then a block, whose handlers go on from block to block until
 * something wants attention. Time is counted in cycles of the core clock; with the timing
 * model `fixed` an instruction is one cycle, with others the loop runs one block at a time and
 * adds what it cost.
 */
#include "isa/x86/interp.h"

#include "core/machine.h"
#include "isa/x86/block.h"
#include "isa/x86/branches.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/pmu.h"
#include "isa/x86/timing.h"

/* ---- Time ---- */

/* Guests rely on it that no time-stamp counter runs faster: Linux when it tries the timer. */
#define FASTEST UINT64_C(4000000000)

/*
 * CPUs take turns on one clock; each of n of them runs at n times the pace for a nth of the time,
 * but many not beyond FASTEST.
 */
static unsigned __int128 rate(const struct x86 *cpu)
{
    unsigned __int128 all = (unsigned __int128)cpu->hz * cpu->cpu.dev.machine->cpus;

    return all <= FASTEST ? all : cpu->hz > FASTEST ? cpu->hz : FASTEST;
}

static u64 cycles_to_ns(const struct x86 *cpu, u64 cycles)
{
    if (rate(cpu) == SECOND)
        return cycles;
    return (u64)(cycles * (unsigned __int128)SECOND / rate(cpu));
}

/* The first cycle that is not before a time. */
static u64 ns_to_cycles(const struct x86 *cpu, u64 ns)
{
    unsigned __int128 c;

    if (rate(cpu) == SECOND)
        return ns;
    c = (ns * rate(cpu) + SECOND - 1) / SECOND;
    return c > INT64_MAX ? INT64_MAX : (u64)c;
}

static void account(struct x86 *cpu, u64 spent, u64 cycles)
{
    cpu->cycles += cycles;
    cpu->cpu.retired += spent;
    cpu->start = cpu->budget;
}

/* Instructions done since the loop last entered a block. */
static u64 done(const struct x86 *cpu)
{
    return (u64)(cpu->start - cpu->budget) + (cpu->op ? cpu->op->n - 1u : 0);
}

u64 x86_cycles_now(const struct x86 *cpu)
{
    return cpu->cycles + (cpu->timing ? x86_timing_now(cpu) : done(cpu));
}

u64 x86_instructions_now(const struct x86 *cpu)
{
    return cpu->cpu.retired + done(cpu) - cpu->rounds;
}

u64 x86_time_after(const struct x86 *cpu, u64 cycles)
{
    unsigned __int128 c = (unsigned __int128)x86_cycles_now(cpu) + cycles;

    c = (c * SECOND + rate(cpu) - 1) / rate(cpu);
    return c < INT64_MAX ? (u64)c : NEVER;
}

u64 x86_cycle_rate(const struct x86 *cpu)
{
    return (u64)rate(cpu);
}

void x86_publish_time(struct x86 *cpu)
{
    cpu->cpu.dev.machine->clock.now = cycles_to_ns(cpu, x86_cycles_now(cpu));
}

/*
 * Where within a nanosecond a turn begins. All end at whole ones, so that else a loop of as many
 * cycles would always be left at the same place: with a lock held, for example.
 */
static u64 offset_of_turn(const struct x86 *cpu, u64 ns)
{
    u64 cycles = (u64)(rate(cpu) / SECOND), stirred = ns * UINT64_C(0xd1342543de82ef95) >> 32;

    return cpu->cpu.dev.machine->cpus > 1 && cycles ? stirred % cycles : 0;
}

/* While it slept, and while others had their turns, time went on. */
static void catch_up(struct x86 *cpu)
{
    u64 ns = cpu->cpu.dev.machine->clock.now, now = ns_to_cycles(cpu, ns);

    if (cpu->cycles >= now)
        return;
    now += offset_of_turn(cpu, ns);
    cpu->idle += now - cpu->cycles;
    cpu->cycles = now;
}

void x86_settle(struct cpu *base)
{
    struct x86 *cpu = container_of(base, struct x86, cpu);

    cpu->eflags = x86_flags(cpu);
    x86_set_arithmetic(cpu, cpu->eflags);
    x86_pmu_settle(cpu);
    catch_up(cpu);
}

/* ---- Leaving and linking ---- */

void h_raise(HANDLER_ARGS)
{
    PUBLISH;
    if (op->dst == V_GP)
        x86_fault_code(cpu, V_GP, 0);
    x86_fault(cpu, (enum vector)op->dst);
}

void x86_leave_behind(HANDLER_ARGS)
{
    cpu->rip = x86_is_64(cpu) ? op_next_rip(op) : (u32)op_next_rip(op);
    cpu->budget = budget - op->n;
    LEAVE;
}

/* A stub's target, or the beginning of a block. */
static u64 target_of(const struct op *op)
{
    if (op->fn == h_stub || op->fn == h_stub_untaken)
        return op->imm64;
    return block_of(op->slot ? op->link : op)->rip;
}

void x86_leave_at(HANDLER_ARGS)
{
    if (op->fn == h_stub_fault)
        GO(h_stub_fault, op);
    if (op->fn == h_stub_untaken)
        cpu->branches[0].untaken++;
    cpu->rip = target_of(op);
    cpu->budget = budget;
    LEAVE;
}

/* The branch is not over: its cost comes back, and it faults. */
void h_stub_fault(HANDLER_ARGS)
{
    op -= op->dst;
    budget += op->n;
    PUBLISH;
    x86_fault_code(cpu, V_GP, 0);
}

static u64 linear_rip(const struct x86 *cpu, u64 rip)
{
    return ((cpu->mode >> 32) + rip) & cpu->lin_mask;
}

static bool in_one_page(const struct block *a, const struct block *b)
{
    return a->rip >> 12 == b->rip >> 12
        && ((uintptr_t)a->code ^ (uintptr_t)b->code) < PAGE_SIZE;
}

/* Within a page the branch goes straight to its target; else its stub checks the way. */
static void link_to(struct op *from, struct block *b)
{
    struct block *a = block_of(from);

    if (a->mode != b->mode || !b->code)
        return;
    if (from->slot == 0) {              /* a stale block leads to its successor */
        if (a->code == b->code && a->rip == b->rip)
            a->hash_next = b;
    } else if (from->imm64 == b->rip && from->fn == h_stub) {
        if (in_one_page(a, b)) {
            from[-from->dst].link = b->op;
        } else {
            from->link = b->op;
            from->epoch = EPOCH_UNTRIED;
            from->fn = h_stub_far;
        }
    }
}

static struct block *cached(const struct x86 *cpu, struct tlb *tlb, u64 rip)
{
    const u8 *host = tlb_lookup(tlb, TLB_CODE, linear_rip(cpu, rip), 1);
    struct block *b;

    if (!host)
        return NULL;
    b = cpu->shared->cache[code_slot(host)];
    return b && b->code == host && b->rip == rip && b->mode == cpu->mode ? b : NULL;
}

void h_stub(HANDLER_ARGS)
{
    struct block *b = cached(cpu, tlb, op->imm64);

    if (b && block_of(op)->code) {
        link_to(op, b);
        GO(b->op[0].fn, b->op);
    }
    cpu->rip = op->imm64;
    cpu->budget = budget;
    if (block_of(op)->code) {
        cpu->link_from = op;
        cpu->link_generation = cpu->shared->generation;
    }
    LEAVE;
}

void h_stub_far(HANDLER_ARGS)
{
    struct op *to = op->link;

    if (likely(op->epoch == tlb->epoch))
        GO(to->fn, to);
    if (likely(tlb_lookup(tlb, TLB_CODE, linear_rip(cpu, block_of(to)->rip), 1)
               == block_of(to)->code)) {
        if (tlb->epoch == EPOCH_OVER)
            tlb->epoch = ++cpu->shared->epoch;
        op->epoch = tlb->epoch;
        GO(to->fn, to);
    }
    cpu->rip = block_of(to)->rip;
    cpu->budget = budget;
    LEAVE;
}

/* It is never linked, so that each passage counts. */
void h_stub_untaken(HANDLER_ARGS)
{
    struct block *b = cached(cpu, tlb, op->imm64);

    cpu->branches[0].untaken++;
    if (b)
        GO(b->op[0].fn, b->op);
    cpu->rip = op->imm64;
    cpu->budget = budget;
    LEAVE;
}

void h_stale(HANDLER_ARGS)
{
    struct block *next = block_of(op)->hash_next;

    if (next && !next->stale)
        GO(next->op[0].fn, next->op);
    cpu->rip = block_of(op)->rip;
    cpu->budget = budget;
    cpu->link_from = op;
    cpu->link_generation = cpu->shared->generation;
    LEAVE;
}

/*
 * While accesses are watched the fast table is empty: then the page is looked up. Not in the
 * handler, whose tail calls must be jumps: nobody else may know the address of a variable there.
 */
static __attribute__((noinline)) bool still_there(struct x86 *cpu, u64 linear, const u8 *page)
{
    u64 physical;

    return x86_code_at(cpu, linear, &physical) == page;
}

/* Is the page with the instruction's second half still where it was? If not it is decoded anew. */
void h_page_check(HANDLER_ARGS)
{
    struct block *b = block_of(op);
    u64 second = ((linear_rip(cpu, b->rip) | PAGE_MASK) + 1) & cpu->lin_mask;

    if (likely(tlb_lookup(tlb, TLB_CODE, second, 1) == b->second))
        NEXT;
    cpu->op = op + 1;
    cpu->budget = budget;
    if (still_there(cpu, second, b->second))
        NEXT;
    x86_block_drop(cpu, b);
    cpu->rip = b->rip;
    cpu->budget = budget;
    LEAVE;
}

/* ---- Branches, where they are marked ---- */

void h_branch(HANDLER_ARGS)
{
    cpu->branches[0].count++;
    cpu->branch.kind = op->dst;
    NEXT;
}

/* One that faults was none. */
static void unmark_branch(struct x86 *cpu)
{
    if (cpu->op->slot && cpu->op[-1].fn == h_branch)
        cpu->branches[0].count--;
}

/* ---- The loop ---- */

static bool wants_steps(const struct x86 *cpu)
{
    return cpu->eflags & TF || cpu->shadow || cpu->counts_fetches
        || unlikely(x86_debug_watches_code(cpu));
}

static struct block *find(struct x86 *cpu)
{
    struct op *from = cpu->link_from;
    struct block *b = x86_block_find(cpu);

    if (from && cpu->link_generation == cpu->shared->generation && !(cpu->mode & MODE_STEP))
        link_to(from, b);
    cpu->link_from = NULL;
    return b;
}

static void enter(struct x86 *cpu, struct block *b, s64 budget)
{
    u64 spent;

    cpu->eflags &= ~(u32)RF;            /* it was for one instruction */
    cpu->start = cpu->budget = budget;
    if (unlikely(cpu->timing != NULL))
        x86_timing_begin(cpu, b);
    dispatch_enter(cpu, b->op, budget, cpu->tlb);
    spent = (u64)(cpu->start - cpu->budget);
    account(cpu, spent, unlikely(cpu->timing != NULL) ? x86_timing_end(cpu, b, spent) : spent);
}

/* One instruction, with what hangs on each: traps, the shadow of STI and MOV SS, RF. */
static void step(struct x86 *cpu)
{
    struct block *b;

    cpu->trap = cpu->eflags & TF;       /* POPF counts from the next, INT n takes it back */
    if (!(cpu->eflags & RF) && !(cpu->shadow & SHADOW_SS) && x86_debug_watches_code(cpu))
        x86_debug_code(cpu, linear_rip(cpu, cpu->rip));
    cpu->mode |= MODE_STEP;
    b = find(cpu);
    cpu->mode &= ~(u64)MODE_STEP;
    cpu->shadow = 0;
    enter(cpu, b, 1 - BLOCK_MAX);
    if (cpu->trap && !(cpu->shadow & SHADOW_SS)
        && (!(cpu->debugctl & DEBUGCTL_BTF) || x86_branch_taken(cpu)))
        cpu->dr6_pending |= DR6_BS;
}

/* Blocks while any fits; near the end of the time one that does, else an instruction. */
static void run_blocks(struct x86 *cpu, s64 left)
{
    struct block *b = find(cpu);

    if (likely(b->n <= left))
        enter(cpu, b, left - BLOCK_MAX);
    else
        step(cpu);
}

/* One block at a time, if all of it begins in time. */
static void run_timed(struct x86 *cpu, s64 left)
{
    struct block *b;

    b = find(cpu);
    if (x86_timing_fits(cpu, b, left))
        enter(cpu, b, x86_timing_budget(cpu, b, left));
    else
        step(cpu);
}

/* A fault has unwound: what was done until then counts, the instruction itself does not. */
static void settle_fault(struct x86 *cpu)
{
    cpu->mode &= ~(u64)MODE_STEP;
    if (cpu->op) {
        if (!cpu->switched)
            cpu->rip = op_rip(cpu->op);
        unmark_branch(cpu);
        account(cpu, done(cpu), cpu->timing ? x86_timing_fault(cpu) : done(cpu));
    }
    cpu->switched = false;
    cpu->cycles++;                      /* or a fault in a handler's first instruction stops time */
    cpu->op = NULL;
    cpu->leave = false;
    cpu->link_from = NULL;
}

static bool loop(struct x86 *cpu, struct clock *clock)
{
    bool awake = true;

    for (;;) {
        s64 left;

        cpu->op = NULL;
        cpu->leave = false;
        if (unlikely(cpu->observed))
            x86_observe(cpu);
        if (unlikely(x86_wants_attention(cpu))) {
            cpu->link_from = NULL;
            awake = x86_attend(cpu);
        }
        left = (s64)(ns_to_cycles(cpu, clock->deadline) - cpu->cycles);
        if (left <= 0 || !awake)
            break;
        if (unlikely(cpu->observed))
            left = x86_observe_until(cpu, left);
        if (unlikely(wants_steps(cpu)))
            step(cpu);
        else if (unlikely(cpu->timing != NULL))
            run_timed(cpu, left);
        else
            run_blocks(cpu, left);
    }
    clock->now = cycles_to_ns(cpu, cpu->cycles);
    return awake;
}

bool x86_run(struct cpu *base, struct clock *clock)
{
    struct x86 *cpu = container_of(base, struct x86, cpu);

    catch_up(cpu);
    cpu->op = NULL;
    cpu->start = cpu->budget = 0;
    cpu->link_from = NULL;
    if (setjmp(cpu->unwind)) {
        settle_fault(cpu);
        if (cpu->fault_vector != V_NONE)
            x86_deliver_fault(cpu);
    }
    return loop(cpu, clock);
}
