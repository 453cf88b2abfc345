#include "tests/insn/programs.h"

#include "isa/x86/mode.h"

enum { AT = 0x8000, STACK = 0x7f00, DATA = 0x10000, TABLES = 0x20000, GDT = 0x30000 };

#include "tests/insn/programs.inc"

static void enter64(struct bare *b)
{
    bare_flat64(b, TABLES);
}

const struct program programs[] = {
    { "integer, 64 bits", enter64,     integer64, sizeof integer64 },
    { "x87, 64 bits",     enter64,     x87,       sizeof x87 },
    { "sse, 64 bits",     enter64,     sse,       sizeof sse },
    { "integer, 32 bits", bare_flat32, prot32,    sizeof prot32 },
    { "real mode",        bare_real,   real16,    sizeof real16 },
};
const unsigned program_count = COUNT(programs);

struct bare *program_start(const struct program *p)
{
    static const u64 gdt[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
    struct bare *b = bare_create(PROGRAM_RAM, NULL);

    p->enter(b);
    bare_store(b, GDT, gdt, sizeof gdt);
    bare_store(b, AT, p->bytes, p->size);
    b->cpu->gdtr[0] = (struct table_register){ GDT, sizeof gdt - 1 };
    b->cpu->rip = AT;
    b->cpu->gpr[RSP] = STACK;
    x86_mode_update(b->cpu);
    return b;
}

bool program_halted(const struct bare *b)
{
    return b->cpu->activity == HALTED;
}

bool program_finish(struct bare *b)
{
    for (unsigned i = 0; i < 1000 && b->cpu->activity == RUNNING; i++)
        machine_run(b->machine, b->machine->clock.now + MILLISECOND);
    return program_halted(b);
}
