/* isa/x86/fuse.c */
#include "isa/x86/fuse.h"

void x86_fuse(struct block *b)
{
    (void)b;
}
