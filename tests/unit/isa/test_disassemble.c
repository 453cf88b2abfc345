/* Disassembly, and memory seen without being touched. */
#include <criterion/criterion.h>

#include "isa/x86/disassemble.h"
#include "isa/x86/peek.h"
#include "tests/unit/isa/one.h"

Test(disassemble, knows_lengths_in_every_mode)
{
    static const u8 code[] = { 0x48, 0x05, 1, 2, 3, 4, 0x90 };
    static const u8 vex[] = { 0xc4, 0xe3, 0x75, 0x4a, 0x81, 0, 1, 0, 0, 0x30 }; /* vblendvps */
    struct bare *b = bare_create(1 << 20, "max");
    char text[80];

    bare_store(b, CODE, code, sizeof code);
    bare_real(b);
    cr_assert_eq(x86_disassemble(&b->cpu->cpu, CODE, text, sizeof text), 1);
    cr_assert_eq(x86_disassemble(&b->cpu->cpu, CODE + 1, text, sizeof text), 3);
    bare_flat32(b);
    cr_assert_eq(x86_disassemble(&b->cpu->cpu, CODE + 1, text, sizeof text), 5);
    bare_flat64(b, 0x10000);
    cr_assert_eq(x86_disassemble(&b->cpu->cpu, CODE, text, sizeof text), 6);
    cr_assert_neq(text[0], '\0');
    bare_enable_avx(b);
    bare_store(b, CODE, vex, sizeof vex);
    cr_assert_eq(x86_disassemble(&b->cpu->cpu, CODE, text, sizeof text), 10);
    cr_assert_eq(x86_disassemble(&b->cpu->cpu, BIT(40), text, sizeof text), 0);
    bare_destroy(b);
}

Test(peek, leaves_no_trace)
{
    struct bare *b = bare_create(4 << 20, "max");
    u8 before[0x3000], bytes[16];

    bare_flat64(b, 0x10000);
    memcpy(before, b->ram->host + 0x10000, sizeof before);
    bare_store(b, 0x1ffff8, "0123456789abcdef", 16);
    cr_assert_eq(x86_peek(b->cpu, 0x1ffff8, bytes, 16), 16);
    cr_assert_eq(memcmp(bytes, "0123456789abcdef", 16), 0);
    cr_assert_eq(memcmp(before, b->ram->host + 0x10000, sizeof before), 0);
    cr_assert_eq(x86_peek(b->cpu, (4 << 20) - 4, bytes, 16), 4);
    cr_assert_eq(x86_peek(b->cpu, BIT(39), bytes, 1), 0);
    bare_destroy(b);
}

Test(peek, knows_the_older_tables)
{
    struct bare *b = bare_create(1 << 20, "pentium3");
    struct x86 *cpu = b->cpu;
    static const u32 directory[2] = { 0x2003, 0x00400083 | 1 << 13 }, table[2] = { 0, 0x5003 };
    u64 physical;

    bare_flat32(b);
    bare_store(b, 0x1000, directory, sizeof directory);
    bare_store(b, 0x2000, table, sizeof table);
    cpu->cr3 = 0x1000;
    cpu->cr0 |= CR0_PG;
    cpu->cr4 |= CR4_PSE;
    cr_assert(x86_peek_translate(cpu, 0x1234, &physical));
    cr_assert_eq(physical, 0x5234);
    cr_assert_not(x86_peek_translate(cpu, 0x234, &physical));
    cr_assert(x86_peek_translate(cpu, 0x512345, &physical));
    cr_assert_eq(physical, 0x100512345);
    cpu->cr4 |= CR4_PAE;
    cpu->pdpte[0] = 0x3001;
    cr_assert_not(x86_peek_translate(cpu, 0x1234, &physical));
    bare_store(b, 0x3000, "\x83\x00\x20\x00\x00\x00\x00\x80", 8);
    cr_assert(x86_peek_translate(cpu, 0x1234, &physical));
    cr_assert_eq(physical, 0x201234);
    bare_destroy(b);
}
