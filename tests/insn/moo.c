#include "tests/insn/moo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/x86/decode.h"
#include "isa/x86/mode.h"

/* ---- Archives ---- */

enum { TAR_BLOCK = 512, TAR_SIZE = 124 };

static bool slurp(FILE *f, u8 **bytes, size_t *used)
{
    size_t room = 0, n;

    *bytes = NULL;
    *used = 0;
    do {
        u8 *more;

        if (*used == room) {
            room = room ? 2 * room : 1 << 20;
            more = realloc(*bytes, room);
            if (!more)
                return false;
            *bytes = more;
        }
        n = fread(*bytes + *used, 1, room - *used, f);
        *used += n;
    } while (n > 0);
    return *used > 0;
}

static char *read_text(const char *path)
{
    FILE *f = path ? fopen(path, "rb") : NULL;
    u8 *bytes = NULL;
    size_t used = 0;

    if (!f)
        return NULL;
    if (slurp(f, &bytes, &used))
        bytes[used - 1] = '\0';
    fclose(f);
    return (char *)bytes;
}

bool moo_open(struct moo *m, const char *archive, const char *revoked)
{
    char command[512];
    FILE *f = fopen(archive, "rb");
    bool read;

    *m = (struct moo){ 0 };
    if (!f)
        return false;
    fclose(f);
    snprintf(command, sizeof command, "xz -dc '%s'", archive);
    f = popen(command, "r");
    if (!f)
        return false;
    read = slurp(f, &m->bytes, &m->used);
    if (pclose(f) != 0 || !read) {
        free(m->bytes);
        return false;
    }
    m->revoked = read_text(revoked);
    return true;
}

void moo_close(struct moo *m)
{
    free(m->bytes);
    free(m->revoked);
}

/* The next file whose name ends in .MOO; what it is called before that. */
static bool next_file(struct moo *m)
{
    for (;;) {
        size_t header = m->file_end, size;
        const char *name, *base, *dot;

        if (header + TAR_BLOCK > m->used || m->bytes[header] == '\0')
            return false;
        name = (const char *)m->bytes + header;
        size = strtoul(name + TAR_SIZE, NULL, 8);
        m->file = header + TAR_BLOCK;
        m->file_end = m->file + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
        base = strrchr(name, '/');
        base = base ? base + 1 : name;
        dot = strstr(base, ".MOO");
        if (!dot || m->file + size > m->used)
            continue;
        snprintf(m->name, sizeof m->name, "%.*s", (int)(dot - base), base);
        m->at = m->file;
        return true;
    }
}

/* ---- Chunks ---- */

static u32 word32(const u8 *p)
{
    return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static u16 word16(const u8 *p)
{
    return (u16)(p[0] | p[1] << 8);
}

struct chunk { const u8 *name, *bytes; u32 size; };

static bool take_chunk(const u8 **at, const u8 *end, struct chunk *c)
{
    if (end - *at < 8)
        return false;
    *c = (struct chunk){ *at, *at + 8, word32(*at + 4) };
    if ((u64)(end - c->bytes) < c->size)
        return false;
    *at = c->bytes + c->size;
    return true;
}

static bool is(const struct chunk *c, const char *name)
{
    return memcmp(c->name, name, 4) == 0;
}

static void parse_state(const struct chunk *whole, struct moo_state *s)
{
    const u8 *at = whole->bytes, *end = at + whole->size;
    struct chunk c;

    *s = (struct moo_state){ 0 };
    while (take_chunk(&at, end, &c)) {
        if (is(&c, "RAM ")) {
            s->cells = word32(c.bytes);
            s->cell = c.bytes + 4;
        } else if (is(&c, "REGS")) {
            const u8 *p = c.bytes + 2;

            s->present = word16(c.bytes);
            for (unsigned i = 0; i < MOO_REGISTERS; i++)
                if (s->present >> i & 1) {
                    s->reg[i] = word16(p);
                    p += 2;
                }
        }
    }
}

static void parse_test(const struct chunk *whole, struct moo_test *t)
{
    const u8 *at = whole->bytes + 4, *end = whole->bytes + whole->size;
    struct chunk c;

    *t = (struct moo_test){ .index = word32(whole->bytes) };
    while (take_chunk(&at, end, &c)) {
        if (is(&c, "NAME")) {
            snprintf(t->name, sizeof t->name, "%.*s", (int)word32(c.bytes),
                     (const char *)c.bytes + 4);
        } else if (is(&c, "BYTS")) {
            t->length = word32(c.bytes);
            t->code = c.bytes + 4;
        } else if (is(&c, "INIT")) {
            parse_state(&c, &t->init);
        } else if (is(&c, "FINA")) {
            parse_state(&c, &t->final);
        } else if (is(&c, "HASH")) {
            for (unsigned i = 0; i < 20 && i < c.size; i++)
                snprintf(t->hash + 2 * i, 3, "%02x", c.bytes[i]);
        }
    }
    for (unsigned i = 0; i < MOO_REGISTERS; i++)
        if (!(t->final.present >> i & 1))
            t->final.reg[i] = t->init.reg[i];
}

bool moo_next(struct moo *m, struct moo_test *t)
{
    for (;;) {
        const u8 *at = m->bytes + m->at;
        struct chunk c;

        while (m->at && take_chunk(&at, m->bytes + m->file_end, &c)) {
            m->at = (size_t)(at - m->bytes);
            if (!is(&c, "TEST"))
                continue;
            parse_test(&c, t);
            if (!m->revoked || !t->hash[0] || !strstr(m->revoked, t->hash))
                return true;
        }
        if (!next_file(m))
            return false;
    }
}

/* ---- Playing ---- */

static const u8 gpr_of[MOO_REGISTERS] = {
    [MOO_AX] = RAX, [MOO_BX] = RBX, [MOO_CX] = RCX, [MOO_DX] = RDX, [MOO_SP] = RSP, [MOO_BP] = RBP,
    [MOO_SI] = RSI, [MOO_DI] = RDI,
};
static const u8 segment_of[MOO_REGISTERS] = {
    [MOO_CS] = CS, [MOO_SS] = SS, [MOO_DS] = DS, [MOO_ES] = ES,
};

static bool is_segment(unsigned i)
{
    return i >= MOO_CS && i <= MOO_ES;
}

static void load_state(struct bare *b, const struct moo_state *s)
{
    struct x86 *cpu = b->cpu;

    for (u32 i = 0; i < s->cells; i++)
        bare_store(b, word32(s->cell + 5 * i), s->cell + 5 * i + 4, 1);
    for (unsigned i = 0; i < MOO_IP; i++) {
        if (is_segment(i)) {
            struct segment *seg = &cpu->seg[segment_of[i]];

            seg->selector = s->reg[i];
            seg->base = (u64)s->reg[i] << 4;
        } else {
            cpu->gpr[gpr_of[i]] = s->reg[i];
        }
    }
    cpu->rip = s->reg[MOO_IP];
    cpu->activity = RUNNING;
    x86_set_flags(cpu, s->reg[MOO_FLAGS] & 0xfd5);
    x86_mode_update(cpu);
}

static u16 register_now(struct x86 *cpu, unsigned i, u16 flags_top)
{
    if (i == MOO_FLAGS)
        return (u16)((x86_flags(cpu) & 0xfff) | flags_top);
    if (i == MOO_IP)
        return (u16)cpu->rip;
    return is_segment(i) ? cpu->seg[segment_of[i]].selector : (u16)cpu->gpr[gpr_of[i]];
}

static void clear(struct bare *b, const struct moo_state *s)
{
    static const u8 zero;

    for (u32 i = 0; i < s->cells; i++)
        bare_store(b, word32(s->cell + 5 * i), &zero, 1);
}

/* The flags that the manual leaves undefined behind the instruction. */
static u16 undefined_flags(struct bare *b, const struct moo_test *t)
{
    u8 bytes[16] = { 0 };
    struct code code = { bytes, sizeof bytes };
    struct insn in;

    memcpy(bytes, t->code, t->length < sizeof bytes ? t->length : sizeof bytes);
    if (x86_decode(b->cpu, &code, 0, &in) != DECODED)
        return 0;
    return (u16)UNDEFINED_FLAGS(in.row->attributes);
}

static void step(struct bare *b)
{
    struct machine *m = b->machine;

    machine_run(m, m->clock.now + 1);
}

enum { MOST_STEPS = 0x20000 };      /* REP, at most 65536 times */

static void run(struct bare *b, const struct moo_test *t, bool halts)
{
    struct x86 *cpu = b->cpu;

    for (unsigned i = 0; i < MOST_STEPS && cpu->activity == RUNNING; i++) {
        step(b);
        if (!halts && (cpu->rip != t->init.reg[MOO_IP] || cpu->rip == t->final.reg[MOO_IP]
                       || cpu->seg[CS].selector != t->init.reg[MOO_CS]))
            break;
    }
}

/*
 * Bits of this byte of memory that are not to be compared: flags that an exception pushed (three
 * words).
 */
static u8 hidden(const struct bare *b, const struct moo_test *t, u32 address, u16 undefined)
{
    u32 stack = (u32)t->final.reg[MOO_SS] << 4, mask = (u32)b->ram->size - 1;
    u16 at = (u16)(t->final.reg[MOO_SP] + 4);

    if ((u16)(t->init.reg[MOO_SP] - t->final.reg[MOO_SP]) != 6)
        return 0;
    return address == ((stack + at) & mask) ? (u8)undefined
        : address == ((stack + (u16)(at + 1)) & mask) ? (u8)(undefined >> 8) : 0;
}

static bool same_memory(struct bare *b, const struct moo_test *t, const struct moo_state *s,
                        u16 undefined, char *why, size_t room)
{
    for (u32 i = 0; i < s->cells; i++) {
        u32 address = word32(s->cell + 5 * i);
        u8 wanted = s->cell[5 * i + 4], got = b->ram->host[address];
        bool overlaid = false;

        for (u32 k = 0; s == &t->init && k < t->final.cells; k++)
            overlaid |= word32(t->final.cell + 5 * k) == address;
        if (overlaid || !((wanted ^ got) & ~hidden(b, t, address, undefined)))
            continue;
        snprintf(why, room, "[%05x] is %02x, not %02x", address, got, wanted);
        return false;
    }
    return true;
}

static bool same_state(struct bare *b, const struct moo_test *t, u16 undefined, u16 flags_top,
                       char *why, size_t room)
{
    static const char *const names[] = {
        "ax", "bx", "cx", "dx", "cs", "ss", "ds", "es", "sp", "bp", "si", "di", "ip", "flags",
    };

    for (unsigned i = 0; i < MOO_REGISTERS; i++) {
        u16 got = register_now(b->cpu, i, flags_top), wanted = t->final.reg[i];

        if ((got ^ wanted) & ~(i == MOO_FLAGS ? undefined : 0)) {
            snprintf(why, room, "%s is %04x, not %04x", names[i], got, wanted);
            return false;
        }
    }
    return same_memory(b, t, &t->final, undefined, why, room)
        && same_memory(b, t, &t->init, undefined, why, room);
}

bool moo_play(struct bare *b, const struct moo_test *t, bool halts, char *why, size_t room)
{
    u16 undefined;
    bool same;

    load_state(b, &t->init);
    undefined = undefined_flags(b, t);
    run(b, t, halts);
    same = same_state(b, t, undefined, halts ? 0 : 0xf000, why, room);
    clear(b, &t->init);
    clear(b, &t->final);
    return same;
}
