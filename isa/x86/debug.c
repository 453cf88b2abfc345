/*
 * Breakpoints and the debug registers: SDM 3B 17.2, 17.3.
 *
 * Not modelled: pushes of an interrupt's frame and the processor's own reads of its tables are not
 * watched.
 */
#include "isa/x86/debug.h"

#include "isa/x86/branches.h"
#include "isa/x86/fault.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/pmu.h"

enum { ON_CODE, ON_WRITE, ON_IO, ON_ACCESS };   /* R/Wn of DR7 */

static unsigned kind_of(const struct x86 *cpu, unsigned n)
{
    return cpu->dr[7] >> (16 + 4 * n) & 3;
}

static bool is_enabled(const struct x86 *cpu, unsigned n)
{
    return cpu->dr[7] >> 2 * n & 3;
}

/* LENn: 1, 2, 8 and 4 bytes; the address is taken to be aligned to it. */
static unsigned length_of(const struct x86 *cpu, unsigned n)
{
    static const u8 length[4] = { 1, 2, 8, 4 };

    return length[cpu->dr[7] >> (18 + 4 * n) & 3];
}

static bool touches(const struct x86 *cpu, unsigned n, u64 first, unsigned size)
{
    u64 length = length_of(cpu, n), watched = cpu->dr[n] & ~(length - 1);

    return first < watched + length && first + size > watched;
}

/*
 * DR6 shows all conditions that are met, those of disabled breakpoints too; but only an enabled one
 * raises the exception. SDM 3B 17.2.3
 */
static void pend(struct x86 *cpu, unsigned kinds, u64 first, unsigned size)
{
    u32 met = 0;
    bool wanted = false;

    for (unsigned n = 0; n < 4; n++) {
        if (!(kinds >> kind_of(cpu, n) & 1) || !touches(cpu, n, first, size))
            continue;
        met |= 1u << n;
        wanted |= is_enabled(cpu, n);
    }
    if (wanted) {
        cpu->dr6_pending |= met;
        cpu->leave = true;
    }
}

void x86_debug_data(struct x86 *cpu, u64 linear, unsigned size, bool write)
{
    if (unlikely(cpu->dr[7] & 0xff))
        pend(cpu, write ? 1 << ON_WRITE | 1 << ON_ACCESS : 1 << ON_ACCESS, linear, size);
}

void x86_debug_io(struct x86 *cpu, unsigned port, unsigned size)
{
    if (unlikely(cpu->dr[7] & 0xff) && cpu->cr4 & CR4_DE)
        pend(cpu, 1 << ON_IO, port, size);
}

/* Exactly the first byte of the instruction: its LEN must be 0. */
void x86_debug_code(struct x86 *cpu, u64 linear)
{
    u32 met = 0;
    bool wanted = false;

    for (unsigned n = 0; n < 4; n++) {
        if (kind_of(cpu, n) != ON_CODE || cpu->dr[n] != linear)
            continue;
        met |= 1u << n;
        wanted |= is_enabled(cpu, n);
    }
    if (wanted) {
        cpu->dr6_pending = met;
        x86_fault(cpu, V_DB);
    }
}

/* B0-B3 tell of this exception alone; what else DR6 says is never taken back. 17.2.3 */
void x86_debug_report(struct x86 *cpu)
{
    if (cpu->dr6_pending)
        cpu->dr[6] &= ~(u64)15;
    cpu->dr[6] |= cpu->dr6_pending;
    cpu->dr[7] &= ~(u64)DR7_GD;
    cpu->dr6_pending = 0;
    if (x86_branches_wanted(cpu)) {
        cpu->debugctl &= ~(u64)(DEBUGCTL_LBR | DEBUGCTL_BTF);
        x86_pmu_update(cpu);
    }
}

/* ---- MOV DR ---- */

static unsigned check_access(struct x86 *cpu, unsigned n)
{
    if (n == 4 || n == 5) {
        x86_require(cpu, !(cpu->cr4 & CR4_DE));
        n += 2;
    }
    if (cpu->dr[7] & DR7_GD) {
        cpu->dr6_pending = DR6_BD;
        x86_fault(cpu, V_DB);
    }
    return n;
}

u64 x86_debug_read(struct x86 *cpu, unsigned n)
{
    return cpu->dr[check_access(cpu, n)];
}

void x86_debug_write(struct x86 *cpu, unsigned n, u64 value)
{
    n = check_access(cpu, n);
    if (n >= 6) {
        x86_protect(cpu, value >> 32 == 0);
        value = n == 6 ? x86_debug_status(value) : x86_debug_control(value);
    }
    cpu->dr[n] = value;
    x86_tlb_select(cpu);
    cpu->leave = true;
}
