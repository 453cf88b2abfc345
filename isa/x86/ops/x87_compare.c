/* isa/x86/ops/x87_compare.c */
/* FCOM FUCOM FICOM FTST FCOMI FUCOMI and their popping forms, FXAM. SDM 1 8.3.6. */
#include "isa/x86/handlers.h"
#include "isa/x86/interp.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/x87_body.h"

enum { CONDITIONS = FP_C0 | FP_C2 | FP_C3 };

/* SDM 1 table 8-6, and 8-7 for EFLAGS. */
static inline u32 conditions_of(enum fp_order order)
{
    switch (order) {
    case FP_LESS:  return FP_C0;
    case FP_EQUAL: return FP_C3;
    default:       return order == FP_GREATER ? 0 : CONDITIONS;
    }
}

static inline u32 flags_of(enum fp_order order)
{
    switch (order) {
    case FP_LESS:  return CF;
    case FP_EQUAL: return ZF;
    default:       return order == FP_GREATER ? 0 : ZF | PF | CF;
    }
}

enum kind_of_compare { SIGNALS, QUIET, SIGNALS_TO_FLAGS, QUIET_TO_FLAGS };

static inline bool to_flags(enum kind_of_compare k)
{
    return k == SIGNALS_TO_FLAGS || k == QUIET_TO_FLAGS;
}

static inline void tell(struct x86 *cpu, enum fp_order order, enum kind_of_compare k)
{
    if (to_flags(k))
        x86_set_arithmetic(cpu, flags_of(order));
    else
        cpu->fsw = (u16)((cpu->fsw & ~(u32)CONDITIONS) | conditions_of(order));
}

static void compare(struct x86 *cpu, struct f80 b, bool missing, enum kind_of_compare k,
                    unsigned pops)
{
    enum fp_order order = FP_UNORDERED;
    bool done;                  /* the result is told all the same, whatever the SDM says */

    if (missing || empty(cpu, 0)) {
        done = x87_stack_fault(cpu, false);
    } else {
        order = k == SIGNALS || k == SIGNALS_TO_FLAGS
            ? f80_compare_signal(*st(cpu, 0), b, &cpu->fenv)
            : f80_compare(*st(cpu, 0), b, &cpu->fenv);
        done = x87_accept(cpu, 0);
    }
    tell(cpu, order, k);
    if (done)
        pop_some(cpu, pops);
}

/* Zeros and normal values. */
static inline bool quick_order(struct f80 a, struct f80 b, enum fp_order *order)
{
    bool negative = a.se >> 15;

    if (unlikely(!is_plain(a) || !is_plain(b)))
        return false;
    if (negative != b.se >> 15)
        *order = !(a.man | b.man) ? FP_EQUAL : negative ? FP_LESS : FP_GREATER;
    else if (a.se == b.se && a.man == b.man)
        *order = FP_EQUAL;
    else
        *order = (a.se == b.se ? a.man < b.man : a.se < b.se) != negative ? FP_LESS : FP_GREATER;
    return true;
}

static inline void quick_tell(struct x86 *cpu, enum fp_order order, enum kind_of_compare k,
                              unsigned pops)
{
    cpu->fsw &= (u16)~FP_C1;
    tell(cpu, order, k);
    pop_some(cpu, pops);
}

#define REGISTER_FORM(name, kind, pops)                                         \
    BODY(name)                                                                  \
    {                                                                           \
        enum fp_order order;                                                    \
                                                                                \
        if (slow) {                                                             \
            begin(cpu, op);                                                     \
            fresh_env(cpu);                                                     \
            compare(cpu, *st(cpu, STI(op)), empty(cpu, STI(op)), kind, pops);   \
            return true;                                                        \
        }                                                                       \
        if (unlikely(cpu->fsw & FSW_ES || empty(cpu, 0) || empty(cpu, STI(op))  \
                     || !quick_order(*st(cpu, 0), *st(cpu, STI(op)), &order)))  \
            return false;                                                       \
        note(cpu, op);                                                          \
        quick_tell(cpu, order, kind, pops);                                     \
        return true;                                                            \
    }                                                                           \
    SLOW_HANDLER(name)                                                          \
    MEMORY_HANDLER(name, name)

REGISTER_FORM(fcom, SIGNALS, 0)
REGISTER_FORM(fcomp, SIGNALS, 1)
REGISTER_FORM(fcompp, SIGNALS, 2)
REGISTER_FORM(fucom, QUIET, 0)
REGISTER_FORM(fucomp, QUIET, 1)
REGISTER_FORM(fucompp, QUIET, 2)
REGISTER_FORM(fcomi, SIGNALS_TO_FLAGS, 0)
REGISTER_FORM(fcomip, SIGNALS_TO_FLAGS, 1)
REGISTER_FORM(fucomi, QUIET_TO_FLAGS, 0)
REGISTER_FORM(fucomip, QUIET_TO_FLAGS, 1)

#define MEMORY_BODY(ea, name, bits, pops)                                       \
    BODY(name##_rm_##ea)                                                        \
    {                                                                           \
        enum fp_order order;                                                    \
        struct f80 b;                                                           \
        u64 linear;                                                             \
        u##bits v;                                                              \
        u8 *host;                                                               \
                                                                                \
        if (unlikely(cpu->fsw & FSW_ES || !ea_##ea(cpu, op, sizeof v, TLB_READ, &linear) \
                     || !(host = tlb_lookup(tlb, TLB_READ, linear, sizeof v)))) \
            return false;                                                       \
        memcpy(&v, host, sizeof v);                                             \
        if (unlikely(empty(cpu, 0) || !quick_f##bits(v, &b)                     \
                     || !quick_order(*st(cpu, 0), b, &order)))                  \
            return false;                                                       \
        NOTE_##ea(linear);                                                      \
        quick_tell(cpu, order, SIGNALS, pops);                                  \
        return true;                                                            \
    }                                                                           \
    MEMORY_HANDLER(name##_rm_##ea, name)

static void with_float(struct x86 *cpu, struct op *op, unsigned size, unsigned pops)
{
    struct fp_env *e;
    u64 v;

    x87_wait(cpu);
    v = op_load(cpu, op, size);
    note_memory(cpu, op);
    e = fresh_env(cpu);
    compare(cpu, size == 4 ? f32_operand((f32)v, e) : f64_operand(v, e), false, SIGNALS, pops);
}

#define MEMORY_FORM(name, bits, pops)                                           \
    static __attribute__((noinline)) void s_##name(HANDLER_ARGS)                \
    {                                                                           \
        PUBLISH;                                                                \
        with_float(cpu, op, bits / 8, pops);                                    \
        RESUME;                                                                 \
    }                                                                           \
    NO_REGISTER_FORM(name)                                                      \
    EACH_EA(MEMORY_BODY, name, bits, pops)

MEMORY_FORM(fcom_m32, 32, 0)
MEMORY_FORM(fcomp_m32, 32, 1)
MEMORY_FORM(fcom_m64, 64, 0)
MEMORY_FORM(fcomp_m64, 64, 1)

static void with_integer(struct x86 *cpu, struct op *op, unsigned size, unsigned pops)
{
    u64 v;

    x87_wait(cpu);
    v = op_load(cpu, op, size);
    note_memory(cpu, op);
    fresh_env(cpu);
    compare(cpu, s64_to_f80(size == 2 ? (s16)v : (s32)v), false, SIGNALS, pops);
}

PLAIN_OP(ficom_m16) { with_integer(cpu, op, 2, 0); }
PLAIN_OP(ficom_m32) { with_integer(cpu, op, 4, 0); }
PLAIN_OP(ficomp_m16) { with_integer(cpu, op, 2, 1); }
PLAIN_OP(ficomp_m32) { with_integer(cpu, op, 4, 1); }

PLAIN_OP(ftst)
{
    begin(cpu, op);
    fresh_env(cpu);
    compare(cpu, f80_signed_zero(false), false, SIGNALS, 0);
}

/* Of an empty register too, whose sign counts all the same. */
PLAIN_OP(fxam)
{
    struct f80 v = *st(cpu, 0);

    begin(cpu, op);
    cpu->fsw = (u16)((cpu->fsw & ~FSW_CONDITIONS) | (f80_sign(v) ? FP_C1 : 0)
                     | (empty(cpu, 0) ? FP_C3 | FP_C0 : (u32)f80_class(v)));
}
