/* Shuffles, blends, inserted and extracted lanes, PTEST, PHMINPOSUW, MPSADBW. SDM 2. */
#include "isa/x86/mode.h"
#include "isa/x86/ops/lanes.h"

PURE_VEX(shufps, v_shuffle_dwords(a, b, imm))
PURE_VEX_ABOVE(shufpd, 2, ((u64x2){ imm & 1 ? a[1] : a[0], imm & 2 ? b[1] : b[0] }))
PURE_VEX(pshufd, v_shuffle_dwords(b, b, imm))
PURE_VEX(pshuflw, ((u64x2){ shuffle_words(b[0], imm), b[1] }))
PURE_VEX(pshufhw, ((u64x2){ b[0], shuffle_words(b[1], imm) }))
PURE_VEX(pshufb, v_pshufb(a, b, 15))
PURE_VEX(palignr, v_palignr(a, b, imm))

/* ---- Blends: of each lane whose bit is set, b's ---- */

/* Eight bits to eight words of ones. */
INLINE u64x2 word_mask(u32 bits)
{
    const u16x8 bit = { 1, 2, 4, 8, 16, 32, 64, 128 };
    u16x8 all = { (u16)bits, (u16)bits, (u16)bits, (u16)bits,
                  (u16)bits, (u16)bits, (u16)bits, (u16)bits };

    return (u64x2)((all & bit) == bit);
}

INLINE u64x2 dword_mask(u32 bits)
{
    const u32x4 bit = { 1, 2, 4, 8 };
    u32x4 all = { bits, bits, bits, bits };

    return (u64x2)((all & bit) == bit);
}

INLINE u64x2 qword_mask(u32 bits)
{
    return (u64x2){ -(u64)(bits & 1), -(u64)(bits >> 1 & 1) };
}

PURE_VEX(pblendw, SELECT(word_mask(imm), b, a))
PURE_VEX_ABOVE(blendps, 4, SELECT(dword_mask(imm), b, a))
PURE_VEX_ABOVE(blendpd, 2, SELECT(qword_mask(imm), b, a))

/* By the sign of the lanes of XMM0; with VEX, of the register that the immediate names. */
#define BLEND_SIGNS(name, T)                                                    \
    INLINE u64x2 v_##name(u64x2 a, u64x2 b, u64x2 by)                           \
    {                                                                           \
        return SELECT((u64x2)((T)by < 0), b, a);                                \
    }                                                                           \
    PURE(name, x, v_##name(a, b, xmm_get(cpu, 0)))                              \
    VEX_X(v##name, u)                                                           \
    {                                                                           \
        u64x2 by = xmm_get(cpu, op->imm >> 4 & 15);                             \
                                                                                \
        vex_put(cpu, op->dst, v_##name(xmm_get(cpu, op->src), b, by));          \
        return true;                                                            \
    }                                                                           \
    VEX_Y(v##name, y)                                                           \
    {                                                                           \
        struct ymm a = ymm_get(cpu, op->src), by = ymm_get(cpu, op->imm >> 4 & 15); \
                                                                                \
        a.low = v_##name(a.low, b.low, by.low);                                 \
        a.high = v_##name(a.high, b.high, by.high);                             \
        ymm_put(cpu, op->dst, a);                                               \
        return true;                                                            \
    }
BLEND_SIGNS(pblendvb, s8x16)
BLEND_SIGNS(blendvps, s32x4)
BLEND_SIGNS(blendvpd, s64x2)

/* ---- One lane in, one lane out ---- */

#define LANE_AT(cpu, T, n, i) (((T *)(void *)cpu->v[n].q)[i])

#define INSERT(name, size, T)                                                   \
    VECTOR_FROM(name, size, (T)GET_q(cpu, op->src))                             \
    {                                                                           \
        LANE_AT(cpu, T, op->dst, op->imm & (16 / sizeof(T) - 1)) = b;           \
        return true;                                                            \
    }                                                                           \
    VECTOR_FROM(v##name, size, (T)GET_q(cpu, op->base))                         \
    {                                                                           \
        vex_put(cpu, op->dst, xmm_get(cpu, op->src));                           \
        LANE_AT(cpu, T, op->dst, op->imm & (16 / sizeof(T) - 1)) = b;           \
        return true;                                                            \
    }
INSERT(pinsrb, b, u8)
INSERT(pinsrw, w, u16)
INSERT(pinsrd, d, u32)
INSERT(pinsrq, q, u64)

#define EXTRACT(name, size, T)                                                  \
    VECTOR_STORE(name, size, LANE_AT(cpu, T, op->src, op->imm & (16 / sizeof(T) - 1))) \
    {                                                                           \
        PUT_q(cpu, op->dst, LANE_AT(cpu, T, op->src, op->imm & (16 / sizeof(T) - 1))); \
        (void)a;                                                                \
    }
EXTRACT(pextrb, b, u8)
EXTRACT(pextrw, w, u16)
EXTRACT(pextrw_store, w, u16)
EXTRACT(pextrd, d, u32)
EXTRACT(pextrq, q, u64)

/* From memory the doubleword itself; bits 4-5 say where to, 0-3 what to clear. */
static void insert_dword(struct x86 *cpu, const struct op *op, u32 v)
{
    LANE_AT(cpu, u32, op->dst, op->imm >> 4 & 3) = v;
    for (unsigned i = 0; i < 4; i++)
        if (op->imm >> i & 1)
            LANE_AT(cpu, u32, op->dst, i) = 0;
}

VECTOR_FROM(insertps, d, LANE_AT(cpu, u32, op->src, op->imm >> 6 & 3))
{
    insert_dword(cpu, op, b);
    return true;
}

VECTOR_FROM(vinsertps, d, LANE_AT(cpu, u32, op->base, op->imm >> 6 & 3))
{
    vex_put(cpu, op->dst, xmm_get(cpu, op->src));
    insert_dword(cpu, op, b);
    return true;
}

/* ---- The rest ---- */

INLINE void test_bits(struct x86 *cpu, u64x2 both, u64x2 only)
{
    x86_set_arithmetic(cpu, (both[0] | both[1] ? 0 : ZF) | (only[0] | only[1] ? 0 : CF));
}

VECTOR(ptest, x)
{
    u64x2 a = xmm_get(cpu, op->dst);

    test_bits(cpu, a & b, ~a & b);
    return true;
}

/* Of all bits, or of the signs. */
#define TEST(name, bits)                                                        \
    VEX_X(name, u)                                                              \
    {                                                                           \
        u64x2 a = xmm_get(cpu, op->dst);                                        \
                                                                                \
        test_bits(cpu, a & b & TWICE(bits), ~a & b & TWICE(bits));              \
        return true;                                                            \
    }                                                                           \
    VEX_Y(name, y)                                                              \
    {                                                                           \
        struct ymm a = ymm_get(cpu, op->dst);                                   \
                                                                                \
        test_bits(cpu, ((a.low & b.low) | (a.high & b.high)) & TWICE(bits),     \
                  ((~a.low & b.low) | (~a.high & b.high)) & TWICE(bits));       \
        return true;                                                            \
    }
TEST(vptest, UINT64_MAX)
TEST(vtestps, 0x8000000080000000)
TEST(vtestpd, BIT(63))

INLINE u64x2 smallest_word(u64x2 b)
{
    u16 p[8];
    unsigned at = 0;

    memcpy(p, &b, 16);
    for (unsigned i = 1; i < 8; i++)
        at = p[i] < p[at] ? i : at;
    return (u64x2){ p[at] | (u64)at << 16, 0 };
}
PURE_VEX_1(phminposuw, smallest_word(b))

/* Four bytes of b against eight places in a. */
INLINE u64x2 sums_of_differences(u64x2 a, u64x2 b, u32 imm)
{
    u8 p[16], q[16];
    u16 r[8] = { 0 };

    memcpy(p, &a, 16);
    memcpy(q, &b, 16);
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned k = 0; k < 4; k++) {
            int d = p[(imm & 4) + i + k] - q[4 * (imm & 3) + k];

            r[i] = (u16)(r[i] + (d < 0 ? -d : d));
        }
    }
    memcpy(&a, r, 16);
    return a;
}
PURE_VEX_ABOVE(mpsadbw, 3, sums_of_differences(a, b, imm))
