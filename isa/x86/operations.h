/* isa/x86/operations.h */
/*
 * Every operation, by the forms that its handlers come in. The lists of a family stand in its own
 * header below ops/; a row of opcodes/ names an operation, a handler h_NAME_... does it.
 *
 *   RMW2    destination read and written, source: registers, memory, immediate; four widths
 *   CMP2    destination only read            MOV2    destination only written
 *   RMW1    one operand, read and written    LOAD2   register from a narrower operand
 *   SHIFT2  a count: immediate or CL; h_NAME_b_ri_nf ... without flags, if the count is not 0
 *   PLAIN   one handler: h_NAME
 *   WIDTH   one for each operand width: h_NAME_b, _w, _d, _q
 *   RM      register and memory: h_NAME_r, h_NAME_m (op_load and op_store reach the operand)
 *   RM_W    the same for each width: h_NAME_b_r ... h_NAME_q_m
 *   MUL2    the same, and h_NAME_w_r_nf ... without flags
 *   VEC     vector register and memory, with fast addressing: h_NAME_rr, h_NAME_rm_bd ...
 *   VEX     the same for XMM and for YMM: h_NAME_x_rr ..., h_NAME_y_rr ...
 *   LENGTH  registers only, for XMM and for YMM: h_NAME_x, h_NAME_y
 *   STACK   w d q, each with a 64-bit stack without segments (_64) and any other (_any)
 *   BRANCH  conditional, by a relative target: h_NAME
 */
#pragma once
#include "isa/x86/ops/avx.h"
#include "isa/x86/ops/avx_float.h"
#include "isa/x86/ops/integer.h"
#include "isa/x86/ops/sse.h"
#include "isa/x86/ops/system.h"
#include "isa/x86/ops/transfer.h"
#include "isa/x86/ops/x87.h"

#define RMW2_LIST(X)    X(add) X(or) X(adc) X(sbb) X(and) X(sub) X(xor)
#define CMP2_LIST(X)    X(cmp) X(test)
#define MOV2_LIST(X)    X(mov)
#define RMW1_LIST(X)    X(inc) X(dec) X(not) X(neg)
#define LOAD2_LIST(X)   X(movzx_b) X(movzx_w) X(movsx_b) X(movsx_w) X(movsx_d) X(lea)
#define STACK_LIST(X)   X(push) X(push_imm) X(pop) X(call) X(ret) X(ret_imm) X(leave)
#define CONDITIONS(X)   X(o) X(no) X(b) X(nb) X(z) X(nz) X(be) X(nbe) X(s) X(ns) X(p) X(np) \
                        X(l) X(nl) X(le) X(nle)
#define BRANCH_LIST(X)  X(jmp) X(jo) X(jno) X(jb) X(jnb) X(jz) X(jnz) X(jbe) X(jnbe) X(js) X(jns) \
                        X(jp) X(jnp) X(jl) X(jnl) X(jle) X(jnle) X(jcxz) X(loop) X(loope) X(loopne)

#define PLAIN_LIST(X)   INTEGER_PLAIN(X) SYSTEM_PLAIN(X) TRANSFER_PLAIN(X) X87_PLAIN(X) \
                        SSE_PLAIN(X) AVX_PLAIN(X) X(nop) X(movabs)
#define WIDTH_LIST(X)   INTEGER_WIDTH(X) SYSTEM_WIDTH(X) TRANSFER_WIDTH(X) X87_WIDTH(X)
#define RM_LIST(X)      INTEGER_RM(X) SYSTEM_RM(X) TRANSFER_RM(X) X87_RM(X) SSE_RM(X)
#define RM_W_LIST(X)    INTEGER_RM_W(X) SYSTEM_RM_W(X) TRANSFER_RM_W(X) SSE_RM_W(X) \
                        X(jmp_ind) X(call_ind) X(push_rm) X(pop_rm)
#define MUL2_LIST(X)    INTEGER_MUL2(X)
#define SHIFT2_LIST(X)  INTEGER_SHIFT2(X)
#define VEC_LIST(X)     SSE_VEC(X) X87_VEC(X) AVX_VEC(X) AVX_FLOAT_VEC(X)
#define VEX_LIST(X)     AVX_VEX(X) AVX_FLOAT_VEX(X)
#define LENGTH_LIST(X)  AVX_LENGTH(X)

enum operation_id {
    OP_none,
#define NAME_(name) OP_##name,
    RMW2_LIST(NAME_) CMP2_LIST(NAME_) MOV2_LIST(NAME_) RMW1_LIST(NAME_) LOAD2_LIST(NAME_)
    STACK_LIST(NAME_) BRANCH_LIST(NAME_) PLAIN_LIST(NAME_) WIDTH_LIST(NAME_) RM_LIST(NAME_)
    RM_W_LIST(NAME_) MUL2_LIST(NAME_) SHIFT2_LIST(NAME_) VEC_LIST(NAME_) VEX_LIST(NAME_)
    LENGTH_LIST(NAME_)
#undef NAME_
    OPERATIONS
};
