#include "frontends/setup/network.h"

#include "core/error.h"
#include "core/machine.h"
#include "frontends/host/net.h"
#include "frontends/options/options.h"
#include "frontends/setup/parts.h"

#include <string.h>

/* What -object filter-dump wants of the network `id`, into the file it names. */
static bool dump(struct net_host *n, const struct options *o, const char *id, struct error *err)
{
    for (unsigned i = 0; i < o->object.count; i++) {
        const char *type, *netdev, *file;
        struct suboptions s;
        bool good = true;

        if (!options_inside(&s, "object", o->object.at[i], err))
            return false;
        type = suboption(&s, "type");
        netdev = suboption(&s, "netdev");
        file = suboption(&s, "file");
        if (!type || strcmp(type, "filter-dump"))
            good = fail(err, "-object %s: there is only filter-dump", type ? type : "");
        else if (!file || !netdev)
            good = fail(err, "-object filter-dump: netdev= and file= are needed");
        else if (id && !strcmp(id, netdev))
            good = net_dump_to(n, file, err);
        suboptions_free(&s);
        if (!good)
            return false;
    }
    return true;
}

static bool connect_one(struct session *s, const struct parts_net *p, struct error *err)
{
    struct net_host *n = NULL;
    struct suboptions sub;
    const char *type;

    if (!options_inside(&sub, p->option, p->text, err))
        return false;
    type = suboption(&sub, "type");
    if (type)
        n = net_open(s->machine, p->name, type, &sub, err);
    else
        fail(err, "-%s %s: of which type?", p->option, p->text);
    if (n) {
        s->net[s->nets++] = n;
        sources_add(&s->sources, &n->source);
        if (!dump(n, s->options, suboption(&sub, "id"), err))
            n = NULL;                           /* network_close() closes it */
    }
    suboptions_free(&sub);
    return n;
}

/* Is there a network of that id at all? */
static bool is_known(const struct session *s, const char *id)
{
    bool known = false;

    for (unsigned i = 0; i < s->parts->nets && !known; i++) {
        const struct parts_net *p = &s->parts->net[i];
        struct suboptions sub;

        if (!options_inside(&sub, p->option, p->text, NULL))
            continue;
        known = suboption(&sub, "id") && !strcmp(suboption(&sub, "id"), id);
        suboptions_free(&sub);
    }
    return known;
}

static bool check_objects(const struct session *s, struct error *err)
{
    const struct options *o = s->options;

    for (unsigned i = 0; i < o->object.count; i++) {
        struct suboptions sub;
        const char *netdev;
        bool good;

        if (!options_inside(&sub, "object", o->object.at[i], err))
            return false;
        netdev = suboption(&sub, "netdev");
        good = !netdev || is_known(s, netdev)
            || fail(err, "-object filter-dump: there is no network %s", netdev);
        suboptions_free(&sub);
        if (!good)
            return false;
    }
    return true;
}

bool network_connect(struct session *s, struct error *err)
{
    if (!check_objects(s, err))
        return false;
    for (unsigned i = 0; i < s->parts->nets && i < SESSION_NETS; i++)
        if (!connect_one(s, &s->parts->net[i], err))
            return false;
    return true;
}

void network_close(struct session *s)
{
    while (s->nets) {
        struct net_host *n = s->net[--s->nets];

        sources_remove(&s->sources, &n->source);
        net_close(n);
    }
}

void network_pump(struct session *s)
{
    for (unsigned i = 0; i < s->nets; i++)
        net_pump(s->net[i]);
}

u64 network_until(const struct session *s, u64 until)
{
    for (unsigned i = 0; i < s->nets; i++)
        until = net_until(s->net[i], until);
    return until;
}

bool network_waits(const struct session *s)
{
    for (unsigned i = 0; i < s->nets; i++)
        if (net_waits(s->net[i]))
            return true;
    return false;
}
