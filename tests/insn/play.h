/* Cases on our own processor. */
#pragma once
#include "tests/insn/case.h"

struct player;

struct player *player_open(void);
void           player_close(struct player *);

/*
 * In steps of one instruction, or in blocks, which then goes on until an INT3 behind the
 * instruction or where it jumped to is met: only for cases that end in front of one.
 */
void player_run(struct player *, const struct insn_case *, bool blocks, struct insn_result *);
/* May it run in blocks, when this is what is expected of it? */
bool player_can_block(const struct insn_case *, const struct insn_result *expected);
