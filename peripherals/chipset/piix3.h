#pragma once
#include "core/device.h"

/*
 * The ISA bridge, function 0 of PIIX3. It drives "irq3" to "irq7", "irq9" to "irq12", "irq14" and
 * "irq15" (of PCI functions), "a20" (low: address line 20 is held low) and "init" (pulses: a soft
 * reset of the processors).
 */
extern const struct device_type piix3_type;

enum piix3_pin {
    PIIX3_PIRQA, PIIX3_PIRQB, PIIX3_PIRQC, PIIX3_PIRQD,
    PIIX3_A20GATE,              /* of the keyboard controller: high lets A20 pass */
    PIIX3_RC,                   /* of the keyboard controller: a rise resets the processors */
    PIIX3_SHUTDOWN,             /* a processor's shutdown cycle: the same */
};
