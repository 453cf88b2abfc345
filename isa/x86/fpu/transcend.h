#pragma once
#include "isa/x86/fpu/softfloat.h"

/*
 * The transcendental instructions of the x87, in integers only: rounded correctly
 * but for one result in 2^50, monotonic, the same bits on every host. Results have
 * 64 bits whatever the precision control says. PE is set by all of them but zeros,
 * infinities, NaNs and the cosine of zero.
 */
struct f80 f80_2xm1(struct f80 x, struct fp_env *);                  /* 2^x - 1 */
struct f80 f80_yl2x(struct f80 x, struct f80 y, struct fp_env *);    /* y * log2(x) */
struct f80 f80_yl2xp1(struct f80 x, struct f80 y, struct fp_env *);  /* y * log2(x + 1) */
struct f80 f80_patan(struct f80 y, struct f80 x, struct fp_env *);   /* angle of (x, y) */

/* |x| >= 2^63 sets FP_C2 and returns x: the instruction then changes nothing. */
struct f80 f80_sin(struct f80 x, struct fp_env *);
struct f80 f80_cos(struct f80 x, struct fp_env *);
struct f80 f80_sincos(struct f80 x, struct f80 *cosine, struct fp_env *);    /* the sine */
struct f80 f80_tan(struct f80 x, struct fp_env *);   /* FPTAN pushes 1, or the same NaN */
