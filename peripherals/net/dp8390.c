/*
 * NE2000: National Semiconductor's DP8390D network interface controller, 16 KB of RAM and
 * a PROM that holds the station's address.
 *
 * [Brackets] are sections of National's DP8390D/NS32490D data sheet. Ports 00h-0Fh are the
 * chip's registers, 10h the data port of its remote DMA, 18h resets.
 *
 * Not modelled: collisions, the FIFO's threshold, remote DMA's own time (a word is there
 * as soon as it is asked for).
 */
#include "peripherals/net/dp8390.h"

#include "core/bits.h"
#include "core/input.h"

#include <string.h>

enum { MEGABITS = 10, RAM_AT = 0x4000, PAGE = 256, LONGEST = FRAME_BYTES + NIC_TAG };
enum { DATA_PORT = 0x10, RESET_PORT = 0x18 };

/* [Register Descriptions] */
enum { CR_STP = 0x01, CR_STA = 0x02, CR_TXP = 0x04, CR_RD = 0x38, CR_PS = 0xc0 };
enum { RD_READ = 0x08, RD_WRITE = 0x10, RD_SEND = 0x18, RD_ABORT = 0x20 };
enum { ISR_PRX = 0x01, ISR_PTX = 0x02, ISR_RXE = 0x04, ISR_TXE = 0x08, ISR_OVW = 0x10,
       ISR_CNT = 0x20, ISR_RDC = 0x40, ISR_RST = 0x80 };
enum { DCR_WTS = 0x01, DCR_LS = 0x08 };
enum { TCR_CRC = 0x01, TCR_LB = 0x06 };
enum { TSR_PTX = 0x01, TSR_ABT = 0x08 };
enum { RCR_AB = 0x04, RCR_AM = 0x08, RCR_PRO = 0x10, RCR_MON = 0x20 };
enum { RSR_PRX = 0x01, RSR_CRC = 0x02, RSR_MPA = 0x10, RSR_PHY = 0x20, RSR_DIS = 0x40 };
enum { MISSED = 2, TALLY_FULL = 0xc0 };

static struct ne2000 *of(struct device *dev)
{
    return container_of(dev, struct ne2000, dev);
}

static void raise(struct ne2000 *n, u8 causes)
{
    struct dp8390 *c = n->chip;

    c->causes |= causes;
    n->interrupt(n, c->causes & c->mask & 0x7f);
}

/* -- the card's memory, as remote and local DMA see it -- */

static u8 memory_read(const struct ne2000 *n, u16 at)
{
    if (at < NE2000_PROM)
        return n->prom[at];
    return at >= RAM_AT && at < RAM_AT + NE2000_RAM ? n->chip->ram[at - RAM_AT] : 0xff;
}

static void memory_write(struct ne2000 *n, u16 at, u8 value)
{
    if (at >= RAM_AT && at < RAM_AT + NE2000_RAM)
        n->chip->ram[at - RAM_AT] = value;
}

/* -- remote DMA: [Remote DMA] -- */

static void remote_step(struct ne2000 *n)
{
    struct dp8390 *c = n->chip;

    c->remote_address++;
    if (c->remote_address == (u16)(c->stop * PAGE))
        c->remote_address = (u16)(c->start * PAGE);
    if (c->remote_count && --c->remote_count == 0) {
        c->command = (u8)((c->command & ~CR_RD) | RD_ABORT);
        raise(n, ISR_RDC);
    }
}

static bool remote_reads(const struct dp8390 *c)
{
    return (c->command & CR_RD) == RD_READ || (c->command & CR_RD) == RD_SEND;
}

/* A transfer is of a byte or a word, as DCR says; the data port may be read twice as wide. */
static u32 data_read(struct ne2000 *n, unsigned size)
{
    struct dp8390 *c = n->chip;
    unsigned unit = c->data_control & DCR_WTS ? 2 : 1;
    u32 value = 0;

    if (!remote_reads(c)) {
        guest_oddity(&n->dev, "the data port is read, and no remote DMA reads");
        return ~UINT32_C(0);
    }
    for (unsigned i = 0; (i < size || i < unit) && remote_reads(c); i++) {
        if (i < size)
            value |= (u32)memory_read(n, c->remote_address) << 8 * i;
        remote_step(n);
    }
    return value;
}

static void data_write(struct ne2000 *n, u32 value, unsigned size)
{
    struct dp8390 *c = n->chip;
    unsigned unit = c->data_control & DCR_WTS ? 2 : 1;

    if ((c->command & CR_RD) != RD_WRITE)
        guest_oddity(&n->dev, "the data port is written, and no remote DMA writes");
    for (unsigned i = 0; (i < size || i < unit) && (c->command & CR_RD) == RD_WRITE; i++) {
        memory_write(n, c->remote_address, i < size ? (u8)(value >> 8 * i) : 0xff);
        remote_step(n);
    }
}

/* [Send Packet Command]: the address and count come from the header of the next packet. */
static void remote_send_packet(struct ne2000 *n)
{
    struct dp8390 *c = n->chip;
    u16 header = (u16)(c->boundary * PAGE);

    c->remote_address = header;
    c->remote_count = (u16)(memory_read(n, (u16)(header + 2))
                            | memory_read(n, (u16)(header + 3)) << 8);
}

/* -- reception: [Packet Reception] -- */

static unsigned free_pages(const struct dp8390 *c)
{
    unsigned size = c->stop > c->start ? c->stop - c->start : 0;

    if (c->boundary > c->current)
        return c->boundary - c->current;
    return c->current - c->boundary < (int)size ? size - (c->current - c->boundary) : 0;
}

static unsigned pages_of(size_t frame)
{
    return (unsigned)((4 + frame + NIC_CRC + PAGE - 1) / PAGE);
}

static bool listens(const struct dp8390 *c)
{
    return c->command & CR_STA && !(c->command & CR_STP) && !(c->transmit_control & TCR_LB)
        && !c->overflowed && c->carrier;
}

static bool ready(const struct net_port *port)
{
    const struct dp8390 *c = container_of(port, const struct ne2000, port)->chip;

    return listens(c) && pages_of(LONGEST) < free_pages(c);
}

static bool is_ours(const struct dp8390 *c, const u8 *frame)
{
    unsigned hash;

    if (c->receive_control & RCR_PRO && !(frame[0] & 1))
        return true;
    if (!memcmp(frame, nic_broadcast, NIC_MAC))
        return c->receive_control & RCR_AB;
    if (!(frame[0] & 1))
        return !memcmp(frame, c->station, NIC_MAC);
    hash = nic_hash(frame, 6);
    return c->receive_control & RCR_AM && c->groups[hash >> 3] >> (hash & 7) & 1;
}

static void miss(struct ne2000 *n)
{
    struct dp8390 *c = n->chip;

    if (c->tally[MISSED] != 0xff)
        c->tally[MISSED]++;
    if (c->tally[MISSED] >= TALLY_FULL)
        raise(n, ISR_CNT);
}

/* Puts the header of four bytes, the frame and its CRC into the ring. */
static void store(struct ne2000 *n, const u8 *frame, size_t count)
{
    struct dp8390 *c = n->chip;
    u8 crc[NIC_CRC], page = c->current, next = page;
    size_t total = count + NIC_CRC;

    for (unsigned i = pages_of(count); i--;)
        next = next + 1 == c->stop ? c->start : (u8)(next + 1);
    store_le32(crc, nic_crc(frame, count));
    for (size_t i = 0; i < total + 4; i++) {
        u8 header[4] = { c->receive_status, next, (u8)total, (u8)(total >> 8) };
        u8 byte = i < 4 ? header[i] : i - 4 < count ? frame[i - 4] : crc[i - 4 - count];

        memory_write(n, (u16)(page * PAGE + i % PAGE), byte);
        if (i % PAGE == PAGE - 1)
            page = page + 1 == c->stop ? c->start : (u8)(page + 1);
    }
    c->local_address = (u16)(next * PAGE);
    c->current = next;
}

static void receive(struct ne2000 *n, const u8 *frame, size_t count)
{
    struct dp8390 *c = n->chip;

    if (!listens(c) || !is_ours(c, frame))
        return;
    c->receive_status = (u8)(RSR_PRX | (frame[0] & 1 ? RSR_PHY : 0));
    if (c->receive_control & RCR_MON) {
        c->receive_status |= RSR_DIS | RSR_MPA;
        miss(n);
        return;
    }
    if (pages_of(count) >= free_pages(c)) {
        trace(&n->dev, "%zu bytes find no room", count);
        c->receive_status = RSR_MPA;
        c->overflowed = true;
        miss(n);
        raise(n, ISR_OVW | ISR_RST);
        return;
    }
    trace(&n->dev, "receives %zu bytes", count);
    n->dev.activity++;
    store(n, frame, count);
    raise(n, ISR_PRX);
}

void ne2000_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct ne2000 *n = of(dev);

    if (kind == INPUT_CARRIER && count)
        n->chip->carrier = bytes[0];
    if (kind != INPUT_FRAME || count < 2 * NIC_MAC + 2 || count > LONGEST)
        return;
    memset(n->frame, 0, NIC_SHORT);
    memcpy(n->frame, bytes, count);
    receive(n, n->frame, count < NIC_SHORT ? NIC_SHORT : count);
}

/* -- transmission: [Packet Transmission] -- */

/* [Loopback Diagnostics]: nothing reaches memory; the FIFO keeps the end of the packet. */
static void loop_back(struct ne2000 *n, size_t count)
{
    static const u8 status[4] = { 0, 0x53, 0x43, 0x03 };
    struct dp8390 *c = n->chip;
    bool appended = !(c->transmit_control & TCR_CRC);
    u8 tail[NIC_CRC];

    store_le32(tail, appended ? nic_crc(n->frame, count) : load_le32(n->frame + count - NIC_CRC));
    c->fifo[0] = (u8)(count + (appended ? NIC_CRC : 0));
    c->fifo[1] = c->fifo[2] = (u8)((count + (appended ? NIC_CRC : 0)) >> 8);
    c->fifo[3] = n->frame[count - 1 - (appended ? 0 : NIC_CRC)];
    memcpy(c->fifo + 4, tail, NIC_CRC);
    c->fifo_at = 0;
    c->receive_status = appended ? RSR_CRC : RSR_PRX;
    c->transmit_status = status[c->transmit_control >> 1 & 3];
}

static void send_frame(struct ne2000 *n, size_t count)
{
    struct dp8390 *c = n->chip;

    for (size_t i = 0; i < count; i++)
        n->frame[i] = memory_read(n, (u16)(c->transmit_page * PAGE + i));
    c->transmit_status = TSR_PTX;
    if (c->transmit_control & TCR_LB) {
        loop_back(n, count);
        return;
    }
    if (c->transmit_control & TCR_CRC)
        count -= NIC_CRC;               /* the driver brought it */
    if (count < NIC_SHORT) {
        guest_oddity(&n->dev, "a frame of %zu bytes; padded", count);
        memset(n->frame + count, 0, NIC_SHORT - count);
        count = NIC_SHORT;
    }
    trace(&n->dev, "sends %zu bytes", count);
    n->dev.activity++;
    if (c->carrier)
        net_send(&n->port, n->frame, count);
}

static void on_transmit(struct device *dev, u64 due)
{
    struct ne2000 *n = of(dev);
    struct dp8390 *c = n->chip;
    size_t count = c->transmit_count;

    c->command &= (u8)~CR_TXP;
    if (count < 2 * NIC_MAC + 2 + NIC_CRC || count > LONGEST + NIC_CRC) {
        guest_oddity(dev, "a frame of %zu bytes; not sent", count);
        c->transmit_status = TSR_ABT;
        raise(n, ISR_TXE);
        return;
    }
    send_frame(n, count);
    raise(n, ISR_PTX);
}

/* -- registers -- */

static void write_command(struct ne2000 *n, u8 value)
{
    struct dp8390 *c = n->chip;
    u8 was = c->command;

    if (!(value & (CR_STP | CR_STA)))           /* neither start nor stop: it goes on as it did */
        value |= was & (CR_STP | CR_STA);
    c->command = (u8)((value & ~CR_TXP) | (was & CR_TXP));
    if (value & CR_STP) {
        c->causes |= ISR_RST;
        c->overflowed = false;
    } else if (value & CR_STA) {
        c->causes &= (u8)~ISR_RST;
    }
    switch (value & CR_RD) {
    case RD_SEND:
        remote_send_packet(n);
        break;
    case RD_READ: case RD_WRITE:
        if ((was ^ value) & CR_RD)
            c->remote_address = c->remote_start;
        if (c->remote_count == 0)
            raise(n, ISR_RDC);
        break;
    }
    if (value & CR_TXP && !(was & CR_TXP) && !(value & CR_STP)) {
        c->command |= CR_TXP;
        device_arm_in(&n->dev, &n->transmit, nic_wire_time(c->transmit_count, MEGABITS));
    }
}

static u8 read_page0(struct ne2000 *n, unsigned reg)
{
    struct dp8390 *c = n->chip;
    u8 v;

    switch (reg) {
    case 0x1: return (u8)c->local_address;
    case 0x2: return (u8)(c->local_address >> 8);
    case 0x3: return c->boundary;
    case 0x4: return c->transmit_status;
    case 0x5: return 0;                         /* no collisions */
    case 0x6: return c->fifo[c->fifo_at++ & 7];
    case 0x7: return c->causes;
    case 0x8: return (u8)c->remote_address;
    case 0x9: return (u8)(c->remote_address >> 8);
    case 0xa: return 0x50;                      /* Realtek's chips say "PC" here */
    case 0xb: return 0x43;
    case 0xc: return c->receive_status;
    }
    v = c->tally[reg - 0xd];                    /* reading clears */
    c->tally[reg - 0xd] = 0;
    return v;
}

static void write_page0(struct ne2000 *n, unsigned reg, u8 v)
{
    struct dp8390 *c = n->chip;

    switch (reg) {
    case 0x1: c->start = v; break;
    case 0x2: c->stop = v; break;
    case 0x3: c->boundary = v; break;
    case 0x4: c->transmit_page = v; break;
    case 0x5: c->transmit_count = (u16)((c->transmit_count & 0xff00) | v); break;
    case 0x6: c->transmit_count = (u16)((c->transmit_count & 0x00ff) | v << 8); break;
    case 0x7: c->causes &= (u8)~(v & 0x7f); raise(n, 0); break;
    case 0x8: c->remote_start = (u16)((c->remote_start & 0xff00) | v);
              c->remote_address = c->remote_start; break;
    case 0x9: c->remote_start = (u16)((c->remote_start & 0x00ff) | v << 8);
              c->remote_address = c->remote_start; break;
    case 0xa: c->remote_count = (u16)((c->remote_count & 0xff00) | v); break;
    case 0xb: c->remote_count = (u16)((c->remote_count & 0x00ff) | v << 8); break;
    case 0xc: c->receive_control = v & 0x3f; break;
    case 0xd: c->transmit_control = v & 0x1f; break;
    case 0xe: c->data_control = v & 0x7f; break;
    case 0xf: c->mask = v & 0x7f; raise(n, 0); break;
    }
}

static u8 *page1(struct dp8390 *c, unsigned reg)
{
    return reg < 7 ? &c->station[reg - 1] : reg == 7 ? &c->current : &c->groups[reg - 8];
}

static u8 read_page2(const struct dp8390 *c, unsigned reg)
{
    switch (reg) {
    case 0x1: return c->start;
    case 0x2: return c->stop;
    case 0x4: return c->transmit_page;
    case 0xc: return c->receive_control | 0xc0;
    case 0xd: return c->transmit_control | 0xe0;
    case 0xe: return c->data_control | 0x80;
    case 0xf: return c->mask | 0x80;
    }
    return 0xff;
}

static void reset_chip(struct ne2000 *n)
{
    struct dp8390 *c = n->chip;

    c->command = CR_STP | RD_ABORT;
    c->causes = ISR_RST;
    c->mask = 0;
    c->data_control = 0x04;             /* LAS */
    c->transmit_control = 0;
    c->remote_count = 0;
    c->overflowed = false;
    device_arm_at(&n->dev, &n->transmit, NEVER);
    raise(n, 0);
}

static u64 ports_read(struct device *dev, u64 offset, unsigned size)
{
    struct ne2000 *n = of(dev);
    unsigned reg = (unsigned)offset;
    u32 v = 0;

    if (reg >= RESET_PORT) {
        reset_chip(n);
        return 0;
    }
    if (reg >= DATA_PORT)
        return data_read(n, size);
    for (unsigned i = 0; i < size && reg + i < DATA_PORT; i++) {
        unsigned r = reg + i;
        u8 byte;

        if (r == 0)
            byte = n->chip->command;
        else if (!(n->chip->command & CR_PS))
            byte = read_page0(n, r);
        else if ((n->chip->command & CR_PS) == 0x40)
            byte = *page1(n->chip, r);
        else
            byte = (n->chip->command & CR_PS) == 0x80 ? read_page2(n->chip, r) : 0;
        trace(dev, "%02x -> %02x", r, byte);
        v |= (u32)byte << 8 * i;
    }
    return v;
}

static void ports_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct ne2000 *n = of(dev);
    unsigned reg = (unsigned)offset;

    if (reg >= RESET_PORT)
        return;                         /* ends the reset that a read began */
    if (reg >= DATA_PORT) {
        data_write(n, (u32)value, size);
        return;
    }
    for (unsigned i = 0; i < size && reg + i < DATA_PORT; i++) {
        unsigned r = reg + i;
        u8 byte = (u8)(value >> 8 * i);

        trace(dev, "%02x <- %02x", r, byte);
        if (r == 0)
            write_command(n, byte);
        else if (!(n->chip->command & CR_PS))
            write_page0(n, r, byte);
        else if ((n->chip->command & CR_PS) == 0x40)
            *page1(n->chip, r) = byte;
        else
            guest_oddity(dev, "register %x of a page for tests is written", r);
    }
}

/* -- life -- */

void ne2000_reset(struct ne2000 *n, enum reset kind)
{
    if (kind == RESET_POWER) {
        memset(n->chip, 0, sizeof *n->chip);
        n->chip->carrier = true;
    }
    reset_chip(n);
}

void *ne2000_offer(struct device *dev, const char *interface)
{
    return strcmp(interface, "net") ? NULL : &of(dev)->port;
}

bool ne2000_attach(struct ne2000 *n, struct dp8390 *chip, struct error *err)
{
    static const struct io_ops io = { ports_read, ports_write, 4 };
    u8 mac[NIC_MAC];

    if (!nic_address(&n->dev, mac, err))
        return false;
    for (unsigned i = 0; i < NE2000_PROM / 2; i++)      /* each byte shows twice */
        n->prom[2 * i] = n->prom[2 * i + 1] = i < NIC_MAC ? mac[i] : i < 14 ? 0 : 'W';
    n->chip = chip;
    n->port.ready = ready;
    n->ports = (struct region){
        .name = n->dev.name, .owner = &n->dev, .io = &io, .size = NE2000_PORTS,
    };
    device_event(&n->dev, &n->transmit, "transmit", on_transmit);
    return true;
}
