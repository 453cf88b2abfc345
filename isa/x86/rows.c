/* isa/x86/rows.c */
/* The rows of opcodes/, compiled. */
#include "isa/x86/cpuid.h"
#include "isa/x86/flags.h"
#include "isa/x86/opcode.h"
#include "isa/x86/operations.h"

#define OPERANDS_(...) { __VA_ARGS__ }
#define OP(encoding, operation, operands, feature, attributes) \
    { encoding, OP_##operation, OPERANDS_ operands, F_##feature, attributes },

const struct row x86_rows[] = {
#include "isa/x86/opcodes/i8086.def"
#include "isa/x86/opcodes/integer.def"
#include "isa/x86/opcodes/transfer.def"
#include "isa/x86/opcodes/system.def"
#include "isa/x86/opcodes/x87.def"
#include "isa/x86/opcodes/sse.def"
#include "isa/x86/opcodes/avx.def"
#include "isa/x86/opcodes/avx_float.def"
};

const unsigned x86_row_count = COUNT(x86_rows);
