/* Comparisons of floating point to EFLAGS: COMIxx, UCOMIxx. SDM 2. */
#include "isa/x86/mode.h"
#include "isa/x86/ops/sse_float.h"

static u32 flags_of(enum fp_order order)
{
    switch (order) {
    case FP_LESS:    return CF;
    case FP_EQUAL:   return ZF;
    case FP_GREATER: return 0;
    default:         return ZF | PF | CF;
    }
}

#define TO_FLAGS(name, F, size, way)                                            \
    VECTOR(name, size)                                                          \
    {                                                                           \
        F a = (F)xmm_low(cpu, op->dst);                                         \
                                                                                \
        if (slow) {                                                             \
            struct fp_env e = sse_env(cpu);                                     \
            enum fp_order order = F##_##way(a, b, &e);                          \
                                                                                \
            sse_finish(cpu, &e);                                                \
            x86_set_arithmetic(cpu, flags_of(order));                           \
            return true;                                                        \
        }                                                                       \
        if (unlikely(!F##_orderly(a, b)))                                       \
            return false;                                                       \
        x86_set_arithmetic(cpu, (F##_host(a) < F##_host(b) ? CF : 0)            \
                           | (F##_host(a) == F##_host(b) ? ZF : 0));            \
        return true;                                                            \
    }
TO_FLAGS(ucomiss, f32, d, compare)
TO_FLAGS(ucomisd, f64, q, compare)
TO_FLAGS(comiss, f32, d, compare_signal)
TO_FLAGS(comisd, f64, q, compare_signal)
