/* Moves with VEX: SDM 2, MOVAPS ..., VBROADCAST, VINSERTF128, VEXTRACTF128, VZEROUPPER. */
#include "isa/x86/mode.h"
#include "isa/x86/ops/lanes.h"

/* ---- Whole registers ---- */

#define WHOLE(name, size_x, size_y)                                             \
    VEX_X(name, size_x) { vex_put(cpu, op->dst, b); return true; }              \
    VEX_Y(name, size_y) { ymm_put(cpu, op->dst, b); return true; }              \
    VECTOR_STORE_FROM(name##_store_x, size_x, x, a) { vex_put(cpu, op->dst, a); } \
    VECTOR_STORE_FROM(name##_store_y, size_y, y, a) { ymm_put(cpu, op->dst, a); }
WHOLE(vmovaps, x, z)
WHOLE(vmovups, u, y)

/* ---- Parts: the rest of a load is 0, what goes from register to register joins another ---- */

#define PART(name, size, reg)                                                   \
    VECTOR_FROM(name, size, reg)                                                \
    {                                                                           \
        vex_put(cpu, op->dst, (u64x2){ b, 0 });                                 \
        return true;                                                            \
    }
PART(vmovss, d, V_REG_d(cpu, op->base))
PART(vmovsd, q, V_REG_q(cpu, op->base))
PART(vmovq, q, V_REG_q(cpu, op->base))
PART(vmovd, d, GET_d(cpu, op->base))
PART(vmovd_q, q, GET_q(cpu, op->base))

VECTOR_STORE(vmovq_store, q, a[0]) { vex_put(cpu, op->dst, (u64x2){ a[0], 0 }); }

#define JOIN(name, low, high)                                                   \
    VEX_1(name, q)                                                              \
    {                                                                           \
        u64x2 a = xmm_get(cpu, op->src);                                        \
                                                                                \
        vex_put(cpu, op->dst, (u64x2){ low, high });                            \
        return true;                                                            \
    }
JOIN(vmovlps, b, a[1])
JOIN(vmovhps, a[0], b)

#define JOIN_REGISTERS(name, to, from, low, high)                               \
    BODY(name)                                                                  \
    {                                                                           \
        u64x2 a = xmm_get(cpu, op->src), b = xmm_get(cpu, op->from);            \
                                                                                \
        vex_put(cpu, op->to, (u64x2){ low, high });                             \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name)
#define LOW32(a, b) ((a) >> 32 << 32 | (u32)(b))
JOIN_REGISTERS(vmovhlps, dst, base, b[1], a[1])
JOIN_REGISTERS(vmovlhps, dst, base, a[0], b[0])
JOIN_REGISTERS(vmovss_merge, dst, base, LOW32(a[0], b[0]), a[1])
JOIN_REGISTERS(vmovsd_merge, dst, base, b[0], a[1])
JOIN_REGISTERS(vmovss_back, base, dst, LOW32(a[0], b[0]), a[1])
JOIN_REGISTERS(vmovsd_back, base, dst, b[0], a[1])

/* ---- One for all lanes ---- */

#define BROADCAST(name, size, value)                                            \
    VEX_X(name, size) { vex_put(cpu, op->dst, TWICE(value)); return true; }     \
    VEX_Y(name, size)                                                           \
    {                                                                           \
        ymm_put(cpu, op->dst, (struct ymm){ TWICE(value), TWICE(value) });      \
        return true;                                                            \
    }
BROADCAST(vpbroadcastb, b, (u64)b * 0x0101010101010101)
BROADCAST(vpbroadcastw, w, (u64)b * 0x0001000100010001)
BROADCAST(vpbroadcastd, d, (u64)b * 0x0000000100000001)
BROADCAST(vpbroadcastq, q, b)

/* From registers: AVX2. */
#define BROADCAST_REGISTER(name, size, from)                                    \
    BODY(name##_x) { return f_##from##_x(cpu, op, V_REG_##size(cpu, op->base), slow); } \
    BODY(name##_y) { return f_##from##_y(cpu, op, V_REG_##size(cpu, op->base), slow); } \
    FAST_HANDLER(name##_x)                                                      \
    FAST_HANDLER(name##_y)
BROADCAST_REGISTER(vbroadcastss, d, vpbroadcastd)
BROADCAST_REGISTER(vbroadcastsd, q, vpbroadcastq)

VEX_1(vbroadcastf128, u)
{
    ymm_put(cpu, op->dst, (struct ymm){ b, b });
    return true;
}

VEX_X(vmovddup, q)
{
    vex_put(cpu, op->dst, TWICE(b));
    return true;
}

VEX_Y(vmovddup, y)
{
    ymm_put(cpu, op->dst, (struct ymm){ TWICE(b.low[0]), TWICE(b.high[0]) });
    return true;
}

/* ---- Halves ---- */

VEX_1(vinsertf128, u)
{
    struct ymm a = ymm_get(cpu, op->src);

    ymm_put(cpu, op->dst, op->imm & 1 ? (struct ymm){ a.low, b } : (struct ymm){ b, a.high });
    return true;
}

VECTOR_STORE_FROM(vextractf128, u, y, op->imm & 1 ? a.high : a.low)
{
    vex_put(cpu, op->dst, op->imm & 1 ? a.high : a.low);
}

static void clear(struct x86 *cpu, unsigned from)
{
    for (unsigned i = 0; i < (x86_is_64(cpu) ? 16 : 8); i++)
        for (unsigned k = from; k < 4; k++)
            cpu->v[i].q[k] = 0;
}

/* VZEROUPPER and VZEROALL */
BODY(vzero_x) { clear(cpu, 2); return true; }
BODY(vzero_y) { clear(cpu, 0); return true; }
FAST_HANDLER(vzero_x)
FAST_HANDLER(vzero_y)

/* ---- Sign bits: lanes of a half to the bits above those of the other ---- */

#define SIGNS(name, lanes)                                                      \
    BODY(v##name##_x)                                                           \
    {                                                                           \
        PUT_d(cpu, op->dst, v_##name(xmm_get(cpu, op->base)));                  \
        return true;                                                            \
    }                                                                           \
    BODY(v##name##_y)                                                           \
    {                                                                           \
        struct ymm b = ymm_get(cpu, op->base);                                  \
                                                                                \
        PUT_d(cpu, op->dst, v_##name(b.low) | v_##name(b.high) << (lanes));     \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(v##name##_x)                                                   \
    FAST_HANDLER(v##name##_y)
SIGNS(pmovmskb, 16)
SIGNS(movmskps, 4)
SIGNS(movmskpd, 2)
