/* Values at which instructions differ: edges of integers, of floating point, pointers. */
#pragma once
#include "tests/insn/case.h"
#include "tests/insn/random.h"

u64 value_integer(struct rng *);
/* 16 bytes for a vector register or operand, in one of the formats at random. */
void value_vector(struct rng *, u8 to[16]);
/* Ten bytes. */
void value_f80(struct rng *, u8 to[10]);
u64  value_f64(struct rng *);
u32  value_f32(struct rng *);

/* Flags, control and status words. */
u32  value_flags(struct rng *);
void value_fx(struct rng *, u8 fx[FX_BYTES]);
/* What goes with it: the upper halves of YMM registers, and a header. */
void value_ymm(struct rng *, u8 fx[FX_WHOLE]);
