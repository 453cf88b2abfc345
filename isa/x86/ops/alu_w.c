/* isa/x86/ops/alu_w.c */
#define HANDLER_WIDTH w
#include "isa/x86/ops/alu_handlers.inc"
