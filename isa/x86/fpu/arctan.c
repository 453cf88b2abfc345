/*
 * FPATAN: the angle of the point (x, y). With t = y/x <= 1 and c the nearest
 * i/32, atan(t) = atan(c) + atan((y - cx) / (x + cy)), the latter by its series.
 */
#include "isa/x86/fpu/transcend.h"
#include "isa/x86/fpu/wide.h"

#define STEPS 32

/* atan(i / 32); the first is never used. MPFR, rounded to nearest. */
static const u128 arctangent[STEPS + 1] = {
    0,
    WIDE(0x07ff556eea5d892a, 0x13bcebbb6ed46311),
    WIDE(0x0ffaaddb967ef4e3, 0x6cb2792dc0e2e0d5),
    WIDE(0x17ee182602f10e8c, 0x126acfcf099f06cf),
    WIDE(0x1fd5ba9aac2f6dc6, 0x5912f313e7d111df),
    WIDE(0x27adddd18cc4d8b0, 0xd1d8674940d83fa1),
    WIDE(0x2f72f6979cb6044d, 0x1ec2d3e207271d22),
    WIDE(0x3721aea524c14408, 0xbd88697072d54bc1),
    WIDE(0x3eb6ebf25901bac5, 0x5b71e7bd7de885f9),
    WIDE(0x462fd68c2fc5e098, 0x6523a458dfc414c7),
    WIDE(0x4d89dcdc1faf2f34, 0xe2d5da4c693d7994),
    WIDE(0x54c2b6654735276d, 0x4cdbfbbdfbecf461),
    WIDE(0x5bd86507937bc239, 0xc55190916e7f2242),
    WIDE(0x62c934e5286c95b6, 0xd0ba3748fa85146f),
    WIDE(0x6993bb0f308ff2db, 0x213e4af4800f389b),
    WIDE(0x7036d3253b27be33, 0xe318f6cb3cc65c02),
    WIDE(0x76b19c1586ed3da2, 0xb7f222f65e1d4682),
    WIDE(0x7d03742d50505f2e, 0x33691e3eaee47661),
    WIDE(0x832bf4a6d9867e2a, 0x4b6a09cb61a515c1),
    WIDE(0x892aecdfde9547b5, 0x094478fc472b4afc),
    WIDE(0x8f005d5ef7f59f9b, 0x5c835e1665c43748),
    WIDE(0x94ac72c9847186f6, 0x18c4f393f78a32f9),
    WIDE(0x9a2f80e671bdda20, 0x4226f8e2204ff3bd),
    WIDE(0x9f89fdc4f4b7a1ec, 0xf8b492644f0701e0),
    WIDE(0xa4bc7d1934f70924, 0x19a87f2a457dac9f),
    WIDE(0xa9c7abdc4830f5c8, 0x916a84b5be7933f6),
    WIDE(0xaeac4c38b4d8c080, 0x14725e2f3e52070a),
    WIDE(0xb36b31c91f043691, 0x590141744462f93a),
    WIDE(0xb8053e2bc2319e73, 0xcb2da55210a4443d),
    WIDE(0xbc7b5deae98af280, 0xd4113006e80fb290),
    WIDE(0xc0ce85b8ac526640, 0x89dd62c46e92fa25),
    WIDE(0xc4ffaffabf8fbd54, 0x8cb43d10bc9e0221),
    WIDE(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1),
};

static const u128 series[] = {
    ONE / 3, ONE / 5, ONE / 7, ONE / 9, ONE / 11, ONE / 13, ONE / 15, ONE / 17, ONE / 19, ONE / 21
};

static const struct number pi = { 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 1, false };

static struct number pi_by(s32 power_of_two)
{
    struct number a = pi;

    a.exp -= power_of_two;
    return a;
}

/* Of |t| up to 1/64 and a bit. */
static struct number small_arctangent(struct number t)
{
    u128 z = fixed_mul(fixed(t), fixed(t));

    return wide_mul(t, one_minus(power_series(z, series, COUNT(series), true)));
}

/* atan(y / x) of positive y <= x. */
static struct number arctangent_of(struct number y, struct number x)
{
    s32 ahead = x.exp - y.exp;
    unsigned i = 0;
    u128 across, along, whole;
    struct number base, rest;

    if (ahead <= 6)
        i = (unsigned)(((y.hi >> (26 + ahead)) / (x.hi >> 32) + 1) / 2);
    if (i == 0)
        return small_arctangent(wide_div(y, x));
    base = normalised(false, -1, arctangent[i]);
    across = (u128)y.hi * STEPS;
    along = ((u128)x.hi << ahead) * i;
    whole = ((u128)x.hi << ahead) * STEPS + (u128)y.hi * i;
    if (across == along)
        return base;
    rest = across > along ? normalised(false, 0, across - along)
                          : normalised(true, 0, along - across);
    return number_add(base, small_arctangent(wide_div(rest, normalised(false, 0, whole))));
}

/* Of finite operands that are not zero; the angle's magnitude. */
static struct number angle(struct number y, struct number x)
{
    bool steep = y.exp != x.exp ? y.exp > x.exp : y.hi > x.hi;
    bool backwards = x.sign;
    struct number a;

    x.sign = y.sign = false;
    a = steep ? arctangent_of(x, y) : arctangent_of(y, x);
    if (steep)
        a = number_add(pi_by(1), negated(a));
    return backwards ? number_add(pi, negated(a)) : a;
}

/* Zeros and infinities, by the table of FPATAN's page in SDM 2A: exact eighths of a turn. */
static struct number limit_angle(enum kind y, enum kind x, bool backwards)
{
    struct number three = { (u64)3 << 62, 0, 1, false };

    if (y == KIND_INFINITE && x == KIND_INFINITE)
        return backwards ? wide_mul(pi_by(2), three) : pi_by(2);
    if (y == KIND_INFINITE || (x == KIND_ZERO && y != KIND_ZERO))
        return pi_by(1);
    return pi;
}

struct f80 f80_patan(struct f80 y, struct f80 x, struct fp_env *e)
{
    struct number a, b;
    enum kind ky = f80_unpack(y, &a), kx = f80_unpack(x, &b);
    struct f80 nan;

    if (f80_is_settled_by_nan(y, x, &nan, e))
        return nan;
    if (denormal_refused(ky == KIND_DENORMAL || kx == KIND_DENORMAL, e))
        return F80_INDEFINITE;
    if (!b.sign && ((ky == KIND_ZERO) || (kx == KIND_INFINITE && ky != KIND_INFINITE)))
        return f80_signed_zero(a.sign);
    if (ky == KIND_ZERO || ky == KIND_INFINITE || kx == KIND_ZERO || kx == KIND_INFINITE)
        b = limit_angle(ky, kx, b.sign);
    else
        b = angle(a, b);
    b.sign = a.sign;
    return finish_inexact(b, e);
}
