/* Text of an instruction, for people: see disassembler/, of which the build takes one. */
#pragma once
#include "core/cpu.h"

/*
 * Intel syntax, of the code at a linear address, as the CPU's present mode reads it. Gives its
 * length; 0 where no memory can be read. The guest does not notice.
 */
unsigned x86_disassemble(struct cpu *, u64 address, char *text, size_t room);
