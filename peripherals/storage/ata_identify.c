/*
 * Identify data: AT Attachment with Packet Interface - 6 (T13/1410D), "IDENTIFY DEVICE" and
 * "IDENTIFY PACKET DEVICE", the words that both have.
 */
#include "peripherals/storage/ata_identify.h"

#include "core/bits.h"

#include <stdio.h>
#include <string.h>

void identify_word(u8 *words, unsigned word, u16 value)
{
    store_le16(words + 2 * word, value);
}

/* The first of two characters is the high byte; blanks follow. */
static void text(u8 *words, unsigned word, unsigned room, const char *s)
{
    for (unsigned i = 0; i < room; i++)
        words[(2 * word + i) ^ 1] = (u8)(*s ? *s++ : ' ');
}

/* What is possible below, what is chosen above. */
static u16 modes(u8 possible, u8 base, u8 chosen)
{
    return (u16)(possible | ((chosen & 0xf8) == base ? 0x100 << (chosen & 7) : 0));
}

/* [Word 93]: how the drive found out its number, and whom it saw on the cable. */
static u16 hardware_reset_result(const struct ata_drive *a)
{
    bool alone = a->cable && !a->cable->drive[1];

    if (a->unit == 0)
        return (u16)(alone ? 0x604b : 0x602b);
    return 0x6b00;
}

void identify_begin(const struct ata_drive *a, u8 *w, const struct identity *id)
{
    char serial[24];

    snprintf(serial, sizeof serial, "OR%05u",
             1 + a->unit + (a->cable ? 2u * a->cable->channel : 0));
    memset(w, 0, 512);
    text(w, 10, 20, id->serial ? id->serial : serial);
    text(w, 23, 8, "1.0");
    text(w, 27, 40, id->model);
    identify_word(w, 63, modes(0x07, 0x20, id->dma_mode));
    identify_word(w, 64, 3);                    /* PIO 3 and 4 */
    for (unsigned i = 65; i <= 68; i++)
        identify_word(w, i, 120);               /* ns a cycle */
    identify_word(w, 80, 0x007e);               /* ATA-1 to ATA/ATAPI-6 */
    identify_word(w, 88, modes(0x3f, 0x40, id->dma_mode));
    identify_word(w, 93, hardware_reset_result(a));
}

void identify_seal(u8 *w)
{
    u8 sum = 0xa5;

    for (unsigned i = 0; i < 510; i++)
        sum = (u8)(sum + w[i]);
    w[510] = 0xa5;
    w[511] = (u8)-sum;                          /* all bytes add up to 0 */
}
