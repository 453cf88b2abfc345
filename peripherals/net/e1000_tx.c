/*
 * 82540EM: transmission. [Transmit Descriptor Ring Structure], [Legacy Transmit
 * Descriptor Format], [TCP/IP Context Transmit Descriptor Format], [TCP Segmentation].
 *
 * One event takes one packet: nothing moves before all its descriptors are there, so
 * there is never half a packet to remember. A packet leaves at once and keeps the wire
 * busy for its length; the next one is taken when the wire is free.
 */
#include "peripherals/net/e1000_chip.h"

#include "core/bits.h"
#include "peripherals/net/inet.h"

#include <string.h>

#define FETCH_TIME      (1 * MICROSECOND)       /* from the doorbell to the first bit */

enum { DESCRIPTOR = 16, PACKET_DESCRIPTORS = 1024 };
enum command { EOP = 0x01, IFCS = 0x02, IC = 0x04, TSE = 0x04, RS = 0x08, DEXT = 0x20,
               VLE = 0x40, IDE = 0x80 };
enum { TUCMD_TCP = 1, TUCMD_IPV4 = 2, TUCMD_TSE = 4 };
enum { IXSM = 1, TXSM = 2 };            /* POPTS */
enum { LONGEST_TO_WIRE = FRAME_BYTES + 2 * NIC_TAG };

struct descriptor {                     /* both data formats and the context's command */
    u64 address;
    u32 length;
    u16 special;
    u8  command, kind, options, css, cso;
    bool legacy;
};
enum { KIND_CONTEXT = 0, KIND_DATA = 1 };

/* What a packet's descriptors say of it as a whole. */
struct job {
    size_t used;
    struct descriptor first, last;
    bool   report, delayed, overflow;
};

static u32 entries(const struct e1000 *n)
{
    return n->tdlen / DESCRIPTOR;
}

static u64 place_of(const struct e1000 *n, u32 index)
{
    return ((u64)n->tdbah << 32 | n->tdbal) + (u64)index * DESCRIPTOR;
}

static bool fetch(struct e1000 *n, u32 index, struct descriptor *d, u8 raw[DESCRIPTOR])
{
    u32 low;

    if (!pci_read_ram(&n->pci, place_of(n, index), raw, DESCRIPTOR))
        return false;
    low = load_le32(raw + 8);
    d->address = load_le64(raw);
    d->command = raw[11];
    d->legacy = !(raw[11] & DEXT);
    d->kind = d->legacy ? KIND_DATA : low >> 20 & 15;
    d->length = d->legacy ? low & 0xffff : low & 0xfffff;
    d->cso = raw[10];
    d->css = d->options = raw[13];
    d->special = load_le16(raw + 14);
    return true;
}

/* The status a driver waits for: done, no collisions. */
static void write_back(struct e1000 *n, u32 index)
{
    static const u8 done = 1;

    pci_write_ram(&n->pci, place_of(n, index) + 12, &done, sizeof done);
}

static void load_context(struct e1000 *n, const u8 raw[DESCRIPTOR])
{
    bool segment = raw[11] & TUCMD_TSE;
    struct e1000_context *c = &n->context[segment ? CONTEXT_SEGMENT : CONTEXT_CHECKSUM];

    c->ip_start = raw[0];
    c->ip_at = raw[1];
    c->ip_end = load_le16(raw + 2);
    c->start = raw[4];
    c->at = raw[5];
    c->end = load_le16(raw + 6);
    c->command = raw[11];
    c->header = raw[13];
    c->segment = load_le16(raw + 14);
    if (segment)
        e1000_count(n, S_TSCTC);
}

/* Sums [start, end] and puts the complement at `at`; end 0 is the packet's. */
static void put_checksum(u8 *packet, size_t count, unsigned start, unsigned at, unsigned end,
                         bool udp)
{
    size_t stop = end && end < count ? end + 1u : count;
    u16 sum;

    if (start >= stop || at + 2u > count)
        return;
    sum = (u16)~inet_sum(packet + start, stop - start, 0);
    if (udp && sum == 0)
        sum = 0xffff;                   /* 0 would mean none; RFC 768 */
    packet[at] = (u8)(sum >> 8);
    packet[at + 1] = (u8)sum;
}

static void checksums(const struct e1000_context *c, u8 options, u8 *packet, size_t count)
{
    if (options & TXSM)
        put_checksum(packet, count, c->start, c->at, c->end, !(c->command & TUCMD_TCP));
    if (options & IXSM)
        put_checksum(packet, count, c->ip_start, c->ip_at, c->ip_end, false);
}

static void count_sent(struct e1000 *n, const u8 *frame, size_t count)
{
    size_t bytes = count + NIC_CRC;

    e1000_count(n, S_TPT);
    e1000_count(n, S_GPTC);
    e1000_count_bytes(n, S_TOT, bytes);
    e1000_count_bytes(n, S_GOTC, bytes);
    e1000_count_size(n, S_PTC64, bytes);
    if (!memcmp(frame, nic_broadcast, NIC_MAC))
        e1000_count(n, S_BPTC);
    else if (frame[0] & 1)
        e1000_count(n, S_MPTC);
}

/* To the wire, or round: the frame is at n->frame + NIC_TAG. How long that takes. */
static u64 emit(struct e1000 *n, size_t count, const struct job *j)
{
    u8 *frame = n->frame + NIC_TAG;

    if (!(j->last.command & IFCS) && count > NIC_SHORT + NIC_CRC) {
        if (load_le32(frame + count - NIC_CRC) == nic_crc(frame, count - NIC_CRC))
            count -= NIC_CRC;           /* the driver brought the CRC */
        else
            guest_oddity(&n->dev, "a packet without IFCS ends in no CRC; sent as with it");
    }
    if (j->last.command & VLE && n->ctrl & CTRL_VME && count >= 2 * NIC_MAC) {
        frame -= NIC_TAG;
        count += NIC_TAG;
        memmove(frame, frame + NIC_TAG, 2 * NIC_MAC);
        frame[12] = (u8)(n->vet >> 8);
        frame[13] = (u8)n->vet;
        frame[14] = (u8)(j->last.special >> 8);
        frame[15] = (u8)j->last.special;
    }
    if (count < NIC_SHORT) {
        if (!(n->tctl & TCTL_PSP))
            guest_oddity(&n->dev, "a frame of %zu bytes without TCTL.PSP; padded", count);
        memset(frame + count, 0, NIC_SHORT - count);
        count = NIC_SHORT;
    }
    trace(&n->dev, "sends %zu bytes", count);
    n->dev.activity++;
    count_sent(n, frame, count);
    if (n->rctl & RCTL_LBM || e1000_phy_loopback(n))
        e1000_receive(n, frame, count);
    else if (count > LONGEST_TO_WIRE)
        guest_oddity(&n->dev, "a frame of %zu bytes: the wire takes %d", count, FRAME_BYTES);
    else if (n->link)
        net_send(&n->port, frame, count);
    return nic_wire_time(count, e1000_megabits(n));
}

/* Adds to a big-endian number in a header, if that is inside it. */
static void add_be(u8 *header, size_t room, size_t at, unsigned size, u32 more)
{
    u32 v = 0;

    if (at + size > room)
        return;
    for (unsigned i = 0; i < size; i++)
        v = v << 8 | header[at + i];
    v += more;
    for (unsigned i = size; i--; v >>= 8)
        header[at + i] = (u8)v;
}

static void set_be16(u8 *header, size_t room, size_t at, u32 value)
{
    if (at + 2 <= room)
        store_be16(header + at, (u16)value);
}

/* What differs from one segment's header to the next. [TCP Segmentation, header updates] */
static void fix_header(const struct e1000_context *c, u8 *frame, size_t count, unsigned number,
                       size_t sent, bool last)
{
    size_t h = c->header, l4 = count - c->start;

    if (c->command & TUCMD_IPV4) {
        set_be16(frame, h, c->ip_start + 2u, (u32)(count - c->ip_start));
        add_be(frame, h, c->ip_start + 4u, 2, number);
    } else {
        set_be16(frame, h, c->ip_start + 4u, (u32)(count - c->ip_start - 40));
    }
    if (c->command & TUCMD_TCP) {
        add_be(frame, h, c->start + 4u, 4, (u32)sent);
        if (!last && c->start + 13u < h)
            frame[c->start + 13] &= (u8)~0x09;          /* FIN, PSH */
    } else {
        set_be16(frame, h, c->start + 4u, (u32)l4);
    }
    /* The driver's partial sum lacks the length. */
    if ((size_t)c->at + 2 <= h) {
        u8 length[2] = { (u8)(l4 >> 8), (u8)l4 };

        set_be16(frame, h, c->at, inet_sum(frame + c->at, 2, inet_sum(length, 2, 0)));
    }
}

static u64 send_segments(struct e1000 *n, const struct job *j)
{
    const struct e1000_context *c = &n->context[CONTEXT_SEGMENT];
    u8 *frame = n->frame + NIC_TAG;
    size_t h = c->header, sent = 0;
    u64 time = 0;

    if (c->segment == 0 || h == 0 || h > j->used || c->start >= h || c->ip_start >= h
        || h + c->segment > E1000_LONGEST - NIC_SHORT) {
        guest_oddity(&n->dev, "segments of %u bytes after a header of %zu; dropped", c->segment, h);
        e1000_count(n, S_TSCTFC);
        return 0;
    }
    for (unsigned i = 0; i == 0 || h + sent < j->used; i++) {
        size_t left = j->used - h - sent, take = left < c->segment ? left : c->segment;

        memcpy(frame, n->packet, h);
        memcpy(frame + h, n->packet + h + sent, take);
        fix_header(c, frame, h + take, i, sent, take == left);
        checksums(c, j->first.options, frame, h + take);
        time += emit(n, h + take, j);
        sent += take;
    }
    return time;
}

static u64 send_packet(struct e1000 *n, const struct job *j)
{
    u8 *frame = n->frame + NIC_TAG;
    const struct descriptor *d = &j->first;

    if (!d->legacy && j->first.command & TSE && !j->overflow)
        return send_segments(n, j);
    if (j->overflow || j->used > E1000_LONGEST || j->used < 2 * NIC_MAC + 2) {
        guest_oddity(&n->dev, "a packet of %zu bytes; dropped", j->used);
        return 0;
    }
    memcpy(frame, n->packet, j->used);
    if (!d->legacy)
        checksums(&n->context[CONTEXT_CHECKSUM], d->options, frame, j->used);
    else if (j->last.command & IC)
        put_checksum(frame, j->used, j->last.css, j->last.cso, 0, false);
    return emit(n, j->used, j);
}

/* Descriptors from the head to the packet's last; 0: that is not there yet. */
static u32 packet_length(struct e1000 *n)
{
    u32 count = 0, at = n->tdh;
    u8 raw[DESCRIPTOR];
    struct descriptor d;

    while (at != n->tdt) {
        if (!fetch(n, at, &d, raw))
            return 0;
        at = at + 1 < entries(n) ? at + 1 : 0;
        if (++count >= PACKET_DESCRIPTORS || d.command & EOP || d.kind == KIND_CONTEXT)
            return count;
    }
    return 0;
}

static void gather(struct e1000 *n, struct job *j, const struct descriptor *d)
{
    if (d->kind != KIND_DATA)
        guest_oddity(&n->dev, "a descriptor of type %u", d->kind);
    if (d->length > sizeof n->packet - j->used) {
        j->overflow = true;
        return;
    }
    if (!pci_read_ram(&n->pci, d->address, n->packet + j->used, d->length))
        guest_oddity(&n->dev, "a packet at %llx is not in RAM", (unsigned long long)d->address);
    j->used += d->length;
}

static void low_on_work(struct e1000 *n)
{
    u32 mark = (n->txdctl >> 25) * 8, left = n->tdt - n->tdh;

    if (n->tdt < n->tdh)
        left += entries(n);
    if (n->tdh == n->tdt)
        n->icr |= TXQE;
    if (mark && left < mark)
        n->icr |= TXD_LOW;
    e1000_interrupt(n);
}

/* One packet, or one context; how long the wire is busy. */
static u64 take(struct e1000 *n, u32 count)
{
    struct job j = { 0 };
    u64 time = 0;
    u8 raw[DESCRIPTOR];
    bool context = false;

    for (u32 i = 0; i < count; i++) {
        if (!fetch(n, n->tdh, &j.last, raw))
            break;
        if (i == 0)
            j.first = j.last;
        if (j.last.kind == KIND_CONTEXT && !j.last.legacy)
            context = true, load_context(n, raw);
        else
            gather(n, &j, &j.last);
        if (j.last.command & RS) {
            write_back(n, n->tdh);
            j.delayed = j.last.command & IDE;
            j.report = true;
        }
        n->tdh = n->tdh + 1 < entries(n) ? n->tdh + 1 : 0;
    }
    j.overflow |= !(j.last.command & EOP);
    if (!context)
        time = send_packet(n, &j);
    if (j.report)
        e1000_transmitted(n, j.delayed);
    return time;
}

static bool can_transmit(struct e1000 *n)
{
    if (!(n->tctl & TCTL_EN) || n->tdh == n->tdt)
        return false;
    if (n->tdh < entries(n) && n->tdt < entries(n))
        return true;
    guest_oddity(&n->dev, "transmit head %u and tail %u of %u", n->tdh, n->tdt, entries(n));
    return false;
}

static void on_transmit(struct device *dev, u64 due)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);
    u64 time = 0;

    /* Contexts take no time on the wire; a ring of nothing else ends all the same. */
    for (u32 i = 0; time == 0 && i < entries(n) && can_transmit(n); i++) {
        u32 count = packet_length(n);

        if (count == 0) {               /* the rest will be announced */
            low_on_work(n);
            return;
        }
        time = take(n, count);
    }
    n->wire_free = due + time;
    if (n->tctl & TCTL_EN && entries(n))
        low_on_work(n);
    if (can_transmit(n))
        device_arm_at(dev, &n->transmit, n->wire_free);
}

void e1000_start_transmit(struct e1000 *n)
{
    u64 soon = device_now(&n->dev) + FETCH_TIME;

    if (n->transmit.due == NEVER && can_transmit(n))
        device_arm_at(&n->dev, &n->transmit, soon > n->wire_free ? soon : n->wire_free);
}

void e1000_transmit_attach(struct e1000 *n)
{
    device_event(&n->dev, &n->transmit, "transmit", on_transmit);
}
