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
#define RUN(name)                                                       \
    static inline __attribute__((always_inline))                        \
    void r_##name(struct x86 *restrict cpu, struct lazy_flags *restrict lazy, \
                  struct op *restrict op, s64 budget, struct tlb *tlb); \
    void h_##name(HANDLER_ARGS)                                         \
    {                                                                   \
        r_##name(cpu, &cpu->lazy, op, budget, tlb);                     \
    }                                                                   \
    static inline __attribute__((always_inline))                        \
    void r_##name(struct x86 *restrict cpu, struct lazy_flags *restrict lazy, \
                  struct op *restrict op, s64 budget, struct tlb *tlb)

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
#define LAST(n)                                                         \
    (void)dst_;                                                         \
    GO(op[n].fn, op + (n))

#define RUN2(a, r, b)                                                   \
    RUN(a##_##r##_##b)                                                  \
    {                                                                   \
        FIRST(a); LATER(1, r, b);                                       \
        LAST(2);                                                        \
    }
#define RUN3(a, r, b, s, c)                                             \
    RUN(a##_##r##_##b##_##s##_##c)                                      \
    {                                                                   \
        FIRST(a); LATER(1, r, b); LATER(2, s, c);                       \
        LAST(3);                                                        \
    }
#define RUN4(a, r, b, s, c, t, d)                                       \
    RUN(a##_##r##_##b##_##s##_##c##_##t##_##d)                          \
    {                                                                   \
        FIRST(a); LATER(1, r, b); LATER(2, s, c); LATER(3, t, d);       \
        LAST(4);                                                        \
    }
#define RUN2_JCC(a, cc)                                                 \
    RUN(a##_N_j##cc)                                                    \
    {                                                                   \
        FIRST(a);                                                       \
        LAST_JCC(1, cc);                                                \
    }
#define RUN3_JCC(a, r, b, cc)                                           \
    RUN(a##_##r##_##b##_N_j##cc)                                        \
    {                                                                   \
        FIRST(a); LATER(1, r, b);                                       \
        LAST_JCC(2, cc);                                                \
    }
#define RUN4_JCC(a, r, b, s, c, cc)                                     \
    RUN(a##_##r##_##b##_##s##_##c##_N_j##cc)                            \
    {                                                                   \
        FIRST(a); LATER(1, r, b); LATER(2, s, c);                       \
        LAST_JCC(3, cc);                                                \
    }
#include "isa/x86/ops/runs.def"
