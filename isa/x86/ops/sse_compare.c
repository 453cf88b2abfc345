/* Comparisons of floating point: CMPxx, COMIxx, UCOMIxx. SDM 2. */
#include "isa/x86/mode.h"
#include "isa/x86/ops/sse_float.h"

/* ---- To EFLAGS ---- */

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

/* ---- To masks ---- */

enum { EQUAL, LESS, LESS_OR_EQUAL, UNORDERED, NEGATED = 4 };

static bool holds(enum fp_order order, u32 predicate)
{
    bool r;

    switch (predicate & 3) {
    case EQUAL:         r = order == FP_EQUAL; break;
    case LESS:          r = order == FP_LESS; break;
    case LESS_OR_EQUAL: r = order == FP_LESS || order == FP_EQUAL; break;
    default:            r = order == FP_UNORDERED; break;
    }
    return r != (predicate >> 2 & 1);
}

/* LT and LE, and their negations, signal every NaN; the others signalling ones only. */
static bool signals(u32 predicate)
{
    return (predicate & 3) == LESS || (predicate & 3) == LESS_OR_EQUAL;
}

#define LONG_COMPARE(F)                                                         \
    static F F##_long_mask(F a, F b, u32 predicate, struct fp_env *e)           \
    {                                                                           \
        enum fp_order order = signals(predicate) ? F##_compare_signal(a, b, e)  \
            : F##_compare(a, b, e);                                             \
                                                                                \
        return holds(order, predicate) ? (F)-1 : 0;                             \
    }
LONG_COMPARE(f32)
LONG_COMPARE(f64)

/* The short way: nothing is unordered. Conditions are those of scalars or of lanes. */
#define ORDERED_MASK(all, less, equal, predicate)                               \
    ((((predicate) & 3) == EQUAL ? (equal)                                      \
      : ((predicate) & 3) == LESS ? (less)                                      \
      : ((predicate) & 3) == LESS_OR_EQUAL ? (less) | (equal) : (all) ^ (all))  \
     ^ ((predicate) & NEGATED ? (all) : (all) ^ (all)))

#define COMPARE_SCALAR(name, F, size)                                           \
    VECTOR(name, size)                                                          \
    {                                                                           \
        F a = (F)xmm_low(cpu, op->dst), r;                                      \
        const u32 imm = (u32)op->imm & 7;                                       \
                                                                                \
        if (slow) {                                                             \
            struct fp_env e = sse_env(cpu);                                     \
                                                                                \
            r = F##_long_mask(a, b, imm, &e);                                   \
            sse_finish(cpu, &e);                                                \
        } else {                                                                \
            if (unlikely(!F##_orderly(a, b)))                                   \
                return false;                                                   \
            r = -(F)ORDERED_MASK(1u, (u32)(F##_host(a) < F##_host(b)),          \
                                 (u32)(F##_host(a) == F##_host(b)), imm);       \
        }                                                                       \
        SCALAR_PUT_##F(cpu, op->dst, r);                                        \
        return true;                                                            \
    }
COMPARE_SCALAR(cmpss, f32, d)
COMPARE_SCALAR(cmpsd, f64, q)

#define COMPARE_PACKED(name, F, host)                                           \
    static __attribute__((noinline))                                            \
    u64x2 F##_long_masks(struct x86 *cpu, u64x2 a, u64x2 b, u32 imm)            \
    {                                                                           \
        struct fp_env e = sse_env(cpu);                                         \
        F p[16 / sizeof(F)], q[16 / sizeof(F)];                                 \
                                                                                \
        memcpy(p, &a, 16);                                                      \
        memcpy(q, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i++)                                 \
            p[i] = F##_long_mask(p[i], q[i], imm, &e);                          \
        sse_finish(cpu, &e);                                                    \
        memcpy(&a, p, 16);                                                      \
        return a;                                                               \
    }                                                                           \
    VECTOR(name, x)                                                             \
    {                                                                           \
        u64x2 a = xmm_get(cpu, op->dst), r;                                     \
        const u32 imm = (u32)op->imm & 7;                                       \
                                                                                \
        if (slow) {                                                             \
            r = F##_long_masks(cpu, a, b, imm);                                 \
        } else {                                                                \
            if (F##_any(F##_denormals(a) | F##_denormals(b) | F##_nans(a) | F##_nans(b))) \
                return false;                                                   \
            r = ORDERED_MASK(TWICE(-(u64)1), (u64x2)((host)a < (host)b),        \
                             (u64x2)((host)a == (host)b), imm);                 \
        }                                                                       \
        xmm_put(cpu, op->dst, r);                                               \
        return true;                                                            \
    }
COMPARE_PACKED(cmpps, f32, f32x4)
COMPARE_PACKED(cmppd, f64, f64x2)
