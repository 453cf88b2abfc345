#pragma once
#include "core/buffer.h"
#include "core/types.h"

struct smbios_facts {
    unsigned    cpus;
    u64         ram_bytes;
    const char *uuid;           /* "xxxxxxxx-xxxx-...", or NULL */
    const char *version;        /* of the emulator */
};

/* For fw_cfg: "etc/smbios/smbios-anchor" and "etc/smbios/smbios-tables"; the firmware fills
 * in address and checksums. The caller clears them. */
struct smbios_blobs { struct buffer anchor, tables; };

void smbios_build(const struct smbios_facts *, struct smbios_blobs *);
