/*
 * Packed integers: what the instructions compute, as functions of values. MMX instructions are the
 * same in the lower eight bytes; where lanes cross those (packing, horizontal sums), mmx.c puts its
 * operands side by side. SDM 2, the entries of the mnemonics.
 */
#pragma once
#include "isa/x86/ops/vector.h"

/* A value from an expression of a and b; from one of x and y in each lane. */
#define LANES(name, value) \
    INLINE u64x2 v_##name(u64x2 a, u64x2 b) { return (u64x2)(value); }
#define EACH(name, T, value)                                                    \
    INLINE u64x2 v_##name(u64x2 a, u64x2 b)                                     \
    {                                                                           \
        T p[16 / sizeof(T)], q[16 / sizeof(T)];                                 \
                                                                                \
        memcpy(p, &a, 16);                                                      \
        memcpy(q, &b, 16);                                                      \
        for (unsigned i = 0; i < COUNT(p); i++) {                               \
            T x = p[i], y = q[i];                                               \
                                                                                \
            p[i] = (T)(value);                                                  \
            (void)x;                                                            \
            (void)y;                                                            \
        }                                                                       \
        memcpy(&a, p, 16);                                                      \
        return a;                                                               \
    }

#define TWICE(n) ((u64x2){ n, n })
#define SELECT(mask, yes, no)   (((yes) & (mask)) | ((no) & ~(mask)))

INLINE s8 clamp_s8(s32 v) { return (s8)(v < -128 ? -128 : v > 127 ? 127 : v); }
INLINE u8 clamp_u8(s32 v) { return (u8)(v < 0 ? 0 : v > 255 ? 255 : v); }
INLINE s16 clamp_s16(s64 v) { return (s16)(v < -32768 ? -32768 : v > 32767 ? 32767 : v); }
INLINE u16 clamp_u16(s32 v) { return (u16)(v < 0 ? 0 : v > 65535 ? 65535 : v); }

/* ---- Sums ---- */

LANES(paddb, (u8x16)a + (u8x16)b)
LANES(paddw, (u16x8)a + (u16x8)b)
LANES(paddd, (u32x4)a + (u32x4)b)
LANES(paddq, a + b)
LANES(psubb, (u8x16)a - (u8x16)b)
LANES(psubw, (u16x8)a - (u16x8)b)
LANES(psubd, (u32x4)a - (u32x4)b)
LANES(psubq, a - b)

/* Signed: overflow where the result's sign is neither operand's, or not that of the minuend. */
#define SATURATED(name, T, U, sign, operator, overflow)                         \
    INLINE u64x2 v_##name(u64x2 a_, u64x2 b_)                                   \
    {                                                                           \
        T a = (T)a_, b = (T)b_, r = (T)((U)a operator (U)b);                    \
        T wrong = (overflow) < 0, most = (a < 0) ^ (sign);                      \
                                                                                \
        return (u64x2)SELECT(wrong, most, r);                                   \
    }
SATURATED(paddsb, s8x16, u8x16, 0x7f, +, (a ^ r) & (b ^ r))
SATURATED(paddsw, s16x8, u16x8, 0x7fff, +, (a ^ r) & (b ^ r))
SATURATED(psubsb, s8x16, u8x16, 0x7f, -, (a ^ b) & (a ^ r))
SATURATED(psubsw, s16x8, u16x8, 0x7fff, -, (a ^ b) & (a ^ r))

LANES(paddusb, ((u8x16)a + (u8x16)b) | (u8x16)((u8x16)a + (u8x16)b < (u8x16)a))
LANES(paddusw, ((u16x8)a + (u16x8)b) | (u16x8)((u16x8)a + (u16x8)b < (u16x8)a))
LANES(psubusb, ((u8x16)a - (u8x16)b) & (u8x16)((u8x16)a >= (u8x16)b))
LANES(psubusw, ((u16x8)a - (u16x8)b) & (u16x8)((u16x8)a >= (u16x8)b))

/* Rounded up, without the ninth bit. */
LANES(pavgb, ((u8x16)a | (u8x16)b) - (((u8x16)a ^ (u8x16)b) >> 1))
LANES(pavgw, ((u16x8)a | (u16x8)b) - (((u16x8)a ^ (u16x8)b) >> 1))

LANES(pabsb, SELECT((u8x16)((s8x16)b < 0), -(u8x16)b, (u8x16)b))
LANES(pabsw, SELECT((u16x8)((s16x8)b < 0), -(u16x8)b, (u16x8)b))
LANES(pabsd, SELECT((u32x4)((s32x4)b < 0), -(u32x4)b, (u32x4)b))

#define SIGNED(name, T, U)                                                      \
    INLINE u64x2 v_##name(u64x2 a, u64x2 b)                                     \
    {                                                                           \
        U less = (U)((T)b < 0), some = (U)((T)b != 0);                          \
                                                                                \
        return (u64x2)((((U)a ^ less) - less) & some);                          \
    }
SIGNED(psignb, s8x16, u8x16)
SIGNED(psignw, s16x8, u16x8)
SIGNED(psignd, s32x4, u32x4)

INLINE u64x2 v_psadbw(u64x2 a, u64x2 b)
{
    u8 p[16], q[16];
    u64 sum[2] = { 0, 0 };

    memcpy(p, &a, 16);
    memcpy(q, &b, 16);
    for (unsigned i = 0; i < 16; i++)
        sum[i / 8] += (u64)(p[i] < q[i] ? q[i] - p[i] : p[i] - q[i]);
    return (u64x2){ sum[0], sum[1] };
}

/* ---- Comparison ---- */

LANES(pcmpeqb, (u8x16)a == (u8x16)b)
LANES(pcmpeqw, (u16x8)a == (u16x8)b)
LANES(pcmpeqd, (u32x4)a == (u32x4)b)
LANES(pcmpeqq, a == b)
LANES(pcmpgtb, (s8x16)a > (s8x16)b)
LANES(pcmpgtw, (s16x8)a > (s16x8)b)
LANES(pcmpgtd, (s32x4)a > (s32x4)b)
LANES(pcmpgtq, (s64x2)a > (s64x2)b)

#define EXTREMES(suffix, T)                                                     \
    LANES(pmin##suffix, SELECT((T)((T)a < (T)b), (T)a, (T)b))                   \
    LANES(pmax##suffix, SELECT((T)((T)a > (T)b), (T)a, (T)b))
EXTREMES(ub, u8x16)
EXTREMES(sb, s8x16)
EXTREMES(uw, u16x8)
EXTREMES(sw, s16x8)
EXTREMES(ud, u32x4)
EXTREMES(sd, s32x4)

/* ---- Logic ---- */

LANES(pand, a & b)
LANES(pandn, ~a & b)
LANES(por, a | b)
LANES(pxor, a ^ b)

/* ---- Products ---- */

LANES(pmullw, (u16x8)a * (u16x8)b)
LANES(pmulld, (u32x4)a * (u32x4)b)
LANES(pmuludq, (a & 0xffffffff) * (b & 0xffffffff))
EACH(pmuldq, s64, (s64)(s32)x * (s32)y)
EACH(pmulhw, s16, x * y >> 16)
EACH(pmulhuw, u16, (u32)x * y >> 16)
EACH(pmulhrsw, s16, ((x * y >> 14) + 1) >> 1)

/* Both products of 8000h by itself make 80000000h. */
EACH(pmaddwd, u32, (u32)((s16)x * (s16)y) + (u32)((s16)(x >> 16) * (s16)(y >> 16)))
EACH(pmaddubsw, u16, clamp_s16((u8)x * (s8)y + (x >> 8) * (s8)(y >> 8)))

/* ---- Shifts ---- */

#define SHIFTS(suffix, T, bits)                                                 \
    INLINE u64x2 v_psll##suffix(u64x2 a, u64 n)                                 \
    {                                                                           \
        return n < (bits) ? (u64x2)((T)a << (int)n) : (u64x2){ 0, 0 };          \
    }                                                                           \
    INLINE u64x2 v_psrl##suffix(u64x2 a, u64 n)                                 \
    {                                                                           \
        return n < (bits) ? (u64x2)((T)a >> (int)n) : (u64x2){ 0, 0 };          \
    }
SHIFTS(w, u16x8, 16)
SHIFTS(d, u32x4, 32)
INLINE u64x2 v_psllq(u64x2 a, u64 n) { return n < 64 ? a << TWICE(n) : TWICE(0); }
INLINE u64x2 v_psrlq(u64x2 a, u64 n) { return n < 64 ? a >> TWICE(n) : TWICE(0); }
INLINE u64x2 v_psraw(u64x2 a, u64 n) { return (u64x2)((s16x8)a >> (int)(n < 16 ? n : 15)); }
INLINE u64x2 v_psrad(u64x2 a, u64 n) { return (u64x2)((s32x4)a >> (int)(n < 32 ? n : 31)); }

/* The 128 bits by n bytes. */
typedef unsigned __int128 u128;

INLINE u128 v_whole(u64x2 a) { return (u128)a[1] << 64 | a[0]; }
INLINE u64x2 v_halves(u128 a) { return (u64x2){ (u64)a, (u64)(a >> 64) }; }
INLINE u64x2 v_pslldq(u64x2 a, unsigned n) { return v_halves(n < 16 ? v_whole(a) << 8 * n : 0); }
INLINE u64x2 v_psrldq(u64x2 a, unsigned n) { return v_halves(n < 16 ? v_whole(a) >> 8 * n : 0); }

/* a above b, by n bytes to the right. */
INLINE u64x2 v_palignr(u64x2 a, u64x2 b, unsigned n)
{
    if (n >= 16)
        return v_psrldq(a, n - 16);
    return n ? v_psrldq(b, n) | v_pslldq(a, 16 - n) : b;
}

/* ---- Order of lanes ---- */

#define PACK(name, T, U, clamp)                                                 \
    INLINE u64x2 v_##name(u64x2 a, u64x2 b)                                     \
    {                                                                           \
        T p[32 / sizeof(T)];                                                    \
        U r[16 / sizeof(U)];                                                    \
                                                                                \
        memcpy(p, &a, 16);                                                      \
        memcpy(p + COUNT(p) / 2, &b, 16);                                       \
        for (unsigned i = 0; i < COUNT(r); i++)                                 \
            r[i] = clamp(p[i]);                                                 \
        memcpy(&a, r, 16);                                                      \
        return a;                                                               \
    }
PACK(packsswb, s16, s8, clamp_s8)
PACK(packuswb, s16, u8, clamp_u8)
PACK(packssdw, s32, s16, clamp_s16)
PACK(packusdw, s32, u16, clamp_u16)

#define UNPACK(name, T, ...) LANES(punpck##name, __builtin_shufflevector((T)a, (T)b, __VA_ARGS__))
UNPACK(lbw, u8x16, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
UNPACK(hbw, u8x16, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
UNPACK(lwd, u16x8, 0, 8, 1, 9, 2, 10, 3, 11)
UNPACK(hwd, u16x8, 4, 12, 5, 13, 6, 14, 7, 15)
UNPACK(ldq, u32x4, 0, 4, 1, 5)
UNPACK(hdq, u32x4, 2, 6, 3, 7)
UNPACK(lqdq, u64x2, 0, 2)
UNPACK(hqdq, u64x2, 1, 3)

/* The lanes of a narrower source. SDM 2 PMOVSX */
#define WIDEN(name, from, to)                                                   \
    INLINE u64x2 v_##name(u64 b)                                                \
    {                                                                           \
        from p[16 / sizeof(to)];                                                \
        to r[16 / sizeof(to)];                                                  \
        u64x2 v;                                                                \
                                                                                \
        memcpy(p, &b, sizeof p);                                                \
        for (unsigned i = 0; i < COUNT(r); i++)                                 \
            r[i] = (to)p[i];                                                    \
        memcpy(&v, r, sizeof v);                                                \
        return v;                                                               \
    }
WIDEN(pmovsxbw, s8, s16)
WIDEN(pmovsxbd, s8, s32)
WIDEN(pmovsxbq, s8, s64)
WIDEN(pmovsxwd, s16, s32)
WIDEN(pmovsxwq, s16, s64)
WIDEN(pmovsxdq, s32, s64)
WIDEN(pmovzxbw, u8, u16)
WIDEN(pmovzxbd, u8, u32)
WIDEN(pmovzxbq, u8, u64)
WIDEN(pmovzxwd, u16, u32)
WIDEN(pmovzxwq, u16, u64)
WIDEN(pmovzxdq, u32, u64)

/* Bytes of a that b names by its low `index` bits; zero where bit 7 is set. */
INLINE u64x2 v_pshufb(u64x2 a, u64x2 b, u8 index)
{
    u8 p[16], q[16];

    memcpy(p, &a, 16);
    memcpy(q, &b, 16);
    for (unsigned i = 0; i < 16; i++)
        q[i] = q[i] & 0x80 ? 0 : p[q[i] & index];
    memcpy(&b, q, 16);
    return b;
}

/* Two bits of the immediate for each lane. */
INLINE u64 shuffle_words(u64 v, u32 imm)
{
    u64 r = 0;

    for (unsigned i = 0; i < 4; i++)
        r |= (v >> 16 * (imm >> 2 * i & 3) & 0xffff) << 16 * i;
    return r;
}

INLINE u64x2 v_shuffle_dwords(u64x2 low, u64x2 high, u32 imm)
{
    u32 p[4], q[4];

    memcpy(p, &low, 16);
    memcpy(q, &high, 16);
    return (u64x2){ p[imm & 3] | (u64)p[imm >> 2 & 3] << 32,
                    q[imm >> 4 & 3] | (u64)q[imm >> 6 & 3] << 32 };
}

/* ---- Neighbours ---- */

#define HORIZONTAL(name, T, value)                                              \
    INLINE u64x2 v_##name(u64x2 a, u64x2 b)                                     \
    {                                                                           \
        T p[32 / sizeof(T)];                                                    \
                                                                                \
        memcpy(p, &a, 16);                                                      \
        memcpy(p + COUNT(p) / 2, &b, 16);                                       \
        for (unsigned i = 0; i < COUNT(p) / 2; i++) {                           \
            T x = p[2 * i], y = p[2 * i + 1];                                   \
                                                                                \
            p[i] = (T)(value);                                                  \
        }                                                                       \
        memcpy(&a, p, 16);                                                      \
        return a;                                                               \
    }
HORIZONTAL(phaddw, u16, x + y)
HORIZONTAL(phaddd, u32, x + y)
HORIZONTAL(phaddsw, s16, clamp_s16(x + y))
HORIZONTAL(phsubw, u16, x - y)
HORIZONTAL(phsubd, u32, x - y)
HORIZONTAL(phsubsw, s16, clamp_s16(x - y))

/* Sign bits, lowest lane first. */
INLINE u32 v_signs_b(u64 v)
{
    return (u32)((v & 0x8080808080808080) * 0x0002040810204081 >> 56);
}

INLINE u32 v_pmovmskb(u64x2 b)
{
    return v_signs_b(b[0]) | v_signs_b(b[1]) << 8;
}

INLINE u32 v_movmskps(u64x2 b)
{
    return (u32)((b[0] >> 31 & 1) | (b[0] >> 63) << 1 | (b[1] >> 31 & 1) << 2 | (b[1] >> 63) << 3);
}

INLINE u32 v_movmskpd(u64x2 b) { return (u32)(b[0] >> 63 | (b[1] >> 63) << 1); }
