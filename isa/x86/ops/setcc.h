/* Bodies of SETcc and CMOVcc: SDM 2, SETcc, CMOVcc. */
#pragma once
#include "isa/x86/operations.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/ops/condition.h"

#define SETCC_BODIES(cc)                                                        \
    BODY(set##cc##_r)                                                           \
    {                                                                           \
        PUT_b(cpu, op->dst, cond_##cc(lazy));                             \
        return true;                                                            \
    }                                                                           \
    BODY(set##cc##_m)                                                           \
    {                                                                           \
        u8 v_ = cond_##cc(lazy);                                          \
                                                                                \
        STORE(v_, gen);                                                         \
        return true;                                                            \
    }
CONDITIONS(SETCC_BODIES)

/*
 * The source is read, and the upper half of a 32-bit destination cleared, whether it moves or not.
 * A choice, not a branch: what compilers make CMOV of is hard to predict.
 */
#define CMOVCC_BODIES_(cc, w)                                                   \
    BODY(cmov##cc##_##w##_r)                                                    \
    {                                                                           \
        T_##w is_ = GET_##w(cpu, op->dst), new_ = GET_##w(cpu, op->src);        \
                                                                                \
        PUT_##w(cpu, op->dst, cond_##cc(lazy) ? new_ : is_);              \
        return true;                                                            \
    }                                                                           \
    BODY(cmov##cc##_##w##_m)                                                    \
    {                                                                           \
        T_##w is_ = GET_##w(cpu, op->dst), new_;                                \
                                                                                \
        LOAD(new_, gen);                                                        \
        PUT_##w(cpu, op->dst, cond_##cc(lazy) ? new_ : is_);              \
        return true;                                                            \
    }
#define CMOVCC_BODIES(cc) CMOVCC_BODIES_(cc, w) CMOVCC_BODIES_(cc, d) CMOVCC_BODIES_(cc, q)
CONDITIONS(CMOVCC_BODIES)
