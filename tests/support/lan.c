#include "tests/support/lan.h"

#include "bus/pci.h"
#include "core/input.h"
#include "core/ram.h"

#include <assert.h>
#include <string.h>

enum { RAM = 1 << 20 };

const u8 lan_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

struct floor { struct device dev; struct region ram; };

static const struct device_type floor_type = { .name = "floor", .size = sizeof(struct floor) };

/* Where the interface is: the first free slot. */
static u32 address(u8 at)
{
    return 0x80000800 | at;
}

u32 lan_config(struct machine *m, u8 at, unsigned size)
{
    return pci_config_read(machine_find(m, "pci"), address(at), size);
}

void lan_set_config(struct machine *m, u8 at, u32 value, unsigned size)
{
    pci_config_write(machine_find(m, "pci"), address(at), value, size);
}

struct machine *lan_machine(const struct device_type *type)
{
    struct machine *m = machine_create(NULL);
    struct device *floor = machine_add(m, &floor_type, "floor", NULL);
    struct floor *f = container_of(floor, struct floor, dev);

    f->ram = (struct region){
        .name = "ram", .owner = floor, .ram = machine_add_ram(m, "main", RAM, NULL),
        .writable = true, .size = RAM,
    };
    space_map(m->memory, &f->ram, 0, UNDER);
    machine_add(m, &pci_bus_type, "pci", NULL);
    assert(machine_add(m, type, "nic0", NULL));
    machine_reset(m, RESET_POWER);
    for (u8 bar = 0x10; bar < 0x18; bar += 4) {
        u32 kind = lan_config(m, bar, 4);

        lan_set_config(m, bar, kind & 1 ? LAN_PORTS : LAN_MEMORY, 4);
    }
    lan_set_config(m, 4, 7, 2);
    return m;
}

static void keep(struct net *net, const u8 *frame, size_t count)
{
    struct lan *l = container_of(net, struct lan, net);

    if (l->frames < LAN_FRAMES && count <= LAN_LONGEST) {
        struct lan_frame *f = &l->frame[l->frames];

        f->when = l->machine->clock.now;
        f->count = count;
        memcpy(f->bytes, frame, count);
    }
    l->frames++;
}

void lan_plug(struct lan *l, struct machine *m)
{
    static const struct net_ops ops = { keep };

    *l = (struct lan){ .net.ops = &ops, .machine = m, .nic = machine_find(m, "nic0") };
    l->port = device_offer(l->nic, "net");
    l->port->out = &l->net;
}

void lan_arrives(struct machine *m, const void *frame, size_t count)
{
    machine_input(m, "nic0", INPUT_FRAME, frame, count, NULL);
}

bool lan_interrupt(struct machine *m)
{
    for (const struct line *l = machine_find(m, "pci")->lines; l; l = l->next)
        if (l->level)
            return true;
    return false;
}

void lan_make(u8 *frame, const u8 *to, size_t count)
{
    static const u8 from[6] = { 2, 0, 0, 0, 0, 1 };

    memcpy(frame, to, 6);
    memcpy(frame + 6, from, 6);
    frame[12] = 0x88;
    frame[13] = 0xb5;                           /* for experiments */
    for (size_t i = 14; i < count; i++)
        frame[i] = (u8)i;
}

static u16 sum(const u8 *p, size_t count, u32 start)
{
    u32 s = start;

    for (size_t i = 0; i < count; i++)
        s += i & 1 ? p[i] : (u32)p[i] << 8;
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return (u16)s;
}

static u16 transport_sum(const u8 *ip)
{
    u32 length = (u32)(ip[2] << 8 | ip[3]) - 20;

    return sum(ip + 20, length, sum(ip + 12, 8, 0) + ip[9] + length);
}

size_t lan_make_ip(u8 *frame, u8 protocol, size_t payload)
{
    size_t header = protocol == 6 ? 20 : 8, total = 20 + header + payload, at;
    u8 *ip = frame + 14;
    u16 s;

    lan_make(frame, lan_mac, 14 + total);
    frame[12] = 8;
    frame[13] = 0;
    memset(ip, 0, 20 + header);
    ip[0] = 0x45;
    ip[2] = (u8)(total >> 8);
    ip[3] = (u8)total;
    ip[5] = 0x11;
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, "\x0a\x00\x02\x02\x0a\x00\x02\x0f", 8);
    ip[21] = 9;
    ip[23] = 10;
    if (protocol == 6)
        ip[32] = 0x50, ip[33] = 0x19;           /* 20 bytes; FIN, PSH, ACK */
    else
        ip[24] = (u8)((8 + payload) >> 8), ip[25] = (u8)(8 + payload);
    s = (u16)~sum(ip, 20, 0);
    ip[10] = (u8)(s >> 8);
    ip[11] = (u8)s;
    at = 20 + (protocol == 6 ? 16 : 6);
    s = (u16)~transport_sum(ip);
    ip[at] = (u8)(s >> 8);
    ip[at + 1] = (u8)s;
    return 14 + total;
}

bool lan_sums_are_right(const u8 *frame, size_t count)
{
    const u8 *ip = frame + 14;

    return 14u + (ip[2] << 8 | ip[3]) <= count && sum(ip, 20, 0) == 0xffff
        && transport_sum(ip) == 0xffff;
}
