/* How the integer families make handlers of their bodies. */
#pragma once
#include "isa/x86/ops/body.h"

#define HANDLER_WITH_TWIN(name)     SLOW_HANDLER(name) MEMORY_HANDLER(name, name)

/* Handlers that a form asks for and no row leads to. */
#define UNUSED_HANDLER(name)        void h_##name(HANDLER_ARGS) { GO(h_raise, op); }
#define NO_BYTE_RM(name)            UNUSED_HANDLER(name##_b_r) UNUSED_HANDLER(name##_b_m)

#define WIDTHS_WDQ(X, ...)          X(__VA_ARGS__, w) X(__VA_ARGS__, d) X(__VA_ARGS__, q)
#define WIDTHS_BWDQ(X, ...)         X(__VA_ARGS__, b) WIDTHS_WDQ(X, __VA_ARGS__)

/*
 * Register and memory form of a two-operand operation, both with bodies; only memory may be slow.
 */
#define RM_HANDLERS(name, w)        FAST_HANDLER(name##_##w##_r) HANDLER_WITH_TWIN(name##_##w##_m)

/* CF and OF take these values, the other flags stay. */
static inline void flags_set_carry_overflow(struct lazy_flags *lazy, u32 cf, u32 of)
{
    u32 was = lazy_carry(lazy) | (u32)lazy_overflow(lazy) << 11;

    lazy->kind ^= (was ^ (cf | of << 11)) << KIND_FIX;
}

static inline void flags_set_carry(struct lazy_flags *lazy, u32 cf)
{
    lazy->kind ^= (lazy_carry(lazy) ^ cf) << KIND_FIX;
}

static inline void flags_set_zero(struct lazy_flags *lazy, u32 zf)
{
    lazy->kind ^= ((u32)lazy_zero(lazy) ^ zf) << (KIND_FIX + 6);
}

/* An offset that is not the operand's own, on the fast path: see ea_gen. */
static inline bool ea_at(struct x86 *cpu, const struct op *op, u64 offset, unsigned size,
                         enum tlb_kind kind, u64 *linear)
{
    const struct seg_fast *f = &cpu->fast[op_segment(op)];

    *linear = (f->base + offset) & cpu->lin_mask;
    return (s64)(offset + size - 1) <= (kind == TLB_WRITE ? f->write_last : f->read_last);
}

static inline u64 address_mask(const struct op *op)
{
    unsigned asize = (op->mem & MEM_ASIZE) >> MEM_ASIZE_SHIFT;

    return asize == ASIZE_64 ? UINT64_MAX : asize == ASIZE_32 ? 0xffffffff : 0xffff;
}
