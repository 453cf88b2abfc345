#pragma once
#include "core/net.h"
#include "peripherals/net/nic.h"

/*
 * The DP8390 with the memory of an NE2000 card, for the cards that carry it.
 */
enum { NE2000_PORTS = 32, NE2000_RAM = 16 << 10, NE2000_PROM = 32 };

#define DP8390_STATE(ONE, MANY, PART)                                   \
    ONE (u8,   command,         "CR")                                   \
    ONE (u8,   start,           "PSTART: first page of the ring")       \
    ONE (u8,   stop,            "PSTOP: the page behind it")            \
    ONE (u8,   boundary,        "BNRY: the driver has read up to it")   \
    ONE (u8,   current,         "CURR: the next packet goes there")     \
    ONE (u8,   transmit_page,   "TPSR")                                 \
    ONE (u16,  transmit_count,  "TBCR")                                 \
    ONE (u8,   transmit_status, "TSR")                                  \
    ONE (u8,   causes,          "ISR")                                  \
    ONE (u8,   mask,            "IMR")                                  \
    ONE (u16,  remote_start,    "RSAR")                                 \
    ONE (u16,  remote_address,  "CRDA")                                 \
    ONE (u16,  remote_count,    "RBCR, and what is left of it")         \
    ONE (u16,  local_address,   "CLDA")                                 \
    ONE (u8,   receive_control, "RCR")                                  \
    ONE (u8,   receive_status,  "RSR")                                  \
    ONE (u8,   transmit_control, "TCR")                                 \
    ONE (u8,   data_control,    "DCR")                                  \
    MANY(u8,   tally, 3,        "CNTR0 to CNTR2")                       \
    MANY(u8,   station, 6,      "PAR")                                  \
    MANY(u8,   groups, 8,       "MAR")                                  \
    MANY(u8,   fifo, 8,         "what a loopback leaves")               \
    ONE (u8,   fifo_at,         "of it is read next")                   \
    ONE (bool, overflowed,      "nothing is received until it is stopped") \
    ONE (bool, carrier,         "a cable is plugged in")                \
    MANY(u8,   ram, NE2000_RAM, "of the card, at 4000h")

struct dp8390 { STATE_MEMBERS(DP8390_STATE) };
DEFINE_PART(struct dp8390, DP8390_STATE)

struct ne2000 {                 /* first member of both cards */
    struct device   dev;
    struct region   ports;
    struct net_port port;
    struct event    transmit;
    struct dp8390  *chip;       /* the card's state */
    void          (*interrupt)(struct ne2000 *, bool level);
    u8              prom[NE2000_PROM];
    u8              frame[2048];        /* scratch while one frame is handled */
};

bool  ne2000_attach(struct ne2000 *, struct dp8390 *, struct error *);
void  ne2000_reset(struct ne2000 *, enum reset);
void  ne2000_input(struct device *, u32 kind, const u8 *bytes, size_t count);
void *ne2000_offer(struct device *, const char *interface);
