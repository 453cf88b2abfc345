/* isa/x86/ops/runs.c */
/* The handlers of ops/runs.def: see fuse.c for how they come to be used. */
#include "isa/x86/ops/runs.h"

#include "isa/x86/handlers.h"
#include "isa/x86/ops/bodies.h"
#include "isa/x86/ops/branch.h"
#include "isa/x86/ops/condition.h"

/*
 * What a run does is a function of its own, which is inlined, so that its arguments can tell the
 * compiler what it cannot know: that neither guest memory nor the ops are where the registers are,
 * and that no register lies in the flags.
 */
#define RUN_ARGUMENTS                                                   \
    struct x86 *restrict cpu, struct lazy_flags *restrict lazy,         \
    struct op *restrict op, s64 budget, struct tlb *tlb
#define RUN_(name)                                                      \
    static inline __attribute__((always_inline)) void r_##name(RUN_ARGUMENTS); \
    void h_##name(HANDLER_ARGS)                                         \
    {                                                                   \
        r_##name(cpu, &cpu->lazy, op, budget, tlb);                     \
    }                                                                   \
    static inline __attribute__((always_inline)) void r_##name(RUN_ARGUMENTS)
#define RUN(name) RUN_(name)

/*
 * What needs its slow path goes on in its own handler, as do those behind it. dst_ is where the
 * instruction before has its destination.
 */
#define FIRST(a)                                                        \
    u8 dst_ = op->dst;                                                  \
    if (unlikely(!b_##a(cpu, lazy, op, tlb, false)))                    \
        GO(h_##a, op)
#define LATER(n, r, a)                                                  \
    do {                                                                \
        RELATED_##r(n);                                                 \
        if (unlikely(!b_##a(cpu, lazy, at_, tlb, false)))               \
            GO(op[n].fn, op + (n));                                     \
        dst_ = at_->dst;                                                \
    } while (0)
/* The same register by the same name: the compiler need not look whether it is. */
#define RELATED_N(n)  struct op *at_ = op + (n)
#define RELATED_(n, member)                                             \
    struct op it_ = op[n], *at_ = &it_;                                 \
    it_.member = dst_
#define RELATED_S(n)  RELATED_(n, src)
#define RELATED_B(n)  RELATED_(n, base)
#define RELATED_X(n)  RELATED_(n, idx)
#define RELATED_D(n)  RELATED_(n, dst)
/* The compiler sees what was left in the flags, and compares that directly. */
#define LAST_JCC(n, cc)                                                 \
    (void)dst_;                                                         \
    if (cond_##cc(lazy))                                                \
        FOLLOW(op + (n));                                               \
    FOLLOW(op + (n) + 1)
#define LAST_JMP(n)                                                     \
    (void)dst_;                                                         \
    FOLLOW(op + (n))
#define LAST(n)                                                         \
    (void)dst_;                                                         \
    GO(op[n].fn, op + (n))

#define FIRST_2(a, r, b)    FIRST(a); LATER(1, r, b)
#define FIRST_3(a, r, b, s, c) \
    FIRST_2(a, r, b); LATER(2, s, c)
#define FIRST_4(a, r, b, s, c, t, d) \
    FIRST_3(a, r, b, s, c); LATER(3, t, d)
#define FIRST_5(a, r, b, s, c, t, d, u, e) \
    FIRST_4(a, r, b, s, c, t, d); LATER(4, u, e)
#define FIRST_6(a, r, b, s, c, t, d, u, e, v, f) \
    FIRST_5(a, r, b, s, c, t, d, u, e); LATER(5, v, f)

#define RUN2(...) RUN(RUN_NAME2(__VA_ARGS__)) { FIRST_2(__VA_ARGS__); LAST(2); }
#define RUN3(...) RUN(RUN_NAME3(__VA_ARGS__)) { FIRST_3(__VA_ARGS__); LAST(3); }
#define RUN4(...) RUN(RUN_NAME4(__VA_ARGS__)) { FIRST_4(__VA_ARGS__); LAST(4); }
#define RUN5(...) RUN(RUN_NAME5(__VA_ARGS__)) { FIRST_5(__VA_ARGS__); LAST(5); }
#define RUN6(...) RUN(RUN_NAME6(__VA_ARGS__)) { FIRST_6(__VA_ARGS__); LAST(6); }

#undef RUN2_JCC
#undef RUN3_JCC
#undef RUN4_JCC
#undef RUN5_JCC
#undef RUN6_JCC
#define RUN2_JCC(a, cc) \
    RUN(RUN_NAME2(a, N, j##cc)) { FIRST(a); LAST_JCC(1, cc); }
#define RUN3_JCC(a, r, b, cc) \
    RUN(RUN_NAME3(a, r, b, N, j##cc)) { FIRST_2(a, r, b); LAST_JCC(2, cc); }
#define RUN4_JCC(a, r, b, s, c, cc) \
    RUN(RUN_NAME4(a, r, b, s, c, N, j##cc)) { FIRST_3(a, r, b, s, c); LAST_JCC(3, cc); }
#define RUN5_JCC(a, r, b, s, c, t, d, cc) \
    RUN(RUN_NAME5(a, r, b, s, c, t, d, N, j##cc)) \
    { FIRST_4(a, r, b, s, c, t, d); LAST_JCC(4, cc); }
#define RUN6_JCC(a, r, b, s, c, t, d, u, e, cc) \
    RUN(RUN_NAME6(a, r, b, s, c, t, d, u, e, N, j##cc)) \
    { FIRST_5(a, r, b, s, c, t, d, u, e); LAST_JCC(5, cc); }

#undef RUN2_JMP
#undef RUN3_JMP
#undef RUN4_JMP
#undef RUN5_JMP
#undef RUN6_JMP
#define RUN2_JMP(a) \
    RUN(RUN_NAME2(a, N, jmp)) { FIRST(a); LAST_JMP(1); }
#define RUN3_JMP(a, r, b) \
    RUN(RUN_NAME3(a, r, b, N, jmp)) { FIRST_2(a, r, b); LAST_JMP(2); }
#define RUN4_JMP(a, r, b, s, c) \
    RUN(RUN_NAME4(a, r, b, s, c, N, jmp)) { FIRST_3(a, r, b, s, c); LAST_JMP(3); }
#define RUN5_JMP(a, r, b, s, c, t, d) \
    RUN(RUN_NAME5(a, r, b, s, c, t, d, N, jmp)) \
    { FIRST_4(a, r, b, s, c, t, d); LAST_JMP(4); }
#define RUN6_JMP(a, r, b, s, c, t, d, u, e) \
    RUN(RUN_NAME6(a, r, b, s, c, t, d, u, e, N, jmp)) \
    { FIRST_5(a, r, b, s, c, t, d, u, e); LAST_JMP(5); }
#include "isa/x86/ops/runs.def"
