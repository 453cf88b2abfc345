/* isa/x86/cpuid.c */
#include "isa/x86/cpuid.h"

#include <string.h>

#include "core/error.h"

bool x86_model_select(struct x86 *cpu, const char *text, struct error *err)
{
    if (strcmp(text, "max") != 0)
        return fail(err, "no CPU model \"%s\"", text);
    memset(cpu->features, 0xff, sizeof cpu->features);
    cpu->features[F_ONLY86 >> 6] &= ~BIT(F_ONLY86 & 63);
    cpu->phys_mask = BIT(46) - 1;
    return true;
}

u32 x86_signature(const struct x86 *cpu)
{
    return 0x000506e3;
}
