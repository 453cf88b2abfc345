/*
 * What takes f80 values apart: FPREM, FPREM1, FSCALE, FXTRACT; and the constants.
 * SDM 2A, each instruction's own page.
 */
#include "isa/x86/fpu/format.h"

/* The operands as integers at one scale: a = x * 2^exp, b = y * 2^exp. */
struct division {
    u128 x, y;
    s32  exp;
};

static struct f80 from_remainder(u128 r, s32 exp, bool sign, struct fp_env *e)
{
    if (!r)
        return f80_signed_zero(sign);
    return f80_finish(normalised(sign, exp + 127, r), FP_PC64, e);
}

static void set_quotient(u64 q, struct fp_env *e)
{
    e->flags |= (q & 4 ? FP_C0 : 0) | (q & 2 ? FP_C3 : 0) | (q & 1 ? FP_C1 : 0);
}

/* The difference of the exponents is below 64: the whole way. */
static struct f80 reduce(struct number a, struct number b, bool nearest, struct fp_env *e)
{
    s32 ahead = a.exp - b.exp;
    struct division d = { a.hi, b.hi, b.exp - 63 };
    bool sign = a.sign;
    u64 q;
    u128 r;

    if (ahead < -1 || (ahead < 0 && !nearest))
        return f80_finish(a, FP_PC64, e);       /* the quotient is 0 */
    if (ahead < 0) {
        d.y <<= 1;
        d.exp--;
    } else
        d.x <<= ahead;
    q = (u64)(d.x / d.y);
    r = d.x - q * d.y;
    if (nearest && (r > d.y - r || (r == d.y - r && q & 1))) {
        r = d.y - r;
        sign = !sign;
        q++;
    }
    if (!r)
        sign = a.sign;
    set_quotient(q, e);
    return from_remainder(r, d.exp, sign, e);
}

/* By 32 to 63 bits of the quotient, so that the next time ends on a multiple of 32. */
static struct f80 reduce_partly(struct number a, struct number b, struct fp_env *e)
{
    s32 ahead = a.exp - b.exp;
    s32 step = 32 + ahead % 32;

    e->flags |= FP_C2;
    return from_remainder(((u128)a.hi << step) % b.hi, a.exp - step - 63, a.sign, e);
}

struct f80 f80_rem(struct f80 a, struct f80 b, bool nearest, struct fp_env *e)
{
    struct operand x, y;
    struct f80 nan;

    if (f80_is_settled_by_nan(a, b, &nan, e))
        return nan;
    x.kind = f80_unpack(a, &x.n);
    y.kind = f80_unpack(b, &y.n);
    if (x.kind == KIND_INFINITE || y.kind == KIND_ZERO) {
        e->flags |= FP_IE;
        return F80_INDEFINITE;
    }
    if (denormal_refused(x.kind == KIND_DENORMAL || y.kind == KIND_DENORMAL, e))
        return F80_INDEFINITE;
    if (x.kind == KIND_ZERO)
        return a;
    if (y.kind == KIND_INFINITE)
        return f80_finish(x.n, FP_PC64, e);
    if (x.n.exp - y.n.exp >= 64)
        return reduce_partly(x.n, y.n, e);
    return reduce(x.n, y.n, nearest, e);
}

/* Truncated, and kept where the sum with any exponent still fits. */
static s32 scale_factor(const struct operand *b)
{
    u64 rest;
    s32 n;

    if (b->kind == KIND_ZERO || b->n.exp < 0)
        return 0;
    n = b->n.exp > 16 ? 1 << 17 : (s32)number_integer(b->n, &rest);
    return b->n.sign ? -n : n;
}

struct f80 f80_scale(struct f80 a, struct f80 b, struct fp_env *e)
{
    struct operand x, y;
    struct f80 nan;

    if (f80_is_settled_by_nan(a, b, &nan, e))
        return nan;
    x.kind = f80_unpack(a, &x.n);
    y.kind = f80_unpack(b, &y.n);
    if (y.kind == KIND_INFINITE && x.kind == (y.n.sign ? KIND_INFINITE : KIND_ZERO)) {
        e->flags |= FP_IE;
        return F80_INDEFINITE;
    }
    if (denormal_refused(x.kind == KIND_DENORMAL || y.kind == KIND_DENORMAL, e))
        return F80_INDEFINITE;
    if (x.kind == KIND_ZERO || x.kind == KIND_INFINITE)
        return a;
    if (y.kind == KIND_INFINITE)
        return y.n.sign ? f80_signed_zero(x.n.sign) : f80_infinity(x.n.sign);
    x.n.exp += scale_factor(&y);
    return f80_finish(x.n, FP_PC64, e);
}

struct f80 f80_extract(struct f80 a, struct f80 *significand, struct fp_env *e)
{
    struct number n;
    enum kind kind;

    if (f80_is_settled_by_nan(a, a, significand, e))
        return *significand;
    *significand = a;
    kind = f80_unpack(a, &n);
    if (kind == KIND_INFINITE)
        return f80_infinity(false);
    if (kind == KIND_ZERO) {
        e->flags |= FP_ZE;
        return f80_infinity(true);
    }
    denormal_refused(kind == KIND_DENORMAL, e);
    *significand = f80_pack(n.sign, F80_BIAS, n.hi);
    return s64_to_f80(n.exp);
}

struct f80 f80_constant(enum f80_constant which, const struct fp_env *e)
{
    static const struct number constant[] = {
        [F80_ONE] = { 0x8000000000000000, 0, 0, false },
        [F80_L2T] = { 0xd49a784bcd1b8afe, 0x492bf6ff4dafdb4c, 1, false },
        [F80_L2E] = { 0xb8aa3b295c17f0bb, 0xbe87fed0691d3e88, 0, false },
        [F80_PI]  = { 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 1, false },
        [F80_LG2] = { 0x9a209a84fbcff798, 0x8f8959ac0b7c9178, -2, false },
        [F80_LN2] = { 0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af, -1, false },
    };
    struct fp_env own = { .rounding = e->rounding };

    if (which == F80_ZERO)
        return f80_signed_zero(false);
    return f80_finish(constant[which], FP_PC64, &own);
}
