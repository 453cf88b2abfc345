/* isa/x86/ops/x87_arith.c */
/*
 * FADD FMUL FSUB FSUBR FDIV FDIVR in all their forms: ST(0) and an operand, the result in ST(0) or
 * ST(i). SDM 1 8.3.5.
 */
#include "isa/x86/handlers.h"
#include "isa/x86/interp.h"
#include "isa/x86/ops/x87_body.h"

#define EACH_OPERATION(X)       X(fadd) X(fmul) X(fsub) X(fsubr) X(fdiv) X(fdivr)

typedef struct f80 operation(struct f80 st0, struct f80 b, struct fp_env *);

#define LONG(name, value)                                                       \
    static struct f80 long_##name(struct f80 a, struct f80 b, struct fp_env *e) \
    {                                                                           \
        return value;                                                           \
    }
LONG(fadd, f80_add(a, b, e))
LONG(fmul, f80_mul(a, b, e))
LONG(fsub, f80_sub(a, b, e))
LONG(fsubr, f80_sub(b, a, e))
LONG(fdiv, f80_div(a, b, e))
LONG(fdivr, f80_div(b, a, e))

static inline struct number minus(struct number a)
{
    a.sign = !a.sign;
    return a;
}

#define QUICK_fadd(a, b)    number_sum(a, b)
#define QUICK_fmul(a, b)    number_mul(a, b)
#define QUICK_fsub(a, b)    number_sum(a, minus(b))
#define QUICK_fsubr(a, b)   number_sum(minus(a), b)
#define QUICK_fdiv(a, b)    number_div(a, b)
#define QUICK_fdivr(a, b)   number_div(b, a)

/* What every operand and result takes that may be special; cpu->fenv is fresh. */
static void arithmetic(struct x86 *cpu, operation *f, struct f80 b, bool missing, unsigned to,
                       bool pops)
{
    struct f80 r = F80_INDEFINITE;
    bool done;

    if (unlikely(missing || empty(cpu, 0))) {
        done = x87_stack_fault(cpu, false);
    } else {
        r = f(*st(cpu, 0), b, &cpu->fenv);
        done = x87_accept(cpu, 0);
    }
    if (!done)
        return;
    put_st(cpu, to, r);
    if (pops)
        pop(cpu);
}

static void with_register(struct x86 *cpu, struct op *op, operation *f, unsigned to, bool pops)
{
    begin(cpu, op);
    fresh_env(cpu);
    arithmetic(cpu, f, *st(cpu, STI(op)), empty(cpu, STI(op)), to, pops);
}

static void with_integer(struct x86 *cpu, struct op *op, operation *f, unsigned size)
{
    u64 v;

    x87_wait(cpu);
    v = op_load(cpu, op, size);
    note_memory(cpu, op);
    fresh_env(cpu);
    arithmetic(cpu, f, s64_to_f80(size == 2 ? (s16)v : (s32)v), false, 0, false);
}

static void with_float(struct x86 *cpu, struct op *op, operation *f, unsigned size)
{
    struct fp_env *e;
    u64 v;

    x87_wait(cpu);
    v = op_load(cpu, op, size);
    note_memory(cpu, op);
    e = fresh_env(cpu);
    arithmetic(cpu, f, size == 4 ? f32_operand((f32)v, e) : f64_operand(v, e), false, 0, false);
}

/* Normal numbers in, a normal number out: to ST(to). */
static inline __attribute__((always_inline))
bool quick_result(struct x86 *cpu, struct number n, unsigned to)
{
    struct fp_env e = quick_env(cpu);

    if (unlikely(!n.hi || (u32)(n.exp + F80_BIAS) - 1 >= 0x7ffd))
        return false;
    round_significand(&n, bits_dropped(e.precision), &e);
    if (!quick_report(cpu, e.flags))
        return false;
    *st(cpu, to) = f80_pack(n.sign, (u32)(n.exp + F80_BIAS), n.hi);
    return true;
}

#define QUICK(name, b, to)                                                      \
    (likely(f80_is_normal(*st(cpu, 0)) && f80_is_normal(b))                     \
     && quick_result(cpu, QUICK_##name(f80_number(*st(cpu, 0)), f80_number(b)), to))

/* The form with a register: destination `to`. */
#define REGISTER_FORM(name, operation, to, pops)                                \
    BODY(name)                                                                  \
    {                                                                           \
        if (slow) {                                                             \
            with_register(cpu, op, long_##operation, to, pops);                 \
            return true;                                                        \
        }                                                                       \
        if (unlikely(cpu->fsw & FSW_ES || empty(cpu, 0) || empty(cpu, STI(op)))) \
            return false;                                                       \
        if (!QUICK(operation, *st(cpu, STI(op)), to))                           \
            return false;                                                       \
        note(cpu, op);                                                          \
        if (pops)                                                               \
            pop(cpu);                                                           \
        return true;                                                            \
    }                                                                           \
    SLOW_HANDLER(name)                                                          \
    MEMORY_HANDLER(name, name)

/* A float from memory: quickly into fpu_operand, then on to what all these forms share. */
#define MEMORY_EA(ea, name, operation, bits)                                    \
    void h_##name##_rm_##ea(HANDLER_ARGS)                                       \
    {                                                                           \
        u64 linear;                                                             \
        u##bits v;                                                              \
        u8 *host;                                                               \
                                                                                \
        if (unlikely(cpu->fsw & FSW_ES || !ea_##ea(cpu, op, sizeof v, TLB_READ, &linear) \
                     || !(host = tlb_lookup(tlb, TLB_READ, linear, sizeof v)))) \
            GO(s_##name, op);                                                   \
        memcpy(&v, host, sizeof v);                                             \
        if (unlikely(!quick_f##bits(v, &cpu->fpu_operand)))                     \
            GO(s_##name, op);                                                   \
        NOTE_##ea(linear);                                                      \
        GO(x_##operation, op);                                                  \
    }

#define MEMORY_FORM(name, operation, bits)                                      \
    static __attribute__((noinline)) void s_##name(HANDLER_ARGS)                \
    {                                                                           \
        PUBLISH;                                                                \
        with_float(cpu, op, long_##operation, bits / 8);                        \
        RESUME;                                                                 \
    }                                                                           \
    NO_REGISTER_FORM(name)                                                      \
    EACH_EA(MEMORY_EA, name, operation, bits)

#define SHARED_TAIL(name)                                                       \
    static __attribute__((noinline)) void t_##name(HANDLER_ARGS)                \
    {                                                                           \
        PUBLISH;                                                                \
        fresh_env(cpu);                                                         \
        arithmetic(cpu, long_##name, cpu->fpu_operand, false, 0, false);        \
        RESUME;                                                                 \
    }                                                                           \
    static __attribute__((noinline)) void x_##name(HANDLER_ARGS)                \
    {                                                                           \
        if (unlikely(empty(cpu, 0)) || !QUICK(name, cpu->fpu_operand, 0))       \
            GO(t_##name, op);                                                   \
        NEXT;                                                                   \
    }

#define ALL_FORMS(name)                                                         \
    REGISTER_FORM(name, name, 0, false)                                         \
    REGISTER_FORM(name##_to, name, STI(op), false)                              \
    REGISTER_FORM(name##p, name, STI(op), true)                                 \
    SHARED_TAIL(name)                                                           \
    MEMORY_FORM(name##_m32, name, 32)                                           \
    MEMORY_FORM(name##_m64, name, 64)

EACH_OPERATION(ALL_FORMS)

#define INTEGER_FORM(name, operation)                                           \
    PLAIN_OP(name##_m16) { with_integer(cpu, op, long_##operation, 2); }        \
    PLAIN_OP(name##_m32) { with_integer(cpu, op, long_##operation, 4); }

INTEGER_FORM(fiadd, fadd)
INTEGER_FORM(fimul, fmul)
INTEGER_FORM(fisub, fsub)
INTEGER_FORM(fisubr, fsubr)
INTEGER_FORM(fidiv, fdiv)
INTEGER_FORM(fidivr, fdivr)
