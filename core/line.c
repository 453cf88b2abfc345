#include "core/line.h"

#include "core/device.h"

void line_set(struct line *l, bool level)
{
    if (l->level == level)
        return;
    l->level = level;
    if (l->driver)
        trace(l->driver, "%s = %u", l->name, level);
    if (l->listener && l->listener->type->pin)
        l->listener->type->pin(l->listener, l->pin, level);
}
