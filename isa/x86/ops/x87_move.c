/* isa/x86/ops/x87_move.c */
/*
 * Loads, stores, exchanges, conditional moves and constants: SDM 1 8.3.3, 8.3.4. A store converts
 * first, then reaches memory, and only then tells the status word: the access may fault.
 */
#include "isa/x86/handlers.h"
#include "isa/x86/interp.h"
#include "isa/x86/ops/condition.h"
#include "isa/x86/ops/x87_body.h"

/* ---- Registers ---- */

/* A value that raised nothing. */
static void push_checked(struct x86 *cpu, struct f80 v)
{
    if (likely(room(cpu)))
        cpu->fsw &= (u16)~FP_C1;
    else if (x87_stack_fault(cpu, true))
        v = F80_INDEFINITE;
    else
        return;
    push(cpu, v);
}

BODY(fld)
{
    struct f80 v = *st(cpu, STI(op));

    WAIT_FAST;
    if (unlikely(empty(cpu, STI(op)) || !room(cpu))) {
        if (!slow)
            return false;
        note(cpu, op);
        if (x87_stack_fault(cpu, !empty(cpu, STI(op))))
            push(cpu, F80_INDEFINITE);
        return true;
    }
    note(cpu, op);
    cpu->fsw &= (u16)~FP_C1;
    push(cpu, v);
    return true;
}
SLOW_HANDLER(fld)
MEMORY_HANDLER(fld, fld)

#define STORE_REGISTER(name, pops)                                              \
    BODY(name)                                                                  \
    {                                                                           \
        struct f80 v = *st(cpu, 0);                                             \
                                                                                \
        WAIT_FAST;                                                              \
        if (unlikely(empty(cpu, 0))) {                                          \
            if (!slow)                                                          \
                return false;                                                   \
            note(cpu, op);                                                      \
            if (!x87_stack_fault(cpu, false))                                   \
                return true;                                                    \
            v = F80_INDEFINITE;                                                 \
        }                                                                       \
        note(cpu, op);                                                          \
        cpu->fsw &= (u16)~FP_C1;                                                \
        put_st(cpu, STI(op), v);                                                \
        if (pops)                                                               \
            pop(cpu);                                                           \
        return true;                                                            \
    }                                                                           \
    SLOW_HANDLER(name)                                                          \
    MEMORY_HANDLER(name, name)

STORE_REGISTER(fst, false)
STORE_REGISTER(fstp, true)

/* D9 /3, which no manual names: FSTP without a stack fault. */
PLAIN_OP(fstp_quiet)
{
    begin(cpu, op);
    cpu->fsw &= (u16)~FP_C1;
    if (!empty(cpu, 0))
        put_st(cpu, STI(op), *st(cpu, 0));
    pop(cpu);
}

/* Empty ones are indefinite first, if that exception is masked. */
static bool fill_for_exchange(struct x86 *cpu, unsigned i)
{
    if (!x87_stack_fault(cpu, false))
        return false;
    if (empty(cpu, 0))
        put_st(cpu, 0, F80_INDEFINITE);
    if (empty(cpu, i))
        put_st(cpu, i, F80_INDEFINITE);
    return true;
}

BODY(fxch)
{
    struct f80 *a = st(cpu, 0), *b = st(cpu, STI(op));
    u64 man;
    u16 se;

    WAIT_FAST;
    if (unlikely(empty(cpu, 0) || empty(cpu, STI(op)))) {
        if (!slow)
            return false;
        note(cpu, op);
        if (!fill_for_exchange(cpu, STI(op)))
            return true;
    }
    note(cpu, op);
    cpu->fsw &= (u16)~FP_C1;
    man = a->man;
    se = a->se;
    set_f80(a, b->man, b->se);
    set_f80(b, man, se);
    return true;
}
SLOW_HANDLER(fxch)
MEMORY_HANDLER(fxch, fxch)

/* DA: B E BE U; DB: their opposites. */
static inline bool fcmov_condition(const struct x86 *cpu, const struct op *op)
{
    const struct lazy_flags *f = &cpu->lazy;
    bool holds;

    switch (op->dst >> 3 & 3) {
    case 0:  holds = cond_b(f); break;
    case 1:  holds = cond_z(f); break;
    case 2:  holds = cond_be(f); break;
    default: holds = cond_p(f); break;
    }
    return holds != (op->src & 1);
}

BODY(fcmov)
{
    WAIT_FAST;
    if (unlikely(empty(cpu, 0) || empty(cpu, STI(op)))) {
        if (!slow)
            return false;
        note(cpu, op);
        if (x87_stack_fault(cpu, false))
            put_st(cpu, 0, F80_INDEFINITE);
        return true;
    }
    note(cpu, op);
    if (fcmov_condition(cpu, op))
        set_f80(st(cpu, 0), st(cpu, STI(op))->man, st(cpu, STI(op))->se);
    return true;
}
SLOW_HANDLER(fcmov)
MEMORY_HANDLER(fcmov, fcmov)

BODY(fld_constant)
{
    WAIT_FAST;
    if (unlikely(!room(cpu)) && !slow)
        return false;
    note(cpu, op);
    push_checked(cpu, f80_constant((enum f80_constant)STI(op), &cpu->fenv));
    return true;
}
SLOW_HANDLER(fld_constant)
MEMORY_HANDLER(fld_constant, fld_constant)

/* ---- From memory ---- */

/* After a conversion by cpu->fenv. An unmasked DE does not keep processors from loading. */
static void push_converted(struct x86 *cpu, struct f80 v)
{
    if (!room(cpu)) {
        push_checked(cpu, v);
        return;
    }
    x87_accept(cpu, 0);
    if (!(fp_unmasked(&cpu->fenv) & FP_IE))
        push(cpu, v);
}

static void load_float(struct x86 *cpu, struct op *op, unsigned size)
{
    struct fp_env *e;
    u64 v;

    x87_wait(cpu);
    v = op_load(cpu, op, size);
    note_memory(cpu, op);
    e = fresh_env(cpu);
    push_converted(cpu, size == 4 ? f32_to_f80((f32)v, e) : f64_to_f80(v, e));
}

#define LOAD_EA(ea, name, bits)                                                 \
    BODY(name##_rm_##ea)                                                        \
    {                                                                           \
        struct f80 r;                                                           \
        u64 linear;                                                             \
        u##bits v;                                                              \
        u8 *host;                                                               \
                                                                                \
        if (unlikely(cpu->fsw & FSW_ES || !room(cpu)                            \
                     || !ea_##ea(cpu, op, sizeof v, TLB_READ, &linear)          \
                     || !(host = tlb_lookup(tlb, TLB_READ, linear, sizeof v)))) \
            return false;                                                       \
        memcpy(&v, host, sizeof v);                                             \
        if (unlikely(!quick_f##bits(v, &r)))                                    \
            return false;                                                       \
        NOTE_##ea(linear);                                                      \
        cpu->fsw &= (u16)~FP_C1;                                                \
        push(cpu, r);                                                           \
        return true;                                                            \
    }                                                                           \
    MEMORY_HANDLER(name##_rm_##ea, name)

#define LOAD_FORM(name, bits)                                                   \
    static __attribute__((noinline)) void s_##name(HANDLER_ARGS)                \
    {                                                                           \
        PUBLISH;                                                                \
        load_float(cpu, op, bits / 8);                                          \
        RESUME;                                                                 \
    }                                                                           \
    NO_REGISTER_FORM(name)                                                      \
    EACH_EA(LOAD_EA, name, bits)

LOAD_FORM(fld_m32, 32)
LOAD_FORM(fld_m64, 64)

static void load_integer(struct x86 *cpu, struct op *op, unsigned size)
{
    unsigned unused = 64 - 8 * size;
    s64 v;

    x87_wait(cpu);
    v = (s64)(op_load(cpu, op, size) << unused) >> unused;
    note_memory(cpu, op);
    push_checked(cpu, s64_to_f80(v));
}

static inline struct f80 quick_from_integer(s64 v)
{
    u64 magnitude = v < 0 ? -(u64)v : (u64)v;
    unsigned n;

    if (!v)
        return f80_signed_zero(false);
    n = (unsigned)__builtin_clzll(magnitude);
    return f80_pack(v < 0, F80_BIAS + 63 - n, magnitude << n);
}

#define INTEGER_LOAD(name, bits)                                                \
    BODY(name)                                                                  \
    {                                                                           \
        u64 linear;                                                             \
        s##bits v;                                                              \
        u8 *host;                                                               \
                                                                                \
        if (slow) {                                                             \
            load_integer(cpu, op, bits / 8);                                    \
            return true;                                                        \
        }                                                                       \
        if (unlikely(cpu->fsw & FSW_ES || !room(cpu)                            \
                     || !ea_gen(cpu, op, sizeof v, TLB_READ, &linear)           \
                     || !(host = tlb_lookup(tlb, TLB_READ, linear, sizeof v)))) \
            return false;                                                       \
        memcpy(&v, host, sizeof v);                                             \
        NOTE_gen(linear);                                                       \
        cpu->fsw &= (u16)~FP_C1;                                                \
        push(cpu, quick_from_integer(v));                                       \
        return true;                                                            \
    }                                                                           \
    SLOW_HANDLER(name)                                                          \
    MEMORY_HANDLER(name, name)

INTEGER_LOAD(fild_m16, 16)
INTEGER_LOAD(fild_m32, 32)
INTEGER_LOAD(fild_m64, 64)

struct image80 { u64 man; u16 se; } __attribute__((packed));

static void load_m80(struct x86 *cpu, struct op *op)
{
    struct image80 v;

    x87_wait(cpu);
    load_bytes(cpu, op, &v, sizeof v, 8);
    note_memory(cpu, op);
    push_checked(cpu, (struct f80){ v.man, v.se });
}

BODY(fld_m80)
{
    struct image80 v;
    u64 linear;
    u8 *host;

    if (slow) {
        load_m80(cpu, op);
        return true;
    }
    if (unlikely(cpu->fsw & FSW_ES || !room(cpu) || !ea_gen(cpu, op, sizeof v, TLB_READ, &linear)
                 || !(host = tlb_lookup(tlb, TLB_READ, linear, sizeof v))))
        return false;
    memcpy(&v, host, sizeof v);
    NOTE_gen(linear);
    cpu->fsw &= (u16)~FP_C1;
    push(cpu, (struct f80){ v.man, v.se });
    return true;
}
SLOW_HANDLER(fld_m80)
MEMORY_HANDLER(fld_m80, fld_m80)

PLAIN_OP(fbld)
{
    u8 bcd[10];

    x87_wait(cpu);
    load_bytes(cpu, op, bcd, sizeof bcd, 8);
    note_memory(cpu, op);
    push_checked(cpu, bcd_to_f80(bcd));
}
