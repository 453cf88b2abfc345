/* isa/x86/debug.c */
#include "isa/x86/debug.h"

void x86_debug_data(struct x86 *cpu, u64 linear, unsigned size, bool write)
{
    (void)cpu; (void)linear; (void)size; (void)write;
}

void x86_debug_code(struct x86 *cpu, u64 linear)
{
    (void)cpu; (void)linear;
}
