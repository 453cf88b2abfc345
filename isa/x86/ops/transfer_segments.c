/* Segment registers, and the registers of the descriptor tables. */
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/stack.h"
#include "isa/x86/paging.h"
#include "isa/x86/transfer.h"

#define NO_BYTE(name)       void h_##name##_b(HANDLER_ARGS) { GO(h_raise, op); }
#define NO_BYTE_RM(name)    NO_BYTE_R_(name##_b_r) NO_BYTE_R_(name##_b_m)
#define NO_BYTE_R_(name)    void h_##name(HANDLER_ARGS) { GO(h_raise, op); }

/* What was decoded behind this instruction holds only as long as the mode does. */
static void load(struct x86 *cpu, enum segment_name name, u16 selector)
{
    u64 mode = cpu->mode;

    x86_segment_load(cpu, name, selector);
    if (cpu->mode != mode)
        cpu->leave = true;
}

/* SDM 2 MOV: nothing comes between a load of SS and the next instruction. */
static void hold_interrupts(struct x86 *cpu, enum segment_name name)
{
    if (name == SS) {
        cpu->shadow |= SHADOW_SS;
        cpu->leave = true;
    }
}

/* ---- MOV, PUSH, POP ---- */

static void mov_to_seg(struct x86 *cpu, enum segment_name name, u16 selector)
{
    load(cpu, name, selector);
    hold_interrupts(cpu, name);
}

PLAIN_OP(mov_to_seg_r)
{
    x86_require(cpu, op->dst != CS);
    mov_to_seg(cpu, op->dst, GET_w(cpu, op->src));
}

PLAIN_OP(mov_to_seg_m)
{
    x86_require(cpu, op->dst != CS);
    mov_to_seg(cpu, op->dst, (u16)op_load(cpu, op, 2));
}

#define MOV_FROM(w)                                                                     \
    PLAIN_OP(mov_from_seg_##w##_r) { PUT_##w(cpu, op->dst, cpu->seg[op->src].selector); } \
    PLAIN_OP(mov_from_seg_##w##_m) { op_store(cpu, op, 2, cpu->seg[op->src].selector); }
MOV_FROM(w)
MOV_FROM(d)
MOV_FROM(q)
NO_BYTE_RM(mov_from_seg)

/* With a 32-bit operand only 16 bits are written: SDM 2 PUSH. */
static void push(struct x86 *cpu, unsigned size, u16 selector)
{
    u64 sp = (cpu->gpr[RSP] - size) & stack_mask(cpu);

    x86_write(cpu, SS, sp, size == 4 ? 2 : size, selector);
    set_sp(cpu, sp);
}

/* The pointer moves as wide as the stack was, even if SS changes that. */
static void pop(struct x86 *cpu, unsigned size, enum segment_name name)
{
    u64 was = cpu->gpr[RSP], sp;
    u16 selector = (u16)x86_read(cpu, SS, was & stack_mask(cpu), size);

    set_sp(cpu, was + size);
    sp = cpu->gpr[RSP];
    cpu->gpr[RSP] = was;
    load(cpu, name, selector);
    cpu->gpr[RSP] = sp;
    hold_interrupts(cpu, name);
}

#define STACK(w)                                                                        \
    PLAIN_OP(push_seg_##w) { push(cpu, sizeof(T_##w), cpu->seg[op->dst].selector); }    \
    PLAIN_OP(pop_seg_##w) { pop(cpu, sizeof(T_##w), op->dst); }
STACK(w)
STACK(d)
STACK(q)
NO_BYTE(push_seg)
NO_BYTE(pop_seg)

/* Of the 8086 alone. */
static void mov_cs(struct x86 *cpu, u16 selector)
{
    x86_segment_paragraph(cpu, CS, selector);
    x86_mode_update(cpu);
}

END_OP(mov_cs_r) { mov_cs(cpu, GET_w(cpu, op->src)); }
END_OP(mov_cs_m) { mov_cs(cpu, (u16)op_load(cpu, op, 2)); }

/* ---- LDS and its kin ---- */

#define LOAD_POINTER(name, seg, w)                                                      \
    PLAIN_OP(name##_##w)                                                                \
    {                                                                                   \
        u64 at = op_offset(cpu, op), offset;                                            \
        u16 selector;                                                                   \
                                                                                        \
        offset = x86_read(cpu, op_segment(op), at, sizeof(T_##w));                      \
        selector = (u16)x86_read(cpu, op_segment(op), at + sizeof(T_##w), 2); \
        load(cpu, seg, selector);                                                       \
        PUT_##w(cpu, op->dst, offset);                                                  \
    }
#define LOAD_POINTERS(name, seg) \
    NO_BYTE(name) LOAD_POINTER(name, seg, w) LOAD_POINTER(name, seg, d) LOAD_POINTER(name, seg, q)
LOAD_POINTERS(les, ES)
LOAD_POINTERS(lds, DS)
LOAD_POINTERS(lss, SS)
LOAD_POINTERS(lfs, FS)
LOAD_POINTERS(lgs, GS)

/* ---- GDTR, IDTR, LDTR, TR ---- */

/* SDM 3A 2.5: user-mode instruction prevention. */
static void check_umip(struct x86 *cpu)
{
    x86_protect(cpu, !(cpu->cr4 & CR4_UMIP) || cpu->cpl == 0);
}

/* Two stores, of which each is aligned where that is asked for: SDM 3A 3.5.1. */
static void store_table(struct x86 *cpu, const struct op *op, const struct table_register *t)
{
    struct { u16 limit; u64 base; } __attribute__((packed)) image = { t->limit, t->base };
    unsigned base = x86_is_64(cpu) ? 8 : 4;
    u64 at = op_offset(cpu, op);

    check_umip(cpu);
    x86_probe_operand(cpu, op_segment(op), at, 2, ACCESS_WRITE);
    x86_probe_operand(cpu, op_segment(op), at + 2, base, ACCESS_WRITE);
    x86_write_bytes(cpu, op_segment(op), at, &image, 2 + base);
}

PLAIN_OP(sgdt) { store_table(cpu, op, cpu->gdtr); }
PLAIN_OP(sidt) { store_table(cpu, op, cpu->idtr); }

static void load_table(struct x86 *cpu, const struct op *op, unsigned size,
                       struct table_register *t)
{
    struct { u16 limit; u64 base; } __attribute__((packed)) image = { 0, 0 };

    x86_protect(cpu, cpu->cpl == 0);
    x86_read_bytes(cpu, op_segment(op), op_offset(cpu, op), &image, x86_is_64(cpu) ? 10 : 6);
    if (x86_is_64(cpu))
        x86_protect(cpu, x86_register_canonical(cpu, image.base));
    else
        image.base &= size == 2 ? 0xffffff : 0xffffffff;
    *t = (struct table_register){ image.base, image.limit };
}

#define LOAD_TABLES(w)                                                                  \
    PLAIN_OP(lgdt_##w) { load_table(cpu, op, sizeof(T_##w), cpu->gdtr); }               \
    PLAIN_OP(lidt_##w) { load_table(cpu, op, sizeof(T_##w), cpu->idtr); }
LOAD_TABLES(w)
LOAD_TABLES(d)
LOAD_TABLES(q)
NO_BYTE(lgdt)
NO_BYTE(lidt)

static u16 checked(struct x86 *cpu, enum segment_name name)
{
    check_umip(cpu);
    return cpu->seg[name].selector;
}

#define STORE_SELECTOR(name, seg, w)                                                    \
    PLAIN_OP(name##_##w##_r) { PUT_##w(cpu, op->dst, checked(cpu, seg)); }              \
    PLAIN_OP(name##_##w##_m) { op_store(cpu, op, 2, checked(cpu, seg)); }
#define STORE_SELECTORS(name, seg) \
    NO_BYTE_RM(name) STORE_SELECTOR(name, seg, w) STORE_SELECTOR(name, seg, d) \
    STORE_SELECTOR(name, seg, q)
STORE_SELECTORS(sldt, LDTR)
STORE_SELECTORS(str, TR)

static void lldt(struct x86 *cpu, u16 selector)
{
    x86_protect(cpu, cpu->cpl == 0);
    x86_ldtr_load(cpu, selector, V_GP);
}

static void ltr(struct x86 *cpu, u16 selector)
{
    x86_protect(cpu, cpu->cpl == 0);
    x86_tr_load(cpu, selector);
}

/* CPL is asked before the operand is touched. */
#define LOAD_SELECTOR(name)                                                             \
    PLAIN_OP(name##_r) { name(cpu, GET_w(cpu, op->dst)); }                              \
    PLAIN_OP(name##_m)                                                                  \
    {                                                                                   \
        x86_protect(cpu, cpu->cpl == 0);                                                \
        name(cpu, (u16)op_load(cpu, op, 2));                                            \
    }
LOAD_SELECTOR(lldt)
LOAD_SELECTOR(ltr)

/* ---- Questions about selectors: LAR, LSL, VERR, VERW, ARPL ---- */

static void set_zf(struct x86 *cpu, bool zf)
{
    x86_set_arithmetic(cpu, (x86_flags(cpu) & ~(u32)ZF) | (zf ? ZF : 0));
}

/* Does it name something that CPL and RPL may see? */
static bool visible(struct x86 *cpu, u16 selector, struct descriptor *d)
{
    unsigned dpl;

    if (selector_is_null(selector) || !x86_descriptor_find(cpu, selector, d))
        return false;
    dpl = descriptor_dpl(d);
    if ((d->high & (SEG_S | SEG_CODE | SEG_CONFORMING)) == (SEG_S | SEG_CODE | SEG_CONFORMING))
        return true;
    return dpl >= cpu->cpl && dpl >= (selector & SELECTOR_RPL);
}

/* System types that LAR tells of, and those with a limit for LSL: SDM 2 tables 3-53, 3-55. */
static bool has_type(const struct x86 *cpu, const struct descriptor *d, bool limit)
{
    if (d->high & SEG_S)
        return true;
    switch (descriptor_type(d)) {
    case TYPE_LDT: case TYPE_TSS32: case TYPE_TSS32_BUSY: return true;
    case TYPE_TSS16: case TYPE_TSS16_BUSY:                return !x86_is_long(cpu);
    case TYPE_CALL32:                                     return !limit;
    case TYPE_CALL16: case TYPE_TASK:                     return !limit && !x86_is_long(cpu);
    default:                                              return false;
    }
}

static bool lar(struct x86 *cpu, u16 selector, u64 *v)
{
    struct descriptor d;

    if (!visible(cpu, selector, &d) || !has_type(cpu, &d, false))
        return false;
    *v = d.high & 0x00ffff00;           /* the limit's bits, undefined in the manual, too */
    return true;
}

static bool lsl(struct x86 *cpu, u16 selector, u64 *v)
{
    struct descriptor d;

    if (!visible(cpu, selector, &d) || !has_type(cpu, &d, true))
        return false;
    *v = descriptor_limit(&d);
    return true;
}

#define ASK_W(name, w)                                                                  \
    static void name##_##w(struct x86 *cpu, const struct op *op, u16 selector)          \
    {                                                                                   \
        u64 v;                                                                          \
        bool known = name(cpu, selector, &v);                                           \
                                                                                        \
        if (known)                                                                      \
            PUT_##w(cpu, op->dst, v);                                                   \
        set_zf(cpu, known);                                                             \
    }                                                                                   \
    PLAIN_OP(name##_##w##_r) { name##_##w(cpu, op, GET_w(cpu, op->src)); }              \
    PLAIN_OP(name##_##w##_m) { name##_##w(cpu, op, (u16)op_load(cpu, op, 2)); }
#define ASK(name) NO_BYTE_RM(name) ASK_W(name, w) ASK_W(name, d) ASK_W(name, q)
ASK(lar)
ASK(lsl)

static void verr(struct x86 *cpu, u16 selector)
{
    struct descriptor d;

    set_zf(cpu, visible(cpu, selector, &d) && d.high & SEG_S
           && (d.high & (SEG_CODE | SEG_READ)) != SEG_CODE);
}

static void verw(struct x86 *cpu, u16 selector)
{
    struct descriptor d;

    set_zf(cpu, visible(cpu, selector, &d) && descriptor_is_writable(&d));
}

PLAIN_OP(verr_r) { verr(cpu, GET_w(cpu, op->dst)); }
PLAIN_OP(verr_m) { verr(cpu, (u16)op_load(cpu, op, 2)); }
PLAIN_OP(verw_r) { verw(cpu, GET_w(cpu, op->dst)); }
PLAIN_OP(verw_m) { verw(cpu, (u16)op_load(cpu, op, 2)); }

PLAIN_OP(arpl_r)
{
    u16 is = GET_w(cpu, op->dst), least = GET_w(cpu, op->src) & SELECTOR_RPL;
    bool raised = (is & SELECTOR_RPL) < least;

    if (raised)
        PUT_w(cpu, op->dst, (is & ~SELECTOR_RPL) | least);
    set_zf(cpu, raised);
}

/* Memory is written only if it changes: a read-only segment does not mind otherwise. */
PLAIN_OP(arpl_m)
{
    u16 is = (u16)op_load(cpu, op, 2), least = GET_w(cpu, op->src) & SELECTOR_RPL;
    bool raised = (is & SELECTOR_RPL) < least;

    if (raised)
        op_store(cpu, op, 2, (u64)((is & ~SELECTOR_RPL) | least));
    set_zf(cpu, raised);
}
