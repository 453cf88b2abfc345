/* Random cases of a row: legal encodings, and states at which something may go wrong. */
#pragma once
#include "tests/insn/case.h"

struct insn_gen;

struct insn_gen *insn_gen_open(void);
void             insn_gen_close(struct insn_gen *);

/*
 * The same case for the same row, bits and serial on every host. False: the row has no code of
 * these bits.
 */
bool insn_generate(struct insn_gen *, unsigned row, unsigned bits, u64 serial, struct insn_case *);

/* Why a row is not run as user code on the host, NULL where it is. */
const char *insn_excluded(const struct row *, unsigned bits);
const char *insn_name(const struct row *);
