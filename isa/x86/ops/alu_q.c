/* isa/x86/ops/alu_q.c */
#define HANDLER_WIDTH q
#include "isa/x86/ops/alu_handlers.inc"
