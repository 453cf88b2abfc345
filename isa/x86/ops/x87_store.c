/* isa/x86/ops/x87_store.c */
/*
 * FST FIST FISTTP FBSTP to memory: SDM 1 8.3.3. They convert first, then reach memory, and only
 * then tell the status word and pop: the access may fault.
 */
#include "isa/x86/handlers.h"
#include "isa/x86/interp.h"
#include "isa/x86/ops/x87_body.h"

/*
 * What a store starts from: a copy of the environment, and ST(0). If that is empty IE is raised,
 * and a NaN serves: each format makes of it what it makes of an empty register.
 */
static struct f80 begin_store(struct x86 *cpu, struct fp_env *e)
{
    x87_wait(cpu);
    *e = quick_env(cpu);
    if (likely(!empty(cpu, 0)))
        return *st(cpu, 0);
    e->flags = FP_IE | FSW_SF;
    return F80_INDEFINITE;
}

static void finish_store(struct x86 *cpu, struct op *op, const struct fp_env *e, bool pops)
{
    note_memory(cpu, op);
    x87_report(cpu, e->flags, FP_C1);
    if (pops && !fp_store_refused(e))
        pop(cpu);
}

/* Nothing is stored, but the operand is checked as if it were: page faults come before #MF. */
static void look(struct x86 *cpu, const struct op *op, unsigned size)
{
    x87_align(cpu, op, size, size == 10 ? 8 : size, ACCESS_WRITE);
    x86_probe(cpu, op_segment(op), op_offset(cpu, op), size, ACCESS_WRITE);
}

static void store_float(struct x86 *cpu, struct op *op, unsigned size, bool pops)
{
    struct fp_env e;
    struct f80 v = begin_store(cpu, &e);
    u64 image = size == 4 ? f80_to_f32(v, &e) : f80_to_f64(v, &e);

    if (!fp_store_refused(&e))
        op_store(cpu, op, size, image);
    else
        look(cpu, op, size);
    finish_store(cpu, op, &e, pops);
}

/* Zeros, and what is normal in the narrower format. */
static inline __attribute__((always_inline))
bool quick_to(const struct x86 *cpu, struct f80 a, struct format f, u64 *v, u32 *flags)
{
    u32 exponent = (a.se & 0x7fff) - (u32)(F80_BIAS - bias(f));
    struct number n = { a.man, 0, (s32)exponent - bias(f), f80_sign(a) };
    struct fp_env e = quick_env(cpu);

    *flags = 0;
    if (unlikely(exponent - 1 >= top_exponent(f) - 2 || !(a.man >> 63))) {
        *v = ieee_zero(f, n.sign);
        return !((a.se & 0x7fff) | a.man);
    }
    *v = ieee_finish(f, n, &e);
    *flags = e.flags;
    return true;
}

#define STORE_EA(ea, name, bits, pops)                                          \
    BODY(name##_rm_##ea)                                                        \
    {                                                                           \
        u64 linear, image;                                                      \
        u##bits v;                                                              \
        u32 flags;                                                              \
        u8 *host;                                                               \
                                                                                \
        if (unlikely(cpu->fsw & FSW_ES || empty(cpu, 0)                         \
                     || !ea_##ea(cpu, op, sizeof v, TLB_WRITE, &linear)         \
                     || !(host = tlb_lookup(tlb, TLB_WRITE, linear, sizeof v)))) \
            return false;                                                       \
        if (unlikely(!quick_to(cpu, *st(cpu, 0), F##bits, &image, &flags)       \
                     || !quick_report(cpu, flags)))                             \
            return false;                                                       \
        v = (u##bits)image;                                                     \
        memcpy(host, &v, sizeof v);                                             \
        NOTE_##ea(linear);                                                      \
        if (pops)                                                               \
            pop(cpu);                                                           \
        return true;                                                            \
    }                                                                           \
    MEMORY_HANDLER(name##_rm_##ea, name)

#define STORE_FORM(name, bits, pops)                                            \
    static __attribute__((noinline)) void s_##name(HANDLER_ARGS)                \
    {                                                                           \
        PUBLISH;                                                                \
        store_float(cpu, op, bits / 8, pops);                                   \
        RESUME;                                                                 \
    }                                                                           \
    NO_REGISTER_FORM(name)                                                      \
    EACH_EA(STORE_EA, name, bits, pops)

STORE_FORM(fst_m32, 32, false)
STORE_FORM(fst_m64, 64, false)
STORE_FORM(fstp_m32, 32, true)
STORE_FORM(fstp_m64, 64, true)

/* ---- Integers ---- */

static inline u64 to_integer(struct f80 v, unsigned size, unsigned rounding, struct fp_env *e)
{
    switch (size) {
    case 2:  return (u16)f80_to_s16(v, rounding, e);
    case 4:  return (u32)f80_to_s32(v, rounding, e);
    default: return (u64)f80_to_s64(v, rounding, e);
    }
}

static void store_integer(struct x86 *cpu, struct op *op, unsigned size, unsigned rounding,
                          bool pops)
{
    struct fp_env e;
    struct f80 a = begin_store(cpu, &e);
    u64 v = to_integer(a, size, rounding, &e);

    if (!fp_store_refused(&e))
        op_store(cpu, op, size, v);
    else
        look(cpu, op, size);
    finish_store(cpu, op, &e, pops);
}

/* Zeros and normal values that fit, but for the most negative one. */
static inline bool quick_integer(struct f80 a, unsigned bits, unsigned rounding, u64 *v, u32 *flags)
{
    struct number n = f80_number(a);
    u64 whole, rest;
    bool up;

    if (unlikely(!is_plain(a) || n.exp >= (s32)bits - 1))
        return false;
    whole = number_integer(n, &rest);
    up = rest && rounds_up(rounding, n.sign, rest, whole);
    whole += up;
    *flags = rest ? up ? FP_PE | FP_C1 : FP_PE : 0;
    *v = n.sign ? -whole : whole;
    return !(whole >> (bits - 1));
}

#define BY_CONTROL cpu->fenv.rounding

#define STORE_INTEGER(name, bits, rounding, pops)                               \
    BODY(name)                                                                  \
    {                                                                           \
        u64 linear, image;                                                      \
        u##bits v;                                                              \
        u32 flags;                                                              \
        u8 *host;                                                               \
                                                                                \
        if (slow) {                                                             \
            store_integer(cpu, op, bits / 8, rounding, pops);                   \
            return true;                                                        \
        }                                                                       \
        if (unlikely(cpu->fsw & FSW_ES || empty(cpu, 0)                         \
                     || !ea_gen(cpu, op, sizeof v, TLB_WRITE, &linear)          \
                     || !(host = tlb_lookup(tlb, TLB_WRITE, linear, sizeof v)))) \
            return false;                                                       \
        if (unlikely(!quick_integer(*st(cpu, 0), bits, rounding, &image, &flags) \
                     || !quick_report(cpu, flags)))                             \
            return false;                                                       \
        v = (u##bits)image;                                                     \
        memcpy(host, &v, sizeof v);                                             \
        NOTE_gen(linear);                                                       \
        if (pops)                                                               \
            pop(cpu);                                                           \
        return true;                                                            \
    }                                                                           \
    SLOW_HANDLER(name)                                                          \
    MEMORY_HANDLER(name, name)

STORE_INTEGER(fist_m16, 16, BY_CONTROL, false)
STORE_INTEGER(fist_m32, 32, BY_CONTROL, false)
STORE_INTEGER(fistp_m16, 16, BY_CONTROL, true)
STORE_INTEGER(fistp_m32, 32, BY_CONTROL, true)
STORE_INTEGER(fistp_m64, 64, BY_CONTROL, true)
STORE_INTEGER(fisttp_m16, 16, FP_ZERO, true)
STORE_INTEGER(fisttp_m32, 32, FP_ZERO, true)
STORE_INTEGER(fisttp_m64, 64, FP_ZERO, true)

/* ---- Ten bytes ---- */

struct image80 { u64 man; u16 se; } __attribute__((packed));

BODY(fstp_m80)
{
    struct image80 image;
    struct fp_env e;
    struct f80 v;
    u64 linear;
    u8 *host;

    if (slow) {
        v = begin_store(cpu, &e);
        image = (struct image80){ v.man, v.se };
        if (!fp_store_refused(&e))
            store_bytes(cpu, op, &image, sizeof image, 8);
        else
            look(cpu, op, sizeof image);
        finish_store(cpu, op, &e, true);
        return true;
    }
    if (cpu->fsw & FSW_ES || empty(cpu, 0) || !ea_gen(cpu, op, sizeof image, TLB_WRITE, &linear)
        || !(host = tlb_lookup(tlb, TLB_WRITE, linear, sizeof image)))
        return false;
    v = *st(cpu, 0);
    image = (struct image80){ v.man, v.se };
    memcpy(host, &image, sizeof image);
    NOTE_gen(linear);
    cpu->fsw &= (u16)~FP_C1;
    pop(cpu);
    return true;
}
SLOW_HANDLER(fstp_m80)
MEMORY_HANDLER(fstp_m80, fstp_m80)

PLAIN_OP(fbstp)
{
    struct fp_env e;
    struct f80 v = begin_store(cpu, &e);
    u8 bcd[10];

    f80_to_bcd(v, bcd, &e);
    if (!fp_store_refused(&e))
        store_bytes(cpu, op, bcd, sizeof bcd, 8);
    else
        look(cpu, op, sizeof bcd);
    finish_store(cpu, op, &e, true);
}
