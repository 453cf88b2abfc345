/* MOVS, STOS, LODS, CMPS, SCAS: SDM 2. */
#include "isa/x86/ops/string.h"

#include "isa/x86/handlers.h"
#include "isa/x86/ops/alu.h"

static u64 load(const u8 *p, unsigned size)
{
    u64 v = 0;

    memcpy(&v, p, size);
    return v;
}

/* The span's element k, counted in the direction of DF. */
static inline s64 at(const struct string *s, u64 k)
{
    s64 d = (s64)(k * s->size);

    return s->down ? -d : d;
}

/* ---- MOVS ---- */

static void one_movs(struct string *s)
{
    u64 v;

    string_check_286(s, RSI, MOVED_SI, 1);
    string_check_286(s, RDI, MOVED_SI | MOVED_DI, 2);
    v = x86_read(s->cpu, op_segment(s->op), string_index(s, RSI), s->size);
    x86_write(s->cpu, ES, string_index(s, RDI), s->size, v);
    string_advance(s, RSI, 1);
    string_advance(s, RDI, 1);
}

/*
 * Element by element in one direction: where the destination runs ahead of the source by less than
 * the span, what was stored is read again. Then it goes in pieces as long as that distance.
 */
static void move(const struct string *s, u8 *to, const u8 *from, u64 n)
{
    u64 bytes = n * s->size, ahead = (u64)(s->down ? from - to : to - from);
    u64 step = ahead < bytes ? ahead - ahead % s->size : bytes;
    u64 back = s->down ? bytes - s->size : 0;

    if (ahead == 0)
        return;
    if (step == bytes) {
        memmove(to - back, from - back, bytes);
    } else if (s->size == 1 && step == 1) {
        memset(to - back, *from, bytes);
    } else if (step >= 32 && !s->down) {
        for (u64 k = 0; k < bytes; k += step)
            memcpy(to + k, from + k, step < bytes - k ? step : bytes - k);
    } else {
        for (u64 k = 0; k < n; k++) {
            u64 v = load(from + at(s, k), s->size);

            memcpy(to + at(s, k), &v, s->size);
        }
    }
}

static u64 span_movs(struct string *s, u64 n)
{
    const u8 *from = string_source(s, op_segment(s->op), RSI, &n);
    struct string_target to;

    if (!from || !string_destination(s, &n, &to))
        return 0;
    move(s, to.host, from, n);
    string_stored(s, &to, n);
    string_advance(s, RSI, n);
    string_advance(s, RDI, n);
    return n;
}

/* ---- STOS ---- */

static void one_stos(struct string *s)
{
    string_check_286(s, RDI, MOVED_DI, 2);
    x86_write(s->cpu, ES, string_index(s, RDI), s->size, load((u8 *)&s->cpu->gpr[RAX], s->size));
    string_advance(s, RDI, 1);
}

/* Of a value whose bytes are not all the same, eight bytes at a time. */
static void fill(u8 *to, u64 value, unsigned size, u64 bytes)
{
    u64 pattern = size == 2 ? value * 0x0001000100010001 : size == 4 ? value * 0x0000000100000001
        : value;
    u64 k = 0;

    if (pattern == (pattern & 0xff) * 0x0101010101010101) {
        memset(to, (int)(pattern & 0xff), bytes);
        return;
    }
    for (; k + 8 <= bytes; k += 8)
        memcpy(to + k, &pattern, 8);
    memcpy(to + k, &pattern, bytes - k);
}

static u64 span_stos(struct string *s, u64 n)
{
    u64 value = load((u8 *)&s->cpu->gpr[RAX], s->size);
    struct string_target to;

    if (!string_destination(s, &n, &to))
        return 0;
    if (s->size == 1)
        value *= 0x0101010101010101;
    fill(to.host + (s->down ? at(s, n - 1) : 0), value, s->size, n * s->size);
    string_stored(s, &to, n);
    string_advance(s, RDI, n);
    return n;
}

/* ---- LODS ---- */

static void set_accumulator(struct x86 *cpu, unsigned size, u64 v)
{
    if (size >= 4)
        cpu->gpr[RAX] = v;
    else
        memcpy(&cpu->gpr[RAX], &v, size);
}

static void one_lods(struct string *s)
{
    string_check_286(s, RSI, MOVED_SI, 1);
    set_accumulator(s->cpu, s->size,
                    x86_read(s->cpu, op_segment(s->op), string_index(s, RSI), s->size));
    string_advance(s, RSI, 1);
}

static u64 span_lods(struct string *s, u64 n)
{
    const u8 *from = string_source(s, op_segment(s->op), RSI, &n);

    if (!from)
        return 0;
    set_accumulator(s->cpu, s->size, load(from + at(s, n - 1), s->size));
    string_advance(s, RSI, n);
    return n;
}

/* ---- CMPS, SCAS: REPE goes on while equal, REPNE while not ---- */

/* Flags of a comparison, and whether a repetition ends here. */
static void compare(struct string *s, u64 a, u64 b)
{
    struct lazy_flags *lazy = &s->cpu->lazy;

    switch (s->size) {
    case 1: alu_cmp_b(lazy, (u8)a, (u8)b, true); break;
    case 2: alu_cmp_w(lazy, (u16)a, (u16)b, true); break;
    case 4: alu_cmp_d(lazy, (u32)a, (u32)b, true); break;
    default: alu_cmp_q(lazy, a, b, true); break;
    }
    s->met = (a == b) == (s->op->dst == 0xf2);
}

static void one_cmps(struct string *s)
{
    u64 a, b;

    string_check_286(s, RDI, MOVED_DI, 0);
    string_check_286(s, RSI, MOVED_SI | MOVED_DI, 1);
    a = x86_read(s->cpu, op_segment(s->op), string_index(s, RSI), s->size);
    b = x86_read(s->cpu, ES, string_index(s, RDI), s->size);
    compare(s, a, b);
    string_advance(s, RSI, 1);
    string_advance(s, RDI, 1);
}

/* The number of elements, of n, up to and with the one that ends the repetition. */
static u64 until_met(const struct string *s, const u8 *a, const u8 *b, u64 n)
{
    bool equal_ends = s->op->dst == 0xf2;
    u64 k = 0;

    if (!equal_ends && !s->down)        /* equal stretches go faster */
        while (k * s->size + 8 <= n * s->size
               && load(a + k * s->size, 8) == load(b + k * s->size, 8))
            k += 8u / s->size;
    for (; k < n; k++)
        if ((load(a + at(s, k), s->size) == load(b + at(s, k), s->size)) == equal_ends)
            return k + 1;
    return n;
}

static u64 span_cmps(struct string *s, u64 n)
{
    const u8 *a = string_source(s, op_segment(s->op), RSI, &n), *b;

    if (!a)
        return 0;
    b = string_source(s, ES, RDI, &n);
    if (!b)
        return 0;
    n = until_met(s, a, b, n);
    compare(s, load(a + at(s, n - 1), s->size), load(b + at(s, n - 1), s->size));
    string_advance(s, RSI, n);
    string_advance(s, RDI, n);
    return n;
}

static void one_scas(struct string *s)
{
    string_check_286(s, RDI, MOVED_DI, 1);
    compare(s, load((u8 *)&s->cpu->gpr[RAX], s->size),
            x86_read(s->cpu, ES, string_index(s, RDI), s->size));
    string_advance(s, RDI, 1);
}

static u64 until_found(const struct string *s, u64 value, const u8 *p, u64 n)
{
    bool equal_ends = s->op->dst == 0xf2;

    if (equal_ends && s->size == 1 && !s->down) {
        const u8 *found = memchr(p, (int)value, n);

        return found ? (u64)(found - p) + 1 : n;
    }
    for (u64 k = 0; k < n; k++)
        if ((load(p + at(s, k), s->size) == value) == equal_ends)
            return k + 1;
    return n;
}

static u64 span_scas(struct string *s, u64 n)
{
    u64 value = load((u8 *)&s->cpu->gpr[RAX], s->size);
    const u8 *p = string_source(s, ES, RDI, &n);

    if (!p)
        return 0;
    n = until_found(s, value, p, n);
    compare(s, value, load(p + at(s, n - 1), s->size));
    string_advance(s, RDI, n);
    return n;
}

/* ---- One element without repetition, where the fast path serves ---- */

/* The element at seg:index on the host, or NULL. */
static inline u8 *quick(struct x86 *cpu, const struct op *op, struct tlb *tlb, enum tlb_kind kind,
                        enum segment_name seg, unsigned reg, unsigned size)
{
    const struct seg_fast *f = &cpu->fast[seg];
    u64 offset = cpu->gpr[reg] & address_mask(op);

    if ((s64)(offset + size - 1) > (kind == TLB_WRITE ? f->write_last : f->read_last))
        return NULL;
    return tlb_lookup(tlb, kind, (f->base + offset) & cpu->lin_mask, size);
}

static inline void quick_advance(struct x86 *cpu, const struct op *op, unsigned reg, unsigned size)
{
    u64 mask = address_mask(op), v = cpu->gpr[reg] + (cpu->eflags & DF ? -(u64)size : size);

    cpu->gpr[reg] = mask == 0xffff ? (cpu->gpr[reg] & ~mask) | (v & mask) : v & mask;
}

static inline bool quick_movs(struct x86 *cpu, const struct op *op, struct tlb *tlb, unsigned size)
{
    const u8 *from = quick(cpu, op, tlb, TLB_READ, op_segment(op), RSI, size);
    u8 *to = quick(cpu, op, tlb, TLB_WRITE, ES, RDI, size);

    if (!from || !to)
        return false;
    memmove(to, from, size);
    quick_advance(cpu, op, RSI, size);
    quick_advance(cpu, op, RDI, size);
    return true;
}

static inline bool quick_stos(struct x86 *cpu, const struct op *op, struct tlb *tlb, unsigned size)
{
    u8 *to = quick(cpu, op, tlb, TLB_WRITE, ES, RDI, size);

    if (!to)
        return false;
    memcpy(to, &cpu->gpr[RAX], size);
    quick_advance(cpu, op, RDI, size);
    return true;
}

static inline bool quick_lods(struct x86 *cpu, const struct op *op, struct tlb *tlb, unsigned size)
{
    const u8 *from = quick(cpu, op, tlb, TLB_READ, op_segment(op), RSI, size);

    if (!from)
        return false;
    if (size == 4)
        cpu->gpr[RAX] = 0;
    memcpy(&cpu->gpr[RAX], from, size);
    quick_advance(cpu, op, RSI, size);
    return true;
}

static inline bool quick_cmps(struct x86 *cpu, const struct op *op, struct tlb *tlb, unsigned size)
{
    return false;
}

static inline bool quick_scas(struct x86 *cpu, const struct op *op, struct tlb *tlb, unsigned size)
{
    return false;
}

/* ---- Handlers ---- */

#define STRING(name)                                                            \
    static const struct string_form form_##name = { one_##name, span_##name };  \
    STRING_OP(name, b, form_##name) STRING_OP(name, w, form_##name)             \
    STRING_OP(name, d, form_##name) STRING_OP(name, q, form_##name)
STRING(movs)
STRING(stos)
STRING(lods)
STRING(cmps)
STRING(scas)
