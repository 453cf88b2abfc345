/* No disassembler was found by configure: bytes, and how many the decoder takes. */
#include "isa/x86/disassemble.h"

#include <stdio.h>

#include "isa/x86/decode.h"
#include "isa/x86/mode.h"
#include "isa/x86/peek.h"

unsigned x86_disassemble(struct cpu *base, u64 address, char *text, size_t room)
{
    struct x86 *cpu = container_of(base, struct x86, cpu);
    u8 bytes[15];
    struct code code = { bytes, x86_peek(cpu, address, bytes, sizeof bytes) };
    u64 rip = address - (x86_is_64(cpu) ? 0 : cpu->seg[CS].base);
    struct insn insn;
    size_t used = 0;

    if (code.room == 0) {
        snprintf(text, room, "?");
        return 0;
    }
    if (x86_decode(cpu, &code, rip, &insn) != DECODED)
        insn.length = 1;
    for (unsigned i = 0; i < insn.length && used + 1 < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%02X", i ? " " : "db ", bytes[i]);
    return insn.length;
}
