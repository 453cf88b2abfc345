#pragma once
#include "core/device.h"

/*
 * What firmware asks the board: numbered items, some of them files with names. Everything is
 * added before the first reset, and copied but for what is lent; the guest only reads.
 *
 * The signature (0), the interface's version (1) and the directory (19h) are there by
 * themselves. Configuration: "port" (510h), "dma_port" (514h), "dma" (yes).
 */
extern const struct device_type fwcfg_type;

enum { FWCFG_ITEMS = 256, FWCFG_NAME = 56 };

/* Refused: a key that is there already, too many, no host memory. */
bool fwcfg_add(struct device *, u16 key, const void *bytes, size_t count, struct error *);
/* The bytes stay where they are for as long as the device. */
bool fwcfg_lend(struct device *, u16 key, const void *bytes, size_t count, struct error *);
bool fwcfg_add_number(struct device *, u16 key, u64 value, unsigned size, struct error *);
/* Keys of files are 20h and up, in the order of their names. */
bool fwcfg_add_file(struct device *, const char *name, const void *bytes, size_t count,
                    struct error *);
