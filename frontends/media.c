/* Media that were opened: they stay until the session ends, for a drive may still hold one. */
#include "frontends/parts.h"

#include "core/block.h"
#include "core/error.h"

#include <string.h>

struct block *media_open(struct session *s, const char *path, bool read_only, bool throw_away,
                         struct error *err)
{
    return fail(err, "%s: images cannot be opened yet", path), NULL;
}

struct block *media_find(void *session, const char *name)
{
    struct session *s = session;

    for (unsigned i = s->media; i-- > 0;)
        if (!strcmp(s->medium[i]->name, name))
            return s->medium[i];
    return NULL;
}

void media_close_all(struct session *s)
{
    s->media = 0;
}
