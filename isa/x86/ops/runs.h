/* isa/x86/ops/runs.h */
/* Declares the handlers of ops/runs.def. */
#pragma once
#include "isa/x86/op.h"

#define RUN2(a, r, b)               void h_##a##_##r##_##b(HANDLER_TYPES);
#define RUN3(a, r, b, s, c)         void h_##a##_##r##_##b##_##s##_##c(HANDLER_TYPES);
#define RUN4(a, r, b, s, c, t, d)   void h_##a##_##r##_##b##_##s##_##c##_##t##_##d(HANDLER_TYPES);
#define RUN2_JCC(a, cc)             RUN2(a, N, j##cc)
#define RUN3_JCC(a, r, b, cc)       RUN3(a, r, b, N, j##cc)
#define RUN4_JCC(a, r, b, s, c, cc) RUN4(a, r, b, s, c, N, j##cc)
#include "isa/x86/ops/runs.def"
#undef RUN2
#undef RUN3
#undef RUN4
#undef RUN2_JCC
#undef RUN3_JCC
#undef RUN4_JCC
