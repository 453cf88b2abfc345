#pragma once
#include "core/device.h"

struct ram;
struct space;

/*
 * The host bridge. After machine_add() the board gives it RAM, then takes from it what each
 * processor sees in system management mode. It drives "init" (the soft reset of register 93h).
 */
extern const struct device_type i440fx_type;

enum i440fx_pin {
    I440FX_SUSSTAT,             /* high: a reset leaves the registers alone, for S3 */
};

/*
 * Maps `main` at 0-9FFFFh, from 1 MB to low_bytes, and what is left from 4 GB on. Both sizes
 * are at least 1 MB; what lies behind A0000-FFFFFh is for SMRAM and for shadowing ROMs.
 */
bool i440fx_set_ram(struct device *, struct ram *main, u64 low_bytes, struct error *);

/*
 * A space over a processor's memory that shows SMRAM while the guest enables that. It is the
 * caller's, to be destroyed after the processor and before `over`. NULL: no host memory.
 */
struct space *i440fx_smm_space(struct device *, struct space *over, struct error *);
