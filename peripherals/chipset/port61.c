/*
 * System control port B of the AT: gate and speaker of the timer's counter 2, and what
 * raised NMI. 82371SB (PIIX3) data sheet, [NMISC: NMI Status and Control Register].
 *
 * The speaker's cone is out while both the data bit and OUT2 are up. Not modelled: that the
 * refresh bit follows counter 1 as programmed; it toggles every 18 CLKs, as on every PC.
 */
#include "peripherals/chipset/port61.h"

#include "core/audio.h"
#include "core/machine.h"
#include "peripherals/chipset/pit.h"

#include <string.h>

enum { CLOCK_HZ = 1193182, REFRESH = 18 };
enum {
    GATE2 = 1, SPEAKER = 2, SERR_OFF = 4, IOCHK_OFF = 8, WRITABLE = 0x0f,
    REFRESH_TOGGLE = 0x10, OUT2 = 0x20, IOCHK_NMI = 0x40, SERR_NMI = 0x80,
};

#define PORT61_STATE(ONE, MANY, PART)                       \
    ONE (u8,   control,    "bits 0 to 3, as written")       \
    ONE (u8,   sources,    "bits 6 and 7: who raised NMI")  \
    ONE (bool, serr,       "the wire")                      \
    ONE (bool, iochk,      "the wire")                      \
    ONE (bool, nmi_masked, "by port 70h")                   \
    ONE (bool, out2,       "as heard while the speaker is on") \
    ONE (bool, cone,       "the speaker's cone is out")

struct port61 {
    struct device  dev;
    struct line    gate2, nmi;
    struct region  port;
    struct device *pit;
    struct audio  *audio;
    STATE_MEMBERS(PORT61_STATE)
};
DEFINE_STATE(struct port61, PORT61_STATE);

static void move_cone(struct port61 *p)
{
    bool cone = p->control & SPEAKER && p->out2;

    if (cone == p->cone)
        return;
    p->cone = cone;
    if (p->audio)
        p->audio->ops->move(p->audio, device_now(&p->dev), cone);
}

/* A source stays latched until its enable bit has been 1. */
static void update_nmi(struct port61 *p)
{
    if (p->serr)
        p->sources |= SERR_NMI;
    if (p->iochk)
        p->sources |= IOCHK_NMI;
    if (p->control & SERR_OFF)
        p->sources &= ~SERR_NMI;
    if (p->control & IOCHK_OFF)
        p->sources &= ~IOCHK_NMI;
    line_set(&p->nmi, p->sources && !p->nmi_masked);
}

static bool refresh_toggle(const struct port61 *p)
{
    return device_ticks(&p->dev, CLOCK_HZ) / REFRESH & 1;
}

static u64 port61_read(struct device *dev, u64 offset, unsigned size)
{
    struct port61 *p = container_of(dev, struct port61, dev);
    u8 v = p->control | p->sources;

    if (p->pit && pit_out(p->pit, 2))
        v |= OUT2;
    if (refresh_toggle(p))
        v |= REFRESH_TOGGLE;
    trace(dev, "read -> %02xh", v);
    return v;
}

static void set_control(struct port61 *p, u8 v)
{
    p->control = v & WRITABLE;
    line_set(&p->gate2, v & GATE2);
    if (p->pit)
        pit_follow(p->pit, 2, v & SPEAKER);
    move_cone(p);
    update_nmi(p);
}

static void port61_write(struct device *dev, u64 offset, u64 v, unsigned size)
{
    trace(dev, "write <- %02xh", (unsigned)v);
    set_control(container_of(dev, struct port61, dev), (u8)v);
}

static void port61_pin(struct device *dev, unsigned pin, bool level)
{
    struct port61 *p = container_of(dev, struct port61, dev);

    switch (pin) {
    case PORT61_OUT2:     p->out2 = level; move_cone(p); return;
    case PORT61_SERR:     p->serr = level; break;
    case PORT61_IOCHK:    p->iochk = level; break;
    case PORT61_NMI_MASK: p->nmi_masked = level; break;
    }
    update_nmi(p);
}

static void find_pit(struct port61 *p)
{
    struct device *pit = machine_find(p->dev.machine, device_text(&p->dev, "pit", "pit"));

    p->pit = pit && pit->type == &pit_type ? pit : NULL;
}

static void port61_reset(struct device *dev, enum reset how)
{
    struct port61 *p = container_of(dev, struct port61, dev);

    find_pit(p);
    p->sources = 0;
    set_control(p, 0);
}

static void port61_resume(struct device *dev)
{
    find_pit(container_of(dev, struct port61, dev));
}

static void *port61_offer(struct device *dev, const char *interface)
{
    return strcmp(interface, "speaker") ? NULL : &container_of(dev, struct port61, dev)->audio;
}

static bool port61_attach(struct device *dev, struct error *err)
{
    static const struct io_ops ops = { port61_read, port61_write, 1 };
    struct port61 *p = container_of(dev, struct port61, dev);

    device_line(dev, &p->gate2, "gate2");
    device_line(dev, &p->nmi, "nmi");
    p->port = (struct region){ .name = dev->name, .owner = dev, .io = &ops, .size = 1 };
    space_map(dev->machine->ports, &p->port, device_number(dev, "port", 0x61), NORMAL);
    return true;
}

const struct device_type port61_type = {
    .name = "port61", .title = "speaker and NMI status", .size = sizeof(struct port61),
    .state = state_rows, .attach = port61_attach, .reset = port61_reset, .pin = port61_pin,
    .resume = port61_resume, .offer = port61_offer,
};
