/*
 * For TestFloat (its documentation: "subject floating-point"): the x87's instructions, each as the
 * function of TestFloat's that it computes. The stack is empty between two of them.
 */
#include <stdbool.h>
#include <stdint.h>

#include "platform.h"
#include "softfloat.h"
#include "subjfloat_config.h"
#include "subjfloat.h"

enum { PRECISION = 0x300, ROUNDING = 0xC00, MASKS = 0x3F };

static uint16_t control_word = MASKS | PRECISION;

static uint16_t rounding(uint_fast8_t mode)
{
    return mode == softfloat_round_near_even ? 0
         : mode == softfloat_round_min       ? 0x400
         : mode == softfloat_round_max       ? 0x800
                                             : 0xC00;
}

static void set_control(uint16_t word)
{
    __asm__ volatile("fldcw %0" : : "m"(word));
}

void subjfloat_setRoundingMode(uint_fast8_t mode)
{
    control_word = (control_word & ~ROUNDING) | rounding(mode);
    set_control(control_word);
}

void subjfloat_setExtF80RoundingPrecision(uint_fast8_t bits)
{
    control_word = (control_word & ~PRECISION) | (bits == 32 ? 0 : bits == 64 ? 0x200 : 0x300);
    set_control(control_word);
}

uint_fast8_t subjfloat_clearExceptionFlags(void)
{
    uint16_t status;
    __asm__ volatile("fnstsw %0\n\tfnclex" : "=m"(status));
    return (status & 0x01 ? softfloat_flag_invalid : 0) |
           (status & 0x04 ? softfloat_flag_infinite : 0) |
           (status & 0x08 ? softfloat_flag_overflow : 0) |
           (status & 0x10 ? softfloat_flag_underflow : 0) |
           (status & 0x20 ? softfloat_flag_inexact : 0);
}

// -- to the format, and out of it --

#define TO_EXTF80(FROM, TYPE, LOAD)                                                     \
    void subj_##FROM##_to_extF80M(TYPE a, extFloat80_t *z)                              \
    {                                                                                   \
        __asm__ volatile(LOAD " %1\n\tfstpt %0" : "=m"(*z) : "m"(a));                   \
    }

TO_EXTF80(i32, int32_t, "fildl")
TO_EXTF80(i64, int64_t, "fildll")
TO_EXTF80(f32, float32_t, "flds")
TO_EXTF80(f64, float64_t, "fldl")

#define FROM_EXTF80(TO, TYPE, STORE)                                                    \
    TYPE subj_extF80M_to_##TO(const extFloat80_t *a)                                    \
    {                                                                                   \
        TYPE z;                                                                         \
        __asm__ volatile("fldt %1\n\t" STORE " %0" : "=m"(z) : "m"(*a));                \
        return z;                                                                       \
    }

FROM_EXTF80(f32, float32_t, "fstps")
FROM_EXTF80(f64, float64_t, "fstpl")

#define TO_INTEGER(NAME, RESULT, TYPE, STORE, MODE)                                     \
    RESULT subj_extF80M_to_##NAME(const extFloat80_t *a)                                \
    {                                                                                   \
        TYPE z;                                                                         \
        set_control((control_word & ~ROUNDING) | rounding(MODE));                       \
        __asm__ volatile("fldt %1\n\t" STORE " %0" : "=m"(z) : "m"(*a));                \
        set_control(control_word);                                                      \
        return z;                                                                       \
    }

// Truncation is FISTTP's, whatever the control word says: it is told the opposite.
TO_INTEGER(i32_rx_near_even, int_fast32_t, int32_t, "fistpl", softfloat_round_near_even)
TO_INTEGER(i32_rx_minMag, int_fast32_t, int32_t, "fisttpl", softfloat_round_max)
TO_INTEGER(i32_rx_min, int_fast32_t, int32_t, "fistpl", softfloat_round_min)
TO_INTEGER(i32_rx_max, int_fast32_t, int32_t, "fistpl", softfloat_round_max)
TO_INTEGER(i64_rx_near_even, int_fast64_t, int64_t, "fistpll", softfloat_round_near_even)
TO_INTEGER(i64_rx_minMag, int_fast64_t, int64_t, "fisttpll", softfloat_round_max)
TO_INTEGER(i64_rx_min, int_fast64_t, int64_t, "fistpll", softfloat_round_min)
TO_INTEGER(i64_rx_max, int_fast64_t, int64_t, "fistpll", softfloat_round_max)

// -- arithmetic --

#define UNARY(NAME, OP)                                                                 \
    void subj_extF80M_##NAME(const extFloat80_t *a, extFloat80_t *z)                    \
    {                                                                                   \
        __asm__ volatile("fldt %1\n\t" OP "\n\tfstpt %0" : "=m"(*z) : "m"(*a));         \
    }

UNARY(roundToInt_x, "frndint")
UNARY(sqrt, "fsqrt")

// The first operand is in ST(0), the second in ST(1).
#define BINARY(NAME, OP)                                                                \
    void subj_extF80M_##NAME(const extFloat80_t *a, const extFloat80_t *b, extFloat80_t *z) \
    {                                                                                   \
        __asm__ volatile("fldt %2\n\tfldt %1\n\t" OP "\n\tfstpt %0\n\tfstp %%st(0)"     \
                         : "=m"(*z) : "m"(*a), "m"(*b) : "eax", "cc");                  \
    }

BINARY(add, "fadd %%st(1), %%st")
BINARY(sub, "fsub %%st(1), %%st")
BINARY(mul, "fmul %%st(1), %%st")
BINARY(div, "fdiv %%st(1), %%st")
BINARY(rem, "1: fprem1\n\tfnstsw %%ax\n\ttestb $4, %%ah\n\tjnz 1b")

// -- comparisons: FCOMI signals every NaN, FUCOMI only those that are signalling --

#define COMPARE(NAME, OP, FIRST, SECOND, CONDITION)                                     \
    bool subj_extF80M_##NAME(const extFloat80_t *a, const extFloat80_t *b)              \
    {                                                                                   \
        uint8_t z, ordered;                                                             \
        __asm__ volatile("fldt %2\n\tfldt %3\n\t" OP " %%st(1), %%st\n\tfstp %%st(0)\n\t" \
                         "set" CONDITION " %0\n\tsetnp %1"                              \
                         : "=q"(z), "=q"(ordered) : "m"(*SECOND), "m"(*FIRST) : "cc");  \
        return z && ordered;                                                            \
    }

COMPARE(eq, "fucomip", a, b, "e")
COMPARE(lt, "fcomip", b, a, "a")
COMPARE(le, "fcomip", b, a, "ae")
COMPARE(eq_signaling, "fcomip", a, b, "e")
COMPARE(lt_quiet, "fucomip", b, a, "a")
COMPARE(le_quiet, "fucomip", b, a, "ae")
