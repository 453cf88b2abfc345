/* Handlers that take the place of others where control-flow enforcement is on: see ops/cet.c. */
#pragma once
#include "isa/x86/op.h"

#define CET_HANDLER_(name) void h_##name(HANDLER_TYPES);
#define CET_HANDLERS_(w)                                                        \
    CET_HANDLER_(cet_call_##w) CET_HANDLER_(cet_ret_##w)                        \
    CET_HANDLER_(cet_call_ind_##w##_r) CET_HANDLER_(cet_call_ind_##w##_m)       \
    CET_HANDLER_(cet_jmp_ind_##w##_r) CET_HANDLER_(cet_jmp_ind_##w##_m)
CET_HANDLERS_(w)
CET_HANDLERS_(d)
CET_HANDLERS_(q)
CET_HANDLER_(endbr_found)
CET_HANDLER_(endbr_missed)
CET_HANDLER_(endbr_tracked)
