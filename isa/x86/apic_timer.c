/*
 * The local APIC's timer: SDM 3A 10.5.4 "APIC Timer". Counts follow from virtual time; an event is
 * armed only while its interrupt would be seen. With TSC-deadline the moment is the first at which
 * the counter of the time stamp has got there.
 */
#include "isa/x86/apic.h"

#include "core/machine.h"
#include "isa/x86/interp.h"
#include "isa/x86/msr.h"

static struct apic *apic_of(struct x86 *cpu)
{
    return &cpu->apic[0];
}

static bool by_deadline(const struct x86 *cpu)
{
    return cpu->apic[0].lvt[LVT_TIMER] & LVT_DEADLINE;
}

static bool periodic(const struct x86 *cpu)
{
    return cpu->apic[0].lvt[LVT_TIMER] & LVT_PERIODIC;
}

/* Divide configuration: bits 3, 1, 0. 0 is by 2 ... 6 by 128, 7 by 1. */
static unsigned divide_shift(u32 configuration)
{
    return ((configuration & 3) + (configuration >> 1 & 4) + 1) & 7;
}

/* Ticks of the divided clock since `since`. */
static u64 elapsed(const struct x86 *cpu)
{
    const struct apic *a = &cpu->apic[0];
    u64 now = device_now(&cpu->cpu.dev);

    return now <= a->since ? 0
        : ns_to_ticks(now - a->since, cpu->apic_hz) >> divide_shift(a->divide);
}

u32 x86_apic_timer_count(const struct x86 *cpu)
{
    const struct apic *a = &cpu->apic[0];
    u64 gone = elapsed(cpu);

    if (by_deadline(cpu) || !a->count)
        return 0;
    if (gone < a->count)
        return a->count - (u32)gone;
    return periodic(cpu) && a->initial ? a->initial - (u32)((gone - a->count) % a->initial) : 0;
}

/* ---- When it will speak ---- */

/* Of this many ticks after `since`; ticks_to_ns() would not hold the division. */
static u64 time_of_tick(const struct x86 *cpu, u64 tick)
{
    const struct apic *a = &cpu->apic[0];
    unsigned __int128 ns = (((unsigned __int128)tick << divide_shift(a->divide)) * SECOND
                            + cpu->apic_hz - 1) / cpu->apic_hz;

    return ns < NEVER - a->since ? a->since + (u64)ns : NEVER;
}

static u64 next_count_of_zero(const struct x86 *cpu)
{
    const struct apic *a = &cpu->apic[0];
    u64 gone = elapsed(cpu);

    if (!a->count)
        return NEVER;
    if (gone < a->count)
        return time_of_tick(cpu, a->count);
    if (!periodic(cpu) || !a->initial)
        return NEVER;
    return time_of_tick(cpu, a->count + ((gone - a->count) / a->initial + 1) * a->initial);
}

static u64 time_of_deadline(const struct x86 *cpu)
{
    u64 tsc = x86_tsc(cpu);

    if (!cpu->tsc_deadline)
        return NEVER;
    return cpu->tsc_deadline <= tsc ? device_now(&cpu->cpu.dev)
        : x86_time_after(cpu, cpu->tsc_deadline - tsc);
}

static void arm(struct x86 *cpu)
{
    u64 due = NEVER;

    if (!x86_apic_has(cpu))
        return;
    if (x86_apic_on(cpu) && !(apic_of(cpu)->lvt[LVT_TIMER] & LVT_MASKED))
        due = by_deadline(cpu) ? time_of_deadline(cpu) : next_count_of_zero(cpu);
    device_arm_at(&cpu->cpu.dev, &cpu->apic_timer, due);
}

static void timer_fire(struct device *dev, u64 due)
{
    struct x86 *cpu = container_of(dev, struct x86, cpu.dev);

    if (by_deadline(cpu))
        cpu->tsc_deadline = 0;
    trace(dev, "APIC timer: vector %02x", apic_of(cpu)->lvt[LVT_TIMER] & LVT_VECTOR);
    x86_apic_local(cpu, LVT_TIMER);
    arm(cpu);
}

void x86_apic_timer_attach(struct x86 *cpu)
{
    device_event(&cpu->cpu.dev, &cpu->apic_timer, "apic-timer", timer_fire);
}

/* ---- Its registers ---- */

void x86_apic_timer_start(struct x86 *cpu, u32 initial)
{
    struct apic *a = apic_of(cpu);

    if (by_deadline(cpu))
        return;
    a->initial = a->count = initial;
    a->since = device_now(&cpu->cpu.dev);
    arm(cpu);
}

/* What is left goes on at the new pace. */
void x86_apic_timer_divide(struct x86 *cpu, u32 configuration)
{
    struct apic *a = apic_of(cpu);

    a->count = x86_apic_timer_count(cpu);
    a->since = device_now(&cpu->cpu.dev);
    a->divide = configuration & 0xb;
    arm(cpu);
}

/* Changing between the counter and the deadline disarms; one-shot and periodic share a count. */
void x86_apic_timer_lvt(struct x86 *cpu, u32 old)
{
    struct apic *a = apic_of(cpu);
    u32 now = a->lvt[LVT_TIMER];

    if ((now ^ old) & LVT_DEADLINE) {
        a->count = a->initial = 0;
        cpu->tsc_deadline = 0;
    } else if ((now ^ old) & LVT_PERIODIC) {
        a->lvt[LVT_TIMER] = old;
        a->count = x86_apic_timer_count(cpu);
        a->since = device_now(&cpu->cpu.dev);
        a->lvt[LVT_TIMER] = now;
    }
    arm(cpu);
}

void x86_apic_timer_stop(struct x86 *cpu)
{
    struct apic *a = apic_of(cpu);

    a->count = a->initial = a->divide = 0;
    a->since = 0;
    cpu->tsc_deadline = 0;
    arm(cpu);
}

/* Behind the deadline it reads as 0, seen or not. */
u64 x86_apic_deadline_read(const struct x86 *cpu)
{
    return by_deadline(cpu) && cpu->tsc_deadline > x86_tsc(cpu) ? cpu->tsc_deadline : 0;
}

void x86_apic_deadline_write(struct x86 *cpu, u64 value)
{
    if (!by_deadline(cpu))
        return;
    cpu->tsc_deadline = value;
    arm(cpu);
}

void x86_apic_tsc_moved(struct x86 *cpu)
{
    if (by_deadline(cpu))
        arm(cpu);
}
