/* isa/x86/ops/widths.h */
/* b w d q: the four widths, as types and as ways to reach a register by its byte offset. */
#pragma once
#include "isa/x86/state.h"

#define T_b u8
#define T_w u16
#define T_d u32
#define T_q u64
#define S_b s8
#define S_w s16
#define S_d s32
#define S_q s64
#define BITS_b 8
#define BITS_w 16
#define BITS_d 32
#define BITS_q 64
/* What brings an operand to the top of 64 bits: see flags.h */
#define TOP_b 56
#define TOP_w 48
#define TOP_d 32
#define TOP_q 0

#define REGISTER_AT(T, cpu, offset) (*(T *)((char *)(cpu) + (offset)))

#define GET_b(cpu, offset) REGISTER_AT(u8, cpu, offset)
#define GET_w(cpu, offset) REGISTER_AT(u16, cpu, offset)
#define GET_d(cpu, offset) REGISTER_AT(u32, cpu, offset)
#define GET_q(cpu, offset) REGISTER_AT(u64, cpu, offset)

/* A 32-bit result clears the upper half: SDM 1 3.4.1.1. Harmless outside 64-bit mode. */
#define PUT_b(cpu, offset, v) (REGISTER_AT(u8, cpu, offset) = (u8)(v))
#define PUT_w(cpu, offset, v) (REGISTER_AT(u16, cpu, offset) = (u16)(v))
#define PUT_d(cpu, offset, v) (REGISTER_AT(u64, cpu, offset) = (u32)(v))
#define PUT_q(cpu, offset, v) (REGISTER_AT(u64, cpu, offset) = (v))
