#pragma once
#include "core/bits.h"
#include "core/net.h"
#include "peripherals/net/eeprom.h"
#include "peripherals/net/nic.h"

/*
 * The insides of the RTL8139C+, for the files rtl8139*.c. [Brackets] there are sections of
 * Realtek's data sheets RTL8139C(L) and RTL8139C+.
 */
#define RTL8139_STATE(ONE, MANY, PART)                                      \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)                    \
    MANY(u8,   reg, 256,        "registers, where they are nothing more")   \
    PART(struct eeprom, eeprom, 1, EEPROM_STATE)                            \
    ONE (u8,   next,            "of the four descriptors is sent next")     \
    ONE (u8,   queued,          "descriptors that may be sent, a bit each") \
    ONE (u16,  write_at,        "in the receive buffer: CBR")               \
    MANY(u8,   ring_at, 2,      "C+: next descriptor to send; high priority") \
    ONE (u8,   receive_at,      "C+: next descriptor to fill")              \
    ONE (u64,  timer_base,      "ticks when TCTR was 0")                    \
    ONE (u64,  wire_free,       "when the last frame has left")             \
    ONE (u32,  missed,          "MPC")                                      \
    ONE (bool, carrier,         "a cable is plugged in")                    \
    ONE (u64,  sent,            "frames, for the tally")                    \
    ONE (u64,  received,        "frames")                                   \
    ONE (u64,  received_own,    "frames to this station")                   \
    ONE (u64,  received_broadcast, "frames")                                \
    ONE (u32,  received_multicast, "frames")

enum {
    RTL_RING = 64,              /* most descriptors of a C+ ring */
    RTL_GATHER = 0x10000 + 256, /* bytes of a packet that is cut into segments */
    RTL_FRAME = 8192,           /* and of one that is not */
};

struct rtl8139 {
    struct device   dev;
    struct pci      pci;
    struct region   ports, memory, rom;
    struct net_port port;
    struct event    transmit, timer;
    u8              mac[NIC_MAC];
    u8              packet[RTL_GATHER];     /* scratch while one event is handled */
    u8              frame[RTL_FRAME];
    u8              arrived[RTL_FRAME];
    STATE_MEMBERS(RTL8139_STATE)
};

/* [Register Descriptions] */
enum rtl_register {
    R_IDR = 0x00, R_MAR = 0x08, R_TSD = 0x10, R_TSAD = 0x20, R_RBSTART = 0x30, R_CR = 0x37,
    R_CAPR = 0x38, R_CBR = 0x3a, R_IMR = 0x3c, R_ISR = 0x3e, R_TCR = 0x40, R_RCR = 0x44,
    R_TCTR = 0x48, R_MPC = 0x4c, R_9346 = 0x50, R_CONFIG0, R_CONFIG1, R_TIMER = 0x54,
    R_MSR = 0x58, R_CONFIG3, R_CONFIG4, R_SUMMARY = 0x60, R_BMCR = 0x62, R_BMSR = 0x64,
    R_ANAR = 0x66, R_ANLPAR = 0x68, R_ANER = 0x6a, R_CONFIG5 = 0xd8, R_POLL = 0xd9,
    R_CPCR = 0xe0, R_RDSAR = 0xe4,
    R_TNPDS = 0x20, R_THPDS = 0x28, R_TALLY = 0x10,     /* in C+ mode */
};

enum { CR_BUFE = 0x01, CR_TE = 0x04, CR_RE = 0x08, CR_RST = 0x10 };
enum rtl_cause {
    ROK = 0x0001, RER = 0x0002, TOK = 0x0004, TER = 0x0008, RXOVW = 0x0010, LINK = 0x0020,
    FOVW = 0x0040, TDU = 0x0080, SWINT = 0x0100, TIMEOUT = 0x4000, SERR = 0x8000,
};
enum { TCR_CRC = 0x10000, TCR_LBK = 0x60000 };
enum { RCR_AAP = 0x01, RCR_APM = 0x02, RCR_AM = 0x04, RCR_AB = 0x08, RCR_WRAP = 0x80 };
enum { CPCR_TX = 0x01, CPCR_RX = 0x02, CPCR_CHECKSUM = 0x20, CPCR_VLAN = 0x40 };
enum { POLL_HIGH = 0x80, POLL_NORMAL = 0x40, POLL_SWINT = 0x01 };
enum { VLAN_TYPE = 0x8100 };

static inline u32 rtl_long(const struct rtl8139 *n, unsigned at)
{
    return load_le32(n->reg + at);
}

static inline u16 rtl_word(const struct rtl8139 *n, unsigned at)
{
    return load_le16(n->reg + at);
}

static inline bool rtl_loops(const struct rtl8139 *n)
{
    return (rtl_long(n, R_TCR) & TCR_LBK) == TCR_LBK;
}

/* rtl8139.c */
void rtl8139_raise(struct rtl8139 *, u16 causes);

/* rtl8139_tx.c */
void rtl8139_start_transmit(struct rtl8139 *);
void rtl8139_transmit_attach(struct rtl8139 *);

/* rtl8139_rx.c */
bool rtl8139_ready(const struct net_port *);
bool rtl8139_buffer_empty(const struct rtl8139 *);
void rtl8139_receive(struct rtl8139 *, const u8 *frame, size_t count);
