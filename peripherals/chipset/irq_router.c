/*
 * The board's interrupt wires, each joined with the others of its number and led to the
 * 8259s and to the I/O APIC. Which pin of that has IRQ 0 is the board's to say.
 */
#include "peripherals/chipset/irq_router.h"

enum { PIC_IRQS = 16, GSIS = 24, SOURCES = 8, STRIDE = 32 };

#define ROUTER_STATE(ONE, MANY, PART) \
    MANY(u8, raised, 24, "by which sources")

struct router {
    struct device dev;
    struct line   pic[PIC_IRQS], gsi[GSIS];
    STATE_MEMBERS(ROUTER_STATE)
};
DEFINE_STATE(struct router, ROUTER_STATE);

static void router_pin(struct device *dev, unsigned pin, bool level)
{
    struct router *r = container_of(dev, struct router, dev);
    unsigned irq = pin % STRIDE, source = pin / STRIDE;

    if (irq >= GSIS || source >= SOURCES)
        return;
    r->raised[irq] = (u8)(level ? r->raised[irq] | 1 << source : r->raised[irq] & ~(1 << source));
    if (irq < PIC_IRQS)
        line_set(&r->pic[irq], r->raised[irq]);
    line_set(&r->gsi[irq], r->raised[irq]);
}

static bool router_attach(struct device *dev, struct error *err)
{
    static const char *const pic_name[PIC_IRQS] = {
        "pic0", "pic1", "pic2", "pic3", "pic4", "pic5", "pic6", "pic7", "pic8", "pic9",
        "pic10", "pic11", "pic12", "pic13", "pic14", "pic15",
    };
    static const char *const gsi_name[GSIS] = {
        "gsi0", "gsi1", "gsi2", "gsi3", "gsi4", "gsi5", "gsi6", "gsi7", "gsi8", "gsi9",
        "gsi10", "gsi11", "gsi12", "gsi13", "gsi14", "gsi15", "gsi16", "gsi17", "gsi18",
        "gsi19", "gsi20", "gsi21", "gsi22", "gsi23",
    };
    struct router *r = container_of(dev, struct router, dev);

    for (unsigned i = 0; i < PIC_IRQS; i++)
        device_line(dev, &r->pic[i], pic_name[i]);
    for (unsigned i = 0; i < GSIS; i++)
        device_line(dev, &r->gsi[i], gsi_name[i]);
    return true;
}

const struct device_type irq_router_type = {
    .name = "irq-router", .title = "interrupt wires", .size = sizeof(struct router),
    .state = state_rows, .attach = router_attach, .pin = router_pin,
};
