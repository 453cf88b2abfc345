/* NE2000 on ISA: 32 ports and an interrupt, set by jumpers. See dp8390.c. */
#include "core/machine.h"
#include "peripherals/net/dp8390.h"
#include "peripherals/net/ne2000.h"

enum { USUAL_PORT = 0x300 };

#define NE2000_ISA_STATE(ONE, MANY, PART) \
    PART(struct dp8390, chip, 1, DP8390_STATE)

struct ne2000_isa {
    struct ne2000 n;
    struct line   irq;
    STATE_MEMBERS(NE2000_ISA_STATE)
};
DEFINE_STATE(struct ne2000_isa, NE2000_ISA_STATE);

static void interrupt(struct ne2000 *n, bool level)
{
    line_set(&container_of(n, struct ne2000_isa, n)->irq, level);
}

static void isa_reset(struct device *dev, enum reset kind)
{
    ne2000_reset(container_of(dev, struct ne2000, dev), kind);
}

static bool isa_attach(struct device *dev, struct error *err)
{
    struct ne2000_isa *c = container_of(dev, struct ne2000_isa, n.dev);

    c->n.interrupt = interrupt;
    if (!ne2000_attach(&c->n, c->chip, err))
        return false;
    device_line(dev, &c->irq, "irq");
    space_map(dev->machine->ports, &c->n.ports, device_number(dev, "port", USUAL_PORT), NORMAL);
    return true;
}

const struct device_type ne2000_isa_type = {
    .name = "ne2000-isa", .title = "NE2000 Ethernet on ISA", .size = sizeof(struct ne2000_isa),
    .state = state_rows, .attach = isa_attach, .reset = isa_reset, .input = ne2000_input,
    .offer = ne2000_offer,
};
