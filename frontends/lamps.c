#include "frontends/lamps.h"

#include "core/machine.h"

bool lamps_look(struct lamps *l, const struct machine *m)
{
    struct lamps was = *l;

    l->disk = l->net = 0;
    for (struct device *d = m->devices; d; d = d->next) {
        if (device_offer(d, "drive"))
            l->disk += d->activity;
        if (device_offer(d, "net"))
            l->net += d->activity;
    }
    l->disk_on = l->disk != was.disk;
    l->net_on = l->net != was.net;
    return l->disk_on != was.disk_on || l->net_on != was.net_on;
}
