/* Lanes moved about with VEX where there is no form without: SDM 2, VPERM.... */
#include "isa/x86/ops/lanes.h"

/* ---- Within halves: by the low bits of each lane of b, or by the immediate ---- */

INLINE u64x2 by_dwords(u64x2 a, u64x2 b)
{
    u32 p[4], q[4];

    memcpy(p, &a, 16);
    memcpy(q, &b, 16);
    for (unsigned i = 0; i < 4; i++)
        q[i] = p[q[i] & 3];
    memcpy(&b, q, 16);
    return b;
}

VALUE(vpermilps, u, by_dwords(a, b))
VALUE(vpermilpd, u, ((u64x2){ a[b[0] >> 1 & 1], a[b[1] >> 1 & 1] }))
VALUE(vpermilps_imm, u, v_shuffle_dwords(b, b, imm))
VALUE(vpermilpd_imm, u, ((u64x2){ b[imm & 1], b[imm >> 1 & 1] }))
VEX_VALUE(vpermilps, vpermilps)
VEX_VALUE(vpermilpd, vpermilpd)
VEX_VALUE(vpermilps_imm, vpermilps_imm)
VEX_VALUE_ABOVE(vpermilpd_imm, vpermilpd_imm, 2)

/* ---- Across ---- */

/* Four bits for each half: which of four, or none. */
INLINE u64x2 half(struct ymm a, struct ymm b, u32 imm)
{
    u64x2 v = imm & 2 ? (imm & 1 ? b.high : b.low) : imm & 1 ? a.high : a.low;

    return imm & 8 ? TWICE((u64)0) : v;
}

VEX_1(vperm2f128, y)
{
    struct ymm a = ymm_get(cpu, op->src);
    u32 imm = (u32)op->imm;

    ymm_put(cpu, op->dst, (struct ymm){ half(a, b, imm), half(a, b, imm >> 4) });
    return true;
}

/* The lanes of b that those of VEX.vvvv name. */
VEX_1(vpermd, y)
{
    u32 index[8], p[8];
    struct ymm a = ymm_get(cpu, op->src);

    memcpy(index, &a, 32);
    memcpy(p, &b, 32);
    for (unsigned i = 0; i < 8; i++)
        index[i] = p[index[i] & 7];
    memcpy(&a, index, 32);
    ymm_put(cpu, op->dst, a);
    return true;
}

VEX_1(vpermq, y)
{
    u64 p[4];
    u32 imm = (u32)op->imm;

    memcpy(p, &b, 32);
    ymm_put(cpu, op->dst, (struct ymm){ { p[imm & 3], p[imm >> 2 & 3] },
                                        { p[imm >> 4 & 3], p[imm >> 6 & 3] } });
    return true;
}
