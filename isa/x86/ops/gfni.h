/*
 * Bytes as polynomials over two elements, modulo x^8 + x^4 + x^3 + x + 1: what GF2P8MULB,
 * GF2P8AFFINEQB and GF2P8AFFINEINVQB compute, as functions of values. SDM 2.
 */
#pragma once
#include "isa/x86/ops/lanes.h"

#define EACH_BYTE 0x0101010101010101

/* From the highest coefficient of b down: what there is, times x; a where there is one. */
INLINE u64x2 v_gf2p8mulb(u64x2 a, u64x2 b)
{
    u64x2 r = { 0, 0 };

    for (int i = 7; i >= 0; i--) {
        r = (r & 0x7f * EACH_BYTE) << 1 ^ (r >> 7 & EACH_BYTE) * 0x1b;
        r ^= a & (b >> i & EACH_BYTE) * 0xff;
    }
    return r;
}

/* The 254th power: 1 / a, and 0 for 0. */
INLINE u64x2 inverse_bytes(u64x2 a)
{
    u64x2 power = v_gf2p8mulb(a, a), r = power;

    for (unsigned i = 0; i < 6; i++) {
        power = v_gf2p8mulb(power, power);
        r = v_gf2p8mulb(r, power);
    }
    return r;
}

/* Bit i of each byte: the parity of the byte and of row 7 - i of the matrix in that lane of b. */
INLINE u64x2 v_gf2p8affineqb(u64x2 a, u64x2 b, u32 imm)
{
    u64x2 r = TWICE((u64)(u8)imm * EACH_BYTE);

    for (int i = 0; i < 8; i++) {
        u64x2 t = a & (b >> (56 - 8 * i) & 0xff) * EACH_BYTE;

        t ^= t >> 4;
        t ^= t >> 2;
        t ^= t >> 1;
        r ^= (t & EACH_BYTE) << i;
    }
    return r;
}

INLINE u64x2 v_gf2p8affineinvqb(u64x2 a, u64x2 b, u32 imm)
{
    return v_gf2p8affineqb(inverse_bytes(a), b, imm);
}
