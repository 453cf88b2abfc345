/*
 * x87 arithmetic on the 80-bit format. SDM 1 8.1.5.2 (precision control), 8.2.2
 * (unsupported encodings), 8.5 (exceptions).
 */
#include "isa/x86/fpu/format.h"

static __attribute__((noinline))
struct f80 hard_operation(enum operation op, struct f80 a, struct f80 b, bool subtract,
                          struct fp_env *e)
{
    struct operand x, y;
    struct f80 nan;

    if (f80_is_settled_by_nan(a, b, &nan, e))
        return nan;
    x.kind = f80_unpack(a, &x.n);
    y.kind = f80_unpack(b, &y.n);
    y.n.sign ^= subtract;
    switch (settle(op, &x, &y, e)) {
    case REFUSED:     return F80_INDEFINITE;
    case IS_ZERO:     return f80_signed_zero(x.n.sign);
    case IS_INFINITE: return f80_infinity(x.n.sign);
    case COMPUTE:     x.n = number_operate(op, x.n, y.n); break;
    case IS_A:        break;
    }
    if (!x.n.hi)
        return f80_signed_zero(e->rounding == FP_DOWN);
    return f80_finish(x.n, e->precision, e);
}

static inline __attribute__((always_inline))
struct f80 operation(enum operation op, struct f80 a, struct f80 b, bool subtract,
                     struct fp_env *e)
{
    struct number x, y;

    if (unlikely(!f80_is_normal(a) || !f80_is_normal(b) || e->denormal))
        return hard_operation(op, a, b, subtract, e);
    x = f80_number(a);
    y = f80_number(b);
    y.sign ^= subtract;
    x = number_operate(op, x, y);
    if (unlikely(!x.hi))
        return f80_signed_zero(e->rounding == FP_DOWN);
    return f80_finish(x, e->precision, e);
}

struct f80 f80_add(struct f80 a, struct f80 b, struct fp_env *e)
{
    return operation(ADD, a, b, false, e);
}

struct f80 f80_sub(struct f80 a, struct f80 b, struct fp_env *e)
{
    return operation(ADD, a, b, true, e);
}

struct f80 f80_mul(struct f80 a, struct f80 b, struct fp_env *e)
{
    return operation(MUL, a, b, false, e);
}

struct f80 f80_div(struct f80 a, struct f80 b, struct fp_env *e)
{
    return operation(DIV, a, b, false, e);
}

struct f80 f80_sqrt(struct f80 a, struct fp_env *e)
{
    struct operand x;
    struct f80 nan;

    if (f80_is_settled_by_nan(a, a, &nan, e))
        return nan;
    x.kind = f80_unpack(a, &x.n);
    switch (settle_sqrt(&x, e)) {
    case REFUSED: return F80_INDEFINITE;
    case COMPUTE: return f80_finish(number_sqrt(x.n), e->precision, e);
    default:      return a;
    }
}

static enum fp_order order(const struct operand *a, const struct operand *b)
{
    bool less;

    if (a->kind == KIND_ZERO && b->kind == KIND_ZERO)
        return FP_EQUAL;
    if (a->kind == KIND_ZERO)
        return b->n.sign ? FP_GREATER : FP_LESS;
    if (b->kind == KIND_ZERO || a->n.sign != b->n.sign)
        return a->n.sign ? FP_LESS : FP_GREATER;
    if (a->n.exp == b->n.exp && a->n.hi == b->n.hi)
        return FP_EQUAL;
    less = a->n.exp != b->n.exp ? a->n.exp < b->n.exp : a->n.hi < b->n.hi;
    return less != a->n.sign ? FP_LESS : FP_GREATER;
}

static enum fp_order compare(struct f80 a, struct f80 b, bool signal, struct fp_env *e)
{
    struct operand x, y;

    x.kind = f80_unpack(a, &x.n);
    y.kind = f80_unpack(b, &y.n);
    if (x.kind >= KIND_QNAN || y.kind >= KIND_QNAN) {
        if (signal || x.kind > KIND_QNAN || y.kind > KIND_QNAN)
            e->flags |= FP_IE;
        return FP_UNORDERED;
    }
    denormal_refused(x.kind == KIND_DENORMAL || y.kind == KIND_DENORMAL, e);
    return order(&x, &y);
}

enum fp_order f80_compare(struct f80 a, struct f80 b, struct fp_env *e)
{
    return compare(a, b, false, e);
}

enum fp_order f80_compare_signal(struct f80 a, struct f80 b, struct fp_env *e)
{
    return compare(a, b, true, e);
}

struct f80 f80_round(struct f80 a, struct fp_env *e)
{
    struct operand x;
    struct f80 nan;
    u64 whole, rest;
    bool up;

    if (f80_is_settled_by_nan(a, a, &nan, e))
        return nan;
    x.kind = f80_unpack(a, &x.n);
    if (denormal_refused(x.kind == KIND_DENORMAL, e) || x.kind == KIND_ZERO || x.n.exp >= 63)
        return a;
    whole = number_integer(x.n, &rest);
    up = rounds_up(e->rounding, x.n.sign, rest, whole);
    if (rest)
        e->flags |= up ? FP_PE | FP_C1 : FP_PE;
    whole += up;
    if (!whole)
        return f80_signed_zero(x.n.sign);
    return f80_finish(normalised(x.n.sign, 63, (u128)whole << 64), FP_PC64, e);
}
