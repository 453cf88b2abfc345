/* isa/x86/interrupt.c */
#include "isa/x86/interrupt.h"

bool x86_wants_attention(const struct x86 *cpu)
{
    return cpu->activity != RUNNING;
}

bool x86_attend(struct x86 *cpu)
{
    return false;
}
