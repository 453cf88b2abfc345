/* isa/x86/ops/pairs.c */
/* The handlers of ops/pairs.def: see fuse.c for how they come to be used. */
#include "isa/x86/ops/pairs.h"

#include "isa/x86/handlers.h"
#include "isa/x86/ops/bodies.h"
#include "isa/x86/ops/branch.h"
#include "isa/x86/ops/condition.h"

#define PAIR(a, b)                                                      \
    void h_##a##__##b(HANDLER_ARGS)                                     \
    {                                                                   \
        if (unlikely(!b_##a(cpu, op, tlb, false)))                      \
            GO(h_##a, op);                                              \
        if (unlikely(!b_##b(cpu, op + 1, tlb, false)))                  \
            GO(op[1].fn, op + 1);                                       \
        GO(op[2].fn, op + 2);                                           \
    }
/* The compiler sees what the first one left in the flags, and compares that directly. */
#define PAIR_JCC(a, cc)                                                 \
    void h_##a##__j##cc(HANDLER_ARGS)                                   \
    {                                                                   \
        if (unlikely(!b_##a(cpu, op, tlb, false)))                      \
            GO(h_##a, op);                                              \
        if (cond_##cc(&cpu->lazy))                                      \
            FOLLOW(op + 1);                                             \
        FALL_TO(op + 2);                                                \
    }
#include "isa/x86/ops/pairs.def"
