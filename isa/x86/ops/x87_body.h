/* isa/x86/ops/x87_body.h */
/*
 * What the bodies of x87 instructions share: the stack, the pointers to the last instruction, the
 * exceptions' way into the status word. SDM 1 8.1, 8.5.
 *
 * op.src and op.dst are the bits of FOP: low three of the first byte, and ModRM.
 */
#pragma once
#include "isa/x86/fpu/format.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/ops/body.h"

/* ST(i) that ModRM names. */
#define STI(op) ((op)->dst & 7u)

/* In a BODY: a pending exception is the slow twin's. */
#define WAIT_FAST                               \
    do {                                        \
        if (unlikely(cpu->fsw & FSW_ES)) {      \
            if (!slow)                          \
                return false;                   \
            x87_pending(cpu);                   \
        }                                       \
    } while (0)

static inline unsigned physical(const struct x86 *cpu, unsigned i)
{
    return (cpu->ftop + i) & 7;
}

static inline struct f80 *st(struct x86 *cpu, unsigned i)
{
    return &cpu->st[physical(cpu, i)];
}

static inline bool empty(const struct x86 *cpu, unsigned i)
{
    return !(cpu->ftag >> physical(cpu, i) & 1);
}

/* ST(i) becomes valid. */
static inline void put_st(struct x86 *cpu, unsigned i, struct f80 v)
{
    unsigned n = physical(cpu, i);

    cpu->st[n] = v;
    cpu->ftag |= (u8)(1 << n);
}

static inline void push(struct x86 *cpu, struct f80 v)
{
    unsigned n = (cpu->ftop - 1) & 7;

    cpu->ftop = (u8)n;
    cpu->st[n] = v;
    cpu->ftag |= (u8)(1 << n);
}

static inline void pop(struct x86 *cpu)
{
    cpu->ftag &= (u8)~(1 << cpu->ftop);
    cpu->ftop = (cpu->ftop + 1) & 7;
}

static inline void pop_some(struct x86 *cpu, unsigned n)
{
    while (n--)
        pop(cpu);
}

/* FIP, FOP, FCS: SDM 1 8.1.8. */
static inline void note(struct x86 *cpu, const struct op *op)
{
    cpu->fip = op_rip(op);
    cpu->fop = (u16)((op->src << 8 | op->dst) & 0x7ff);
    if (unlikely(cpu->fpu_selectors))
        cpu->fcs = cpu->seg[CS].selector;
}

/* FDP and FDS as well. */
static inline void note_offset(struct x86 *cpu, const struct op *op, u64 offset)
{
    note(cpu, op);
    cpu->fdp = offset;
    if (unlikely(cpu->fpu_selectors))
        cpu->fds = cpu->seg[op_segment(op)].selector;
}

static inline void note_memory(struct x86 *cpu, const struct op *op)
{
    note_offset(cpu, op, op_offset(cpu, op));
}

/* From the linear address, by the name of the way to that: see EACH_EA. */
#define NOTE_bd(linear)     note_offset(cpu, op, linear)
#define NOTE_bis(linear)    note_offset(cpu, op, linear)
#define NOTE_abs(linear)    note_offset(cpu, op, linear)
#define NOTE_gen(linear) \
    note_offset(cpu, op, ((linear) - cpu->fast[op_segment(op)].base) & cpu->lin_mask)

/* Fast addressing comes with a register form, which these have not. */
#define NO_REGISTER_FORM(name)  void h_##name##_rr(HANDLER_ARGS) { GO(h_raise, op); }

/* Before an instruction without a memory operand. */
static inline void begin(struct x86 *cpu, const struct op *op)
{
    x87_wait(cpu);
    note(cpu, op);
}

/* Exceptions into the status word; `conditions` are those that the instruction defines. */
static inline void x87_report(struct x86 *cpu, u32 flags, u32 conditions)
{
    cpu->fsw = (u16)((cpu->fsw & ~conditions) | flags);
    if (unlikely(flags & ~(u32)cpu->fenv.masks & FSW_EXCEPTIONS))
        x87_unmasked(cpu);
}

static inline struct fp_env *fresh_env(struct x86 *cpu)
{
    cpu->fenv.flags = 0;
    cpu->fenv.denormal = false;
    return &cpu->fenv;
}

/*
 * The same from an env, which is ready for the next then. False: SDM 1 8.5 has the registers left
 * as they were.
 */
static inline bool x87_accept(struct x86 *cpu, u32 conditions)
{
    u32 flags = cpu->fenv.flags;

    x87_report(cpu, flags, conditions | FP_C1);
    return !(flags & ~(u32)cpu->fenv.masks & FP_BEFORE);
}

/* Is the response to a stack fault, the indefinite value, due? SDM 1 8.5.1.1 */
static inline bool x87_stack_fault(struct x86 *cpu, bool overflow)
{
    x87_report(cpu, FP_IE | FSW_SF | (overflow ? FP_C1 : 0), FP_C1);
    return cpu->fcw & FP_IE;
}

/* May something be pushed? */
static inline bool room(const struct x86 *cpu)
{
    return empty(cpu, 7);
}

/* ---- Operands of more than eight bytes ---- */

/* SDM 3A 6.15, #AC. Ten bytes are aligned as eight, images as their fields. */
static inline void x87_align(struct x86 *cpu, const struct op *op, unsigned size,
                             unsigned alignment, enum access kind)
{
    u64 linear;

    if (likely(cpu->cpl != 3 || !(cpu->eflags & AC) || !(cpu->cr0 & CR0_AM)))
        return;
    linear = x86_segment_linear(cpu, op_segment(op), op_offset(cpu, op), size, kind);
    if (linear & (alignment - 1))
        x86_fault_code(cpu, V_AC, 0);
}

static inline void load_bytes(struct x86 *cpu, const struct op *op, void *to, unsigned size,
                              unsigned alignment)
{
    x87_align(cpu, op, size, alignment, ACCESS_READ);
    x86_read_bytes(cpu, op_segment(op), op_offset(cpu, op), to, size);
}

static inline void store_bytes(struct x86 *cpu, const struct op *op, const void *from,
                               unsigned size, unsigned alignment)
{
    x87_align(cpu, op, size, alignment, ACCESS_WRITE);
    x86_write_bytes(cpu, op_segment(op), op_offset(cpu, op), from, size);
}

/* ---- Quick ways through memory operands and arithmetic; false: the long way. ---- */

static inline bool quick_f32(u32 v, struct f80 *r)
{
    u32 exponent = v >> 23 & 0xff;

    if (likely(exponent - 1 < 254)) {
        r->man = INTEGER_BIT | (u64)v << 41 >> 1;
        r->se = (u16)(v >> 16 & 0x8000) + (u16)(exponent + F80_BIAS - 127);
        return true;
    }
    *r = f80_signed_zero(v >> 31);
    return !(v << 1);
}

static inline bool quick_f64(u64 v, struct f80 *r)
{
    u32 exponent = v >> 52 & 0x7ff;

    if (likely(exponent - 1 < 2046)) {
        r->man = INTEGER_BIT | v << 12 >> 1;
        r->se = (u16)(v >> 48 & 0x8000) + (u16)(exponent + F80_BIAS - 1023);
        return true;
    }
    *r = f80_signed_zero(v >> 63);
    return !(v << 1);
}

/* Zeros and normal values. */
static inline bool is_plain(struct f80 a)
{
    return f80_is_normal(a) || !((a.se & 0x7fff) | a.man);
}

/* A copy of its own for who may have to forget the flags. Member by member: the whole of what was
 * just written in parts would have to wait for the memory. The same goes for registers. */
static inline struct fp_env quick_env(const struct x86 *cpu)
{
    return (struct fp_env){
        .rounding = cpu->fenv.rounding, .precision = cpu->fenv.precision,
        .masks = cpu->fenv.masks,
    };
}

static inline void set_f80(struct f80 *to, u64 man, u16 se)
{
    to->man = man;
    to->se = se;
}

/* FP_PE and FP_C1 at most; false if PE is unmasked. */
static inline bool quick_report(struct x86 *cpu, u32 flags)
{
    if (unlikely(flags & ~(u32)cpu->fenv.masks & FP_PE))
        return false;
    cpu->fsw = (u16)((cpu->fsw & ~(u32)FP_C1) | flags);
    return true;
}
