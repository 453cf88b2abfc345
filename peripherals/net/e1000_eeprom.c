/*
 * 82540EM: its EEPROM, on four pins or through EERD. [EEPROM Interface], [EEPROM/Flash
 * Control & Data Register], [EEPROM Read Register].
 */
#include "peripherals/net/e1000_chip.h"

#include <string.h>

enum { EECD_SK = 1, EECD_CS = 2, EECD_DI = 4, EECD_DO = 8, EECD_REQ = 0x40, EECD_GNT = 0x80,
       EECD_PRES = 0x100, EECD_STORED = 0x77 };
enum { EERD_START = 1, EERD_DONE = 0x10 };
enum { CHECKSUM_AT = 63, CHECKSUM = 0xbaba };

/* [EEPROM Address Map]; what is not named there is FFFFh, as erased. */
void e1000_eeprom_fill(struct e1000 *n, const struct pci_id *id)
{
    u16 *word = n->eeprom->word, sum = 0;

    memset(word, 0xff, sizeof n->eeprom->word);
    for (unsigned i = 0; i < NIC_MAC / 2; i++)
        word[i] = (u16)(n->mac[2 * i] | n->mac[2 * i + 1] << 8);
    word[0x03] = 0x0000;                /* compatibility: a client's card */
    word[0x0a] = 0x4408;                /* signature 01b; full duplex, power */
    word[0x0b] = id->subsystem;
    word[0x0c] = id->subsystem_vendor;
    word[0x0d] = id->device;
    word[0x0e] = id->vendor;
    word[0x0f] = 0x3000;                /* pause both ways; no wake-up */
    word[0x24] = 0x0000;
    for (unsigned i = 0; i < CHECKSUM_AT; i++)
        sum = (u16)(sum + word[i]);
    word[CHECKSUM_AT] = (u16)(CHECKSUM - sum);
}

void e1000_eeprom_pins(struct e1000 *n, u32 value)
{
    if (!(value & EECD_CS))
        eeprom_deselect(n->eeprom);
    else if (value & EECD_SK && !(n->eecd & EECD_SK))
        eeprom_clock(n->eeprom, value & EECD_DI);
    n->eecd = value & EECD_STORED;
}

u32 e1000_eeprom_output(const struct e1000 *n)
{
    return n->eecd | EECD_PRES | (n->eecd & EECD_REQ ? EECD_GNT : 0)
         | (eeprom_output(n->eeprom) ? EECD_DO : 0);
}

void e1000_eeprom_read(struct e1000 *n, u32 value)
{
    u8 at = (u8)(value >> 8);

    n->eerd = (u32)at << 8;
    if (value & EERD_START)
        n->eerd |= EERD_DONE | (at < EEPROM_WORDS ? (u32)n->eeprom->word[at] << 16 : 0);
}
