#include "tests/support/bench.h"

#include "core/buffer.h"
#include "core/hash.h"
#include "core/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

DEFINE_STATE(struct probe, PROBE_STATE);

static void probe_pin(struct device *dev, unsigned pin, bool level)
{
    struct probe *p = container_of(dev, struct probe, dev);

    if (pin >= PROBE_PINS)
        return;
    p->level[pin] = level;
    if (level) {
        p->rises[pin]++;
        p->rose[pin] = device_now(dev);
    } else {
        p->falls[pin]++;
        p->fell[pin] = device_now(dev);
    }
}

const struct device_type probe_type = {
    .name = "probe", .title = "A neighbour that remembers", .size = sizeof(struct probe),
    .state = state_rows, .pin = probe_pin,
};

struct probe *probe(struct machine *m, const char *name)
{
    struct device *dev = machine_add(m, &probe_type, name, NULL);

    return dev ? container_of(dev, struct probe, dev) : NULL;
}

static bool same(struct machine *m, struct digest d)
{
    struct digest h = machine_hash(m);

    return h.low == d.low && h.high == d.high;
}

static void require(bool holds, const char *what, u64 cut)
{
    if (holds)
        return;
    fprintf(stderr, "cut at %llu ns: %s\n", (unsigned long long)cut, what);
    abort();
}

void saving_is_not_noticed(struct machine *(*make)(void), u64 end, u64 step)
{
    struct machine *straight = make();
    struct digest d;

    machine_run(straight, end);
    d = machine_hash(straight);
    for (u64 cut = step; cut < end; cut += step) {
        struct machine *first = make(), *second = make();
        struct buffer middle = { 0 };

        machine_run(first, cut);
        require(snapshot_save(&middle, first, NULL), "it is not saved", cut);
        require(snapshot_load(second, middle.bytes, middle.used, NULL), "it is not loaded", cut);
        machine_run(first, end);
        machine_run(second, end);
        require(same(first, d), "the pause was noticed", cut);
        require(same(second, d), "the load was noticed", cut);
        buffer_clear(&middle);
        machine_destroy(first);
        machine_destroy(second);
    }
    machine_destroy(straight);
}
