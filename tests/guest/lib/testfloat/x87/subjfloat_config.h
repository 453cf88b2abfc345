/*
 * For TestFloat: which of its functions one instruction of the x87 computes. Its conversions to
 * integers always tell when they are inexact (_rx_).
 */
#define SUBJ_I32_TO_EXTF80
#define SUBJ_I64_TO_EXTF80
#define SUBJ_F32_TO_EXTF80
#define SUBJ_F64_TO_EXTF80
#define SUBJ_EXTF80_TO_I32_RX_NEAR_EVEN
#define SUBJ_EXTF80_TO_I32_RX_MINMAG
#define SUBJ_EXTF80_TO_I32_RX_MIN
#define SUBJ_EXTF80_TO_I32_RX_MAX
#define SUBJ_EXTF80_TO_I64_RX_NEAR_EVEN
#define SUBJ_EXTF80_TO_I64_RX_MINMAG
#define SUBJ_EXTF80_TO_I64_RX_MIN
#define SUBJ_EXTF80_TO_I64_RX_MAX
#define SUBJ_EXTF80_TO_F32
#define SUBJ_EXTF80_TO_F64
#define SUBJ_EXTF80_ROUNDTOINT_X
#define SUBJ_EXTF80_ADD
#define SUBJ_EXTF80_SUB
#define SUBJ_EXTF80_MUL
#define SUBJ_EXTF80_DIV
#define SUBJ_EXTF80_REM
#define SUBJ_EXTF80_SQRT
#define SUBJ_EXTF80_EQ
#define SUBJ_EXTF80_LE
#define SUBJ_EXTF80_LT
#define SUBJ_EXTF80_EQ_SIGNALING
#define SUBJ_EXTF80_LE_QUIET
#define SUBJ_EXTF80_LT_QUIET
