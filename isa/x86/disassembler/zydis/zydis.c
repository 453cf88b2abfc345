/* Disassembly by Zydis. */
#include "isa/x86/disassemble.h"

#include <stdio.h>
#include <Zydis/Zydis.h>

#include "isa/x86/mode.h"
#include "isa/x86/peek.h"

static ZydisMachineMode machine_mode(const struct x86 *cpu)
{
    switch (x86_code_size(cpu)) {
    case MODE_64: return ZYDIS_MACHINE_MODE_LONG_64;
    case MODE_32: return x86_is_long(cpu) ? ZYDIS_MACHINE_MODE_LONG_COMPAT_32
                                          : ZYDIS_MACHINE_MODE_LEGACY_32;
    default:
        if (x86_is_real(cpu))
            return ZYDIS_MACHINE_MODE_REAL_16;
        return x86_is_long(cpu) ? ZYDIS_MACHINE_MODE_LONG_COMPAT_16
                                : ZYDIS_MACHINE_MODE_LEGACY_16;
    }
}

unsigned x86_disassemble(struct cpu *base, u64 address, char *text, size_t room)
{
    const struct x86 *cpu = container_of(base, struct x86, cpu);
    ZydisDisassembledInstruction insn;
    u8 bytes[ZYDIS_MAX_INSTRUCTION_LENGTH];
    unsigned n = x86_peek(cpu, address, bytes, sizeof bytes);

    if (n == 0) {
        snprintf(text, room, "?");
        return 0;
    }
    if (ZYAN_FAILED(ZydisDisassembleIntel(machine_mode(cpu), address, bytes, n, &insn))) {
        snprintf(text, room, "db 0x%02X", bytes[0]);
        return 1;
    }
    snprintf(text, room, "%s", insn.text);
    return insn.info.length;
}
