/* MUL, IMUL, DIV, IDIV: SDM 2. */
#include "isa/x86/ops/muldiv.h"

#include "isa/x86/handlers.h"

NO_BYTE_RM(imul2) UNUSED_HANDLER(imul2_b_r_nf)
NO_BYTE_RM(imul3) UNUSED_HANDLER(imul3_b_r_nf)
#define MUL2(name, w) RM_HANDLERS(name, w) FAST_HANDLER(name##_##w##_r_nf)
WIDTHS_WDQ(MUL2, imul2)
WIDTHS_WDQ(MUL2, imul3)

/* ---- The accumulator times the operand, into twice the width ---- */

#define FLAGS_PRODUCT(w, low, lost) \
    FLAGS_AS(&cpu->lazy, (u64)(T_##w)(low) << TOP_##w, 0, 0,                    \
             TOP_##w | (u32)CARRY_OVERFLOW(lost) << KIND_FIX)

static inline void product_mul_b(struct x86 *cpu, u8 b)
{
    u16 r = (u16)(GET_b(cpu, GPR_OFFSET(RAX)) * b);

    PUT_w(cpu, GPR_OFFSET(RAX), r);
    FLAGS_PRODUCT(b, r, r >> 8);
}

static inline void product_imul_b(struct x86 *cpu, u8 b)
{
    s16 r = (s16)((s8)GET_b(cpu, GPR_OFFSET(RAX)) * (s8)b);

    PUT_w(cpu, GPR_OFFSET(RAX), (u16)r);
    FLAGS_PRODUCT(b, r, r != (s8)r);
}

#define PRODUCT(w, wide, swide)                                                 \
    static inline void product_mul_##w(struct x86 *cpu, T_##w b)                \
    {                                                                           \
        wide r = (wide)GET_##w(cpu, GPR_OFFSET(RAX)) * b;                       \
                                                                                \
        PUT_##w(cpu, GPR_OFFSET(RAX), (T_##w)r);                                \
        PUT_##w(cpu, GPR_OFFSET(RDX), (T_##w)(r >> BITS_##w));                  \
        FLAGS_PRODUCT(w, r, r >> BITS_##w);                                     \
    }                                                                           \
    static inline void product_imul_##w(struct x86 *cpu, T_##w b)               \
    {                                                                           \
        swide r = (swide)(S_##w)GET_##w(cpu, GPR_OFFSET(RAX)) * (S_##w)b;       \
                                                                                \
        PUT_##w(cpu, GPR_OFFSET(RAX), (T_##w)r);                                \
        PUT_##w(cpu, GPR_OFFSET(RDX), (T_##w)((wide)r >> BITS_##w));            \
        FLAGS_PRODUCT(w, r, r != (S_##w)r);                                     \
    }
PRODUCT(w, u32, s32)
PRODUCT(d, u64, s64)
PRODUCT(q, unsigned __int128, __int128)

#define PRODUCT_FORM(name, w)                                                   \
    BODY(name##_##w##_r) { product_##name##_##w(cpu, GET_##w(cpu, op->dst)); return true; } \
    BODY(name##_##w##_m)                                                        \
    {                                                                           \
        T_##w b_;                                                               \
                                                                                \
        LOAD(b_, gen);                                                          \
        product_##name##_##w(cpu, b_);                                          \
        return true;                                                            \
    }                                                                           \
    RM_HANDLERS(name, w)
WIDTHS_BWDQ(PRODUCT_FORM, mul)
WIDTHS_BWDQ(PRODUCT_FORM, imul)

/* ---- Division: false is #DE, with nothing changed. The flags, all undefined, stay. ---- */

static inline bool quotient_div_b(struct x86 *cpu, u8 b)
{
    u32 a = GET_w(cpu, GPR_OFFSET(RAX));

    if (unlikely(a >> 8 >= b))
        return false;
    PUT_w(cpu, GPR_OFFSET(RAX), a % b << 8 | a / b);
    return true;
}

static inline bool quotient_idiv_b(struct x86 *cpu, u8 v)
{
    s32 a = (s16)GET_w(cpu, GPR_OFFSET(RAX)), b = (s8)v;

    if (unlikely(b == 0 || a / b != (s8)(a / b)))
        return false;
    PUT_w(cpu, GPR_OFFSET(RAX), (a % b & 0xff) << 8 | (a / b & 0xff));
    return true;
}

#define QUOTIENT(w, wide, swide)                                                \
    static inline bool quotient_div_##w(struct x86 *cpu, T_##w b)               \
    {                                                                           \
        T_##w high = GET_##w(cpu, GPR_OFFSET(RDX));                             \
        wide a = (wide)high << BITS_##w | GET_##w(cpu, GPR_OFFSET(RAX));        \
                                                                                \
        if (unlikely(high >= b))                                                \
            return false;                                                       \
        PUT_##w(cpu, GPR_OFFSET(RAX), (T_##w)(a / b));                          \
        PUT_##w(cpu, GPR_OFFSET(RDX), (T_##w)(a % b));                          \
        return true;                                                            \
    }                                                                           \
    static inline bool quotient_idiv_##w(struct x86 *cpu, T_##w v)              \
    {                                                                           \
        S_##w b = (S_##w)v;                                                     \
        swide a = (swide)((wide)GET_##w(cpu, GPR_OFFSET(RDX)) << BITS_##w       \
                          | GET_##w(cpu, GPR_OFFSET(RAX)));                     \
                                                                                \
        if (unlikely(b == 0 || (b == -1 && a == (swide)((wide)1 << (2 * BITS_##w - 1))) \
                     || a / b != (S_##w)(a / b)))                               \
            return false;                                                       \
        PUT_##w(cpu, GPR_OFFSET(RAX), (T_##w)(a / b));                          \
        PUT_##w(cpu, GPR_OFFSET(RDX), (T_##w)(a % b));                          \
        return true;                                                            \
    }
QUOTIENT(w, u32, s32)
QUOTIENT(d, u64, s64)

/* 128 bits are divided by 64 only where it must be. */
static inline bool quotient_div_q(struct x86 *cpu, u64 b)
{
    u64 high = cpu->gpr[RDX], low = cpu->gpr[RAX];

    if (unlikely(high >= b))
        return false;
    if (likely(high == 0)) {
        cpu->gpr[RAX] = low / b;
        cpu->gpr[RDX] = low % b;
    } else {
        unsigned __int128 a = (unsigned __int128)high << 64 | low;

        cpu->gpr[RAX] = (u64)(a / b);
        cpu->gpr[RDX] = (u64)(a % b);
    }
    return true;
}

static bool quotient_idiv_wide(struct x86 *cpu, s64 b)
{
    __int128 a = (__int128)((unsigned __int128)cpu->gpr[RDX] << 64 | cpu->gpr[RAX]), q;

    if (b == 0 || (b == -1 && a == (__int128)((unsigned __int128)1 << 127)))
        return false;
    q = a / b;
    if (q != (s64)q)
        return false;
    cpu->gpr[RAX] = (u64)q;
    cpu->gpr[RDX] = (u64)(a % b);
    return true;
}

static inline bool quotient_idiv_q(struct x86 *cpu, u64 v)
{
    s64 low = (s64)cpu->gpr[RAX], b = (s64)v;

    if (unlikely((s64)cpu->gpr[RDX] != low >> 63 || b == 0 || b == -1))
        return quotient_idiv_wide(cpu, b);
    cpu->gpr[RAX] = (u64)(low / b);
    cpu->gpr[RDX] = (u64)(low % b);
    return true;
}

#define DIVIDE(call)                                                            \
    do {                                                                        \
        if (unlikely(!(call))) {                                                \
            if (slow)                                                           \
                x86_fault(cpu, V_DE);                                           \
            return false;                                                       \
        }                                                                       \
    } while (0)

#define QUOTIENT_FORM(name, w)                                                  \
    BODY(name##_##w##_r)                                                        \
    {                                                                           \
        DIVIDE(quotient_##name##_##w(cpu, GET_##w(cpu, op->dst)));              \
        return true;                                                            \
    }                                                                           \
    BODY(name##_##w##_m)                                                        \
    {                                                                           \
        T_##w b_;                                                               \
                                                                                \
        LOAD(b_, gen);                                                          \
        DIVIDE(quotient_##name##_##w(cpu, b_));                                 \
        return true;                                                            \
    }                                                                           \
    HANDLER_WITH_TWIN(name##_##w##_r) HANDLER_WITH_TWIN(name##_##w##_m)
WIDTHS_BWDQ(QUOTIENT_FORM, div)
WIDTHS_BWDQ(QUOTIENT_FORM, idiv)
