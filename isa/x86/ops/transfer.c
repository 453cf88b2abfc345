/* Far jumps, calls and returns, interrupts by software, system calls, HLT. */
#include "isa/x86/transfer.h"

#include "core/machine.h"
#include "isa/x86/handlers.h"
#include "isa/x86/interp.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/body.h"

/* m16:16, m16:32, m16:64. Both parts are read before anything happens. */
static u16 load_pointer(struct x86 *cpu, const struct op *op, unsigned size, u64 *offset)
{
    u64 at = op_offset(cpu, op);

    *offset = x86_read(cpu, op_segment(op), at, size);
    return (u16)x86_read(cpu, op_segment(op), at + size, 2);
}

#define FAR(w)                                                                          \
    END_OP(jmp_far_##w) { x86_far_jump(cpu, (u16)op->imm, (u32)op->disp, sizeof(T_##w)); } \
    END_OP(call_far_##w) { x86_far_call(cpu, (u16)op->imm, (u32)op->disp, sizeof(T_##w)); } \
    END_OP(jmp_far_ind_##w)                                                             \
    {                                                                                   \
        u64 offset;                                                                     \
        u16 selector = load_pointer(cpu, op, sizeof(T_##w), &offset);                   \
                                                                                        \
        x86_far_jump(cpu, selector, offset, sizeof(T_##w));                             \
    }                                                                                   \
    END_OP(call_far_ind_##w)                                                            \
    {                                                                                   \
        u64 offset;                                                                     \
        u16 selector = load_pointer(cpu, op, sizeof(T_##w), &offset);                   \
                                                                                        \
        x86_far_call(cpu, selector, offset, sizeof(T_##w));                             \
    }                                                                                   \
    END_OP(retf_##w) { x86_far_return(cpu, sizeof(T_##w), (u16)op->imm); }              \
    END_OP(iret_##w) { x86_iret(cpu, sizeof(T_##w)); }                                  \
    END_OP(sysret_##w) { x86_sysret(cpu, sizeof(T_##w)); }                              \
    END_OP(sysexit_##w) { x86_sysexit(cpu, sizeof(T_##w)); }
FAR(w)
FAR(d)
FAR(q)

#define NO_BYTE(name) void h_##name##_b(HANDLER_ARGS) { GO(h_raise, op); }
NO_BYTE(jmp_far)
NO_BYTE(call_far)
NO_BYTE(jmp_far_ind)
NO_BYTE(call_far_ind)
NO_BYTE(retf)
NO_BYTE(iret)
NO_BYTE(sysret)
NO_BYTE(sysexit)

END_OP(syscall) { x86_syscall(cpu); }
END_OP(sysenter) { x86_sysenter(cpu); }

/* ---- Interrupts ---- */

END_OP(int_n)
{
    x86_deliver(cpu, (u8)op->imm, FROM_INT_N, false, 0);
}

END_OP(int3)
{
    x86_deliver(cpu, V_BP, FROM_INT3_INTO, false, 0);
}

END_OP(into)
{
    if (lazy_overflow(&cpu->lazy))
        x86_deliver(cpu, V_OF, FROM_INT3_INTO, false, 0);
}

END_OP(icebp)
{
    x86_deliver(cpu, V_DB, FROM_ICEBP, false, 0);
}

END_OP(hlt)
{
    x86_protect(cpu, cpu->cpl == 0);
    cpu->activity = HALTED;
}

/* A loop that waits for another processor: that one's turn comes at once. */
static void give_way(struct x86 *cpu)
{
    x86_publish_time(cpu);
    machine_yield(cpu->cpu.dev.machine);
    cpu->leave = true;
}

/* Is another processor at work, or about to be? Else there is nobody to give way to. */
static bool others_work(const struct x86 *cpu)
{
    const struct machine *m = cpu->cpu.dev.machine;

    for (unsigned i = 0; i < m->cpus; i++) {
        const struct x86 *other = container_of(m->cpu[i], struct x86, cpu);

        if (m->cpu[i] == &cpu->cpu)
            continue;
        if (m->cpu[i]->ops->run != x86_run || other->activity == RUNNING || other->intr
            || other->nmi_pending || other->smi_pending || other->init_pending || other->sipi)
            return true;
    }
    return false;
}

void h_pause(HANDLER_ARGS)
{
    if (!others_work(cpu))
        NEXT;
    PUBLISH;
    give_way(cpu);
    RESUME;
}

END_OP(rsm)
{
    x86_require(cpu, cpu->in_smm);
    x86_smm_leave(cpu);
}

PLAIN_OP(swapgs)
{
    u64 base = cpu->seg[GS].base;

    x86_protect(cpu, cpu->cpl == 0);
    cpu->seg[GS].base = cpu->kernel_gs_base;
    cpu->kernel_gs_base = base;
    x86_segment_update(cpu, GS);
}
