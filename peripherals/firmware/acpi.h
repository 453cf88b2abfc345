#pragma once
#include "core/buffer.h"
#include "core/types.h"

/* What of the PC the tables tell. */
struct acpi_facts {
    unsigned cpus;
    u64      low_end;           /* of RAM below 4 GB: the PCI window begins there */
    u64      high_end;          /* of RAM above 4 GB, or 4 GB: the 64-bit window follows */
};

/* For fw_cfg: "etc/acpi/rsdp", "etc/acpi/tables", "etc/table-loader" (see platform notes in
 * acpi.c). The caller clears them. */
struct acpi_blobs { struct buffer rsdp, tables, loader; };

void acpi_build(const struct acpi_facts *, struct acpi_blobs *);

/* The definition block alone, with its header: for tests and people. */
void acpi_dsdt(const struct acpi_facts *, struct buffer *);
