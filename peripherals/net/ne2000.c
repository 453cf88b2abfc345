/*
 * NE2000 on PCI: Realtek's RTL8029AS. See dp8390.c.
 *
 * Not modelled: register page 3 (its EEPROM and configuration), full duplex.
 */
#include "peripherals/net/ne2000.h"

#include "core/error.h"
#include "peripherals/net/dp8390.h"

#define NE2000_PCI_STATE(ONE, MANY, PART)                   \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)    \
    PART(struct dp8390, chip, 1, DP8390_STATE)

struct ne2000_pci {
    struct ne2000 n;
    struct pci    pci;
    struct region rom;
    STATE_MEMBERS(NE2000_PCI_STATE)
};
DEFINE_STATE(struct ne2000_pci, NE2000_PCI_STATE);

static const struct pci_id id = {
    .vendor = 0x10ec, .device = 0x8029, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0x020000, .pin = 1,
};

static void interrupt(struct ne2000 *n, bool level)
{
    pci_interrupt(&container_of(n, struct ne2000_pci, n)->pci, level);
}

static void ne2000_pci_reset(struct device *dev, enum reset kind)
{
    struct ne2000_pci *c = container_of(dev, struct ne2000_pci, n.dev);

    pci_reset(&c->pci);
    ne2000_reset(&c->n, kind);
}

static void ne2000_pci_resume(struct device *dev)
{
    pci_resume(&container_of(dev, struct ne2000_pci, n.dev)->pci);
}

static bool ne2000_pci_attach(struct device *dev, struct error *err)
{
    struct ne2000_pci *c = container_of(dev, struct ne2000_pci, n.dev);

    c->n.interrupt = interrupt;
    if (!ne2000_attach(&c->n, c->chip, err) || !pci_join(dev, &c->pci, c->config, &id, err))
        return false;
    pci_bar(&c->pci, 0, PCI_IO, &c->n.ports);
    return true;
}

bool ne2000_set_rom(struct device *dev, const u8 *bytes, size_t count, struct error *err)
{
    struct ne2000_pci *c = container_of(dev, struct ne2000_pci, n.dev);

    return nic_rom(&c->pci, &c->rom, bytes, count, err);
}

const struct device_type ne2000_pci_type = {
    .name = "ne2000-pci", .title = "NE2000 Ethernet on PCI (RTL8029)",
    .size = sizeof(struct ne2000_pci), .state = state_rows, .attach = ne2000_pci_attach,
    .reset = ne2000_pci_reset, .resume = ne2000_pci_resume, .input = ne2000_input,
    .offer = ne2000_offer,
};
