/* What network interfaces share: addresses, the CRC of IEEE 802.3, expansion ROMs. */
#include "peripherals/net/nic.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROM_LIMIT = 1 << 20, ROM_SMALLEST = 2048 };
enum { PREAMBLE = 8, GAP = 12 };        /* bytes around a frame */

static unsigned number_of(const char *name)
{
    size_t end = strlen(name);

    while (end && name[end - 1] >= '0' && name[end - 1] <= '9')
        end--;
    return (unsigned)strtoul(name + end, NULL, 10);
}

bool nic_address(const struct device *dev, u8 mac[NIC_MAC], struct error *err)
{
    const char *text = device_text(dev, "mac", NULL);
    unsigned part[NIC_MAC];
    int length = 0;

    if (!text) {
        static const u8 first[NIC_MAC] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

        memcpy(mac, first, NIC_MAC);
        mac[5] = (u8)(mac[5] + number_of(dev->name));
        return true;
    }
    if (sscanf(text, "%2x%*1[:-]%2x%*1[:-]%2x%*1[:-]%2x%*1[:-]%2x%*1[:-]%2x%n", &part[0],
               &part[1], &part[2], &part[3], &part[4], &part[5], &length) != NIC_MAC
        || text[length])
        return fail(err, "%s.mac: \"%s\" is not like 52:54:00:12:34:56", dev->name, text);
    for (unsigned i = 0; i < NIC_MAC; i++)
        mac[i] = (u8)part[i];
    if (mac[0] & 1)
        return fail(err, "%s.mac: %s is the address of a group, not of a station", dev->name,
                    text);
    return true;
}

/* The register after these bytes, least significant bit first, half a byte at a time. */
static u32 crc_register(const u8 *bytes, size_t count)
{
    static const u32 of_nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158,
        0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4,
        0xa00ae278, 0xbdbdf21c,
    };
    u32 crc = ~UINT32_C(0);

    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ of_nibble[crc & 15];
        crc = crc >> 4 ^ of_nibble[crc & 15];
    }
    return crc;
}

u32 nic_crc(const u8 *bytes, size_t count)
{
    return ~crc_register(bytes, count);
}

unsigned nic_hash(const u8 mac[NIC_MAC], unsigned bits)
{
    u32 crc = crc_register(mac, NIC_MAC);
    unsigned hash = 0;

    for (unsigned i = 0; i < bits; i++)         /* our register is the mirror image of theirs */
        hash = hash << 1 | (crc >> i & 1);
    return hash;
}

u64 nic_wire_time(size_t count, unsigned megabits)
{
    if (count < NIC_SHORT)
        count = NIC_SHORT;
    return (PREAMBLE + count + NIC_CRC + GAP) * 8 * 1000 / megabits;
}

/*
 * Firmware runs a ROM only if its data structure ("PCIR", PCI Firmware Specification 3.0,
 * 5.1.2) names the function's ids, and some images are built for a family of chips. Byte 6
 * takes up the difference in the checksum.
 */
static void adopt(u8 *rom, size_t count, const struct pci_id *id)
{
    size_t at = count >= 0x1a ? load_le16(rom + 0x18) : count;
    u8 *ids = rom + at + 4, before;

    if (at + 8 > count || memcmp(rom + at, "PCIR", 4))
        return;
    before = (u8)(ids[0] + ids[1] + ids[2] + ids[3]);
    store_le16(ids, id->vendor);
    store_le16(ids + 2, id->device);
    rom[6] = (u8)(rom[6] + before - (ids[0] + ids[1] + ids[2] + ids[3]));
}

bool nic_rom(struct pci *pci, struct region *region, const u8 *bytes, size_t count,
             struct error *err)
{
    struct device *dev = pci->dev;
    u64 size = ROM_SMALLEST;
    struct ram *ram;

    if (count < 2 || count > ROM_LIMIT || bytes[0] != 0x55 || bytes[1] != 0xaa)
        return fail(err, "%s: that is no option ROM of at most 1 MB", dev->name);
    while (size < count)
        size *= 2;
    ram = machine_add_ram(dev->machine, dev->name, size, err);
    if (!ram)
        return false;
    memcpy(ram->host, bytes, count);
    adopt(ram->host, count, pci->id);
    *region = (struct region){ .name = dev->name, .owner = dev, .ram = ram, .size = size };
    pci_bar(pci, PCI_ROM, PCI_MEM32, region);
    return true;
}
