/* isa/x86/ops/pairs.h */
/* Declares the handlers of ops/pairs.def. */
#pragma once
#include "isa/x86/op.h"

#define PAIR(a, b)      void h_##a##__##b(struct x86 *, struct op *, s64, struct tlb *);
#define PAIR_JCC(a, cc) void h_##a##__j##cc(struct x86 *, struct op *, s64, struct tlb *);
#include "isa/x86/ops/pairs.def"
#undef PAIR
#undef PAIR_JCC
