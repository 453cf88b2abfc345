#include "frontends/rows.h"

#include "core/cpu.h"
#include "core/machine.h"

#include <string.h>

struct search {
    const char *name;           /* behind the device's */
    size_t      skip;
    u32         i;
    u64         value;
    bool        found;
};

static void see(void *ctx, const struct state_view *v)
{
    struct search *s = ctx;

    if (s->found || strcmp(v->name + s->skip, s->name) || s->i >= v->count)
        return;
    s->found = true;
    s->value = state_get(v, s->i);
}

bool row_get(struct device *dev, const char *name, u32 i, u64 *value)
{
    struct search s = { .name = name, .skip = strlen(dev->name) + 1, .i = i };

    state_visit(dev->type->state, dev, dev->name, see, &s);
    *value = s.value;
    return s.found;
}

u64 row(struct device *dev, const char *name, u32 i)
{
    u64 value;

    return row_get(dev, name, i, &value) ? value : 0;
}

struct device *processor(struct machine *m, unsigned i)
{
    if (i >= m->cpus)
        return NULL;
    if (m->cpu[i]->ops->settle)
        m->cpu[i]->ops->settle(m->cpu[i]);
    return &m->cpu[i]->dev;
}
