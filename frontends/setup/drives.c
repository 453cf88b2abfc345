/* Disks, CDs and diskettes, and the bare image: from options to drives with media. */
#include "frontends/setup/parts.h"

#include "core/error.h"
#include "frontends/host/block.h"
#include "frontends/options/options.h"
#include "frontends/setup/files.h"
#include "frontends/setup/recognise.h"

#include <stdlib.h>
#include <string.h>

enum { KERNEL_LIMIT = 1 << 30, IDE_DRIVES = 4, FLOPPIES = 2 };

static const char *const ide_name[IDE_DRIVES] = { "hda", "hdb", "hdc", "hdd" };
static const char *const floppy_name[FLOPPIES] = { "fda", "fdb" };

static bool is_taken(const struct parts *p, const char *name)
{
    for (size_t i = 0; i < p->input.drive_count; i++)
        if (!strcmp(p->drive[i].name, name))
            return true;
    return false;
}

bool parts_add_drive(struct parts *p, struct session *s, const char *name, const char *path,
                     unsigned mode, struct error *err)
{
    struct board_drive *d = &p->drive[p->input.drive_count];

    if (is_taken(p, name))
        return fail(err, "%s: there are two media for this drive", name);
    *d = (struct board_drive){ name, mode & BLOCK_CD, NULL };
    if (path && *path && !(d->medium = media_open(s, path, mode, err)))
        return false;
    p->input.drives = p->drive;
    p->input.drive_count++;
    return true;
}

/* The drive that index= names, or the first free one. */
static const char *choose(const struct parts *p, const struct suboptions *s, bool floppy,
                          struct error *err)
{
    const char *const *names = floppy ? floppy_name : ide_name;
    unsigned count = floppy ? FLOPPIES : IDE_DRIVES;
    u64 bus = 0, unit = 0, index;

    if (!suboption_number(s, "index", &index) || !suboption_number(s, "bus", &bus)
        || !suboption_number(s, "unit", &unit))
        return fail(err, "-drive: index=, bus= and unit= are numbers"), NULL;
    if (suboption(s, "index") || suboption(s, "bus") || suboption(s, "unit")) {
        if (!suboption(s, "index"))
            index = bus * 2 + unit;
        if (index < count)
            return names[index];
        return fail(err, "-drive index=%llu: there are %u such drives",
                    (unsigned long long)index, count), NULL;
    }
    for (unsigned i = 0; i < count; i++)
        if (!is_taken(p, names[i]))
            return names[i];
    return fail(err, "-drive: all %u drives are taken", count), NULL;
}

static bool check(const struct suboptions *s, struct error *err)
{
    const char *interface = suboption(s, "if"), *media = suboption(s, "media");
    const char *format = suboption(s, "format");

    if (interface && strcmp(interface, "ide") && strcmp(interface, "floppy"))
        return fail(err, "-drive if=%s: there are ide and floppy", interface);
    if (media && strcmp(media, "disk") && strcmp(media, "cdrom"))
        return fail(err, "-drive media=%s: there are disk and cdrom", media);
    if (format && strcmp(format, "raw"))
        return fail(err, "-drive format=%s: only raw images are read", format);
    return true;
}

enum { CD = BLOCK_CD | BLOCK_READ_ONLY };

/* Whether what is written is kept: tests never keep it. */
static unsigned keeping(const struct options *o, const struct suboptions *s)
{
    bool away = s ? suboption_flag(s, "snapshot", o->snapshot) : o->snapshot;

    return away || o->command == COMMAND_TEST ? BLOCK_THROW_AWAY : 0;
}

static unsigned mode_of(const struct options *o, const struct suboptions *s, bool cdrom)
{
    bool read_only = suboption_flag(s, "readonly", suboption_flag(s, "read-only", false));

    return (cdrom ? CD : keeping(o, s)) | (read_only ? BLOCK_READ_ONLY : 0)
         | (suboption(s, "format") ? BLOCK_RAW : 0);
}

static bool add_one(struct parts *p, struct session *s, const struct suboptions *sub,
                    struct error *err)
{
    const char *interface = suboption(sub, "if"), *media = suboption(sub, "media"), *name;
    bool floppy = interface && !strcmp(interface, "floppy");
    bool cdrom = !floppy && media && !strcmp(media, "cdrom");

    if (!check(sub, err))
        return false;
    name = choose(p, sub, floppy, err);
    return name && parts_add_drive(p, s, name, suboption(sub, "file"),
                                   mode_of(s->options, sub, cdrom), err);
}

bool parts_add_drives(struct parts *p, struct session *s, struct error *err)
{
    const struct options *o = s->options;

    for (unsigned i = 0; i < o->drive.count; i++) {
        struct suboptions sub;
        bool good;

        if (!options_inside(&sub, "drive", o->drive.at[i], err))
            return false;
        good = add_one(p, s, &sub, err);
        suboptions_free(&sub);
        if (!good)
            return false;
    }
    return true;
}

static bool add_kernel(struct parts *p, const struct options *o, const char *path,
                       struct error *err)
{
    if (o->kernel && o->kernel != path)
        return fail(err, "%s: a kernel, and -kernel is another", path);
    if (!kept_read(&p->image, path, KERNEL_LIMIT, &p->no_kernel))
        return true;
    if (o->initrd && !kept_read(&p->initrd, o->initrd, KERNEL_LIMIT, err))
        return false;
    p->kernel = (struct board_kernel){
        .bytes = p->image.bytes, .count = p->image.count,
        .initrd = p->initrd.bytes, .initrd_count = p->initrd.count,
        .command_line = o->append, .name = path,
    };
    p->input.kernel = &p->kernel;
    return true;
}

static enum image look(const char *path, const char **what, struct error *err)
{
    enum image kind;
    size_t count;
    u64 size;
    u8 *head = malloc(RECOGNISE_BYTES);

    *what = NULL;
    if (!head || !file_head(path, head, RECOGNISE_BYTES, &count, &size, err))
        kind = IMAGE_UNKNOWN;
    else
        kind = recognise(head, count, size, what);
    free(head);
    return kind;
}

bool parts_add_image(struct parts *p, struct session *s, struct error *err)
{
    const struct options *o = s->options;
    unsigned keep = keeping(o, NULL);
    const char *what;

    if (o->kernel && !add_kernel(p, o, o->kernel, err))
        return false;
    if (parts_want_demo(o))
        return parts_add_demo(p, s, err);
    if (!o->image)
        return true;
    switch (look(o->image, &what, err)) {
    case IMAGE_KERNEL: return add_kernel(p, o, o->image, err);
    case IMAGE_CD:     return parts_add_drive(p, s, "hdc", o->image, CD, err);
    case IMAGE_FLOPPY: return parts_add_drive(p, s, "fda", o->image, keep, err);
    case IMAGE_DISK:   return parts_add_drive(p, s, "hda", o->image, keep, err);
    case IMAGE_FOREIGN: return fail(err, "%s: %s; only raw images are read", o->image, what);
    case IMAGE_UNKNOWN: break;
    }
    return what ? fail(err, "%s: not recognised; %s", o->image, what) : false;
}
