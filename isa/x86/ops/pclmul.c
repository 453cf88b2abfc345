/* Polynomials over two elements: PCLMULQDQ and CRC32. SDM 2. */
#include "isa/x86/ops/lanes.h"

/* Four bits of b at a time. */
static u64x2 carryless_product(u64 a, u64 b)
{
    u128 multiple[16] = { 0, a }, r = 0;

    for (unsigned i = 2; i < 16; i++)
        multiple[i] = multiple[i / 2] << 1 ^ multiple[i & 1];
    for (int shift = 60; shift >= 0; shift -= 4)
        r = r << 4 ^ multiple[b >> shift & 15];
    return v_halves(r);
}

PURE_VEX(pclmulqdq, carryless_product(a[imm & 1], b[imm >> 4 & 1]))

/* Four bits further, modulo 11EDC6F41h reflected. */
static const u32 nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
    0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
    0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static u32 crc(u32 r, u64 bytes, unsigned count)
{
    for (unsigned i = 0; i < 2 * count; i++, bytes >>= 4)
        r = r >> 4 ^ nibble[(r ^ bytes) & 15];
    return r;
}

#define CRC32(w)                                                                \
    PLAIN_OP(crc32_##w##_r)                                                     \
    {                                                                           \
        PUT_d(cpu, op->dst, crc(GET_d(cpu, op->dst), GET_##w(cpu, op->src), sizeof(T_##w))); \
    }                                                                           \
    PLAIN_OP(crc32_##w##_m)                                                     \
    {                                                                           \
        u64 v = op_load(cpu, op, sizeof(T_##w));                                \
                                                                                \
        PUT_d(cpu, op->dst, crc(GET_d(cpu, op->dst), v, sizeof(T_##w)));        \
    }
CRC32(b)
CRC32(w)
CRC32(d)
CRC32(q)
