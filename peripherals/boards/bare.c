/*
 * A processor, RAM, a ROM, two debug consoles and an exit port: enough for firmware's
 * first words and for test programs. No interrupt controller, no timer.
 */
#include "peripherals/boards/memory_map.h"

#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "isa/x86/x86.h"
#include "peripherals/debug/debugcon.h"
#include "peripherals/debug/exit.h"

#include <stdio.h>

struct bare {
    struct device dev;
    struct memory_map map;
    char cpu_name[MACHINE_CPUS][8];
};

/* The memory map belongs to a device of its own, so that regions have an owner. */
static const struct device_type bare_type = {
    .name = "bare-board", .title = "memory map", .size = sizeof(struct bare),
};

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
    struct bare *b;
    struct ram *ram;

    if (in->rom_bytes == 0 || in->rom_bytes > 16 * MAP_MEGABYTE)
        return fail(err, "the bare board needs firmware of at most 16 MB");
    if (in->ram_bytes > MAP_TOP - 16 * MAP_MEGABYTE)
        return fail(err, "the bare board takes at most 4080 MB of RAM");
    if (m->config && !config_set(m->config, "bioscon.port", "0x402", err))
        return false;
    board = machine_add(m, &bare_type, "board", err);
    if (!board)
        return false;
    b = container_of(board, struct bare, dev);
    ram = machine_add_ram(m, "main", in->ram_bytes, err);
    if (!ram)
        return false;
    memory_map_ram(&b->map, board, ram, in->ram_bytes);
    return memory_map_rom(&b->map, board, in, err) && add_processors(m, b, in->cpus, err)
        && machine_add(m, &debugcon_type, "debugcon", err)
        && machine_add(m, &debugcon_type, "bioscon", err)
        && machine_add(m, &debug_exit_type, "exit", err)
        && wire_shutdown(m, b, in->cpus, err);
}

extern const struct board board_bare;
const struct board board_bare = {
    .name = "bare", .title = "processor, memory and debug ports", .build = bare_build,
};
