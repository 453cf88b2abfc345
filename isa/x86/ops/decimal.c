/*
 * Decimal adjustment: SDM 2 AAA, AAD, AAM, AAS, DAA, DAS. What the manual leaves undefined is
 * clear.
 */
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/forms.h"

#define AL_(cpu) GET_b(cpu, GPR_OFFSET(RAX))

/* SF, ZF and PF of AL; these besides. */
static void flags_of_al(struct x86 *cpu, u32 others)
{
    FLAGS_AS(&cpu->lazy, (u64)AL_(cpu) << TOP_b, 0, 0, TOP_b | others << KIND_FIX);
}

static void adjust_packed(struct x86 *cpu, int sign)
{
    u32 flags = x86_flags(cpu), out = 0;
    u8 al = AL_(cpu), was = al;

    if ((was & 15) > 9 || flags & AF) {
        if (flags & CF || (sign > 0 ? was > 0xf9 : was < 6))
            out |= CF;
        al = (u8)(al + sign * 6);
        out |= AF;
    }
    if (was > 0x99 || flags & CF) {
        al = (u8)(al + sign * 0x60);
        out |= CF;
    } else if (sign > 0) {
        out &= ~(u32)CF;
    }
    PUT_b(cpu, GPR_OFFSET(RAX), al);
    flags_of_al(cpu, out);
}

PLAIN_OP(daa) { adjust_packed(cpu, 1); }
PLAIN_OP(das) { adjust_packed(cpu, -1); }

static void adjust_unpacked(struct x86 *cpu, int sign)
{
    u32 out = 0;

    if ((AL_(cpu) & 15) > 9 || x86_flags(cpu) & AF) {
        PUT_w(cpu, GPR_OFFSET(RAX), GET_w(cpu, GPR_OFFSET(RAX)) + sign * 0x106);
        out = AF | CF;
    }
    PUT_b(cpu, GPR_OFFSET(RAX), AL_(cpu) & 15);
    flags_of_al(cpu, out);
}

PLAIN_OP(aaa) { adjust_unpacked(cpu, 1); }
PLAIN_OP(aas) { adjust_unpacked(cpu, -1); }

PLAIN_OP(aam)
{
    u8 base = (u8)op->imm, al = AL_(cpu);

    if (base == 0)
        x86_fault(cpu, V_DE);
    PUT_w(cpu, GPR_OFFSET(RAX), (al / base) << 8 | al % base);
    flags_of_al(cpu, 0);
}

PLAIN_OP(aad)
{
    u16 ax = GET_w(cpu, GPR_OFFSET(RAX));

    PUT_w(cpu, GPR_OFFSET(RAX), (u8)(ax + (ax >> 8) * (u8)op->imm));
    flags_of_al(cpu, 0);
}
