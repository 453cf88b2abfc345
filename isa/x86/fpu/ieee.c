/*
 * SSE arithmetic: f32 and f64 by the same lines. Operands that are all normal
 * take the short way, others go by format.c's settle().
 */
#include "isa/x86/fpu/format.h"

static __attribute__((noinline))
u64 hard_operation(struct format f, enum operation op, u64 a, u64 b, bool subtract,
                   struct fp_env *e)
{
    struct operand x, y;

    a = without_denormal(f, a, e);
    b = without_denormal(f, b, e);
    x.kind = ieee_unpack(f, a, &x.n);
    y.kind = ieee_unpack(f, b, &y.n);
    if (is_nan(x.kind) || is_nan(y.kind))
        return ieee_first_nan(f, a, b, e);
    y.n.sign ^= subtract;
    switch (settle(op, &x, &y, e)) {
    case REFUSED:     return ieee_indefinite(f);
    case IS_ZERO:     return ieee_zero(f, x.n.sign);
    case IS_INFINITE: return ieee_infinity(f, x.n.sign);
    case COMPUTE:     x.n = number_operate(op, x.n, y.n); break;
    case IS_A:        break;
    }
    if (!x.n.hi)
        return ieee_zero(f, e->rounding == FP_DOWN);
    return ieee_finish(f, x.n, e);
}

static inline __attribute__((always_inline))
u64 operation(struct format f, enum operation op, u64 a, u64 b, bool subtract, struct fp_env *e)
{
    struct number x, y;

    if (unlikely(!ieee_is_normal(f, a) || !ieee_is_normal(f, b)))
        return hard_operation(f, op, a, b, subtract, e);
    x = ieee_number(f, a);
    y = ieee_number(f, b);
    y.sign ^= subtract;
    x = number_operate(op, x, y);
    if (unlikely(!x.hi))
        return ieee_zero(f, e->rounding == FP_DOWN);
    return ieee_finish(f, x, e);
}

f32 f32_add(f32 a, f32 b, struct fp_env *e) { return (f32)operation(F32, ADD, a, b, false, e); }
f32 f32_sub(f32 a, f32 b, struct fp_env *e) { return (f32)operation(F32, ADD, a, b, true, e); }
f32 f32_mul(f32 a, f32 b, struct fp_env *e) { return (f32)operation(F32, MUL, a, b, false, e); }
f32 f32_div(f32 a, f32 b, struct fp_env *e) { return (f32)operation(F32, DIV, a, b, false, e); }

f64 f64_add(f64 a, f64 b, struct fp_env *e) { return operation(F64, ADD, a, b, false, e); }
f64 f64_sub(f64 a, f64 b, struct fp_env *e) { return operation(F64, ADD, a, b, true, e); }
f64 f64_mul(f64 a, f64 b, struct fp_env *e) { return operation(F64, MUL, a, b, false, e); }
f64 f64_div(f64 a, f64 b, struct fp_env *e) { return operation(F64, DIV, a, b, false, e); }

static u64 root(struct format f, u64 a, struct fp_env *e)
{
    struct operand x;

    a = without_denormal(f, a, e);
    x.kind = ieee_unpack(f, a, &x.n);
    if (is_nan(x.kind))
        return ieee_first_nan(f, a, a, e);
    switch (settle_sqrt(&x, e)) {
    case REFUSED: return ieee_indefinite(f);
    case COMPUTE: return ieee_finish(f, number_sqrt(x.n), e);
    default:      return a;
    }
}

f32 f32_sqrt(f32 a, struct fp_env *e) { return (f32)root(F32, a, e); }
f64 f64_sqrt(f64 a, struct fp_env *e) { return root(F64, a, e); }

static f32 twelve_bits(struct number n)
{
    struct fp_env exact = { 0 };
    u128 x = (((u128)n.hi >> 51) + 1) >> 1 << 52;

    n = normalised(n.sign, n.exp + 1, x << 63);
    if (n.exp < 1 - bias(F32))
        return (f32)ieee_zero(F32, n.sign);
    return (f32)ieee_finish(F32, n, &exact);
}

f32 f32_reciprocal(f32 a)
{
    static const struct number one = { INTEGER_BIT, 0, 0, false };
    struct number n;

    switch (ieee_unpack(F32, a, &n)) {
    case KIND_ZERO:
    case KIND_DENORMAL: return (f32)ieee_infinity(F32, n.sign);
    case KIND_INFINITE: return (f32)ieee_zero(F32, n.sign);
    case KIND_NORMAL:   return twelve_bits(number_div(one, n));
    default:       return (f32)ieee_quieted(F32, a);
    }
}

f32 f32_reciprocal_root(f32 a)
{
    static const struct number one = { INTEGER_BIT, 0, 0, false };
    struct number n;
    enum kind kind = ieee_unpack(F32, a, &n);

    if (is_nan(kind))
        return (f32)ieee_quieted(F32, a);
    if (kind == KIND_ZERO || kind == KIND_DENORMAL)
        return (f32)ieee_infinity(F32, n.sign);
    if (n.sign)
        return F32_INDEFINITE;
    if (kind == KIND_INFINITE)
        return 0;
    n = number_div(one, n);
    n.lo = 0;
    return twelve_bits(number_sqrt(n));
}

/* SDM 1 14.5.2. A QNaN as addend comes before infinity times zero: no IE then. */
static bool muladd_settled(struct format f, const u64 v[3], struct operand o[3], u64 *result,
                           struct fp_env *e)
{
    bool product_infinite = o[0].kind == KIND_INFINITE || o[1].kind == KIND_INFINITE;
    bool product_zero = o[0].kind == KIND_ZERO || o[1].kind == KIND_ZERO;
    bool denormal = false;

    for (int i = 0; i < 3; i++) {
        if (o[i].kind == KIND_SNAN)
            e->flags |= FP_IE;
        denormal |= o[i].kind == KIND_DENORMAL;
    }
    for (int i = 0; i < 3; i++)
        if (is_nan(o[i].kind)) {
            *result = ieee_quieted(f, v[i]);
            return true;
        }
    *result = ieee_indefinite(f);
    if ((product_infinite && product_zero)
        || (product_infinite && o[2].kind == KIND_INFINITE
            && (o[0].n.sign ^ o[1].n.sign) != o[2].n.sign)) {
        e->flags |= FP_IE;
        return true;
    }
    if (denormal_refused(denormal, e))
        return true;
    if (product_infinite || o[2].kind == KIND_INFINITE) {
        *result = ieee_infinity(f, product_infinite ? o[0].n.sign ^ o[1].n.sign : o[2].n.sign);
        return true;
    }
    return false;
}

static __attribute__((noinline))
u64 hard_muladd(struct format f, u64 a, u64 b, u64 c, unsigned negate, struct fp_env *e)
{
    u64 v[3] = { a, b, c }, result;
    struct operand o[3];
    struct number sum = { 0 };
    bool product_sign, zero_sign;

    for (int i = 0; i < 3; i++) {
        v[i] = without_denormal(f, v[i], e);
        o[i].kind = ieee_unpack(f, v[i], &o[i].n);
    }
    o[0].n.sign ^= (negate & FP_NEGATE_PRODUCT) != 0;
    o[2].n.sign ^= (negate & FP_NEGATE_ADDEND) != 0;
    if (muladd_settled(f, v, o, &result, e))
        return result;
    product_sign = o[0].n.sign ^ o[1].n.sign;
    zero_sign = product_sign;
    if (product_sign != o[2].n.sign)
        zero_sign = e->rounding == FP_DOWN;
    if (o[0].kind != KIND_ZERO && o[1].kind != KIND_ZERO)
        sum = number_mul(o[0].n, o[1].n);
    if (o[2].kind != KIND_ZERO)
        sum = sum.hi ? number_add(sum, o[2].n) : o[2].n;
    return sum.hi ? ieee_finish(f, sum, e) : ieee_zero(f, zero_sign);
}

static inline u64 muladd(struct format f, u64 a, u64 b, u64 c, unsigned negate, struct fp_env *e)
{
    struct number product, addend;

    if (unlikely(!ieee_is_normal(f, a) || !ieee_is_normal(f, b) || !ieee_is_normal(f, c)))
        return hard_muladd(f, a, b, c, negate, e);
    product = number_mul(ieee_number(f, a), ieee_number(f, b));
    addend = ieee_number(f, c);
    product.sign ^= negate & FP_NEGATE_PRODUCT;
    addend.sign ^= negate / FP_NEGATE_ADDEND;
    product = number_add(product, addend);
    return product.hi ? ieee_finish(f, product, e) : ieee_zero(f, e->rounding == FP_DOWN);
}

f32 f32_muladd(f32 a, f32 b, f32 c, unsigned negate, struct fp_env *e)
{
    return (f32)muladd(F32, a, b, c, negate, e);
}

f64 f64_muladd(f64 a, f64 b, f64 c, unsigned negate, struct fp_env *e)
{
    return muladd(F64, a, b, c, negate, e);
}

/* Signs and magnitudes, once NaNs are out of the way: works on any encoding. */
static enum fp_order order(struct format f, u64 a, u64 b)
{
    u64 sign = ieee_zero(f, true);

    if (!((a | b) & ~sign) || a == b)
        return FP_EQUAL;
    if ((a ^ b) & sign)
        return a & sign ? FP_LESS : FP_GREATER;
    return (a < b) != !!(a & sign) ? FP_LESS : FP_GREATER;
}

static enum fp_order compare(struct format f, u64 a, u64 b, bool signal, struct fp_env *e)
{
    enum kind ka, kb;

    a = without_denormal(f, a, e);
    b = without_denormal(f, b, e);
    ka = ieee_kind(f, a);
    kb = ieee_kind(f, b);
    if (is_nan(ka) || is_nan(kb)) {
        if (signal || ka == KIND_SNAN || kb == KIND_SNAN)
            e->flags |= FP_IE;
        return FP_UNORDERED;
    }
    denormal_refused(ka == KIND_DENORMAL || kb == KIND_DENORMAL, e);
    return order(f, a, b);
}

enum fp_order f32_compare(f32 a, f32 b, struct fp_env *e)
{
    return compare(F32, a, b, false, e);
}

enum fp_order f32_compare_signal(f32 a, f32 b, struct fp_env *e)
{
    return compare(F32, a, b, true, e);
}

enum fp_order f64_compare(f64 a, f64 b, struct fp_env *e)
{
    return compare(F64, a, b, false, e);
}

enum fp_order f64_compare_signal(f64 a, f64 b, struct fp_env *e)
{
    return compare(F64, a, b, true, e);
}

/* `b` unless `a` is strictly on the wanted side of it. */
static u64 extreme(struct format f, u64 a, u64 b, enum fp_order wanted, struct fp_env *e)
{
    u64 x = compare(f, a, b, true, e) == wanted ? a : b;

    return without_denormal(f, x, e);
}

f32 f32_min(f32 a, f32 b, struct fp_env *e) { return (f32)extreme(F32, a, b, FP_LESS, e); }
f32 f32_max(f32 a, f32 b, struct fp_env *e) { return (f32)extreme(F32, a, b, FP_GREATER, e); }
f64 f64_min(f64 a, f64 b, struct fp_env *e) { return extreme(F64, a, b, FP_LESS, e); }
f64 f64_max(f64 a, f64 b, struct fp_env *e) { return extreme(F64, a, b, FP_GREATER, e); }

static u64 integral(struct format f, u64 a, unsigned rounding, bool exact, struct fp_env *e)
{
    struct number n;
    enum kind kind;
    u64 whole, rest;

    a = without_denormal(f, a, e);
    kind = ieee_unpack(f, a, &n);
    if (is_nan(kind))
        return ieee_first_nan(f, a, a, e);
    if (kind == KIND_ZERO || kind == KIND_INFINITE || n.exp >= f.bits)
        return a;
    whole = number_integer(n, &rest);
    whole += rounds_up(rounding, n.sign, rest, whole);
    if (rest && !exact)
        e->flags |= FP_PE;
    if (!whole)
        return ieee_zero(f, n.sign);
    return ieee_finish(f, normalised(n.sign, 63, (u128)whole << 64), e);
}

f32 f32_round(f32 a, unsigned rounding, bool exact, struct fp_env *e)
{
    return (f32)integral(F32, a, rounding, exact, e);
}

f64 f64_round(f64 a, unsigned rounding, bool exact, struct fp_env *e)
{
    return integral(F64, a, rounding, exact, e);
}
