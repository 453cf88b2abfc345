/*
 * Single-step vectors recorded on real chips: ../shared/vectors, whose README has the format. An
 * archive is a .tar.xz of .MOO files, each with tests of one opcode; `moo_play` runs one on our
 * CPU.
 */
#pragma once
#include "tests/insn/bare.h"

/* In the order of the registers of a state. */
enum {
    MOO_AX, MOO_BX, MOO_CX, MOO_DX, MOO_CS, MOO_SS, MOO_DS, MOO_ES, MOO_SP, MOO_BP, MOO_SI, MOO_DI,
    MOO_IP, MOO_FLAGS, MOO_REGISTERS
};

struct moo_state {
    u16       present;              /* bit n: register n is told */
    u16       reg[MOO_REGISTERS];
    u32       cells;                /* of memory: {u32 address, u8 value} each */
    const u8 *cell;
};

struct moo_test {
    u32              index;
    char             name[64];
    const u8        *code;
    u32              length;
    struct moo_state init, final;
    char             hash[41];      /* hexadecimal, or "" */
};

/* What a test program walks through: every test of every file of an archive. */
struct moo {
    u8    *bytes;
    size_t used;
    size_t file, file_end;          /* of the present .MOO */
    size_t at;                      /* next chunk in it */
    char   name[32];                /* "F6.7" */
    char  *revoked;                 /* hashes, one a line; or NULL */
};

/* False: there is no such archive, or no xz to unpack it. */
bool moo_open(struct moo *, const char *archive, const char *revoked);
void moo_close(struct moo *);
/* The next test that is not revoked. */
bool moo_next(struct moo *, struct moo_test *);

/*
 * Runs it. False: it went otherwise, and `why` says how. `halts`: it ends by HLT, as on the 80286,
 * not behind the one instruction.
 */
bool moo_play(struct bare *, const struct moo_test *, bool halts, char *why, size_t room);
