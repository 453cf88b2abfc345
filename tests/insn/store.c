#include "tests/insn/store.h"

#include <string.h>

#include "isa/x86/state.h"
#include "tests/insn/gen.h"

static const char title[] = "instructions on a processor, 1\n";

static void put_varint(struct buffer *b, u64 v)
{
    while (v >= 0x80) {
        buffer_put_number(b, (v & 0x7f) | 0x80, 1);
        v >>= 7;
    }
    buffer_put_number(b, v, 1);
}

static u64 get_varint(struct reader *r)
{
    u64 v = 0, byte;
    unsigned shift = 0;

    do {
        byte = read_number(r, 1);
        v |= shift < 64 ? (byte & 0x7f) << shift : 0;
        shift += 7;
    } while (byte & 0x80 && !r->bad);
    return v;
}

static u64 fold(u64 h, const void *bytes, size_t count)
{
    const u8 *p = bytes;

    while (count--)
        h = (h ^ *p++) * 0x100000001b3;
    return h;
}

/* Of all that the generator has chosen. */
static u16 hash_of(const struct insn_case *c)
{
    u64 h = fold(0xcbf29ce484222325, c->code, c->length);

    h = fold(h, c->in.gpr, sizeof c->in.gpr);
    h = fold(h, &c->in.rip, 8);
    h = fold(h, &c->in.rflags, 8);
    h = fold(h, c->in.sel, sizeof c->in.sel);
    h = fold(h, c->in.fx, FX_USED);
    if (encoding_is_vex(c->row))        /* elsewhere they came later */
        h = fold(h, c->in.fx + FX_YMM, FX_WHOLE - FX_YMM);
    for (unsigned i = 0; i < c->patches; i++)
        h = fold(fold(h, &c->patch[i].at, 2), c->patch[i].bytes, c->patch[i].count);
    return (u16)(h ^ h >> 32 ^ h >> 16 ^ h >> 48);
}

void store_begin(struct buffer *b)
{
    buffer_put(b, title, sizeof title - 1);
}

void store_row(struct buffer *b, const struct row *row, unsigned bits, unsigned count)
{
    buffer_put_text(b, row->encoding);
    buffer_put_text(b, insn_name(row));
    buffer_put_number(b, bits, 1);
    buffer_put_number(b, count, 2);
}

void store_end(struct buffer *b)
{
    buffer_put_text(b, "");
}

static void store_registers(struct buffer *b, const struct registers *in,
                            const struct registers *out)
{
    unsigned gpr = 0, sel = 0;

    for (unsigned i = 0; i < 16; i++)
        gpr |= (in->gpr[i] != out->gpr[i]) << i;
    for (unsigned i = 0; i < 6; i++)
        sel |= (in->sel[i] != out->sel[i]) << i;
    sel |= (in->fs_base != out->fs_base) << 6 | (in->gs_base != out->gs_base) << 7;
    buffer_put_number(b, gpr, 2);
    buffer_put_number(b, sel, 1);
    for (unsigned i = 0; i < 16; i++)
        if (gpr >> i & 1)
            put_varint(b, out->gpr[i]);
    for (unsigned i = 0; i < 6; i++)
        if (sel >> i & 1)
            buffer_put_number(b, out->sel[i], 2);
    if (sel >> 6 & 1)
        put_varint(b, out->fs_base);
    if (sel >> 7 & 1)
        put_varint(b, out->gs_base);
    put_varint(b, (out->rip - in->rip) << 1 ^ (u64)((s64)(out->rip - in->rip) >> 63));
    put_varint(b, out->rflags ^ in->rflags);
}

static void fetch_registers(struct reader *r, const struct registers *in, struct registers *out)
{
    unsigned gpr = (unsigned)read_number(r, 2), sel = (unsigned)read_number(r, 1);
    u64 v;

    *out = *in;
    for (unsigned i = 0; i < 16; i++)
        if (gpr >> i & 1)
            out->gpr[i] = get_varint(r);
    for (unsigned i = 0; i < 6; i++)
        if (sel >> i & 1)
            out->sel[i] = (u16)read_number(r, 2);
    if (sel >> 6 & 1)
        out->fs_base = get_varint(r);
    if (sel >> 7 & 1)
        out->gs_base = get_varint(r);
    v = get_varint(r);
    out->rip = in->rip + (v >> 1 ^ -(v & 1));
    out->rflags = in->rflags ^ get_varint(r);
}

static bool differs(const u8 *in, const u8 *out, unsigned i)
{
    return (i < FX_USED || (i >= FX_YMM && i < FX_WHOLE)) && in[i] != out[i];
}

/* Runs of bytes that differ: distance, length, bytes; length 0 ends. */
static void store_fx(struct buffer *b, const u8 *in, const u8 *out)
{
    unsigned last = 0;

    for (unsigned i = 0; i < FX_WHOLE; i++) {
        unsigned n = 0;

        while (differs(in, out, i + n))
            n++;
        if (n == 0)
            continue;
        put_varint(b, n);
        put_varint(b, i - last);
        buffer_put(b, out + i, n);
        last = i;
        i += n;
    }
    put_varint(b, 0);
}

static void fetch_fx(struct reader *r, u8 *out)
{
    u64 at = 0, n;

    while ((n = get_varint(r)) != 0 && !r->bad) {
        const u8 *bytes;

        at += get_varint(r);
        bytes = read_bytes(r, n);
        if (!bytes || at + n > FX_WHOLE) {
            r->bad = true;
            return;
        }
        memcpy(out + at, bytes, n);
    }
}

static void store_memory(struct buffer *b, const struct insn_result *r)
{
    unsigned last = 0;

    put_varint(b, r->changed);
    if (r->changed > DELTAS) {
        buffer_put_number(b, r->hash, 8);
        return;
    }
    for (unsigned i = 0; i < r->changed; i++) {
        put_varint(b, r->delta[i].at - last);
        last = r->delta[i].at;
    }
    for (unsigned i = 0; i < r->changed; i++)
        buffer_put_number(b, r->delta[i].value, 1);
}

static void fetch_memory(struct reader *from, struct insn_result *r)
{
    unsigned at = 0;

    r->changed = (unsigned)get_varint(from);
    r->hash = r->changed > DELTAS ? read_number(from, 8) : 0;
    if (r->changed > DELTAS)
        return;
    for (unsigned i = 0; i < r->changed; i++)
        r->delta[i].at = (u16)(at += (unsigned)get_varint(from));
    for (unsigned i = 0; i < r->changed; i++)
        r->delta[i].value = (u8)read_number(from, 1);
}

void store_result(struct buffer *b, const struct insn_case *c, const struct insn_result *r)
{
    buffer_put_number(b, hash_of(c), 2);
    buffer_put_number(b, r->vector, 1);
    if (r->vector != NO_VECTOR) {
        put_varint(b, r->error);
        put_varint(b, r->cr2);
    }
    store_registers(b, &c->in, &r->out);
    store_fx(b, c->in.fx, r->out.fx);
    store_memory(b, r);
}

bool fetch_begin(struct reader *r)
{
    const u8 *bytes = read_bytes(r, sizeof title - 1);

    return bytes && memcmp(bytes, title, sizeof title - 1) == 0;
}

/* Rows that read alike differ in what bits they are for, or in whether they take memory. */
int fetch_row(struct reader *r, unsigned *bits, unsigned *count)
{
    char encoding[64], name[64];

    if (!read_text(r, encoding, sizeof encoding) || !*encoding)
        return -1;
    if (!read_text(r, name, sizeof name))
        return -1;
    *bits = (unsigned)read_number(r, 1);
    *count = (unsigned)read_number(r, 2);
    for (unsigned i = 0; i < x86_row_count; i++)
        if (strcmp(x86_rows[i].encoding, encoding) == 0
            && strcmp(insn_name(&x86_rows[i]), name) == 0
            && !(x86_rows[i].attributes & (*bits == 64 ? A_NO64 : A_ONLY64)))
            return (int)i;
    return -2;
}

bool fetch_result(struct reader *from, const struct insn_case *c, struct insn_result *r)
{
    bool same = read_number(from, 2) == hash_of(c);

    r->vector = (u8)read_number(from, 1);
    r->error = 0;
    r->cr2 = 0;
    if (r->vector != NO_VECTOR) {
        r->error = (u32)get_varint(from);
        r->cr2 = get_varint(from);
    }
    fetch_registers(from, &c->in, &r->out);
    fetch_fx(from, r->out.fx);
    fetch_memory(from, r);
    return same && !from->bad;
}
