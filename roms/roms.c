#include "roms/roms.h"

#include <string.h>

#define ROM(name)                                                           \
    extern const u8 rom_##name[];                                           \
    extern const u32 rom_##name##_bytes;
#include "roms/roms.def"
#undef ROM

/* The sizes are linked in as words, so that the table can be constant. */
static const struct { const char *name; const u8 *bytes; const u32 *count; } roms[] = {
#define ROM(name) { #name, rom_##name, &rom_##name##_bytes },
#include "roms/roms.def"
#undef ROM
};

bool rom_find(const char *name, struct rom *r)
{
    for (size_t i = 0; i < COUNT(roms); i++) {
        if (!strcmp(roms[i].name, name)) {
            *r = (struct rom){ roms[i].name, roms[i].bytes, *roms[i].count };
            return true;
        }
    }
    return false;
}
