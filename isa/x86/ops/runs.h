/* isa/x86/ops/runs.h */
/* Declares the handlers of ops/runs.def. */
#pragma once
#include "isa/x86/op.h"

#define RUN_NAME2(a, r, b)                      a##_##r##_##b
#define RUN_NAME3(a, r, b, s, c)                a##_##r##_##b##_##s##_##c
#define RUN_NAME4(a, r, b, s, c, t, d)          a##_##r##_##b##_##s##_##c##_##t##_##d
#define RUN_NAME5(a, r, b, s, c, t, d, u, e)    a##_##r##_##b##_##s##_##c##_##t##_##d##_##u##_##e
#define RUN_NAME6(a, r, b, s, c, t, d, u, e, v, f) \
    a##_##r##_##b##_##s##_##c##_##t##_##d##_##u##_##e##_##v##_##f

/* What ends with a branch is written shorter; ops/runs.c has its own way with these. */
#define RUN2_JCC(a, cc)                             RUN2(a, N, j##cc)
#define RUN3_JCC(a, r, b, cc)                       RUN3(a, r, b, N, j##cc)
#define RUN4_JCC(a, r, b, s, c, cc)                 RUN4(a, r, b, s, c, N, j##cc)
#define RUN5_JCC(a, r, b, s, c, t, d, cc)           RUN5(a, r, b, s, c, t, d, N, j##cc)
#define RUN6_JCC(a, r, b, s, c, t, d, u, e, cc)     RUN6(a, r, b, s, c, t, d, u, e, N, j##cc)
#define RUN2_JMP(a)                                 RUN2(a, N, jmp)
#define RUN3_JMP(a, r, b)                           RUN3(a, r, b, N, jmp)
#define RUN4_JMP(a, r, b, s, c)                     RUN4(a, r, b, s, c, N, jmp)
#define RUN5_JMP(a, r, b, s, c, t, d)               RUN5(a, r, b, s, c, t, d, N, jmp)
#define RUN6_JMP(a, r, b, s, c, t, d, u, e)         RUN6(a, r, b, s, c, t, d, u, e, N, jmp)

#define RUN_DECLARED_(name) void h_##name(HANDLER_TYPES);
#define RUN_DECLARED(name)  RUN_DECLARED_(name)
#define RUN2(...) RUN_DECLARED(RUN_NAME2(__VA_ARGS__))
#define RUN3(...) RUN_DECLARED(RUN_NAME3(__VA_ARGS__))
#define RUN4(...) RUN_DECLARED(RUN_NAME4(__VA_ARGS__))
#define RUN5(...) RUN_DECLARED(RUN_NAME5(__VA_ARGS__))
#define RUN6(...) RUN_DECLARED(RUN_NAME6(__VA_ARGS__))
#include "isa/x86/ops/runs.def"
#undef RUN2
#undef RUN3
#undef RUN4
#undef RUN5
#undef RUN6
