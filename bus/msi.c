/*
 * Message Signaled Interrupts: PCI Local Bus Specification 3.0, [MSI Capability Structure]. One
 * message, a 64-bit address, no masking: what most functions have.
 *
 * Not modelled: several messages, masks, MSI-X.
 */
#include "bus/pci.h"

#include "core/bits.h"
#include "core/machine.h"
#include "core/space.h"

enum { CAPABILITY_MSI = 5, CONTROL = 2, ADDRESS = 4, DATA = 12, LENGTH = 14 };
enum { CONTROL_ENABLE = 1, CONTROL_64 = 0x80, COMMAND = 4, COMMAND_MASTER = 4 };

bool pci_msi(struct pci *p, struct error *err)
{
    u8 at = p->msi = pci_capability(p, CAPABILITY_MSI, LENGTH);

    p->start[at + CONTROL] = CONTROL_64;
    p->writable[at + CONTROL] = CONTROL_ENABLE | 0x70;      /* and how many may be used */
    store_le64(&p->writable[at + ADDRESS], ~UINT64_C(3));
    store_le16(&p->writable[at + DATA], 0xffff);
    return true;
}

bool pci_msi_enabled(const struct pci *p)
{
    return p->msi && p->config->bytes[p->msi + CONTROL] & CONTROL_ENABLE;
}

/* A message is a write that the function masters. */
void pci_msi_send(struct pci *p)
{
    const u8 *capability = &p->config->bytes[p->msi];
    u64 address = load_le64(capability + ADDRESS);
    u16 data = load_le16(capability + DATA);

    if (!(pci_word(p, COMMAND) & COMMAND_MASTER))
        return;
    trace(p->dev, "message %04x to %llx", data, (unsigned long long)address);
    space_write(p->dev->machine->memory, address, data, 4);
}
