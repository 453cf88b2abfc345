/*
 * 82540EM: its EEPROM of 64 words, a 93C46 on four pins or through EERD. [EEPROM
 * Interface], [EEPROM/Flash Control & Data Register], [EEPROM Read Register].
 */
#include "peripherals/net/e1000_chip.h"

#include <string.h>

enum { EECD_SK = 1, EECD_CS = 2, EECD_DI = 4, EECD_DO = 8, EECD_REQ = 0x40, EECD_GNT = 0x80,
       EECD_PRES = 0x100 };
enum { EERD_START = 1, EERD_DONE = 0x10 };
enum { COMMAND_BITS = 9, DATA_BITS = 16 };      /* start bit, two of opcode, six of address */
enum { WORD_CHECKSUM = 63, CHECKSUM = 0xbaba };

/* [EEPROM Address Map]; what is not named there is FFFFh, as erased. */
void e1000_eeprom_fill(struct e1000 *n, const struct pci_id *id)
{
    u16 sum = 0;

    memset(n->eeprom, 0xff, sizeof n->eeprom);
    for (unsigned i = 0; i < NIC_MAC / 2; i++)
        n->eeprom[i] = (u16)(n->mac[2 * i] | n->mac[2 * i + 1] << 8);
    n->eeprom[0x03] = 0x0000;                   /* compatibility: a client NIC */
    n->eeprom[0x0a] = 0x4408;                   /* signature 01b; full duplex, power */
    n->eeprom[0x0b] = id->subsystem;
    n->eeprom[0x0c] = id->subsystem_vendor;
    n->eeprom[0x0d] = id->device;
    n->eeprom[0x0e] = id->vendor;
    n->eeprom[0x0f] = 0x3000;                   /* pause both ways; no wake-up */
    n->eeprom[0x24] = 0x0000;
    for (unsigned i = 0; i < WORD_CHECKSUM; i++)
        sum = (u16)(sum + n->eeprom[i]);
    n->eeprom[WORD_CHECKSUM] = (u16)(CHECKSUM - sum);
}

/* Opcodes of the 93C46: READ 10b, WRITE 01b, ERASE 11b, and 00b with more in the address. */
static void command(struct e1000 *n)
{
    unsigned address = n->eeprom_in & 63;

    switch (n->eeprom_in >> 6 & 3) {
    case 2:
        n->eeprom_out = n->eeprom[address];     /* a dummy 0 comes first */
        return;
    case 3:
        if (n->eeprom_unlocked)
            n->eeprom[address] = 0xffff;
        return;
    case 0:
        if (address >> 4 == 3 || address >> 4 == 0)     /* EWEN, EWDS */
            n->eeprom_unlocked = address >> 4 == 3;
        else if (address >> 4 == 2 && n->eeprom_unlocked)
            memset(n->eeprom, 0xff, sizeof n->eeprom);  /* ERAL */
        return;
    }
}

/* The word that follows WRITE, or WRAL. */
static void store(struct e1000 *n, u16 command, u16 word)
{
    if (!n->eeprom_unlocked)
        return;
    if ((command >> 6 & 3) == 1)
        n->eeprom[command & 63] = word;
    else if ((command >> 4 & 15) == 1)
        for (unsigned i = 0; i < COUNT(n->eeprom); i++)
            n->eeprom[i] = word;
}

static void clock_in(struct e1000 *n, bool bit)
{
    if (n->eeprom_bits == 0 && !bit)
        return;                                 /* waiting for the start bit */
    if (n->eeprom_bits < COMMAND_BITS) {
        n->eeprom_in = (u16)(n->eeprom_in << 1 | bit);
        if (++n->eeprom_bits == COMMAND_BITS)
            command(n);
        return;
    }
    /* Reading goes on with the next word; eeprom_out's upper half is what a store brings. */
    n->eeprom_bits++;
    if ((n->eeprom_in >> 6 & 3) == 2) {
        n->eeprom_out = n->eeprom_out << 1 & 0x1ffff;
        if (n->eeprom_bits == COMMAND_BITS + DATA_BITS) {
            n->eeprom_in = (u16)((n->eeprom_in & ~63) | ((n->eeprom_in + 1) & 63));
            n->eeprom_out |= n->eeprom[n->eeprom_in & 63];
            n->eeprom_bits = COMMAND_BITS;
        }
        return;
    }
    n->eeprom_out = n->eeprom_out << 1 | bit;
    if (n->eeprom_bits == COMMAND_BITS + DATA_BITS) {
        store(n, n->eeprom_in, (u16)n->eeprom_out);
        n->eeprom_bits = 0;
        n->eeprom_out = 0x10000;                /* ready */
    }
}

void e1000_eeprom_pins(struct e1000 *n, u32 value)
{
    bool rises = value & EECD_SK && !(n->eecd & EECD_SK);

    if (!(value & EECD_CS)) {
        n->eeprom_bits = 0;
        n->eeprom_in = 0;
        n->eeprom_out = 0x10000;
    } else if (rises) {
        clock_in(n, value & EECD_DI);
    }
    n->eecd = (n->eecd & ~UINT32_C(0x77)) | (value & 0x77);
}

u32 e1000_eeprom_output(const struct e1000 *n)
{
    return n->eecd | EECD_PRES | (n->eecd & EECD_REQ ? EECD_GNT : 0)
         | (n->eeprom_out & 0x10000 ? EECD_DO : 0);
}

void e1000_eeprom_read(struct e1000 *n, u32 value)
{
    u8 address = (u8)(value >> 8);

    n->eerd = (u32)address << 8;
    if (value & EERD_START)
        n->eerd |= EERD_DONE | (address < COUNT(n->eeprom) ? (u32)n->eeprom[address] << 16 : 0);
}
