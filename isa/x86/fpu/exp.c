/*
 * F2XM1. With c the i/32 nearest to x and f the rest, 2^x - 1 is
 * (2^c - 1) + 2^c * (2^f - 1), the last by the exponential series.
 */
#include "isa/x86/fpu/transcend.h"
#include "isa/x86/fpu/wide.h"

#define STEPS 32

/* 2^(i/32) - 1. MPFR, rounded to nearest. */
static const u128 power[STEPS] = {
    0,
    WIDE(0x059b0d31585743ae, 0x7c548eb68ca417fe),
    WIDE(0x0b5586cf9890f629, 0x8b92b71842a98364),
    WIDE(0x11301d0125b50a4e, 0xbbf1aed9318ceac6),
    WIDE(0x172b83c7d517adcd, 0xf7c8c50eb14a7920),
    WIDE(0x1d4873168b9aa780, 0x5b8028990f07a98b),
    WIDE(0x2387a6e75623866c, 0x1fadb1c15cb593b0),
    WIDE(0x29e9df51fdee12c2, 0x5d15f5a24aa3bca9),
    WIDE(0x306fe0a31b7152de, 0x8d5a46305c85eded),
    WIDE(0x371a7373aa9caa71, 0x45502f4547987e3e),
    WIDE(0x3dea64c12342235b, 0x41223e13d773fba3),
    WIDE(0x44e086061892d031, 0x36f409df019fbd4f),
    WIDE(0x4bfdad5362a271d4, 0x397afec42e20e036),
    WIDE(0x5342b569d4f81df0, 0xa83c49d86a63f4e6),
    WIDE(0x5ab07dd48542958c, 0x93015191eb345d89),
    WIDE(0x6247eb03a5584b1f, 0x0fa06fd2da42bb1d),
    WIDE(0x6a09e667f3bcc908, 0xb2fb1366ea957d3e),
    WIDE(0x71f75e8ec5f73dd2, 0x370f2ef0acd6cb43),
    WIDE(0x7a11473eb0186d7d, 0x51023f6cda1f5ef4),
    WIDE(0x82589994cce128ac, 0xf88afab34a010f6b),
    WIDE(0x8ace5422aa0db5ba, 0x7c55a192c9bb3e6f),
    WIDE(0x93737b0cdc5e4f45, 0x01c3f2540a22d2fc),
    WIDE(0x9c49182a3f0901c7, 0xc46b071f2be58ddb),
    WIDE(0xa5503b23e255c8b4, 0x24491caf87bc8051),
    WIDE(0xae89f995ad3ad5e8, 0x734d1773205a7fbc),
    WIDE(0xb7f76f2fb5e46eaa, 0x7b081ab53c5354c9),
    WIDE(0xc199bdd85529c222, 0x0cb12a091ba66794),
    WIDE(0xcb720dcef9069150, 0x3cbd1e949db761d9),
    WIDE(0xd5818dcfba48725d, 0xa05aeb66e0dca9f6),
    WIDE(0xdfc97337b9b5eb96, 0x8cac39ed291b7226),
    WIDE(0xea4afa2a490d9858, 0xf73a18f5db301f87),
    WIDE(0xf50765b6e4540674, 0xf84b762862baff99),
};

static const struct number ln2 = { 0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af, -1, false };

#define E1  (ONE / 2)
#define E2  (E1 / 3)
#define E3  (E2 / 4)
#define E4  (E3 / 5)
#define E5  (E4 / 6)
#define E6  (E5 / 7)
#define E7  (E6 / 8)
#define E8  (E7 / 9)
#define E9  (E8 / 10)
#define E10 (E9 / 11)
#define E11 (E10 / 12)
#define E12 (E11 / 13)
#define E13 (E12 / 14)
static const u128 series[] = { E1, E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13 };

/* 2^f - 1 for |f| <= 1/64; f is not zero. */
static struct number small_power(struct number f)
{
    struct number g = wide_mul(f, ln2);
    u128 v = power_series(fixed(g), series, COUNT(series), g.sign);

    return wide_mul(g, g.sign ? one_minus(v) : one_plus(v));
}

/* 2^x - 1 for 0 < |x| < 1 */
static struct number power_less_one(struct number x)
{
    struct number f, whole, less_one;
    unsigned i = 0;
    u128 at, step;

    if (x.exp >= -6)
        i = (unsigned)((x.hi >> (57 - x.exp)) + 1) / 2;
    if (i == 0)
        return small_power(x);
    at = fixed(x);
    step = (u128)i << 123;      /* i == 32 wraps to 0, and so the difference is right */
    f = at >= step && i < STEPS ? normalised(x.sign, -1, at - step)
                                : normalised(!x.sign, -1, step - at);
    if (!x.sign) {
        whole = i < STEPS ? one_plus(power[i]) : (struct number){ INTEGER_BIT, 0, 1, false };
        less_one = i < STEPS ? normalised(false, -1, power[i])
                             : (struct number){ INTEGER_BIT, 0, 0, false };
    } else {
        /* 2^-c = 2^(1-c) / 2, and one less than that is ((2^(1-c) - 1) - 1) / 2 */
        whole = one_plus(power[STEPS - i]);
        whole.exp--;
        less_one = i < STEPS ? normalised(true, -2, -power[STEPS - i])
                             : (struct number){ INTEGER_BIT, 0, -1, true };
    }
    return f.hi ? number_add(less_one, wide_mul(whole, small_power(f))) : less_one;
}

struct f80 f80_2xm1(struct f80 x, struct fp_env *e)
{
    struct number n;
    enum kind kind = f80_unpack(x, &n);
    struct f80 result;

    if (f80_is_settled_by_nan(x, x, &result, e))
        return result;
    if (kind == KIND_ZERO)
        return x;
    if (kind == KIND_INFINITE)
        return n.sign ? f80_pack(true, F80_BIAS, INTEGER_BIT) : x;
    if (denormal_refused(kind == KIND_DENORMAL, e))
        return x;
    if (n.exp >= 0) {           /* above 1 undefined: processors return x, inexact */
        e->flags |= FP_PE;
        return x.se == 0xbfff && x.man == INTEGER_BIT ? f80_pack(true, F80_BIAS - 1, x.man) : x;
    }
    return finish_inexact(power_less_one(n), e);
}
