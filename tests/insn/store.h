/*
 * Results on file. A file is a text line, then for each row and number of bits: encoding,
 * operation's name (u16 length, bytes), u8 bits, u16 count, and the results of the cases 0 to
 * count - 1, each as what differs from the case's registers. The cases themselves follow from
 * their numbers; two bytes of hash tell whether the generator still makes the same ones. Ends
 * with an empty encoding.
 */
#pragma once
#include "core/buffer.h"
#include "tests/insn/case.h"

void store_begin(struct buffer *);
void store_row(struct buffer *, const struct row *, unsigned bits, unsigned count);
void store_result(struct buffer *, const struct insn_case *, const struct insn_result *);
void store_end(struct buffer *);

/* False: not such a file, or from an older generator. */
bool fetch_begin(struct reader *);
/* The next row's index, or -1 at the end, or -2: no such row any more. */
int  fetch_row(struct reader *, unsigned *bits, unsigned *count);
/* False: the file was made for another case. */
bool fetch_result(struct reader *, const struct insn_case *, struct insn_result *);
