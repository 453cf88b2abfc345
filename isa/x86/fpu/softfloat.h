#pragma once
#include "core/types.h"

#include <stdbool.h>

/*
 * Exact floating point for the x87 and SSE units, in integers only, so that
 * every host computes the same bits. Functions are pure: operands and a
 * struct fp_env in, result and flags out.
 *
 * f32_ and f64_ functions follow the SSE rules: DAZ, FTZ, the first NaN wins.
 * f80_ functions, and conversions from or to f80, follow the x87 rules: no
 * DAZ, no FTZ, the larger NaN wins, FP_C1 says "rounded up", unsupported
 * encodings (unnormals, pseudo-NaNs, pseudo-infinities) are invalid operands.
 *
 * One env serves one instruction: clear `flags` and `denormal` before it; after it OR
 * fp_sse_flags() into MXCSR, or `flags` into the status word, C0 to C3 included.
 * SDM 1, chapters 4 (numbers), 8 (x87), 11.5 (SSE exceptions).
 */
typedef u16 f16;
typedef u32 f32;
typedef u64 f64;

struct f80 {
    u64 man;            /* with its explicit integer bit */
    u16 se;             /* sign, 15 bits of exponent */
};

enum { FP_NEAREST, FP_DOWN, FP_UP, FP_ZERO };   /* RC of MXCSR and control word */
enum { FP_PC24 = 0, FP_PC53 = 2, FP_PC64 = 3 }; /* PC of the control word */

/* As they lie in MXCSR and in the x87 status word; FP_Cn only in the latter. */
enum {
    FP_IE = 0x0001,     /* invalid */
    FP_DE = 0x0002,     /* denormal operand */
    FP_ZE = 0x0004,     /* divide by zero */
    FP_OE = 0x0008,     /* overflow */
    FP_UE = 0x0010,     /* underflow */
    FP_PE = 0x0020,     /* precision: inexact */
    FP_C0 = 0x0100,
    FP_C1 = 0x0200,     /* with PE: the magnitude was rounded up */
    FP_C2 = 0x0400,
    FP_C3 = 0x4000,
    FP_BEFORE = FP_IE | FP_DE | FP_ZE,  /* found before anything is computed */
    FP_AFTER = FP_OE | FP_UE | FP_PE,
};

struct fp_env {
    u8   rounding;
    u8   precision;     /* of f80 results; the f32_ and f64_ functions ignore it */
    u8   masks;         /* a set bit masks that exception */
    bool daz, ftz;      /* f32_ and f64_ functions only */
    bool denormal;      /* clear, but for f32_operand() and f64_operand() */
    u32  flags;         /* FP_IE ... FP_C3, only ever ORed */
    u32  earlier;       /* those of steps of the instruction that are done: DPPS */
};

/*
 * Unmasked exceptions.
 *
 * IE, DE, ZE: the operation returns before computing; no OE, UE, PE is set and
 * the result is meaningless: x87 leaves its registers as they were.
 * OE, UE of an x87 register result: the exponent is wrapped by 24576 and the
 * result is stored (SDM 1 8.5.4, 8.5.5). Of f80_to_f32 and f80_to_f64: nothing
 * is to be stored. PE: always stored.
 * SSE: any unmasked flag means that nothing is stored; fp_sse_flags() says
 * which flags a packed instruction reports.
 */
static inline u32 fp_unmasked(const struct fp_env *e)
{
    return e->flags & ~(u32)e->masks & 0x3f;
}

/* x87, register result: is it to be thrown away? */
static inline bool fp_refused(const struct fp_env *e)
{
    return fp_unmasked(e) & FP_BEFORE;
}

/* x87, FST and FIST to memory: is the store to be left out? */
static inline bool fp_store_refused(const struct fp_env *e)
{
    return fp_unmasked(e) & (FP_BEFORE | FP_OE | FP_UE);
}

/*
 * What MXCSR receives when all elements are done: one element's unmasked IE,
 * DE or ZE keeps the others from computing (SDM 1 11.5.3).
 */
static inline u32 fp_sse_flags(const struct fp_env *e)
{
    return e->earlier | (e->flags & (fp_refused(e) ? FP_BEFORE : FP_BEFORE | FP_AFTER));
}

#define F32_INDEFINITE 0xffc00000u
#define F64_INDEFINITE 0xfff8000000000000u
#define F80_INDEFINITE ((struct f80){ 0xc000000000000000u, 0xffff })

/* Arithmetic. f80 results obey env->precision. */
f32 f32_add(f32 a, f32 b, struct fp_env *);
f32 f32_sub(f32 a, f32 b, struct fp_env *);
f32 f32_mul(f32 a, f32 b, struct fp_env *);
f32 f32_div(f32 a, f32 b, struct fp_env *);
f32 f32_sqrt(f32 a, struct fp_env *);

f64 f64_add(f64 a, f64 b, struct fp_env *);
f64 f64_sub(f64 a, f64 b, struct fp_env *);
f64 f64_mul(f64 a, f64 b, struct fp_env *);
f64 f64_div(f64 a, f64 b, struct fp_env *);
f64 f64_sqrt(f64 a, struct fp_env *);

struct f80 f80_add(struct f80 a, struct f80 b, struct fp_env *);
struct f80 f80_sub(struct f80 a, struct f80 b, struct fp_env *);
struct f80 f80_mul(struct f80 a, struct f80 b, struct fp_env *);
struct f80 f80_div(struct f80 a, struct f80 b, struct fp_env *);
struct f80 f80_sqrt(struct f80 a, struct fp_env *);

/*
 * a * b + c, rounded once; NaNs win in the order a, b, c. `negate` bits are
 * applied to operands that are not NaN: VFNMADD is FP_NEGATE_PRODUCT,
 * VFMSUB is FP_NEGATE_ADDEND, VFNMSUB is both. The operands a, b, c are numbers
 * 1 3 2 of VFMADD132, 2 1 3 of VFMADD213, 2 3 1 of VFMADD231.
 */
enum { FP_NEGATE_PRODUCT = 1, FP_NEGATE_ADDEND = 2 };
f32 f32_muladd(f32 a, f32 b, f32 c, unsigned negate, struct fp_env *);
f64 f64_muladd(f64 a, f64 b, f64 c, unsigned negate, struct fp_env *);

/*
 * RCPSS and RSQRTSS, which set no flags and take denormals for zeros. 12 bits,
 * rounded; processors differ from each other within 1.5 * 2^-12.
 */
f32 f32_reciprocal(f32 a);
f32 f32_reciprocal_root(f32 a);

/* MINSS, MAXSS: the second operand if either is a NaN or both are zero. */
f32 f32_min(f32 a, f32 b, struct fp_env *);
f32 f32_max(f32 a, f32 b, struct fp_env *);
f64 f64_min(f64 a, f64 b, struct fp_env *);
f64 f64_max(f64 a, f64 b, struct fp_env *);

/*
 * Comparison. The plain ones signal IE for SNaNs only (UCOMISS, CMPEQSS,
 * FUCOM), the _signal ones for every NaN (COMISS, CMPLTSS, FCOM).
 */
enum fp_order { FP_LESS = -1, FP_EQUAL = 0, FP_GREATER = 1, FP_UNORDERED = 2 };
enum fp_order f32_compare(f32 a, f32 b, struct fp_env *);
enum fp_order f32_compare_signal(f32 a, f32 b, struct fp_env *);
enum fp_order f64_compare(f64 a, f64 b, struct fp_env *);
enum fp_order f64_compare_signal(f64 a, f64 b, struct fp_env *);
enum fp_order f80_compare(struct f80 a, struct f80 b, struct fp_env *);
enum fp_order f80_compare_signal(struct f80 a, struct f80 b, struct fp_env *);

/*
 * To an integral value of the same format. f32 and f64 are ROUNDSS and ROUNDSD:
 * no DE, and no PE if `exact` (imm8 bit 3). f80 is FRNDINT by env->rounding.
 */
f32 f32_round(f32 a, unsigned rounding, bool exact, struct fp_env *);
f64 f64_round(f64 a, unsigned rounding, bool exact, struct fp_env *);
struct f80 f80_round(struct f80 a, struct fp_env *);

/*
 * To integers: `rounding` is FP_ZERO for CVTT* and FISTTP, else e->rounding.
 * What does not fit gives the integer indefinite, 80...0h, and IE.
 */
s32 f32_to_s32(f32 a, unsigned rounding, struct fp_env *);
s64 f32_to_s64(f32 a, unsigned rounding, struct fp_env *);
s32 f64_to_s32(f64 a, unsigned rounding, struct fp_env *);
s64 f64_to_s64(f64 a, unsigned rounding, struct fp_env *);
s16 f80_to_s16(struct f80 a, unsigned rounding, struct fp_env *);
s32 f80_to_s32(struct f80 a, unsigned rounding, struct fp_env *);
s64 f80_to_s64(struct f80 a, unsigned rounding, struct fp_env *);

/* From integers; narrower ones sign-extend. */
f32 s64_to_f32(s64 a, struct fp_env *);
f64 s64_to_f64(s64 a, struct fp_env *);
struct f80 s64_to_f80(s64 a);                   /* FILD: always exact */

/* Between formats. f32 to f64 and back are CVTSS2SD and CVTSD2SS. */
f64 f32_to_f64(f32 a, struct fp_env *);
f32 f64_to_f32(f64 a, struct fp_env *);
struct f80 f32_to_f80(f32 a, struct fp_env *);  /* FLD m32: DE; IE for SNaNs */
struct f80 f64_to_f80(f64 a, struct fp_env *);
f32 f80_to_f32(struct f80 a, struct fp_env *);  /* FST m32: no DE */
f64 f80_to_f64(struct f80 a, struct fp_env *);

/*
 * The m32 and m64 of FADD, FCOM and their like: widened without flags. An SNaN
 * remains one, and the operation that follows, with the same env, raises what is due.
 */
struct f80 f32_operand(f32 a, struct fp_env *);
struct f80 f64_operand(f64 a, struct fp_env *);

/* F16C: no DE from f16 and no DAZ on it; f32_to_f16 ignores FTZ. */
f32 f16_to_f32(f16 a, struct fp_env *);
f16 f32_to_f16(f32 a, unsigned rounding, struct fp_env *);

/* FBLD and FBSTP: 18 digits, two a byte, lowest first; then the sign. */
struct f80 bcd_to_f80(const u8 bcd[10]);
void f80_to_bcd(struct f80 a, u8 bcd[10], struct fp_env *);

/*
 * FPREM (`nearest` false) and FPREM1 (true). Sets in env->flags the C0 C3 C1 of
 * the quotient's bits 2 1 0, or C2 if only part of the reduction was done.
 */
struct f80 f80_rem(struct f80 a, struct f80 b, bool nearest, struct fp_env *);

/* FSCALE: a * 2^trunc(b). */
struct f80 f80_scale(struct f80 a, struct f80 b, struct fp_env *);

/* FXTRACT: returns the exponent (the new ST1), stores the significand (ST0). */
struct f80 f80_extract(struct f80 a, struct f80 *significand, struct fp_env *);

/* FLD1 ... FLDZ in the order of their opcodes, D9 E8 to D9 EE. */
enum f80_constant { F80_ONE, F80_L2T, F80_L2E, F80_PI, F80_LG2, F80_LN2, F80_ZERO };
struct f80 f80_constant(enum f80_constant, const struct fp_env *);

/* FXAM. The values are its condition codes; C1, the sign, is not included. */
enum f80_class {
    F80_UNSUPPORTED = 0,
    F80_NAN         = FP_C0,
    F80_NORMAL      = FP_C2,
    F80_INFINITE    = FP_C2 | FP_C0,
    F80_IS_ZERO     = FP_C3,
    F80_DENORMAL    = FP_C3 | FP_C2,    /* pseudo-denormals too */
};

static inline enum f80_class f80_class(struct f80 a)
{
    unsigned exponent = a.se & 0x7fff;

    if (exponent == 0)
        return a.man ? F80_DENORMAL : F80_IS_ZERO;
    if (!(a.man >> 63))
        return F80_UNSUPPORTED;
    if (exponent == 0x7fff)
        return a.man << 1 ? F80_NAN : F80_INFINITE;
    return F80_NORMAL;
}

static inline struct f80 f80_negate(struct f80 a)
{
    return (struct f80){ a.man, a.se ^ 0x8000 };
}

static inline struct f80 f80_abs(struct f80 a)
{
    return (struct f80){ a.man, a.se & 0x7fff };
}
