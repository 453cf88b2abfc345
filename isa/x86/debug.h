/* isa/x86/debug.h */
/* Debug registers: SDM 3B 17.2. */
#pragma once
#include "isa/x86/state.h"

enum { DR6_B0 = 1, DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15 };
enum { DR7_GD = 1 << 13 };

/* Would an enabled breakpoint see it? Then it is pending at the end of the instruction. */
void x86_debug_data(struct x86 *, u64 linear, unsigned size, bool write);
void x86_debug_io(struct x86 *, unsigned port, unsigned size);
/* Raises #DB (a fault) if an instruction breakpoint is at this linear address and RF is clear. */
void x86_debug_code(struct x86 *, u64 linear);

/* Are any instruction breakpoints enabled? */
static inline bool x86_debug_watches_code(const struct x86 *cpu)
{
    for (unsigned i = 0; i < 4; i++)
        if (cpu->dr[7] >> 2 * i & 3 && !(cpu->dr[7] >> (16 + 4 * i) & 3))
            return true;
    return false;
}
