/* isa/x86/fault.c */
/* Exceptions: raising, and what becomes of an exception while another is delivered. */
#include "isa/x86/fault.h"

_Noreturn void x86_fault(struct x86 *cpu, enum vector v)
{
    cpu->fault_vector = (u8)v;
    cpu->fault_has_code = false;
    cpu->fault_code = 0;
    longjmp(cpu->unwind, 1);
}

_Noreturn void x86_fault_code(struct x86 *cpu, enum vector v, u32 code)
{
    cpu->fault_vector = (u8)v;
    cpu->fault_has_code = true;
    cpu->fault_code = code;
    longjmp(cpu->unwind, 1);
}

void x86_deliver(struct x86 *cpu, u8 vector, enum source from, bool has_code, u32 code)
{
    (void)vector; (void)from; (void)has_code; (void)code;
    cpu->activity = SHUTDOWN;
}

void x86_deliver_fault(struct x86 *cpu)
{
    x86_deliver(cpu, cpu->fault_vector, FROM_EXCEPTION, cpu->fault_has_code, cpu->fault_code);
}
