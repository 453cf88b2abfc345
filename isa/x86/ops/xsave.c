/*
 * FXSAVE, XSAVE and their kin: SDM 1 10.5 and chapter 13. An image is put together here and
 * written in pieces, after the whole of it was checked; it is read whole before anything is loaded.
 */
#include "core/bits.h"
#include "isa/x86/cet.h"
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/xstate.h"

enum {
    AT_MXCSR = 24, AT_MXCSR_MASK = 28, AT_ST = 32, AT_XMM = 160, AT_XMM_END = 416,
    AT_XSTATE_BV = 512, AT_XCOMP_BV = 520,
};
enum { MXCSR_INIT = 0x1f80 };

/* Denormals-are-zeros came with SSE2. */
static u32 mxcsr_mask(const struct x86 *cpu)
{
    return x86_has(cpu, F_SSE2) ? 0xffff : 0xffbf;
}

static void check_mxcsr(struct x86 *cpu, u32 v)
{
    x86_protect(cpu, !(v & ~mxcsr_mask(cpu)));
}

static unsigned xmm_count(const struct x86 *cpu)
{
    return x86_is_64(cpu) ? 16 : 8;
}

/* ---- The parts of the legacy region ---- */

static void image_pointer(u8 *p, bool wide, u64 offset, u16 selector)
{
    if (wide) {
        store_le64(p, offset);
    } else {
        store_le32(p, (u32)offset);
        store_le16(p + 4, selector);
        store_le16(p + 6, 0);
    }
}

static void image_x87(const struct x86 *cpu, u8 *p, bool wide)
{
    store_le16(p, cpu->fcw);
    store_le16(p + 2, x87_status(cpu));
    p[4] = cpu->ftag;
    p[5] = 0;
    store_le16(p + 6, cpu->fop);
    image_pointer(p + 8, wide, cpu->fip, cpu->fcs);
    image_pointer(p + 16, wide, cpu->fdp, cpu->fds);
    for (unsigned i = 0; i < 8; i++) {
        const struct f80 *st = &cpu->st[(cpu->ftop + i) & 7];
        u8 *at = p + AT_ST + 16 * i;

        memset(at, 0, 16);
        store_le64(at, st->man);
        store_le16(at + 8, st->se);
    }
}

static void image_xmm(const struct x86 *cpu, u8 *p)
{
    for (unsigned i = 0; i < xmm_count(cpu); i++) {
        store_le64(p + AT_XMM + 16 * i, cpu->v[i].q[0]);
        store_le64(p + AT_XMM + 16 * i + 8, cpu->v[i].q[1]);
    }
}

static void image_mxcsr(const struct x86 *cpu, u8 *p)
{
    store_le32(p + AT_MXCSR, cpu->mxcsr);
    store_le32(p + AT_MXCSR_MASK, mxcsr_mask(cpu));
}

static void load_x87(struct x86 *cpu, const u8 *p, bool wide)
{
    x87_set_control(cpu, load_le16(p));
    x87_set_status(cpu, load_le16(p + 2));
    cpu->ftag = p[4];
    cpu->fop = load_le16(p + 6) & 0x7ff;
    cpu->fip = wide ? load_le64(p + 8) : load_le32(p + 8);
    cpu->fdp = wide ? load_le64(p + 16) : load_le32(p + 16);
    cpu->fcs = wide || !cpu->fpu_selectors ? 0 : load_le16(p + 12);
    cpu->fds = wide || !cpu->fpu_selectors ? 0 : load_le16(p + 20);
    for (unsigned i = 0; i < 8; i++) {
        struct f80 *st = &cpu->st[(cpu->ftop + i) & 7];

        st->man = load_le64(p + AT_ST + 16 * i);
        st->se = load_le16(p + AT_ST + 16 * i + 8);
    }
}

static void load_xmm(struct x86 *cpu, const u8 *p)
{
    for (unsigned i = 0; i < xmm_count(cpu); i++) {
        cpu->v[i].q[0] = load_le64(p + AT_XMM + 16 * i);
        cpu->v[i].q[1] = load_le64(p + AT_XMM + 16 * i + 8);
    }
}

/* ---- FXSAVE, FXRSTOR ---- */

static void check_aligned(struct x86 *cpu, const struct op *op, unsigned boundary)
{
    u64 linear = cpu->fast[op_segment(op)].base + op_offset(cpu, op);

    x86_protect(cpu, (linear & (boundary - 1)) == 0);
}

static void put_part(struct x86 *cpu, const struct op *op, const u8 *image, unsigned first,
                     unsigned end)
{
    x86_write_bytes(cpu, op_segment(op), op_offset(cpu, op) + first, image + first, end - first);
}

static void fxsave(struct x86 *cpu, struct op *op, bool wide)
{
    u8 image[XSAVE_LEGACY] = { 0 };

    check_aligned(cpu, op, 16);
    x86_probe(cpu, op_segment(op), op_offset(cpu, op), XSAVE_LEGACY, ACCESS_WRITE);
    image_x87(cpu, image, wide);
    if (cpu->cr4 & CR4_OSFXSR) {
        image_mxcsr(cpu, image);
        image_xmm(cpu, image);
        put_part(cpu, op, image, 0, AT_XMM + 16 * xmm_count(cpu));
    } else {
        put_part(cpu, op, image, 0, AT_MXCSR);
        put_part(cpu, op, image, AT_ST, AT_XMM);
    }
}

static void fxrstor(struct x86 *cpu, struct op *op, bool wide)
{
    u8 image[XSAVE_LEGACY];

    check_aligned(cpu, op, 16);
    x86_read_bytes(cpu, op_segment(op), op_offset(cpu, op), image, sizeof image);
    if (cpu->cr4 & CR4_OSFXSR) {
        check_mxcsr(cpu, load_le32(image + AT_MXCSR));
        cpu->mxcsr = load_le32(image + AT_MXCSR);
        load_xmm(cpu, image);
    }
    load_x87(cpu, image, wide);
}

PLAIN_OP(ldmxcsr)
{
    u32 v = (u32)op_load(cpu, op, 4);

    check_mxcsr(cpu, v);
    cpu->mxcsr = v;
}

PLAIN_OP(stmxcsr)
{
    op_store(cpu, op, 4, cpu->mxcsr);
}

/* ---- XSAVE ---- */

static u64 edx_eax(const struct x86 *cpu)
{
    return cpu->gpr[RDX] << 32 | (u32)cpu->gpr[RAX];
}

static bool x87_in_use(const struct x86 *cpu)
{
    u64 st = 0;

    for (unsigned i = 0; i < 8; i++)
        st |= cpu->st[i].man | cpu->st[i].se;
    return cpu->fcw != FCW_INIT || x87_status(cpu) || cpu->ftag || cpu->fop || cpu->fip
        || cpu->fdp || cpu->fcs || cpu->fds || st;
}

/* XINUSE: SDM 1 13.6 */
static u64 in_use(const struct x86 *cpu)
{
    u64 low = 0, high = 0;

    for (unsigned i = 0; i < xmm_count(cpu); i++) {
        low |= cpu->v[i].q[0] | cpu->v[i].q[1];
        high |= cpu->v[i].q[2] | cpu->v[i].q[3];
    }
    return (x87_in_use(cpu) ? XSTATE_X87 : 0) | (low ? XSTATE_SSE : 0) | (high ? XSTATE_AVX : 0)
        | (cpu->pkru ? XSTATE_PKRU : 0)
        | (cpu->u_cet | cpu->pl_ssp[3] ? XSTATE_CET_USER : 0)
        | (cpu->pl_ssp[0] | cpu->pl_ssp[1] | cpu->pl_ssp[2] ? XSTATE_CET_SUPERVISOR : 0);
}

/* Components 2 and up. */
static void image_component(const struct x86 *cpu, u8 *p, unsigned n)
{
    if (BIT(n) == XSTATE_PKRU)
        store_le64(p, cpu->pkru);
    if (BIT(n) == XSTATE_CET_USER) {
        store_le64(p, cpu->u_cet);
        store_le64(p + 8, cpu->pl_ssp[3]);
    }
    for (unsigned i = 0; BIT(n) == XSTATE_CET_SUPERVISOR && i < 3; i++)
        store_le64(p + 8 * i, cpu->pl_ssp[i]);
    for (unsigned i = 0; BIT(n) == XSTATE_AVX && i < xmm_count(cpu); i++) {
        store_le64(p + 16 * i, cpu->v[i].q[2]);
        store_le64(p + 16 * i + 8, cpu->v[i].q[3]);
    }
}

/* NULL: its initial state. */
static void load_component(struct x86 *cpu, const u8 *p, unsigned n)
{
    if (BIT(n) == XSTATE_PKRU)
        x86_set_pkru(cpu, p ? load_le32(p) : 0);
    if (BIT(n) == XSTATE_CET_USER) {
        x86_write_u_cet(cpu, p ? load_le64(p) : 0);
        x86_write_pl_ssp(cpu, 3, p ? load_le64(p + 8) : 0);
    }
    for (unsigned i = 0; BIT(n) == XSTATE_CET_SUPERVISOR && i < 3; i++)
        x86_write_pl_ssp(cpu, i, p ? load_le64(p + 8 * i) : 0);
    for (unsigned i = 0; BIT(n) == XSTATE_AVX && i < xmm_count(cpu); i++) {
        cpu->v[i].q[2] = p ? load_le64(p + 16 * i) : 0;
        cpu->v[i].q[3] = p ? load_le64(p + 16 * i + 8) : 0;
    }
}

static void check_xsave(struct x86 *cpu, const struct op *op)
{
    x86_require(cpu, cpu->cr4 & CR4_OSXSAVE);
    if (cpu->cr0 & CR0_TS)
        x86_fault(cpu, V_NM);
    check_aligned(cpu, op, 64);
}

static u64 area(const struct x86 *cpu, const struct op *op)
{
    return op_offset(cpu, op);
}

static void put_legacy(struct x86 *cpu, const struct op *op, u64 saved, bool mxcsr, bool wide)
{
    u8 image[XSAVE_LEGACY] = { 0 };

    image_x87(cpu, image, wide);
    image_mxcsr(cpu, image);
    image_xmm(cpu, image);
    if (saved & XSTATE_X87) {
        put_part(cpu, op, image, 0, AT_MXCSR);
        put_part(cpu, op, image, AT_ST, AT_XMM);
    }
    if (mxcsr)
        put_part(cpu, op, image, AT_MXCSR, AT_ST);
    if (saved & XSTATE_SSE)
        put_part(cpu, op, image, AT_XMM, AT_XMM + 16 * xmm_count(cpu));
}

static void put_components(struct x86 *cpu, const struct op *op, u64 layout, u64 saved,
                           bool compact)
{
    for (unsigned n = 2; n < XSAVE_COMPONENTS; n++) {
        struct xcomponent c = x86_xcomponent(n);
        u8 image[256] = { 0 };

        if (!(saved >> n & 1) || !c.size)
            continue;
        image_component(cpu, image, n);
        x86_write_bytes(cpu, op_segment(op), area(cpu, op)
                        + (compact ? x86_xsave_compact_offset(layout, n) : c.offset),
                        image, BIT(n) == XSTATE_AVX ? 16 * xmm_count(cpu) : c.size);
    }
}

/* `lazy`: what is in its initial state is not written. SDM 1 13.7, 13.9 */
static void xsave_standard(struct x86 *cpu, struct op *op, bool wide, bool lazy)
{
    u64 wanted = edx_eax(cpu) & cpu->xcr0, used = in_use(cpu), bv;
    u64 saved = lazy ? wanted & used : wanted;

    check_xsave(cpu, op);
    x86_probe(cpu, op_segment(op), area(cpu, op), x86_xsave_size(wanted, false), ACCESS_WRITE);
    bv = x86_read(cpu, op_segment(op), area(cpu, op) + AT_XSTATE_BV, 8);
    put_legacy(cpu, op, saved, wanted & (XSTATE_SSE | XSTATE_AVX), wide);
    put_components(cpu, op, wanted, saved, false);
    x86_write(cpu, op_segment(op), area(cpu, op) + AT_XSTATE_BV, 8,
              (bv & ~wanted) | (wanted & used));
}

/* SDM 1 13.10, 13.11 */
static void xsave_compacted(struct x86 *cpu, struct op *op, bool wide, u64 enabled)
{
    u64 wanted = edx_eax(cpu) & enabled, saved = wanted & in_use(cpu);

    if (wanted & XSTATE_SSE && cpu->mxcsr != MXCSR_INIT)
        saved |= XSTATE_SSE;
    x86_probe(cpu, op_segment(op), area(cpu, op), x86_xsave_size(wanted, true), ACCESS_WRITE);
    put_legacy(cpu, op, saved, saved & XSTATE_SSE, wide);
    put_components(cpu, op, wanted, saved, true);
    x86_write(cpu, op_segment(op), area(cpu, op) + AT_XSTATE_BV, 8, saved);
    x86_write(cpu, op_segment(op), area(cpu, op) + AT_XCOMP_BV, 8, wanted | XSAVE_COMPACT);
}

/* ---- XRSTOR ---- */

/* SDM 1 13.8.1, 13.8.2: what makes a header unfit. */
static void check_header(struct x86 *cpu, const u8 *header, u64 enabled, bool only_compact)
{
    u64 bv = load_le64(header), compact = load_le64(header + 8);
    unsigned zero_from = compact & XSAVE_COMPACT ? 16 : 8;
    unsigned zero_to = compact & XSAVE_COMPACT ? 64 : 24;

    x86_protect(cpu, !(bv & ~enabled));
    if (compact & XSAVE_COMPACT) {
        x86_protect(cpu, x86_has(cpu, F_XSAVEC));
        x86_protect(cpu, !(compact & ~XSAVE_COMPACT & ~enabled) && !(bv & ~compact));
    } else {
        x86_protect(cpu, !only_compact);
    }
    for (unsigned i = zero_from; i < zero_to; i++)
        x86_protect(cpu, header[i] == 0);
}

static void restore_legacy(struct x86 *cpu, const u8 *image, u64 wanted, u64 given, bool compact,
                           bool wide)
{
    bool mxcsr = compact ? wanted & XSTATE_SSE : wanted & (XSTATE_SSE | XSTATE_AVX);
    bool from_image = !compact || given & XSTATE_SSE;

    if (mxcsr && from_image)
        check_mxcsr(cpu, load_le32(image + AT_MXCSR));
    if (mxcsr)
        cpu->mxcsr = from_image ? load_le32(image + AT_MXCSR) : MXCSR_INIT;
    if (wanted & given & XSTATE_X87) {
        load_x87(cpu, image, wide);
    } else if (wanted & XSTATE_X87) {
        x87_init(cpu);
        memset(cpu->st, 0, sizeof cpu->st);
    }
    if (wanted & given & XSTATE_SSE)
        load_xmm(cpu, image);
    for (unsigned i = 0; wanted & ~given & XSTATE_SSE && i < xmm_count(cpu); i++)
        cpu->v[i].q[0] = cpu->v[i].q[1] = 0;
}

/* What WRMSR refuses is refused here too. */
static void check_cet(struct x86 *cpu, u64 loaded, u8 part[XSAVE_COMPONENTS][256])
{
    enum { USER = 11, SUPERVISOR = 12 };

    if (loaded & XSTATE_CET_USER) {
        x86_protect(cpu, x86_cet_valid(cpu, load_le64(part[USER])));
        x86_protect(cpu, x86_ssp_valid(cpu, load_le64(part[USER] + 8)));
    }
    for (unsigned i = 0; loaded & XSTATE_CET_SUPERVISOR && i < 3; i++)
        x86_protect(cpu, x86_ssp_valid(cpu, load_le64(part[SUPERVISOR] + 8 * i)));
}

static void xrstor(struct x86 *cpu, struct op *op, bool wide, u64 enabled, bool only_compact)
{
    enum segment_name s = op_segment(op);
    u64 wanted = edx_eax(cpu) & enabled, given, layout;
    u8 image[XSAVE_LEGACY + XSAVE_HEADER], part[XSAVE_COMPONENTS][256];
    bool compact;

    x86_read_bytes(cpu, s, area(cpu, op), image, sizeof image);
    check_header(cpu, image + AT_XSTATE_BV, enabled, only_compact);
    given = load_le64(image + AT_XSTATE_BV);
    layout = load_le64(image + AT_XCOMP_BV);
    compact = layout & XSAVE_COMPACT;
    for (unsigned n = 2; n < XSAVE_COMPONENTS; n++) {
        struct xcomponent c = x86_xcomponent(n);

        if (wanted & given & BIT(n) && c.size)
            x86_read_bytes(cpu, s, area(cpu, op)
                           + (compact ? x86_xsave_compact_offset(layout, n) : c.offset),
                           part[n], c.size);
    }
    if (wanted & given & (XSTATE_CET_USER | XSTATE_CET_SUPERVISOR))
        check_cet(cpu, wanted & given, part);
    restore_legacy(cpu, image, wanted, given, compact, wide);
    for (unsigned n = 2; n < XSAVE_COMPONENTS; n++)
        if (wanted >> n & 1)
            load_component(cpu, given >> n & 1 ? part[n] : NULL, n);
}

/* ---- Handlers: REX.W chooses the layout of the x87 pointers ---- */

#define WIDE(name, ...)                                                         \
    PLAIN_OP(name##_d) { const bool wide = false; __VA_ARGS__; }                \
    PLAIN_OP(name##_q) { const bool wide = true; __VA_ARGS__; }                 \
    void h_##name##_b(HANDLER_ARGS) { GO(h_##name##_d, op); }                   \
    void h_##name##_w(HANDLER_ARGS) { GO(h_##name##_d, op); }
#define WIDE_END(name, ...)                                                     \
    END_OP(name##_d) { const bool wide = false; __VA_ARGS__; }                  \
    END_OP(name##_q) { const bool wide = true; __VA_ARGS__; }                   \
    void h_##name##_b(HANDLER_ARGS) { GO(h_##name##_d, op); }                   \
    void h_##name##_w(HANDLER_ARGS) { GO(h_##name##_d, op); }

static void check_supervisor(struct x86 *cpu, const struct op *op)
{
    x86_require(cpu, cpu->cr4 & CR4_OSXSAVE);
    x86_protect(cpu, cpu->cpl == 0);
    check_xsave(cpu, op);
}

WIDE(fxsave, fxsave(cpu, op, wide))
WIDE(fxrstor, fxrstor(cpu, op, wide))
WIDE(xsave, xsave_standard(cpu, op, wide, false))
WIDE(xsaveopt, xsave_standard(cpu, op, wide, true))
WIDE(xsavec, check_xsave(cpu, op); xsave_compacted(cpu, op, wide, cpu->xcr0))
WIDE(xsaves, check_supervisor(cpu, op); xsave_compacted(cpu, op, wide, cpu->xcr0 | cpu->xss))
WIDE_END(xrstor, check_xsave(cpu, op); xrstor(cpu, op, wide, cpu->xcr0, false))
WIDE_END(xrstors, check_supervisor(cpu, op); xrstor(cpu, op, wide, cpu->xcr0 | cpu->xss, true))

/* ---- XCR0 ---- */

PLAIN_OP(xgetbv)
{
    u32 n = (u32)cpu->gpr[RCX];
    u64 v;

    x86_require(cpu, cpu->cr4 & CR4_OSXSAVE);
    x86_protect(cpu, n == 0 || (n == 1 && x86_has(cpu, F_XGETBV1)));
    v = n ? cpu->xcr0 & in_use(cpu) : cpu->xcr0;
    cpu->gpr[RAX] = (u32)v;
    cpu->gpr[RDX] = v >> 32;
}

END_OP(xsetbv)
{
    x86_require(cpu, cpu->cr4 & CR4_OSXSAVE);
    x86_protect(cpu, cpu->cpl == 0 && (u32)cpu->gpr[RCX] == 0);
    x86_write_xcr0(cpu, edx_eax(cpu));
}
