/* The monitor's `info`: what machine and devices are like, from their rows. */
#include "frontends/monitor/words.h"

#include "core/bits.h"
#include "core/config.h"
#include "core/cpu.h"
#include "core/machine.h"
#include "core/net.h"
#include "core/ram.h"
#include "core/version.h"
#include "frontends/options/options.h"
#include "frontends/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- rows -- */

struct teller {
    struct order *o;
    size_t        skip;
};

static void say_row(void *ctx, const struct state_view *v)
{
    struct teller *t = ctx;
    u32 shown = v->count < 32 ? v->count : 32;

    say(t->o, "  %-20s", v->name + t->skip);
    for (u32 i = 0; i < shown; i++)
        say(t->o, " %0*" PRIx64, v->kind == STATE_BOOL ? 1 : (int)v->size * 2,
            state_get(v, i) & (UINT64_MAX >> (64 - 8 * v->size)));
    say(t->o, "%s", shown < v->count ? " ..." : "");
    say(t->o, "%s%s\n", *v->about ? "   " : "", v->about);
}

void say_rows(struct order *o, struct device *dev)
{
    struct teller t = { o, strlen(dev->name) + 1 };

    say(o, "%s: %s (%s)\n", dev->name, dev->type->title, dev->type->name);
    state_visit(dev->type->state, dev, dev->name, say_row, &t);
    for (struct line *l = dev->lines; l; l = l->next)
        say(o, "  wire %-15s %u%s%s\n", l->name, l->level, l->listener ? "  to " : "",
            l->listener ? l->listener->name : "");
    for (struct event *e = dev->events; e; e = e->next)
        if (e->due != NEVER)
            say(o, "  event %-14s due at %.9f s\n", e->name, (double)e->due / SECOND);
}

static void say_rows_of(struct order *o, const char *name)
{
    struct device *dev = machine_find(o->s->machine, name);

    machine_retired(o->s->machine);                 /* processors settle */
    if (dev)
        say_rows(o, dev);
    else
        say(o, "%s: this machine has none\n", name);
}

static void info_device(struct order *o)
{
    if (word_at(o, 2))
        say_rows_of(o, word_at(o, 2));
    else
        say(o, "info device NAME; info qtree lists them\n");
}

static void info_pic(struct order *o)
{
    say_rows_of(o, "pic");
    if (machine_find(o->s->machine, "ioapic"))
        say_rows_of(o, "ioapic");
}

static void info_irq(struct order *o)   { say_rows_of(o, "irq"); }

static void info_qtree(struct order *o)
{
    for (struct device *d = o->s->machine->devices; d; d = d->next) {
        say(o, "%-12s %-18s %s\n", d->name, d->type->name, d->type->title);
        for (struct line *l = d->lines; l; l = l->next)
            if (l->listener)
                say(o, "             .%s -> %s pin %u\n", l->name, l->listener->name, l->pin);
    }
}

/* -- the machine -- */

static void info_status(struct order *o)
{
    struct machine *m = o->s->machine;

    say(o, "VM status: %s\n", o->s->powered_off ? "shutdown" : o->s->paused ? "paused" : "running");
    say(o, "virtual time %.9f s, %" PRIu64 " instructions, %u kinds of oddities\n",
        (double)m->clock.now / SECOND, machine_retired(m), m->oddities);
}

static void info_version(struct order *o)   { say(o, "Orrery " ORRERY_VERSION "\n"); }

static void info_name(struct order *o)
{
    const struct texts *t = &o->s->options->guest_name;

    say(o, "%s\n", t->count ? t->at[t->count - 1] : "");
}

static void info_oddities(struct order *o)
{
    const struct machine *m = o->s->machine;

    for (unsigned i = 0; i < MACHINE_ODDITIES; i++)
        if (m->oddity[i].place)
            say(o, "%8" PRIu64 "  %s:%d  %s\n", m->oddity[i].count, m->oddity[i].place->file,
                m->oddity[i].place->line, m->oddity[i].place->text);
}

static void say_space(struct order *o, struct space *space, u64 last)
{
    for (u64 at = 0;;) {
        u64 offset, size;
        struct region *r = space_find(space, at, &offset);

        size = r ? r->size - offset : PAGE_SIZE;
        if (r) {                        /* as far as it is on top */
            u64 end = at, there;

            while (end - at < size && end <= last
                   && space_find(space, end, &there) == r)
                end += last > 0xffff ? PAGE_SIZE : 1;
            if (end - at < size)
                size = end - at;
            say(o, "  %016" PRIx64 "-%016" PRIx64 " %-4s %s.%s\n", at, at + size - 1,
                !r->ram ? "i/o" : r->writable ? "ram" : "rom", r->owner ? r->owner->name : "",
                r->name);
        } else if (last <= 0xffff) {
            size = 1;
        }
        if (size > last - at)
            return;
        at += size;
    }
}

static void info_mtree(struct order *o)
{
    u64 last = 0xffffffff;

    for (struct ram *r = o->s->machine->rams; r; r = r->next)
        if (r->size > last / 2)
            last = 0x100000000 + r->size;
    say(o, "memory\n");
    say_space(o, o->s->machine->memory, last);
    say(o, "ports\n");
    say_space(o, o->s->machine->ports, 0xffff);
}

static void info_network(struct order *o)
{
    for (struct device *d = o->s->machine->devices; d; d = d->next) {
        struct net_port *port = device_offer(d, "net");

        if (port)
            say(o, "%s: %s%s\n", d->name, d->type->title, port->out ? "" : " (no cable)");
    }
}

static void info_nothing(struct order *o)   { say(o, "there is no USB\n"); }

/* -- PCI: whatever has a configuration space -- */

static void say_bars(struct order *o, const u8 *c)
{
    for (unsigned i = 0; i < 6; i++) {
        u32 bar = load_le32(c + 0x10 + 4 * i);

        if (!bar)
            continue;
        if (bar & 1)
            say(o, "      BAR%u: I/O at 0x%04x\n", i, bar & ~3u);
        else
            say(o, "      BAR%u: %s memory at 0x%08x%s\n", i, bar & 4 ? "64 bit" : "32 bit",
                bar & ~15u, bar & 8 ? " prefetchable" : "");
        i += (bar & 7) == 4;
    }
}

static void info_pci(struct order *o)
{
    struct config *config = o->s->machine->config;

    for (struct device *d = o->s->machine->devices; d; d = d->next) {
        struct state_view space;
        char slot[80], function[80];

        if (!state_find(d->type->state, d, "config.bytes", &space) || space.count != 256)
            continue;
        snprintf(slot, sizeof slot, "%s.slot", d->name);
        snprintf(function, sizeof function, "%s.function", d->name);
        if (config_text(config, slot, NULL))
            say(o, "  Bus  0, device %3" PRIu64 ", function %" PRIu64 ": %s\n",
                config_number(config, slot, 0), config_number(config, function, 0), d->name);
        else
            say(o, "  Bus  0, in its usual place: %s\n", d->name);
        say(o, "      %s: PCI device %04x:%04x, class %02x%02x%02x\n", d->type->title,
            load_le16(space.data), load_le16(space.data + 2), space.data[11], space.data[10],
            space.data[9]);
        if (space.data[0x3d])
            say(o, "      IRQ %u, pin %c\n", space.data[0x3c], 'A' + space.data[0x3d] - 1);
        say_bars(o, space.data);
    }
}

const struct word info_words[] = {
    { "info status", "", "does it run?", info_status },
    { "info version", "", "of Orrery", info_version },
    { "info name", "", "of the guest", info_name },
    { "info qtree", "", "devices and wires", info_qtree },
    { "info device", "NAME", "what a device remembers", info_device },
    { "info mtree", "", "what lies where", info_mtree },
    { "info pci", "", "PCI functions", info_pci },
    { "info pic", "", "interrupt controllers", info_pic },
    { "info irq", "", "interrupt wires", info_irq },
    { "info network", "", "network interfaces", info_network },
    { "info usb", "", "there is none", info_nothing },
    { "info oddities", "", "what the guest did that no sane driver does", info_oddities },
    { 0 }
};
