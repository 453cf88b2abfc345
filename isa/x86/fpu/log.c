/*
 * FYL2X and FYL2XP1. With x = m * 2^k, m within a factor of sqrt(2) of 1, and j/64
 * the nearest to 1/m: log2(x) = k + log2(64/j) + log2(m * j/64), and the last
 * is 2/ln(2) * atanh(s) with s = (m * j/64 - 1) / (m * j/64 + 1).
 */
#include "isa/x86/fpu/transcend.h"
#include "isa/x86/fpu/wide.h"

#define STEPS 64
#define FIRST 45                /* 64 / sqrt(2) */

/* |log2(64 / j)| from j = 45. MPFR, rounded to nearest. */
static const u128 logarithm[] = {
    WIDE(0x8215ea5cd3e4c4c7, 0x9b39ffeebc29372a),
    WIDE(0x79f7d7f94e2acd3b, 0xed456b24ed10f558),
    WIDE(0x7206770b517f90e2, 0x5762b11993c8ff1c),
    WIDE(0x6a3fe5c604297860, 0x5ff4edf5f974522f),
    WIDE(0x62a2602afef4c999, 0xaa6df8b7d834af72),
    WIDE(0x5b2c3da19723a80d, 0xb6a0480592812599),
    WIDE(0x53dbeecb3b1661e3, 0x93a16b94b51cf76b),
    WIDE(0x4caffb8dc3b9a196, 0x8925e378d67caee2),
    WIDE(0x45a7014d8fc561c8, 0xd43e017579b71614),
    WIDE(0x3ebfb1520c7c6921, 0x1fdec9e1ec5cf68d),
    WIDE(0x37f8cf4fffe9980d, 0xe057bdc173ebbc0d),
    WIDE(0x315130157f7a64cc, 0xd536fc5bec1a57b9),
    WIDE(0x2ac7b853ff596419, 0x0e41bca6ef95e64a),
    WIDE(0x245b5b8556692da5, 0xa475e64e39c898e1),
    WIDE(0x1e0b1ae8f2fd5664, 0xb3a58db2427e7f08),
    WIDE(0x17d60496cfbb4c67, 0x3b4511f8c2b4e4fb),
    WIDE(0x11bb32a600549d0c, 0xc62a295de739cc60),
    WIDE(0x0bb9ca64ecac6aae, 0xf2e1c07f0438ebac),
    WIDE(0x05d0fba187cd558d, 0x9520d847df02fc16),
    WIDE(0x0000000000000000, 0x0000000000000000),
    WIDE(0x05b9e5a170b48a62, 0x9b89f8846042be52),
    WIDE(0x0b5d69bac77ec398, 0x9b03784b5be08490),
    WIDE(0x10eb389fa29f9ab3, 0xcf74bab999217067),
    WIDE(0x1663f6fac913167c, 0xcc53826144575ac4),
    WIDE(0x1bc84240adabba63, 0xb2c5a6e5197ab879),
    WIDE(0x2118b119b4f3c72c, 0x4f78dfa14aa5157b),
    WIDE(0x2655d3c4f15c343e, 0xa3e580eb4e974c9b),
    WIDE(0x2b803473f7ad0f3f, 0x401624140d175ba2),
    WIDE(0x309857a05e0765fb, 0xa4491dcec752ae1f),
    WIDE(0x359ebc5b69d927df, 0xc23d9780306c696a),
    WIDE(0x3a93dc9864b2df91, 0xe96aca04740a8838),
    WIDE(0x3f782d7204d01447, 0x51b3314f09de6be5),
    WIDE(0x444c1f6b4c2dd72c, 0x25c169e5693a7f06),
    WIDE(0x49101eac381ce609, 0x16e52e91300efeef),
    WIDE(0x4dc4933a9337b366, 0x44cdb2581fb9186e),
    WIDE(0x5269e12f346e2bf9, 0x24afdbfd36bf6d33),
    WIDE(0x570068e7ef5a1e7e, 0x802c48281a2eb745),
    WIDE(0x5b8887367433795e, 0x35482d13dc0f110d),
    WIDE(0x6002958c587150ca, 0xbad827d37deb2236),
    WIDE(0x646eea247c5c22d2, 0xcad415ae1a715618),
    WIDE(0x68cdd829fd814275, 0xf1035e5e7b16c7f7),
    WIDE(0x6d1fafdce20a8290, 0x51bbe3f6289e3ab7),
    WIDE(0x7164beb4a56d59f9, 0xfb952bbbccc314f0),
    WIDE(0x759d4f80cba83bf8, 0xfaf866415554d6bf),
    WIDE(0x79c9aa879d534831, 0x46784bd1c44ccd5f),
    WIDE(0x7dea15a32c1b3b38, 0x64c6001143d6c8d6),
    WIDE(0x81fed45cbccbf99c, 0xa1a3202b3d68f965),
};

static const u128 series[] = {
    ONE / 3, ONE / 5, ONE / 7, ONE / 9, ONE / 11, ONE / 13, ONE / 15, ONE / 17
};

static const struct number one = { INTEGER_BIT, 0, 0, false };
static const struct number two = { INTEGER_BIT, 0, 1, false };
static const struct number two_by_ln2 = { 0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89, 1, false };

/* 2/ln(2) * atanh(s) for |s| < 1/128. */
static struct number log2_of_ratio(struct number s)
{
    u128 z = fixed_mul(fixed(s), fixed(s));

    s = wide_mul(s, two_by_ln2);
    return wide_mul(s, one_plus(power_series(z, series, COUNT(series), false)));
}

static struct number from_small(s32 k)
{
    return normalised(k < 0, 63, (u128)(u64)(k < 0 ? -k : k) << 64);
}

static struct number sum(struct number a, struct number b)
{
    if (!a.hi)
        return b;
    return b.hi ? number_add(a, b) : a;
}

/* log2(x) of a positive x other than 1; lo == 0 if x is a power of 2. */
static struct number log2_of(struct number x)
{
    bool upper = x.hi > 0xb504f333f9de6484;             /* sqrt(2) / 2 * 2^64 */
    u128 m = joined(x) >> (55 + upper);            /* in units of 2^-72 */
    unsigned j = (unsigned)(((u64)STEPS << 33) / (u64)(m >> 40) + 1) / 2;
    u128 here = m * j, there = (u128)STEPS << 72;
    struct number result = from_small(x.exp + upper), s;

    result = sum(result, normalised(j > STEPS, -1, logarithm[j - FIRST]));
    if (here == there)
        return result;
    s = here > there ? normalised(false, 0, here - there) : normalised(true, 0, there - here);
    s = wide_div(s, normalised(false, 0, here + there));
    return sum(result, log2_of_ratio(s));
}

/* Exact if x was a power of 2; processors say inexact all the same. */
static struct f80 times(struct number y, struct number log2_x, struct fp_env *e)
{
    e->flags |= FP_PE;
    if (!log2_x.lo)
        return f80_finish(number_mul(log2_x, y), FP_PC64, e);
    return finish_inexact(wide_mul(log2_x, y), e);
}

/* y * the logarithm, one of them zero or infinite. */
static struct f80 limit(enum kind y, bool y_sign, enum kind log2_x, bool negative, struct fp_env *e)
{
    if ((y == KIND_ZERO && log2_x == KIND_INFINITE)
        || (y == KIND_INFINITE && log2_x == KIND_ZERO)) {
        e->flags |= FP_IE;
        return F80_INDEFINITE;
    }
    if (y == KIND_ZERO || log2_x == KIND_ZERO)
        return f80_signed_zero(y_sign != negative);
    return f80_infinity(y_sign != negative);
}

struct f80 f80_yl2x(struct f80 x, struct f80 y, struct fp_env *e)
{
    struct operand a, b;
    struct f80 result;
    bool is_one;

    if (f80_is_settled_by_nan(x, y, &result, e))
        return result;
    a.kind = f80_unpack(x, &a.n);
    b.kind = f80_unpack(y, &b.n);
    if ((a.kind != KIND_ZERO && a.n.sign) || (a.kind == KIND_ZERO && b.kind == KIND_ZERO)) {
        e->flags |= FP_IE;
        return F80_INDEFINITE;
    }
    is_one = a.kind == KIND_NORMAL && a.n.exp == 0 && a.n.hi == INTEGER_BIT;
    if ((is_one && b.kind == KIND_INFINITE) || (a.kind == KIND_INFINITE && b.kind == KIND_ZERO)) {
        e->flags |= FP_IE;
        return F80_INDEFINITE;
    }
    if (a.kind == KIND_ZERO) {
        if (b.kind != KIND_INFINITE)
            e->flags |= FP_ZE;
        return f80_infinity(!b.n.sign);
    }
    if (denormal_refused(a.kind == KIND_DENORMAL || b.kind == KIND_DENORMAL, e))
        return F80_INDEFINITE;
    if (is_one)
        return limit(b.kind, b.n.sign, KIND_ZERO, false, e);
    if (a.kind == KIND_INFINITE || b.kind == KIND_ZERO || b.kind == KIND_INFINITE)
        return limit(b.kind, b.n.sign, a.kind, a.kind != KIND_INFINITE && a.n.exp < 0, e);
    return times(b.n, log2_of(a.n), e);
}

/* log2(1 + x), x > -1 and not 0 */
static struct number log2_of_one_and(struct number x)
{
    if (x.exp < -7)
        return log2_of_ratio(wide_div(x, number_add(two, x)));
    return log2_of(number_add(one, x));
}

struct f80 f80_yl2xp1(struct f80 x, struct f80 y, struct fp_env *e)
{
    struct operand a, b;
    struct number log2_x;
    struct f80 result;

    if (f80_is_settled_by_nan(x, y, &result, e))
        return result;
    a.kind = f80_unpack(x, &a.n);
    b.kind = f80_unpack(y, &b.n);
    if ((a.kind == KIND_INFINITE && (a.n.sign || b.kind == KIND_ZERO))
        || (a.kind == KIND_ZERO && b.kind == KIND_INFINITE)) {
        e->flags |= FP_IE;
        return F80_INDEFINITE;
    }
    if (denormal_refused(a.kind == KIND_DENORMAL || b.kind == KIND_DENORMAL, e))
        return F80_INDEFINITE;
    if (a.kind == KIND_ZERO || a.kind == KIND_INFINITE
        || b.kind == KIND_ZERO || b.kind == KIND_INFINITE)
        return limit(b.kind, b.n.sign, a.kind, a.n.sign, e);
    if (a.n.sign && a.n.exp >= 0) {     /* undefined: processors return x, inexact */
        e->flags |= FP_PE;
        return x;
    }
    log2_x = log2_of_one_and(a.n);
    log2_x.lo |= 1;
    return times(b.n, log2_x, e);
}
