/* Media that were opened: they stay until the session ends, for a drive may still hold one. */
#include "frontends/setup/parts.h"

#include "core/error.h"
#include "core/machine.h"
#include "frontends/host/block.h"

#include <string.h>

struct block *media_open(struct session *s, const char *path, unsigned mode, struct error *err)
{
    struct block *b;

    if (s->media == SESSION_MEDIA)
        return fail(err, "%s: more than %d media", path, SESSION_MEDIA), NULL;
    b = block_open(path, (enum block_mode)mode, err);
    if (b)
        s->medium[s->media++] = b;
    return b;
}

struct block *media_find(void *session, const char *name)
{
    struct session *s = session;

    for (unsigned i = s->media; i-- > 0;)       /* the one that was opened last */
        if (!strcmp(s->medium[i]->name, name))
            return s->medium[i];
    return NULL;
}

/* Holds it still? */
static bool is_used(const struct session *s, const struct block *b)
{
    for (struct device *dev = s->machine->devices; dev; dev = dev->next) {
        const struct drive *d = device_offer(dev, "drive");

        if (d && d->medium == b)
            return true;
    }
    return false;
}

void media_close_unused(struct session *s)
{
    for (unsigned i = 0; i < s->media;)
        if (is_used(s, s->medium[i])) {
            i++;
        } else {
            block_close(s->medium[i]);
            s->medium[i] = s->medium[--s->media];
        }
}

void media_close_all(struct session *s)
{
    while (s->media)
        block_close(s->medium[--s->media]);
}
