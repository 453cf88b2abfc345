/*
 * SMBus host controller: Intel 82371AB PIIX4, order number 290562, [SMBus I/O Space Registers].
 * On the bus are the EEPROMs of the memory modules: Intel PC SDRAM Serial Presence Detect
 * Specification 1.2.
 *
 * Not modelled: block transfers, the slave functions (kept), other masters.
 */
#include "peripherals/chipset/smbus_host.h"

#include "core/bits.h"

#include <string.h>

enum { HSTSTS = 0, SLVSTS = 1, HSTCNT = 2, HSTCMD = 3, HSTADD = 4, HSTDAT0 = 5, HSTDAT1 = 6 };
enum { BUSY = 1, INTR = 2, DEV_ERR = 4, BUS_ERR = 8, FAILED = 16 };
enum { INTEREN = 1, KILL = 2, PROTOCOL = 0x1c, START = 0x40 };
enum { QUICK, BYTE, BYTE_DATA, WORD_DATA };
enum { EEPROMS = 0x50, BYTE_NS = 9 * 62500 };       /* nine bits at 16 kHz, the slower rate */

static bool is_busy(const struct smbus_wires *w)
{
    return w->done->due != NEVER;
}

static void start(struct smbus_host *s, const struct smbus_wires *w)
{
    static const u8 bytes[] = { [QUICK] = 1, [BYTE] = 2, [BYTE_DATA] = 4, [WORD_DATA] = 5 };
    unsigned protocol = (s->reg[HSTCNT] & PROTOCOL) >> 2;

    trace(w->done->owner, "SMBus %02x, command %02x, protocol %u", s->reg[HSTADD],
          s->reg[HSTCMD], protocol);
    device_arm_in(w->done->owner, w->done,
                  (u64)BYTE_NS * (protocol < COUNT(bytes) ? bytes[protocol] : 1));
}

static u8 next_byte(struct smbus_host *s, const u8 *eeprom)
{
    return eeprom[s->pointer++ % SPD_BYTES];
}

/* SPD is write-protected: stores are acknowledged and forgotten. */
static void talk(struct smbus_host *s, const u8 *eeprom, unsigned protocol, bool read)
{
    if (protocol == QUICK)
        return;
    if (!read || protocol != BYTE)
        s->pointer = s->reg[HSTCMD];
    if (!read)
        return;
    s->reg[HSTDAT0] = next_byte(s, eeprom);
    if (protocol == WORD_DATA)
        s->reg[HSTDAT1] = next_byte(s, eeprom);
}

void smbus_finish(struct smbus_host *s, const struct smbus_wires *w)
{
    unsigned protocol = (s->reg[HSTCNT] & PROTOCOL) >> 2;
    unsigned module = (s->reg[HSTADD] >> 1) - EEPROMS;

    if (protocol > WORD_DATA)
        guest_oddity(w->done->owner, "SMBus block transfers are not modelled");
    if (protocol > WORD_DATA || module >= w->modules) {
        s->status |= DEV_ERR;
        return;
    }
    talk(s, w->spd[module], protocol, s->reg[HSTADD] & 1);
    s->status |= INTR;
}

u8 smbus_read(struct smbus_host *s, const struct smbus_wires *w, unsigned at)
{
    switch (at) {
    case HSTSTS: return (u8)(s->status | (is_busy(w) ? BUSY : 0));
    case SLVSTS: return 0;
    default:     return s->reg[at % SMBUS_PORTS];
    }
}

static void control(struct smbus_host *s, const struct smbus_wires *w, u8 value)
{
    s->reg[HSTCNT] = value & (INTEREN | PROTOCOL);
    if (value & KILL) {
        if (is_busy(w))
            s->status |= FAILED;
        device_arm_at(w->done->owner, w->done, NEVER);
    } else if (value & START && !is_busy(w)) {
        start(s, w);
    }
}

void smbus_write(struct smbus_host *s, const struct smbus_wires *w, unsigned at, u8 value)
{
    switch (at) {
    case HSTSTS: s->status &= (u8)~(value & (INTR | DEV_ERR | BUS_ERR | FAILED)); break;
    case SLVSTS: break;
    case HSTCNT: control(s, w, value); break;
    default:     s->reg[at % SMBUS_PORTS] = value; break;
    }
}

bool smbus_interrupts(const struct smbus_host *s)
{
    return s->reg[HSTCNT] & INTEREN && s->status;
}

/* -- serial presence detect -- */

enum { MEGA = 1 << 20, LARGEST = 512, SMALLEST = 16 };  /* MB of a module */

/* Rows and columns of one side of four banks, 64 bits wide, whose size is a power of two. */
static void describe_module(u8 *spd, unsigned megabytes)
{
    static const u8 timing[] = { 0x80, 0x60, 0, 0x80, 8, 0, 1, 0x8f, 4, 4, 1, 1 };
    unsigned address_bits = 0;
    u8 sum = 0;

    while (megabytes >> (address_bits + 1))
        address_bits++;
    address_bits += 20 - 3 - 2;                     /* less the byte of eight, the bank of four */
    memset(spd, 0, SPD_BYTES);
    spd[0] = SPD_BYTES;
    spd[1] = 8;                                     /* log of the EEPROM's size */
    spd[2] = 4;                                     /* SDRAM */
    spd[4] = (u8)(address_bits - 12 < 8 ? 8 : address_bits - 12);
    spd[3] = (u8)(address_bits - spd[4]);
    spd[5] = 1;
    spd[6] = 64;
    spd[8] = 1;                                     /* LVTTL */
    memcpy(spd + 9, timing, sizeof timing);
    spd[31] = (u8)(megabytes / 4);
    spd[62] = 0x12;
    for (unsigned i = 0; i < 63; i++)
        sum = (u8)(sum + spd[i]);
    spd[63] = sum;
}

void smbus_describe_ram(struct smbus_wires *w, u64 bytes)
{
    u64 left = bytes / MEGA;

    for (w->modules = 0; w->modules < SPD_MODULES && left >= SMALLEST; w->modules++) {
        unsigned size = LARGEST;

        while (size > left)
            size /= 2;
        describe_module(w->spd[w->modules], size);
        left -= size;
    }
}
