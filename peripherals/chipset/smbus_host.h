#pragma once
#include "core/device.h"

/*
 * The SMBus host controller inside the PIIX4. Its owner maps the ports, gives it an event to
 * end transactions with, and asks whether it interrupts.
 */
#define SMBUS_STATE(ONE, MANY, PART)                        \
    MANY(u8, reg, 16, "registers, as written")              \
    ONE (u8, status,  "SMBHSTSTS, but for BUSY")            \
    ONE (u8, pointer, "into the EEPROM that was read last")

struct smbus_host { STATE_MEMBERS(SMBUS_STATE) };
DEFINE_PART(struct smbus_host, SMBUS_STATE)

enum { SMBUS_PORTS = 16, SPD_BYTES = 128, SPD_MODULES = 4 };

/* The EEPROMs of the memory modules, at addresses 50h and on. */
struct smbus_wires {
    struct event *done;
    unsigned      modules;
    u8            spd[SPD_MODULES][SPD_BYTES];
};

u8   smbus_read(struct smbus_host *, const struct smbus_wires *, unsigned at);
void smbus_write(struct smbus_host *, const struct smbus_wires *, unsigned at, u8 value);
void smbus_finish(struct smbus_host *, const struct smbus_wires *);     /* the event's */
bool smbus_interrupts(const struct smbus_host *);

/* Describes SDRAM modules that make up so much RAM, as far as SPD can. */
void smbus_describe_ram(struct smbus_wires *, u64 bytes);
