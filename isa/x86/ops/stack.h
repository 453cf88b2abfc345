/* isa/x86/ops/stack.h */
/*
 * Bodies of PUSH and POP, for the stack of 64-bit code (_64), which has no segment, and any other
 * (_any).
 */
#pragma once
#include "isa/x86/mode.h"
#include "isa/x86/ops/body.h"

static inline u64 stack_mask(const struct x86 *cpu)
{
    return x86_is_64(cpu) ? UINT64_MAX : cpu->mode & MODE_STACK32 ? 0xffffffff : 0xffff;
}

static inline void set_sp(struct x86 *cpu, u64 sp)
{
    u64 mask = stack_mask(cpu);

    cpu->gpr[RSP] = mask == 0xffff ? (cpu->gpr[RSP] & ~mask) | (sp & mask) : sp & mask;
}

/* The stack's bytes at an offset, on the host; false: let the slow path see to it. */
static inline bool stack_64(struct x86 *cpu, struct tlb *tlb, enum tlb_kind kind, u64 offset,
                            unsigned size, u8 **host)
{
    return tlb_find(tlb, kind, offset, size, host);
}

static inline bool stack_any(struct x86 *cpu, struct tlb *tlb, enum tlb_kind kind, u64 offset,
                             unsigned size, u8 **host)
{
    const struct seg_fast *f = &cpu->fast[SS];

    if ((s64)(offset + size - 1) > (kind == TLB_WRITE ? f->write_last : f->read_last))
        return false;
    return tlb_find(tlb, kind, (f->base + offset) & cpu->lin_mask, size, host);
}

#define SP_64(cpu)              (cpu)->gpr[RSP]
#define SET_SP_64(cpu, v)       ((cpu)->gpr[RSP] = (v))
#define SP_any(cpu)             ((cpu)->gpr[RSP] & stack_mask(cpu))
#define SET_SP_any(cpu, v)      set_sp(cpu, v)
#define WRAP_64(cpu, v)         (v)
#define WRAP_any(cpu, v)        ((v) & stack_mask(cpu))

/* v goes onto the stack; in a body. */
#define PUSH_VALUE(st, T, v)                                                    \
    do {                                                                        \
        T value_ = (T)(v);                                                      \
        u64 sp_ = WRAP_##st(cpu, SP_##st(cpu) - sizeof(T));                     \
        if (slow) {                                                             \
            x86_write(cpu, SS, sp_, sizeof(T), value_);                         \
        } else {                                                                \
            u8 *host_;                                                          \
            if (!stack_##st(cpu, tlb, TLB_WRITE, sp_, sizeof(T), &host_))       \
                return false;                                                   \
            memcpy(host_, &value_, sizeof(T));                                  \
        }                                                                       \
        SET_SP_##st(cpu, sp_);                                                  \
    } while (0)

/* The top of the stack into v; the stack pointer is not yet moved. */
#define TOP_VALUE(st, T, v)                                                     \
    do {                                                                        \
        if (slow) {                                                             \
            v = (T)x86_read(cpu, SS, SP_##st(cpu), sizeof(T));                  \
        } else {                                                                \
            u8 *host_;                                                          \
            if (!stack_##st(cpu, tlb, TLB_READ, SP_##st(cpu), sizeof(T), &host_)) \
                return false;                                                   \
            memcpy(&v, host_, sizeof(T));                                       \
        }                                                                       \
    } while (0)

#define PUSH_POP_BODIES(w, st)                                                         \
    BODY(push_##w##_##st)                                                       \
    {                                                                           \
        PUSH_VALUE(st, T_##w, GET_##w(cpu, op->dst));                           \
        return true;                                                            \
    }                                                                           \
    BODY(push_imm_##w##_##st)                                                   \
    {                                                                           \
        PUSH_VALUE(st, T_##w, (s64)op->imm);                                    \
        return true;                                                            \
    }                                                                           \
    BODY(pop_##w##_##st)                                                        \
    {                                                                           \
        T_##w v_;                                                               \
        TOP_VALUE(st, T_##w, v_);                                               \
        SET_SP_##st(cpu, WRAP_##st(cpu, SP_##st(cpu) + sizeof v_));             \
        PUT_##w(cpu, op->dst, v_);                                              \
        return true;                                                            \
    }

PUSH_POP_BODIES(w, 64)
PUSH_POP_BODIES(q, 64)
PUSH_POP_BODIES(w, any)
PUSH_POP_BODIES(d, any)
