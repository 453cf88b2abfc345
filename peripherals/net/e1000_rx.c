/*
 * 82540EM: reception. [Packet Reception], [Receive Descriptor Format], [Receive Packet
 * Checksum Offloading], [Receive Control Register], [Multicast Table Array].
 *
 * Not modelled: pause frames hold nothing back (they reach the driver as the filters
 * say); wake-up.
 */
#include "peripherals/net/e1000_chip.h"

#include "core/bits.h"
#include "peripherals/net/inet.h"

#include <string.h>

enum { DESCRIPTOR = 16 };
enum { DD = 0x01, EOP = 0x02, IXSM = 0x04, VP = 0x08, TCPCS = 0x20, IPCS = 0x40, PIF = 0x80 };
enum { TCPE = 0x20, IPE = 0x40 };
enum { AV = INT32_MIN, AS_SOURCE = 0x10000, AS = 0x30000 };
enum { TYPE_PAUSE = 0x8808 };

/* What the chip finds out about a frame, for its last descriptor. */
struct verdict {
    u8  status, errors;
    u16 checksum, tag;
    bool small;
};

static u32 entries(const struct e1000 *n)
{
    return n->rdlen / DESCRIPTOR;
}

static u32 buffer_bytes(const struct e1000 *n)
{
    u32 size = UINT32_C(2048) >> (n->rctl >> 16 & 3);

    return n->rctl & RCTL_BSEX && size < 2048 ? size * 16 : size;
}

/* How many descriptors are the chip's. A tail beyond the ring gives all of it away. */
static u32 descriptors(const struct e1000 *n)
{
    u32 count = entries(n);

    if (n->rdh >= count || n->rdt == n->rdh)
        return 0;
    if (n->rdt >= count)
        return count - n->rdh;
    return n->rdt > n->rdh ? n->rdt - n->rdh : count - n->rdh + n->rdt;
}

static bool loops(const struct e1000 *n)
{
    return n->rctl & RCTL_LBM || e1000_phy_loopback(n);
}

bool e1000_ready(const struct net_port *port)
{
    const struct e1000 *n = container_of(port, const struct e1000, port);
    u32 need = FRAME_BYTES + NIC_TAG + NIC_CRC, size = buffer_bytes(n);

    return n->link && n->rctl & RCTL_EN && !loops(n)
        && descriptors(n) >= (need + size - 1) / size;
}

/* -- who it is for -- */

static bool address_matches(const struct e1000 *n, const u8 *frame)
{
    for (unsigned i = 0; i < COUNT(n->address); i += 2) {
        u32 high = n->address[i + 1];
        const u8 *mac = (high & AS) == AS_SOURCE ? frame + NIC_MAC : frame;

        if (high & AV && load_le32(mac) == n->address[i] && load_le16(mac + 4) == (u16)high)
            return true;
    }
    return false;
}

static bool hash_matches(const struct e1000 *n, const u8 *mac)
{
    static const u8 shift[4] = { 4, 3, 2, 0 };
    unsigned hash = load_le16(mac + 4) >> shift[n->rctl >> 12 & 3] & 0xfff;

    return n->multicast[hash >> 5] >> (hash & 31) & 1;
}

static bool vlan_matches(const struct e1000 *n, const u8 *frame)
{
    u16 tag = load_be16(frame + 14);

    if (!(n->rctl & RCTL_VFE) || load_be16(frame + 12) != n->vet)
        return true;
    if (n->rctl & RCTL_CFIEN && !(tag & 0x1000) != !(n->rctl & RCTL_CFI))
        return false;
    return n->vlan[(tag & 0xfff) >> 5] >> (tag & 31) & 1;
}

static bool is_ours(const struct e1000 *n, const u8 *frame)
{
    bool group = frame[0] & 1;

    if (!vlan_matches(n, frame))
        return false;
    if (load_be16(frame + 12) == TYPE_PAUSE && n->ctrl & CTRL_RFCE && n->rctl & RCTL_DPF)
        return false;
    if (address_matches(n, frame))
        return true;
    if (!group)
        return n->rctl & RCTL_UPE;
    if (!memcmp(frame, nic_broadcast, NIC_MAC) && n->rctl & RCTL_BAM)
        return true;
    return n->rctl & RCTL_MPE || hash_matches(n, frame);
}

/* -- checksums: [Receive Packet Checksum Offloading] -- */

static void check(const struct e1000 *n, const u8 *frame, size_t count, struct verdict *v)
{
    size_t skip = n->rxcsum & RXCSUM_PCSS;
    bool ip = n->rxcsum & RXCSUM_IPOFLD, transport = n->rxcsum & RXCSUM_TUOFLD;
    struct inet i;

    v->checksum = skip < count ? inet_sum(frame + skip, count - skip, 0) : 0;
    if (!inet_find(frame, count, (u16)n->vet, &i)) {
        v->status |= IXSM;
        return;
    }
    if (ip && i.version == 4) {
        v->status |= IPCS;
        v->errors |= inet_header_is_good(frame, &i) ? 0 : IPE;
    }
    if (transport && i.transport_here && inet_has_sum(frame, &i)) {
        v->status |= TCPCS;
        v->errors |= inet_transport_is_good(frame, &i) ? 0 : TCPE;
    }
    if (!(v->status & (IPCS | TCPCS)))
        v->status |= IXSM;
}

/* -- into memory -- */

static void write_descriptor(struct e1000 *n, const u8 *data, u32 length, bool last,
                             const struct verdict *v)
{
    u64 at = ((u64)n->rdbah << 32 | n->rdbal) + (u64)n->rdh * DESCRIPTOR;
    u8 d[DESCRIPTOR];
    u64 buffer;

    pci_read_ram(&n->pci, at, d, sizeof d);
    buffer = load_le64(d);
    if (buffer == 0)
        guest_oddity(&n->dev, "receive descriptor %u has no buffer", n->rdh);
    else if (!pci_write_ram(&n->pci, buffer, data, length))
        guest_oddity(&n->dev, "receive buffer at %llx is not in RAM", (unsigned long long)buffer);
    store_le16(d + 8, (u16)length);
    store_le16(d + 10, v->checksum);
    d[12] = (u8)(DD | (v->status & VP) | (last ? EOP | v->status : 0));
    d[13] = last ? v->errors : 0;
    store_le16(d + 14, v->tag);
    pci_write_ram(&n->pci, at + 8, d + 8, 8);
    n->rdh = n->rdh + 1 < entries(n) ? n->rdh + 1 : 0;
}

static void deliver(struct e1000 *n, const u8 *data, size_t count, const struct verdict *v)
{
    u32 size = buffer_bytes(n), left;

    for (size_t at = 0; at < count; at += size) {
        u32 length = count - at < size ? (u32)(count - at) : size;

        write_descriptor(n, data + at, length, at + length == count, v);
    }
    left = descriptors(n);
    if (left <= entries(n) >> (1 + (n->rctl >> 8 & 3)))
        n->icr |= RXDMT0;
    if (v->small)
        n->icr |= SRPD;
    e1000_interrupt(n);
    e1000_received(n);
}

static void count_good(struct e1000 *n, const u8 *frame, size_t bytes)
{
    e1000_count(n, S_GPRC);
    e1000_count_bytes(n, S_GORC, bytes);
    e1000_count_size(n, S_PRC64, bytes);
    if (!memcmp(frame, nic_broadcast, NIC_MAC))
        e1000_count(n, S_BPRC);
    else if (frame[0] & 1)
        e1000_count(n, S_MPRC);
}

/* No room: the packet is missed, and the driver may hear of it. */
static void overrun(struct e1000 *n)
{
    e1000_count(n, S_MPC);
    e1000_count(n, S_RNBC);
    e1000_raise(n, RXO);
}

static bool length_is_good(struct e1000 *n, const u8 *frame, size_t count)
{
    size_t most = FRAME_BYTES + (load_be16(frame + 12) == n->vet ? NIC_TAG : 0);

    if (count <= most || (n->rctl & RCTL_LPE && count <= E1000_LONGEST))
        return true;
    e1000_count(n, S_ROC);
    return false;
}

/* What the driver gets of n->received: without the tag, with the CRC, as it asks. */
static size_t prepare(struct e1000 *n, size_t count, struct verdict *v)
{
    u8 *to = n->received;
    u32 crc;

    check(n, to, count, v);
    crc = n->rctl & RCTL_SECRC ? 0 : nic_crc(to, count);
    v->small = count + NIC_CRC <= n->rsrpd;
    if (n->ctrl & CTRL_VME && load_be16(to + 12) == n->vet) {
        v->status |= VP;
        v->tag = load_be16(to + 14);
        count -= NIC_TAG;
        memmove(to + 12, to + 12 + NIC_TAG, count - 12);
    }
    if (n->rctl & RCTL_SECRC)
        return count;
    store_le32(to + count, crc);
    return count + NIC_CRC;
}

void e1000_receive(struct e1000 *n, const u8 *bytes, size_t count)
{
    struct verdict v = { 0 };
    u8 *frame = n->received;
    u32 size = buffer_bytes(n);

    if (!(n->rctl & RCTL_EN) || !(n->link || loops(n)) || count < 2 * NIC_MAC + 2)
        return;
    e1000_count(n, S_TPR);
    e1000_count_bytes(n, S_TOR, (count < NIC_SHORT ? NIC_SHORT : count) + NIC_CRC);
    if (!length_is_good(n, bytes, count))
        return;
    memcpy(frame, bytes, count);
    if (count < NIC_SHORT) {
        memset(frame + count, 0, NIC_SHORT - count);
        count = NIC_SHORT;
    }
    if (!is_ours(n, frame))
        return;
    count_good(n, frame, count + NIC_CRC);
    if (frame[0] & 1 && !address_matches(n, frame) && memcmp(frame, nic_broadcast, NIC_MAC))
        v.status |= PIF;                /* a hash let it pass: the driver is to look */
    count = prepare(n, count, &v);
    trace(&n->dev, "receives %zu bytes", count);
    if (descriptors(n) < (count + size - 1) / size) {
        overrun(n);
        return;
    }
    n->dev.activity++;
    deliver(n, frame, count, &v);
}
