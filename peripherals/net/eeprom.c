/* 93C46, the serial EEPROM of network cards: Microchip's "93C46 1K Microwire EEPROM". */
#include "peripherals/net/eeprom.h"

#include <string.h>

enum { COMMAND_BITS = 9, DATA_BITS = 16 };
enum { OP_MORE, OP_WRITE, OP_READ, OP_ERASE };
enum { MORE_LOCK, MORE_WRITE_ALL, MORE_ERASE_ALL, MORE_UNLOCK };    /* in the address */
enum { READY = 0x10000 };

static unsigned opcode(const struct eeprom *e)  { return e->in >> 6 & 3; }
static unsigned address(const struct eeprom *e) { return e->in & 63; }
static unsigned more(const struct eeprom *e)    { return e->in >> 4 & 3; }

static void begin(struct eeprom *e)
{
    e->out = READY;
    switch (opcode(e)) {
    case OP_READ:
        e->out = e->word[address(e)];           /* a dummy 0 comes first */
        break;
    case OP_ERASE:
        if (e->unlocked)
            e->word[address(e)] = 0xffff;
        break;
    case OP_MORE:
        if (more(e) == MORE_LOCK || more(e) == MORE_UNLOCK)
            e->unlocked = more(e) == MORE_UNLOCK;
        else if (more(e) == MORE_ERASE_ALL && e->unlocked)
            memset(e->word, 0xff, sizeof e->word);
        break;
    }
}

/* The word behind WRITE or WRAL is complete. */
static void store(struct eeprom *e, u16 word)
{
    if (!e->unlocked)
        return;
    if (opcode(e) == OP_WRITE)
        e->word[address(e)] = word;
    else if (opcode(e) == OP_MORE && more(e) == MORE_WRITE_ALL)
        for (unsigned i = 0; i < EEPROM_WORDS; i++)
            e->word[i] = word;
}

/* Reading goes on with the next word for as long as it is clocked. */
static void read_on(struct eeprom *e)
{
    e->out = e->out << 1 & 0x1ffff;
    if (e->bits < COMMAND_BITS + DATA_BITS)
        return;
    e->in = (u16)((e->in & ~63) | ((e->in + 1) & 63));
    e->out |= e->word[address(e)];
    e->bits = COMMAND_BITS;
}

void eeprom_clock(struct eeprom *e, bool bit)
{
    if (e->bits == 0 && !bit)
        return;                                 /* no start bit yet */
    e->bits++;
    if (e->bits <= COMMAND_BITS) {
        e->in = (u16)(e->in << 1 | bit);
        if (e->bits == COMMAND_BITS)
            begin(e);
        return;
    }
    if (opcode(e) == OP_READ) {
        read_on(e);
        return;
    }
    e->out = e->out << 1 | bit;
    if (e->bits == COMMAND_BITS + DATA_BITS) {
        store(e, (u16)e->out);
        e->bits = 0;
        e->in = 0;
        e->out = READY;
    }
}

void eeprom_deselect(struct eeprom *e)
{
    e->bits = 0;
    e->in = 0;
    e->out = READY;
}
