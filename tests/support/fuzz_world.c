#include "tests/support/fuzz_world.h"

#include "bus/pci.h"
#include "core/audio.h"
#include "core/block.h"
#include "core/board.h"
#include "core/buffer.h"
#include "core/chr.h"
#include "core/config.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/net.h"
#include "core/ram.h"
#include "core/snapshot.h"
#include "peripherals/boards/boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void die(const char *why)
{
    fprintf(stderr, "fuzz: %s\n", why);
    abort();
}

/* ---- Media ---- */

struct medium {
    struct block block;
    u8          *bytes;
};

struct fuzz_media { struct medium m[WORLD_MEDIA]; };

static const struct { const char *name; u32 sectors; bool read_only; } shelf[WORLD_MEDIA] = {
    { "disk", 1024, false }, { "cd", 256, true }, { "floppy", 2880, false },
    { "small", 720, true }, { "other-cd", 128, true }, { "single", 320, false },
};

static bool medium_read(struct block *b, u64 sector, u32 count, u8 *to)
{
    memcpy(to, container_of(b, struct medium, block)->bytes + sector * SECTOR_BYTES,
           (size_t)count * SECTOR_BYTES);
    return true;
}

static bool medium_write(struct block *b, u64 sector, u32 count, const u8 *from)
{
    memcpy(container_of(b, struct medium, block)->bytes + sector * SECTOR_BYTES, from,
           (size_t)count * SECTOR_BYTES);
    return true;
}

static bool medium_flush(struct block *b)
{
    return true;
}

static const struct block_ops medium_ops = { medium_read, medium_write, medium_flush };

/* Every sector holds its number; a copy has what the guest wrote. */
static struct fuzz_media *media_create(const struct fuzz_media *like)
{
    struct fuzz_media *media = calloc(1, sizeof *media);

    for (unsigned i = 0; media && i < WORLD_MEDIA; i++) {
        struct medium *m = &media->m[i];
        size_t count = (size_t)shelf[i].sectors * SECTOR_BYTES;

        m->block = (struct block){ &medium_ops, shelf[i].name, shelf[i].sectors,
                                   shelf[i].read_only };
        m->bytes = calloc(1, count);
        if (!m->bytes)
            die("out of memory");
        for (size_t at = 0; !like && at < count; at += SECTOR_BYTES)
            m->bytes[at] = (u8)(at / SECTOR_BYTES), m->bytes[at + 1] = (u8)(i + 1);
        if (like)
            memcpy(m->bytes, like->m[i].bytes, count);
    }
    return media;
}

static void media_destroy(struct fuzz_media *media)
{
    for (unsigned i = 0; i < WORLD_MEDIA; i++)
        free(media->m[i].bytes);
    free(media);
}

static struct block *open_medium(void *ctx, const char *name)
{
    struct fuzz_media *media = ctx;

    for (unsigned i = 0; i < WORLD_MEDIA; i++)
        if (!strcmp(shelf[i].name, name))
            return &media->m[i].block;
    return NULL;
}

static struct block *named(struct fuzz_media *media, const char *name)
{
    return name ? open_medium(media, name) : NULL;
}

/* ---- What comes out ---- */

struct fuzz_ears {
    struct chr         chr;
    struct net         net;
    struct audio       audio;
    struct fuzz_world *world;
};

static void hear_byte(struct chr *c, u8 byte)
{
    hash_add(&container_of(c, struct fuzz_ears, chr)->world->seen, &byte, 1);
}

static void hear_frame(struct net *n, const u8 *frame, size_t count)
{
    hash_add(&container_of(n, struct fuzz_ears, net)->world->seen, frame, count);
}

static void hear_speaker(struct audio *a, u64 when, bool out)
{
    hash_add_number(&container_of(a, struct fuzz_ears, audio)->world->seen, when * 2 + out, 8);
}

static const struct chr_ops   chr_ears = { hear_byte };
static const struct net_ops   net_ears = { hear_frame };
static const struct audio_ops audio_ears = { hear_speaker };

static void listen(struct fuzz_world *w)
{
    struct fuzz_ears *ears = w->ears = calloc(1, sizeof *ears);

    if (!ears)
        die("out of memory");
    *ears = (struct fuzz_ears){ { &chr_ears }, { &net_ears }, { &audio_ears }, w };
    for (struct device *dev = w->machine->devices; dev; dev = dev->next) {
        struct net_port *port = device_offer(dev, "net");
        struct audio **speaker = device_offer(dev, "speaker");

        if (port)
            port->out = &ears->net;
        if (speaker)
            *speaker = &ears->audio;
        if (dev->type->connect)
            dev->type->connect(dev, &ears->chr);
    }
}

/* ---- The processor's program ---- */

enum { ROM_BYTES = 0x10000 };

/* Sleep for ever; an interrupt is acknowledged at both controllers and forgotten. */
static void make_rom(u8 *rom, const struct fuzz_plan *p)
{
    static const u8 sleep[] = { 0xfb, 0xf4, 0xeb, 0xfc };
    static const u8 answer[] = { 0x50, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcf };
    static const u8 start[] = { 0xea, 0x00, 0xe0, 0x00, 0xf0 };

    memset(rom, 0xf4, ROM_BYTES);
    memcpy(rom + 0xe000, sleep, sizeof sleep);
    if (p->deaf)
        rom[0xe000] = 0xfa;
    memcpy(rom + 0xe010, answer, sizeof answer);
    memcpy(rom + 0xfff0, start, sizeof start);
}

/* And a processor that is started at one of the first pages sleeps at once. */
static void make_vectors(u8 *ram)
{
    static const u8 to_answer[] = { 0x10, 0xe0, 0x00, 0xf0 }, sleep[] = { 0xf4, 0xeb, 0xfd };

    for (unsigned i = 0; i < 256; i++)
        memcpy(ram + 4 * i, to_answer, 4);
    for (unsigned page = 1; page < 10; page++)
        memcpy(ram + 0x1000 * page, sleep, sizeof sleep);
}

/* ---- The board ---- */

static const char *const drive_name[WORLD_DRIVES] = { "hda", "hdb", "hdc", "fda", "fdb" };

static void build(struct fuzz_world *w, const char *const medium[WORLD_DRIVES])
{
    static const struct board_device pci_cards[] = {
        { "e1000", "nic0" }, { "rtl8139", "nic1" }, { "ne2k_pci", "nic2" },
        { "pvpanic", "pvpanic" }, { "isa-debug-exit", "exit" },
        { "pc-testdev", "testdev" }, { "pci-testdev", "pcitest" },
    };
    static const struct board_device isa_cards[] = {
        { "ne2k_isa", "nic0" }, { "pvpanic", "pvpanic" }, { "isa-debug-exit", "exit" },
        { "pc-testdev", "testdev" },
    };
    static u8 rom[ROM_BYTES];
    struct board_drive drives[WORLD_DRIVES];
    struct board_input in = {
        .ram_bytes = WORLD_RAM, .cpus = w->plan.cpus, .rom = rom, .rom_bytes = sizeof rom,
        .drives = drives, .drive_count = WORLD_DRIVES,
        .devices = w->plan.isa ? isa_cards : pci_cards,
        .device_count = w->plan.isa ? COUNT(isa_cards) : COUNT(pci_cards),
    };
    struct error err = { "" };

    make_rom(rom, &w->plan);
    for (unsigned i = 0; i < WORLD_DRIVES; i++)
        drives[i] = (struct board_drive){ drive_name[i], i == 2, named(w->media, medium[i]) };
    for (const struct board *const *b = boards; *b; b++)
        if (!strcmp((*b)->name, w->plan.isa ? "isapc" : "pc") && (*b)->build(w->machine, &in, &err))
            return;
    die(err.text);
}

static struct fuzz_world *create(const struct fuzz_plan *p, const struct fuzz_media *like,
                                 const char *const medium[WORLD_DRIVES])
{
    struct fuzz_world *w = calloc(1, sizeof *w);
    struct error err = { "" };

    if (!w)
        die("out of memory");
    w->plan = *p;
    w->media = media_create(like);
    w->machine = machine_create(&err);
    if (!w->media || !w->machine)
        die("out of memory");
    w->machine->config = config_create();
    config_set(w->machine->config, "fdb.kind", "2880", &err);
    w->machine->open_medium = open_medium;
    w->machine->media_ctx = w->media;
    build(w, medium);
    for (const struct ram *r = w->machine->rams; r; r = r->next)
        if (!strcmp(r->name, "main"))
            w->ram = r->host;
    hash_begin(&w->seen);
    listen(w);
    machine_reset(w->machine, RESET_POWER);
    make_vectors(w->ram);
    return w;
}

struct fuzz_world *fuzz_world_create(const struct fuzz_plan *p)
{
    static const char *const medium[] = { "disk", "single", "cd", "floppy", NULL };

    return create(p, NULL, medium);
}

void fuzz_world_destroy(struct fuzz_world *w)
{
    struct config *c = w->machine->config;

    machine_destroy(w->machine);
    config_destroy(c);
    media_destroy(w->media);
    free(w->ears);
    free(w);
}

/* Which medium is in a drive is not saved: the new machine is given the same ones. */
struct fuzz_world *fuzz_world_twin(struct fuzz_world *w)
{
    const char *medium[WORLD_DRIVES] = { NULL };
    struct buffer saved = { 0 };
    struct error err = { "" };
    struct fuzz_world *twin;

    for (unsigned i = 0; i < WORLD_DRIVES; i++) {
        struct drive *d = device_offer(machine_find(w->machine, drive_name[i]), "drive");

        medium[i] = d->medium ? d->medium->name : NULL;
    }
    twin = create(&w->plan, w->media, medium);
    if (!snapshot_save(&saved, w->machine, &err)
        || !snapshot_load(twin->machine, saved.bytes, saved.used, &err))
        die(err.text);
    buffer_clear(&saved);
    twin->seen = w->seen;
    return twin;
}

struct space *fuzz_world_memory(struct fuzz_world *w)
{
    return w->machine->cpu[0]->memory;
}

/* ---- What firmware does ---- */

static void config_write(struct fuzz_world *w, unsigned slot, unsigned function, unsigned at,
                         unsigned size, u32 value)
{
    space_write(w->machine->ports, 0xcf8, UINT32_C(1) << 31 | slot << 11 | function << 8 | at, 4);
    space_write(w->machine->ports, 0xcfc + (at & 3), value, size);
}

static u32 config_read(struct fuzz_world *w, unsigned slot, unsigned function, unsigned at)
{
    space_write(w->machine->ports, 0xcf8, UINT32_C(1) << 31 | slot << 11 | function << 8 | at, 4);
    return (u32)space_read(w->machine->ports, 0xcfc, 4);
}

static void place_bars(struct fuzz_world *w, unsigned slot, unsigned function, u32 *port,
                       u32 *memory)
{
    for (unsigned i = 0; i <= PCI_BARS; i++) {
        unsigned at = i < PCI_BARS ? 0x10 + 4 * i : 0x30;
        u32 mask, size, *next;

        config_write(w, slot, function, at, 4, i < PCI_BARS ? 0xffffffff : 0xfffff800);
        mask = config_read(w, slot, function, at);
        if (!mask)
            continue;
        next = mask & 1 && i < PCI_BARS ? port : memory;
        size = -(mask & (next == port ? 0xfffc : 0xfffffff0));
        if (next == port)
            size &= 0xffff;
        *next = (*next + size - 1) & -size;
        config_write(w, slot, function, at, 4, *next | (i == PCI_BARS));
        *next += size;
    }
    config_write(w, slot, function, 4, 2, 7);
}

static void set_up_pci(struct fuzz_world *w)
{
    u32 port = 0xc000, memory = 0xe0000000;

    for (unsigned slot = 0; slot < 8; slot++)
        for (unsigned function = 0; function < 4; function++)
            if (config_read(w, slot, function, 0) != 0xffffffff)
                place_bars(w, slot, function, &port, &memory);
    for (unsigned i = 0; i < 4; i++)                    /* PIIX3: PIRQ routes; PIIX4: PM, SMBus */
        config_write(w, 1, 0, 0x60 + i, 1, 10 + i / 2);
    config_write(w, 1, 1, 0x40, 4, 0x80008000);
    config_write(w, 1, 3, 0x40, 4, 0xb001);
    config_write(w, 1, 3, 0x80, 1, 1);
    config_write(w, 1, 3, 0x90, 4, 0xb101);
    config_write(w, 1, 3, 0xd2, 1, 9);
    for (unsigned at = 0x5a; at < 0x60; at++)           /* 82441FX: RAM from C0000h to EFFFFh */
        config_write(w, 0, 0, at, 1, 0x33);
}

void fuzz_world_set_up(struct fuzz_world *w)
{
    static const struct { u16 port; u8 value; } pics[] = {
        { 0x20, 0x11 }, { 0x21, 0x08 }, { 0x21, 0x04 }, { 0x21, 0x01 }, { 0x21, 0x00 },
        { 0xa0, 0x11 }, { 0xa1, 0x70 }, { 0xa1, 0x02 }, { 0xa1, 0x01 }, { 0xa1, 0x00 },
        { 0x70, 0x0f },
    };

    if (!w->plan.isa)
        set_up_pci(w);
    for (unsigned i = 0; i < COUNT(pics); i++)
        space_write(w->machine->ports, pics[i].port, pics[i].value, 1);
}

/* ---- Comparing ---- */

struct digest fuzz_world_digest(struct fuzz_world *w)
{
    struct digest state = machine_hash(w->machine);
    struct hash all = w->seen;

    hash_add_number(&all, state.low, 8);
    hash_add_number(&all, state.high, 8);
    for (unsigned i = 0; i < WORLD_MEDIA; i++)
        if (!shelf[i].read_only)
            hash_add(&all, w->media->m[i].bytes, (size_t)shelf[i].sectors * SECTOR_BYTES);
    return hash_end(&all);
}

struct search { const char *name; const u8 *data; };

static void find_row(void *ctx, const struct state_view *v)
{
    struct search *s = ctx;

    if (!strcmp(v->name, s->name))
        s->data = v->data;
}

static void compare_row(void *ctx, const struct state_view *v)
{
    struct fuzz_world *other = ctx;
    struct search s = { v->name, NULL };

    machine_visit(other->machine, find_row, &s);
    if (!s.data || memcmp(s.data, v->data, (size_t)v->size * v->count))
        fprintf(stderr, "  %s (%s) differs\n", v->name, v->about);
}

bool fuzz_world_same(struct fuzz_world *a, struct fuzz_world *b)
{
    struct digest x = fuzz_world_digest(a), y = fuzz_world_digest(b);

    if (x.low == y.low && x.high == y.high)
        return true;
    machine_visit(a->machine, compare_row, b);
    return false;
}
