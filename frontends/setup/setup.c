#include "frontends/setup/setup.h"

#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "frontends/host/chr.h"
#include "frontends/monitor/monitor.h"
#include "frontends/options/options.h"
#include "frontends/setup/files.h"
#include "frontends/setup/network.h"
#include "frontends/setup/parts.h"
#include "frontends/setup/settings.h"
#include "frontends/setup/streams.h"
#include "frontends/setup/tell.h"
#include "frontends/ui.h"
#include "peripherals/boards/boards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRMWARE_LIMIT = 16 << 20 };

static const struct board *find_board(const char *name)
{
    static const char *const others[][2] = { { "pc-i440fx", "pc" }, { "i440fx", "pc" } };

    for (unsigned i = 0; name && i < COUNT(others); i++)
        if (!strncmp(name, others[i][0], strlen(others[i][0])))
            name = others[i][1];
    for (unsigned i = 0; boards[i]; i++)
        if (!strcmp(boards[i]->name, name ? name : "pc"))
            return boards[i];
    return name ? NULL : boards[0];
}

static bool choose_board(struct session *s, struct error *err)
{
    s->board = find_board(s->options->machine_type);
    return s->board || fail(err, "-machine %s: no such machine here; -machine help lists them",
                            s->options->machine_type);
}

/* The bare board has no disks: its image is its firmware. */
static bool add_bare_firmware(struct parts *p, const struct options *o, struct error *err)
{
    const char *path = o->bios ? o->bios : o->image;

    if (!path)
        return fail(err, "-machine bare wants firmware: orrery -machine bare FILE");
    if (o->bios && o->image)
        return fail(err, "-machine bare takes -bios or an image, not both");
    if (o->drive.count || o->kernel || o->nic.count)
        return fail(err, "-machine bare has no disks, network or loader; -machine pc has");
    p->rom = file_read(path, FIRMWARE_LIMIT, &p->input.rom_bytes, err);
    p->input.rom = p->rom;
    return p->rom;
}

static bool gather(struct session *s, struct parts *p, struct error *err)
{
    p->input.ram_bytes = s->options->ram_bytes;
    p->input.cpus = s->options->cpus;
    if (!strcmp(s->board->name, "bare"))
        return add_bare_firmware(p, s->options, err) && parts_add_devices(p, s, err);
    return parts_add_image(p, s, err) && parts_add_drives(p, s, err)
        && parts_add_devices(p, s, err) && parts_add_firmware(p, s, err);
}

static bool build(struct session *s, struct error *err)
{
    struct machine *m = s->machine = machine_create(err);

    s->parts = calloc(1, sizeof *s->parts);
    if (!m || !s->parts || !(m->config = config_create()))
        return m ? fail(err, "no host memory") : false;
    m->random = s->options->seed;
    m->open_medium = media_find;
    m->media_ctx = s;
    tell_begin(s);
    if (!gather(s, s->parts, err) || !settings_make(s, err)
        || !s->board->build(m, &s->parts->input, err))
        return false;
    if (s->parts->no_kernel.text[0])
        return fail(err, "could not load kernel %s", s->parts->no_kernel.text);
    parts_forget_bytes(s->parts);
    return settings_check(s, err) && tell_trace(s, err);
}

static void connect_speaker(struct session *s, struct audio *audio)
{
    for (struct device *dev = s->machine->devices; dev; dev = dev->next) {
        struct audio **speaker = device_offer(dev, "speaker");

        if (speaker)
            *speaker = audio;
    }
}

void session_close_screen(struct session *s)
{
    if (!s->ui)
        return;
    connect_speaker(s, NULL);
    s->ui->stop(s->ui);
    s->ui = NULL;
}

/* Is the terminal asked for as the end of some line? */
static bool gives_terminal_away(const struct options *o)
{
    const struct texts *lists[] = { &o->serial, &o->parallel, &o->chardev };

    for (unsigned i = 0; i < COUNT(lists); i++)
        for (unsigned k = 0; k < lists[i]->count; k++)
            if (strstr(lists[i]->at[k], "stdio"))
                return true;
    return (o->monitor && strstr(o->monitor, "stdio"))
        || (o->debugcon && strstr(o->debugcon, "stdio"));
}

/* A window where there is one, else the terminal; what was asked for by name must be there. */
static bool open_screen(struct session *s, struct error *err)
{
    const char *name = s->options->display_type;
    const struct ui_type *type;

    if (name && !strcmp(name, "none"))
        return true;
    type = ui_find(name);
    if (name && !type)
        return fail(err, "-display %s: not here; -display help lists what is", name);
    if (type && !name && type->takes_terminal && gives_terminal_away(s->options))
        return true;
    if (!type || (!name && !session_display(s))) {
        s->on_terminal = !gives_terminal_away(s->options);
        return true;
    }
    s->ui = type->start(s, err);
    if (s->ui)
        connect_speaker(s, s->ui->audio);
    return s->ui;
}

static bool write_pidfile(const char *path, struct error *err)
{
    FILE *f = path ? fopen(path, "w") : NULL;

    if (f)
        fprintf(f, "%ld\n", (long)getpid());
    return !path || (f && !fclose(f)) || fail(err, "%s: cannot be written", path);
}

static void remove_pidfile(struct session *s)
{
    if (s->pidfile_written)
        unlink(s->options->pidfile);
}

bool setup(struct session *s, const struct options *o, struct error *err)
{
    *s = (struct session){ .options = o, .expect.wanted = &o->expect_serial };
    if (o->script && !script_open(s, o->script, err))
        return false;
    if (!choose_board(s, err) || !build(s, err) || !open_screen(s, err)
        || !network_connect(s, err) || !streams_connect(s, s->parts, err)
        || !write_pidfile(o->pidfile, err))
        return false;
    s->pidfile_written = o->pidfile;
    s->machine->stop_at_reset = true;
    s->paused = o->stopped;
    machine_reset(s->machine, RESET_POWER);
    return true;
}

void session_end(struct session *s)
{
    struct config *config = s->machine ? s->machine->config : NULL;

    session_close_screen(s);
    machine_destroy(s->machine);
    config_destroy(config);
    network_close(s);
    while (s->monitors)
        monitor_close(s->monitor[--s->monitors]);
    while (s->streams)
        chr_close(s->stream[--s->streams]);
    media_close_all(s);
    script_close(s);
    buffer_clear(&s->expect.transcript);
    if (s->parts)
        parts_free(s->parts);
    tell_end(s);
    remove_pidfile(s);
}

/* -- what there is -- */

/* In QEMU's words: there are scripts that look for them. */
static bool list_devices(const struct options *o, struct error *err)
{
    static const struct board_type soldered[] = {
        { "isa-debug-exit", "ISA", "exit port (iobase=, iosize=)" },
        { "isa-debugcon",   "ISA", "debug console (iobase=, chardev=)" },
        { NULL, NULL, NULL },
    };
    struct session s = { .options = o };

    if (!choose_board(&s, err))
        return false;
    for (const struct board_type *t = s.board->types ? s.board->types() : soldered; t->name; t++)
        printf("name \"%s\", bus %s, desc \"%s\"\n", t->name, t->bus, t->title);
    return true;
}

/* The processor's own list: asked of one on the barest board. */
static bool list_models(struct error *err)
{
    struct machine *m = machine_create(err);
    static const u8 rom[16];
    struct board_input in = { .ram_bytes = 1 << 20, .cpus = 1, .rom = rom, .rom_bytes = 16 };
    const char *text = NULL;
    const struct board *bare = find_board("bare");

    if (m && bare && bare->build(m, &in, err) && machine_find(m, "cpu0"))
        text = device_offer(machine_find(m, "cpu0"), "models");
    if (text)
        fputs(text, stdout);
    machine_destroy(m);
    return text || fail(err, "-cpu help: the processor has no list");
}

bool setup_list(const struct options *o, struct error *err)
{
    if (!strcmp(o->listing, "device"))
        return list_devices(o, err);
    if (!strcmp(o->listing, "cpu"))
        return list_models(err);
    for (unsigned i = 0; !strcmp(o->listing, "machine") && boards[i]; i++)
        printf("%-8s %s%s\n", boards[i]->name, boards[i]->title,
               boards[i] == find_board(NULL) ? " (default)" : "");
    for (unsigned i = 0; !strcmp(o->listing, "display") && ui_row(i); i++)
        printf("%-8s %s\n", ui_row(i)->name, ui_row(i)->title);
    if (!strcmp(o->listing, "display"))
        puts("none     no picture");
    return true;
}
