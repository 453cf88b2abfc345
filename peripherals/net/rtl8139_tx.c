/*
 * RTL8139C+: transmission, from four registers ([Packet Transmission]) or, in C+ mode,
 * from two rings of descriptors ([C+ Mode Transmit]). One event takes one packet; it
 * leaves at once and keeps the wire busy for its length.
 *
 * Not modelled: FIFO thresholds, collisions.
 */
#include "peripherals/net/inet.h"
#include "peripherals/net/rtl8139_chip.h"

#include <string.h>

#define FETCH_TIME      (1 * MICROSECOND)       /* from the doorbell to the first bit */

enum { DESCRIPTOR = 16, DESCRIPTORS = 4, LONGEST_TO_WIRE = FRAME_BYTES + 2 * NIC_TAG };
enum { TSD_SIZE = 0x1fff, TSD_OWN = 0x2000, TSD_TOK = 0x8000 };

/* Of a C+ descriptor. */
enum { D_SIZE = 0xffff, D_TCP = 0x10000, D_UDP = 0x20000, D_IP = 0x40000,
       D_SEGMENT = 0x08000000, D_LAST = 0x10000000, D_FIRST = 0x20000000, D_END = 0x40000000,
       D_TAG = 0x20000 };
#define D_OWN UINT32_C(0x80000000)

static unsigned megabits(const struct rtl8139 *n)
{
    return n->reg[R_BMCR + 1] & 0x30 ? 100 : 10;
}

/* The frame is n->frame. How long the wire is busy with it. */
static u64 emit(struct rtl8139 *n, size_t count)
{
    if (rtl_long(n, R_TCR) & TCR_CRC && count > NIC_SHORT)
        count -= NIC_CRC;                       /* the driver brought it */
    if (count < NIC_SHORT) {
        memset(n->frame + count, 0, NIC_SHORT - count);
        count = NIC_SHORT;
    }
    trace(&n->dev, "sends %zu bytes", count);
    n->dev.activity++;
    n->sent++;
    if (rtl_loops(n))
        rtl8139_receive(n, n->frame, count);
    else if (count > LONGEST_TO_WIRE)
        guest_oddity(&n->dev, "a frame of %zu bytes: the wire takes %d", count, FRAME_BYTES);
    else if (n->carrier)
        net_send(&n->port, n->frame, count);
    return nic_wire_time(count, megabits(n));
}

/* -- four registers -- */

static u64 send_registers(struct rtl8139 *n)
{
    unsigned i = n->next;
    u8 *tsd = n->reg + R_TSD + 4 * i;
    u32 status = load_le32(tsd), count = status & TSD_SIZE;
    u64 time = 0;

    if (count > sizeof n->frame || count < 2 * NIC_MAC + 2) {
        guest_oddity(&n->dev, "a frame of %u bytes; not sent", count);
    } else {
        if (!pci_read_ram(&n->pci, rtl_long(n, R_TSAD + 4 * i), n->frame, count))
            guest_oddity(&n->dev, "a frame at %x is not in RAM", rtl_long(n, R_TSAD + 4 * i));
        time = emit(n, count);
    }
    store_le32(tsd, status | TSD_OWN | TSD_TOK);
    n->queued &= (u8)~BIT(i);
    n->next = (u8)((i + 1) % DESCRIPTORS);
    rtl8139_raise(n, TOK);
    return time;
}

/* -- rings -- */

struct descriptor { u32 control, tag; u64 address; };

static u64 place_of(const struct rtl8139 *n, unsigned ring, unsigned i)
{
    return load_le64(n->reg + (ring ? R_THPDS : R_TNPDS)) + (u64)i * DESCRIPTOR;
}

static unsigned behind(unsigned i, u32 control)
{
    return control & D_END || i + 1 >= RTL_RING ? 0 : i + 1;
}

static bool fetch(struct rtl8139 *n, unsigned ring, unsigned i, struct descriptor *d)
{
    u8 raw[DESCRIPTOR];

    if (!pci_read_ram(&n->pci, place_of(n, ring, i), raw, sizeof raw))
        return false;
    d->control = load_le32(raw);
    d->tag = load_le32(raw + 4);
    d->address = load_le64(raw + 8);
    return true;
}

/* Descriptors up to the packet's last; 0: they are not all ours yet. */
static unsigned packet_length(struct rtl8139 *n, unsigned ring)
{
    unsigned at = n->ring_at[ring];
    struct descriptor d;

    for (unsigned count = 1; count <= RTL_RING; count++) {
        if (!fetch(n, ring, at, &d) || !(d.control & D_OWN))
            return 0;
        if (d.control & D_LAST)
            return count;
        at = behind(at, d.control);
    }
    return 0;
}

static void checksums(struct rtl8139 *n, u32 control, size_t count)
{
    struct inet i;

    if (!(control & (D_TCP | D_UDP | D_IP)) || !inet_find(n->frame, count, VLAN_TYPE, &i))
        return;
    if (control & D_IP && i.version == 4)
        inet_fill_header(n->frame, &i);
    if (i.transport_here && control & (i.protocol == INET_TCP ? D_TCP : D_UDP))
        inet_fill_transport(n->frame, &i);
}

static u64 emit_tagged(struct rtl8139 *n, size_t count, u32 tag)
{
    if (tag & D_TAG && count + NIC_TAG <= sizeof n->frame && count >= 2 * NIC_MAC) {
        memmove(n->frame + 16, n->frame + 12, count - 12);
        store_be16(n->frame + 12, VLAN_TYPE);
        store_le16(n->frame + 14, (u16)tag);
        count += NIC_TAG;
    }
    return emit(n, count);
}

/* [Large Send]: TCP over IPv4 alone; every header is made from the packet's. */
static u64 send_segments(struct rtl8139 *n, size_t used, u32 control, u32 tag)
{
    size_t segment = control >> 16 & 0x7ff, header, sent = 0;
    struct inet i;
    u64 time = 0;

    if (!inet_find(n->packet, used, VLAN_TYPE, &i) || i.version != 4 || !i.transport_here
        || i.protocol != INET_TCP || segment == 0) {
        guest_oddity(&n->dev, "a large send that is no TCP over IPv4; dropped");
        return 0;
    }
    header = i.transport + (size_t)(n->packet[i.transport + 12] >> 4) * 4;
    if (header < i.transport + 20 || header > i.end || header + segment > sizeof n->frame - 8)
        return 0;
    for (unsigned number = 0; number == 0 || header + sent < i.end; number++) {
        size_t left = i.end - header - sent, take = left < segment ? left : segment;
        u8 *f = n->frame;

        memcpy(f, n->packet, header);
        memcpy(f + header, n->packet + header + sent, take);
        store_be16(f + i.ip + 2, (u16)(header + take - i.ip));
        store_be16(f + i.ip + 4, (u16)(load_be16(f + i.ip + 4) + number));
        store_be32(f + i.transport + 4, load_be32(f + i.transport + 4) + (u32)sent);
        if (take < left)
            f[i.transport + 13] &= (u8)~0x09;           /* FIN, PSH */
        checksums(n, D_TCP | D_IP, header + take);
        time += emit_tagged(n, header + take, tag);
        sent += take;
    }
    return time;
}

static u64 send_packet(struct rtl8139 *n, size_t used, const struct descriptor *first)
{
    if (first->control & D_SEGMENT)
        return send_segments(n, used, first->control, first->tag);
    if (used < 2 * NIC_MAC + 2 || used > sizeof n->frame) {
        guest_oddity(&n->dev, "a packet of %zu bytes; dropped", used);
        return 0;
    }
    memcpy(n->frame, n->packet, used);
    checksums(n, first->control, used);
    return emit_tagged(n, used, first->tag);
}

static u64 send_ring(struct rtl8139 *n, unsigned ring, unsigned count)
{
    struct descriptor first = { 0 }, d;
    size_t used = 0;
    u64 time;

    for (unsigned i = 0; i < count; i++) {
        u8 raw[4];
        u32 bytes;

        if (!fetch(n, ring, n->ring_at[ring], &d))
            return 0;
        bytes = d.control & D_SIZE;
        if (i == 0)
            first = d;
        if (bytes > sizeof n->packet - used)
            bytes = 0;
        pci_read_ram(&n->pci, d.address, n->packet + used, bytes);
        used += bytes;
        store_le32(raw, d.control & (D_END | D_FIRST | D_LAST));
        pci_write_ram(&n->pci, place_of(n, ring, n->ring_at[ring]), raw, sizeof raw);
        n->ring_at[ring] = (u8)behind(n->ring_at[ring], d.control);
    }
    time = send_packet(n, used, &first);
    rtl8139_raise(n, TOK);
    return time;
}

/* The next packet of the rings, the high priority one's first. */
static u64 send_rings(struct rtl8139 *n)
{
    static const u8 asked[2] = { POLL_NORMAL, POLL_HIGH };

    for (unsigned ring = 2; ring--;) {
        unsigned count = n->reg[R_POLL] & asked[ring] ? packet_length(n, ring) : 0;

        if (count)
            return send_ring(n, ring, count);
        if (n->reg[R_POLL] & asked[ring]) {
            n->reg[R_POLL] &= (u8)~asked[ring];         /* all done, for now */
            rtl8139_raise(n, TDU);
        }
    }
    return 0;
}

/* -- both -- */

static bool has_work(const struct rtl8139 *n)
{
    if (!(n->reg[R_CR] & CR_TE))
        return false;
    if (n->reg[R_CPCR] & CPCR_TX)
        return n->reg[R_POLL] & (POLL_NORMAL | POLL_HIGH);
    return n->queued >> n->next & 1;
}

static void on_transmit(struct device *dev, u64 due)
{
    struct rtl8139 *n = container_of(dev, struct rtl8139, dev);
    u64 time;

    if (!has_work(n))
        return;
    time = n->reg[R_CPCR] & CPCR_TX ? send_rings(n) : send_registers(n);
    n->wire_free = due + time;
    if (has_work(n))
        device_arm_at(dev, &n->transmit, due + (time ? time : FETCH_TIME));
}

void rtl8139_start_transmit(struct rtl8139 *n)
{
    u64 soon = device_now(&n->dev) + FETCH_TIME;

    if (n->transmit.due == NEVER && has_work(n))
        device_arm_at(&n->dev, &n->transmit, soon > n->wire_free ? soon : n->wire_free);
}

void rtl8139_transmit_attach(struct rtl8139 *n)
{
    device_event(&n->dev, &n->transmit, "transmit", on_transmit);
}
