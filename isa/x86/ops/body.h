/* isa/x86/ops/body.h */
/*
 * What a body may use, and how a body becomes handlers.
 *
 * A body is a function `bool b_NAME(cpu, lazy, op, tlb, slow)`, where lazy is cpu->lazy: apart, so
 * that a compiler can be told that no register lies there. With slow false it is inlined into the
 * fast handler: where memory needs more than a look into the TLB it gives false, having changed
 * nothing, and the handler goes on in its slow twin: the same body with slow true, in which
 * memory is reached by calls that may fault. The law that makes this safe: read and check
 * everything, then write.
 */
#pragma once
#include <string.h>

#include "dispatch.h"         /* of dispatch/thread or dispatch/loop: the build chooses */
#include "isa/x86/fault.h"
#include "isa/x86/interp.h"
#include "isa/x86/memory.h"
#include "isa/x86/ops/widths.h"

#define BODY(name) \
    static inline __attribute__((always_inline)) \
    bool b_##name(struct x86 *cpu, struct lazy_flags *lazy, struct op *op, struct tlb *tlb, \
                  const bool slow)

/* The slow path says where it is before it calls out, so that a fault knows. */
#define PUBLISH             (cpu->op = op, cpu->budget = budget)
/* After a call out: time may have become dearer, or code may be gone. */
#define RESUME                                      \
    do {                                            \
        budget = cpu->budget;                       \
        if (unlikely(cpu->leave))                   \
            GO(x86_leave_behind, op);               \
        GO(op[1].fn, op + 1);                       \
    } while (0)

#define NEXT                GO(op[1].fn, op + 1)

/* A handler that cannot need its slow path. */
#define FAST_HANDLER(name)                          \
    void h_##name(HANDLER_ARGS)                     \
    {                                               \
        b_##name(cpu, &cpu->lazy, op, tlb, false);  \
        NEXT;                                       \
    }

#define SLOW_HANDLER(name)                          \
    static __attribute__((noinline)) void s_##name(HANDLER_ARGS) \
    {                                               \
        PUBLISH;                                    \
        b_##name(cpu, &cpu->lazy, op, tlb, true);   \
        RESUME;                                     \
    }

/* A fast handler whose slow path is that of another form of the same operation. */
#define MEMORY_HANDLER(name, slow_name)             \
    void h_##name(HANDLER_ARGS)                     \
    {                                               \
        if (unlikely(!b_##name(cpu, &cpu->lazy, op, tlb, false))) \
            GO(s_##slow_name, op);                  \
        NEXT;                                       \
    }

/*
 * What is not worth a twin: a plain function that may do everything. PLAIN_OP(name) { ... }
 * defines handler h_name; its body sees cpu and op. END_OP likewise, for what ends a block: it
 * starts with rip behind the instruction and may set it.
 */
#define PLAIN_OP(name)                                          \
    static void i_##name(struct x86 *cpu, struct op *op);       \
    void h_##name(HANDLER_ARGS)                                 \
    {                                                           \
        PUBLISH;                                                \
        i_##name(cpu, op);                                      \
        RESUME;                                                 \
    }                                                           \
    static void i_##name(struct x86 *cpu, struct op *op)

#define END_OP(name)                                            \
    static void i_##name(struct x86 *cpu, struct op *op);       \
    void h_##name(HANDLER_ARGS)                                 \
    {                                                           \
        PUBLISH;                                                \
        cpu->rip = op_next_rip(op);                             \
        i_##name(cpu, op);                                      \
        cpu->budget -= op->n;                                   \
        LEAVE;                                                  \
    }                                                           \
    static void i_##name(struct x86 *cpu, struct op *op)

/* ---- Addresses for the fast path: linear, false when the slow path must look ---- */

/* bd, bis: 64-bit addressing without a segment base. */
static inline bool ea_bd(struct x86 *cpu, const struct op *op, unsigned size,
                         enum tlb_kind kind, u64 *linear)
{
    *linear = GET_q(cpu, op->base) + (s64)op->disp;
    return true;
}

static inline bool ea_bis(struct x86 *cpu, const struct op *op, unsigned size,
                          enum tlb_kind kind, u64 *linear)
{
    *linear = GET_q(cpu, op->base) + (GET_q(cpu, op->idx) << (op->mem & MEM_SCALE))
        + (s64)op->disp;
    return true;
}

/* The address itself, in 64-bit code. */
static inline bool ea_abs(struct x86 *cpu, const struct op *op, unsigned size,
                          enum tlb_kind kind, u64 *linear)
{
    *linear = op->imm64;
    return true;
}

/* Relative to RIP with an immediate beside, in 64-bit code. */
static inline bool ea_rip(struct x86 *cpu, const struct op *op, unsigned size,
                          enum tlb_kind kind, u64 *linear)
{
    *linear = op_next_rip(op) + (s64)op->disp;
    return true;
}

/* Anything: 16 and 32 bits, segments. */
static inline bool ea_gen(struct x86 *cpu, const struct op *op, unsigned size,
                          enum tlb_kind kind, u64 *linear)
{
    const struct seg_fast *f = &cpu->fast[op_segment(op)];
    u64 offset = op_offset(cpu, op);

    *linear = (f->base + offset) & cpu->lin_mask;
    return (s64)(offset + size - 1) <= (kind == TLB_WRITE ? f->write_last : f->read_last);
}

#define EACH_EA(X, ...) \
    X(bd, __VA_ARGS__) X(bis, __VA_ARGS__) X(abs, __VA_ARGS__) X(gen, __VA_ARGS__)

#define EACH_EA_I(X, ...) \
    X(bd, __VA_ARGS__) X(bis, __VA_ARGS__) X(rip, __VA_ARGS__) X(gen, __VA_ARGS__)

/* Into v from the memory operand. `ea` is one of those above. */
#define LOAD(v, ea)                                                             \
    do {                                                                        \
        if (slow) {                                                             \
            v = (__typeof__(v))op_load(cpu, op, sizeof(v));                     \
        } else {                                                                \
            u64 linear_;                                                        \
            u8 *host_;                                                          \
            if (!ea_##ea(cpu, op, sizeof(v), TLB_READ, &linear_)                \
                || !tlb_find(tlb, TLB_READ, linear_, sizeof(v), &host_))    \
                return false;                                                   \
            memcpy(&v, host_, sizeof(v));                                       \
        }                                                                       \
    } while (0)

#define STORE(v, ea)                                                            \
    do {                                                                        \
        if (slow) {                                                             \
            op_store(cpu, op, sizeof(v), v);                                    \
        } else {                                                                \
            u64 linear_;                                                        \
            u8 *host_;                                                          \
            if (!ea_##ea(cpu, op, sizeof(v), TLB_WRITE, &linear_)               \
                || !tlb_find(tlb, TLB_WRITE, linear_, sizeof(v), &host_))   \
                return false;                                                   \
            memcpy(host_, &v, sizeof(v));                                       \
        }                                                                       \
    } while (0)

/* v = f(v), in memory; `was` names the old value's variable. */
#define MODIFY(T, was, ea, f)                                                   \
    do {                                                                        \
        if (slow) {                                                             \
            T was = (T)op_rmw_load(cpu, op, sizeof(T)), new_ = (f);             \
            x86_rmw_write(cpu, sizeof(T), new_);                                \
        } else {                                                                \
            u64 linear_;                                                        \
            u8 *host_;                                                          \
            T was, new_;                                                        \
            if (!ea_##ea(cpu, op, sizeof(T), TLB_WRITE, &linear_)               \
                || !tlb_find(tlb, TLB_WRITE, linear_, sizeof(T), &host_))   \
                return false;                                                   \
            memcpy(&was, host_, sizeof(T));                                     \
            new_ = (f);                                                         \
            memcpy(host_, &new_, sizeof(T));                                    \
        }                                                                       \
    } while (0)

/* The arithmetic flags from now on: see flags.h. */
#define FLAGS_AS(lazy_, res_, x_, y_, kind_)                                    \
    do {                                                                        \
        struct lazy_flags *to_ = (lazy_);                                       \
        to_->res = (res_); to_->x = (x_); to_->y = (y_); to_->kind = (kind_);   \
    } while (0)
