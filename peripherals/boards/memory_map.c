/* RAM and ROM as PCs since the AT have them: a hole from A0000h to 1 MB, ROM below both tops. */
#include "peripherals/boards/memory_map.h"

#include "core/machine.h"
#include "core/ram.h"

#include <string.h>

enum { LOW = 0xa0000, LEGACY_ROM = 128 << 10 };

void memory_map_ram(struct memory_map *map, struct device *owner, struct ram *ram, u64 bytes)
{
    map->low = (struct region){
        .name = "low", .owner = owner, .ram = ram, .writable = true,
        .size = bytes < LOW ? bytes : LOW,
    };
    space_map(owner->machine->memory, &map->low, 0, UNDER);
    if (bytes <= MAP_MEGABYTE)
        return;
    map->high = (struct region){
        .name = "high", .owner = owner, .ram = ram, .ram_offset = MAP_MEGABYTE, .writable = true,
        .size = bytes - MAP_MEGABYTE,
    };
    space_map(owner->machine->memory, &map->high, MAP_MEGABYTE, UNDER);
}

struct ram *memory_map_rom(struct memory_map *map, struct device *owner,
                           const struct board_input *in, struct error *err)
{
    struct machine *m = owner->machine;
    u64 size = (in->rom_bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    u64 legacy = size < LEGACY_ROM ? size : LEGACY_ROM;
    struct ram *rom = machine_add_ram(m, "rom", size, err);

    if (!rom)
        return NULL;
    memcpy(rom->host + (size - in->rom_bytes), in->rom, in->rom_bytes);
    map->rom = (struct region){ .name = "rom", .owner = owner, .ram = rom, .size = size };
    space_map(m->memory, &map->rom, MAP_TOP - size, NORMAL);
    map->legacy = (struct region){
        .name = "rom-legacy", .owner = owner, .ram = rom, .ram_offset = size - legacy,
        .size = legacy,
    };
    space_map(m->memory, &map->legacy, MAP_MEGABYTE - legacy, NORMAL);
    return rom;
}
