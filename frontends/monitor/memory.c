/* The monitor's words for memory and ports. Nothing is read that would notice, but by i and o. */
#include "frontends/monitor/words.h"

#include "core/bits.h"
#include "core/cpu.h"
#include "core/machine.h"
#include "core/space.h"
#include "frontends/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, MOST = 65536 };

/* -- numbers and registers -- */

static bool register_named(struct order *o, const char *name, size_t length, u64 *value)
{
    static const char *const general[] = {
        "ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
    };
    static const char *const segment[] = { "es", "cs", "ss", "ds", "fs", "gs" };
    struct device *cpu = processor(o->s->machine, *o->cpu);
    bool wide = length == 3 && (*name == 'r' || *name == 'e');
    const char *core = wide ? name + 1 : name;

    for (u32 i = 0; i < COUNT(general); i++)
        if (length == (wide ? 3u : 2u) && !strncmp(core, general[i], 2)) {
            *value = row(cpu, "gpr", i) & (!wide ? 0xffff : *name == 'e' ? 0xffffffff : UINT64_MAX);
            return true;
        }
    for (u32 i = 0; i < COUNT(segment); i++)
        if (length == 2 && !strncmp(name, segment[i], 2)) {
            char key[24];

            snprintf(key, sizeof key, "seg[%u].selector", i);
            return row_get(cpu, key, 0, value);
        }
    if (*name == 'r' && length <= 3 && name[1] >= '1' && name[1] <= '9')
        return row_get(cpu, "gpr", (u32)atoi(name + 1), value);
    if (length == 2 && !strncmp(name, "pc", 2)) {
        *value = row(cpu, "rip", 0) + row(cpu, "seg[1].base", 0);
        return true;
    }
    if (wide && !strncmp(core, "ip", 2))
        return row_get(cpu, "rip", 0, value);
    if (length == 6 && !strncmp(name + 1, "flags", 5))
        return row_get(cpu, "eflags", 0, value);
    return false;
}

bool number_at(struct order *o, unsigned i, u64 *value)
{
    const char *text = word_at(o, i);
    char sign = '+';

    *value = 0;
    if (!text) {
        say(o, "a number is missing\n");
        return false;
    }
    for (;;) {
        u64 term;
        char *end;

        if (*text == '$') {
            size_t length = strcspn(++text, "+-");

            if (!register_named(o, text, length, &term)) {
                say(o, "$%s: no such register\n", text);
                return false;
            }
            end = (char *)text + length;
        } else {
            term = strtoull(text, &end, 0);
        }
        if (end == text || (*end && *end != '+' && *end != '-')) {
            say(o, "%s: not a number\n", word_at(o, i));
            return false;
        }
        *value += sign == '+' ? term : -term;
        if (!*end)
            return true;
        sign = *end;
        text = end + 1;
    }
}

/* -- x, xp -- */

struct format {
    unsigned count, size;
    char     kind;                  /* x d u o c i */
};

static bool read_format(struct order *o, const char *text, struct format *f)
{
    char *end;

    *f = (struct format){ 1, 4, 'x' };
    if (!text)
        return true;
    f->count = (unsigned)strtoul(text, &end, 10);
    if (end == text)
        f->count = 1;
    for (; *end; end++)
        switch (*end) {
        case 'b': f->size = 1; break;
        case 'h': f->size = 2; break;
        case 'w': f->size = 4; break;
        case 'g': f->size = 8; break;
        case 'x': case 'd': case 'u': case 'o': case 'c': case 'i': f->kind = *end; break;
        default:
            say(o, "/%s: a count, one of xduoci, one of bhwg\n", text);
            return false;
        }
    if (f->kind == 'c')
        f->size = 1;
    if (f->count > MOST)
        f->count = MOST;
    return true;
}

/* RAM and ROM only: registers would notice. Linear where cpu is given. */
static bool peek(struct order *o, struct cpu *cpu, u64 address, u8 *byte)
{
    struct space *space = cpu ? cpu->memory : o->s->machine->memory;
    u8 *flags, *page;

    if (cpu && !(cpu->ops->translate && cpu->ops->translate(cpu, address, &address)))
        return false;
    page = space_page(space, address, false, &flags);
    if (page)
        *byte = page[address % PAGE];
    return page;
}

static bool peek_item(struct order *o, struct cpu *cpu, u64 address, unsigned size, u64 *value)
{
    u8 bytes[8];

    for (unsigned i = 0; i < size; i++)
        if (!peek(o, cpu, address + i, &bytes[i]))
            return false;
    *value = load_le(bytes, size);
    return true;
}

static void say_item(struct order *o, const struct format *f, u64 v)
{
    u64 wide = sign_extend(v, f->size * 8);

    switch (f->kind) {
    case 'd': say(o, " %" PRId64, (s64)wide); break;
    case 'u': say(o, " %" PRIu64, v); break;
    case 'o': say(o, " 0%" PRIo64, v); break;
    case 'c': say(o, v >= ' ' && v < 0x7f ? " '%c'" : " '\\x%02x'", (int)v); break;
    default:  say(o, " 0x%0*" PRIx64, (int)f->size * 2, v);
    }
}

static void instructions(struct order *o, struct cpu *cpu, u64 address, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char text[128];
        unsigned length = cpu->ops->disassemble
                        ? cpu->ops->disassemble(cpu, address, text, sizeof text) : 0;

        if (!length) {
            say(o, "0x%08" PRIx64 ": cannot be read\n", address);
            return;
        }
        say(o, "0x%08" PRIx64 ":  %s\n", address, text);
        address += length;
    }
}

static void examine(struct order *o, bool linear)
{
    bool formatted = word_at(o, 1) && word_at(o, 1)[0] == '/';
    struct cpu *cpu = linear ? o->s->machine->cpu[*o->cpu] : NULL;
    unsigned row_items;
    struct format f;
    u64 address;

    if (!read_format(o, formatted ? word_at(o, 1) + 1 : NULL, &f)
        || !number_at(o, formatted ? 2 : 1, &address))
        return;
    if (f.kind == 'i' && cpu) {
        processor(o->s->machine, *o->cpu);
        instructions(o, cpu, address, f.count);
        return;
    }
    row_items = f.kind == 'c' ? 8 : 16 / f.size;
    for (unsigned i = 0; i < f.count; i++, address += f.size) {
        u64 v;

        if (i % row_items == 0)
            say(o, "%s%016" PRIx64 ":", i ? "\n" : "", address);
        if (peek_item(o, cpu, address, f.size, &v))
            say_item(o, &f, v);
        else
            say(o, " --");
    }
    say(o, "\n");
}

static void x(struct order *o)      { examine(o, true); }
static void xp(struct order *o)     { examine(o, false); }

static void gva2gpa(struct order *o)
{
    struct cpu *cpu = o->s->machine->cpu[*o->cpu];
    u64 address, physical;

    if (!number_at(o, 1, &address))
        return;
    if (cpu->ops->translate && cpu->ops->translate(cpu, address, &physical))
        say(o, "gpa: 0x%" PRIx64 "\n", physical);
    else
        say(o, "Unmapped\n");
}

/* -- ports -- */

static void in(struct order *o)
{
    bool formatted = word_at(o, 1) && word_at(o, 1)[0] == '/';
    struct format f;
    u64 port;

    if (!read_format(o, formatted ? word_at(o, 1) + 1 : "b", &f)
        || !number_at(o, formatted ? 2 : 1, &port))
        return;
    say(o, "portb[0x%04" PRIx64 "] =", port & 0xffff);
    say_item(o, &f, space_read(o->s->machine->ports, port & 0xffff, f.size > 4 ? 4 : f.size));
    say(o, "\n");
}

static void out(struct order *o)
{
    bool formatted = word_at(o, 1) && word_at(o, 1)[0] == '/';
    struct format f;
    u64 port, value;

    if (!read_format(o, formatted ? word_at(o, 1) + 1 : "b", &f)
        || !number_at(o, formatted ? 2 : 1, &port) || !number_at(o, formatted ? 3 : 2, &value))
        return;
    space_write(o->s->machine->ports, port & 0xffff, value, f.size > 4 ? 4 : f.size);
}

const struct word memory_words[] = {
    { "x", "/FMT ADDRESS", "memory as the processor sees it: x/8xb 0x7c00, x/4i $pc", x },
    { "xp", "/FMT ADDRESS", "physical memory", xp },
    { "gva2gpa", "ADDRESS", "where a linear address leads", gva2gpa },
    { "i", "/FMT PORT", "reads a port (the device notices)", in },
    { "o", "/FMT PORT VALUE", "writes a port", out },
    { 0 }
};
