/* isa/x86/template.c */
/* Instructions that were decoded before, known by their shape: see struct template. */
#include "isa/x86/decoding.h"

#include <stdlib.h>
#include <string.h>

#include "isa/x86/block.h"

enum { TEMPLATE_BITS = 12 };
enum { ROOM = 20 };                     /* for a shape, and 4 bytes wherever an operand may be */

bool template_build(struct decoder *d)
{
    d->templates = calloc(1u << TEMPLATE_BITS, sizeof *d->templates);
    return d->templates;
}

/*
 * The bytes that make the shape, all 47 bits of them; with VEX, whose one or two bytes say what
 * REX, prefixes and escapes do elsewhere, 64.
 */
static inline __attribute__((always_inline))
u64 key_of(const struct x86 *cpu, const struct decoder *d, const u8 *bytes, unsigned *at)
{
    unsigned code_size = cpu->mode & MODE_CODE;
    const u8 *b = bytes, *opcode = d->opcode[MAP_1];
    u64 key = (cpu->mode & (0x1fff | MODE_SHADOW | MODE_TRACK)) << 34 | 1;
    u8 is = opcode[*b];

    if (is & OPCODE_PREFIX) {
        key |= (u64)(*b == 0x66 ? 1 : 2 + (*b & 1)) << 32;
        is = opcode[*++b];
    }
    if (is & OPCODE_REX && code_size == MODE_64) {
        key |= (u64)(*b & 0x0f) << 27 | BIT(31);
        is = opcode[*++b];
    }
    if (is & (OPCODE_ESCAPE | OPCODE_VEX)) {
        if (likely(is & OPCODE_ESCAPE)) {
            unsigned map = *++b == 0x38 ? MAP_0F38 : *b == 0x3a ? MAP_0F3A : MAP_0F;

            b += map != MAP_0F;
            is = d->opcode[map][*b];
            key |= (u64)map << 25;
        } else if (code_size == MODE_64 || b[1] >= 0xc0) {
            bool three = *b == 0xc4;
            unsigned map = three ? MAP_VEX + (b[1] & 3u) : MAP_VEX_0F;

            key |= (u64)b[1] << 47 | BIT(63) | (three ? (u64)b[2] << 55 | BIT(25) : 0);
            b += 2 + three;
            is = d->opcode[map][*b];
        }
    }
    *at = (unsigned)(b - bytes);
    key |= (u64)*b << 17;
    if (is & OPCODE_MODRM) {
        key |= (u64)b[1] << 9;
        if ((b[1] & 7) == 4 && b[1] < 0xc0 && code_size != MODE_16)
            key |= (u64)b[2] << 1;
    }
    return key;
}

static inline struct template *template_slot(const struct decoder *d, u64 key)
{
    return &d->templates[(key * 0x9e3779b97f4a7c15) >> (64 - TEMPLATE_BITS)];
}

static enum rest rest_of(const struct decoding *s)
{
    if (s->out->relative)
        return REST_TARGET;
    if (s->imm_bytes && s->out->kind == KIND_SHIFT2)
        return REST_COUNT;
    if (s->imm_bytes)
        return s->imm_signed ? REST_SIGNED : REST_UNSIGNED;
    return s->rip_relative && !s->has_imm ? REST_RIP : REST_NONE;
}

static inline bool is_count(const struct insn *in, s32 imm)
{
    return imm & (in->width == WIDTH_Q ? 0x3f : 0x1f);
}

static void keep(const struct decoding *s, u64 key, unsigned opcode_at)
{
    struct template *t = template_slot(&s->cpu->shared->decoder, key);
    enum rest rest = rest_of(s);

    if (s->wide || s->segment_given || s->lock || s->asize_given || s->opcode_at != opcode_at)
        return;
    if (rest == REST_COUNT && !is_count(s->out, s->out->op.imm))
        return;
    *t = (struct template){
        .key = key, .insn = *s->out, .rest = (u8)rest, .width = s->width,
        .has_disp = s->disp_bytes && rest != REST_RIP,
        .disp_at = s->disp_at, .disp_spare = (u8)(32 - 8 * s->disp_bytes),
        .rest_at = rest == REST_RIP ? s->disp_at : s->imm_at,
        .rest_spare = rest == REST_RIP ? 0 : (u8)(32 - 8 * s->imm_bytes),
    };
}

static inline s32 signed_at(const u8 *b, unsigned spare)
{
    u32 v;

    memcpy(&v, b, 4);
    return (s32)(v << spare) >> spare;
}

static inline s32 unsigned_at(const u8 *b, unsigned spare)
{
    u32 v;

    memcpy(&v, b, 4);
    return (s32)(v << spare >> spare);
}

static __attribute__((noinline)) enum decode_result
decode_and_keep(struct x86 *cpu, const struct code *code, u64 rip, struct insn *out)
{
    struct decoding s = {
        .cpu = cpu, .code = code, .rip = rip, .out = out, .segment = DS,
        .code_size = cpu->mode & MODE_CODE,
    };
    enum decode_result r = decode_anew(&s);
    unsigned opcode_at;
    u64 key;

    if (r != DECODED || code->room < ROOM)
        return r;
    key = key_of(cpu, &cpu->shared->decoder, code->bytes, &opcode_at);
    keep(&s, key, opcode_at);
    return r;
}

const struct insn *x86_decode_known(struct x86 *cpu, const u8 *bytes, unsigned room, u64 rip,
                                    struct op *op, struct target *to)
{
    const struct decoder *d = &cpu->shared->decoder;
    const struct template *t;
    unsigned opcode_at;
    u64 key;

    if (unlikely(room < ROOM))
        return NULL;
    key = key_of(cpu, d, bytes, &opcode_at);
    t = template_slot(d, key);
    if (unlikely(t->key != key))
        return NULL;
    *op = t->insn.op;
    if (t->has_disp)
        op->disp = signed_at(bytes + t->disp_at, t->disp_spare);
    if (t->rest == REST_NONE)
        return &t->insn;
    bytes += t->rest_at;
    switch (t->rest) {
    case REST_SIGNED:
        op->imm = signed_at(bytes, t->rest_spare);
        break;
    case REST_TARGET:
        *to = decode_target(cpu, rip + t->insn.length + (u64)signed_at(bytes, t->rest_spare),
                            t->width);
        break;
    case REST_RIP:
        op->imm64 = rip + t->insn.length + (u64)signed_at(bytes, 0);
        break;
    default:
        op->imm = unsigned_at(bytes, t->rest_spare);
        if (t->rest == REST_COUNT && !is_count(&t->insn, op->imm))
            return NULL;
    }
    return &t->insn;
}

enum decode_result x86_decode(struct x86 *cpu, const struct code *code, u64 rip, struct insn *out)
{
    struct op op;
    struct target to = { 0 };
    const struct insn *known = x86_decode_known(cpu, code->bytes, code->room, rip, &op, &to);

    if (!known)
        return decode_and_keep(cpu, code, rip, out);
    *out = *known;
    out->op = op;
    out->to = to;
    return DECODED;
}
