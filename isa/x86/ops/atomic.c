/*
 * XCHG, XADD, CMPXCHG, CMPXCHG8B, CMPXCHG16B: SDM 2. Processors take turns between instructions, so
 * that each of these is atomic with LOCK and without.
 */
#include "isa/x86/handlers.h"
#include "isa/x86/ops/alu.h"
#include "isa/x86/ops/forms.h"

/*
 * The new value is in memory before a register changes: the store may yet fault in the slow twin.
 */
#define XCHG(name, w)                                                           \
    BODY(xchg_##w##_r)                                                          \
    {                                                                           \
        T_##w a_ = GET_##w(cpu, op->dst), b_ = GET_##w(cpu, op->src);           \
                                                                                \
        PUT_##w(cpu, op->src, a_);                                              \
        PUT_##w(cpu, op->dst, b_);                                              \
        return true;                                                            \
    }                                                                           \
    BODY(xchg_##w##_m)                                                          \
    {                                                                           \
        T_##w was_ = 0, b_ = GET_##w(cpu, op->src);                             \
                                                                                \
        MODIFY(T_##w, a_, gen, (was_ = a_, b_));                                \
        PUT_##w(cpu, op->src, was_);                                            \
        return true;                                                            \
    }                                                                           \
    RM_HANDLERS(xchg, w)
WIDTHS_BWDQ(XCHG, )

#define XADD(name, w)                                                           \
    BODY(xadd_##w##_r)                                                          \
    {                                                                           \
        T_##w a_ = GET_##w(cpu, op->dst), b_ = GET_##w(cpu, op->src);           \
                                                                                \
        PUT_##w(cpu, op->src, a_);                                              \
        PUT_##w(cpu, op->dst, (alu_add_##w(lazy, a_, b_, true)));                \
        return true;                                                            \
    }                                                                           \
    BODY(xadd_##w##_m)                                                          \
    {                                                                           \
        T_##w was_ = 0, b_ = GET_##w(cpu, op->src);                             \
                                                                                \
        MODIFY(T_##w, a_, gen, (was_ = a_, (T_##w)(a_ + b_)));                  \
        alu_add_##w(lazy, was_, b_, true);                                       \
        PUT_##w(cpu, op->src, was_);                                            \
        return true;                                                            \
    }                                                                           \
    RM_HANDLERS(xadd, w)
WIDTHS_BWDQ(XADD, )

/*
 * Of the accumulator and the destination only the one that is replaced is written, so that the
 * upper half of the other stays; memory is written in any case.
 */
#define CMPXCHG(name, w)                                                        \
    BODY(cmpxchg_##w##_r)                                                       \
    {                                                                           \
        T_##w acc_ = GET_##w(cpu, GPR_OFFSET(RAX)), a_ = GET_##w(cpu, op->dst); \
                                                                                \
        alu_cmp_##w(lazy, acc_, a_, true);                                       \
        if (acc_ == a_)                                                         \
            PUT_##w(cpu, op->dst, GET_##w(cpu, op->src));                       \
        else                                                                    \
            PUT_##w(cpu, GPR_OFFSET(RAX), a_);                                  \
        return true;                                                            \
    }                                                                           \
    BODY(cmpxchg_##w##_m)                                                       \
    {                                                                           \
        T_##w acc_ = GET_##w(cpu, GPR_OFFSET(RAX)), b_ = GET_##w(cpu, op->src), was_ = 0; \
                                                                                \
        MODIFY(T_##w, a_, gen, (was_ = a_, a_ == acc_ ? b_ : a_));              \
        alu_cmp_##w(lazy, acc_, was_, true);                                     \
        if (acc_ != was_)                                                       \
            PUT_##w(cpu, GPR_OFFSET(RAX), was_);                                \
        return true;                                                            \
    }                                                                           \
    RM_HANDLERS(cmpxchg, w)
WIDTHS_BWDQ(CMPXCHG, )

PLAIN_OP(cmpxchg8b)
{
    u64 was = op_rmw_load(cpu, op, 8);
    u64 expected = (u64)GET_d(cpu, GPR_OFFSET(RDX)) << 32 | GET_d(cpu, GPR_OFFSET(RAX));
    u64 wanted = (u64)GET_d(cpu, GPR_OFFSET(RCX)) << 32 | GET_d(cpu, GPR_OFFSET(RBX));

    x86_rmw_write(cpu, 8, was == expected ? wanted : was);
    flags_set_zero(&cpu->lazy, was == expected);
    if (was != expected) {
        PUT_d(cpu, GPR_OFFSET(RAX), (u32)was);
        PUT_d(cpu, GPR_OFFSET(RDX), was >> 32);
    }
}

/* Aligned, or #GP(0): so both halves are in one page. */
PLAIN_OP(cmpxchg16b)
{
    enum segment_name seg = op_segment(op);
    u64 at = op_offset(cpu, op), low, high;
    bool equal;

    x86_protect(cpu, !(x86_segment_linear(cpu, seg, at, 16, ACCESS_WRITE) & 15));
    x86_probe(cpu, seg, at, 16, ACCESS_WRITE);
    low = x86_read(cpu, seg, at, 8);
    high = x86_read(cpu, seg, at + 8, 8);
    equal = low == cpu->gpr[RAX] && high == cpu->gpr[RDX];
    x86_write(cpu, seg, at, 8, equal ? cpu->gpr[RBX] : low);
    x86_write(cpu, seg, at + 8, 8, equal ? cpu->gpr[RCX] : high);
    flags_set_zero(&cpu->lazy, equal);
    if (!equal) {
        cpu->gpr[RAX] = low;
        cpu->gpr[RDX] = high;
    }
}
