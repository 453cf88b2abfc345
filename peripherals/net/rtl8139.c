/*
 * Realtek RTL8139C+ fast Ethernet controller: PCI function, registers, reset.
 *
 * Sections in [brackets], here and in the other files rtl8139*.c, are those of Realtek's
 * data sheets RTL8139C(L) and RTL8139C+.
 *
 * Not modelled: wake-up and power management, flash, CardBus, autoload while running; a
 * negotiation takes no time; half duplex.
 */
#include "peripherals/net/rtl8139.h"

#include "core/input.h"
#include "core/machine.h"
#include "peripherals/net/rtl8139_chip.h"

#include <string.h>

enum { BYTES = 256, CLOCK_HZ = 33333333 };
enum { VERSION_CPLUS = 0x74800000, VERSION_BITS = 0x7cc00000 };
enum { E_DO = 0x01, E_DI = 0x02, E_SK = 0x04, E_CS = 0x08, E_MODE = 0xc0, E_PROGRAM = 0x80,
       E_UNLOCK = 0xc0 };
enum { BMCR_RESET = 0x8000, BMCR_AUTO = 0x1000, BMCR_RESTART = 0x0200 };
enum { BMSR_DONE = 0x20, BMSR_LINK = 0x04 };
enum { MSR_LINK_DOWN = 0x04 };
#define TALLY_DUMP  UINT32_C(0x08)

DEFINE_STATE(struct rtl8139, RTL8139_STATE);

static const struct pci_id id = {
    .vendor = 0x10ec, .device = 0x8139, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0x020000, .revision = 0x20, .pin = 1,
};

static struct rtl8139 *of(struct device *dev)
{
    return container_of(dev, struct rtl8139, dev);
}

void rtl8139_raise(struct rtl8139 *n, u16 causes)
{
    u16 isr = rtl_word(n, R_ISR) | causes;

    store_le16(n->reg + R_ISR, isr);
    pci_interrupt(&n->pci, isr & rtl_word(n, R_IMR));
}

/* -- what a write may change, by byte: [MAC Registers] -- */

static u8 writable(const struct rtl8139 *n, unsigned at)
{
    static const struct { u8 first, last, bits; } rows[] = {
        { 0x00, 0x05, 0xff }, { 0x08, 0x0f, 0xff },     /* IDR, MAR */
        { 0x20, 0x33, 0xff },                           /* TSAD, RBSTART */
        { 0x37, 0x37, CR_TE | CR_RE }, { 0x38, 0x39, 0xff },    /* CR, CAPR */
        { 0x3c, 0x3c, 0xff }, { 0x3d, 0x3d, 0xe1 },     /* IMR */
        { 0x41, 0x41, 0x07 }, { 0x42, 0x42, 0x07 }, { 0x43, 0x43, 0x03 },       /* TCR */
        { 0x40, 0x40, 0xf0 }, { 0x44, 0x45, 0xff }, { 0x46, 0x46, 0x03 },       /* RCR */
        { 0x47, 0x47, 0x0f }, { 0x50, 0x50, 0xce }, { 0x54, 0x57, 0xff },
        { 0x5c, 0x5d, 0xff }, { 0x62, 0x62, 0x00 }, { 0x63, 0x63, 0x31 },
        { 0x66, 0x67, 0xff }, { 0x70, 0x75, 0xff }, { 0x78, 0x83, 0xff },
        { 0xd9, 0xd9, 0xc0 }, { 0xe0, 0xe1, 0xff }, { 0xe4, 0xeb, 0xff }, { 0xec, 0xec, 0x3f },
        { 0x51, 0x52, 0xff }, { 0x58, 0x58, 0xc0 }, { 0x59, 0x5b, 0xff }, { 0xd8, 0xd8, 0xff },
    };
    bool unlocked = (n->reg[R_9346] & E_MODE) == E_UNLOCK;

    for (size_t i = 0; i < COUNT(rows); i++)
        if (at >= rows[i].first && at <= rows[i].last) {
            bool config = (at >= 0x51 && at <= 0x5b && (at < 0x54 || at > 0x58)) || at == 0xd8;

            return config && !unlocked ? 0 : rows[i].bits;
        }
    return 0;
}

/* -- the timer: [Timer Count Register], [Timer Interrupt Register] -- */

static u32 timer_now(const struct rtl8139 *n)
{
    return (u32)(device_ticks(&n->dev, CLOCK_HZ) - n->timer_base);
}

static void arm_timer(struct rtl8139 *n)
{
    u32 aim = rtl_long(n, R_TIMER), left = aim - timer_now(n);
    u64 ticks = left ? left : BIT(32);

    device_arm_at(&n->dev, &n->timer, !aim ? NEVER
                  : ticks_to_ns(device_ticks(&n->dev, CLOCK_HZ) + ticks, CLOCK_HZ));
}

static void on_timer(struct device *dev, u64 due)
{
    rtl8139_raise(of(dev), TIMEOUT);
    arm_timer(of(dev));
}

/* -- reading -- */

static u16 summary(const struct rtl8139 *n)
{
    u16 v = 0;

    for (unsigned i = 0; i < 4; i++) {
        u32 tsd = rtl_long(n, R_TSD + 4 * i);

        v |= (u16)((tsd >> 13 & 1) << i | (tsd >> 30 & 1) << (4 + i)
                   | (tsd >> 14 & 1) << (8 + i) | (tsd >> 15 & 1) << (12 + i));
    }
    return v;
}

/* What follows from something else is put among the registers when they are read. */
static void derive(struct rtl8139 *n, unsigned at)
{
    switch (at & ~3u) {
    case 0x34:
        n->reg[R_CR] = (u8)((n->reg[R_CR] & ~CR_BUFE) | rtl8139_buffer_empty(n));
        break;
    case 0x38:
        store_le16(n->reg + R_CBR, n->write_at);
        break;
    case R_TCTR:
        store_le32(n->reg + R_TCTR, timer_now(n));
        break;
    case R_MPC:
        store_le32(n->reg + R_MPC, n->missed);
        break;
    case R_9346:
        n->reg[R_9346] = (u8)((n->reg[R_9346] & ~E_DO) | eeprom_output(n->eeprom));
        break;
    case R_MSR:
        n->reg[R_MSR] = (u8)((n->reg[R_MSR] & ~MSR_LINK_DOWN)
                             | (n->carrier ? 0 : MSR_LINK_DOWN) | 0x10);
        break;
    case R_SUMMARY:
        store_le16(n->reg + R_SUMMARY, summary(n));
        break;
    case R_BMSR:
        store_le16(n->reg + R_BMSR, 0x7809 | (n->carrier ? BMSR_DONE | BMSR_LINK : 0));
        break;
    case R_ANLPAR:
        store_le16(n->reg + R_ANLPAR, n->carrier ? 0x45e1 : 0);
        store_le16(n->reg + R_ANER, n->carrier ? 0x0001 : 0);
        break;
    }
}

static u64 rtl_read(struct device *dev, u64 offset, unsigned size)
{
    struct rtl8139 *n = of(dev);
    u32 v = 0;

    for (unsigned i = 0; i < size; i++) {
        unsigned at = (unsigned)(offset + i) & (BYTES - 1);

        if (i == 0 || !(at & 3))
            derive(n, at);
        v |= (u32)n->reg[at] << 8 * i;
    }
    trace(dev, "%02x -> %0*x", (unsigned)offset, 2 * size, v);
    return v;
}

/* -- writing -- */

static void reset_chip(struct rtl8139 *n);

static void write_eeprom(struct rtl8139 *n, u8 was)
{
    u8 now = n->reg[R_9346];

    if ((now & E_MODE) != E_PROGRAM)
        return;
    if (!(now & E_CS))
        eeprom_deselect(n->eeprom);
    else if (now & E_SK && !(was & E_SK))
        eeprom_clock(n->eeprom, now & E_DI);
}

static void write_command(struct rtl8139 *n, u8 value, u8 was)
{
    if (value & CR_RST) {
        reset_chip(n);
        return;
    }
    if (value & CR_RE && !(was & CR_RE)) {
        n->write_at = n->receive_at = 0;
        store_le16(n->reg + R_CAPR, 0xfff0);
    }
    if (value & CR_TE && !(was & CR_TE)) {
        n->next = n->queued = n->ring_at[0] = n->ring_at[1] = 0;
        rtl8139_start_transmit(n);
    }
}

/* A write that clears OWN hands the descriptor over. */
static void write_tsd(struct rtl8139 *n, unsigned at, u32 value)
{
    unsigned i = (at - R_TSD) / 4;

    store_le32(n->reg + R_TSD + 4 * i, value & 0x3f3fff);
    if (!(value & 0x2000)) {
        n->queued |= (u8)BIT(i);
        rtl8139_start_transmit(n);
    } else {
        n->queued &= (u8)~BIT(i);
    }
}

/* [C+ Mode, Dump Tally Counter Command]: 64 bytes at the address in the other bits. */
static void dump_tally(struct rtl8139 *n, u32 command)
{
    u64 to = (u64)rtl_long(n, R_TALLY + 4) << 32 | (command & ~UINT32_C(63));
    u8 t[64] = { 0 };

    store_le32(n->reg + R_TALLY, command & ~TALLY_DUMP);
    if (!(command & TALLY_DUMP))
        return;
    store_le64(t, n->sent);
    store_le64(t + 8, n->received);
    store_le16(t + 28, (u16)n->missed);
    store_le64(t + 40, n->received_own);
    store_le64(t + 48, n->received_broadcast);
    store_le32(t + 56, n->received_multicast);
    pci_write_ram(&n->pci, to, t, sizeof t);
}

/* [Basic Mode Control Register]: reset and restart are done as soon as they are asked for. */
static void write_bmcr(struct rtl8139 *n)
{
    u16 v = rtl_word(n, R_BMCR);

    if (v & BMCR_AUTO)
        store_le16(n->reg + R_BMCR, v | 0x2100);        /* 100 Mb/s, full duplex */
}

static bool covers(unsigned at, unsigned size, unsigned reg)
{
    return reg >= at && reg < at + size;
}

/* What a write leads to once its bytes are stored. `was`: of its first byte. */
static void written(struct rtl8139 *n, unsigned at, unsigned size, u32 value, const u8 *was)
{
    if (covers(at, size, R_CR))
        write_command(n, (u8)(value >> 8 * (R_CR - at)), was[R_CR - at]);
    if (covers(at, size, R_ISR) || covers(at, size, R_ISR + 1) || covers(at, size, R_IMR)
        || covers(at, size, R_IMR + 1))
        rtl8139_raise(n, 0);
    if (covers(at, size, R_TCTR)) {
        n->timer_base = device_ticks(&n->dev, CLOCK_HZ);
        arm_timer(n);
    }
    if (covers(at, size, R_MPC))
        n->missed = 0;
    if (covers(at, size, R_9346))
        write_eeprom(n, was[R_9346 - at]);
    if (covers(at, size, R_TIMER) || covers(at, size, R_TIMER + 3))
        arm_timer(n);
    if (covers(at, size, R_BMCR + 1))
        write_bmcr(n);
    if (covers(at, size, R_POLL)) {
        if (value >> 8 * (R_POLL - at) & POLL_SWINT)
            rtl8139_raise(n, SWINT);
        n->reg[R_POLL] |= was[R_POLL - at] & (POLL_HIGH | POLL_NORMAL);
        rtl8139_start_transmit(n);
    }
}

static void rtl_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct rtl8139 *n = of(dev);
    unsigned at = (unsigned)offset;
    u8 was[8];

    trace(dev, "%02x <- %0*x", at, 2 * size, (unsigned)value);
    if (at + size > BYTES)
        return;
    memcpy(was, n->reg + at, size);
    if (at >= R_TSD && at < R_TSAD) {
        u32 whole = rtl_long(n, at & ~3u);
        unsigned shift = (at & 3) * 8;
        u32 mask = (u32)(BIT(8 * size) - 1) << shift;

        whole = (whole & ~mask) | ((u32)value << shift & mask);
        if (!(n->reg[R_CPCR] & (CPCR_TX | CPCR_RX)))
            write_tsd(n, at, whole);
        else if ((at & ~3u) == R_TALLY)
            dump_tally(n, whole);
        else if ((at & ~3u) == R_TALLY + 4)
            store_le32(n->reg + R_TALLY + 4, whole);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        u8 mask = writable(n, at + i), byte = (u8)(value >> 8 * i);

        if (at + i == R_ISR || at + i == R_ISR + 1)
            n->reg[at + i] &= (u8)~byte;
        else
            n->reg[at + i] = (u8)((was[i] & ~mask) | (byte & mask));
    }
    written(n, at, size, (u32)value, was);
}

static const struct io_ops rtl_io = { rtl_read, rtl_write, 4 };

/* -- life -- */

/* [93C46 Contents] */
static void fill_eeprom(struct rtl8139 *n)
{
    u16 *word = n->eeprom->word;

    memset(word, 0, sizeof n->eeprom->word);
    word[0] = 0x8129;
    word[1] = id.vendor;
    word[2] = id.device;
    word[3] = id.subsystem_vendor;
    word[4] = id.subsystem;
    word[5] = 0x4020;                   /* longest latency, shortest grant */
    word[6] = 0xe112;
    for (unsigned i = 0; i < NIC_MAC / 2; i++)
        word[7 + i] = (u16)(n->mac[2 * i] | n->mac[2 * i + 1] << 8);
    word[10] = 0x4d10;
}

/* [Command Register, RST]: IDR and MAR keep what they have. */
static void reset_chip(struct rtl8139 *n)
{
    memset(n->reg + R_TSD, 0, sizeof n->reg - R_TSD);
    for (unsigned i = 0; i < 4; i++)
        store_le32(n->reg + R_TSD + 4 * i, 0x2000);     /* the driver owns it */
    store_le16(n->reg + R_CAPR, 0xfff0);
    store_le32(n->reg + R_TCR, VERSION_CPLUS);
    n->reg[R_CR] = CR_BUFE;
    n->reg[R_CONFIG1] = 0x0c;                           /* I/O and memory are mapped */
    n->reg[R_CONFIG3] = 0x01;
    store_le16(n->reg + R_BMCR, BMCR_AUTO | 0x2100);
    store_le16(n->reg + R_ANAR, 0x05e1);
    n->next = n->queued = n->receive_at = n->ring_at[0] = n->ring_at[1] = 0;
    n->write_at = 0;
    n->missed = 0;
    n->wire_free = 0;
    n->timer_base = device_ticks(&n->dev, CLOCK_HZ);
    device_arm_at(&n->dev, &n->transmit, NEVER);
    device_arm_at(&n->dev, &n->timer, NEVER);
    rtl8139_raise(n, 0);
}

static void rtl_reset(struct device *dev, enum reset kind)
{
    struct rtl8139 *n = of(dev);

    pci_reset(&n->pci);
    if (kind == RESET_POWER) {
        fill_eeprom(n);
        n->carrier = true;
        n->sent = n->received = n->received_own = n->received_broadcast = 0;
        n->received_multicast = 0;
    }
    eeprom_deselect(n->eeprom);
    n->eeprom->unlocked = false;
    memset(n->reg, 0, sizeof n->reg);
    for (unsigned i = 0; i < NIC_MAC; i++)
        n->reg[R_IDR + i] = (u8)(n->eeprom->word[7 + i / 2] >> 8 * (i & 1));
    reset_chip(n);
}

static void rtl_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct rtl8139 *n = of(dev);

    if (kind == INPUT_FRAME && n->carrier && !rtl_loops(n))
        rtl8139_receive(n, bytes, count);
    if (kind == INPUT_CARRIER && count && n->carrier != !!bytes[0]) {
        n->carrier = bytes[0];
        rtl8139_raise(n, LINK);
    }
}

static void *rtl_offer(struct device *dev, const char *interface)
{
    return strcmp(interface, "net") ? NULL : &of(dev)->port;
}

static void rtl_resume(struct device *dev)
{
    pci_resume(&of(dev)->pci);
}

static bool rtl_attach(struct device *dev, struct error *err)
{
    struct rtl8139 *n = of(dev);

    if (!nic_address(dev, n->mac, err) || !pci_join(dev, &n->pci, n->config, &id, err))
        return false;
    n->ports = (struct region){
        .name = "rtl8139-ports", .owner = dev, .io = &rtl_io, .size = BYTES,
    };
    n->memory = (struct region){
        .name = "rtl8139", .owner = dev, .io = &rtl_io, .size = BYTES,
    };
    pci_bar(&n->pci, 0, PCI_IO, &n->ports);
    pci_bar(&n->pci, 1, PCI_MEM32, &n->memory);
    n->port.ready = rtl8139_ready;
    rtl8139_transmit_attach(n);
    device_event(dev, &n->timer, "timer", on_timer);
    return true;
}

bool rtl8139_set_rom(struct device *dev, const u8 *bytes, size_t count, struct error *err)
{
    struct rtl8139 *n = of(dev);

    return nic_rom(&n->pci, &n->rom, bytes, count, err);
}

const struct device_type rtl8139_type = {
    .name = "rtl8139", .title = "Realtek RTL8139C+ fast Ethernet", .size = sizeof(struct rtl8139),
    .state = state_rows, .attach = rtl_attach, .reset = rtl_reset, .input = rtl_input,
    .offer = rtl_offer, .resume = rtl_resume,
};
