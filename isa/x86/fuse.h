/* isa/x86/fuse.h */
/* Pairs of instructions that one handler does: see fuse.c */
#pragma once
#include "isa/x86/op.h"

/* Puts fused handlers into a finished block: the first op's handler does the second one too. */
void x86_fuse(struct block *);
