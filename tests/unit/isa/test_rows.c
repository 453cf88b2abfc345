/*
 * The rows of opcodes/: each is well-formed, is met by some bytes, and has a handler for all that
 * the decoder may choose; lengths are those that Zydis finds; nothing behind the given bytes is
 * read.
 */
#include <criterion/criterion.h>
#if __has_include(<Zydis/Zydis.h>)
#include <Zydis/Zydis.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/decode.h"
#include "isa/x86/mode.h"
#include "isa/x86/opcode.h"
#include "isa/x86/operations.h"
#include "tests/insn/bare.h"
#include "tests/insn/random.h"

enum { RIP = 0x1000, LONGEST = 15 };

enum world { REAL, FLAT32, FLAT64, WORLDS };

static void enter(struct bare *b, enum world w)
{
    switch (w) {
    case REAL:   bare_real(b); break;
    case FLAT32: bare_flat32(b); break;
    default:     bare_flat64(b, 0x10000); break;
    }
    bare_enable_avx(b);
}

/* ---- Each row by itself ---- */

Test(rows, are_well_formed)
{
    for (unsigned i = 0; i < x86_row_count; i++) {
        struct encoding e;
        unsigned registers = 0;

        cr_expect(encoding_parse(&x86_rows[i], &e), "\"%s\"", x86_rows[i].encoding);
        cr_expect(x86_rows[i].feature < FEATURES, "\"%s\"", x86_rows[i].encoding);
        for (unsigned k = 0; k < COUNT(x86_rows[i].operand); k++) {
            cr_expect(x86_rows[i].operand[k] < OPERANDS, "\"%s\"", x86_rows[i].encoding);
            registers += x86_rows[i].operand[k] == Zb || x86_rows[i].operand[k] == Zv
                || x86_rows[i].operand[k] == Zq;
        }
        cr_expect_eq(registers != 0, e.plus_r, "\"%s\"", x86_rows[i].encoding);
    }
}

Test(rows, name_an_operation_with_handlers)
{
    for (unsigned i = 0; i < x86_row_count; i++) {
        const struct operation *o = &x86_operations[x86_rows[i].operation];

        cr_expect(o->kind != KIND_NONE && o->handlers, "\"%s\"", x86_rows[i].encoding);
    }
}

static bool same_conditions(const struct row *a, const struct row *b)
{
    struct encoding x, y;
    u32 conditions = A_NO64 | A_ONLY64 | A_PROT;

    encoding_parse(a, &x);
    encoding_parse(b, &y);
    return x.map == y.map && x.opcode == y.opcode && x.prefix == y.prefix && x.w == y.w
        && x.length == y.length && x.b0 == y.b0 && x.digit == y.digit && x.exact == y.exact
        && x.mod == y.mod
        && a->feature == b->feature && !((a->attributes ^ b->attributes) & conditions);
}

Test(rows, are_told_apart_by_their_conditions)
{
    for (unsigned i = 0; i < x86_row_count; i++)
        for (unsigned k = i + 1; k < x86_row_count; k++)
            cr_expect(!same_conditions(&x86_rows[i], &x86_rows[k]), "\"%s\" stands twice",
                      x86_rows[i].encoding);
}

/* ---- Each row through the decoder ---- */

/* Prefixes that change what is chosen; 64-bit code has REX besides. */
static const char *const prefixes[] = {
    "", "\x66", "\x67", "\xf2", "\xf3", "\x66\xf2", "\x66\xf3", "\x66\x67", "\xf0", "\x64",
};

static unsigned put_opcode(const struct encoding *e, u8 *bytes)
{
    unsigned n = 0;

    if (e->map != MAP_1)
        bytes[n++] = 0x0f;
    if (e->map == MAP_0F38 || e->map == MAP_0F3A)
        bytes[n++] = e->map == MAP_0F38 ? 0x38 : 0x3a;
    bytes[n++] = e->opcode;
    return n;
}

static void try(struct bare *b, const u8 *bytes, bool *met)
{
    struct code code = { bytes, LONGEST };
    struct insn in;

    if (x86_decode(b->cpu, &code, RIP, &in) != DECODED)
        return;
    cr_assert(in.row);
    met[in.row - x86_rows] = true;
    cr_expect(in.op.fn, "\"%s\": no handler for %02x %02x %02x %02x %02x, code of kind %u",
              in.row->encoding, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
              (unsigned)(b->cpu->mode & MODE_CODE));
}

/* All ModRM bytes where mod and reg matter; one register and three addresses of each. */
static void try_modrms(struct bare *b, const struct encoding *e, u8 *bytes, unsigned n, bool *met)
{
    static const u8 rm[] = { 0, 3, 4, 5 };

    if (!e->modrm) {
        try(b, bytes, met);
        return;
    }
    for (unsigned modreg = 0; modreg < 32; modreg++) {
        for (unsigned i = 0; i < COUNT(rm); i++) {
            bytes[n] = (u8)(modreg << 3 | rm[i]);
            try(b, bytes, met);
        }
    }
    if (e->exact >= 0) {
        bytes[n] = (u8)e->exact;
        try(b, bytes, met);
    }
}

/* Both lengths, both W; no register in VEX.vvvv and one. */
static void try_vex_row(struct bare *b, const struct encoding *e, bool *met)
{
    static const u8 pp[] = {
        [PREFIX_NONE] = 0, [PREFIX_66] = 1, [PREFIX_F3] = 2, [PREFIX_F2] = 3,
    };

    for (unsigned i = 0; i < 8; i++) {
        u8 bytes[32] = {
            0xc4, (u8)(0xe0 | (e->map - MAP_VEX)),
            (u8)((i & 1) << 7 | (i & 2 ? 0x78 : 0x50) | (i & 4) | pp[e->prefix]), e->opcode,
        };

        try_modrms(b, e, bytes, 4, met);
    }
}

static void try_row(struct bare *b, const struct encoding *e, bool *met)
{
    static const u8 rexes[] = { 0, 0x40, 0x48, 0x4f };

    for (unsigned p = 0; p < COUNT(prefixes); p++) {
        for (unsigned r = 0; r < (x86_is_64(b->cpu) ? COUNT(rexes) : 1); r++) {
            u8 bytes[32] = { 0 };
            unsigned n = (unsigned)strlen(prefixes[p]);

            memcpy(bytes, prefixes[p], n);
            if (rexes[r])
                bytes[n++] = rexes[r];
            n += put_opcode(e, bytes + n);
            try_modrms(b, e, bytes, n, met);
        }
    }
}

static void set_features(struct x86 *cpu, bool everything)
{
    memset(cpu->features, everything ? 0xff : 0, sizeof cpu->features);
    for (unsigned f = F_I86; f <= F_ONLY86; f++)
        cpu->features[f >> 6] |= BIT(f & 63);
    if (everything)
        cpu->features[F_ONLY86 >> 6] &= ~BIT(F_ONLY86 & 63);
}

Test(rows, are_all_met_and_have_handlers, .timeout = 280)
{
    struct bare *b = bare_create(1 << 20, NULL);
    bool *met = calloc(x86_row_count, sizeof *met);

    for (int everything = 0; everything < 2; everything++) {
        set_features(b->cpu, everything);
        for (enum world w = REAL; w < WORLDS; w++) {
            enter(b, w);
            for (unsigned i = 0; i < x86_row_count; i++) {
                struct encoding e;

                encoding_parse(&x86_rows[i], &e);
                (e.map > MAP_VEX ? try_vex_row : try_row)(b, &e, met);
            }
        }
    }
    for (unsigned i = 0; i < x86_row_count; i++)
        cr_expect(met[i], "no bytes lead to \"%s\" (%s)", x86_rows[i].encoding,
                  x86_operations[x86_rows[i].operation].name);
    free(met);
    bare_destroy(b);
}

/* ---- Lengths ---- */

/* Bytes that are an instruction more often than chance has it. */
static void invent(struct rng *r, u8 *bytes)
{
    static const u8 usual[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x64, 0x48, 0x41 };
    unsigned n = 0;

    for (unsigned i = 0; i < LONGEST; i++)
        bytes[i] = (u8)rng_next(r);
    while (n < 6 && rng_one_in(r, 3))
        bytes[n++] = usual[rng_below(r, COUNT(usual))];
    if (rng_one_in(r, 4)) {
        bytes[n++] = 0xc4 | (rng_next(r) & 1);
        if (bytes[n - 1] == 0xc4)
            bytes[n] = (u8)((bytes[n] & 0xe0) | (1 + rng_below(r, 3)));
    } else if (rng_one_in(r, 2)) {
        bytes[n++] = 0x0f;
        if (rng_one_in(r, 4))
            bytes[n++] = rng_one_in(r, 2) ? 0x38 : 0x3a;
    }
}

/* The last bytes of a page, behind which nothing may be read. */
static u8 *brink(void)
{
    u8 *p = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    cr_assert_neq(p, MAP_FAILED);
    cr_assert_eq(mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_NONE), 0);
    return p + PAGE_SIZE;
}

Test(rows, are_decoded_from_their_own_bytes_only, .timeout = 280)
{
    struct bare *b = bare_create(1 << 20, NULL);
    struct rng r = rng_seeded("own bytes", 0);
    u8 bytes[LONGEST], *end = brink();

    for (unsigned i = 0; i < 60000; i++) {
        struct insn whole, part;
        enum decode_result result;

        enter(b, (enum world)(i % WORLDS));
        invent(&r, bytes);
        result = x86_decode(b->cpu, &(struct code){ bytes, LONGEST }, RIP, &whole);
        cr_assert(result != DECODE_MORE);
        cr_assert(result != DECODED || (whole.length && whole.length <= LONGEST));
        for (unsigned n = 0; n <= whole.length; n++) {
            enum decode_result got;

            memcpy(end - n, bytes, n);
            got = x86_decode(b->cpu, &(struct code){ end - n, n }, RIP, &part);
            if (n == whole.length) {
                cr_assert_eq(got, result);
                cr_assert_arr_eq(&part.op, &whole.op, sizeof part.op);
            } else if (result == DECODED) {
                cr_assert_eq(got, DECODE_MORE, "%u of %u bytes of %02x %02x %02x %02x", n,
                             whole.length, bytes[0], bytes[1], bytes[2], bytes[3]);
            }
        }
    }
    munmap(end - PAGE_SIZE, 2 * PAGE_SIZE);
    bare_destroy(b);
}

#if __has_include(<Zydis/Zydis.h>)
static void compare_length(struct bare *b, const ZydisDecoder *zydis, const u8 *bytes)
{
    ZydisDecodedInstruction theirs;
    struct insn ours;

    if (x86_decode(b->cpu, &(struct code){ bytes, LONGEST }, RIP, &ours) != DECODED)
        return;
    if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(zydis, NULL, bytes, LONGEST, &theirs)))
        return;
    cr_expect_eq(ours.length, theirs.length,
                 "\"%s\": %u bytes, not %u: %02x %02x %02x %02x %02x %02x %02x %02x",
                 ours.row->encoding, ours.length, theirs.length, bytes[0], bytes[1], bytes[2],
                 bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
}

Test(rows, have_the_lengths_that_zydis_finds, .timeout = 280)
{
    static const ZydisMachineMode mode[WORLDS] = {
        ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_MACHINE_MODE_LONG_64,
    };
    static const ZydisStackWidth width[WORLDS] = {
        ZYDIS_STACK_WIDTH_16, ZYDIS_STACK_WIDTH_32, ZYDIS_STACK_WIDTH_64,
    };
    struct bare *b = bare_create(1 << 20, NULL);
    struct rng r = rng_seeded("lengths", 0);

    for (enum world w = REAL; w < WORLDS; w++) {
        ZydisDecoder zydis;

        ZydisDecoderInit(&zydis, mode[w], width[w]);
        enter(b, w);
        for (unsigned i = 0; i < 200000; i++) {
            u8 bytes[LONGEST];

            invent(&r, bytes);
            compare_length(b, &zydis, bytes);
        }
    }
    bare_destroy(b);
}
#endif
