/*
 * The rare halves of reading and writing numbers: NaNs, infinities and zeros
 * among the operands; overflow, underflow and precision control of results.
 * SDM 1 4.8.3.5 (NaNs), 4.9 (exceptions), 8.5 (x87), 11.5 (SSE).
 */
#include "isa/x86/fpu/format.h"

#define UNMASKED_WRAP 24576     /* 3 * 2^13: SDM 1 8.5.4, 8.5.5 */

bool denormal_refused(bool any, struct fp_env *e)
{
    any |= e->denormal;
    if (any)
        e->flags |= FP_DE;
    return any && !(e->masks & FP_DE);
}

static enum outcome settle_add(struct operand *a, const struct operand *b, struct fp_env *e)
{
    if (a->kind == KIND_INFINITE && b->kind == KIND_INFINITE && a->n.sign != b->n.sign) {
        e->flags |= FP_IE;
        return REFUSED;
    }
    if (denormal_refused(a->kind == KIND_DENORMAL || b->kind == KIND_DENORMAL, e))
        return REFUSED;
    if (a->kind == KIND_INFINITE)
        return IS_INFINITE;
    if (b->kind == KIND_INFINITE) {
        a->n.sign = b->n.sign;
        return IS_INFINITE;
    }
    if (a->kind == KIND_ZERO && b->kind == KIND_ZERO) {
        if (a->n.sign != b->n.sign)
            a->n.sign = e->rounding == FP_DOWN;
        return IS_ZERO;
    }
    if (a->kind == KIND_ZERO)
        a->n = b->n;
    return a->kind == KIND_ZERO || b->kind == KIND_ZERO ? IS_A : COMPUTE;
}

static enum outcome settle_mul(struct operand *a, const struct operand *b, struct fp_env *e)
{
    bool zero = a->kind == KIND_ZERO || b->kind == KIND_ZERO;
    bool infinite = a->kind == KIND_INFINITE || b->kind == KIND_INFINITE;

    if (zero && infinite) {
        e->flags |= FP_IE;
        return REFUSED;
    }
    if (denormal_refused(a->kind == KIND_DENORMAL || b->kind == KIND_DENORMAL, e))
        return REFUSED;
    if (!zero && !infinite)
        return COMPUTE;
    a->n.sign ^= b->n.sign;
    return zero ? IS_ZERO : IS_INFINITE;
}

static enum outcome settle_div(struct operand *a, const struct operand *b, struct fp_env *e)
{
    if (a->kind == b->kind && (a->kind == KIND_ZERO || a->kind == KIND_INFINITE)) {
        e->flags |= FP_IE;
        return REFUSED;
    }
    if (b->kind == KIND_ZERO && a->kind != KIND_INFINITE) {
        e->flags |= FP_ZE;
        a->n.sign ^= b->n.sign;
        return e->masks & FP_ZE ? IS_INFINITE : REFUSED;
    }
    if (denormal_refused(a->kind == KIND_DENORMAL || b->kind == KIND_DENORMAL, e))
        return REFUSED;
    if (a->kind <= KIND_NORMAL && a->kind != KIND_ZERO && b->kind != KIND_INFINITE)
        return COMPUTE;
    a->n.sign ^= b->n.sign;
    return a->kind == KIND_INFINITE ? IS_INFINITE : IS_ZERO;
}

enum outcome settle(enum operation op, struct operand *a, const struct operand *b,
                    struct fp_env *e)
{
    switch (op) {
    case ADD: return settle_add(a, b, e);
    case MUL: return settle_mul(a, b, e);
    default:  return settle_div(a, b, e);
    }
}

enum outcome settle_sqrt(const struct operand *a, struct fp_env *e)
{
    if (a->kind == KIND_ZERO)
        return IS_ZERO;
    if (a->n.sign) {
        e->flags |= FP_IE;
        return REFUSED;
    }
    if (denormal_refused(a->kind == KIND_DENORMAL, e))
        return REFUSED;
    return a->kind == KIND_INFINITE ? IS_INFINITE : COMPUTE;
}

/* SDM 1 table 4-7, SSE: the first operand that is a NaN, whatever its sort. */
u64 ieee_first_nan(struct format f, u64 a, u64 b, struct fp_env *e)
{
    enum kind ka = ieee_kind(f, a), kb = ieee_kind(f, b);

    if (ka == KIND_SNAN || kb == KIND_SNAN)
        e->flags |= FP_IE;
    return ieee_quieted(f, is_nan(ka) ? a : b);
}

/* SDM 1 table 4-7, x87: QNaN before SNaN, then the larger significand. */
static struct f80 larger_nan(struct f80 a, enum kind ka, struct f80 b, enum kind kb)
{
    bool take_a;

    if (!is_nan(kb) || (is_nan(ka) && ka != kb))
        take_a = is_nan(ka) && (ka == KIND_QNAN || !is_nan(kb));
    else if (!is_nan(ka))
        take_a = false;
    else if (a.man != b.man)
        take_a = a.man > b.man;
    else
        take_a = !f80_sign(a);
    if (!take_a)
        a = b;
    a.man |= F80_QUIET;
    return a;
}

bool f80_is_settled_by_nan(struct f80 a, struct f80 b, struct f80 *result, struct fp_env *e)
{
    enum kind ka = f80_kind(a), kb = f80_kind(b);

    if (ka < KIND_QNAN && kb < KIND_QNAN)
        return false;
    if (ka > KIND_QNAN || kb > KIND_QNAN)
        e->flags |= FP_IE;
    *result = ka == KIND_UNSUPPORTED || kb == KIND_UNSUPPORTED ? F80_INDEFINITE
                                                     : larger_nan(a, ka, b, kb);
    return true;
}

static u64 ieee_overflow(struct format f, bool sign, struct fp_env *e)
{
    bool up = rounds_up(e->rounding, sign, HALF | 1, 0);

    e->flags |= FP_OE;          /* unmasked, PE is as if the exponent had no limit */
    if (e->masks & FP_OE)
        e->flags = (e->flags & ~(u32)FP_C1) | FP_PE | (up ? FP_C1 : 0);
    return ieee_infinity(f, sign) - !up;
}

/* `n` is below the normal range as it stands; rounded it may just be in it. */
static bool is_tiny(struct number n, s32 lowest, unsigned bits, unsigned rounding)
{
    unsigned drop = 64 - bits;
    u64 kept, rest;

    if (n.exp != lowest - 1)
        return n.exp < lowest;
    kept = n.hi >> drop;
    rest = drop ? n.hi << bits | (n.lo != 0) : n.lo;
    return kept != ~(u64)0 >> drop || !rounds_up(rounding, n.sign, rest, kept);
}

u64 ieee_finish_hard(struct format f, struct number n, struct fp_env *e)
{
    s32 lowest = 1 - bias(f);
    bool tiny = is_tiny(n, lowest, f.bits, e->rounding), up = false;
    u64 biased = 1, kept, rest, result;

    if (tiny && !(e->masks & FP_UE))
        e->flags |= FP_UE;      /* and PE as if the exponent had no limit */
    else if (tiny && e->ftz) {
        e->flags |= FP_UE | FP_PE;
        return ieee_zero(f, n.sign);
    } else if (n.exp < lowest) {
        n.hi = shift_right_jam(n.hi | (n.lo != 0), lowest - n.exp);
        n.lo = 0;
    }
    if (n.exp > lowest)
        biased = (u64)(n.exp + bias(f));
    kept = n.hi >> (64 - f.bits);
    rest = n.hi << f.bits | (n.lo != 0);
    if (rest) {
        up = rounds_up(e->rounding, n.sign, rest, kept);
        e->flags |= up ? FP_PE | FP_C1 : FP_PE;
        if (tiny)
            e->flags |= FP_UE;
    }
    result = ieee_pack(f, n.sign, biased - 1, 0) + kept + up;
    if (n.exp > bias(f) || ieee_exponent(f, result) == top_exponent(f))
        return ieee_overflow(f, n.sign, e);
    return result;
}

static struct f80 f80_overflow(bool sign, unsigned drop, struct fp_env *e)
{
    bool up = rounds_up(e->rounding, sign, HALF | 1, 0);

    e->flags |= up ? FP_OE | FP_PE | FP_C1 : FP_OE | FP_PE;
    return up ? f80_infinity(sign) : f80_pack(sign, 0x7ffe, ~(u64)0 << drop);
}

struct f80 f80_finish_hard(struct number n, unsigned drop, struct fp_env *e)
{
    s32 lowest = 1 - F80_BIAS;
    bool tiny = is_tiny(n, lowest, 64 - drop, e->rounding);
    u128 x;

    if (tiny && !(e->masks & FP_UE)) {
        e->flags |= FP_UE;
        n.exp += UNMASKED_WRAP;
        if (n.exp < lowest) {   /* FSCALE can be beyond that, too */
            e->flags |= FP_PE;
            return f80_signed_zero(n.sign);
        }
    } else if (n.exp < lowest) {
        x = shift_right_jam_wide((u128)n.hi << 64 | n.lo, lowest - n.exp);
        n.hi = x >> 64;
        n.lo = (u64)x;
        n.exp = lowest;
    }
    round_significand(&n, drop, e);
    if (tiny && e->flags & FP_PE)
        e->flags |= FP_UE;
    if (n.exp > F80_BIAS) {
        if (e->masks & FP_OE)
            return f80_overflow(n.sign, drop, e);
        e->flags |= FP_OE;
        n.exp -= UNMASKED_WRAP;
        if (n.exp > F80_BIAS) {
            e->flags |= FP_PE | FP_C1;
            return f80_infinity(n.sign);
        }
    }
    return f80_pack(n.sign, n.hi >> 63 ? n.exp + F80_BIAS : 0, n.hi);
}
