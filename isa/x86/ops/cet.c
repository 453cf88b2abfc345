/*
 * Instructions of control-flow enforcement, and near branches where it is on: SDM 2 RDSSP,
 * INCSSP, SAVEPREVSSP, RSTORSSP, WRSS, WRUSS, SETSSBSY, CLRSSBSY, ENDBR32, ENDBR64, CALL, RET, JMP.
 */
#include "isa/x86/cet.h"

#include "isa/x86/handlers.h"
#include "isa/x86/ops/branch.h"
#include "isa/x86/ops/cet_near.h"
#include "isa/x86/ops/stack.h"

static bool is_user(const struct x86 *cpu)
{
    return cpu->cpl == 3;
}

/* The mode bit of tokens: 64-bit code. */
static u64 token_mode(const struct x86 *cpu)
{
    return x86_is_64(cpu);
}

static void require_shadow(struct x86 *cpu)
{
    x86_require(cpu, cpu->mode & MODE_SHADOW);
}

/* ---- The pointer ---- */

#define RDSSP(w)                                                                \
    PLAIN_OP(rdssp_##w)                                                         \
    {                                                                           \
        if (cpu->mode & MODE_SHADOW)                                            \
            PUT_##w(cpu, op->dst, (T_##w)cpu->ssp);                             \
    }
RDSSP(d)
RDSSP(q)
void h_rdssp_b(HANDLER_ARGS) { GO(h_rdssp_d, op); }
void h_rdssp_w(HANDLER_ARGS) { GO(h_rdssp_d, op); }

/* The first and the last of those skipped are touched. */
static void increment(struct x86 *cpu, u8 count, unsigned size)
{
    require_shadow(cpu);
    x86_shadow_load(cpu, cpu->ssp, size, is_user(cpu));
    if (count > 1)
        x86_shadow_load(cpu, cpu->ssp + (count - 1u) * size, size, is_user(cpu));
    cpu->ssp += (u64)count * size;
}

PLAIN_OP(incssp_d) { increment(cpu, (u8)GET_q(cpu, op->dst), 4); }
PLAIN_OP(incssp_q) { increment(cpu, (u8)GET_q(cpu, op->dst), 8); }
void h_incssp_b(HANDLER_ARGS) { GO(h_incssp_d, op); }
void h_incssp_w(HANDLER_ARGS) { GO(h_incssp_d, op); }

/* ---- Changing stacks ---- */

/* The hole that aligned the stack before: in 64-bit code there cannot be one. */
static u64 skip_hole(struct x86 *cpu, u64 ssp)
{
    if (!lazy_carry(&cpu->lazy))
        return ssp;
    x86_protect(cpu, !x86_is_64(cpu));
    x86_protect(cpu, x86_shadow_load(cpu, ssp, 4, is_user(cpu)) == 0);
    return ssp + 4;
}

PLAIN_OP(saveprevssp)
{
    u64 ssp, token, previous;

    require_shadow(cpu);
    x86_protect(cpu, (cpu->ssp & 7) == 0);
    token = x86_shadow_load(cpu, cpu->ssp, 8, is_user(cpu));
    ssp = skip_hole(cpu, cpu->ssp + 8);
    x86_protect(cpu, token & SHADOW_PREVIOUS && (x86_is_64(cpu) || token >> 32 == 0));
    previous = token & ~(u64)3;
    x86_shadow_store(cpu, previous - 4, 4, 0, is_user(cpu));
    x86_shadow_store(cpu, (previous & ~(u64)7) - 8, 8, previous | token_mode(cpu), is_user(cpu));
    cpu->ssp = ssp;
}

static u64 linear_operand(struct x86 *cpu, const struct op *op)
{
    u64 linear = x86_segment_linear(cpu, op_segment(op), op_offset(cpu, op), 8, ACCESS_READ);

    x86_protect(cpu, (linear & 7) == 0);
    return linear;
}

/* A restore token names the place above itself, and the mode it was made in. */
static bool is_restore_token(const struct x86 *cpu, u64 token, u64 at)
{
    return (token & 3) == token_mode(cpu) && (x86_is_64(cpu) || token >> 32 == 0)
        && (((token & ~(u64)1) - 8) & ~(u64)7) == at;
}

PLAIN_OP(rstorssp)
{
    u64 at, token;

    require_shadow(cpu);
    at = linear_operand(cpu, op);
    token = x86_shadow_load(cpu, at, 8, is_user(cpu));
    x86_shadow_exchange(cpu, at, token, is_restore_token(cpu, token, at)
                        ? cpu->ssp | token_mode(cpu) | SHADOW_PREVIOUS : token, is_user(cpu));
    if (!is_restore_token(cpu, token, at))
        x86_fault_code(cpu, V_CP, CP_RSTORSSP);
    cpu->ssp = at;
    x86_set_arithmetic(cpu, token & 4 ? CF : 0);
}

/* ---- Tokens of supervisors ---- */

static void require_supervisor_shadow(struct x86 *cpu)
{
    x86_require(cpu, cpu->cr4 & CR4_CET && cpu->s_cet & CET_SHADOW);
    x86_protect(cpu, cpu->cpl == 0);
}

PLAIN_OP(setssbsy)
{
    u64 at = cpu->pl_ssp[0];

    require_supervisor_shadow(cpu);
    x86_protect(cpu, (at & 7) == 0);
    if (x86_shadow_exchange(cpu, at, at, at | SHADOW_BUSY, false) != at)
        x86_fault_code(cpu, V_CP, CP_SETSSBSY);
    cpu->ssp = at;
}

PLAIN_OP(clrssbsy)
{
    u64 at, was;

    require_supervisor_shadow(cpu);
    at = linear_operand(cpu, op);
    was = x86_shadow_exchange(cpu, at, at | SHADOW_BUSY, at, false);
    cpu->ssp = 0;
    x86_set_arithmetic(cpu, was == (at | SHADOW_BUSY) ? 0 : CF);
}

/* ---- Writing ---- */

static void write(struct x86 *cpu, const struct op *op, unsigned size, bool user)
{
    u64 linear = x86_segment_linear(cpu, op_segment(op), op_offset(cpu, op), size, ACCESS_READ);

    x86_protect(cpu, (linear & (size - 1)) == 0);
    x86_shadow_store(cpu, linear, size, GET_q(cpu, op->src), user);
}

static void wrss(struct x86 *cpu, const struct op *op, unsigned size)
{
    require_shadow(cpu);
    x86_require(cpu, x86_cet_control(cpu) & CET_WRITE_SHADOW);
    write(cpu, op, size, is_user(cpu));
}

static void wruss(struct x86 *cpu, const struct op *op, unsigned size)
{
    x86_require(cpu, cpu->cr4 & CR4_CET);
    x86_protect(cpu, cpu->cpl == 0);
    write(cpu, op, size, true);
}

PLAIN_OP(wrss_d) { wrss(cpu, op, 4); }
PLAIN_OP(wrss_q) { wrss(cpu, op, 8); }
PLAIN_OP(wruss_d) { wruss(cpu, op, 4); }
PLAIN_OP(wruss_q) { wruss(cpu, op, 8); }
void h_wrss_b(HANDLER_ARGS) { GO(h_wrss_d, op); }
void h_wrss_w(HANDLER_ARGS) { GO(h_wrss_d, op); }
void h_wruss_b(HANDLER_ARGS) { GO(h_wruss_d, op); }
void h_wruss_w(HANDLER_ARGS) { GO(h_wruss_d, op); }

/* ---- ENDBR: nothing where none is awaited ---- */

void h_endbr32(HANDLER_ARGS) { NEXT; }
void h_endbr64(HANDLER_ARGS) { NEXT; }

END_OP(endbr_found) { x86_cet_found(cpu); }

/* Where none is awaited it ends what legacy code has suppressed. */
PLAIN_OP(endbr_tracked) { x86_cet_found(cpu); }

/* What is there comes once more, if it is legacy code. */
void h_endbr_missed(HANDLER_ARGS)
{
    PUBLISH;
    x86_cet_missed(cpu, op_rip(op));
    cpu->rip = op_rip(op);
    LEAVE;
}

/* ---- Near branches, where CET is on ---- */

static void track(struct x86 *cpu, bool no_track)
{
    u64 control = x86_cet_control(cpu);

    if (cpu->mode & MODE_TRACK && !(control & CET_SUPPRESS)
        && !(no_track && control & CET_NO_TRACK))
        x86_cet_await(cpu);
}

static unsigned shadow_size(unsigned size)
{
    return size == 8 ? 8 : 4;
}

static void call(struct x86 *cpu, unsigned size, u64 target, bool shadowed)
{
    u64 sp = (cpu->gpr[RSP] - size) & stack_mask(cpu), back = cpu->rip;
    unsigned bytes = shadow_size(size);

    if (size == 2)
        back = (u16)back;
    x86_write(cpu, SS, sp, size, back);
    if (shadowed && cpu->mode & MODE_SHADOW) {
        x86_shadow_store(cpu, cpu->ssp - bytes, bytes, back, is_user(cpu));
        cpu->ssp -= bytes;
    }
    set_sp(cpu, sp);
    cpu->rip = target;
}

static void ret(struct x86 *cpu, unsigned size, u16 release)
{
    u64 rip = x86_read(cpu, SS, SP_any(cpu), size);
    unsigned bytes = shadow_size(size);

    check_target(cpu, rip);
    if (cpu->mode & MODE_SHADOW) {
        if (x86_shadow_load(cpu, cpu->ssp, bytes, is_user(cpu)) != rip)
            x86_fault_code(cpu, V_CP, CP_NEAR_RET);
        cpu->ssp += bytes;
    }
    set_sp(cpu, cpu->gpr[RSP] + size + release);
    cpu->rip = rip;
}

static u64 target_of_link(struct x86 *cpu, const struct op *op)
{
    const struct op *to = op->link;

    if (to->fn == h_stub_fault)
        x86_fault_code(cpu, V_GP, 0);
    return to->fn == h_stub ? to->imm64 : block_of(to->slot ? to->link : to)->rip;
}

/* A call to what follows only asks where it is. dst or src: the NOTRACK prefix was there. */
#define CET_NEAR(w)                                                             \
    END_OP(cet_call_##w)                                                        \
    {                                                                           \
        u64 target = target_of_link(cpu, op);                                   \
                                                                                \
        call(cpu, sizeof(T_##w), target, target != (T_##w)cpu->rip);            \
    }                                                                           \
    END_OP(cet_ret_##w) { ret(cpu, sizeof(T_##w), (u16)op->imm); }              \
    END_OP(cet_call_ind_##w##_r)                                                \
    {                                                                           \
        u64 target = GET_##w(cpu, op->dst);                                     \
                                                                                \
        check_target(cpu, target);                                              \
        call(cpu, sizeof(T_##w), target, true);                                 \
        track(cpu, op->src);                                                    \
    }                                                                           \
    END_OP(cet_call_ind_##w##_m)                                                \
    {                                                                           \
        u64 target = op_load(cpu, op, sizeof(T_##w));                           \
                                                                                \
        check_target(cpu, target);                                              \
        call(cpu, sizeof(T_##w), target, true);                                 \
        track(cpu, op->dst);                                                    \
    }                                                                           \
    END_OP(cet_jmp_ind_##w##_r)                                                 \
    {                                                                           \
        u64 target = GET_##w(cpu, op->dst);                                     \
                                                                                \
        check_target(cpu, target);                                              \
        cpu->rip = target;                                                      \
        track(cpu, op->src);                                                    \
    }                                                                           \
    END_OP(cet_jmp_ind_##w##_m)                                                 \
    {                                                                           \
        u64 target = op_load(cpu, op, sizeof(T_##w));                           \
                                                                                \
        check_target(cpu, target);                                              \
        cpu->rip = target;                                                      \
        track(cpu, op->dst);                                                    \
    }
CET_NEAR(w)
CET_NEAR(d)
CET_NEAR(q)
