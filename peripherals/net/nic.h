#pragma once
#include "bus/pci.h"

/* What the network interfaces of this shelf share. */
enum {
    NIC_MAC   = 6,
    NIC_CRC   = 4,              /* the frame check sequence; the host's frames lack it */
    NIC_SHORT = 60,             /* the shortest frame on a wire, without it */
    NIC_TAG   = 4,              /* of a VLAN */
};

static const u8 nic_broadcast[NIC_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/*
 * The configuration's `mac`; if unsaid 52:54:00:12:34:56 plus the number at the end of the
 * device's name. Refused if it is no address of one station.
 */
bool nic_address(const struct device *, u8 mac[NIC_MAC], struct error *);

/* CRC-32 as IEEE 802.3, 3.2.9 has it; on the wire its low byte goes first. */
u32  nic_crc(const u8 *bytes, size_t count);
/* The top bits of the CRC register, before its complement: the hash of a multicast address. */
unsigned nic_hash(const u8 mac[NIC_MAC], unsigned bits);

/* How long a frame, CRC not counted, keeps a wire busy, preamble and gap with it. */
u64  nic_wire_time(size_t count, unsigned megabits);

/* An expansion ROM with these bytes, up to 1 MB. Before the machine's first reset. */
bool nic_rom(struct pci *, struct region *, const u8 *bytes, size_t count, struct error *);
