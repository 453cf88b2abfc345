/*
 * A processor, RAM, a ROM, two debug consoles and an exit port: enough for firmware's
 * first words and for test programs. No interrupt controller, no timer.
 */
#include "core/board.h"
#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"
#include "isa/x86/x86.h"
#include "peripherals/debug/debugcon.h"
#include "peripherals/debug/exit.h"

#include <stdio.h>
#include <string.h>

enum { LEGACY_ROM = 128 << 10 };        /* what of the ROM shows below 1 MB as well */
#define TOP     (UINT64_C(1) << 32)
#define MEGA    (UINT64_C(1) << 20)

struct bare {
    struct device dev;
    struct region low, high, rom, shadow;
    char cpu_name[MACHINE_CPUS][8];
};

/* The memory map belongs to a device of its own, so that regions have an owner. */
static const struct device_type bare_type = {
    .name = "bare-board", .title = "memory map", .size = sizeof(struct bare),
};

static bool map_ram(struct machine *m, struct bare *b, u64 bytes, struct error *err)
{
    struct ram *ram = machine_add_ram(m, "main", bytes, err);

    if (!ram)
        return false;
    b->low = (struct region){
        .name = "low", .owner = &b->dev, .ram = ram, .writable = true,
        .size = bytes < 0xa0000 ? bytes : 0xa0000,
    };
    space_map(m->memory, &b->low, 0, UNDER);
    if (bytes > MEGA) {
        b->high = (struct region){
            .name = "high", .owner = &b->dev, .ram = ram, .ram_offset = MEGA,
            .writable = true, .size = bytes - MEGA,
        };
        space_map(m->memory, &b->high, MEGA, UNDER);
    }
    return true;
}

static bool map_rom(struct machine *m, struct bare *b, const struct board_input *in,
                    struct error *err)
{
    u64 size = (in->rom_bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    u64 legacy = size < LEGACY_ROM ? size : LEGACY_ROM;
    struct ram *rom = machine_add_ram(m, "rom", size, err);

    if (!rom)
        return false;
    memcpy(rom->host + (size - in->rom_bytes), in->rom, in->rom_bytes);
    b->rom = (struct region){ .name = "rom", .owner = &b->dev, .ram = rom, .size = size };
    space_map(m->memory, &b->rom, TOP - size, NORMAL);
    b->shadow = (struct region){
        .name = "rom-legacy", .owner = &b->dev, .ram = rom, .ram_offset = size - legacy,
        .size = legacy,
    };
    space_map(m->memory, &b->shadow, MEGA - legacy, NORMAL);
    return true;
}

static bool add_processors(struct machine *m, struct bare *b, unsigned cpus, struct error *err)
{
    for (unsigned i = 0; i < cpus && i < MACHINE_CPUS; i++) {
        snprintf(b->cpu_name[i], sizeof b->cpu_name[i], "cpu%u", i);
        if (!machine_add(m, &x86_cpu_type, b->cpu_name[i], err))
            return false;
    }
    return true;
}

/* A triple fault ends the run, whichever processor's it is. */
static bool wire_shutdown(struct machine *m, const struct bare *b, unsigned cpus,
                          struct error *err)
{
    for (unsigned i = 0; i < cpus; i++) {
        char from[24];

        snprintf(from, sizeof from, "%s.shutdown", b->cpu_name[i]);
        if (!machine_wire(m, from, "exit", 0, err))
            return false;
    }
    return true;
}

static bool bare_build(struct machine *m, const struct board_input *in, struct error *err)
{
    struct device *board;

    if (in->rom_bytes == 0 || in->rom_bytes > 16 * MEGA)
        return fail(err, "the bare board needs firmware of at most 16 MB");
    if (in->ram_bytes > TOP - 16 * MEGA)
        return fail(err, "the bare board takes at most 4080 MB of RAM");
    if (m->config && !config_set(m->config, "bioscon.port", "0x402", err))
        return false;
    board = machine_add(m, &bare_type, "board", err);
    return board && map_ram(m, container_of(board, struct bare, dev), in->ram_bytes, err)
        && map_rom(m, container_of(board, struct bare, dev), in, err)
        && add_processors(m, container_of(board, struct bare, dev), in->cpus, err)
        && machine_add(m, &debugcon_type, "debugcon", err)
        && machine_add(m, &debugcon_type, "bioscon", err)
        && machine_add(m, &debug_exit_type, "exit", err)
        && wire_shutdown(m, container_of(board, struct bare, dev), in->cpus, err);
}

extern const struct board board_bare;
const struct board board_bare = {
    .name = "bare", .title = "processor, memory and debug ports", .build = bare_build,
};
