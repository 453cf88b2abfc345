/* Packed floating point, the long way: see packed_float.h. SDM 2; SDM 1 11.5. */
#include "isa/x86/ops/packed_float.h"

u64x2 sse_long(struct x86 *cpu, packed_way *way, u64x2 a, u64x2 b, u32 imm)
{
    struct fp_env e = sse_env(cpu);

    a = way(cpu->mxcsr, a, b, imm, &e);
    sse_finish(cpu, &e);
    return a;
}

struct ymm avx_long(struct x86 *cpu, packed_way *way, const struct ymm *a, const struct ymm *b,
                    u32 imm)
{
    struct fp_env e = sse_env(cpu);
    struct ymm r;

    r.low = way(cpu->mxcsr, a->low, b->low, imm, &e);
    r.high = way(cpu->mxcsr, a->high, b->high, imm, &e);
    sse_finish(cpu, &e);
    return r;
}

/* The value of each lane, from p[i] and q[i]. */
#define LONG_LANES(name, F, value)                                              \
    u64x2 long_##name(u32 mxcsr, u64x2 a, u64x2 b, u32 imm, struct fp_env *e)   \
    {                                                                           \
        F p[16 / sizeof(F)], q[16 / sizeof(F)];                                 \
                                                                                \
        memcpy(p, &a, 16);                                                      \
        memcpy(q, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i++)                                 \
            p[i] = (value);                                                     \
        memcpy(&a, p, 16);                                                      \
        return a;                                                               \
    }
#define LONG_BINARY(name, suffix, F) \
    LONG_LANES(name##suffix, F, F##_either_##name(mxcsr, p[i], q[i], e))
#define LONG_WAYS(suffix, F)                                                    \
    LONG_BINARY(add, suffix, F) LONG_BINARY(sub, suffix, F) LONG_BINARY(mul, suffix, F) \
    LONG_BINARY(div, suffix, F) LONG_BINARY(min, suffix, F) LONG_BINARY(max, suffix, F) \
    LONG_LANES(addsub##suffix, F, i & 1 ? F##_either_add(mxcsr, p[i], q[i], e)  \
               : F##_either_sub(mxcsr, p[i], q[i], e))                          \
    LONG_LANES(sqrt##suffix, F, F##_either_sqrt(mxcsr, q[i], e))                \
    LONG_LANES(round##suffix, F, F##_either_round(mxcsr, q[i], imm, e))         \
    LONG_LANES(cmp##suffix, F, F##_either_cmp(mxcsr, p[i], q[i], imm, e))
LONG_WAYS(ps, f32)
LONG_WAYS(pd, f64)

#define LONG_HORIZONTAL(name, of, first, second)                                \
    u64x2 long_##name(u32 mxcsr, u64x2 a, u64x2 b, u32 imm, struct fp_env *e)   \
    {                                                                           \
        return long_##of(mxcsr, first, second, imm, e);                         \
    }
LONG_HORIZONTAL(haddps, addps, EVENS, ODDS)
LONG_HORIZONTAL(hsubps, subps, EVENS, ODDS)
LONG_HORIZONTAL(haddpd, addpd, v_punpcklqdq(a, b), v_punpckhqdq(a, b))
LONG_HORIZONTAL(hsubpd, subpd, v_punpcklqdq(a, b), v_punpckhqdq(a, b))

/* What one step raises unmasked keeps the next from being taken. */
static bool next_step(struct fp_env *e)
{
    if (fp_unmasked(e))
        return false;
    e->earlier |= e->flags;
    e->flags = 0;
    return true;
}

/*
 * Dot products, of each four elements: the pseudo-code of SDM 2 DPPS says which sum comes first.
 * Each step is taken for all of them before the next.
 */
static void dots(u32 mxcsr, f32 *p, const f32 *q, unsigned count, u32 imm, struct fp_env *e)
{
    for (unsigned i = 0; i < count; i++)
        p[i] = imm >> (4 + i % 4) & 1 ? f32_either_mul(mxcsr, p[i], q[i], e) : 0;
    if (!next_step(e))
        return;
    for (unsigned i = 0; i < count; i += 2)
        p[i] = f32_either_add(mxcsr, p[i], p[i + 1], e);
    if (!next_step(e))
        return;
    for (unsigned i = 0; i < count; i += 4) {
        f32 sum = f32_either_add(mxcsr, p[i], p[i + 2], e);

        for (unsigned k = 0; k < 4; k++)
            p[i + k] = imm >> k & 1 ? sum : 0;
    }
}

u64x2 long_dpps(u32 mxcsr, u64x2 a, u64x2 b, u32 imm, struct fp_env *e)
{
    f32 p[4], q[4];

    memcpy(p, &a, 16);
    memcpy(q, &b, 16);
    dots(mxcsr, p, q, 4, imm, e);
    memcpy(&a, p, 16);
    return a;
}

struct ymm avx_long_dot(struct x86 *cpu, packed_way *way, const struct ymm *a, const struct ymm *b,
                        u32 imm)
{
    struct fp_env e = sse_env(cpu);
    struct ymm r;
    f32 p[8], q[8];

    memcpy(p, a, 32);
    memcpy(q, b, 32);
    dots(cpu->mxcsr, p, q, 8, imm, &e);
    sse_finish(cpu, &e);
    memcpy(&r, p, 32);
    return r;
}

u64x2 long_dppd(u32 mxcsr, u64x2 a, u64x2 b, u32 imm, struct fp_env *e)
{
    f64 sum, p[2];

    for (unsigned i = 0; i < 2; i++)
        p[i] = imm >> (4 + i) & 1 ? f64_either_mul(mxcsr, a[i], b[i], e) : 0;
    if (!next_step(e))
        return a;
    sum = f64_either_add(mxcsr, p[0], p[1], e);
    return (u64x2){ imm & 1 ? sum : 0, imm & 2 ? sum : 0 };
}
