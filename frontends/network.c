#include "frontends/network.h"

#include "core/error.h"
#include "frontends/parts.h"

bool network_connect(struct session *s, struct error *err)
{
    if (s->parts->nets)
        return fail(err, "-%s %s: there is no network yet", s->parts->net[0].option,
                    s->parts->net[0].text);
    return true;
}

void network_close(struct session *s)
{
}

void network_pump(struct session *s)
{
}

u64 network_until(const struct session *s, u64 until)
{
    return until;
}

bool network_waits(const struct session *s)
{
    return false;
}
