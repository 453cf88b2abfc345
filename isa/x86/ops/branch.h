/* isa/x86/ops/branch.h */
/* The ways out of a block. */
#pragma once
#include "isa/x86/block.h"
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/ops/body.h"

/* Along the link of the op `at`: its cost is paid, then on to the target unless time is up. */
#define FOLLOW(at)                                              \
    do {                                                        \
        struct op *to__ = (at)->link;                           \
        budget -= (at)->n;                                      \
        if (unlikely(budget < 0))                               \
            GO(x86_leave_at, to__);                             \
        GO(to__->fn, to__);                                     \
    } while (0)

/* The block at rip, where the CPU has been there before; NULL: the loop must look. */
static inline struct block *known_block(struct x86 *cpu, struct tlb *tlb, u64 rip)
{
    struct block *b;
    u8 *host;

    if (!tlb_find(tlb, TLB_CODE, ((cpu->mode >> 32) + rip) & cpu->lin_mask, 1, &host))
        return NULL;
    b = cpu->shared->cache[code_slot(host)];
    if (unlikely(!b || b->code != host || b->rip != rip || b->mode != cpu->mode))
        return NULL;
    return b;
}

/* On to a block found so. */
#define FOLLOW_BLOCK(b_, n_)                                    \
    do {                                                        \
        struct op *to__ = (b_)->op;                             \
        budget -= (n_);                                         \
        if (unlikely(budget < 0))                               \
            GO(x86_leave_at, to__);                             \
        GO(to__->fn, to__);                                     \
    } while (0)

/* A computed target: #GP(0) unless it may be reached. SDM 2, JMP. */
static inline void check_target(struct x86 *cpu, u64 rip)
{
    x86_protect(cpu, x86_is_64(cpu) ? x86_canonical(cpu, rip) : rip <= x86_cs_limit(cpu));
}

/* From a slow twin: rip is set, the loop finds the block. */
#define LEAVE_TO(rip_)                                          \
    do {                                                        \
        cpu->rip = (rip_);                                      \
        cpu->budget -= op->n;                                   \
        LEAVE;                                                  \
    } while (0)
