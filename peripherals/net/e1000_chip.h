#pragma once
#include "bus/pci.h"
#include "core/net.h"
#include "peripherals/net/eeprom.h"
#include "peripherals/net/nic.h"

/*
 * The insides of the 82540EM, for the files e1000*.c. [Brackets] there are sections of
 * Intel's "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual".
 */

/*
 * Plain registers: name, offset, the bits a write stores, value after reset. Where an
 * access does more, e1000.c has a case for it.
 */
#define E1000_REGISTERS(R, X)                                                              \
    R(X, ctrl,    0x0000, 0xfffffbff, 0x00000241, "device control")                        \
    R(X, eecd,    0x0010, 0x00000077, 0x00000010, "EEPROM pins")                           \
    R(X, eerd,    0x0014, 0x00000000, 0x00000000, "EEPROM read")                           \
    R(X, ctrl_ext, 0x0018, 0x01fffffe, 0x00000000, "extended device control")              \
    R(X, fla,     0x001c, 0x0000003f, 0x00000000, "flash access")                          \
    R(X, mdic,    0x0020, 0x00000000, 0x10000000, "PHY access")                            \
    R(X, fcal,    0x0028, 0xffffffff, 0x00c28001, "address of flow control, low")          \
    R(X, fcah,    0x002c, 0x0000ffff, 0x00000100, "and high")                              \
    R(X, fct,     0x0030, 0x0000ffff, 0x00008808, "type of flow control")                  \
    R(X, vet,     0x0038, 0x0000ffff, 0x00008100, "type of VLAN tags")                     \
    R(X, icr,     0x00c0, 0x00000000, 0x00000000, "causes of interrupts")                  \
    R(X, itr,     0x00c4, 0x0000ffff, 0x00000000, "quiet after an interrupt, 256 ns")      \
    R(X, ims,     0x00d0, 0x00000000, 0x00000000, "which causes interrupt")                \
    R(X, rctl,    0x0100, 0x07dfb3fe, 0x00000000, "receive control")                       \
    R(X, fcttv,   0x0170, 0x0000ffff, 0x00000000, "pause to ask for")                      \
    R(X, txcw,    0x0178, 0xc000ffff, 0x00000000, "TBI word to send")                      \
    R(X, rxcw,    0x0180, 0x00000000, 0x00000000, "TBI word received")                     \
    R(X, tctl,    0x0400, 0x01fffffa, 0x00000000, "transmit control")                      \
    R(X, tipg,    0x0410, 0x3fffffff, 0x00602008, "gap between packets")                   \
    R(X, ait,     0x0458, 0x0000ffff, 0x00000000, "adaptive spacing")                      \
    R(X, ledctl,  0x0e00, 0xffffffff, 0x07068302, "lamps")                                 \
    R(X, pba,     0x1000, 0x0000ffff, 0x00100030, "KB for reception; the rest of 64")      \
    R(X, fcrtl,   0x2160, 0x8000fff8, 0x00000000, "flow control, low mark")                \
    R(X, fcrth,   0x2168, 0x0000fff8, 0x00000000, "and high")                              \
    R(X, rdfh,    0x2410, 0x00001fff, 0x00000000, "receive FIFO head")                     \
    R(X, rdft,    0x2418, 0x00001fff, 0x00000000, "receive FIFO tail")                     \
    R(X, rdfhs,   0x2420, 0x00001fff, 0x00000000, "receive FIFO head, saved")              \
    R(X, rdfts,   0x2428, 0x00001fff, 0x00000000, "receive FIFO tail, saved")              \
    R(X, rdfpc,   0x2430, 0x00001fff, 0x00000000, "packets in the receive FIFO")           \
    R(X, rdbal,   0x2800, 0xfffffff0, 0x00000000, "receive ring, low")                     \
    R(X, rdbah,   0x2804, 0xffffffff, 0x00000000, "and high")                              \
    R(X, rdlen,   0x2808, 0x000fff80, 0x00000000, "its bytes")                             \
    R(X, rdh,     0x2810, 0x0000ffff, 0x00000000, "its head")                              \
    R(X, rdt,     0x2818, 0x0000ffff, 0x00000000, "its tail")                              \
    R(X, rdtr,    0x2820, 0x0000ffff, 0x00000000, "delay after a packet, 1.024 us")        \
    R(X, rxdctl,  0x2828, 0x013f3f3f, 0x00010000, "receive thresholds")                    \
    R(X, radv,    0x282c, 0x0000ffff, 0x00000000, "and at most this")                      \
    R(X, rsrpd,   0x2c00, 0x00000fff, 0x00000000, "what is a small packet")                \
    R(X, txdmac,  0x3000, 0x00000001, 0x00000001, "transmit DMA control")                  \
    R(X, tdfh,    0x3410, 0x000007ff, 0x00000600, "transmit FIFO head")                    \
    R(X, tdft,    0x3418, 0x000007ff, 0x00000600, "transmit FIFO tail")                    \
    R(X, tdfhs,   0x3420, 0x00001fff, 0x00000600, "transmit FIFO head, saved")             \
    R(X, tdfts,   0x3428, 0x00001fff, 0x00000600, "transmit FIFO tail, saved")             \
    R(X, tdfpc,   0x3430, 0x00001fff, 0x00000000, "packets in the transmit FIFO")          \
    R(X, tdbal,   0x3800, 0xfffffff0, 0x00000000, "transmit ring, low")                    \
    R(X, tdbah,   0x3804, 0xffffffff, 0x00000000, "and high")                              \
    R(X, tdlen,   0x3808, 0x000fff80, 0x00000000, "its bytes")                             \
    R(X, tdh,     0x3810, 0x0000ffff, 0x00000000, "its head")                              \
    R(X, tdt,     0x3818, 0x0000ffff, 0x00000000, "its tail")                              \
    R(X, tidv,    0x3820, 0x0000ffff, 0x00000000, "delay after a packet, 1.024 us")        \
    R(X, txdctl,  0x3828, 0xff3f3f3f, 0x00000000, "transmit thresholds")                   \
    R(X, tadv,    0x382c, 0x0000ffff, 0x00000000, "and at most this")                      \
    R(X, tspmt,   0x3830, 0xffffffff, 0x01000400, "segmentation, FIFO threshold")          \
    R(X, rxcsum,  0x5000, 0x000007ff, 0x00000000, "receive checksums")                     \
    R(X, wuc,     0x5800, 0x0000000f, 0x00000000, "wake-up control")                       \
    R(X, wufc,    0x5808, 0x000f80ff, 0x00000000, "wake-up filters")                       \
    R(X, wus,     0x5810, 0x00000000, 0x00000000, "wake-up status")                        \
    R(X, manc,    0x5820, 0xffffffff, 0x00000000, "management control")                    \
    R(X, ipav,    0x5838, 0x0001000f, 0x00000000, "which IP addresses are valid")          \
    R(X, wupl,    0x5900, 0x00000000, 0x00000000, "length of the wake-up packet")

#define E1000_CONTEXT_STATE(ONE, MANY, PART)                            \
    ONE (u8,   ip_start,    "IPCSS")                                    \
    ONE (u8,   ip_at,       "IPCSO")                                    \
    ONE (u16,  ip_end,      "IPCSE")                                    \
    ONE (u8,   start,       "TUCSS")                                    \
    ONE (u8,   at,          "TUCSO")                                    \
    ONE (u16,  end,         "TUCSE")                                    \
    ONE (u8,   command,     "TUCMD")                                    \
    ONE (u8,   header,      "HDRLEN")                                   \
    ONE (u16,  segment,     "MSS")

#define E1000_AS_STATE_(ONE, name, offset, stored, reset, about) ONE(u32, name, about)
#define E1000_STATE(ONE, MANY, PART)                                    \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)                \
    E1000_REGISTERS(E1000_AS_STATE_, ONE)                               \
    ONE (u32,  io_address,      "IOADDR: the register IODATA is")       \
    MANY(u32,  statistics, 64,  "at 4000h")                             \
    MANY(u32,  address, 32,     "RAL and RAH: stations, at 5400h")      \
    MANY(u32,  multicast, 128,  "MTA: hashes, at 5200h")                \
    MANY(u32,  vlan, 128,       "VFTA: tags that pass, at 5600h")       \
    MANY(u32,  filters, 112,    "IP4AT, IP6AT, WUPM at 5840h to 5A00h") \
    PART(struct eeprom, eeprom, 1, EEPROM_STATE)                        \
    MANY(u16,  phy, 32,         "registers")                            \
    ONE (bool, carrier,         "a cable is plugged in")                \
    ONE (bool, link,            "and both ends agree")                  \
    ONE (bool, asserted,        "INTA#")                                \
    ONE (u64,  quiet_until,     "no interrupt before, by ITR")          \
    ONE (u64,  wire_free,       "when the last packet has left")        \
    PART(struct e1000_context, context, 2, E1000_CONTEXT_STATE)

struct e1000_context { STATE_MEMBERS(E1000_CONTEXT_STATE) };
DEFINE_PART(struct e1000_context, E1000_CONTEXT_STATE)
enum { CONTEXT_CHECKSUM, CONTEXT_SEGMENT };     /* index of context[] */

enum {
    E1000_LONGEST = 16288,      /* bytes of a frame with RCTL.LPE */
    E1000_GATHER  = 0x10000 + 256,  /* of a packet that is cut into segments */
    E1000_WORDS   = 0x6000 / 4,
};

struct e1000 {
    struct device   dev;
    struct pci      pci;
    struct region   memory, ports, rom;
    struct net_port port;
    struct event    transmit, throttle, negotiate;
    struct event    rx_delay, rx_limit, tx_delay, tx_limit;
    u8              mac[NIC_MAC];
    u8              slot[E1000_WORDS];          /* of the table of registers, plus 1 */
    u8              packet[E1000_GATHER];       /* scratch while one event is handled */
    u8              frame[NIC_TAG + E1000_LONGEST];
    u8              received[E1000_LONGEST + NIC_TAG + NIC_CRC];
    STATE_MEMBERS(E1000_STATE)
};

enum ctrl {
    CTRL_ASDE = 0x20, CTRL_SLU = 0x40, CTRL_RST = 0x04000000, CTRL_RFCE = 0x08000000,
    CTRL_VME = 0x40000000, CTRL_PHY_RST = INT32_MIN,
};

enum cause {
    TXDW = 0x01, TXQE = 0x02, LSC = 0x04, RXSEQ = 0x08, RXDMT0 = 0x10, RXO = 0x40, RXT0 = 0x80,
    MDAC = 0x200, TXD_LOW = 0x8000, SRPD = 0x10000,
};

enum rctl {
    RCTL_EN = 0x02, RCTL_SBP = 0x04, RCTL_UPE = 0x08, RCTL_MPE = 0x10, RCTL_LPE = 0x20,
    RCTL_LBM = 0xc0, RCTL_BAM = 0x8000, RCTL_VFE = 0x40000, RCTL_CFIEN = 0x80000,
    RCTL_CFI = 0x100000, RCTL_DPF = 0x400000, RCTL_PMCF = 0x800000, RCTL_BSEX = 0x2000000,
    RCTL_SECRC = 0x4000000,
};

enum tctl { TCTL_EN = 0x02, TCTL_PSP = 0x08 };
enum rxcsum { RXCSUM_PCSS = 0xff, RXCSUM_IPOFLD = 0x100, RXCSUM_TUOFLD = 0x200 };

/* Index of statistics[]: offset from 4000h, by 4. [Statistics Registers] */
enum statistic {
    S_MPC = 0x10 / 4, S_PRC64 = 0x5c / 4, S_GPRC = 0x74 / 4, S_BPRC, S_MPRC, S_GPTC,
    S_GORC = 0x88 / 4, S_GOTC = 0x90 / 4, S_RNBC = 0xa0 / 4, S_RUC, S_RFC, S_ROC, S_RJC,
    S_TOR = 0xc0 / 4, S_TOT = 0xc8 / 4, S_TPR = 0xd0 / 4, S_TPT, S_PTC64,
    S_MPTC = 0xf0 / 4, S_BPTC, S_TSCTC, S_TSCTFC,
};

/* e1000.c */
void e1000_count(struct e1000 *, enum statistic);               /* stays at its highest */
void e1000_count_bytes(struct e1000 *, enum statistic, u64);    /* of a pair */
/* One of six counters from `first` on, by the size of the frame with its CRC. */
void e1000_count_size(struct e1000 *, enum statistic first, size_t bytes);

/* e1000_interrupt.c */
void e1000_raise(struct e1000 *, u32 causes);
void e1000_interrupt(struct e1000 *);           /* after ICR, IMS or ITR changed */
/* A packet is done: now, or after the delays of registers `delay` and `limit`. */
void e1000_received(struct e1000 *);
void e1000_transmitted(struct e1000 *, bool delayed);
void e1000_flush(struct e1000 *, struct event *, struct event *, u32 cause);
void e1000_interrupt_attach(struct e1000 *);

/* e1000_eeprom.c */
void e1000_eeprom_fill(struct e1000 *, const struct pci_id *);
void e1000_eeprom_pins(struct e1000 *, u32 value);
u32  e1000_eeprom_output(const struct e1000 *);         /* EECD as it is read */
void e1000_eeprom_read(struct e1000 *, u32 value);      /* EERD is written */

/* e1000_phy.c */
void e1000_phy_reset(struct e1000 *);
void e1000_phy_settle(struct e1000 *);          /* at power-on, negotiated long ago */
void e1000_phy_access(struct e1000 *, u32 value);       /* MDIC is written */
void e1000_phy_carrier(struct e1000 *, bool plugged);
bool e1000_phy_loopback(const struct e1000 *);
unsigned e1000_megabits(const struct e1000 *);
void e1000_phy_attach(struct e1000 *);

/* e1000_tx.c, e1000_rx.c */
void e1000_start_transmit(struct e1000 *);
void e1000_transmit_attach(struct e1000 *);
bool e1000_ready(const struct net_port *);
void e1000_receive(struct e1000 *, const u8 *frame, size_t count);
