/* isa/x86/ops/x87_math.c */
/* FSQRT, remainders, scaling, rounding, transcendentals: SDM 1 8.3.5, 8.3.7 to 8.3.10. */
#include "isa/x86/handlers.h"
#include "isa/x86/fpu/transcend.h"
#include "isa/x86/ops/x87_body.h"

/* ---- The sign ---- */

#define SIGN_OPERATION(name, function)                                          \
    BODY(name)                                                                  \
    {                                                                           \
        WAIT_FAST;                                                              \
        if (unlikely(empty(cpu, 0))) {                                          \
            if (!slow)                                                          \
                return false;                                                   \
            note(cpu, op);                                                      \
            if (x87_stack_fault(cpu, false))                                    \
                put_st(cpu, 0, F80_INDEFINITE);                                 \
            return true;                                                        \
        }                                                                       \
        note(cpu, op);                                                          \
        cpu->fsw &= (u16)~FP_C1;                                                \
        *st(cpu, 0) = function(*st(cpu, 0));                                    \
        return true;                                                            \
    }                                                                           \
    SLOW_HANDLER(name)                                                          \
    MEMORY_HANDLER(name, name)

SIGN_OPERATION(fchs, f80_negate)
SIGN_OPERATION(fabs, f80_abs)

/* ---- One operand, one result; `conditions` are defined apart from C1 ---- */

static void one(struct x86 *cpu, struct op *op, struct f80 (*f)(struct f80, struct fp_env *),
                u32 conditions)
{
    struct f80 r;

    begin(cpu, op);
    cpu->fsw &= (u16)~conditions;
    if (empty(cpu, 0)) {
        if (x87_stack_fault(cpu, false))
            put_st(cpu, 0, F80_INDEFINITE);
        return;
    }
    r = f(*st(cpu, 0), fresh_env(cpu));
    if (x87_accept(cpu, 0))
        put_st(cpu, 0, r);
}

PLAIN_OP(fsqrt)   { one(cpu, op, f80_sqrt, 0); }
PLAIN_OP(frndint) { one(cpu, op, f80_round, 0); }
PLAIN_OP(f2xm1)   { one(cpu, op, f80_2xm1, 0); }
PLAIN_OP(fsin)    { one(cpu, op, f80_sin, FP_C2); }
PLAIN_OP(fcos)    { one(cpu, op, f80_cos, FP_C2); }

/* ---- ST(0) and ST(1) ---- */

/*
 * The result is in ST(to); then the stack is popped if it is not ST(0). Of the conditions only C2
 * is defined where there is no number.
 */
static void two(struct x86 *cpu, struct op *op,
                struct f80 (*f)(struct f80 st0, struct f80 st1, struct fp_env *), unsigned to,
                u32 conditions)
{
    struct f80 r = F80_INDEFINITE;
    bool defined, done;

    begin(cpu, op);
    cpu->fsw &= (u16)~(conditions & FP_C2);
    if (empty(cpu, 0) || empty(cpu, 1)) {
        done = x87_stack_fault(cpu, false);
    } else {
        r = f(*st(cpu, 0), *st(cpu, 1), fresh_env(cpu));
        defined = !fp_refused(&cpu->fenv) && f80_class(r) != F80_NAN;
        done = x87_accept(cpu, defined ? conditions : 0);
    }
    if (!done)
        return;
    put_st(cpu, to, r);
    pop_some(cpu, to);
}

static struct f80 arctangent(struct f80 x, struct f80 y, struct fp_env *e)
{
    return f80_patan(y, x, e);
}

static struct f80 remainder_chopped(struct f80 a, struct f80 b, struct fp_env *e)
{
    return f80_rem(a, b, false, e);
}

static struct f80 remainder_nearest(struct f80 a, struct f80 b, struct fp_env *e)
{
    return f80_rem(a, b, true, e);
}

PLAIN_OP(fscale)  { two(cpu, op, f80_scale, 0, 0); }
PLAIN_OP(fprem)   { two(cpu, op, remainder_chopped, 0, FSW_CONDITIONS); }
PLAIN_OP(fprem1)  { two(cpu, op, remainder_nearest, 0, FSW_CONDITIONS); }
PLAIN_OP(fyl2x)   { two(cpu, op, f80_yl2x, 1, 0); }
PLAIN_OP(fyl2xp1) { two(cpu, op, f80_yl2xp1, 1, 0); }
PLAIN_OP(fpatan)  { two(cpu, op, arctangent, 1, 0); }

/* ---- Two results: one in place of ST(0), then the other pushed ---- */

/* Is there an operand, and room? If not, the response to that was given. */
static bool can_double(struct x86 *cpu, u32 conditions)
{
    cpu->fsw &= (u16)~conditions;
    if (likely(!empty(cpu, 0) && room(cpu)))
        return true;
    if (x87_stack_fault(cpu, !empty(cpu, 0))) {
        put_st(cpu, 0, F80_INDEFINITE);
        push(cpu, F80_INDEFINITE);
    }
    return false;
}

/* C2: the operand was out of range, and stays. */
static void put_both(struct x86 *cpu, struct f80 first, struct f80 second)
{
    bool out_of_range = cpu->fenv.flags & FP_C2;

    if (!x87_accept(cpu, 0) || out_of_range)
        return;
    put_st(cpu, 0, first);
    push(cpu, second);
}

PLAIN_OP(fsincos)
{
    struct f80 sine, cosine = F80_INDEFINITE;

    begin(cpu, op);
    if (!can_double(cpu, FP_C2))
        return;
    sine = f80_sincos(*st(cpu, 0), &cosine, fresh_env(cpu));
    put_both(cpu, sine, cosine);
}

PLAIN_OP(fptan)
{
    struct f80 tangent;

    begin(cpu, op);
    if (!can_double(cpu, FP_C2))
        return;
    tangent = f80_tan(*st(cpu, 0), fresh_env(cpu));
    put_both(cpu, tangent, f80_class(tangent) == F80_NAN ? tangent
             : f80_constant(F80_ONE, &cpu->fenv));
}

PLAIN_OP(fxtract)
{
    struct f80 exponent, significand;

    begin(cpu, op);
    if (!can_double(cpu, 0))
        return;
    exponent = f80_extract(*st(cpu, 0), &significand, fresh_env(cpu));
    put_both(cpu, exponent, significand);
}
