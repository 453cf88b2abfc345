#pragma once
#include "core/state.h"

/*
 * 93C46: 64 words behind four pins. Its instructions are a start bit, an opcode of two bits
 * and an address of six, highest first.
 */
enum { EEPROM_WORDS = 64 };

#define EEPROM_STATE(ONE, MANY, PART)                               \
    MANY(u16,  word, EEPROM_WORDS,  "what is kept")                 \
    ONE (u16,  in,                  "bits that were clocked in")    \
    ONE (u8,   bits,                "how many")                     \
    ONE (u32,  out,                 "bits to clock out; bit 16 is on the pin") \
    ONE (bool, unlocked,            "by EWEN")

struct eeprom { STATE_MEMBERS(EEPROM_STATE) };
DEFINE_PART(struct eeprom, EEPROM_STATE)

void eeprom_deselect(struct eeprom *);              /* chip select is low */
void eeprom_clock(struct eeprom *, bool bit);       /* the clock rises while it is high */

static inline bool eeprom_output(const struct eeprom *e)
{
    return e->out >> 16 & 1;
}
