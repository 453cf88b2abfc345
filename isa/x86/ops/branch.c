/* isa/x86/ops/branch.c */
/* Near jumps: SDM 2 Jcc, JMP, LOOP, JCXZ. */
#include "isa/x86/ops/branch.h"

#include "isa/x86/handlers.h"
#include "isa/x86/ops/condition.h"

void h_jmp(HANDLER_ARGS)
{
    FOLLOW(op);
}

/* Behind one that is not taken stands the jump to what follows. */
#define JCC(cc)                                 \
    void h_j##cc(HANDLER_ARGS)                  \
    {                                           \
        if (cond_##cc(&cpu->lazy))              \
            FOLLOW(op);                         \
        FOLLOW(op + 1);                         \
    }
CONDITIONS(JCC)

static inline u64 count_mask(const struct op *op)
{
    unsigned asize = (op->mem & MEM_ASIZE) >> MEM_ASIZE_SHIFT;

    return asize == ASIZE_64 ? UINT64_MAX : asize == ASIZE_32 ? 0xffffffff : 0xffff;
}

static inline u64 count_down(struct x86 *cpu, const struct op *op)
{
    u64 mask = count_mask(op), n = (cpu->gpr[RCX] - 1) & mask;

    cpu->gpr[RCX] = mask == 0xffff ? (cpu->gpr[RCX] & ~mask) | n : n;
    return n;
}

/* A count that goes down must not if the branch then faults: the stub says whether it would. */
static bool refused(struct op *op)
{
    return op->link->fn == h_stub_fault;
}

#define LOOP(name, condition)                                                   \
    void h_##name(HANDLER_ARGS)                                                 \
    {                                                                           \
        bool taken = ((cpu->gpr[RCX] - 1) & count_mask(op)) && (condition);     \
                                                                                \
        if (taken && unlikely(refused(op)))                                     \
            FOLLOW(op);                                                         \
        count_down(cpu, op);                                                    \
        if (taken)                                                              \
            FOLLOW(op);                                                         \
        NEXT;                                                                   \
    }
LOOP(loop, true)
LOOP(loope, lazy_zero(&cpu->lazy))
LOOP(loopne, !lazy_zero(&cpu->lazy))

void h_jcxz(HANDLER_ARGS)
{
    if ((cpu->gpr[RCX] & count_mask(op)) == 0)
        FOLLOW(op);
    NEXT;
}

/* ---- Indirect ---- */

#define JMP_IND(w)                                                              \
    static __attribute__((noinline)) void s_jmp_ind_##w(HANDLER_ARGS) \
    {                                                                           \
        u64 rip;                                                                \
                                                                                \
        PUBLISH;                                                                \
        rip = GET_##w(cpu, op->dst);                                            \
        check_target(cpu, rip);                                                 \
        LEAVE_TO(rip);                                                          \
    }                                                                           \
    void h_jmp_ind_##w##_r(HANDLER_ARGS)                                        \
    {                                                                           \
        struct block *b = known_block(cpu, tlb, GET_##w(cpu, op->dst));         \
                                                                                \
        if (unlikely(!b))                                                       \
            GO(s_jmp_ind_##w, op);                                              \
        FOLLOW_BLOCK(b, op->n);                                                 \
    }                                                                           \
    static __attribute__((noinline)) void s_jmp_ind_m_##w(HANDLER_ARGS) \
    {                                                                           \
        u64 rip;                                                                \
                                                                                \
        PUBLISH;                                                                \
        rip = op_load(cpu, op, sizeof(T_##w));                                  \
        check_target(cpu, rip);                                                 \
        LEAVE_TO(rip);                                                          \
    }                                                                           \
    void h_jmp_ind_##w##_m(HANDLER_ARGS)                                        \
    {                                                                           \
        u64 linear;                                                             \
        u8 *host;                                                               \
        T_##w rip;                                                              \
        struct block *b;                                                        \
                                                                                \
        if (!ea_gen(cpu, op, sizeof(rip), TLB_READ, &linear)                    \
            || !tlb_find(tlb, TLB_READ, linear, sizeof(rip), &host))        \
            GO(s_jmp_ind_m_##w, op);                                            \
        memcpy(&rip, host, sizeof(rip));                                        \
        b = known_block(cpu, tlb, rip);                                         \
        if (unlikely(!b))                                                       \
            GO(s_jmp_ind_m_##w, op);                                            \
        FOLLOW_BLOCK(b, op->n);                                                 \
    }
JMP_IND(w)
JMP_IND(d)
JMP_IND(q)

/* No branch is a byte wide. */
void h_jmp_ind_b_r(HANDLER_ARGS) { GO(h_raise, op); }
void h_jmp_ind_b_m(HANDLER_ARGS) { GO(h_raise, op); }
