#pragma once
#include "core/device.h"

/*
 * Both 8259As of an AT. Pins 0 to 15 are the IRQs (2 is taken by the cascade and not
 * heard); drives "intr". An edge counts only while its line stays up: who interrupts by
 * edges leaves the line up until the next one, and then lowers and raises it.
 */
extern const struct device_type pic_type;

/* The processor's two INTA cycles: the vector. For cpu->acknowledge. */
u8 pic_acknowledge(struct device *pic);
