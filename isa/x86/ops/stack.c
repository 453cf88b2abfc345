/* isa/x86/ops/stack.c */
/*
 * PUSH, POP, near CALL and RET, LEAVE. Each in a form for the stack of 64-bit code, which has no
 * segment, and one for any other; SDM 1 6.2.
 */
#include "isa/x86/ops/stack.h"

#include "isa/x86/handlers.h"
#include "isa/x86/ops/branch.h"

#define PUSH_POP(w, st)                                                         \
    SLOW_HANDLER(push_##w##_##st) MEMORY_HANDLER(push_##w##_##st, push_##w##_##st) \
    SLOW_HANDLER(push_imm_##w##_##st) MEMORY_HANDLER(push_imm_##w##_##st, push_imm_##w##_##st) \
    SLOW_HANDLER(pop_##w##_##st) MEMORY_HANDLER(pop_##w##_##st, pop_##w##_##st)

/* SP takes BP's place and BP is popped; SP does not move if that faults. */
#define LEAVE_FRAME(w, st)                                                      \
    BODY(leave_##w##_##st)                                                      \
    {                                                                           \
        u64 bp_ = WRAP_##st(cpu, cpu->gpr[RBP]);                                \
        T_##w v_;                                                               \
        if (slow) {                                                             \
            v_ = (T_##w)x86_read(cpu, SS, bp_, sizeof v_);                      \
        } else {                                                                \
            u8 *host_;                                                          \
            if (!stack_##st(cpu, tlb, TLB_READ, bp_, sizeof v_, &host_))        \
                return false;                                                   \
            memcpy(&v_, host_, sizeof v_);                                      \
        }                                                                       \
        SET_SP_##st(cpu, WRAP_##st(cpu, bp_ + sizeof v_));                      \
        PUT_##w(cpu, GPR_OFFSET(RBP), v_);                                      \
        return true;                                                            \
    }                                                                           \
    SLOW_HANDLER(leave_##w##_##st) MEMORY_HANDLER(leave_##w##_##st, leave_##w##_##st)

/* The return address goes onto the stack, then along the link. */
#define CALL_RET(w, st)                                                         \
    BODY(call_##w##_##st)                                                       \
    {                                                                           \
        PUSH_VALUE(st, T_##w, op_next_rip(op));                                 \
        return true;                                                            \
    }                                                                           \
    static __attribute__((noinline)) void s_call_##w##_##st(HANDLER_ARGS) \
    {                                                                           \
        u64 target;                                                             \
                                                                                \
        PUBLISH;                                                                \
        target = target_of_link(cpu, op);                                       \
        b_call_##w##_##st(cpu, &cpu->lazy, op, tlb, true);                      \
        LEAVE_TO(target);                                                       \
    }                                                                           \
    void h_call_##w##_##st(HANDLER_ARGS)                                        \
    {                                                                           \
        if (unlikely(op->link->fn == h_stub_fault)                              \
            || unlikely(!b_call_##w##_##st(cpu, &cpu->lazy, op, tlb, false)))   \
            GO(s_call_##w##_##st, op);                                          \
        FOLLOW(op);                                                             \
    }                                                                           \
    static __attribute__((noinline)) void s_ret_##w##_##st(HANDLER_ARGS) \
    {                                                                           \
        u64 rip;                                                                \
                                                                                \
        PUBLISH;                                                                \
        rip = x86_read(cpu, SS, SP_##st(cpu), sizeof(T_##w));                   \
        check_target(cpu, rip);                                                 \
        SET_SP_##st(cpu, WRAP_##st(cpu, SP_##st(cpu) + sizeof(T_##w) + (u16)op->imm)); \
        LEAVE_TO(rip);                                                          \
    }                                                                           \
    void h_ret_##w##_##st(HANDLER_ARGS)                                         \
    {                                                                           \
        struct block *b;                                                        \
        T_##w rip;                                                              \
        u8 *host;                                                               \
                                                                                \
        if (!stack_##st(cpu, tlb, TLB_READ, SP_##st(cpu), sizeof rip, &host))   \
            GO(s_ret_##w##_##st, op);                                           \
        memcpy(&rip, host, sizeof rip);                                         \
        b = known_block(cpu, tlb, rip);                                         \
        if (unlikely(!b))                                                       \
            GO(s_ret_##w##_##st, op);                                           \
        SET_SP_##st(cpu, WRAP_##st(cpu, SP_##st(cpu) + sizeof rip + (u16)op->imm)); \
        FOLLOW_BLOCK(b, op->n);                                                 \
    }                                                                           \
    void h_ret_imm_##w##_##st(HANDLER_ARGS) { GO(h_ret_##w##_##st, op); }

static u64 target_of_link(struct x86 *cpu, struct op *op)
{
    struct op *to = op->link;

    if (to->fn == h_stub_fault)
        x86_fault_code(cpu, V_GP, 0);
    return to->fn == h_stub ? to->imm64 : block_of(to->slot ? to->link : to)->rip;
}

#define STACK_FORM(w, st) PUSH_POP(w, st) LEAVE_FRAME(w, st) CALL_RET(w, st)
STACK_FORM(w, 64)
STACK_FORM(q, 64)
STACK_FORM(w, any)
STACK_FORM(d, any)

/* ---- Memory operands, and calls through a register or memory ---- */

static void push(struct x86 *cpu, unsigned size, u64 v)
{
    u64 sp = (cpu->gpr[RSP] - size) & stack_mask(cpu);

    x86_write(cpu, SS, sp, size, v);
    set_sp(cpu, sp);
}

#define PUSH_POP_RM(w)                                                          \
    PLAIN_OP(push_rm_##w##_r) { push(cpu, sizeof(T_##w), GET_##w(cpu, op->dst)); } \
    PLAIN_OP(push_rm_##w##_m) { push(cpu, sizeof(T_##w), op_load(cpu, op, sizeof(T_##w))); } \
    PLAIN_OP(pop_rm_##w##_r)                                                    \
    {                                                                           \
        T_##w v = (T_##w)x86_read(cpu, SS, SP_any(cpu), sizeof v);              \
                                                                                \
        set_sp(cpu, cpu->gpr[RSP] + sizeof v);                                  \
        PUT_##w(cpu, op->dst, v);                                               \
    }                                                                           \
    /* The address is computed with the stack pointer moved: SDM 2, POP. */     \
    PLAIN_OP(pop_rm_##w##_m)                                                    \
    {                                                                           \
        u64 sp = cpu->gpr[RSP], offset;                                         \
        T_##w v = (T_##w)x86_read(cpu, SS, SP_any(cpu), sizeof v);              \
                                                                                \
        set_sp(cpu, sp + sizeof v);                                             \
        offset = op_offset(cpu, op);                                            \
        cpu->gpr[RSP] = sp;                                                     \
        x86_write(cpu, op_segment(op), offset, sizeof v, v);                    \
        set_sp(cpu, sp + sizeof v);                                             \
    }                                                                           \
    static __attribute__((noinline)) void s_call_ind_m_##w(HANDLER_ARGS)        \
    {                                                                           \
        u64 rip;                                                                \
                                                                                \
        PUBLISH;                                                                \
        rip = op_load(cpu, op, sizeof(T_##w));                                  \
        check_target(cpu, rip);                                                 \
        push(cpu, sizeof(T_##w), op_next_rip(op));                              \
        LEAVE_TO(rip);                                                          \
    }                                                                           \
    void h_call_ind_##w##_m(HANDLER_ARGS)                                       \
    {                                                                           \
        u64 linear, sp = (cpu->gpr[RSP] - sizeof(T_##w)) & stack_mask(cpu);     \
        T_##w rip, back = (T_##w)op_next_rip(op);                               \
        struct block *b;                                                        \
        u8 *host;                                                               \
                                                                                \
        if (!ea_gen(cpu, op, sizeof(rip), TLB_READ, &linear)                    \
            || !tlb_find(tlb, TLB_READ, linear, sizeof(rip), &host))            \
            GO(s_call_ind_m_##w, op);                                           \
        memcpy(&rip, host, sizeof(rip));                                        \
        b = known_block(cpu, tlb, rip);                                         \
        if (unlikely(!b) || !stack_any(cpu, tlb, TLB_WRITE, sp, sizeof back, &host)) \
            GO(s_call_ind_m_##w, op);                                           \
        memcpy(host, &back, sizeof back);                                       \
        set_sp(cpu, sp);                                                        \
        FOLLOW_BLOCK(b, op->n);                                                 \
    }                                                                           \
    static __attribute__((noinline)) void s_call_ind_##w(HANDLER_ARGS) \
    {                                                                           \
        u64 rip;                                                                \
                                                                                \
        PUBLISH;                                                                \
        rip = GET_##w(cpu, op->dst);                                            \
        check_target(cpu, rip);                                                 \
        push(cpu, sizeof(T_##w), op_next_rip(op));                              \
        LEAVE_TO(rip);                                                          \
    }                                                                           \
    void h_call_ind_##w##_r(HANDLER_ARGS)                                       \
    {                                                                           \
        struct block *b = known_block(cpu, tlb, GET_##w(cpu, op->dst));         \
        u64 sp = SP_any(cpu) - sizeof(T_##w);                                   \
        T_##w back = (T_##w)op_next_rip(op);                                    \
        u8 *host;                                                               \
                                                                                \
        sp &= stack_mask(cpu);                                                  \
        if (unlikely(!b) || !stack_any(cpu, tlb, TLB_WRITE, sp, sizeof back, &host)) \
            GO(s_call_ind_##w, op);                                             \
        memcpy(host, &back, sizeof back);                                       \
        set_sp(cpu, sp);                                                        \
        FOLLOW_BLOCK(b, op->n);                                                 \
    }
PUSH_POP_RM(w)
PUSH_POP_RM(d)
PUSH_POP_RM(q)

#define NO_BYTE(name) \
    void h_##name##_b_r(HANDLER_ARGS) { GO(h_raise, op); } \
    void h_##name##_b_m(HANDLER_ARGS) { GO(h_raise, op); }
NO_BYTE(push_rm)
NO_BYTE(pop_rm)
NO_BYTE(call_ind)
