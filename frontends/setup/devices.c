/* -device, -nic, -netdev and -net: what is plugged in, and the configuration of it. */
#include "frontends/setup/parts.h"

#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "frontends/host/net.h"
#include "frontends/options/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Missing where libslirp is: see host/net.c. */
extern const struct net_type net_type_user __attribute__((weak));

enum { EXIT_PORT = 0x501, CONSOLE_PORT = 0xe9, FIRMWARE_CONSOLE_PORT = 0x402 };

static bool set(struct session *s, const char *name, const char *key, const char *value,
                struct error *err)
{
    char full[96];

    snprintf(full, sizeof full, "%s.%s", name, key);
    return config_set(s->machine->config, full, value, err);
}

static bool set_number(struct session *s, const char *name, const char *key, u64 value,
                       struct error *err)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return set(s, name, key, text, err);
}

static const struct board_type *find_type(const struct board *b, const char *type)
{
    for (const struct board_type *t = b->types ? b->types() : NULL; t && t->name; t++)
        if (!strcmp(t->name, type))
            return t;
    return NULL;
}

/* Which types are network interfaces: those -nic model= may name. */
static bool is_nic(const char *type)
{
    static const char *const nics[] = { "e1000", "rtl8139", "ne2k_pci", "ne2k_isa" };

    for (unsigned i = 0; i < COUNT(nics); i++)
        if (!strcmp(nics[i], type))
            return true;
    return false;
}

/* A place among the devices, by name; NULL: err says why not. */
static const char *plug(struct parts *p, struct session *s, const char *type, const char *id,
                        struct error *err)
{
    size_t i = p->input.device_count;

    if (!find_type(s->board, type))
        return fail(err, "-device %s: the board %s takes no such device; -device help lists them",
                    type, s->board->name), NULL;
    if (i == PARTS_DEVICES)
        return fail(err, "-device %s: too many devices", type), NULL;
    snprintf(p->device_type[i], sizeof p->device_type[i], "%s", type);
    if (id)
        snprintf(p->device_name[i], sizeof p->device_name[i], "%s", id);
    else if (is_nic(type))
        snprintf(p->device_name[i], sizeof p->device_name[i], "nic%u", p->nets);
    else
        snprintf(p->device_name[i], sizeof p->device_name[i], "%.20s-%zu", type, i);
    p->device[i] = (struct board_device){ p->device_type[i], p->device_name[i] };
    p->input.devices = p->device;
    p->input.device_count = i + 1;
    return p->device_name[i];
}

static bool join_net(struct parts *p, const char *name, const char *option, const char *text,
                     struct error *err)
{
    struct parts_net *n = &p->net[p->nets];

    if (p->nets == PARTS_NETS)
        return fail(err, "%s: more than %d network interfaces", name, PARTS_NETS);
    snprintf(n->name, sizeof n->name, "%s", name);
    n->option = option;
    n->text = text;
    p->nets++;
    return true;
}

/* The -netdev of that id. */
static const char *find_netdev(const struct options *o, const char *id)
{
    for (unsigned i = 0; i < o->netdev.count; i++) {
        struct suboptions s;
        const char *its;
        bool same;

        if (!options_inside(&s, "netdev", o->netdev.at[i], NULL))
            continue;
        its = suboption(&s, "id");
        same = its && !strcmp(its, id);
        suboptions_free(&s);
        if (same)
            return o->netdev.at[i];
    }
    return NULL;
}

/* "3", "03.1": slot and function, in hexadecimal. */
static bool set_place(struct session *s, const char *name, const char *text, struct error *err)
{
    char *end;
    unsigned long slot = strtoul(text, &end, 16), function = 0;

    if (end != text && *end == '.')
        function = strtoul(end + 1, &end, 16);
    if (end == text || *end || slot > 31 || function > 7)
        return fail(err, "%s: addr=%s is no place on the PCI bus", name, text);
    return set_number(s, name, "slot", slot, err)
        && (!function || set_number(s, name, "function", function, err));
}

/* The exit port; where it is soldered in ("bare") only its place is to be said. */
static bool place_exit(struct parts *p, struct session *s, const struct suboptions *sub,
                       struct error *err)
{
    u64 port = EXIT_PORT, size = 2;

    if (sub && (!suboption_number(sub, "iobase", &port) || !suboption_number(sub, "iosize", &size)
                || port > 0xfff8 || size < 1 || size > 4))
        return fail(err, "-device isa-debug-exit: iobase= is a port, iosize= 1 to 4");
    if (sub && !set_number(s, "exit", "port", port, err))
        return false;
    return !find_type(s->board, "isa-debug-exit") || plug(p, s, "isa-debug-exit", "exit", err);
}

/* Two are there already; a third, at another port, is a card. */
static bool place_console(struct parts *p, struct session *s, const struct suboptions *sub,
                          struct error *err)
{
    const char *chardev = suboption(sub, "chardev"), *name = "debugcon";
    struct parts_console *c = &p->console[p->consoles];
    u64 port = CONSOLE_PORT;

    if (!suboption_number(sub, "iobase", &port) || port > 0xffff)
        return fail(err, "-device isa-debugcon: iobase= is a port");
    if (port == FIRMWARE_CONSOLE_PORT)
        name = "bioscon";
    else if (port != CONSOLE_PORT)
        name = plug(p, s, "isa-debugcon", suboption(sub, "id"), err);
    if (!name || (port != FIRMWARE_CONSOLE_PORT && port != CONSOLE_PORT
                  && !set_number(s, name, "port", port, err)))
        return false;
    if (!chardev)
        return true;
    if (p->consoles == PARTS_CONSOLES)
        return fail(err, "-device isa-debugcon: more than %d", PARTS_CONSOLES);
    snprintf(c->name, sizeof c->name, "%s", name);
    snprintf(c->chardev, sizeof c->chardev, "chardev:%s", chardev);
    p->consoles++;
    return true;
}

static bool set_property(struct parts *p, struct session *s, const char *name, const char *key,
                         const char *value, struct error *err)
{
    if (!strcmp(key, "driver") || !strcmp(key, "id") || !strcmp(key, "bus"))
        return true;
    if (!strcmp(key, "addr"))
        return set_place(s, name, value, err);
    if (!strcmp(key, "netdev")) {
        const char *text = find_netdev(s->options, value);

        return text ? join_net(p, name, "netdev", text, err)
                    : fail(err, "-device netdev=%s: there is no -netdev with that id", value);
    }
    return set(s, name, key, value, err);
}

static bool add_device(struct parts *p, struct session *s, const struct suboptions *sub,
                       struct error *err)
{
    const char *type = suboption(sub, "driver"), *name;

    if (!type)
        return fail(err, "-device: which type? -device help lists them");
    if (!strcmp(type, "isa-debug-exit"))
        return place_exit(p, s, sub, err);
    if (!strcmp(type, "isa-debugcon"))
        return place_console(p, s, sub, err);
    name = plug(p, s, type, suboption(sub, "id"), err);
    for (unsigned i = 0; name && i < sub->count; i++)
        if (!set_property(p, s, name, sub->at[i].key, sub->at[i].value, err))
            return false;
    return name;
}

/* An interface with its plug: -nic user,model=e1000,mac=... */
static bool add_nic(struct parts *p, struct session *s, const struct suboptions *sub,
                    const char *text, struct error *err)
{
    const char *type = suboption(sub, "type"), *model = suboption(sub, "model"), *name;

    if (!type || !strcmp(type, "none"))
        return true;
    if (model && !strcmp(model, "help"))
        return fail(err, "-nic model=: there are e1000, rtl8139, ne2k_pci, ne2k_isa");
    name = plug(p, s, model ? model : "e1000", NULL, err);
    if (!name || (suboption(sub, "mac") && !set(s, name, "mac", suboption(sub, "mac"), err))
        || (suboption(sub, "addr") && !set_place(s, name, suboption(sub, "addr"), err)))
        return false;
    return join_net(p, name, "nic", text, err);
}

static bool add_each(struct parts *p, struct session *s, const char *option,
                     const struct texts *texts, struct error *err)
{
    for (unsigned i = 0; i < texts->count; i++) {
        struct suboptions sub;
        bool good;

        if (!options_inside(&sub, option, texts->at[i], err))
            return false;
        good = !strcmp(option, "device") ? add_device(p, s, &sub, err)
                                         : add_nic(p, s, &sub, texts->at[i], err);
        suboptions_free(&sub);
        if (!good)
            return false;
    }
    return true;
}

static bool check_net(const struct options *o, struct error *err)
{
    for (unsigned i = 0; i < o->net.count; i++)
        if (strcmp(o->net.at[i], "none"))
            return fail(err, "-net %s: only none; -nic user,model=e1000 plugs one in",
                        o->net.at[i]);
    return true;
}

/* As QEMU has it: an interface of its own for who said nothing of networks. */
static bool add_usual_nic(struct parts *p, struct session *s, struct error *err)
{
    const struct options *o = s->options;
    const char *name;

    if (o->command == COMMAND_TEST || o->no_defaults || o->nic.count || o->net.count
        || o->netdev.count || p->nets || !find_type(s->board, "e1000") || !&net_type_user)
        return true;
    for (size_t i = 0; i < p->input.device_count; i++)
        if (is_nic(p->device[i].type))
            return true;
    name = plug(p, s, "e1000", NULL, err);
    return name && join_net(p, name, "nic", "user", err);
}

static bool has(const struct parts *p, const char *name)
{
    for (size_t i = 0; i < p->input.device_count; i++)
        if (!strcmp(p->device[i].name, name))
            return true;
    return false;
}

/* In tests the guest can always tell how it went. */
bool parts_add_devices(struct parts *p, struct session *s, struct error *err)
{
    const struct options *o = s->options;

    return check_net(o, err) && add_each(p, s, "device", &o->device, err)
        && add_each(p, s, "nic", &o->nic, err) && add_usual_nic(p, s, err)
        && (o->command != COMMAND_TEST || has(p, "exit") || place_exit(p, s, NULL, err));
}
