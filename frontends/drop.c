#include "frontends/drop.h"

#include "core/block.h"
#include "core/error.h"
#include "core/machine.h"
#include "frontends/session.h"
#include "frontends/setup/parts.h"
#include "frontends/setup/recognise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum image kind_of(const char *path, const char **what)
{
    u8 *head = calloc(1, RECOGNISE_BYTES);
    FILE *f = head ? fopen(path, "rb") : NULL;
    enum image kind = IMAGE_UNKNOWN;
    struct stat st;

    *what = strerror(errno);
    if (f && fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode))
        kind = recognise(head, fread(head, 1, RECOGNISE_BYTES, f), (u64)st.st_size, what);
    if (f)
        fclose(f);
    if (f && kind == IMAGE_UNKNOWN)             /* what was looked for is too long for a title */
        *what = "no known kind of file";
    free(head);
    return kind;
}

static bool takes_cds(const struct session *s, const char *drive)
{
    for (size_t i = 0; i < s->parts->input.drive_count; i++)
        if (!strcmp(s->parts->drive[i].name, drive))
            return s->parts->drive[i].cdrom;
    return false;
}

/* The first drive whose media can be changed, for CDs or not. */
static const char *drive_for(const struct session *s, bool cd)
{
    for (struct device *dev = s->machine->devices; dev; dev = dev->next) {
        const struct drive *d = device_offer(dev, "drive");

        if (d && d->removable && takes_cds(s, dev->name) == cd)
            return dev->name;
    }
    return NULL;
}

bool drop_file(struct session *s, const char *path, char *said, size_t room)
{
    const char *what, *name = strrchr(path, '/'), *drive;
    enum image kind = kind_of(path, &what);
    struct error err;

    name = name ? name + 1 : path;
    if (kind != IMAGE_CD && kind != IMAGE_FLOPPY) {
        snprintf(said, room, "%s: %s; CDs and diskettes can be changed", name, what);
        return false;
    }
    drive = drive_for(s, kind == IMAGE_CD);
    if (!drive) {
        snprintf(said, room, "%s: %s, and this machine has no drive for it", name, what);
        return false;
    }
    if (!session_change(s, drive, path, false, &err)) {
        snprintf(said, room, "%s", err.text);
        return false;
    }
    snprintf(said, room, "%s is in %s", name, drive);
    return true;
}

bool drop_nothing(struct session *s, char *said, size_t room)
{
    bool any = false;
    struct error err;

    snprintf(said, room, "nothing to take out");
    for (struct device *dev = s->machine->devices; dev; dev = dev->next) {
        const struct drive *d = device_offer(dev, "drive");

        if (!d || !d->removable || !d->medium)
            continue;
        if (!session_change(s, dev->name, "", false, &err)) {
            snprintf(said, room, "%s", err.text);
            return false;
        }
        any = true;
        snprintf(said, room, "%s is empty", dev->name);
    }
    return any;
}
