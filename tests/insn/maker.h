/* What gen.c and encode.c share while a case is made. */
#pragma once
#include "tests/insn/bare.h"
#include "tests/insn/case.h"
#include "tests/insn/random.h"

enum { NO_REGISTER = 0xff };

struct maker {
    struct rng        r;
    struct insn_case *c;
    const struct row *row;
    struct encoding   e;
    const char       *name;             /* of the operation */

    /* Chosen by encode(). */
    bool memory;                        /* there is a memory operand */
    u64  target;                        /* its address */
    u8   asize;                         /* bits */
    u8   segment;                       /* 26h ... 65h, or 0 */
    u8   base, idx, scale;              /* NO_REGISTER: none */
    s64  disp;
    u8   rip_disp_at;                   /* where its displacement is; 0: not relative to RIP */
    u8   rex;
    bool opsize;
    u8   modrm;
    u8   vector_idx;                    /* VSIB's register */
};

/* An address in data, seldom elsewhere; within that many bits. */
u64 make_target(struct maker *, unsigned asize);
/* A random encoding of the row, padded with bytes to choose its immediate from. */
void make_code(struct maker *);
bool row_has(const struct row *, enum operand first, enum operand last);
/* Offset in data of an address, -1 outside. */
int data_offset(u64 address);
u16 make_selector(struct rng *);
