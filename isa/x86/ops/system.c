/* Control and debug registers, TLB, caches: SDM 2 MOV CR, MOV DR, LMSW, INVLPG, INVPCID ... */
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/paging.h"

/* Only CPL 0: what virtual-8086 mode is not. */
static void privileged(struct x86 *cpu)
{
    x86_protect(cpu, cpu->cpl == 0);
}

/* A register as wide as those of MOV CR and MOV DR: 64 bits in 64-bit mode, else 32. */
static u64 get_wide(const struct x86 *cpu, unsigned offset)
{
    return x86_is_64(cpu) ? GET_q(cpu, offset) : GET_d(cpu, offset);
}

static void put_wide(struct x86 *cpu, unsigned offset, u64 v)
{
    GET_q(cpu, offset) = x86_is_64(cpu) ? v : (u32)v;
}

/* ---- Control registers ---- */

static void require_cr(struct x86 *cpu, unsigned n)
{
    x86_require(cpu, n == 0 || n == 2 || n == 3 || (n == 4 && x86_cr4_writable(cpu)) || n == 8);
    privileged(cpu);
}

PLAIN_OP(mov_from_cr)
{
    require_cr(cpu, op->src);
    switch (op->src) {
    case 0:  put_wide(cpu, op->dst, x86_read_cr0(cpu)); break;
    case 2:  put_wide(cpu, op->dst, cpu->cr2); break;
    case 3:  put_wide(cpu, op->dst, cpu->cr3); break;
    case 4:  put_wide(cpu, op->dst, cpu->cr4); break;
    default: put_wide(cpu, op->dst, x86_read_cr8(cpu)); break;
    }
}

END_OP(mov_to_cr)
{
    u64 v = get_wide(cpu, op->src);

    require_cr(cpu, op->dst);
    switch (op->dst) {
    case 0:  x86_write_cr0(cpu, v); break;
    case 2:  cpu->cr2 = v; break;
    case 3:  x86_write_cr3(cpu, v); break;
    case 4:  x86_write_cr4(cpu, v); break;
    default: x86_write_cr8(cpu, v); break;
    }
}

END_OP(clts)
{
    privileged(cpu);
    cpu->cr0 &= ~(u32)CR0_TS;
    x86_mode_update(cpu);
}

/* The low four bits; PE can be set only. */
static void load_msw(struct x86 *cpu, u32 v)
{
    x86_write_cr0(cpu, (cpu->cr0 & ~(u32)(CR0_MP | CR0_EM | CR0_TS)) | (v & 15));
}

END_OP(lmsw_r)
{
    privileged(cpu);
    load_msw(cpu, GET_w(cpu, op->dst));
}

END_OP(lmsw_m)
{
    privileged(cpu);
    load_msw(cpu, (u32)op_load(cpu, op, 2));
}

/* SDM 3A 2.5, CR4.UMIP */
static void check_umip(struct x86 *cpu)
{
    x86_protect(cpu, cpu->cpl == 0 || !(cpu->cr4 & CR4_UMIP));
}

#define SMSW(w)                                                                 \
    PLAIN_OP(smsw_##w##_r)                                                      \
    {                                                                           \
        check_umip(cpu);                                                        \
        PUT_##w(cpu, op->dst, (T_##w)x86_read_cr0(cpu));                        \
    }                                                                           \
    PLAIN_OP(smsw_##w##_m)                                                      \
    {                                                                           \
        check_umip(cpu);                                                        \
        op_store(cpu, op, 2, x86_read_cr0(cpu) & 0xffff);                       \
    }
SMSW(b)
SMSW(w)
SMSW(d)
SMSW(q)

/* ---- Debug registers: SDM 3B 17.2 ---- */

PLAIN_OP(mov_from_dr)
{
    x86_require(cpu, op->src < 8);
    privileged(cpu);
    put_wide(cpu, op->dst, x86_debug_read(cpu, op->src));
}

END_OP(mov_to_dr)
{
    x86_require(cpu, op->dst < 8);
    privileged(cpu);
    x86_debug_write(cpu, op->dst, get_wide(cpu, op->src));
}

/* ---- TLB ---- */

/* The segment counts, its limit does not. */
END_OP(invlpg)
{
    u64 linear = (cpu->fast[op_segment(op)].base + op_offset(cpu, op)) & cpu->lin_mask;

    privileged(cpu);
    if (!x86_is_64(cpu) || x86_canonical(cpu, linear))
        x86_tlb_invalidate(cpu, linear);
}

enum { INVPCID_ADDRESS, INVPCID_CONTEXT, INVPCID_ALL, INVPCID_ALL_LOCAL };

END_OP(invpcid)
{
    u64 type = get_wide(cpu, op->dst), descriptor[2];

    privileged(cpu);
    x86_protect(cpu, type <= INVPCID_ALL_LOCAL);
    x86_read_bytes(cpu, op_segment(op), op_offset(cpu, op), descriptor, sizeof descriptor);
    x86_protect(cpu, descriptor[0] >> 12 == 0);
    if (type <= INVPCID_CONTEXT)
        x86_protect(cpu, !descriptor[0] || cpu->cr4 & CR4_PCIDE);
    if (type == INVPCID_ADDRESS) {
        x86_protect(cpu, x86_register_canonical(cpu, descriptor[1]));
        x86_tlb_invalidate(cpu, descriptor[1]);
    } else {
        x86_tlb_flush(cpu, type == INVPCID_ALL);
    }
}

/* ---- Caches: there are none ---- */

PLAIN_OP(invd)
{
    privileged(cpu);
}

PLAIN_OP(wbinvd)
{
    privileged(cpu);
}

/* Faults as a load does, but may be of a segment that can only be executed. */
PLAIN_OP(clflush)
{
    enum segment_name seg = op_segment(op);
    enum access kind = cpu->seg[seg].attr & SEG_CODE ? ACCESS_CODE : ACCESS_READ;
    u64 linear = x86_segment_linear(cpu, seg, op_offset(cpu, op), 1, kind);

    x86_translate(cpu, linear, TLB_READ, x86_tlb_set(cpu));
}

void h_fence(HANDLER_ARGS)
{
    NEXT;
}

PLAIN_OP(ud)
{
    x86_fault(cpu, V_UD);
}
