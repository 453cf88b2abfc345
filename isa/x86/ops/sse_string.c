/* PCMPESTRI PCMPESTRM PCMPISTRI PCMPISTRM: SDM 2 4.1 */
#include "isa/x86/mode.h"
#include "isa/x86/ops/lanes.h"

/* The immediate: SDM 2 table 4-1. */
enum { WORDS = 1, SIGNED_ELEMENTS = 2, NEGATIVE = 0x10, NEGATIVE_VALID = 0x20, LAST = 0x40 };
enum { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };

struct text {
    s32      element[16];
    unsigned length;            /* of those that are valid */
};

struct texts {
    struct text a, b;
    unsigned    n;              /* elements in a register */
};

static void read_elements(struct text *t, u64x2 v, u32 imm)
{
    u16 w[8];
    u8 b[16];

    memcpy(b, &v, 16);
    memcpy(w, &v, 16);
    for (unsigned i = 0; i < (imm & WORDS ? 8 : 16); i++)
        switch (imm & (WORDS | SIGNED_ELEMENTS)) {
        case 0:               t->element[i] = b[i]; break;
        case WORDS:           t->element[i] = w[i]; break;
        case SIGNED_ELEMENTS: t->element[i] = (s8)b[i]; break;
        default:              t->element[i] = (s16)w[i]; break;
        }
}

static unsigned length_to_zero(const struct text *t, unsigned n)
{
    unsigned i = 0;

    while (i < n && t->element[i])
        i++;
    return i;
}

/* |length|, as far as a register reaches. */
static unsigned length_given(s64 length, unsigned n)
{
    u64 magnitude = length < 0 ? -(u64)length : (u64)length;

    return magnitude < n ? (unsigned)magnitude : n;
}

static bool any(const struct texts *t, unsigned j)
{
    for (unsigned i = 0; i < t->a.length; i++)
        if (t->a.element[i] == t->b.element[j])
            return j < t->b.length;
    return false;
}

static bool in_ranges(const struct texts *t, unsigned j)
{
    s32 v = t->b.element[j];

    for (unsigned i = 0; i + 1 < t->a.length; i += 2)
        if (v >= t->a.element[i] && v <= t->a.element[i + 1])
            return j < t->b.length;
    return false;
}

static bool same(const struct texts *t, unsigned j)
{
    if (j >= t->a.length || j >= t->b.length)
        return j >= t->a.length && j >= t->b.length;
    return t->a.element[j] == t->b.element[j];
}

/* Does a begin at b[j], as far as the register shows? */
static bool begins(const struct texts *t, unsigned j)
{
    for (unsigned i = 0; i < t->a.length && i + j < t->n; i++)
        if (i + j >= t->b.length || t->a.element[i] != t->b.element[i + j])
            return false;
    return true;
}

static bool matches_at(const struct texts *t, u32 how, unsigned j)
{
    switch (how) {
    case EQUAL_ANY:  return any(t, j);
    case RANGES:     return in_ranges(t, j);
    case EQUAL_EACH: return same(t, j);
    default:         return begins(t, j);
    }
}

static u32 compare(const struct texts *t, u32 imm)
{
    u32 r = 0;

    for (unsigned j = 0; j < t->n; j++)
        r |= (u32)matches_at(t, imm >> 2 & 3, j) << j;
    if (imm & NEGATIVE)
        r ^= imm & NEGATIVE_VALID ? (1u << t->b.length) - 1 : (1u << t->n) - 1;
    return r;
}

static u32 compare_texts(struct x86 *cpu, struct texts *t, u32 imm)
{
    u32 r = compare(t, imm);

    x86_set_arithmetic(cpu, (r ? CF : 0) | (t->b.length < t->n ? ZF : 0)
                       | (t->a.length < t->n ? SF : 0) | (r & 1 ? OF : 0));
    return r;
}

static struct texts read_texts(u64x2 a, u64x2 b, u32 imm)
{
    struct texts t = { .n = imm & WORDS ? 8 : 16 };

    read_elements(&t.a, a, imm);
    read_elements(&t.b, b, imm);
    return t;
}

static u32 implicit(struct x86 *cpu, u64x2 a, u64x2 b, u32 imm)
{
    struct texts t = read_texts(a, b, imm);

    t.a.length = length_to_zero(&t.a, t.n);
    t.b.length = length_to_zero(&t.b, t.n);
    return compare_texts(cpu, &t, imm);
}

static u32 explicit(struct x86 *cpu, u64x2 a, u64x2 b, u32 imm)
{
    struct texts t = read_texts(a, b, imm);

    t.a.length = length_given((s32)cpu->gpr[RAX], t.n);
    t.b.length = length_given((s32)cpu->gpr[RDX], t.n);
    return compare_texts(cpu, &t, imm);
}

static u32 explicit_q(struct x86 *cpu, u64x2 a, u64x2 b, u32 imm)
{
    struct texts t = read_texts(a, b, imm);

    t.a.length = length_given((s64)cpu->gpr[RAX], t.n);
    t.b.length = length_given((s64)cpu->gpr[RDX], t.n);
    return compare_texts(cpu, &t, imm);
}

/* ---- Where the result goes ---- */

static void put_index(struct x86 *cpu, u32 r, u32 imm)
{
    unsigned n = imm & WORDS ? 8 : 16, at = n;

    if (r)
        at = imm & LAST ? 31 - (unsigned)__builtin_clz(r) : (unsigned)__builtin_ctz(r);
    PUT_d(cpu, GPR_OFFSET(RCX), at);
}

/* Bits, or as many lanes of ones. */
static u64x2 mask(u32 r, u32 imm)
{
    unsigned size = imm & WORDS ? 2 : 1;
    u8 lane[16];
    u64x2 v = { r, 0 };

    if (imm & LAST) {
        for (unsigned i = 0; i < 16; i++)
            lane[i] = r >> i / size & 1 ? 0xff : 0;
        memcpy(&v, lane, 16);
    }
    return v;
}

static void put_mask(struct x86 *cpu, u32 r, u32 imm)
{
    xmm_put(cpu, 0, mask(r, imm));
}

static void vex_put_mask(struct x86 *cpu, u32 r, u32 imm)
{
    vex_put(cpu, 0, mask(r, imm));
}

/* Memory need not be aligned. */
#define COMPARE(name, texts, put)                                               \
    VECTOR(name, u)                                                             \
    {                                                                           \
        u32 imm = (u32)op->imm;                                                 \
                                                                                \
        put(cpu, texts(cpu, xmm_get(cpu, op->dst), b, imm), imm);               \
        return true;                                                            \
    }
COMPARE(pcmpistri, implicit, put_index)
COMPARE(pcmpistrm, implicit, put_mask)
COMPARE(pcmpestri, explicit, put_index)
COMPARE(pcmpestrm, explicit, put_mask)
COMPARE(pcmpestri_q, explicit_q, put_index)
COMPARE(pcmpestrm_q, explicit_q, put_mask)
COMPARE(vpcmpistrm, implicit, vex_put_mask)
COMPARE(vpcmpestrm, explicit, vex_put_mask)
COMPARE(vpcmpestrm_q, explicit_q, vex_put_mask)
