/* isa/x86/template.c */
/* Instructions that were decoded before, known by their shape: see struct template. */
#include "isa/x86/decoding.h"

#include <stdlib.h>
#include <string.h>

#include "isa/x86/block.h"

enum { TEMPLATE_BITS = 12 };
enum { KEY_BYTES = 8 };                 /* room enough to look for a key */

bool template_build(struct decoder *d)
{
    d->templates = calloc(1u << TEMPLATE_BITS, sizeof *d->templates);
    return d->templates;
}

/* The bytes that make the shape, all 47 bits of them. */
static inline u64 key_of(const struct x86 *cpu, const struct decoder *d, const u8 *bytes,
                         unsigned *at)
{
    unsigned code_size = cpu->mode & MODE_CODE, map = MAP_1;
    const u8 *b = bytes;
    u64 key = (cpu->mode & 0x1fff) << 34 | 1;

    if (*b == 0x66 || *b == 0xf2 || *b == 0xf3)
        key |= (u64)(*b++ == 0x66 ? 1 : 2 + (b[-1] & 1)) << 32;
    if (code_size == MODE_64 && (*b & 0xf0) == REX)
        key |= (u64)(*b++ & 0x0f) << 27 | BIT(31);
    if (*b == 0x0f) {
        b++;
        map = *b == 0x38 ? MAP_0F38 : *b == 0x3a ? MAP_0F3A : MAP_0F;
        b += map != MAP_0F;
    }
    *at = (unsigned)(b - bytes);
    key |= (u64)(map << 8 | *b) << 17;
    if (d->modrm[map][*b >> 3] >> (*b & 7) & 1) {
        key |= (u64)b[1] << 9;
        if (b[1] < 0xc0 && (b[1] & 7) == 4 && code_size != MODE_16)
            key |= (u64)b[2] << 1;
    }
    return key;
}

static inline struct template *template_slot(const struct decoder *d, u64 key)
{
    return &d->templates[(key * 0x9e3779b97f4a7c15) >> (64 - TEMPLATE_BITS)];
}

static void keep(const struct decoding *s, u64 key, unsigned opcode_at)
{
    struct template *t = template_slot(&s->cpu->shared->decoder, key);

    if (s->wide || s->segment_given || s->lock || s->asize_given || s->opcode_at != opcode_at)
        return;
    *t = (struct template){
        .key = key, .insn = *s->out, .disp_at = s->disp_at, .disp_bytes = s->disp_bytes,
        .imm_at = s->imm_at, .imm_bytes = s->imm_bytes, .imm_signed = s->imm_signed,
        .width = s->width, .rip_relative = s->rip_relative, .has_imm = s->has_imm,
    };
}

static inline s64 signed_bytes(const u8 *b, unsigned bytes)
{
    u32 v;

    switch (bytes) {
    case 1:  return (s8)*b;
    case 2:  return (s16)(b[0] | b[1] << 8);
    default: memcpy(&v, b, 4); return (s32)v;
    }
}

static inline void fill(const struct x86 *cpu, const struct template *t, const u8 *bytes, u64 rip,
                 struct insn *out)
{
    *out = t->insn;
    if (t->disp_bytes)
        out->op.disp = (s32)signed_bytes(bytes + t->disp_at, t->disp_bytes);
    if (out->relative) {
        out->target = (u64)signed_bytes(bytes + t->imm_at, t->imm_bytes);
        decode_target(cpu, out, rip + out->length, t->width);
    } else if (t->imm_bytes) {
        s64 v = signed_bytes(bytes + t->imm_at, t->imm_bytes);

        out->op.imm = t->imm_signed ? (s32)v : (s32)((u64)v & (BIT(8 * t->imm_bytes) - 1));
    } else if (t->rip_relative && !t->has_imm) {
        out->op.imm64 = rip + out->length + (u64)signed_bytes(bytes + t->disp_at, 4);
    }
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

    if (r != DECODED || code->room < KEY_BYTES)
        return r;
    key = key_of(cpu, &cpu->shared->decoder, code->bytes, &opcode_at);
    keep(&s, key, opcode_at);
    return r;
}

enum decode_result x86_decode(struct x86 *cpu, const struct code *code, u64 rip, struct insn *out)
{
    const struct decoder *d = &cpu->shared->decoder;
    const struct template *t;
    unsigned opcode_at;
    u64 key;

    if (unlikely(code->room < KEY_BYTES))
        return decode_and_keep(cpu, code, rip, out);
    key = key_of(cpu, d, code->bytes, &opcode_at);
    t = template_slot(d, key);
    if (unlikely(t->key != key || t->insn.length > code->room))
        return decode_and_keep(cpu, code, rip, out);
    fill(cpu, t, code->bytes, rip, out);
    return DECODED;
}
