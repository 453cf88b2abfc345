#pragma once
#include "core/device.h"

/*
 * MC146818 with 256 bytes. Drives "irq" and "nmi_mask" (bit 7 of port 70h). "rtc.start" is
 * what it shows at power-on, in seconds since 1970; "rtc.extended = no" leaves ports 72h
 * and 73h away.
 */
extern const struct device_type rtc_type;

/* For the board: a byte as it lies in the chip, no register's side effects. */
void rtc_set_cmos(struct device *rtc, u8 index, u8 value);
u8   rtc_get_cmos(struct device *rtc, u8 index);
