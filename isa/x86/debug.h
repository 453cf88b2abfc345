/* Debug registers: SDM 3B 17.2. */
#pragma once
#include "isa/x86/cpuid.h"
#include "isa/x86/state.h"

enum {
    DR6_B = 15, DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15,
    DR6_FIXED = 0xffff0ff0,         /* read as ones */
};
/* IA32_DEBUGCTL */
enum { DEBUGCTL_LBR = 1 << 0, DEBUGCTL_BTF = 1 << 1 };
enum { DR7_GD = 1 << 13, DR7_FIXED = 0x400 };

/* DR6 and DR7 of what is written to them: some bits are always 0, others always 1. */
static inline u64 x86_debug_status(u64 v)
{
    return (v & 0xe00f) | DR6_FIXED;
}

static inline u64 x86_debug_control(u64 v)
{
    return (v & 0xffff23ff) | DR7_FIXED;
}

/* Would an enabled breakpoint see it? Then it is pending at the end of the instruction. */
void x86_debug_data(struct x86 *, u64 linear, unsigned size, bool write);
void x86_debug_io(struct x86 *, unsigned port, unsigned size);
/* Raises #DB (a fault) if an instruction breakpoint is at this linear address and RF is clear. */
void x86_debug_code(struct x86 *, u64 linear);

/* What is pending goes to DR6, as #DB is delivered. */
void x86_debug_report(struct x86 *);

/*
 * For MOV to and from DR: n is 0 to 7, 4 and 5 are 6 and 7, or #UD with CR4.DE. #DB (a fault) with
 * GD. CPL and mode are checked by then. The value written has been cut to the operand's size.
 */
u64  x86_debug_read(struct x86 *, unsigned n);
void x86_debug_write(struct x86 *, unsigned n, u64 value);

/*
 * A repeated instruction goes on later: what interrupts it now pushes RF, and no breakpoint on it
 * counts again. SDM 3B 17.3.1.1
 */
static inline void x86_debug_between_rounds(struct x86 *cpu)
{
    if (x86_has(cpu, F_I386))
        cpu->eflags |= RF;
}

/* Are any instruction breakpoints enabled? */
static inline bool x86_debug_watches_code(const struct x86 *cpu)
{
    u64 dr7 = cpu->dr[7];

    if (likely(!(dr7 & 0xff)))
        return false;
    for (unsigned i = 0; i < 4; i++)
        if (dr7 >> 2 * i & 3 && !(dr7 >> (16 + 4 * i) & 3))
            return true;
    return false;
}
