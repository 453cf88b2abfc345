/*
 * XMM and YMM registers as values, and how a function of such values becomes the handlers of an
 * operation of form VEC or VEX.
 *
 * A value travels as u64x2 and is looked at as whatever lanes an instruction has: casts between
 * vector types keep the bits. Lane 0 is the lowest, on every host.
 */
#pragma once
#include "isa/x86/handlers.h"
#include "isa/x86/ops/body.h"

typedef u8  u8x16 __attribute__((vector_size(16)));
typedef s8  s8x16 __attribute__((vector_size(16)));
typedef u16 u16x8 __attribute__((vector_size(16)));
typedef s16 s16x8 __attribute__((vector_size(16)));
typedef u32 u32x4 __attribute__((vector_size(16)));
typedef s32 s32x4 __attribute__((vector_size(16)));
typedef u64 u64x2 __attribute__((vector_size(16)));
typedef s64 s64x2 __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline, unused))

/*
 * Where register n is. Not &cpu->v[n], which a compiler may turn into (n + k) * 32 + cpu where its
 * offset is a multiple of 32: an instruction more than n * 32 + cpu + offset, in every handler.
 */
INLINE u64 *vector_at(const struct x86 *cpu, unsigned n)
{
    return (u64 *)((uintptr_t)cpu + 32 * n + offsetof(struct x86, v));
}

INLINE u64x2 xmm_get(const struct x86 *cpu, unsigned n)
{
    u64x2 v;

    memcpy(&v, vector_at(cpu, n), sizeof v);
    return v;
}

/* The upper half of YMM stays as it is: legacy SSE, SDM 1 14.1.3. */
INLINE void xmm_put(struct x86 *cpu, unsigned n, u64x2 v)
{
    memcpy(vector_at(cpu, n), &v, sizeof v);
}

INLINE u64 xmm_low(const struct x86 *cpu, unsigned n)
{
    return *vector_at(cpu, n);
}

/* A YMM register: most instructions do in each half what they do in an XMM register. */
struct ymm { u64x2 low, high; };

INLINE struct ymm ymm_get(const struct x86 *cpu, unsigned n)
{
    struct ymm v;

    memcpy(&v.low, vector_at(cpu, n), 16);
    memcpy(&v.high, vector_at(cpu, n) + 2, 16);
    return v;
}

INLINE void ymm_put(struct x86 *cpu, unsigned n, struct ymm v)
{
    memcpy(vector_at(cpu, n), &v.low, 16);
    memcpy(vector_at(cpu, n) + 2, &v.high, 16);
}

/* The upper half of YMM becomes 0: with VEX, SDM 1 14.1.3. */
INLINE void vex_put(struct x86 *cpu, unsigned n, u64x2 v)
{
    ymm_put(cpu, n, (struct ymm){ v, { 0, 0 } });
}

/* Stored as eight bytes, so that whoever loads eight next does not wait for two stores. */
INLINE void xmm_put_low32(struct x86 *cpu, unsigned n, u32 v)
{
    *vector_at(cpu, n) = *vector_at(cpu, n) >> 32 << 32 | v;
}

/* ---- Memory ---- */

/* SDM 2 2.4.2: a misaligned operand is #GP(0), after what the segment has to say. */
INLINE void vector_check(struct x86 *cpu, const struct op *op, unsigned size, enum access kind)
{
    u64 linear = x86_segment_linear(cpu, op_segment(op), op_offset(cpu, op), size, kind);

    x86_protect(cpu, !(linear & (size - 1)));
}

static inline __attribute__((unused))
void vector_load(struct x86 *cpu, const struct op *op, void *v, unsigned size, bool aligned)
{
    if (aligned)
        vector_check(cpu, op, size, ACCESS_READ);
    x86_read_bytes(cpu, op_segment(op), op_offset(cpu, op), v, size);
}

/* 16 aligned bytes of memory, for plain bodies. */
INLINE u64x2 operand_load(struct x86 *cpu, const struct op *op)
{
    u64x2 v;

    vector_load(cpu, op, &v, sizeof v, true);
    return v;
}

static inline __attribute__((unused))
void vector_store(struct x86 *cpu, const struct op *op, const void *v, unsigned size, bool aligned)
{
    if (aligned)
        vector_check(cpu, op, size, ACCESS_WRITE);
    x86_write_bytes(cpu, op_segment(op), op_offset(cpu, op), v, size);
}

#define LOAD_VECTOR(v, ea, aligned)                                             \
    do {                                                                        \
        if (slow) {                                                             \
            vector_load(cpu, op, &v, sizeof v, aligned);                        \
        } else {                                                                \
            u64 linear_;                                                        \
            u8 *host_;                                                          \
            if (!ea_##ea(cpu, op, sizeof v, TLB_READ, &linear_)                 \
                || ((aligned) && unlikely(linear_ & (sizeof v - 1)))            \
                || !tlb_find(tlb, TLB_READ, linear_, sizeof v, &host_))         \
                return false;                                                   \
            memcpy(&v, host_, sizeof v);                                        \
        }                                                                       \
    } while (0)

#define STORE_VECTOR(v, ea, aligned)                                            \
    do {                                                                        \
        if (slow) {                                                             \
            vector_store(cpu, op, &v, sizeof v, aligned);                       \
        } else {                                                                \
            u64 linear_;                                                        \
            u8 *host_;                                                          \
            if (!ea_##ea(cpu, op, sizeof v, TLB_WRITE, &linear_)                \
                || ((aligned) && unlikely(linear_ & (sizeof v - 1)))            \
                || !tlb_find(tlb, TLB_WRITE, linear_, sizeof v, &host_))        \
                return false;                                                   \
            memcpy(host_, &v, sizeof v);                                        \
        }                                                                       \
    } while (0)

/* ---- Operands: x 16 bytes aligned, u unaligned, q d w b fewer; z 32 aligned, y unaligned ---- */

#define V_TYPE_x u64x2
#define V_TYPE_u u64x2
#define V_TYPE_z struct ymm
#define V_TYPE_y struct ymm
#define V_TYPE_q u64
#define V_TYPE_d u32
#define V_TYPE_w u16
#define V_TYPE_b u8
#define V_REG_x(cpu, n) xmm_get(cpu, n)
#define V_REG_u(cpu, n) xmm_get(cpu, n)
#define V_REG_z(cpu, n) ymm_get(cpu, n)
#define V_REG_y(cpu, n) ymm_get(cpu, n)
#define V_REG_q(cpu, n) xmm_low(cpu, n)
#define V_REG_d(cpu, n) (u32)xmm_low(cpu, n)
#define V_REG_w(cpu, n) (u16)xmm_low(cpu, n)
#define V_REG_b(cpu, n) (u8)xmm_low(cpu, n)
#define V_LOAD_x(v, ea) LOAD_VECTOR(v, ea, true)
#define V_LOAD_u(v, ea) LOAD_VECTOR(v, ea, false)
#define V_LOAD_z(v, ea) LOAD_VECTOR(v, ea, true)
#define V_LOAD_y(v, ea) LOAD_VECTOR(v, ea, false)
#define V_LOAD_q(v, ea) LOAD(v, ea)
#define V_LOAD_d(v, ea) LOAD(v, ea)
#define V_LOAD_w(v, ea) LOAD(v, ea)
#define V_LOAD_b(v, ea) LOAD(v, ea)
#define V_STORE_x(v, ea) STORE_VECTOR(v, ea, true)
#define V_STORE_u(v, ea) STORE_VECTOR(v, ea, false)
#define V_STORE_z(v, ea) STORE_VECTOR(v, ea, true)
#define V_STORE_y(v, ea) STORE_VECTOR(v, ea, false)
#define V_STORE_q(v, ea) STORE(v, ea)
#define V_STORE_d(v, ea) STORE(v, ea)
#define V_STORE_w(v, ea) STORE(v, ea)
#define V_STORE_b(v, ea) STORE(v, ea)

/* ---- Handlers ---- */

#define V_MEMORY_(ea, name) MEMORY_HANDLER(name##_rm_##ea, name##_rm_gen)
#define V_HANDLERS_(name)                                                       \
    SLOW_HANDLER(name##_rr) MEMORY_HANDLER(name##_rr, name##_rr)                \
    SLOW_HANDLER(name##_rm_gen) EACH_EA(V_MEMORY_, name)

#define V_BODY_RM_(ea, name, size)                                              \
    BODY(name##_rm_##ea)                                                        \
    {                                                                           \
        V_TYPE_##size b_;                                                       \
        V_LOAD_##size(b_, ea);                                                  \
        return f_##name(cpu, op, b_, slow);                                     \
    }

#define V_FUNCTION_(name, size) \
    INLINE bool f_##name(struct x86 *cpu, const struct op *op, V_TYPE_##size b, const bool slow)

/*
 * VECTOR(name, size) { ... }: b is the second operand, of the size named; the body changes
 * registers and gives true, or false where `slow` must be true first. VECTOR_FROM says what b is,
 * for those whose source register is not an XMM register.
 */
#define VECTOR_FROM(name, size, reg)                                            \
    V_FUNCTION_(name, size);                                                    \
    BODY(name##_rr) { return f_##name(cpu, op, reg, slow); }                    \
    EACH_EA(V_BODY_RM_, name, size)                                             \
    V_HANDLERS_(name)                                                           \
    V_FUNCTION_(name, size)
#define VECTOR(name, size) VECTOR_FROM(name, size, V_REG_##size(cpu, op->src))

/* Whose result depends on nothing but the operands a and b, and the immediate. */
#define VALUE(name, size, value)                                                \
    INLINE u64x2 p_##name(struct x86 *cpu, u64x2 a, V_TYPE_##size b, const u32 imm) \
    {                                                                           \
        return (u64x2)(value);                                                  \
    }
#define PURE(name, size, value)                                                 \
    VALUE(name, size, value)                                                    \
    VECTOR(name, size)                                                          \
    {                                                                           \
        xmm_put(cpu, op->dst, p_##name(cpu, xmm_get(cpu, op->dst), b, (u32)op->imm)); \
        return true;                                                            \
    }

/* VECTOR_STORE(name, size, value) { to a register: ... } */
#define V_BODY_MR_(ea, name, size, from, value)                                 \
    BODY(name##_rm_##ea)                                                        \
    {                                                                           \
        const V_TYPE_##from a = V_REG_##from(cpu, op->src);                     \
        V_TYPE_##size v_ = (value);                                             \
                                                                                \
        (void)a;                                                                \
        V_STORE_##size(v_, ea);                                                 \
        return true;                                                            \
    }
#define VECTOR_STORE_FROM(name, size, from, value)                              \
    INLINE void r_##name(struct x86 *cpu, const struct op *op, V_TYPE_##from a); \
    BODY(name##_rr) { r_##name(cpu, op, V_REG_##from(cpu, op->src)); return true; } \
    EACH_EA(V_BODY_MR_, name, size, from, value)                                \
    V_HANDLERS_(name)                                                           \
    INLINE void r_##name(struct x86 *cpu, const struct op *op, V_TYPE_##from a)
#define VECTOR_STORE(name, size, value) VECTOR_STORE_FROM(name, size, x, value)

/* ---- With VEX: see decode.c for where the registers are ---- */

/*
 * VEX_X(name, size) { ... }: as VECTOR, the form for XMM registers of an operation of kind VEX;
 * VEX_Y that for YMM registers. VEX_1: of one that has but one length. a is register op->src, b
 * the last operand, of the size named; the result goes to op->dst by vex_put() or ymm_put().
 */
#define VEX_X(name, size) VECTOR_FROM(name##_x, size, V_REG_##size(cpu, op->base))
#define VEX_Y(name, size) VECTOR_FROM(name##_y, size, V_REG_##size(cpu, op->base))
#define VEX_1(name, size) VECTOR_FROM(name, size, V_REG_##size(cpu, op->base))

/* VALUE `from`, of 16 bytes: once for XMM ... */
#define VEX_XMM_(from)                                                          \
    {                                                                           \
        vex_put(cpu, op->dst, p_##from(cpu, xmm_get(cpu, op->src), b, (u32)op->imm)); \
        return true;                                                            \
    }
/* ... and in both halves for YMM, the upper one with what the immediate has `above` that bit. */
#define VEX_HALVES_(from, above)                                                \
    {                                                                           \
        struct ymm a = ymm_get(cpu, op->src);                                   \
                                                                                \
        a.low = p_##from(cpu, a.low, b.low, (u32)op->imm);                      \
        a.high = p_##from(cpu, a.high, b.high, (u32)op->imm >> (above));        \
        ymm_put(cpu, op->dst, a);                                               \
        return true;                                                            \
    }
#define VEX_VALUE_ABOVE(name, from, above)                                      \
    VEX_X(name, u) VEX_XMM_(from)                                               \
    VEX_Y(name, y) VEX_HALVES_(from, above)
#define VEX_VALUE(name, from)   VEX_VALUE_ABOVE(name, from, 0)

/* An operation and its form with VEX, v##name, of one value; the latter for XMM only. */
#define PURE_VEX_ABOVE(name, above, value) \
    PURE(name, x, value) VEX_VALUE_ABOVE(v##name, name, above)
#define PURE_VEX(name, value)   PURE(name, x, value) VEX_VALUE(v##name, name)
#define PURE_VEX_1(name, value) PURE(name, x, value) VEX_1(v##name, u) VEX_XMM_(name)
