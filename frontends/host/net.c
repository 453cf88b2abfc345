#include "frontends/host/net.h"

#include "core/config.h"
#include "core/device.h"
#include "core/error.h"
#include "core/input.h"
#include "core/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVELY      (20 * MILLISECOND)      /* after a frame, turns are short for so long */
#define SHORT_TURN  (100 * MICROSECOND)
#define STALE       SECOND                  /* so old a frame is lost */

/* Missing where its library is: see the Makefile. */
extern const struct net_type net_type_user __attribute__((weak));

static const struct { const char *name, *lacks; const struct net_type *type; } kinds[] = {
    { "user", "libslirp (Debian: libslirp-dev)", &net_type_user },
};

static const struct net_type *find_kind(const char *kind, struct error *err)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, kind))
            continue;
        if (!kinds[i].type)
            fail(err, "%s network: built without %s", kind, kinds[i].lacks);
        return kinds[i].type;
    }
    fail(err, "there is no %s network here; there is: user", kind);
    return NULL;
}

struct net_host *net_open(struct machine *m, const char *device, const char *kind,
                          const struct suboptions *how, struct error *err)
{
    const struct net_type *type = find_kind(kind, err);
    struct net_port *port = device_offer(machine_find(m, device), "net");
    struct net_host *n;

    if (!type)
        return NULL;
    if (!port) {
        fail(err, "%s is no network interface", device);
        return NULL;
    }
    n = type->open(how, m, err);
    if (!n)
        return NULL;
    n->type = type;
    n->machine = m;
    n->port = port;
    snprintf(n->device, sizeof n->device, "%s", device);
    n->queue = malloc(NET_QUEUE * sizeof *n->queue);
    if (!n->queue) {
        fail(err, "no memory for frames");
        type->close(n);
        return NULL;
    }
    port->out = &n->net;
    return n;
}

void net_close(struct net_host *n)
{
    if (!n)
        return;
    n->port->out = NULL;
    net_dump_close(n->dump);
    free(n->queue);
    n->type->close(n);
}

void net_send_begin(struct net_host *n, const u8 *frame, size_t count)
{
    n->busy_at = n->machine->clock.now;
    n->sent++;
    if (n->dump)
        net_dump_frame(n->dump, n->busy_at, frame, count);
}

void net_queue(struct net_host *n, const u8 *frame, size_t count)
{
    struct net_frame *f;

    if (!n->queue || count > NET_FRAME || n->waiting == NET_QUEUE) {
        n->lost++;
        return;
    }
    f = &n->queue[(n->first + n->waiting++) % NET_QUEUE];
    f->when = n->machine->clock.now;
    f->count = (u32)count;
    memcpy(f->bytes, frame, count);
}

static void deliver(struct net_host *n, const struct net_frame *f)
{
    u64 now = n->machine->clock.now;

    n->busy_at = now;
    n->received++;
    if (n->dump)
        net_dump_frame(n->dump, now, f->bytes, f->count);
    machine_input(n->machine, n->device, INPUT_FRAME, f->bytes, f->count, NULL);
}

bool net_pump(struct net_host *n)
{
    u64 now = n->machine->clock.now;

    while (n->waiting) {
        const struct net_frame *f = &n->queue[n->first];

        if (n->port->ready(n->port))
            deliver(n, f);
        else if (now - f->when > STALE)
            n->lost++;
        else
            break;
        n->first = (n->first + 1) % NET_QUEUE;
        n->waiting--;
    }
    net_dump_flush(n->dump);
    return n->waiting;
}

u64 net_until(const struct net_host *n, u64 until)
{
    u64 now = n->machine->clock.now, soon = now + SHORT_TURN;

    if (!n->waiting && (n->sent + n->received == 0 || now - n->busy_at > LIVELY))
        return until;
    return soon < until ? soon : until;
}

bool net_waits(const struct net_host *n)
{
    return n->outside;
}
