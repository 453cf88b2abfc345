/*
 * Floating point of the SSE unit: the short way by the host's own arithmetic, the long way by
 * fpu/softfloat.h.
 *
 * The short way is taken only where result and flags are the same on every host that has IEEE 754
 * float and double, rounds to nearest and does not contract (the build sees to that):
 *  - MXCSR rounds to nearest and masks PE.
 *  - No operand is denormal (DE, DAZ), and the result is a number well inside the normal range, so
 *    that there is no OE, UE or FTZ, and no operand was infinite or a NaN where that matters; or
 *    the result is a zero that is exact.
 *  - Then PE is the only flag that the instruction can set. Either it is set already, or the result
 *    is shown to be exact: see exact_sum() and the like. Nothing is read from the host's flags.
 * Everything else returns false, having changed nothing.
 */
#pragma once
#include "isa/x86/fpu/softfloat.h"
#include "isa/x86/ops/lanes.h"

typedef float  f32x4 __attribute__((vector_size(16)));
typedef double f64x2 __attribute__((vector_size(16)));

/* SDM 1 10.2.3 */
enum {
    MX_DAZ = 1 << 6, MX_MASKS_SHIFT = 7, MX_PM = FP_PE << MX_MASKS_SHIFT,
    MX_RC_SHIFT = 13, MX_RC = 3 << MX_RC_SHIFT, MX_FTZ = 1 << 15,
};

/* ---- The long way ---- */

INLINE struct fp_env sse_env(const struct x86 *cpu)
{
    u32 m = cpu->mxcsr;

    return (struct fp_env){
        .rounding = m >> MX_RC_SHIFT & 3, .masks = m >> MX_MASKS_SHIFT & 0x3f,
        .daz = m & MX_DAZ, .ftz = m & MX_FTZ,
    };
}

/* Flags go to MXCSR; an unmasked one is #XM, or #UD where CR4 knows nothing of it: SDM 1 11.5. */
static inline __attribute__((unused))
void sse_finish(struct x86 *cpu, const struct fp_env *e)
{
    cpu->mxcsr |= fp_sse_flags(e) & 0x3f;
    if (unlikely(fp_unmasked(e)))
        x86_fault(cpu, cpu->cr4 & CR4_OSXMMEXCPT ? V_XM : V_UD);
}

/*
 * r by the long way in a slow form; else by the short way, or the body gives up. The long way has
 * the environment e.
 */
#define SCALAR_EITHER_WAY(r, short_way, long_way)                               \
    if (slow) {                                                                 \
        struct fp_env env = sse_env(cpu), *e = &env;                            \
                                                                                \
        r = (long_way);                                                         \
        sse_finish(cpu, e);                                                     \
    } else if (unlikely(!(short_way))) {                                        \
        return false;                                                           \
    }

/* A scalar in a register. */
#define SCALAR_GET_f32(cpu, n)          (f32)xmm_low(cpu, n)
#define SCALAR_GET_f64(cpu, n)          xmm_low(cpu, n)
#define SCALAR_PUT_f32(cpu, n, value)   xmm_put_low32(cpu, n, value)
#define SCALAR_PUT_f64(cpu, n, value)   (*vector_at(cpu, n) = (value))
/* ... and in the lowest lane of a value. */
#define SCALAR_IN_f32(v, value)         ((u64x2){ (v)[0] >> 32 << 32 | (u32)(value), (v)[1] })
#define SCALAR_IN_f64(v, value)         ((u64x2){ (value), (v)[1] })

/* ---- The short way ---- */

INLINE float  f32_host(u32 a) { float v; memcpy(&v, &a, 4); return v; }
INLINE double f64_host(u64 a) { double v; memcpy(&v, &a, 8); return v; }
INLINE u32 host_f32(float a) { u32 v; memcpy(&v, &a, 4); return v; }
INLINE u64 host_f64(double a) { u64 v; memcpy(&v, &a, 8); return v; }

INLINE u32 f32_exponent(u32 a) { return a << 1 >> 24; }
INLINE u32 f64_exponent(u64 a) { return (u32)(a << 1 >> 53); }

/* Below the least normal number and not zero: with the sign shifted out, 1 to 2^p - 1. */
INLINE bool f32_denormal(u32 a) { return (u32)(a << 1) - 1 < (1u << 24) - 1; }
INLINE bool f64_denormal(u64 a) { return (a << 1) - 1 < BIT(53) - 1; }

/* Not within a factor of two of where underflow begins, and finite. */
INLINE bool f32_amid(u32 a) { return f32_exponent(a) - 2 < 0xff - 2; }
INLINE bool f64_amid(u64 a) { return f64_exponent(a) - 2 < 0x7ff - 2; }

INLINE bool f32_zero(u32 a) { return !(a << 1); }
INLINE bool f64_zero(u64 a) { return !(a << 1); }
INLINE bool f32_nan(u32 a) { return (u32)(a << 1) > 0xff000000; }
INLINE bool f64_nan(u64 a) { return a << 1 > 0xffe0000000000000; }

/* Rounding is to nearest and PE neither traps nor is news. */
INLINE bool inexact_is_known(u32 mxcsr)
{
    return (mxcsr & (MX_RC | MX_PM | FP_PE)) == (MX_PM | FP_PE);
}

/* To nearest, and PE does not trap: then a result shown to be exact will do. */
INLINE bool to_nearest(u32 mxcsr)
{
    return (mxcsr & (MX_RC | MX_PM)) == MX_PM;
}

/*
 * What rounding took away from x + y is a number of the format, and Knuth's two-sum finds it
 * exactly, whichever operand is the larger. Should an intermediate value overflow, what comes out
 * is not zero, and the long way decides.
 */
#define EXACT_SUM(F, T)                                                         \
    INLINE bool F##_exact_sum(T x, T y, T z)                                    \
    {                                                                           \
        T from_y = z - x, from_x = z - from_y;                                  \
                                                                                \
        return (x - from_x) + (y - from_y) == 0;                                \
    }
EXACT_SUM(f32, float)
EXACT_SUM(f64, double)

/* A product of floats fits a double. */
INLINE bool f32_exact_product(float x, float y, float z)
{
    return (double)x * y == z;
}

/* The significands' product has 105 or 106 bits, of which all below the upper 53 must be 0. */
INLINE bool f64_exact_product(double x, double y, double z)
{
    u64 p = (host_f64(x) & (BIT(52) - 1)) | BIT(52), q = (host_f64(y) & (BIT(52) - 1)) | BIT(52);
    unsigned __int128 r = (unsigned __int128)p * q;
    unsigned below = (u64)(r >> 64) >> (105 - 64) ? 53 : 52;

    (void)z;
    return !((u64)r & (BIT(below) - 1));
}

/* x / y = z exactly when z * y is x, exactly. */
INLINE bool f32_exact_quotient(float x, float y, float z) { return (double)z * y == x; }
INLINE bool f64_exact_quotient(double x, double y, double z)
{
    return z * y == x && f64_exact_product(z, y, x);
}

#define f32_exact_difference(x, y, z) f32_exact_sum(x, -(y), z)
#define f64_exact_difference(x, y, z) f64_exact_sum(x, -(y), z)

/* A result out of the ordinary that is exact all the same: a zero, where one is expected. */
#define ZERO_SUM(F, a, b, r)        F##_zero(r)
#define ZERO_PRODUCT(F, a, b, r)    (F##_zero(r) && (F##_zero(a) || F##_zero(b)))
#define ZERO_QUOTIENT(F, a, b, r)   (F##_zero(r) && F##_zero(a))

/*
 * The usual case is all that the fast handlers look for; short_ is for the slow ones, which so
 * have a middle way when an operand is out of the ordinary or PE is not yet set.
 */
#define SHORT_BINARY(F, name, operator, exact, zero)                            \
    INLINE bool F##_usual_##name(u32 mxcsr, F a, F b, F *result)                \
    {                                                                           \
        *result = host_##F(F##_host(a) operator F##_host(b));                   \
        return likely(!F##_denormal(a)) && likely(!F##_denormal(b))             \
            && likely(F##_amid(*result)) && likely(inexact_is_known(mxcsr));    \
    }                                                                           \
    INLINE bool F##_short_##name(u32 mxcsr, F a, F b, F *result)                \
    {                                                                           \
        F r = host_##F(F##_host(a) operator F##_host(b));                       \
                                                                                \
        if (F##_denormal(a) || F##_denormal(b))                                 \
            return false;                                                       \
        *result = r;                                                            \
        if (!F##_amid(r))                                                       \
            return to_nearest(mxcsr) && zero(F, a, b, r);                       \
        if (inexact_is_known(mxcsr))                                            \
            return true;                                                        \
        return to_nearest(mxcsr) && F##_exact_##exact(F##_host(a), F##_host(b), F##_host(r)); \
    }
#define SHORT_BINARIES(F)                                                       \
    SHORT_BINARY(F, add, +, sum, ZERO_SUM)                                      \
    SHORT_BINARY(F, sub, -, difference, ZERO_SUM)                               \
    SHORT_BINARY(F, mul, *, product, ZERO_PRODUCT)                              \
    SHORT_BINARY(F, div, /, quotient, ZERO_QUOTIENT)
SHORT_BINARIES(f32)
SHORT_BINARIES(f64)

/* The root of a number amid the range is so too: no more than its being positive is asked. */
INLINE bool f32_short_sqrt(u32 mxcsr, f32 a, f32 *result)
{
    float x = f32_host(a), z = __builtin_sqrtf(x);

    *result = host_f32(z);
    if (unlikely(!f32_amid(a)) || unlikely(a >> 31))
        return f32_zero(a);
    return inexact_is_known(mxcsr) || (to_nearest(mxcsr) && f32_exact_product(z, z, x));
}

INLINE bool f64_short_sqrt(u32 mxcsr, f64 a, f64 *result)
{
    double x = f64_host(a), z = __builtin_sqrt(x);

    *result = host_f64(z);
    if (unlikely(!f64_amid(a)) || unlikely(a >> 63))
        return f64_zero(a);
    return inexact_is_known(mxcsr)
        || (to_nearest(mxcsr) && z * z == x && f64_exact_product(z, z, x));
}

/* Comparisons set no flag but for NaNs and denormals, whatever MXCSR says. */
#define SHORT_ORDER(F)                                                          \
    INLINE bool F##_orderly(F a, F b)                                           \
    {                                                                           \
        return !F##_denormal(a) && !F##_denormal(b)                             \
            && !__builtin_isunordered(F##_host(a), F##_host(b));                \
    }                                                                           \
    INLINE bool F##_short_min(u32 mxcsr, F a, F b, F *r)                        \
    {                                                                           \
        *r = F##_host(a) < F##_host(b) ? a : b;                                 \
        return F##_orderly(a, b);                                               \
    }                                                                           \
    INLINE bool F##_short_max(u32 mxcsr, F a, F b, F *r)                        \
    {                                                                           \
        *r = F##_host(a) > F##_host(b) ? a : b;                                 \
        return F##_orderly(a, b);                                               \
    }
SHORT_ORDER(f32)
SHORT_ORDER(f64)

/* Bit 2 of the immediate: as MXCSR has it. */
INLINE unsigned rounding_of(u32 mxcsr, u32 imm)
{
    return (imm & 4 ? mxcsr >> MX_RC_SHIFT : imm) & 3;
}

/* |x| is below 2^52: adding and taking away that rounds to nearest; else truncation begins. */
INLINE double integral(double x, unsigned rounding)
{
    double t;

    if (rounding == FP_NEAREST)
        return x < 0 ? (x - 0x1p52) + 0x1p52 : (x + 0x1p52) - 0x1p52;
    t = (double)(s64)x;
    if (rounding == FP_DOWN)
        return t > x ? t - 1 : t;
    return rounding == FP_UP && t < x ? t + 1 : t;
}

/* The only flag is PE, which bit 3 of the immediate suppresses. A zero keeps the operand's sign. */
#define SHORT_ROUND(F, bits, T)                                                 \
    INLINE bool F##_short_round(u32 mxcsr, F a, u32 imm, F *result)             \
    {                                                                           \
        F sign = a & (F)1 << (8 * sizeof a - 1);                                \
        double x = F##_host(a), t;                                              \
                                                                                \
        if (F##_denormal(a) || !(x > -0x1p##bits && x < 0x1p##bits))            \
            return false;                                                       \
        t = integral(x, rounding_of(mxcsr, imm));                               \
        *result = host_##F((T)t) | sign;                                        \
        return imm & 8 || t == x || (mxcsr & (MX_PM | FP_PE)) == (MX_PM | FP_PE); \
    }
SHORT_ROUND(f32, 23, float)
SHORT_ROUND(f64, 52, double)

INLINE u32 scalar_rcp(u32 a) { return f32_reciprocal(a); }
INLINE u32 scalar_rsqrt(u32 a) { return f32_reciprocal_root(a); }

#define PACKED_ESTIMATE(name)                                                   \
    INLINE u64x2 packed_##name(u64x2 b)                                         \
    {                                                                           \
        return (u64x2){                                                         \
            scalar_##name((u32)b[0]) | (u64)scalar_##name((u32)(b[0] >> 32)) << 32, \
            scalar_##name((u32)b[1]) | (u64)scalar_##name((u32)(b[1] >> 32)) << 32 }; \
    }
PACKED_ESTIMATE(rcp)
PACKED_ESTIMATE(rsqrt)

/* ---- The shorter way that there is ---- */

#define EITHER(F, name)                                                         \
    INLINE F F##_either_##name(u32 mxcsr, F a, F b, struct fp_env *e)           \
    {                                                                           \
        F r;                                                                    \
                                                                                \
        return F##_short_##name(mxcsr, a, b, &r) ? r : F##_##name(a, b, e);     \
    }
#define EITHERS(F)                                                              \
    EITHER(F, add) EITHER(F, sub) EITHER(F, mul) EITHER(F, div) EITHER(F, min) EITHER(F, max) \
    INLINE F F##_either_sqrt(u32 mxcsr, F a, struct fp_env *e)                  \
    {                                                                           \
        F r;                                                                    \
                                                                                \
        return F##_short_sqrt(mxcsr, a, &r) ? r : F##_sqrt(a, e);               \
    }                                                                           \
    INLINE F F##_either_round(u32 mxcsr, F a, u32 imm, struct fp_env *e)        \
    {                                                                           \
        F r;                                                                    \
                                                                                \
        return F##_short_round(mxcsr, a, imm, &r) ? r                           \
            : F##_round(a, rounding_of(mxcsr, imm), imm & 8, e);                \
    }
EITHERS(f32)
EITHERS(f64)

/* ---- Comparisons: the thirty-two of SDM 2 CMPPD, of which SSE has the first eight ---- */

enum { PREDICATES_SSE = 7, PREDICATES_AVX = 31 };

/* For which order a predicate holds: bit 0 less, 1 equal, 2 greater, 3 unordered. */
INLINE unsigned predicate_holds(u32 predicate)
{
    static const u8 holds[16] = { 2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15 };

    return holds[predicate & 15];
}

/* Those of less or more signal every NaN, the others signalling ones only; bit 4 reverses it. */
INLINE bool predicate_signals(u32 predicate)
{
    return ((predicate & 3) == 1 || (predicate & 3) == 2) != (predicate >> 4 & 1);
}

#define COMPARE(F)                                                              \
    INLINE F F##_either_cmp(u32 mxcsr, F a, F b, u32 imm, struct fp_env *e)     \
    {                                                                           \
        enum fp_order order = predicate_signals(imm) ? F##_compare_signal(a, b, e) \
            : F##_compare(a, b, e);                                             \
        unsigned bit = order == FP_LESS ? 0 : order == FP_EQUAL ? 1             \
            : order == FP_GREATER ? 2 : 3;                                      \
                                                                                \
        return -(F)(predicate_holds(imm) >> bit & 1);                           \
    }                                                                           \
    INLINE bool F##_short_cmp(u32 mxcsr, F a, F b, u32 imm, F *r)               \
    {                                                                           \
        unsigned bit = F##_host(a) < F##_host(b) ? 0 : F##_host(a) == F##_host(b) ? 1 : 2; \
                                                                                \
        *r = -(F)(predicate_holds(imm) >> bit & 1);                             \
        return F##_orderly(a, b);                                               \
    }
COMPARE(f32)
COMPARE(f64)

/* ---- All lanes at once: sign bits say where a lane is out of the ordinary ---- */

#define F32_MAGNITUDE(a) ((s32x4)(a) & 0x7fffffff)
#define F64_MAGNITUDE(a) ((s64x2)(a) & 0x7fffffffffffffff)

INLINE u64x2 f32_denormals(u64x2 a)
{
    s32x4 m = F32_MAGNITUDE(a);

    return (u64x2)((m - 0x00800000) & ~(m - 1));
}

INLINE u64x2 f64_denormals(u64x2 a)
{
    s64x2 m = F64_MAGNITUDE(a);

    return (u64x2)((m - 0x0010000000000000) & ~(m - 1));
}

INLINE u64x2 f32_not_amid(u64x2 a)
{
    s32x4 m = F32_MAGNITUDE(a);

    return (u64x2)((m - 0x01000000) | (0x7f7fffff - m));
}

INLINE u64x2 f64_not_amid(u64x2 a)
{
    s64x2 m = F64_MAGNITUDE(a);

    return (u64x2)((m - 0x0020000000000000) | (0x7fefffffffffffff - m));
}

INLINE u64x2 f32_nans(u64x2 a) { return (u64x2)(0x7f800000 - F32_MAGNITUDE(a)); }
INLINE u64x2 f64_nans(u64x2 a) { return (u64x2)(0x7ff0000000000000 - F64_MAGNITUDE(a)); }
INLINE bool f32_any(u64x2 signs) { return (signs[0] | signs[1]) & 0x8000000080000000; }
INLINE bool f64_any(u64x2 signs) { return (signs[0] | signs[1]) >> 63; }

/* ---- Scalars: X(name, format, source's size, usual way to r, other way), of a, b and imm ---- */

#define SCALAR_BINARY_(X, name, way)                                            \
    X(name##ss, f32, d, f32_##way##_##name(cpu->mxcsr, a, b, &r),               \
      f32_either_##name(cpu->mxcsr, a, b, e))                                   \
    X(name##sd, f64, q, f64_##way##_##name(cpu->mxcsr, a, b, &r),               \
      f64_either_##name(cpu->mxcsr, a, b, e))
#define SCALARS(X)                                                              \
    SCALAR_BINARY_(X, add, usual)                                               \
    SCALAR_BINARY_(X, sub, usual)                                               \
    SCALAR_BINARY_(X, mul, usual)                                               \
    SCALAR_BINARY_(X, div, usual)                                               \
    SCALAR_BINARY_(X, min, short)                                               \
    SCALAR_BINARY_(X, max, short)                                               \
    X(sqrtss, f32, d, f32_short_sqrt(cpu->mxcsr, b, &r), f32_sqrt(b, e))        \
    X(sqrtsd, f64, q, f64_short_sqrt(cpu->mxcsr, b, &r), f64_sqrt(b, e))        \
    X(roundss, f32, d, f32_short_round(cpu->mxcsr, b, imm, &r),                 \
      f32_either_round(cpu->mxcsr, b, imm, e))                                  \
    X(roundsd, f64, q, f64_short_round(cpu->mxcsr, b, imm, &r),                 \
      f64_either_round(cpu->mxcsr, b, imm, e))
#define SCALAR_COMPARISONS(X)                                                   \
    X(cmpss, f32, d, f32_short_cmp(cpu->mxcsr, a, b, imm, &r),                  \
      f32_either_cmp(cpu->mxcsr, a, b, imm, e))                                 \
    X(cmpsd, f64, q, f64_short_cmp(cpu->mxcsr, a, b, imm, &r),                  \
      f64_either_cmp(cpu->mxcsr, a, b, imm, e))
