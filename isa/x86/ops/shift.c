/* The handlers of shift.h; SHLD and SHRD. */
#include "isa/x86/ops/shift.h"

#include "isa/x86/handlers.h"

#define SHIFT_W(name, w)                                                        \
    FAST_HANDLER(name##_##w##_ri) FAST_HANDLER(name##_##w##_ri_nf)              \
    FAST_HANDLER(name##_##w##_rc)                                               \
    HANDLER_WITH_TWIN(name##_##w##_mi) HANDLER_WITH_TWIN(name##_##w##_mc)
#define SHIFT(name) WIDTHS_BWDQ(SHIFT_W, name)
EACH_SHIFT(SHIFT)

/*
 * SDM 2 SHLD, SHRD. With 16 bits and a count beyond 16 the result is undefined there; processors
 * go on with the destination's own bits.
 */
#define DOUBLE_SHIFT(w)                                                         \
    static inline T_##w shift_shld_##w(struct lazy_flags *lazy, T_##w a, T_##w b, unsigned c) \
    {                                                                           \
        T_##w r = (T_##w)((u64)a << c | (u64)b >> (BITS_##w - c));              \
        u32 cf = (u32)(a >> (BITS_##w - c)) & 1;                                \
                                                                                \
        SHIFT_FLAGS(w, r, cf | (MSB(w, r) ^ MSB(w, a)) << 11);                  \
        return r;                                                               \
    }                                                                           \
    static inline T_##w shift_shrd_##w(struct lazy_flags *lazy, T_##w a, T_##w b, unsigned c) \
    {                                                                           \
        T_##w r = (T_##w)((u64)a >> c | (u64)b << (BITS_##w - c));              \
                                                                                \
        SHIFT_FLAGS(w, r, ((u32)(a >> (c - 1)) & 1) | (MSB(w, r) ^ MSB(w, a)) << 11); \
        return r;                                                               \
    }
DOUBLE_SHIFT(d)
DOUBLE_SHIFT(q)

static inline u16 shift_shld_w(struct lazy_flags *lazy, u16 a, u16 b, unsigned c)
{
    u64 t = (u64)a << 32 | (u64)b << 16 | a;
    u16 r = (u16)(t << c >> 32);

    SHIFT_FLAGS(w, r, ((u32)(t << c >> 48) & 1) | (MSB(w, r) ^ MSB(w, a)) << 11);
    return r;
}

static inline u16 shift_shrd_w(struct lazy_flags *lazy, u16 a, u16 b, unsigned c)
{
    u64 t = (u64)a << 32 | (u64)b << 16 | a;
    u16 r = (u16)(t >> c);

    SHIFT_FLAGS(w, r, ((u32)(t >> (c - 1)) & 1) | (MSB(w, r) ^ MSB(w, a)) << 11);
    return r;
}

#define DOUBLE_(name, form, count, w)                                           \
    BODY(name##form##_##w##_r)                                                  \
    {                                                                           \
        unsigned c_ = (count) & SHIFT_MASK(w);                                  \
        T_##w a_ = GET_##w(cpu, op->dst), b_ = GET_##w(cpu, op->src);           \
                                                                                \
        PUT_##w(cpu, op->dst, likely(c_) ? shift_##name##_##w(lazy, a_, b_, c_) : a_); \
        return true;                                                            \
    }                                                                           \
    BODY(name##form##_##w##_m)                                                  \
    {                                                                           \
        unsigned c_ = (count) & SHIFT_MASK(w);                                  \
        T_##w b_ = GET_##w(cpu, op->src);                                       \
                                                                                \
        MODIFY(T_##w, a_, gen, likely(c_) ? shift_##name##_##w(lazy, a_, b_, c_) : a_); \
        return true;                                                            \
    }                                                                           \
    RM_HANDLERS(name##form, w)
#define DOUBLE(name)                                                            \
    NO_BYTE_RM(name) WIDTHS_WDQ(DOUBLE_, name, , (unsigned)op->imm)             \
    NO_BYTE_RM(name##_cl) WIDTHS_WDQ(DOUBLE_, name, _cl, GET_b(cpu, GPR_OFFSET(RCX)))
DOUBLE(shld)
DOUBLE(shrd)
