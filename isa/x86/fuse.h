/* isa/x86/fuse.h */
/* Pairs of instructions that one handler does: see fuse.c */
#pragma once
#include "isa/x86/op.h"

enum { FUSE_SLOTS = 8192 };

/* Fills an index of the pairs, all zero before: FUSE_SLOTS entries. */
void x86_fuse_build(u16 slot[]);
/* One handler for what both do, one after the other; NULL: there is none. */
handler x86_fused(const u16 slot[], handler first, handler second);
