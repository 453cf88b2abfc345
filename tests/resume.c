/*
 * Saving and loading must not be noticed: a whole PC boots while it is, at random instants,
 * saved, loaded into a machine that was just switched on, and both run on. They must end in one
 * state. Then that machine goes on alone.
 *
 *   resume FIRMWARE VGABIOS [--cuts N] [--step MICROSECONDS] [--seed N] [--cpus N]
 *          [--kernel FILE --initrd FILE]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block.h"
#include "core/board.h"
#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/snapshot.h"
#include "peripherals/boards/boards.h"

struct plan {
    struct board_input input;
    struct board_file  vgabios;
    struct board_kernel kernel;
    struct board_drive drive[2];
    struct board_device card[3];
};

struct medium { struct block block; u8 bytes[64 << 9]; };

static bool medium_read(struct block *b, u64 sector, u32 count, u8 *to)
{
    memcpy(to, container_of(b, struct medium, block)->bytes + sector * SECTOR_BYTES,
           (size_t)count * SECTOR_BYTES);
    return true;
}

/* The two machines share their media: what one writes, the other must not see. */
static bool medium_write(struct block *b, u64 sector, u32 count, const u8 *from)
{
    return true;
}

static bool medium_flush(struct block *b)
{
    return true;
}

static const struct block_ops medium_ops = { medium_read, medium_write, medium_flush };

static u8 *read_file(const char *path, size_t *count)
{
    FILE *f = fopen(path, "rb");
    u8 *bytes = NULL;
    long size;

    *count = 0;
    if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0
        && (bytes = malloc((size_t)size))) {
        rewind(f);
        *count = fread(bytes, 1, (size_t)size, f);
    }
    if (f)
        fclose(f);
    if (*count == 0) {
        fprintf(stderr, "resume: %s cannot be read\n", path);
        exit(1);
    }
    return bytes;
}

static struct machine *switch_on(const struct plan *p)
{
    struct error err = { "" };
    struct machine *m = machine_create(&err);

    m->config = config_create();
    if (!boards[0]->build(m, &p->input, &err)) {
        fprintf(stderr, "resume: %s\n", err.text);
        exit(1);
    }
    machine_reset(m, RESET_POWER);
    return m;
}

static void switch_off(struct machine *m)
{
    struct config *c = m->config;

    machine_destroy(m);
    config_destroy(c);
}

static u64 random_below(u64 *seed, u64 n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (*seed >> 33) % n;
}

static struct machine *twin_of(struct machine *m, const struct plan *p)
{
    struct machine *twin = switch_on(p);
    struct buffer saved = { 0 };
    struct error err = { "" };

    if (!snapshot_save(&saved, m, &err)
        || !snapshot_load(twin, saved.bytes, saved.used, &err)) {
        fprintf(stderr, "resume: %s\n", err.text);
        exit(1);
    }
    buffer_clear(&saved);
    return twin;
}

/* -- what differs -- */

struct comparison { struct machine *other; const char *name; u8 *data; };

static void find_row(void *ctx, const struct state_view *v)
{
    struct comparison *c = ctx;

    if (!strcmp(v->name, c->name))
        c->data = v->data;
}

static void compare_row(void *ctx, const struct state_view *v)
{
    struct comparison c = { ctx, v->name, NULL };

    machine_visit(c.other, find_row, &c);
    if (!c.data || memcmp(c.data, v->data, (size_t)v->size * v->count))
        fprintf(stderr, "  %s (%s) differs\n", v->name, v->about);
}

static bool same(struct machine *a, struct machine *b)
{
    struct digest x = machine_hash(a), y = machine_hash(b);

    if (x.low == y.low && x.high == y.high)
        return true;
    machine_visit(a, compare_row, b);
    return false;
}

static bool cut(struct machine **m, const struct plan *p, u64 on)
{
    struct machine *twin = twin_of(*m, p);
    u64 at = (*m)->clock.now;

    if (!same(*m, twin)) {
        fprintf(stderr, "resume: cut at %" PRIu64 " ns: loading lost something\n", at);
        return false;
    }
    machine_run(*m, at + on);
    machine_run(twin, at + on);
    if (!same(*m, twin)) {
        fprintf(stderr, "resume: cut at %" PRIu64 " ns: noticed within %" PRIu64 " ns\n", at, on);
        return false;
    }
    switch_off(*m);
    *m = twin;
    return true;
}

int main(int argc, char **argv)
{
    u64 cuts = 20, step = 50000, seed = 1;
    static struct medium disk = {           /* whose boot sector halts: hlt; jmp -3 */
        { &medium_ops, "disk", 64, false }, { 0xf4, 0xeb, 0xfd }
    };
    static struct medium cd = { { &medium_ops, "cd", 64, true }, { 0 } };
    static struct plan p;               /* and what it leads to lives as long as the program */

    p = (struct plan){
        .input = { .ram_bytes = 64 << 20, .cpus = 1, .files = &p.vgabios, .file_count = 1,
                   .drives = p.drive, .drive_count = 2, .devices = p.card, .device_count = 3 },
        .vgabios = { .name = "vgabios" },
        .drive = { { "hda", false, &disk.block }, { "hdc", true, &cd.block } },
        .card = { { "e1000", "nic0" }, { "rtl8139", "nic1" }, { "ne2k_pci", "nic2" } },
    };
    struct machine *m;

    disk.bytes[510] = 0x55, disk.bytes[511] = 0xaa;
    if (argc < 3) {
        fprintf(stderr, "usage: resume FIRMWARE VGABIOS [--cuts N] ...\n");
        return 2;
    }
    p.input.rom = read_file(argv[1], &p.input.rom_bytes);
    p.vgabios.bytes = read_file(argv[2], &p.vgabios.count);
    for (int i = 3; i + 1 < argc; i += 2) {
        u64 value = strtoull(argv[i + 1], NULL, 0);

        if (!strcmp(argv[i], "--cuts"))
            cuts = value;
        else if (!strcmp(argv[i], "--step"))
            step = value;
        else if (!strcmp(argv[i], "--seed"))
            seed = value;
        else if (!strcmp(argv[i], "--cpus"))
            p.input.cpus = (unsigned)value;
        else if (!strcmp(argv[i], "--kernel"))
            p.kernel.bytes = read_file(argv[i + 1], &p.kernel.count);
        else if (!strcmp(argv[i], "--initrd"))
            p.kernel.initrd = read_file(argv[i + 1], &p.kernel.initrd_count);
        else
            return 2;
    }
    if (p.kernel.bytes) {
        p.kernel.name = "kernel";
        p.kernel.command_line = "console=ttyS0";
        p.input.kernel = &p.kernel;
        p.input.ram_bytes = 256 << 20;
    }
    m = switch_on(&p);
    for (u64 i = 0; i < cuts; i++) {
        machine_run(m, m->clock.now + random_below(&seed, 2 * step) * MICROSECOND
                           + random_below(&seed, 1000));
        if (!cut(&m, &p, 1 + random_below(&seed, step / 4) * MICROSECOND))
            return 1;
    }
    printf("%" PRIu64 " cuts up to %.3f s, none noticed\n", cuts, (double)m->clock.now / SECOND);
    switch_off(m);
    return 0;
}
