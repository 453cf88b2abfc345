/*
 * Conversions between formats and to and from integers. SDM 1 4.8.3.5, 8.3.3,
 * 11.4.1.6, 14.4 (F16C), table 4-14 (integer indefinite).
 */
#include "isa/x86/fpu/format.h"

#include <string.h>

/* To an integer of `bits`; n.hi is nonzero and the kind finite. */
static bool finite_to_integer(struct number n, unsigned bits, unsigned rounding, s64 *result,
                              struct fp_env *e)
{
    u64 whole, rest, limit = ((u64)1 << (bits - 1)) - !n.sign;
    bool up;

    if (n.exp > 63)
        return false;
    whole = number_integer(n, &rest);
    up = rounds_up(rounding, n.sign, rest, whole);
    whole += up;
    if (whole > limit)
        return false;
    if (rest)
        e->flags |= up ? FP_PE | FP_C1 : FP_PE;
    *result = (s64)(n.sign ? -whole : whole);
    return true;
}

static s64 to_integer(struct number n, enum kind kind, unsigned bits, unsigned rounding,
                      struct fp_env *e)
{
    s64 result;

    if (kind == KIND_ZERO)
        return 0;
    if (kind <= KIND_NORMAL && finite_to_integer(n, bits, rounding, &result, e))
        return result;
    e->flags |= FP_IE;
    return (s64)(-(u64)1 << (bits - 1));
}

static s64 ieee_to_integer(struct format f, u64 a, unsigned bits, unsigned rounding,
                           struct fp_env *e)
{
    struct number n;
    enum kind kind = ieee_unpack(f, without_denormal(f, a, e), &n);

    return to_integer(n, kind, bits, rounding, e);
}

s32 f32_to_s32(f32 a, unsigned rounding, struct fp_env *e)
{
    return (s32)ieee_to_integer(F32, a, 32, rounding, e);
}

s64 f32_to_s64(f32 a, unsigned rounding, struct fp_env *e)
{
    return ieee_to_integer(F32, a, 64, rounding, e);
}

s32 f64_to_s32(f64 a, unsigned rounding, struct fp_env *e)
{
    return (s32)ieee_to_integer(F64, a, 32, rounding, e);
}

s64 f64_to_s64(f64 a, unsigned rounding, struct fp_env *e)
{
    return ieee_to_integer(F64, a, 64, rounding, e);
}

static s64 f80_to_integer(struct f80 a, unsigned bits, unsigned rounding, struct fp_env *e)
{
    struct number n;
    enum kind kind = f80_unpack(a, &n);

    return to_integer(n, kind, bits, rounding, e);
}

s16 f80_to_s16(struct f80 a, unsigned rounding, struct fp_env *e)
{
    return (s16)f80_to_integer(a, 16, rounding, e);
}

s32 f80_to_s32(struct f80 a, unsigned rounding, struct fp_env *e)
{
    return (s32)f80_to_integer(a, 32, rounding, e);
}

s64 f80_to_s64(struct f80 a, unsigned rounding, struct fp_env *e)
{
    return f80_to_integer(a, 64, rounding, e);
}

/* Not of zero. */
static struct number from_integer(s64 a)
{
    u64 magnitude = a < 0 ? -(u64)a : (u64)a;

    return normalised(a < 0, 63, (u128)magnitude << 64);
}

f32 s64_to_f32(s64 a, struct fp_env *e)
{
    return a ? (f32)ieee_finish(F32, from_integer(a), e) : 0;
}

f64 s64_to_f64(s64 a, struct fp_env *e)
{
    return a ? ieee_finish(F64, from_integer(a), e) : 0;
}

struct f80 s64_to_f80(s64 a)
{
    struct number n;

    if (!a)
        return f80_signed_zero(false);
    n = from_integer(a);
    return f80_pack(n.sign, (u32)(n.exp + F80_BIAS), n.hi);
}

/* Between IEEE formats; `kind` and `n` are what the first one held. */
static u64 ieee_from(struct format to, enum kind kind, struct number n, struct fp_env *e)
{
    switch (kind) {
    case KIND_ZERO:        return ieee_zero(to, n.sign);
    case KIND_INFINITE:    return ieee_infinity(to, n.sign);
    case KIND_SNAN:        e->flags |= FP_IE;    /* fall through */
    case KIND_QNAN:        return ieee_nan(to, n);
    case KIND_UNSUPPORTED: e->flags |= FP_IE; return ieee_indefinite(to);
    default:          return ieee_finish(to, n, e);
    }
}

static u64 ieee_to_ieee(struct format from, struct format to, u64 a, struct fp_env *e)
{
    struct number n;
    enum kind kind = ieee_unpack(from, without_denormal(from, a, e), &n);

    if (denormal_refused(kind == KIND_DENORMAL, e))
        return ieee_indefinite(to);
    return ieee_from(to, kind, n, e);
}

f64 f32_to_f64(f32 a, struct fp_env *e)
{
    return ieee_to_ieee(F32, F64, a, e);
}

f32 f64_to_f32(f64 a, struct fp_env *e)
{
    return (f32)ieee_to_ieee(F64, F32, a, e);
}

f32 f16_to_f32(f16 a, struct fp_env *e)
{
    struct number n;
    enum kind kind = ieee_unpack(F16, a, &n);

    return (f32)ieee_from(F32, kind, n, e);
}

f16 f32_to_f16(f32 a, unsigned rounding, struct fp_env *e)
{
    struct fp_env own = *e;
    u64 result;

    own.rounding = (u8)rounding;
    own.ftz = false;
    result = ieee_to_ieee(F32, F16, a, &own);
    e->flags = own.flags;
    return (f16)result;
}

static struct f80 ieee_to_f80(struct format f, u64 a, struct fp_env *e)
{
    struct number n;
    enum kind kind = ieee_unpack(f, a, &n);

    switch (kind) {
    case KIND_ZERO:     return f80_signed_zero(n.sign);
    case KIND_INFINITE: return f80_infinity(n.sign);
    case KIND_SNAN:     e->flags |= FP_IE;   /* fall through */
    case KIND_QNAN:     return f80_pack(n.sign, 0x7fff, n.hi | F80_QUIET);
    default:       break;
    }
    denormal_refused(kind == KIND_DENORMAL, e);
    return f80_pack(n.sign, (u32)(n.exp + F80_BIAS), n.hi);
}

static inline struct f80 ieee_operand(struct format f, u64 a, struct fp_env *e)
{
    struct number n;
    enum kind kind;

    if (likely(ieee_is_normal(f, a))) {
        n = ieee_number(f, a);
        return f80_pack(n.sign, (u32)(n.exp + F80_BIAS), n.hi);
    }
    kind = ieee_unpack(f, a, &n);
    if (kind == KIND_ZERO)
        return f80_signed_zero(n.sign);
    e->denormal = kind == KIND_DENORMAL;
    return f80_pack(n.sign, kind == KIND_DENORMAL ? (u32)(n.exp + F80_BIAS) : 0x7fff, n.hi);
}

struct f80 f32_operand(f32 a, struct fp_env *e)
{
    return ieee_operand(F32, a, e);
}

struct f80 f64_operand(f64 a, struct fp_env *e)
{
    return ieee_operand(F64, a, e);
}

struct f80 f32_to_f80(f32 a, struct fp_env *e)
{
    return ieee_to_f80(F32, a, e);
}

struct f80 f64_to_f80(f64 a, struct fp_env *e)
{
    return ieee_to_f80(F64, a, e);
}

/*
 * FST. Where overflow or underflow keeps it from storing, inexactness is
 * ignored, SDM 1 8.5.6.
 */
static inline u64 f80_to_ieee(struct format f, struct f80 a, struct fp_env *e)
{
    struct number n;
    enum kind kind;
    u64 result;

    if (likely(f80_is_normal(a)))
        result = ieee_finish(f, f80_number(a), e);
    else {
        kind = f80_unpack(a, &n);
        result = ieee_from(f, kind, n, e);
    }
    if (fp_unmasked(e) & (FP_OE | FP_UE))
        e->flags &= ~(u32)(FP_PE | FP_C1);
    return result;
}

f32 f80_to_f32(struct f80 a, struct fp_env *e)
{
    return (f32)f80_to_ieee(F32, a, e);
}

f64 f80_to_f64(struct f80 a, struct fp_env *e)
{
    return f80_to_ieee(F64, a, e);
}

struct f80 bcd_to_f80(const u8 bcd[10])
{
    s64 value = 0;
    struct f80 result;

    for (int i = 8; i >= 0; i--)
        value = value * 100 + (bcd[i] >> 4) * 10 + (bcd[i] & 15);
    result = s64_to_f80(value);
    result.se |= (bcd[9] & 0x80) << 8;
    return result;
}

void f80_to_bcd(struct f80 a, u8 bcd[10], struct fp_env *e)
{
    static const u8 indefinite[10] = { [7] = 0xc0, 0xff, 0xff };
    const s64 limit = 999999999999999999;
    struct fp_env own = *e;
    s64 value = f80_to_s64(a, e->rounding, &own);

    if (value > limit || value < -limit) {
        e->flags |= FP_IE;
        memcpy(bcd, indefinite, 10);
        return;
    }
    e->flags = own.flags;
    bcd[9] = f80_sign(a) ? 0x80 : 0;
    if (value < 0)
        value = -value;
    for (int i = 0; i < 9; i++) {
        bcd[i] = (u8)(value % 10 | value / 10 % 10 << 4);
        value /= 100;
    }
}
