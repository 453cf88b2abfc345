/*
 * Two Intel 8259A interrupt controllers as an AT joins them: the second's INT is IR2 of
 * the first. 8259A data sheet; the edge/level registers 4D0h and 4D1h are those of the
 * 82371SB (PIIX3). With them LTIM of ICW1 has no effect; "pic.elcr = no" is a board of
 * before EISA, where LTIM counts.
 *
 * Not modelled: the CALL sequence of MCS-80/85 and the buffered mode's pin.
 */
#include "peripherals/chipset/pic.h"

#include "core/machine.h"

enum { FIRST, SECOND_CHIP, CHIPS, CASCADE = 2, NONE = 8 };
enum { ICW1 = 0x10, ICW1_IC4 = 1, ICW1_SNGL = 2, ICW1_LTIM = 8 };
enum { ICW4_UPM = 1, ICW4_AEOI = 2, ICW4_SFNM = 0x10 };
enum { OCW3 = 8, OCW3_RIS = 1, OCW3_RR = 2, OCW3_P = 4, OCW3_SMM = 0x20, OCW3_ESMM = 0x40 };
enum { OCW2_EOI = 0x20, OCW2_SL = 0x40, OCW2_R = 0x80 };

#define CHIP_STATE(ONE, MANY, PART)                                     \
    ONE (u8,   in,           "levels of the IR pins")                   \
    ONE (u8,   edge,         "rises that wait: the edge sense latch")   \
    ONE (u8,   isr,          "in service")                              \
    ONE (u8,   imr,          "masked")                                  \
    ONE (u8,   elcr,         "1: level triggered")                      \
    ONE (u8,   icw1,         "")                                        \
    ONE (u8,   base,         "ICW2: vector of IR0")                     \
    ONE (u8,   icw3,         "slaves; or which slave it is")            \
    ONE (u8,   icw4,         "")                                        \
    ONE (u8,   expects,      "the next ICW, or 0")                      \
    ONE (u8,   lowest,       "the IR of lowest priority")               \
    ONE (bool, rotate_aeoi,  "rotate in automatic EOI")                 \
    ONE (bool, special_mask, "special mask mode")                       \
    ONE (bool, read_isr,     "what a status read gives")                \
    ONE (bool, poll,         "the next read is a poll")
#define PIC_STATE(ONE, MANY, PART) \
    PART(struct chip, chip, 2, CHIP_STATE)

struct chip { STATE_MEMBERS(CHIP_STATE) };
DEFINE_PART(struct chip, CHIP_STATE)

struct pic {
    struct device dev;
    struct line   intr;
    struct region port[CHIPS], level_port;
    bool          has_elcr;
    STATE_MEMBERS(PIC_STATE)
};
DEFINE_STATE(struct pic, PIC_STATE);

/* -- one chip -- */

static u8 level_triggered(const struct pic *p, const struct chip *c)
{
    return p->has_elcr ? c->elcr : c->icw1 & ICW1_LTIM ? 0xff : 0;
}

static u8 requests(const struct pic *p, const struct chip *c)
{
    u8 level = level_triggered(p, c);

    return (u8)((c->in & level) | (c->edge & ~level));
}

/* 0 is the highest; NONE: no bit is set. */
static unsigned best_rank(const struct chip *c, u8 bits)
{
    unsigned rank = 0;

    while (rank < NONE && !(bits >> ((c->lowest + 1 + rank) & 7) & 1))
        rank++;
    return rank;
}

static unsigned ir_of_rank(const struct chip *c, unsigned rank)
{
    return (c->lowest + 1 + rank) & 7;
}

/* The request that INT announces, or NONE. [Fully Nested Mode], [Special Mask Mode]. */
static unsigned winner(const struct pic *p, const struct chip *c)
{
    u8 serving = c->special_mask ? c->isr & ~c->imr : c->isr;
    unsigned wanted = best_rank(c, requests(p, c) & ~c->imr);
    unsigned busy = best_rank(c, serving);

    if (c->expects || wanted == NONE || wanted > busy)
        return NONE;
    if (wanted < busy)
        return ir_of_rank(c, wanted);
    /* [The Special Fully Nested Mode]: a slave in service is heard again. */
    return c->icw4 & ICW4_SFNM && c->icw3 >> ir_of_rank(c, wanted) & 1 && c == &p->chip[FIRST]
        ? ir_of_rank(c, wanted) : NONE;
}

static void hear(struct chip *c, unsigned ir, bool level)
{
    u8 bit = (u8)(1 << ir);

    if (level && !(c->in & bit))
        c->edge |= bit;
    c->in = (u8)(level ? c->in | bit : c->in & ~bit);
    c->edge &= c->in;           /* a request that falls before INTA is gone */
}

static void update(struct pic *p)
{
    hear(&p->chip[FIRST], CASCADE, winner(p, &p->chip[SECOND_CHIP]) != NONE);
    line_set(&p->intr, winner(p, &p->chip[FIRST]) != NONE);
}

/* What the first INTA does; the IR, or NONE if the request has gone. */
static unsigned accept(struct pic *p, struct chip *c)
{
    unsigned ir = winner(p, c);

    if (ir == NONE)
        return NONE;
    c->edge &= ~(1 << ir);
    if (!(c->icw4 & ICW4_AEOI))
        c->isr |= 1 << ir;
    else if (c->rotate_aeoi)
        c->lowest = (u8)ir;
    if (c == &p->chip[SECOND_CHIP])
        hear(&p->chip[FIRST], CASCADE, false);      /* INT falls during INTA */
    return ir;
}

static u8 vector(struct pic *p, const struct chip *c, unsigned ir)
{
    if (!(c->icw4 & ICW4_UPM))
        guest_oddity(&p->dev, "an interrupt is acknowledged in MCS-80/85 mode");
    return (u8)(c->base | (ir == NONE ? 7 : ir));   /* default IR7 */
}

u8 pic_acknowledge(struct device *dev)
{
    struct pic *p = container_of(dev, struct pic, dev);
    struct chip *first = &p->chip[FIRST], *second = &p->chip[SECOND_CHIP];
    unsigned ir = accept(p, first);
    u8 answer;

    if (ir == NONE || first->icw1 & ICW1_SNGL || !(first->icw3 >> ir & 1)) {
        answer = vector(p, first, ir);
    } else if (ir == CASCADE && (second->icw3 & 7) == ir) {
        answer = vector(p, second, accept(p, second));
    } else {
        guest_oddity(dev, "no slave answers as number %u: see ICW3", ir);
        answer = 0xff;
    }
    trace(dev, "acknowledge -> %02xh", answer);
    update(p);
    return answer;
}

/* -- its registers -- */

static void write_icw1(struct chip *c, u8 v)
{
    c->icw1 = v;
    c->icw4 = 0;
    c->edge = c->isr = c->imr = 0;
    c->icw3 = 7;
    c->lowest = 7;
    c->special_mask = c->read_isr = c->poll = c->rotate_aeoi = false;
    c->expects = 2;
}

static void write_next_icw(struct chip *c, u8 v)
{
    bool wants_icw4 = c->icw1 & ICW1_IC4;

    switch (c->expects) {
    case 2:
        c->base = v & 0xf8;
        c->expects = !(c->icw1 & ICW1_SNGL) ? 3 : wants_icw4 ? 4 : 0;
        break;
    case 3:
        c->icw3 = v;
        c->expects = wants_icw4 ? 4 : 0;
        break;
    default:
        c->icw4 = v;
        c->expects = 0;
    }
}

/* [Operation Command Word 2]: ends of interrupts and rotations. */
static void write_ocw2(struct chip *c, u8 v)
{
    u8 endable = c->special_mask ? c->isr & ~c->imr : c->isr;
    unsigned rank = best_rank(c, endable);
    unsigned ir = v & OCW2_SL ? v & 7u : rank == NONE ? NONE : ir_of_rank(c, rank);

    if (!(v & (OCW2_EOI | OCW2_SL)))
        c->rotate_aeoi = v & OCW2_R;
    if (ir == NONE || !(v & (OCW2_EOI | OCW2_SL)))
        return;
    if (v & OCW2_EOI)
        c->isr &= ~(1 << ir);
    if (v & OCW2_R)
        c->lowest = (u8)ir;
}

static void write_ocw3(struct chip *c, u8 v)
{
    if (v & OCW3_ESMM)
        c->special_mask = v & OCW3_SMM;
    c->poll = v & OCW3_P;
    if (v & OCW3_RR)
        c->read_isr = v & OCW3_RIS;
}

static u8 poll(struct pic *p, struct chip *c)
{
    unsigned ir = accept(p, c);

    c->poll = false;
    update(p);
    return ir == NONE ? 7 : (u8)(0x80 | ir);
}

static u64 read_chip(struct pic *p, struct chip *c, u64 offset)
{
    if (c->poll)
        return poll(p, c);
    return offset & 1 ? c->imr : c->read_isr ? c->isr : requests(p, c);
}

static void write_chip(struct pic *p, struct chip *c, u64 offset, u8 v)
{
    if (!(offset & 1) && v & ICW1)
        write_icw1(c, v);
    else if (!(offset & 1) && v & OCW3)
        write_ocw3(c, v);
    else if (!(offset & 1))
        write_ocw2(c, v);
    else if (c->expects)
        write_next_icw(c, v);
    else
        c->imr = v;
    update(p);
}

static u64 pic_read_first(struct device *dev, u64 offset, unsigned size)
{
    struct pic *p = container_of(dev, struct pic, dev);
    u64 v = read_chip(p, &p->chip[FIRST], offset);

    trace(dev, "read %02xh -> %02xh", 0x20 + (unsigned)offset, (unsigned)v);
    return v;
}

static void pic_write_first(struct device *dev, u64 offset, u64 v, unsigned size)
{
    struct pic *p = container_of(dev, struct pic, dev);

    trace(dev, "write %02xh <- %02xh", 0x20 + (unsigned)offset, (unsigned)v);
    write_chip(p, &p->chip[FIRST], offset, (u8)v);
}

static u64 pic_read_second(struct device *dev, u64 offset, unsigned size)
{
    struct pic *p = container_of(dev, struct pic, dev);
    u64 v = read_chip(p, &p->chip[SECOND_CHIP], offset);

    trace(dev, "read %02xh -> %02xh", 0xa0 + (unsigned)offset, (unsigned)v);
    return v;
}

static void pic_write_second(struct device *dev, u64 offset, u64 v, unsigned size)
{
    struct pic *p = container_of(dev, struct pic, dev);

    trace(dev, "write %02xh <- %02xh", 0xa0 + (unsigned)offset, (unsigned)v);
    write_chip(p, &p->chip[SECOND_CHIP], offset, (u8)v);
}

/* PIIX3 [ELCR1], [ELCR2]: the timer, keyboard, cascade, clock and FPU stay with edges. */
static u64 pic_read_levels(struct device *dev, u64 offset, unsigned size)
{
    return container_of(dev, struct pic, dev)->chip[offset].elcr;
}

static void pic_write_levels(struct device *dev, u64 offset, u64 v, unsigned size)
{
    static const u8 changeable[CHIPS] = { 0xf8, 0xde };
    struct pic *p = container_of(dev, struct pic, dev);

    trace(dev, "write %03xh <- %02xh", 0x4d0 + (unsigned)offset, (unsigned)v);
    p->chip[offset].elcr = (u8)(v & changeable[offset]);
    update(p);
}

/* -- the device -- */

static void pic_pin(struct device *dev, unsigned pin, bool level)
{
    struct pic *p = container_of(dev, struct pic, dev);

    if (pin == CASCADE || pin > 15)
        return;
    hear(&p->chip[pin / 8], pin % 8, level);
    update(p);
}

static void pic_reset(struct device *dev, enum reset how)
{
    struct pic *p = container_of(dev, struct pic, dev);

    for (unsigned i = 0; i < CHIPS; i++) {
        p->chip[i] = (struct chip){ .in = p->chip[i].in, .lowest = 7 };
        if (i == FIRST)
            p->chip[i].icw3 = 1 << CASCADE;
        else
            p->chip[i].icw3 = CASCADE;
    }
    update(p);
}

static bool pic_attach(struct device *dev, struct error *err)
{
    static const struct io_ops first = { pic_read_first, pic_write_first, 1 };
    static const struct io_ops second = { pic_read_second, pic_write_second, 1 };
    static const struct io_ops levels = { pic_read_levels, pic_write_levels, 1 };
    struct pic *p = container_of(dev, struct pic, dev);
    struct space *ports = dev->machine->ports;

    device_line(dev, &p->intr, "intr");
    p->port[0] = (struct region){ .name = "pic1", .owner = dev, .io = &first, .size = 2 };
    p->port[1] = (struct region){ .name = "pic2", .owner = dev, .io = &second, .size = 2 };
    p->level_port = (struct region){ .name = "elcr", .owner = dev, .io = &levels, .size = 2 };
    space_map(ports, &p->port[0], device_number(dev, "port", 0x20), NORMAL);
    space_map(ports, &p->port[1], device_number(dev, "port2", 0xa0), NORMAL);
    p->has_elcr = device_flag(dev, "elcr", true);
    if (p->has_elcr)
        space_map(ports, &p->level_port, device_number(dev, "level-port", 0x4d0), NORMAL);
    return true;
}

const struct device_type pic_type = {
    .name = "i8259", .title = "interrupt controllers", .size = sizeof(struct pic),
    .state = state_rows, .attach = pic_attach, .reset = pic_reset, .pin = pic_pin,
};
