/* isa/x86/handlers.h */
/* Declares the handlers of every operation: see operations.h for the forms. */
#pragma once
#include "isa/x86/op.h"
#include "isa/x86/operations.h"

#define HANDLER_(name)          void h_##name(HANDLER_TYPES);
#define HANDLERS_EA_(name) \
    HANDLER_(name##_bd) HANDLER_(name##_bis) HANDLER_(name##_abs) HANDLER_(name##_gen)
#define HANDLERS_EA_I_(name) \
    HANDLER_(name##_bd) HANDLER_(name##_bis) HANDLER_(name##_rip) HANDLER_(name##_gen)
#define HANDLERS_2W_(name)      HANDLER_(name##_rr) HANDLER_(name##_rr_nf) HANDLER_(name##_ri) \
    HANDLER_(name##_ri_nf) HANDLERS_EA_(name##_rm) HANDLERS_EA_(name##_mr) \
                                HANDLERS_EA_I_(name##_mi)
#define HANDLERS_2_(name) \
    HANDLERS_2W_(name##_b) HANDLERS_2W_(name##_w) HANDLERS_2W_(name##_d) \
                                HANDLERS_2W_(name##_q)
#define HANDLERS_1W_(name)      HANDLER_(name##_r) HANDLER_(name##_r_nf) HANDLERS_EA_(name##_m)
#define HANDLERS_1_(name) \
    HANDLERS_1W_(name##_b) HANDLERS_1W_(name##_w) HANDLERS_1W_(name##_d) \
                                HANDLERS_1W_(name##_q)
#define HANDLERS_LW_(name)      HANDLER_(name##_rr) HANDLERS_EA_(name##_rm)
#define HANDLERS_L_(name)       HANDLERS_LW_(name##_w) HANDLERS_LW_(name##_d) HANDLERS_LW_(name##_q)
#define HANDLERS_X_(name)       HANDLERS_LW_(name##_x) HANDLERS_LW_(name##_y)
#define HANDLERS_N_(name)       HANDLER_(name##_x) HANDLER_(name##_y)
#define HANDLERS_SW_(name) \
    HANDLER_(name##_ri) HANDLER_(name##_ri_nf) HANDLER_(name##_rc) HANDLER_(name##_mi) \
    HANDLER_(name##_mc)
#define HANDLERS_S_(name) \
    HANDLERS_SW_(name##_b) HANDLERS_SW_(name##_w) HANDLERS_SW_(name##_d) \
                                HANDLERS_SW_(name##_q)
#define HANDLERS_W_(name) \
    HANDLER_(name##_b) HANDLER_(name##_w) HANDLER_(name##_d) HANDLER_(name##_q)
#define HANDLERS_RM_(name)      HANDLER_(name##_r) HANDLER_(name##_m)
#define HANDLERS_RM_W_(name) \
    HANDLERS_RM_(name##_b) HANDLERS_RM_(name##_w) HANDLERS_RM_(name##_d) \
                                HANDLERS_RM_(name##_q)
#define HANDLERS_MUL_(name) \
    HANDLERS_RM_W_(name) HANDLER_(name##_b_r_nf) HANDLER_(name##_w_r_nf) \
    HANDLER_(name##_d_r_nf) HANDLER_(name##_q_r_nf)
#define HANDLERS_ST_(name) \
    HANDLER_(name##_w_any) HANDLER_(name##_d_any) HANDLER_(name##_q_64) \
                                HANDLER_(name##_w_64)

RMW2_LIST(HANDLERS_2_) CMP2_LIST(HANDLERS_2_) MOV2_LIST(HANDLERS_2_) RMW1_LIST(HANDLERS_1_)
LOAD2_LIST(HANDLERS_L_) STACK_LIST(HANDLERS_ST_) BRANCH_LIST(HANDLER_) PLAIN_LIST(HANDLER_)
WIDTH_LIST(HANDLERS_W_) RM_LIST(HANDLERS_RM_) RM_W_LIST(HANDLERS_RM_W_) SHIFT2_LIST(HANDLERS_S_)
MUL2_LIST(HANDLERS_MUL_) VEC_LIST(HANDLERS_LW_) VEX_LIST(HANDLERS_X_)
LENGTH_LIST(HANDLERS_N_)
