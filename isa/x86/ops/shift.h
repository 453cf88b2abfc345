/*
 * Shifts and rotates: SDM 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR. The functions take a masked count
 * that is not 0; with a count of 0 nothing changes, not even a flag.
 *
 * OF is defined for a count of 1. For others it is what the same formula gives, as processors have
 * it; AF after shifts is clear.
 */
#pragma once
#include "isa/x86/ops/body.h"
#include "isa/x86/ops/forms.h"

#define SHIFT_FUNCTION(name, w) \
    static inline __attribute__((always_inline, unused)) \
    T_##w shift_##name##_##w(struct lazy_flags *lazy, T_##w a, unsigned c)

#define SHIFT_FLAGS(w, r, fix) \
    FLAGS_AS(lazy, (u64)(r) << TOP_##w, 0, 0, TOP_##w | (u32)(fix) << KIND_FIX)

/* The topmost bit, and the one below. */
#define MSB(w, v)   ((u32)((v) >> (BITS_##w - 1)) & 1)
#define NEXT_MSB(w, v) ((u32)((v) >> (BITS_##w - 2)) & 1)
/* The last bit that a shift by c pushes out at the top. */
#define OUT_LEFT(w, a, c) \
    ((u32)(BITS_##w == 64 ? (u64)(a) >> (64 - (c)) : (u64)(a) << (c) >> (BITS_##w & 63)) & 1)

#define SHIFT_FUNCTIONS(w)                                                      \
    SHIFT_FUNCTION(shl, w)                                                      \
    {                                                                           \
        T_##w r = (T_##w)((u64)a << c);                                         \
        u32 cf = OUT_LEFT(w, a, c);                                             \
                                                                                \
        SHIFT_FLAGS(w, r, cf | (cf ^ MSB(w, r)) << 11);                         \
        return r;                                                               \
    }                                                                           \
    SHIFT_FUNCTION(shr, w)                                                      \
    {                                                                           \
        T_##w r = (T_##w)((u64)a >> c);                                         \
                                                                                \
        SHIFT_FLAGS(w, r, ((u32)((u64)a >> (c - 1)) & 1) | NEXT_MSB(w, r) << 11); \
        return r;                                                               \
    }                                                                           \
    SHIFT_FUNCTION(sar, w)                                                      \
    {                                                                           \
        s64 v = (S_##w)a;                                                       \
        T_##w r = (T_##w)(v >> c);                                              \
                                                                                \
        SHIFT_FLAGS(w, r, (u32)(v >> (c - 1)) & 1);                             \
        return r;                                                               \
    }                                                                           \
    SHIFT_FUNCTION(rol, w)                                                      \
    {                                                                           \
        unsigned n = c & (BITS_##w - 1);                                        \
        T_##w r = (T_##w)((u64)a << n | (u64)a >> (-n & (BITS_##w - 1)));       \
                                                                                \
        flags_set_carry_overflow(lazy, r & 1, (r & 1) ^ MSB(w, r));              \
        return r;                                                               \
    }                                                                           \
    SHIFT_FUNCTION(ror, w)                                                      \
    {                                                                           \
        unsigned n = c & (BITS_##w - 1);                                        \
        T_##w r = (T_##w)((u64)a >> n | (u64)a << (-n & (BITS_##w - 1)));       \
                                                                                \
        flags_set_carry_overflow(lazy, MSB(w, r), MSB(w, r) ^ NEXT_MSB(w, r));   \
        return r;                                                               \
    }                                                                           \
    /* CF is a bit of what turns: 9 or 17 steps are none. */                    \
    SHIFT_FUNCTION(rcl, w)                                                      \
    {                                                                           \
        unsigned n = BITS_##w < 32 ? c % (BITS_##w + 1) : c;                    \
        u64 cf = lazy_carry(lazy);                                        \
        T_##w r = a;                                                            \
                                                                                \
        if (n) {                                                                \
            r = (T_##w)((u64)a << n | cf << (n - 1) | (u64)a >> 1 >> (BITS_##w - n)); \
            cf = (u64)a >> (BITS_##w - n) & 1;                                  \
        }                                                                       \
        flags_set_carry_overflow(lazy, (u32)cf, (u32)cf ^ MSB(w, r));            \
        return r;                                                               \
    }                                                                           \
    SHIFT_FUNCTION(rcr, w)                                                      \
    {                                                                           \
        unsigned n = BITS_##w < 32 ? c % (BITS_##w + 1) : c;                    \
        u64 cf = lazy_carry(lazy);                                        \
        T_##w r = a;                                                            \
                                                                                \
        if (n) {                                                                \
            r = (T_##w)((u64)a >> n | cf << (BITS_##w - n) | (u64)a << 1 << (BITS_##w - n)); \
            cf = (u64)a >> (n - 1) & 1;                                         \
        }                                                                       \
        flags_set_carry_overflow(lazy, (u32)cf, MSB(w, r) ^ NEXT_MSB(w, r));     \
        return r;                                                               \
    }
SHIFT_FUNCTIONS(b)
SHIFT_FUNCTIONS(w)
SHIFT_FUNCTIONS(d)
SHIFT_FUNCTIONS(q)

#define SHIFT_MASK(w) (BITS_##w == 64 ? 0x3f : 0x1f)

#define SHIFT_BODIES_(name, w, form, count)                                     \
    BODY(name##_##w##_r##form)                                                  \
    {                                                                           \
        unsigned c_ = (count) & SHIFT_MASK(w);                                  \
        T_##w a_ = GET_##w(cpu, op->dst);                                       \
                                                                                \
        PUT_##w(cpu, op->dst, likely(c_) ? shift_##name##_##w(lazy, a_, c_) : a_); \
        return true;                                                            \
    }                                                                           \
    BODY(name##_##w##_m##form)                                                  \
    {                                                                           \
        unsigned c_ = (count) & SHIFT_MASK(w);                                  \
                                                                                \
        MODIFY(T_##w, a_, gen, likely(c_) ? shift_##name##_##w(lazy, a_, c_) : a_); \
        return true;                                                            \
    }

/* Where nobody will look at the flags, and the count is not 0. What turns through CF does look. */
#define QUIET_shl(w, a, c)  (T_##w)((u64)(a) << (c))
#define QUIET_shr(w, a, c)  (T_##w)((u64)(a) >> (c))
#define QUIET_sar(w, a, c)  (T_##w)((s64)(S_##w)(a) >> (c))
#define QUIET_rol(w, a, c) \
    (T_##w)((u64)(a) << ((c) & (BITS_##w - 1)) | (u64)(a) >> (-(c) & (BITS_##w - 1)))
#define QUIET_ror(w, a, c) \
    (T_##w)((u64)(a) >> ((c) & (BITS_##w - 1)) | (u64)(a) << (-(c) & (BITS_##w - 1)))
#define QUIET_rcl(w, a, c)  shift_rcl_##w(lazy, a, c)
#define QUIET_rcr(w, a, c)  shift_rcr_##w(lazy, a, c)

#define SHIFT_BODIES(name, w)                                                   \
    BODY(name##_##w##_ri_nf)                                                    \
    {                                                                           \
        unsigned c_ = (unsigned)op->imm & SHIFT_MASK(w);                        \
        T_##w a_ = GET_##w(cpu, op->dst);                                       \
                                                                                \
        PUT_##w(cpu, op->dst, QUIET_##name(w, a_, c_));                         \
        return true;                                                            \
    }                                                                           \
    SHIFT_BODIES_(name, w, i, (unsigned)op->imm)                                \
    SHIFT_BODIES_(name, w, c, GET_b(cpu, GPR_OFFSET(RCX)))

#define EACH_SHIFT(X) X(shl) X(shr) X(sar) X(rol) X(ror) X(rcl) X(rcr)
#define SHIFT_BODIES_ALL(name) WIDTHS_BWDQ(SHIFT_BODIES, name)
EACH_SHIFT(SHIFT_BODIES_ALL)
