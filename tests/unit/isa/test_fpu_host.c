/*
 * Our floating point against the host's own, where the host is an x86-64: every
 * bit of the results and of the flags, masked and not. x87 exceptions stay
 * pending while only non-waiting instructions follow; SSE ones arrive as SIGFPE.
 */
#include "isa/x86/fpu/transcend.h"
#include "tests/unit/isa/fpu_operands.h"

#include <criterion/criterion.h>

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#define CONDITIONS (FP_C0 | FP_C1 | FP_C2 | FP_C3)
#define EXCEPTIONS 0x3f
#define ENOUGH 6                /* disagreements to print for each instruction */

struct x87_image {              /* of FNSAVE */
    u16 cw, cw_, sw, sw_, tw, tw_;
    u32 instruction[4];
    u8  st[8][10];
} __attribute__((packed));

struct x87_operands {
    u8  a[10] __attribute__((aligned(16)));
    u8  b[10] __attribute__((aligned(16)));
    u8  memory[16];             /* what a store writes, what a load reads */
    u16 cw;
    struct x87_image image;
};

static void put_f80(u8 *bytes, struct f80 a)
{
    memcpy(bytes, &a.man, 8);
    memcpy(bytes + 8, &a.se, 2);
}

static struct f80 get_f80(const u8 *bytes)
{
    struct f80 a;

    memcpy(&a.man, bytes, 8);
    memcpy(&a.se, bytes + 8, 2);
    return a;
}

/* a in ST0, b in ST1. */
#define HOST(name, instruction)                                             \
    static void host_##name(struct x87_operands *o)                         \
    {                                                                       \
        asm volatile("fninit\n fldt %1\n fldt %0\n fldcw %4\n"              \
                     instruction "\n fnsave %3"                             \
                     : "+m"(o->a), "+m"(o->b), "+m"(o->memory), "=m"(o->image) \
                     : "m"(o->cw) : "memory");                              \
    }

HOST(add, "fadd %%st(1), %%st")
HOST(sub, "fsub %%st(1), %%st")
HOST(mul, "fmul %%st(1), %%st")
HOST(div, "fdiv %%st(1), %%st")
HOST(sqrt, "fsqrt")
HOST(prem, "fprem")
HOST(prem1, "fprem1")
HOST(scale, "fscale")
HOST(rndint, "frndint")
HOST(xtract, "fxtract")
HOST(com, "fcom %%st(1)")
HOST(ucom, "fucom %%st(1)")
HOST(xam, "fxam")
HOST(st32, "fsts %2")
HOST(st64, "fstl %2")
HOST(ist16, "fists %2")
HOST(ist32, "fistl %2")
HOST(ist64, "fistpll %2")
HOST(istt16, "fisttps %2")
HOST(istt32, "fisttpl %2")
HOST(istt64, "fisttpll %2")
HOST(bstp, "fbstp %2")
HOST(ld32, "fstp %%st\n fstp %%st\n flds %2")
HOST(ld64, "fstp %%st\n fstp %%st\n fldl %2")
HOST(bld, "fstp %%st\n fstp %%st\n fbld %2")
HOST(ild64, "fstp %%st\n fstp %%st\n fildll %2")
HOST(addm32, "fadds %2")
HOST(subm64, "fsubl %2")
HOST(mulm64, "fmull %2")
HOST(divm32, "fdivs %2")
HOST(divrm64, "fdivrl %2")
HOST(comm64, "fcoml %2")
HOST(2xm1, "f2xm1")
HOST(yl2x, "fyl2x")
HOST(yl2xp1, "fyl2xp1")
HOST(patan, "fpatan")
HOST(sin, "fsin")
HOST(cos, "fcos")
HOST(sincos, "fsincos")
HOST(ptan, "fptan")

/* What we make of the same; memory[] results land in `memory`. */
struct outcome {
    struct f80 st0, st1;
    u8  memory[16];
};

static u32 order_flags(enum fp_order order)
{
    static const u32 bits[] = { FP_C0, FP_C3, 0, FP_C0 | FP_C2 | FP_C3 };

    return bits[order + 1];
}

#define OURS(name, ...)                                                     \
    static void ours_##name(struct f80 a, struct f80 b, struct outcome *r, struct fp_env *e) \
    {                                                                       \
        (void)a, (void)b, (void)r, (void)e;                                 \
        __VA_ARGS__;                                                        \
    }
#define STORE(type, call) type v = call; memcpy(r->memory, &v, sizeof v)
#define LOAD(type, call) type v; memcpy(&v, r->memory, sizeof v); r->st0 = call

OURS(add, r->st0 = f80_add(a, b, e))
OURS(sub, r->st0 = f80_sub(a, b, e))
OURS(mul, r->st0 = f80_mul(a, b, e))
OURS(div, r->st0 = f80_div(a, b, e))
OURS(sqrt, r->st0 = f80_sqrt(a, e))
OURS(prem, r->st0 = f80_rem(a, b, false, e))
OURS(prem1, r->st0 = f80_rem(a, b, true, e))
OURS(scale, r->st0 = f80_scale(a, b, e))
OURS(rndint, r->st0 = f80_round(a, e))
OURS(xtract, r->st1 = f80_extract(a, &r->st0, e))
OURS(com, e->flags |= order_flags(f80_compare_signal(a, b, e)))
OURS(ucom, e->flags |= order_flags(f80_compare(a, b, e)))
OURS(xam, e->flags |= f80_class(a) | (a.se >> 15 ? FP_C1 : 0))
OURS(st32, STORE(f32, f80_to_f32(a, e)))
OURS(st64, STORE(f64, f80_to_f64(a, e)))
OURS(ist16, STORE(s16, f80_to_s16(a, e->rounding, e)))
OURS(ist32, STORE(s32, f80_to_s32(a, e->rounding, e)))
OURS(ist64, STORE(s64, f80_to_s64(a, e->rounding, e)))
OURS(istt16, STORE(s16, f80_to_s16(a, FP_ZERO, e)))
OURS(istt32, STORE(s32, f80_to_s32(a, FP_ZERO, e)))
OURS(istt64, STORE(s64, f80_to_s64(a, FP_ZERO, e)))
OURS(bstp, f80_to_bcd(a, r->memory, e))
OURS(ld32, LOAD(f32, f32_to_f80(v, e)))
OURS(ld64, LOAD(f64, f64_to_f80(v, e)))
OURS(bld, r->st0 = bcd_to_f80(r->memory))
OURS(ild64, LOAD(s64, s64_to_f80(v)))
OURS(addm32, LOAD(f32, f80_add(a, f32_operand(v, e), e)))
OURS(subm64, LOAD(f64, f80_sub(a, f64_operand(v, e), e)))
OURS(mulm64, LOAD(f64, f80_mul(a, f64_operand(v, e), e)))
OURS(divm32, LOAD(f32, f80_div(a, f32_operand(v, e), e)))
OURS(divrm64, LOAD(f64, f80_div(f64_operand(v, e), a, e)))
OURS(comm64, LOAD(f64, a); e->flags |= order_flags(f80_compare_signal(a, f64_operand(v, e), e)))
OURS(2xm1, r->st0 = f80_2xm1(a, e))
OURS(yl2x, r->st0 = f80_yl2x(a, b, e))
OURS(yl2xp1, r->st0 = f80_yl2xp1(a, b, e))
OURS(patan, r->st0 = f80_patan(b, a, e))
OURS(sin, r->st0 = f80_sin(a, e))
OURS(cos, r->st0 = f80_cos(a, e))
OURS(sincos, r->st1 = f80_sincos(a, &r->st0, e))
OURS(ptan, r->st1 = f80_tan(a, e);
     r->st0 = f80_class(r->st1) == F80_NAN ? r->st1 : f80_constant(F80_ONE, e))

enum where { ST0, ST0_ST1, CONDITION, MEMORY, LOADED, NEAR, NEAR_BOTH };

static const struct {
    const char *name;
    void (*host)(struct x87_operands *);
    void (*ours)(struct f80, struct f80, struct outcome *, struct fp_env *);
    enum where result;
} x87[] = {
#define ROW(name, where) { #name, host_##name, ours_##name, where }
    ROW(add, ST0), ROW(sub, ST0), ROW(mul, ST0), ROW(div, ST0), ROW(sqrt, ST0), ROW(prem, ST0),
    ROW(prem1, ST0), ROW(scale, ST0), ROW(rndint, ST0), ROW(xtract, ST0_ST1),
    ROW(com, CONDITION), ROW(ucom, CONDITION), ROW(xam, CONDITION), ROW(st32, MEMORY),
    ROW(st64, MEMORY), ROW(ist16, MEMORY), ROW(ist32, MEMORY), ROW(ist64, MEMORY),
    ROW(istt16, MEMORY), ROW(istt32, MEMORY), ROW(istt64, MEMORY), ROW(bstp, MEMORY),
    ROW(ld32, LOADED), ROW(ld64, LOADED), ROW(bld, LOADED), ROW(ild64, LOADED),
    ROW(addm32, LOADED), ROW(subm64, LOADED), ROW(mulm64, LOADED), ROW(divm32, LOADED),
    ROW(divrm64, LOADED), ROW(comm64, LOADED), ROW(2xm1, NEAR), ROW(yl2x, NEAR),
    ROW(yl2xp1, NEAR), ROW(patan, NEAR), ROW(sin, NEAR), ROW(cos, NEAR), ROW(sincos, NEAR_BOTH),
    ROW(ptan, NEAR_BOTH),
};

static bool same(struct f80 a, struct f80 b)
{
    return a.man == b.man && a.se == b.se;
}

/* Another's last place may differ; not so zeros, infinities and NaNs. */
static bool is_near(struct f80 a, struct f80 b)
{
    __int128 x = (__int128)(a.se & 0x7fff) << 63 | a.man << 1 >> 1;
    __int128 y = (__int128)(b.se & 0x7fff) << 63 | b.man << 1 >> 1;

    return same(a, b) || (x - y <= 1 && y - x <= 1 && (a.se ^ b.se) >> 15 == 0);
}

/* Processors differ on 2^x - 1 above 1, and on log2(1 + x) where x is not small. */
static bool is_undefined(const char *name, struct f80 a)
{
    unsigned exponent = a.se & 0x7fff;

    if (!strcmp(name, "2xm1"))
        return exponent >= 0x3fff && exponent != 0x7fff && a.man << 1;
    return !strcmp(name, "yl2xp1") && exponent >= 0x3ffd && exponent != 0x7fff;
}

static void random_memory(u8 *memory)
{
    u64 v = random_f64(0);

    if (random_below(2))
        v = random_f32(0);
    memcpy(memory, &v, 8);
    memset(memory + 8, 0, 8);
    memory[9] = (u8)random_below(256);
}

static void random_digits(u8 *memory)
{
    for (int i = 0; i < 9; i++)
        memory[i] = (u8)(random_below(10) | random_below(10) << 4);
    memory[9] = (u8)random_below(256);
}

static void complain(const char *whose, struct f80 st0, struct f80 st1, const u8 *memory, u32 sw)
{
    u64 v;

    memcpy(&v, memory, 8);
    fprintf(stderr, "  %s: %04x:%016lx %04x:%016lx memory %016lx sw %04x\n", whose, st0.se, st0.man,
            st1.se, st1.man, v, sw);
}

/* What the instruction left behind, status word apart. */
static bool same_result(enum where where, const struct x87_operands *o, const struct outcome *r,
                        const struct fp_env *e)
{
    static const u8 untouched[16];
    struct f80 st0 = get_f80(o->image.st[0]), st1 = get_f80(o->image.st[1]);

    if (where == MEMORY)
        return !memcmp(o->memory, fp_store_refused(e) ? untouched : r->memory, 16);
    if (where == CONDITION || fp_refused(e))
        return true;
    switch (where) {
    case NEAR:      return e->flags & FP_C2 || is_near(st0, r->st0);
    case NEAR_BOTH: return e->flags & FP_C2 || (is_near(st0, r->st0) && is_near(st1, r->st1));
    case ST0_ST1:   return same(st0, r->st0) && same(st1, r->st1);
    default:        return same(st0, r->st0);
    }
}

/* One x87 instruction on both; false if they differ. */
static bool agree(unsigned row, struct f80 a, struct f80 b, u16 cw)
{
    enum where where = x87[row].result;
    struct x87_operands o = { .cw = cw };
    struct outcome r = { .st0 = a, .st1 = b };
    struct fp_env e = { .rounding = cw >> 10 & 3, .precision = cw >> 8 & 3, .masks = cw & 0x3f };
    u32 sw, ignored = where == NEAR || where == NEAR_BOTH ? FP_C1 : 0;

    put_f80(o.a, a);
    put_f80(o.b, b);
    if (where == LOADED) {
        random_memory(o.memory);
        if (!strcmp(x87[row].name, "bld"))
            random_digits(o.memory);
        memcpy(r.memory, o.memory, 16);
    }
    x87[row].host(&o);
    x87[row].ours(a, b, &r, &e);
    sw = o.image.sw & (EXCEPTIONS | CONDITIONS);
    if (!((sw ^ e.flags) & ~ignored) && same_result(where, &o, &r, &e))
        return true;
    fprintf(stderr, "%s %04x:%016lx %04x:%016lx cw %04x\n", x87[row].name, a.se, a.man, b.se,
            b.man, cw);
    complain("host", get_f80(o.image.st[0]), get_f80(o.image.st[1]), o.memory, sw);
    complain("ours", r.st0, r.st1, r.memory, e.flags);
    return false;
}

Test(fpu_host, x87_agrees)
{
    unsigned bad[COUNT(x87)] = { 0 }, total = 0;

    for (unsigned i = 0; i < rounds(300000); i++) {
        static const u8 precisions[] = { FP_PC24, FP_PC53, FP_PC64, FP_PC64 };
        unsigned row = i % COUNT(x87);
        struct f80 a = random_f80((struct f80){ 0, 0x3fff }), b = random_f80(a);
        u32 masks = random_below(4) ? 0x3f : random_below(64);
        u32 cw = masks | random_below(4) << 10 | (u32)precisions[random_below(4)] << 8;

        if (bad[row] < ENOUGH && !is_undefined(x87[row].name, a))
            bad[row] += !agree(row, a, b, (u16)cw);
    }
    for (unsigned i = 0; i < COUNT(x87); i++)
        total += bad[i];
    cr_assert_eq(total, 0);
}

/*
 * SSE. Operands and results are 64 bits in an array; narrower ones use the low
 * part. Element 3 is the result, and keeps its old value if the host traps.
 */
static sigjmp_buf trapped;
static u32 trapped_mxcsr;

static void on_sigfpe(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    trapped_mxcsr = ((ucontext_t *)context)->uc_mcontext.fpregs->mxcsr;
    siglongjmp(trapped, 1);
}

#define SSE(name, instruction)                                              \
    static void sse_##name(u64 v[4], u32 *mxcsr)                            \
    {                                                                       \
        const u32 quiet = 0x1f80;                                           \
                                                                            \
        asm volatile("vmovq %0, %%xmm0\n vmovq %1, %%xmm1\n vmovq %2, %%xmm2\n" \
                     "ldmxcsr %4\n" instruction "\n stmxcsr %4\n ldmxcsr %5\n" \
                     : "+m"(v[0]), "+m"(v[1]), "+m"(v[2]), "+m"(v[3]), "+m"(*mxcsr) \
                     : "m"(quiet) : "xmm0", "xmm1", "xmm2", "rax", "memory"); \
    }
#define TO_XMM "\n vmovq %%xmm0, %3"
#define TO_XMM1 "\n vmovq %%xmm1, %3"
#define TO_RAX "\n movq %%rax, %3"
#define TO_FLAGS "\n pushfq\n popq %3"

SSE(addss, "addss %%xmm1, %%xmm0" TO_XMM)
SSE(subss, "subss %%xmm1, %%xmm0" TO_XMM)
SSE(mulss, "mulss %%xmm1, %%xmm0" TO_XMM)
SSE(divss, "divss %%xmm1, %%xmm0" TO_XMM)
SSE(sqrtss, "sqrtss %%xmm0, %%xmm0" TO_XMM)
SSE(minss, "minss %%xmm1, %%xmm0" TO_XMM)
SSE(maxss, "maxss %%xmm1, %%xmm0" TO_XMM)
SSE(ucomiss, "ucomiss %%xmm1, %%xmm0" TO_FLAGS)
SSE(comiss, "comiss %%xmm1, %%xmm0" TO_FLAGS)
SSE(roundss_up, "roundss $2, %%xmm0, %%xmm0" TO_XMM)
SSE(roundss_near, "roundss $8, %%xmm0, %%xmm0" TO_XMM)
SSE(cvtss2si, "cvtss2si %%xmm0, %%eax" TO_RAX)
SSE(cvttss2si, "cvttss2si %%xmm0, %%eax" TO_RAX)
SSE(cvtss2siq, "cvtss2siq %%xmm0, %%rax" TO_RAX)
SSE(cvtsi2ss, "cvtsi2ssq %0, %%xmm0" TO_XMM)
SSE(cvtss2sd, "cvtss2sd %%xmm0, %%xmm0" TO_XMM)
SSE(fmaddss, "vfmadd213ss %%xmm2, %%xmm0, %%xmm1" TO_XMM1)
SSE(fnmsubss, "vfnmsub213ss %%xmm2, %%xmm0, %%xmm1" TO_XMM1)
SSE(ph2ps, "vcvtph2ps %%xmm0, %%xmm0" TO_XMM)
SSE(ps2ph, "vcvtps2ph $4, %%xmm0, %%xmm0" TO_XMM)
SSE(ps2ph_down, "vcvtps2ph $1, %%xmm0, %%xmm0" TO_XMM)
SSE(addsd, "addsd %%xmm1, %%xmm0" TO_XMM)
SSE(subsd, "subsd %%xmm1, %%xmm0" TO_XMM)
SSE(mulsd, "mulsd %%xmm1, %%xmm0" TO_XMM)
SSE(divsd, "divsd %%xmm1, %%xmm0" TO_XMM)
SSE(sqrtsd, "sqrtsd %%xmm0, %%xmm0" TO_XMM)
SSE(minsd, "minsd %%xmm1, %%xmm0" TO_XMM)
SSE(maxsd, "maxsd %%xmm1, %%xmm0" TO_XMM)
SSE(ucomisd, "ucomisd %%xmm1, %%xmm0" TO_FLAGS)
SSE(comisd, "comisd %%xmm1, %%xmm0" TO_FLAGS)
SSE(roundsd_down, "roundsd $1, %%xmm0, %%xmm0" TO_XMM)
SSE(roundsd_zero, "roundsd $11, %%xmm0, %%xmm0" TO_XMM)
SSE(cvtsd2si, "cvtsd2si %%xmm0, %%eax" TO_RAX)
SSE(cvttsd2si, "cvttsd2si %%xmm0, %%eax" TO_RAX)
SSE(cvttsd2siq, "cvttsd2siq %%xmm0, %%rax" TO_RAX)
SSE(cvtsi2sd, "cvtsi2sdq %0, %%xmm0" TO_XMM)
SSE(cvtsd2ss, "cvtsd2ss %%xmm0, %%xmm0" TO_XMM)
SSE(fmaddsd, "vfmadd213sd %%xmm2, %%xmm0, %%xmm1" TO_XMM1)
SSE(fmsubsd, "vfmsub213sd %%xmm2, %%xmm0, %%xmm1" TO_XMM1)
SSE(fnmaddsd, "vfnmadd213sd %%xmm2, %%xmm0, %%xmm1" TO_XMM1)

#define MIMIC(name, expression)                                             \
    static u64 mimic_##name(u64 a, u64 b, u64 c, struct fp_env *e)          \
    {                                                                       \
        (void)a, (void)b, (void)c, (void)e;                                 \
        return expression;                                                  \
    }
#define A (u32)a
#define B (u32)b
#define C (u32)c

/* ZF PF CF of COMISS. */
static u64 order_eflags(enum fp_order order)
{
    static const u8 bits[] = { 0x01, 0x40, 0x00, 0x45 };

    return bits[order + 1];
}

MIMIC(addss, f32_add(A, B, e))
MIMIC(subss, f32_sub(A, B, e))
MIMIC(mulss, f32_mul(A, B, e))
MIMIC(divss, f32_div(A, B, e))
MIMIC(sqrtss, f32_sqrt(A, e))
MIMIC(minss, f32_min(A, B, e))
MIMIC(maxss, f32_max(A, B, e))
MIMIC(ucomiss, order_eflags(f32_compare(A, B, e)))
MIMIC(comiss, order_eflags(f32_compare_signal(A, B, e)))
MIMIC(roundss_up, f32_round(A, FP_UP, false, e))
MIMIC(roundss_near, f32_round(A, FP_NEAREST, true, e))
MIMIC(cvtss2si, (u32)f32_to_s32(A, e->rounding, e))
MIMIC(cvttss2si, (u32)f32_to_s32(A, FP_ZERO, e))
MIMIC(cvtss2siq, (u64)f32_to_s64(A, e->rounding, e))
MIMIC(cvtsi2ss, s64_to_f32((s64)a, e))
MIMIC(cvtss2sd, f32_to_f64(A, e))
MIMIC(fmaddss, f32_muladd(A, B, C, 0, e))
MIMIC(fnmsubss, f32_muladd(A, B, C, FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND, e))
MIMIC(ph2ps, f16_to_f32((u16)a, e))
MIMIC(ps2ph, f32_to_f16(A, e->rounding, e))
MIMIC(ps2ph_down, f32_to_f16(A, FP_DOWN, e))
MIMIC(addsd, f64_add(a, b, e))
MIMIC(subsd, f64_sub(a, b, e))
MIMIC(mulsd, f64_mul(a, b, e))
MIMIC(divsd, f64_div(a, b, e))
MIMIC(sqrtsd, f64_sqrt(a, e))
MIMIC(minsd, f64_min(a, b, e))
MIMIC(maxsd, f64_max(a, b, e))
MIMIC(ucomisd, order_eflags(f64_compare(a, b, e)))
MIMIC(comisd, order_eflags(f64_compare_signal(a, b, e)))
MIMIC(roundsd_down, f64_round(a, FP_DOWN, false, e))
MIMIC(roundsd_zero, f64_round(a, FP_ZERO, true, e))
MIMIC(cvtsd2si, (u32)f64_to_s32(a, e->rounding, e))
MIMIC(cvttsd2si, (u32)f64_to_s32(a, FP_ZERO, e))
MIMIC(cvttsd2siq, (u64)f64_to_s64(a, FP_ZERO, e))
MIMIC(cvtsi2sd, s64_to_f64((s64)a, e))
MIMIC(cvtsd2ss, f64_to_f32(a, e))
MIMIC(fmaddsd, f64_muladd(a, b, c, 0, e))
MIMIC(fmsubsd, f64_muladd(a, b, c, FP_NEGATE_ADDEND, e))
MIMIC(fnmaddsd, f64_muladd(a, b, c, FP_NEGATE_PRODUCT, e))

enum width { W16 = 16, W32 = 32, W64 = 64 };

static const struct {
    const char *name;
    void (*host)(u64 v[4], u32 *mxcsr);
    u64  (*ours)(u64 a, u64 b, u64 c, struct fp_env *);
    enum width operand;
    u64  result_bits;
} sse[] = {
#define LOW (u64)0xffffffff
#define SSE_ROW(name, from, bits) { #name, sse_##name, mimic_##name, from, bits }
    SSE_ROW(addss, W32, LOW), SSE_ROW(subss, W32, LOW), SSE_ROW(mulss, W32, LOW),
    SSE_ROW(divss, W32, LOW), SSE_ROW(sqrtss, W32, LOW), SSE_ROW(minss, W32, LOW),
    SSE_ROW(maxss, W32, LOW), SSE_ROW(ucomiss, W32, 0x45), SSE_ROW(comiss, W32, 0x45),
    SSE_ROW(roundss_up, W32, LOW), SSE_ROW(roundss_near, W32, LOW), SSE_ROW(cvtss2si, W32, LOW),
    SSE_ROW(cvttss2si, W32, LOW), SSE_ROW(cvtss2siq, W32, -1), SSE_ROW(cvtsi2ss, W64, LOW),
    SSE_ROW(cvtss2sd, W32, -1), SSE_ROW(fmaddss, W32, LOW), SSE_ROW(fnmsubss, W32, LOW),
    SSE_ROW(ph2ps, W16, LOW), SSE_ROW(ps2ph, W32, 0xffff), SSE_ROW(ps2ph_down, W32, 0xffff),
    SSE_ROW(addsd, W64, -1), SSE_ROW(subsd, W64, -1), SSE_ROW(mulsd, W64, -1),
    SSE_ROW(divsd, W64, -1), SSE_ROW(sqrtsd, W64, -1), SSE_ROW(minsd, W64, -1),
    SSE_ROW(maxsd, W64, -1), SSE_ROW(ucomisd, W64, 0x45), SSE_ROW(comisd, W64, 0x45),
    SSE_ROW(roundsd_down, W64, -1), SSE_ROW(roundsd_zero, W64, -1), SSE_ROW(cvtsd2si, W64, LOW),
    SSE_ROW(cvttsd2si, W64, LOW), SSE_ROW(cvttsd2siq, W64, -1), SSE_ROW(cvtsi2sd, W64, -1),
    SSE_ROW(cvtsd2ss, W64, LOW), SSE_ROW(fmaddsd, W64, -1), SSE_ROW(fmsubsd, W64, -1),
    SSE_ROW(fnmaddsd, W64, -1),
};

static bool sse_agrees(unsigned row, u64 a, u64 b, u64 c, u32 mxcsr)
{
    u64 v[4] = { a, b, c, 0xabcd }, ours;
    volatile u32 after = mxcsr;
    volatile bool trap = false;
    struct fp_env e = {
        .rounding = mxcsr >> 13 & 3, .masks = mxcsr >> 7 & 0x3f,
        .daz = mxcsr >> 6 & 1, .ftz = mxcsr >> 15
    };

    if (sigsetjmp(trapped, 1)) {
        const u32 quiet = 0x1f80;

        asm volatile("ldmxcsr %0" : : "m"(quiet));
        trap = true;
        after = trapped_mxcsr;
    } else {
        u32 changing = mxcsr;

        sse[row].host(v, &changing);
        after = changing;
    }
    ours = sse[row].ours(a, b, c, &e);
    if (fp_sse_flags(&e) == (after & 0x3f) && !!fp_unmasked(&e) == trap
        && (trap || !((v[3] ^ ours) & sse[row].result_bits)))
        return true;
    fprintf(stderr, "%s %016lx %016lx %016lx mxcsr %04x: host %016lx %02x%s ours %016lx %02x\n",
            sse[row].name, a, b, c, mxcsr, v[3], after & 0x3f, trap ? " trap" : "", ours,
            fp_sse_flags(&e));
    return false;
}

/* The third is at times near the product of the others: for cancellation. */
static void random_operands(enum width width, u64 v[3])
{
    struct fp_env e = { .masks = 0x3f };

    if (width == W64) {
        v[0] = random_f64(0x3ff0000000000000);
        v[1] = random_f64(v[0]);
        v[2] = random_f64(random_below(2) ? v[0] : f64_mul(v[0], v[1], &e));
        return;
    }
    v[0] = random_f32(0x3f800000);
    v[1] = random_f32((u32)v[0]);
    v[2] = random_f32(random_below(2) ? (u32)v[0] : f32_mul((u32)v[0], (u32)v[1], &e));
    if (width == W16)
        v[0] &= 0xffff;
}

Test(fpu_host, sse_agrees)
{
    unsigned bad[COUNT(sse)] = { 0 }, total = 0;
    struct sigaction action = { .sa_sigaction = on_sigfpe, .sa_flags = SA_SIGINFO };

    if (!__builtin_cpu_supports("fma"))
        return;
    sigaction(SIGFPE, &action, NULL);
    for (unsigned i = 0; i < rounds(800000); i++) {
        unsigned row = i % COUNT(sse);
        u32 masks = random_below(32) ? 0x3f : random_below(64);
        u32 mxcsr = masks << 7 | random_below(4) << 13 | random_below(2) << 6;
        u64 v[3];

        mxcsr |= random_below(2) << 15;
        random_operands(sse[row].operand, v);
        if (bad[row] < ENOUGH)
            bad[row] += !sse_agrees(row, v[0], v[1], v[2], mxcsr);
    }
    for (unsigned i = 0; i < COUNT(sse); i++)
        total += bad[i];
    cr_assert_eq(total, 0);
}
#endif
