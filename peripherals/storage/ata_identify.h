#pragma once
#include "bus/ata.h"

/* What the identify data of disks and of packet devices have alike. */

struct identity {
    const char *model;
    const char *serial;         /* NULL: made of the drive's number */
    u8          dma_mode;       /* as SET FEATURES said */
};

void identify_word(u8 *words, unsigned word, u16 value);
/* Empties the words; fills in names, transfer modes and what was seen at the reset. */
void identify_begin(const struct ata_drive *, u8 *words, const struct identity *);
void identify_seal(u8 *words);      /* word 255: a checksum */
