/*
 * RTL8139C+: reception, into one buffer that goes round ([Packet Reception]) or, in C+
 * mode, by descriptors ([C+ Mode Receive]).
 *
 * Not modelled: early reception, runts, frames in error.
 */
#include "peripherals/net/inet.h"
#include "peripherals/net/rtl8139_chip.h"

#include <string.h>

enum { HEADER = 4, BEHIND_READER = 16, LONGEST = FRAME_BYTES + NIC_TAG };
enum { S_ROK = 0x0001, S_BROADCAST = 0x2000, S_OWN = 0x4000, S_MULTICAST = 0x8000 };

/* Of a C+ descriptor. */
enum { DESCRIPTOR = 16, D_SIZE = 0x1fff, D_END = 0x40000000, D_FIRST = 0x20000000,
       D_LAST = 0x10000000, D_MULTICAST = 0x04000000, D_OWN_ADDRESS = 0x02000000,
       D_BROADCAST = 0x01000000, D_TCP = 0x10000, D_UDP = 0x20000, D_IP = 0x30000,
       D_BAD_IP = 0x8000, D_BAD_UDP = 0x4000, D_BAD_TCP = 0x2000, D_TAGGED = 0x10000 };
#define D_OWN UINT32_C(0x80000000)

static bool plus(const struct rtl8139 *n)
{
    return n->reg[R_CPCR] & CPCR_RX;
}

/* -- the buffer that goes round -- */

static u32 buffer_size(const struct rtl8139 *n)
{
    return UINT32_C(8192) << (rtl_long(n, R_RCR) >> 11 & 3);
}

static u32 used(const struct rtl8139 *n)
{
    return (n->write_at - (rtl_word(n, R_CAPR) + BEHIND_READER)) & (buffer_size(n) - 1);
}

bool rtl8139_buffer_empty(const struct rtl8139 *n)
{
    return used(n) == 0;
}

static u32 room_for(size_t frame)
{
    return (u32)(HEADER + frame + NIC_CRC + 3) & ~UINT32_C(3);
}

/* Bytes at a place in the buffer; the driver may let the last frame run beyond its end. */
static void put(struct rtl8139 *n, u32 at, const u8 *bytes, u32 count)
{
    u32 size = buffer_size(n), start = rtl_long(n, R_RBSTART);
    bool beyond = rtl_long(n, R_RCR) & RCR_WRAP && size < 65536;
    u32 first = beyond || at + count <= size ? count : size - at;

    pci_write_ram(&n->pci, (u64)start + at, bytes, first);
    if (first < count)
        pci_write_ram(&n->pci, start, bytes + first, count - first);
}

static bool store(struct rtl8139 *n, u8 *frame, size_t count, u16 status)
{
    u32 size = buffer_size(n), total = room_for(count);
    u8 record[HEADER + RTL_FRAME];

    if (used(n) + total >= size)
        return false;
    store_le16(record, status);
    store_le16(record + 2, (u16)(count + NIC_CRC));
    memcpy(record + HEADER, frame, count);
    store_le32(record + HEADER + count, nic_crc(frame, count));
    put(n, n->write_at, record, (u32)(HEADER + count + NIC_CRC));
    n->write_at = (u16)((n->write_at + total) & (size - 1));
    return true;
}

/* -- descriptors -- */

static u64 descriptor_at(const struct rtl8139 *n, unsigned i)
{
    return load_le64(n->reg + R_RDSAR) + (u64)i * DESCRIPTOR;
}

static unsigned behind(unsigned i, u32 control)
{
    return control & D_END || i + 1 >= RTL_RING ? 0 : i + 1;
}

/* How many descriptors take that many bytes; 0: the chip does not have as many. */
static unsigned descriptors_for(struct rtl8139 *n, size_t bytes)
{
    unsigned at = n->receive_at, count = 0;
    u8 d[4];

    for (size_t room = 0; room < bytes; count++) {
        u32 control;

        if (count == RTL_RING || !pci_read_ram(&n->pci, descriptor_at(n, at), d, sizeof d))
            return 0;
        control = load_le32(d);
        if (!(control & D_OWN) || !(control & D_SIZE))
            return 0;
        room += control & D_SIZE;
        at = behind(at, control);
    }
    return count;
}

static u32 protocol_bits(const struct rtl8139 *n, const u8 *frame, size_t count)
{
    struct inet i;
    u32 bits;

    if (!(n->reg[R_CPCR] & CPCR_CHECKSUM) || !inet_find(frame, count, VLAN_TYPE, &i)
        || i.version != 4)
        return 0;
    bits = !i.transport_here ? D_IP : i.protocol == INET_TCP ? D_TCP : D_UDP;
    if (!inet_header_is_good(frame, &i))
        bits |= D_BAD_IP;
    if (i.transport_here && inet_has_sum(frame, &i) && !inet_transport_is_good(frame, &i))
        bits |= i.protocol == INET_TCP ? D_BAD_TCP : D_BAD_UDP;
    return bits;
}

static bool fill(struct rtl8139 *n, u8 *frame, size_t count, u32 status)
{
    u32 tag = 0;
    unsigned descriptors;

    status |= protocol_bits(n, frame, count);
    store_le32(frame + count, nic_crc(frame, count));
    if (n->reg[R_CPCR] & CPCR_VLAN && load_be16(frame + 12) == VLAN_TYPE) {
        tag = D_TAGGED | load_le16(frame + 14);         /* its bytes stay in wire order */
        memmove(frame + 12, frame + 16, count + NIC_CRC - 16);
        count -= NIC_TAG;
    }
    count += NIC_CRC;
    descriptors = descriptors_for(n, count);
    if (!descriptors)
        return false;
    for (size_t at = 0; at < count;) {
        u64 place = descriptor_at(n, n->receive_at);
        u32 control, take;
        u8 d[DESCRIPTOR];

        pci_read_ram(&n->pci, place, d, sizeof d);
        control = load_le32(d);
        take = control & D_SIZE;
        if (take == 0)                          /* it lies over another one's buffer */
            break;
        take = take < count - at ? take : (u32)(count - at);
        pci_write_ram(&n->pci, load_le64(d + 8), frame + at, take);
        store_le32(d, (control & D_END) | (at ? 0 : D_FIRST) | status | (u32)count
                      | (at + take == count ? D_LAST : 0));
        store_le32(d + 4, tag);
        pci_write_ram(&n->pci, place, d, 8);
        at += take;
        n->receive_at = (u8)behind(n->receive_at, control);
    }
    return true;
}

/* -- both -- */

bool rtl8139_ready(const struct net_port *port)
{
    const struct rtl8139 *n = container_of(port, const struct rtl8139, port);

    if (!(n->reg[R_CR] & CR_RE) || !n->carrier || rtl_loops(n))
        return false;
    if (plus(n))
        return descriptors_for((struct rtl8139 *)n, LONGEST + NIC_CRC);
    return used(n) + room_for(LONGEST) < buffer_size(n);
}

/* What is told of an accepted frame, as the buffer's header has it; 0: it is not for us. */
static u16 accept(struct rtl8139 *n, const u8 *frame)
{
    u32 rcr = rtl_long(n, R_RCR);
    unsigned hash;

    if (!memcmp(frame, nic_broadcast, NIC_MAC))
        return rcr & (RCR_AB | RCR_AAP) ? S_BROADCAST : 0;
    if (frame[0] & 1) {
        hash = nic_hash(frame, 6);
        return rcr & RCR_AAP
            || (rcr & RCR_AM && n->reg[R_MAR + (hash >> 3)] >> (hash & 7) & 1) ? S_MULTICAST : 0;
    }
    if (!memcmp(frame, n->reg + R_IDR, NIC_MAC))
        return rcr & (RCR_APM | RCR_AAP) ? S_OWN : 0;
    return rcr & RCR_AAP ? S_ROK : 0;
}

static void count_frame(struct rtl8139 *n, u16 status)
{
    n->received++;
    n->received_own += !!(status & S_OWN);
    n->received_broadcast += !!(status & S_BROADCAST);
    n->received_multicast += !!(status & S_MULTICAST);
}

void rtl8139_receive(struct rtl8139 *n, const u8 *bytes, size_t count)
{
    u8 *frame = n->arrived;
    u16 status;
    bool stored;

    if (!(n->reg[R_CR] & CR_RE) || count < 2 * NIC_MAC + 2 || count > LONGEST)
        return;
    memcpy(frame, bytes, count);
    if (count < NIC_SHORT) {
        memset(frame + count, 0, NIC_SHORT - count);
        count = NIC_SHORT;
    }
    status = accept(n, frame);
    if (!status)
        return;
    status |= S_ROK;
    if (plus(n))
        stored = fill(n, frame, count, (status & S_OWN ? D_OWN_ADDRESS : 0)
                      | (status & S_BROADCAST ? D_BROADCAST : 0)
                      | (status & S_MULTICAST ? D_MULTICAST : 0));
    else
        stored = store(n, frame, count, status);
    trace(&n->dev, "%s %zu bytes", stored ? "receives" : "misses", count);
    if (!stored) {
        n->missed = (n->missed + 1) & 0xffffff;
        rtl8139_raise(n, RXOVW);
        return;
    }
    n->dev.activity++;
    count_frame(n, status);
    rtl8139_raise(n, ROK);
}
