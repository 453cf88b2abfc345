/* isa/x86/ops/alu_d.c */
#define HANDLER_WIDTH d
#include "isa/x86/ops/alu_handlers.inc"
