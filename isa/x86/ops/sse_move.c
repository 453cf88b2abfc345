/* Moves between XMM registers, general registers and memory. SDM 2, MOVAPS ... MASKMOVDQU. */
#include "isa/x86/fpu/x87.h"
#include "isa/x86/ops/lanes.h"

/* What a load brings need not be what a register brings. */
#define MOVE(name, size, loaded, moved)                                         \
    INLINE bool f_##name(struct x86 *cpu, const struct op *op, V_TYPE_##size b, const bool slow) \
    {                                                                           \
        loaded;                                                                 \
        return true;                                                            \
    }                                                                           \
    BODY(name##_rr) { moved; return true; }                                     \
    EACH_EA(V_BODY_RM_, name, size)                                             \
    V_HANDLERS_(name)

/* By halves: a load of sixteen bytes would wait for a scalar result stored just before. */
INLINE void move_halves(struct x86 *cpu, const struct op *op)
{
    u64 low = cpu->v[op->src].q[0], high = cpu->v[op->src].q[1];

    cpu->v[op->dst].q[0] = low;
    cpu->v[op->dst].q[1] = high;
}

INLINE void put_widened(struct x86 *cpu, const struct op *op, u64 low)
{
    xmm_put(cpu, op->dst, (u64x2){ low, 0 });
}

MOVE(movaps, x, xmm_put(cpu, op->dst, b), move_halves(cpu, op))
MOVE(movups, u, xmm_put(cpu, op->dst, b), move_halves(cpu, op))
MOVE(movss, d, put_widened(cpu, op, b),
     xmm_put_low32(cpu, op->dst, (u32)xmm_low(cpu, op->src)))
MOVE(movsd, q, put_widened(cpu, op, b), cpu->v[op->dst].q[0] = xmm_low(cpu, op->src))
MOVE(movq, q, put_widened(cpu, op, b), put_widened(cpu, op, xmm_low(cpu, op->src)))
MOVE(movd, d, put_widened(cpu, op, b), put_widened(cpu, op, GET_d(cpu, op->src)))
MOVE(movd_q, q, put_widened(cpu, op, b), put_widened(cpu, op, GET_q(cpu, op->src)))
MOVE(movlps, q, cpu->v[op->dst].q[0] = b, cpu->v[op->dst].q[0] = xmm_low(cpu, op->src))
MOVE(movhps, q, cpu->v[op->dst].q[1] = b, cpu->v[op->dst].q[1] = xmm_low(cpu, op->src))

/* From registers only; the decoder never asks for the forms with memory. */
MOVE(movhlps, q, , cpu->v[op->dst].q[0] = cpu->v[op->src].q[1])
MOVE(movlhps, q, , cpu->v[op->dst].q[1] = cpu->v[op->src].q[0])

INLINE u64 twice(u64 v) { return (u32)v | v << 32; }

PURE_VEX(movsldup, ((u64x2){ twice(b[0]), twice(b[1]) }))
PURE_VEX(movshdup, ((u64x2){ twice(b[0] >> 32), twice(b[1] >> 32) }))
PURE(movddup, q, ((u64x2){ b, b }))

VECTOR_STORE(movaps_store, x, a) { move_halves(cpu, op); (void)a; }
VECTOR_STORE(movups_store, u, a) { move_halves(cpu, op); (void)a; }
VECTOR_STORE(movss_store, d, xmm_low(cpu, op->src)) { xmm_put_low32(cpu, op->dst, (u32)a[0]); }
VECTOR_STORE(movsd_store, q, xmm_low(cpu, op->src)) { cpu->v[op->dst].q[0] = a[0]; }
VECTOR_STORE(movq_store, q, xmm_low(cpu, op->src)) { xmm_put(cpu, op->dst, (u64x2){ a[0], 0 }); }
VECTOR_STORE(movd_store, d, xmm_low(cpu, op->src)) { PUT_d(cpu, op->dst, a[0]); }
VECTOR_STORE(movd_q_store, q, xmm_low(cpu, op->src)) { PUT_q(cpu, op->dst, a[0]); }
VECTOR_STORE(movlps_store, q, xmm_low(cpu, op->src)) { (void)a; }
VECTOR_STORE(movhps_store, q, cpu->v[op->src].q[1]) { (void)a; }

/* ---- Sign bits ---- */

#define SIGNS(name, value)                                                      \
    VECTOR(name, x)                                                             \
    {                                                                           \
        PUT_d(cpu, op->dst, (value));                                           \
        return true;                                                            \
    }
SIGNS(movmskps, v_movmskps(b))
SIGNS(movmskpd, v_movmskpd(b))
SIGNS(pmovmskb, v_pmovmskb(b))

/* ---- Without the cache ---- */

PLAIN_OP(movnti_d)
{
    op_store(cpu, op, 4, GET_d(cpu, op->src));
}

PLAIN_OP(movnti_q)
{
    op_store(cpu, op, 8, GET_q(cpu, op->src));
}

static u64 address_mask(const struct op *op)
{
    switch (op->mem & MEM_ASIZE) {
    case ASIZE_16 << MEM_ASIZE_SHIFT: return 0xffff;
    case ASIZE_32 << MEM_ASIZE_SHIFT: return 0xffffffff;
    default:                          return UINT64_MAX;
    }
}

/*
 * To DS:DI, or as prefixes say; only what the mask selects is touched, or can fault (SDM 2 leaves
 * the latter to the processor). All is checked before the first byte is written.
 */
static void store_selected(struct x86 *cpu, const struct op *op, const void *from, u32 mask)
{
    const u8 *bytes = from;
    u64 wrap = address_mask(op), at = GET_q(cpu, GPR_OFFSET(RDI));

    for (unsigned i = 0; mask >> i; i++)
        if (mask >> i & 1)
            x86_probe(cpu, op_segment(op), (at + i) & wrap, 1, ACCESS_WRITE);
    for (unsigned i = 0; mask >> i; i++)
        if (mask >> i & 1)
            x86_write(cpu, op_segment(op), (at + i) & wrap, 1, bytes[i]);
}

PLAIN_OP(maskmovdqu)
{
    u64x2 v = xmm_get(cpu, op->dst);

    store_selected(cpu, op, &v, v_pmovmskb(xmm_get(cpu, op->src)));
}

PLAIN_OP(maskmovq)
{
    u64 v, mask;

    x87_wait(cpu);
    v = mmx_get(cpu, op->dst);
    mask = mmx_get(cpu, op->src);
    store_selected(cpu, op, &v, v_signs_b(mask));
    x87_enter_mmx(cpu);
}
