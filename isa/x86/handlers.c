/* isa/x86/handlers.c */
/* The table of operations: which handlers each has, laid out as decode.c picks them. */
#include "isa/x86/handlers.h"

#include "isa/x86/decode.h"

/* [form][width] of the kinds with widths, else [form]. */
#define W4_(name, form)     h_##name##_b##form, h_##name##_w##form, h_##name##_d##form, \
                            h_##name##_q##form
#define EA4_(name, form)    W4_(name, form##_bd), W4_(name, form##_bis), W4_(name, form##_abs), \
                            W4_(name, form##_gen)
#define EA4_I_(name, form)  W4_(name, form##_bd), W4_(name, form##_bis), W4_(name, form##_rip), \
                            W4_(name, form##_gen)
#define W3_(name, form)     NULL, h_##name##_w##form, h_##name##_d##form, h_##name##_q##form
#define EA3_(name, form)    W3_(name, form##_bd), W3_(name, form##_bis), W3_(name, form##_abs), \
                            W3_(name, form##_gen)

#define TABLE_2_(name)      static const handler t_##name[] = {                 \
    W4_(name, _rr), W4_(name, _ri), W4_(name, _rr_nf), W4_(name, _ri_nf),       \
    EA4_(name, _rm), EA4_(name, _mr), EA4_I_(name, _mi) };
#define TABLE_1_(name)      static const handler t_##name[] = {                 \
    W4_(name, _r), W4_(name, _r_nf), EA4_(name, _m) };
#define TABLE_L_(name)      static const handler t_##name[] = { W3_(name, _rr), EA3_(name, _rm) };
#define TABLE_S_(name)      static const handler t_##name[] = {                 \
    W4_(name, _ri), W4_(name, _rc), W4_(name, _mi), W4_(name, _mc), W4_(name, _ri_nf) };
#define TABLE_P_(name)      static const handler t_##name[] = { h_##name };
#define TABLE_W_(name)      static const handler t_##name[] = { W4_(name, ) };
#define TABLE_RM_(name)     static const handler t_##name[] = { h_##name##_r, h_##name##_m };
#define TABLE_RM_W_(name)   static const handler t_##name[] = { W4_(name, _r), W4_(name, _m) };
#define TABLE_MUL_(name)    static const handler t_##name[] = {                 \
    W4_(name, _r), W4_(name, _m), W4_(name, _r_nf) };
#define VECTOR_(name)       h_##name##_rr, h_##name##_rm_bd, h_##name##_rm_bis,      \
                            h_##name##_rm_abs, h_##name##_rm_gen
#define TABLE_V_(name)      static const handler t_##name[] = { VECTOR_(name) };
#define TABLE_X_(name)      static const handler t_##name[] = {                 \
    VECTOR_(name##_x), VECTOR_(name##_y) };
#define TABLE_N_(name)      static const handler t_##name[] = { h_##name##_x, h_##name##_y };
#define TABLE_ST_(name)     static const handler t_##name[] = {                 \
    NULL, h_##name##_w_any, h_##name##_d_any, NULL,                             \
    NULL, h_##name##_w_64, NULL, h_##name##_q_64 };

RMW2_LIST(TABLE_2_) CMP2_LIST(TABLE_2_) MOV2_LIST(TABLE_2_) RMW1_LIST(TABLE_1_)
LOAD2_LIST(TABLE_L_) STACK_LIST(TABLE_ST_) BRANCH_LIST(TABLE_P_) PLAIN_LIST(TABLE_P_)
WIDTH_LIST(TABLE_W_) RM_LIST(TABLE_RM_) RM_W_LIST(TABLE_RM_W_) SHIFT2_LIST(TABLE_S_)
MUL2_LIST(TABLE_MUL_) VEC_LIST(TABLE_V_) VEX_LIST(TABLE_X_) LENGTH_LIST(TABLE_N_)

#define ENTRY_(name, kind)      [OP_##name] = { #name, t_##name, kind },
#define ENTRY_RMW2(name)        ENTRY_(name, KIND_RMW2)
#define ENTRY_CMP2(name)        ENTRY_(name, KIND_CMP2)
#define ENTRY_MOV2(name)        ENTRY_(name, KIND_MOV2)
#define ENTRY_RMW1(name)        ENTRY_(name, KIND_RMW1)
#define ENTRY_LOAD2(name)       ENTRY_(name, KIND_LOAD2)
#define ENTRY_STACK(name)       ENTRY_(name, KIND_STACK)
#define ENTRY_BRANCH(name)      ENTRY_(name, KIND_BRANCH)
#define ENTRY_PLAIN(name)       ENTRY_(name, KIND_PLAIN)
#define ENTRY_WIDTH(name)       ENTRY_(name, KIND_WIDTH)
#define ENTRY_RM(name)          ENTRY_(name, KIND_RM)
#define ENTRY_RM_W(name)        ENTRY_(name, KIND_RM_W)
#define ENTRY_MUL2(name)        ENTRY_(name, KIND_MUL2)
#define ENTRY_SHIFT2(name)      ENTRY_(name, KIND_SHIFT2)
#define ENTRY_VEC(name)         ENTRY_(name, KIND_VEC)
#define ENTRY_VEX(name)         ENTRY_(name, KIND_VEX)
#define ENTRY_LENGTH(name)      ENTRY_(name, KIND_LENGTH)

const struct operation x86_operations[OPERATIONS] = {
    RMW2_LIST(ENTRY_RMW2) CMP2_LIST(ENTRY_CMP2) MOV2_LIST(ENTRY_MOV2) RMW1_LIST(ENTRY_RMW1)
    LOAD2_LIST(ENTRY_LOAD2) STACK_LIST(ENTRY_STACK) BRANCH_LIST(ENTRY_BRANCH)
    PLAIN_LIST(ENTRY_PLAIN) WIDTH_LIST(ENTRY_WIDTH) RM_LIST(ENTRY_RM) RM_W_LIST(ENTRY_RM_W)
    MUL2_LIST(ENTRY_MUL2) SHIFT2_LIST(ENTRY_SHIFT2) VEC_LIST(ENTRY_VEC) VEX_LIST(ENTRY_VEX)
    LENGTH_LIST(ENTRY_LENGTH)
};
