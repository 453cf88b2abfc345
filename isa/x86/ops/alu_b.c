/* isa/x86/ops/alu_b.c */
#define HANDLER_WIDTH b
#include "isa/x86/ops/alu_handlers.inc"
