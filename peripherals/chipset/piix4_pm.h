#pragma once
#include "core/device.h"

/*
 * Power management, function 3 of PIIX4. It drives "sci" (ACPI's interrupt, level), "smi"
 * (pulses: for processor 0 alone, whose firmware is the only one to have set up SMM) and
 * "susstat" (from falling asleep (S3) until the reset that wakes: for the host bridge, which
 * keeps its registers meanwhile and is attached earlier). Configuration: "gpe_port" (AFE0h).
 *
 * Sleep states are 0 (S5: the machine is off), 1 (S3) and 2 (S4, as off). Falling asleep puts FEh
 * into CMOS 0Fh by ports 70h and 71h, as the firmware of a board would.
 */
extern const struct device_type piix4_pm_type;

enum piix4_pm_pin {
    PIIX4_PM_BUTTON,            /* a rise: someone pressed the power button */
    PIIX4_PM_RTC,               /* IRQ8#, the clock's own: no HPET wakes */
};

/* What the SMBus tells of memory modules; nothing without it. */
void piix4_pm_set_ram(struct device *, u64 bytes);
