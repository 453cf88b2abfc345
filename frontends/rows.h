/* What devices remember, by name: the inspector's view of a machine. */
#pragma once
#include "core/types.h"

struct device;
struct machine;

/* Element i of the row "gpr", "seg[1].base" of a device; false: it has none such. */
bool row_get(struct device *, const char *name, u32 i, u64 *value);
/* ... or 0. */
u64  row(struct device *, const char *name, u32 i);
/* Processor i of the machine as a device, settled; NULL: there is none. */
struct device *processor(struct machine *, unsigned i);
