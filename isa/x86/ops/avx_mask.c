/*
 * Memory by elements: VMASKMOVPS, VPMASKMOVD and the gathers. SDM 2.
 *
 * An element that is not selected is not touched and cannot fault; there is no #AC for masked
 * moves.
 */
#include "isa/x86/ops/forms.h"
#include "isa/x86/ops/lanes.h"

/* ---- Masked moves: the mask is register op->src ---- */

static u64 element_offset(const struct x86 *cpu, const struct op *op, unsigned at)
{
    return (op_offset(cpu, op) + at) & address_mask(op);
}

/* What is selected of `size` bytes, in elements of `each`; the rest is 0. */
static void load_selected(struct x86 *cpu, const struct op *op, unsigned size, unsigned each)
{
    const u8 *mask = (const u8 *)cpu->v[op->src].q;
    u8 v[32] = { 0 };

    for (unsigned i = 0; i < size; i += each)
        if (mask[i + each - 1] & 0x80)
            x86_read_bytes(cpu, op_segment(op), element_offset(cpu, op, i), v + i, each);
    memcpy(cpu->v[op->dst].q, v, 32);
}

static void store_selected(struct x86 *cpu, const struct op *op, unsigned size, unsigned each)
{
    const u8 *mask = (const u8 *)cpu->v[op->src].q, *v = (const u8 *)cpu->v[op->dst].q;

    for (unsigned i = 0; i < size; i += each)
        if (mask[i + each - 1] & 0x80)
            x86_probe(cpu, op_segment(op), element_offset(cpu, op, i), each, ACCESS_WRITE);
    for (unsigned i = 0; i < size; i += each)
        if (mask[i + each - 1] & 0x80)
            x86_write_bytes(cpu, op_segment(op), element_offset(cpu, op, i), v + i, each);
}

/* Where all of it is on the fast path no element can fault, and it may be read whole. */
#define FAST_LOAD(ea, name, T, size)                                            \
    BODY(name##_rm_##ea)                                                        \
    {                                                                           \
        T mask[(size) / sizeof(T)], v[32 / sizeof(T)] = { 0 };                  \
        u64 linear;                                                             \
        u8 *host;                                                               \
                                                                                \
        if (slow) {                                                             \
            load_selected(cpu, op, size, sizeof(T));                            \
            return true;                                                        \
        }                                                                       \
        if (!ea_##ea(cpu, op, size, TLB_READ, &linear)                          \
            || !tlb_find(tlb, TLB_READ, linear, size, &host))                   \
            return false;                                                       \
        memcpy(mask, cpu->v[op->src].q, size);                                  \
        memcpy(v, host, size);                                                  \
        for (unsigned i = 0; i < COUNT(mask); i++)                              \
            v[i] &= -(mask[i] >> (8 * sizeof(T) - 1));                          \
        memcpy(cpu->v[op->dst].q, v, 32);                                       \
        return true;                                                            \
    }
#define FAST_STORE(ea, name, T, size)                                           \
    BODY(name##_rm_##ea)                                                        \
    {                                                                           \
        T mask[(size) / sizeof(T)], v[(size) / sizeof(T)];                      \
        u64 linear;                                                             \
        u8 *host;                                                               \
                                                                                \
        if (slow) {                                                             \
            store_selected(cpu, op, size, sizeof(T));                           \
            return true;                                                        \
        }                                                                       \
        if (!ea_##ea(cpu, op, size, TLB_WRITE, &linear)                         \
            || !tlb_find(tlb, TLB_WRITE, linear, size, &host))                  \
            return false;                                                       \
        memcpy(mask, cpu->v[op->src].q, size);                                  \
        memcpy(v, cpu->v[op->dst].q, size);                                     \
        for (unsigned i = 0; i < COUNT(mask); i++)                              \
            if (mask[i] >> (8 * sizeof(T) - 1))                                 \
                memcpy(host + i * sizeof(T), &v[i], sizeof(T));                 \
        return true;                                                            \
    }

#define MEMORY_ONLY(name)                                                       \
    UNUSED_HANDLER(name##_rr) SLOW_HANDLER(name##_rm_gen) EACH_EA(V_MEMORY_, name)
#define MASKED(name, T, size)                                                   \
    EACH_EA(FAST_LOAD, name, T, size) MEMORY_ONLY(name)
#define MASKED_STORE(name, T, size)                                             \
    EACH_EA(FAST_STORE, name, T, size) MEMORY_ONLY(name)
MASKED(vpmaskmovd_x, u32, 16)
MASKED(vpmaskmovd_y, u32, 32)
MASKED(vpmaskmovq_x, u64, 16)
MASKED(vpmaskmovq_y, u64, 32)
MASKED_STORE(vpmaskmovd_store_x, u32, 16)
MASKED_STORE(vpmaskmovd_store_y, u32, 32)
MASKED_STORE(vpmaskmovq_store_x, u64, 16)
MASKED_STORE(vpmaskmovq_store_y, u64, 32)

/* ---- Gathers: op->idx is the register of the indices, op->src the mask ---- */

struct gather { u8 bytes, index_bytes, count; };

static u64 lane(const struct x86 *cpu, unsigned n, unsigned i, unsigned bytes)
{
    u64 v = cpu->v[n].q[i * bytes / 8];

    return bytes == 8 ? v : (u32)(v >> 32 * (i & 1));
}

static void put_lane(struct x86 *cpu, unsigned n, unsigned i, unsigned bytes, u64 v)
{
    memcpy((u8 *)cpu->v[n].q + i * bytes, &v, bytes);
}

static u64 gathered_offset(const struct x86 *cpu, const struct op *op, const struct gather *g,
                           unsigned i)
{
    u64 index = lane(cpu, op->idx, i, g->index_bytes);

    if (g->index_bytes == 4)
        index = (u64)(s32)index;
    return (GET_q(cpu, op->base) + (index << (op->mem & MEM_SCALE)) + (u64)(s64)op->disp)
        & address_mask(op);
}

/*
 * Each element that has come clears its part of the mask, so that after a fault the instruction
 * goes on where it was. What lies above the elements becomes 0.
 */
static void gather(struct x86 *cpu, const struct op *op, const struct gather *g)
{
    unsigned size = g->bytes * g->count;

    for (unsigned i = 0; i < g->count; i++)
        put_lane(cpu, op->src, i, g->bytes,
                 -(lane(cpu, op->src, i, g->bytes) >> (8 * g->bytes - 1)));
    for (unsigned i = 0; i < g->count; i++) {
        if (!lane(cpu, op->src, i, g->bytes))
            continue;
        put_lane(cpu, op->dst, i, g->bytes,
                 x86_read(cpu, op_segment(op), gathered_offset(cpu, op, g, i), g->bytes));
        put_lane(cpu, op->src, i, g->bytes, 0);
    }
    memset((u8 *)cpu->v[op->dst].q + size, 0, 32 - size);
    memset(cpu->v[op->src].q, 0, 32);
}

#define GATHER(name, bytes, index_bytes, count)                                 \
    PLAIN_OP(name) { gather(cpu, op, &(struct gather){ bytes, index_bytes, count }); }
GATHER(vpgatherdd_x, 4, 4, 4)
GATHER(vpgatherdd_y, 4, 4, 8)
GATHER(vpgatherdq_x, 8, 4, 2)
GATHER(vpgatherdq_y, 8, 4, 4)
GATHER(vpgatherqd_x, 4, 8, 2)
GATHER(vpgatherqd_y, 4, 8, 4)
GATHER(vpgatherqq_x, 8, 8, 2)
GATHER(vpgatherqq_y, 8, 8, 4)
