/*
 * What a machine starts that was given nothing: our own demonstration (roms/demo.asm) on a
 * diskette. Under `test` it begins with its self-test, and that is the verdict.
 */
#include "frontends/setup/parts.h"

#include "core/error.h"
#include "frontends/host/block.h"
#include "frontends/options/options.h"
#include "roms/roms.h"

enum { SECTORS = 2880, WANTS_SELFTEST = 508 };

bool parts_want_demo(const struct options *o)
{
    return !o->image && !o->kernel && !o->drive.count && !o->boot.count && !o->bios;
}

bool parts_add_demo(struct parts *p, struct session *s, struct error *err)
{
    struct rom rom;
    struct block *b;
    u8 sector[SECTOR_BYTES];

    if (!rom_find("demo", &rom))
        return fail(err, "no image was given, and the demonstration was not built in");
    b = block_memory_open("the demonstration", rom.bytes, rom.count, SECTORS, err);
    if (!b)
        return false;
    s->medium[s->media++] = b;
    if (s->options->command == COMMAND_TEST && b->ops->read(b, 0, 1, sector)) {
        sector[WANTS_SELFTEST] = 1;
        b->ops->write(b, 0, 1, sector);
    }
    p->drive[p->input.drive_count++] = (struct board_drive){ "fda", false, b };
    p->input.drives = p->drive;
    return true;
}
