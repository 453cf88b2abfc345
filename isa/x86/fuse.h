/* isa/x86/fuse.h */
/* Pairs of instructions that one handler does: see fuse.c */
#pragma once
#include "isa/x86/op.h"

enum { FUSE_SLOTS = 8192 };

/* Fills an index of the pairs, all zero before: FUSE_SLOTS entries. */
void x86_fuse_build(u16 slot[]);
/* Puts fused handlers into a finished block: the first op's handler does the second one too. */
void x86_fuse(const u16 slot[], struct block *);
