/* isa/x86/ops/bodies.h */
/* The bodies of the operations that runs are made of, for all widths. */
#pragma once
#include "isa/x86/operations.h"
#include "isa/x86/ops/alu.h"
#include "isa/x86/ops/move.h"
#include "isa/x86/ops/muldiv.h"
#include "isa/x86/ops/setcc.h"
#include "isa/x86/ops/shift.h"
#include "isa/x86/ops/stack.h"

#define BODIES_RMW2_(name) EACH_WIDTH(BODIES2, RMW2, name)
#define BODIES_CMP2_(name) EACH_WIDTH(BODIES2, CMP2, name)
#define BODIES_MOV2_(name) EACH_WIDTH(BODIES2, MOV2, name)
#define BODIES_RMW1_(name) EACH_WIDTH(BODIES1, name)
RMW2_LIST(BODIES_RMW2_) CMP2_LIST(BODIES_CMP2_) MOV2_LIST(BODIES_MOV2_) RMW1_LIST(BODIES_RMW1_)
