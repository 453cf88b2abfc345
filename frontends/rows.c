#include "frontends/rows.h"

#include "core/cpu.h"
#include "core/machine.h"

bool row_get(struct device *dev, const char *name, u32 i, u64 *value)
{
    struct state_view v;
    bool found = state_find(dev->type->state, dev, name, &v) && i < v.count;

    *value = found ? state_get(&v, i) : 0;
    return found;
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
