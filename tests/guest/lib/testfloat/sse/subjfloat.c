/*
 * For TestFloat (its documentation: "subject floating-point"): instructions on vector registers,
 * each as the function of TestFloat's that it computes. FORM says which: SCALAR; PACKED, 128 bits
 * with the operand in each element, of which the last answers; or WIDE, the same by AVX in 256.
 */
#include <stdbool.h>
#include <stdint.h>

#include "platform.h"
#include "softfloat.h"
#include "subjfloat_config.h"
#include "subjfloat.h"

#define SCALAR 0
#define PACKED 1
#define WIDE   2

enum { ROUNDING = 0x6000 };

static uint32_t mxcsr(void)
{
    uint32_t value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static void set_mxcsr(uint32_t value)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(value));
}

void subjfloat_setRoundingMode(uint_fast8_t mode)
{
    uint32_t control = mode == softfloat_round_near_even ? 0
                     : mode == softfloat_round_min       ? 0x2000
                     : mode == softfloat_round_max       ? 0x4000
                                                         : 0x6000;
    set_mxcsr((mxcsr() & ~ROUNDING) | control);
}

void subjfloat_setExtF80RoundingPrecision(uint_fast8_t bits)
{
    (void)bits;
}

uint_fast8_t subjfloat_clearExceptionFlags(void)
{
    uint32_t flags = mxcsr();
    set_mxcsr(flags & ~0x3F);
    return (flags & 0x01 ? softfloat_flag_invalid : 0) |
           (flags & 0x04 ? softfloat_flag_infinite : 0) |
           (flags & 0x08 ? softfloat_flag_overflow : 0) |
           (flags & 0x10 ? softfloat_flag_underflow : 0) |
           (flags & 0x20 ? softfloat_flag_inexact : 0);
}

// -- the forms: how operands come into registers 0 to 2, an operation, the result's way out --

#if FORM == SCALAR
#define LOAD32(N, R)    "movss %" N ", %%xmm" R "\n\t"
#define LOAD64(N, R)    "movsd %" N ", %%xmm" R "\n\t"
#define LOAD16          "pinsrw $0, %1, %%xmm0\n\t"
#define DO32(OP)        OP "ss %%xmm1, %%xmm0\n\t"
#define DO64(OP)        OP "sd %%xmm1, %%xmm0\n\t"
#define FUSED32         "vfmadd213ss %%xmm2, %%xmm1, %%xmm0\n\t"
#define FUSED64         "vfmadd213sd %%xmm2, %%xmm1, %%xmm0\n\t"
#define CHANGE32(OP, I) OP "ss " I "%%xmm0, %%xmm0\n\t"
#define CHANGE64(OP, I) OP "sd " I "%%xmm0, %%xmm0\n\t"
#define I32_TO_F32      "cvtsi2ssl %1, %%xmm0\n\t"
#define I32_TO_F64      "cvtsi2sdl %1, %%xmm0\n\t"
#define F32_TO_F64      "cvtss2sd %%xmm0, %%xmm0\n\t"
#define F64_TO_F32      "cvtsd2ss %%xmm0, %%xmm0\n\t"
#define F32_TO_I32(T)   "cvt" T "ss2si %%xmm0, %%eax\n\tmovd %%eax, %%xmm0\n\t"
#define F64_TO_I32(T)   "cvt" T "sd2si %%xmm0, %%eax\n\tmovd %%eax, %%xmm0\n\t"
#define F16_TO_F32      "vcvtph2ps %%xmm0, %%xmm0\n\t"
#define F32_TO_F16      "vcvtps2ph $4, %%xmm0, %%xmm0\n\t"
#define STORE16         "pextrw $0, %%xmm0, %0"
#define STORE32         "movss %%xmm0, %0"
#define STORE64         "movsd %%xmm0, %0"
#define STORE_HALF      STORE32
#elif FORM == PACKED
#define LOAD32(N, R)    "movss %" N ", %%xmm" R "\n\tshufps $0, %%xmm" R ", %%xmm" R "\n\t"
#define LOAD64(N, R)    "movddup %" N ", %%xmm" R "\n\t"
#define LOAD16          "pinsrw $0, %1, %%xmm0\n\tpshuflw $0, %%xmm0, %%xmm0\n\t"
#define DO32(OP)        OP "ps %%xmm1, %%xmm0\n\t"
#define DO64(OP)        OP "pd %%xmm1, %%xmm0\n\t"
#define FUSED32         "vfmadd213ps %%xmm2, %%xmm1, %%xmm0\n\t"
#define FUSED64         "vfmadd213pd %%xmm2, %%xmm1, %%xmm0\n\t"
#define CHANGE32(OP, I) OP "ps " I "%%xmm0, %%xmm0\n\t"
#define CHANGE64(OP, I) OP "pd " I "%%xmm0, %%xmm0\n\t"
#define I32_TO_F32      LOAD32("1", "0") "cvtdq2ps %%xmm0, %%xmm0\n\t"
#define I32_TO_F64      LOAD32("1", "0") "cvtdq2pd %%xmm0, %%xmm0\n\t"
#define F32_TO_F64      "cvtps2pd %%xmm0, %%xmm0\n\t"
#define F64_TO_F32      "cvtpd2ps %%xmm0, %%xmm0\n\t"
#define F32_TO_I32(T)   "cvt" T "ps2dq %%xmm0, %%xmm0\n\t"
#define F64_TO_I32(T)   "cvt" T "pd2dq %%xmm0, %%xmm0\n\t"
#define F16_TO_F32      "vcvtph2ps %%xmm0, %%xmm0\n\t"
#define F32_TO_F16      "vcvtps2ph $4, %%xmm0, %%xmm0\n\t"
#define STORE16         "pextrw $3, %%xmm0, %0"
#define STORE32         "extractps $3, %%xmm0, %0"
#define STORE64         "movhpd %%xmm0, %0"
#define STORE_HALF      "extractps $1, %%xmm0, %0"
#elif FORM == WIDE
#define UPPER_HALF      "vextractf128 $1, %%ymm0, %%xmm0\n\t"
#define LOAD32(N, R)    "vbroadcastss %" N ", %%ymm" R "\n\t"
#define LOAD64(N, R)    "vbroadcastsd %" N ", %%ymm" R "\n\t"
#define LOAD16          "vpbroadcastw %1, %%xmm0\n\t"
#define DO32(OP)        "v" OP "ps %%ymm1, %%ymm0, %%ymm0\n\t"
#define DO64(OP)        "v" OP "pd %%ymm1, %%ymm0, %%ymm0\n\t"
#define FUSED32         "vfmadd213ps %%ymm2, %%ymm1, %%ymm0\n\t"
#define FUSED64         "vfmadd213pd %%ymm2, %%ymm1, %%ymm0\n\t"
#define CHANGE32(OP, I) "v" OP "ps " I "%%ymm0, %%ymm0\n\t"
#define CHANGE64(OP, I) "v" OP "pd " I "%%ymm0, %%ymm0\n\t"
#define I32_TO_F32      LOAD32("1", "0") "vcvtdq2ps %%ymm0, %%ymm0\n\t"
#define I32_TO_F64      LOAD32("1", "0") "vcvtdq2pd %%xmm0, %%ymm0\n\t"
#define F32_TO_F64      "vcvtps2pd %%xmm0, %%ymm0\n\t"
#define F64_TO_F32      "vcvtpd2ps %%ymm0, %%xmm0\n\t"
#define F32_TO_I32(T)   "vcvt" T "ps2dq %%ymm0, %%ymm0\n\t"
#define F64_TO_I32(T)   "vcvt" T "pd2dq %%ymm0, %%xmm0\n\t"
#define F16_TO_F32      "vcvtph2ps %%xmm0, %%ymm0\n\t"
#define F32_TO_F16      "vcvtps2ph $4, %%ymm0, %%xmm0\n\t"
#define STORE16         "vpextrw $7, %%xmm0, %0\n\tvzeroupper"
#define STORE32         UPPER_HALF "vextractps $3, %%xmm0, %0\n\tvzeroupper"
#define STORE64         UPPER_HALF "vmovhpd %%xmm0, %0\n\tvzeroupper"
#define STORE_HALF      "vextractps $3, %%xmm0, %0\n\tvzeroupper"
#endif

#define CLOBBERED "xmm0", "xmm1", "xmm2", "eax", "cc"

// -- one operand --

#define UNARY(NAME, RESULT, TYPE, TEXT)                                                 \
    RESULT subj_##NAME(TYPE a)                                                          \
    {                                                                                   \
        RESULT z;                                                                       \
        __asm__ volatile(TEXT : "=m"(z) : "m"(a) : CLOBBERED);                          \
        return z;                                                                       \
    }

UNARY(i32_to_f32, float32_t, int32_t, I32_TO_F32 STORE32)
UNARY(i32_to_f64, float64_t, int32_t, I32_TO_F64 STORE64)
UNARY(f32_to_f64, float64_t, float32_t, LOAD32("1", "0") F32_TO_F64 STORE64)
UNARY(f64_to_f32, float32_t, float64_t, LOAD64("1", "0") F64_TO_F32 STORE_HALF)
UNARY(f16_to_f32, float32_t, float16_t, LOAD16 F16_TO_F32 STORE32)
UNARY(f32_to_f16, float16_t, float32_t, LOAD32("1", "0") F32_TO_F16 STORE16)
#ifdef __x86_64__
UNARY(i64_to_f32, float32_t, int64_t, "cvtsi2ssq %1, %%xmm0\n\tmovss %%xmm0, %0")
UNARY(i64_to_f64, float64_t, int64_t, "cvtsi2sdq %1, %%xmm0\n\tmovsd %%xmm0, %0")
#endif

#define UNARY32(NAME, OP, I)                                                            \
    UNARY(NAME, float32_t, float32_t, LOAD32("1", "0") CHANGE32(OP, I) STORE32)
#define UNARY64(NAME, OP, I)                                                            \
    UNARY(NAME, float64_t, float64_t, LOAD64("1", "0") CHANGE64(OP, I) STORE64)

UNARY32(f32_sqrt, "sqrt", "")
UNARY64(f64_sqrt, "sqrt", "")

// The constant: 0 to 3 is a direction, 4 that of MXCSR; 8 says nothing of inexactness.
UNARY32(f32_roundToInt_r_near_even, "round", "$8, ")
UNARY32(f32_roundToInt_r_min, "round", "$9, ")
UNARY32(f32_roundToInt_r_max, "round", "$10, ")
UNARY32(f32_roundToInt_r_minMag, "round", "$11, ")
UNARY32(f32_roundToInt_x, "round", "$4, ")
UNARY64(f64_roundToInt_r_near_even, "round", "$8, ")
UNARY64(f64_roundToInt_r_min, "round", "$9, ")
UNARY64(f64_roundToInt_r_max, "round", "$10, ")
UNARY64(f64_roundToInt_r_minMag, "round", "$11, ")
UNARY64(f64_roundToInt_x, "round", "$4, ")

// -- to integers: in the direction of MXCSR, or by the instruction that truncates --

#define INTEGER(NAME, RESULT, TYPE, FROM, MODE, TEXT)                                   \
    RESULT subj_##NAME(FROM a)                                                          \
    {                                                                                   \
        TYPE z;                                                                         \
        uint32_t direction = mxcsr() & ROUNDING;                                        \
        subjfloat_setRoundingMode(MODE);                                                \
        __asm__ volatile(TEXT : "=m"(z) : "m"(a) : CLOBBERED);                          \
        set_mxcsr((mxcsr() & ~ROUNDING) | direction);                                   \
        return z;                                                                       \
    }

#define INTEGER32(NAME, MODE, T)                                                        \
    INTEGER(f32_to_i32_rx_##NAME, int_fast32_t, int32_t, float32_t, softfloat_round_##MODE, \
            LOAD32("1", "0") F32_TO_I32(T) STORE32)                                     \
    INTEGER(f64_to_i32_rx_##NAME, int_fast32_t, int32_t, float64_t, softfloat_round_##MODE, \
            LOAD64("1", "0") F64_TO_I32(T) STORE_HALF)

INTEGER32(near_even, near_even, "")
INTEGER32(min, min, "")
INTEGER32(max, max, "")
INTEGER32(minMag, max, "t")

#ifdef __x86_64__
#define INTEGER64(NAME, MODE, T)                                                        \
    INTEGER(f32_to_i64_rx_##NAME, int_fast64_t, int64_t, float32_t, softfloat_round_##MODE, \
            "cvt" T "ss2si %1, %%rax\n\tmovq %%rax, %0")                                \
    INTEGER(f64_to_i64_rx_##NAME, int_fast64_t, int64_t, float64_t, softfloat_round_##MODE, \
            "cvt" T "sd2si %1, %%rax\n\tmovq %%rax, %0")

INTEGER64(near_even, near_even, "")
INTEGER64(min, min, "")
INTEGER64(max, max, "")
INTEGER64(minMag, max, "t")
#endif

// -- two operands, and three --

#define BINARY(NAME, TYPE, TEXT)                                                        \
    TYPE subj_##NAME(TYPE a, TYPE b)                                                    \
    {                                                                                   \
        TYPE z;                                                                         \
        __asm__ volatile(TEXT : "=m"(z) : "m"(a), "m"(b) : CLOBBERED);                  \
        return z;                                                                       \
    }

#define ARITHMETIC(OP)                                                                  \
    BINARY(f32_##OP, float32_t, LOAD32("1", "0") LOAD32("2", "1") DO32(#OP) STORE32)    \
    BINARY(f64_##OP, float64_t, LOAD64("1", "0") LOAD64("2", "1") DO64(#OP) STORE64)

ARITHMETIC(add)
ARITHMETIC(sub)
ARITHMETIC(mul)
ARITHMETIC(div)

// Of a product's NaNs the second register's comes first.
#define TERNARY(NAME, TYPE, TEXT)                                                       \
    TYPE subj_##NAME(TYPE a, TYPE b, TYPE c)                                            \
    {                                                                                   \
        TYPE z;                                                                         \
        __asm__ volatile(TEXT : "=m"(z) : "m"(a), "m"(b), "m"(c) : CLOBBERED);          \
        return z;                                                                       \
    }

TERNARY(f32_mulAdd, float32_t,
        LOAD32("1", "1") LOAD32("2", "0") LOAD32("3", "2") FUSED32 STORE32)
TERNARY(f64_mulAdd, float64_t,
        LOAD64("1", "1") LOAD64("2", "0") LOAD64("3", "2") FUSED64 STORE64)

// -- comparisons: COMISS signals every NaN, UCOMISS only those that are signalling; masks --

#define FLAGS(NAME, TYPE, OP, FIRST, SECOND, CONDITION)                                 \
    bool subj_##NAME(TYPE a, TYPE b)                                                    \
    {                                                                                   \
        uint8_t z, ordered;                                                             \
        __asm__ volatile("movq %2, %%xmm0\n\tmovq %3, %%xmm1\n\t"                       \
                         OP " %%xmm1, %%xmm0\n\tset" CONDITION " %0\n\tsetnp %1"        \
                         : "=q"(z), "=q"(ordered)                                       \
                         : "m"(*(uint64_t[]){FIRST.v}), "m"(*(uint64_t[]){SECOND.v})    \
                         : CLOBBERED);                                                  \
        return z && ordered;                                                            \
    }

#define MASK32(NAME, OP)                                                                \
    bool subj_f32_##NAME(float32_t a, float32_t b)                                      \
    {                                                                                   \
        float32_t z;                                                                    \
        __asm__ volatile(LOAD32("1", "0") LOAD32("2", "1") DO32("cmp" OP) STORE32       \
                         : "=m"(z) : "m"(a), "m"(b) : CLOBBERED);                       \
        return z.v == UINT32_MAX;                                                       \
    }

#define MASK64(NAME, OP)                                                                \
    bool subj_f64_##NAME(float64_t a, float64_t b)                                      \
    {                                                                                   \
        float64_t z;                                                                    \
        __asm__ volatile(LOAD64("1", "0") LOAD64("2", "1") DO64("cmp" OP) STORE64       \
                         : "=m"(z) : "m"(a), "m"(b) : CLOBBERED);                       \
        return z.v == UINT64_MAX;                                                       \
    }

#define MASK(NAME, OP) MASK32(NAME, OP) MASK64(NAME, OP)
#define FLAGS_BOTH(NAME, OP, FIRST, SECOND, CONDITION)                                  \
    FLAGS(f32_##NAME, float32_t, OP "comiss", FIRST, SECOND, CONDITION)                 \
    FLAGS(f64_##NAME, float64_t, OP "comisd", FIRST, SECOND, CONDITION)

#if FORM == SCALAR
FLAGS_BOTH(eq, "u", a, b, "e")
FLAGS_BOTH(lt, "", b, a, "a")
FLAGS_BOTH(le, "", b, a, "ae")
#else
MASK(eq, "eq")
MASK(lt, "lt")
MASK(le, "le")
#endif
#if FORM == WIDE
MASK(eq_signaling, "eq_os")
MASK(lt_quiet, "lt_oq")
MASK(le_quiet, "le_oq")
#else
FLAGS_BOTH(eq_signaling, "", a, b, "e")
FLAGS_BOTH(lt_quiet, "u", b, a, "a")
FLAGS_BOTH(le_quiet, "u", b, a, "ae")
#endif
