#include "tests/support/probe.h"

#include "core/machine.h"
#include "core/snapshot.h"

DEFINE_STATE(struct probe, PROBE_STATE);

static void probe_pin(struct device *dev, unsigned pin, bool level)
{
    struct probe *p = container_of(dev, struct probe, dev);

    if (pin >= PROBE_PINS)
        return;
    p->rises[pin] += level && !p->level[pin];
    p->level[pin] = level;
}

const struct device_type probe_type = {
    .name = "probe", .title = "what hears the wires", .size = sizeof(struct probe),
    .state = state_rows, .pin = probe_pin,
};

struct probe *probe(struct machine *m, const char *name)
{
    struct device *dev = machine_add(m, &probe_type, name, NULL);

    return dev ? container_of(dev, struct probe, dev) : NULL;
}

static void tape_send(struct chr *c, u8 byte)
{
    struct tape *t = container_of(c, struct tape, chr);

    if (t->used < sizeof t->bytes)
        t->bytes[t->used++] = byte;
}

const struct chr_ops tape_ops = { tape_send };

u8 peek(struct machine *m, u16 port)
{
    return (u8)space_read(m->ports, port, 1);
}

void poke(struct machine *m, u16 port, u8 value)
{
    space_write(m->ports, port, value, 1);
}

static bool cut_is_noticed(struct machine *(*make)(void), u64 cut, u64 length, struct digest end)
{
    struct machine *first = make(), *second = make();
    struct buffer middle = { 0 };
    struct digest a = { 0 }, b = { 0 };
    u64 start = first->clock.now;

    machine_run(first, start + cut);
    if (snapshot_save(&middle, first, NULL)
        && snapshot_load(second, middle.bytes, middle.used, NULL)) {
        machine_run(first, start + length);
        machine_run(second, start + length);
        a = machine_hash(first);
        b = machine_hash(second);
    }
    buffer_clear(&middle);
    machine_destroy(first);
    machine_destroy(second);
    return a.low != end.low || a.high != end.high || b.low != end.low || b.high != end.high;
}

u64 first_noticed_cut(struct machine *(*make)(void), u64 length, u64 step)
{
    struct machine *straight = make();
    struct digest end;

    machine_run(straight, straight->clock.now + length);
    end = machine_hash(straight);
    machine_destroy(straight);
    for (u64 cut = 0; cut < length; cut += step)
        if (cut_is_noticed(make, cut, length, end))
            return cut;
    return NEVER;
}
