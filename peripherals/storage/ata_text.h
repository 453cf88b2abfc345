#pragma once
#include "core/types.h"

/* A string in identify data: the first of two characters is the high byte; blanks follow. */
static inline void ata_text(u8 *to, unsigned room, const char *text)
{
    for (unsigned i = 0; i < room; i++)
        to[i ^ 1] = (u8)(*text ? *text++ : ' ');
}
