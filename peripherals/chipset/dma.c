/*
 * Two Intel 8237A DMA controllers as an AT joins them, and the page registers that give
 * addresses their upper bits: 8237A data sheet; 82371SB (PIIX3), [DMA Registers]. Channels
 * 0 to 3 move bytes and pass through channel 4, which has to be in cascade mode and open;
 * 5 to 7 move words and shift their address up by one.
 *
 * A transfer takes no time. Not modelled: the order of channels (each asks when it has
 * data), compressed and extended timing, the polarity of DREQ and DACK, and the alias of
 * ports 10h to 1Fh.
 */
#include "peripherals/chipset/dma.h"

#include "bus/isa_dma.h"
#include "core/machine.h"

#include <string.h>

enum { BYTES, WORDS, CHIPS, CHANNELS = 4, LINK = 0 /* of WORDS */, PAGES = 16 };
enum {
    COMMAND = 8, REQUEST, MASK_ONE, MODE, CLEAR_FLIP_FLOP, MASTER_CLEAR, CLEAR_MASK, MASK_ALL,
    STATUS = COMMAND, TEMPORARY = MASTER_CLEAR,
};
enum { MEMORY_TO_MEMORY = 1, HOLD_ADDRESS = 2, DISABLED = 4 };
enum { VERIFY = 0, TO_MEMORY = 4, FROM_MEMORY = 8, TYPE = 0x0c };
enum { AUTOINIT = 0x10, DOWN = 0x20, CASCADE = 0xc0, SERVICE = 0xc0 };

#define CHANNEL_STATE(ONE, MANY, PART)                      \
    ONE (u16,  base_address, "what autoinitialize brings back") \
    ONE (u16,  base_count,   "likewise")                    \
    ONE (u16,  address,      "current")                     \
    ONE (u16,  count,        "current: one less than is left") \
    ONE (u8,   mode,         "")
#define DMA_CHIP_STATE(ONE, MANY, PART)                     \
    PART(struct channel, channel, 4, CHANNEL_STATE)         \
    ONE (u8,   command,      "")                            \
    ONE (u8,   mask,         "1: closed")                   \
    ONE (u8,   request,      "by software")                 \
    ONE (u8,   dreq,         "by the cards")                \
    ONE (u8,   terminal,     "counts that ran out since the last status read") \
    ONE (u8,   temporary,    "last byte of a memory-to-memory transfer") \
    ONE (bool, high,         "flip-flop: the next byte is the second")
#define DMA_STATE(ONE, MANY, PART)                          \
    PART(struct dma_chip, chip, 2, DMA_CHIP_STATE)          \
    MANY(u8,   page, 16,     "ports 80h to 8Fh")

struct channel { STATE_MEMBERS(CHANNEL_STATE) };
DEFINE_PART(struct channel, CHANNEL_STATE)
struct dma_chip { STATE_MEMBERS(DMA_CHIP_STATE) };
DEFINE_PART(struct dma_chip, DMA_CHIP_STATE)

struct dma {
    struct device  dev;
    struct isa_dma bus;
    struct region  port[CHIPS], pages;
    STATE_MEMBERS(DMA_STATE)
};
DEFINE_STATE(struct dma, DMA_STATE);

/* -- where a channel points -- */

/* [DMA Memory Low Page Registers]: which port of 80h to 8Fh has a channel's page. */
static u32 page_of(const struct dma *d, unsigned channel)
{
    static const u8 port[CHIPS * CHANNELS] = { 7, 3, 1, 2, 15, 11, 9, 10 };

    return d->page[port[channel]];
}

/* The address wraps within 64 KB of bytes or 128 KB of words. */
static u32 physical(const struct dma *d, unsigned channel)
{
    u32 address = d->chip[channel / CHANNELS].channel[channel % CHANNELS].address;

    if (channel / CHANNELS == WORDS)
        return (page_of(d, channel) & 0xfe) << 16 | address << 1;
    return page_of(d, channel) << 16 | address;
}

static void step(struct channel *c, u32 units)
{
    c->address = (u16)(c->mode & DOWN ? c->address - units : c->address + units);
}

/* Moves units between memory and bytes, or past both. */
static void transfer(struct dma *d, unsigned channel, u8 *bytes, u32 units)
{
    struct channel *c = &d->chip[channel / CHANNELS].channel[channel % CHANNELS];
    struct space *memory = d->dev.machine->memory;
    unsigned wide = channel / CHANNELS == WORDS;

    while (units) {
        u32 to_wrap = 0x10000 - c->address;
        u32 run = c->mode & DOWN ? 1 : units < to_wrap ? units : to_wrap;

        if ((c->mode & TYPE) == TO_MEMORY)
            space_dma_write(memory, physical(d, channel), bytes, (u64)run << wide);
        else if ((c->mode & TYPE) == FROM_MEMORY)
            space_dma_read(memory, physical(d, channel), bytes, (u64)run << wide);
        step(c, run);
        bytes += run << wide;
        units -= run;
    }
}

/* The count goes down; true, and all that follows from it, when it runs out. */
static bool count_down(struct dma_chip *chip, unsigned i, u32 units)
{
    struct channel *c = &chip->channel[i];
    bool out = units > c->count;

    c->count = (u16)(c->count - units);
    if (!out)
        return false;
    chip->terminal |= 1 << i;
    chip->request &= ~(1 << i);
    if (c->mode & AUTOINIT) {
        c->address = c->base_address;
        c->count = c->base_count;
    } else {
        chip->mask |= 1 << i;
    }
    return true;
}

/* -- who may -- */

static bool is_linked(const struct dma *d)
{
    const struct dma_chip *second = &d->chip[WORDS];

    return !(second->command & DISABLED) && !(second->mask >> LINK & 1)
        && (second->channel[LINK].mode & SERVICE) == CASCADE;
}

/* The chip is on and the channel set up to transfer; its mask is another matter. */
static bool is_able(struct dma *d, unsigned channel)
{
    const struct dma_chip *chip = &d->chip[channel / CHANNELS];
    u8 mode = chip->channel[channel % CHANNELS].mode;

    if (chip->command & DISABLED || (mode & SERVICE) == CASCADE)
        return false;
    if (channel < CHANNELS && !is_linked(d)) {
        guest_oddity(&d->dev, "channel %u is used, but channel 4 does not link it", channel);
        return false;
    }
    if ((mode & TYPE) == TYPE) {
        guest_oddity(&d->dev, "channel %u has an illegal mode, %02xh", channel, mode);
        return false;
    }
    return true;
}

static size_t dma_move(struct isa_dma *bus, unsigned channel, void *bytes, size_t count,
                       bool to_memory, bool *terminal_count)
{
    struct dma *d = container_of(bus, struct dma, bus);
    struct dma_chip *chip = &d->chip[channel / CHANNELS % CHIPS];
    struct channel *c = &chip->channel[channel % CHANNELS];
    unsigned wide = channel / CHANNELS == WORDS, type = c->mode & TYPE;
    u32 units = c->count + 1u;

    *terminal_count = false;
    if (channel >= CHIPS * CHANNELS || chip->mask >> channel % CHANNELS & 1)
        return 0;
    if (!is_able(d, channel) || type == (to_memory ? FROM_MEMORY : TO_MEMORY))
        return 0;
    if (count >> wide < units)
        units = (u32)(count >> wide);
    if (units == 0)
        return 0;
    if (type == VERIFY && !to_memory)
        memset(bytes, 0xff, (size_t)units << wide);     /* nobody drives the bus */
    transfer(d, channel, bytes, units);
    *terminal_count = count_down(chip, channel % CHANNELS, units);
    trace(&d->dev, "channel %u: %u bytes%s", channel, units << wide,
          *terminal_count ? ", terminal count" : "");
    return (size_t)units << wide;
}

static void dma_request(struct isa_dma *bus, unsigned channel, bool level)
{
    struct dma *d = container_of(bus, struct dma, bus);
    struct dma_chip *chip = &d->chip[channel / CHANNELS % CHIPS];
    u8 bit = (u8)(1 << channel % CHANNELS);

    chip->dreq = (u8)(level ? chip->dreq | bit : chip->dreq & ~bit);
}

/* -- requests by software -- */

/* [Memory-to-Memory]: channel 0 reads, channel 1 writes and counts. */
static void copy_memory(struct dma *d)
{
    struct dma_chip *chip = &d->chip[BYTES];
    struct channel *from = &chip->channel[0], *to = &chip->channel[1];
    struct space *memory = d->dev.machine->memory;
    u32 units = to->count + 1u;

    for (u32 i = 0; i < units; i++) {
        space_dma_read(memory, physical(d, 0), &chip->temporary, 1);
        space_dma_write(memory, physical(d, 1), &chip->temporary, 1);
        if (!(chip->command & HOLD_ADDRESS))
            step(from, 1);
        step(to, 1);
    }
    from->count = (u16)(from->count - units);
    if (from->mode & AUTOINIT) {
        from->address = from->base_address;
        from->count = from->base_count;
    }
    count_down(chip, 1, units);
    chip->request &= ~1;
}

/* Nobody answers on the card's side: memory gets what an idle bus shows. */
static void run_alone(struct dma *d, unsigned channel)
{
    struct dma_chip *chip = &d->chip[channel / CHANNELS];
    u32 units = chip->channel[channel % CHANNELS].count + 1u;
    u8 idle[512];

    for (u32 n; units; units -= n) {
        n = units < 256 ? units : 256;
        memset(idle, 0xff, sizeof idle);
        transfer(d, channel, idle, n);
        if (count_down(chip, channel % CHANNELS, n))
            return;
    }
}

static void serve_software(struct dma *d, unsigned which)
{
    struct dma_chip *chip = &d->chip[which];

    for (unsigned i = 0; i < CHANNELS; i++) {
        if (!(chip->request >> i & 1) || !is_able(d, which * CHANNELS + i))
            continue;
        if (i == 0 && which == BYTES && chip->command & MEMORY_TO_MEMORY)
            copy_memory(d);
        else
            run_alone(d, which * CHANNELS + i);
    }
}

/* -- registers -- */

static void master_clear(struct dma_chip *c)
{
    c->command = c->request = c->terminal = c->temporary = 0;
    c->mask = 0x0f;
    c->high = false;
}

static u64 read_register(struct dma_chip *c, unsigned reg)
{
    const struct channel *channel = &c->channel[reg / 2 % CHANNELS];
    u16 v = reg & 1 ? channel->count : channel->address;
    u8 status;

    if (reg < COMMAND) {
        c->high = !c->high;
        return (u8)(c->high ? v : v >> 8);
    }
    switch (reg) {
    case STATUS:
        status = (u8)((c->dreq | c->request) << 4 | c->terminal);
        c->terminal = 0;
        return status;
    case TEMPORARY: return c->temporary;
    case MASK_ALL:  return c->mask;     /* later chips let it be read */
    }
    return 0xff;
}

static void set_byte(u16 *v, bool high, u8 byte)
{
    *v = (u16)(high ? (*v & 0x00ff) | byte << 8 : (*v & 0xff00) | byte);
}

static void write_channel(struct dma_chip *c, unsigned reg, u8 v)
{
    struct channel *channel = &c->channel[reg / 2];

    set_byte(reg & 1 ? &channel->base_count : &channel->base_address, c->high, v);
    set_byte(reg & 1 ? &channel->count : &channel->address, c->high, v);
    c->high = !c->high;
}

static void write_register(struct dma_chip *c, unsigned reg, u8 v)
{
    u8 bit = (u8)(1 << (v & 3));

    if (reg < COMMAND) {
        write_channel(c, reg, v);
        return;
    }
    switch (reg) {
    case COMMAND:         c->command = v; break;
    case REQUEST:         c->request = v & 4 ? c->request | bit : c->request & ~bit; break;
    case MASK_ONE:        c->mask = v & 4 ? c->mask | bit : c->mask & ~bit; break;
    case MODE:            c->channel[v & 3].mode = v & ~3; break;
    case CLEAR_FLIP_FLOP: c->high = false; break;
    case MASTER_CLEAR:    master_clear(c); break;
    case CLEAR_MASK:      c->mask = 0; break;
    case MASK_ALL:        c->mask = v & 0x0f; break;
    }
}

static u64 dma_read_bytes(struct device *dev, u64 offset, unsigned size)
{
    struct dma *d = container_of(dev, struct dma, dev);
    u64 v = read_register(&d->chip[BYTES], (unsigned)offset);

    trace(dev, "read %02xh -> %02xh", (unsigned)offset, (unsigned)v);
    return v;
}

static void dma_write_bytes(struct device *dev, u64 offset, u64 v, unsigned size)
{
    struct dma *d = container_of(dev, struct dma, dev);

    trace(dev, "write %02xh <- %02xh", (unsigned)offset, (unsigned)v);
    write_register(&d->chip[BYTES], (unsigned)offset, (u8)v);
    serve_software(d, BYTES);
}

/* A0 is not led to the second chip. */
static u64 dma_read_words(struct device *dev, u64 offset, unsigned size)
{
    struct dma *d = container_of(dev, struct dma, dev);
    u64 v = read_register(&d->chip[WORDS], (unsigned)offset / 2);

    trace(dev, "read %02xh -> %02xh", 0xc0 + (unsigned)offset, (unsigned)v);
    return v;
}

static void dma_write_words(struct device *dev, u64 offset, u64 v, unsigned size)
{
    struct dma *d = container_of(dev, struct dma, dev);

    trace(dev, "write %02xh <- %02xh", 0xc0 + (unsigned)offset, (unsigned)v);
    write_register(&d->chip[WORDS], (unsigned)offset / 2, (u8)v);
    serve_software(d, WORDS);
}

static u64 dma_read_page(struct device *dev, u64 offset, unsigned size)
{
    return container_of(dev, struct dma, dev)->page[offset];
}

static void dma_write_page(struct device *dev, u64 offset, u64 v, unsigned size)
{
    trace(dev, "write %02xh <- %02xh", 0x80 + (unsigned)offset, (unsigned)v);
    container_of(dev, struct dma, dev)->page[offset] = (u8)v;
}

/* -- the device -- */

static void *dma_offer(struct device *dev, const char *interface)
{
    return strcmp(interface, "isa-dma") ? NULL : &container_of(dev, struct dma, dev)->bus;
}

static void dma_reset(struct device *dev, enum reset how)
{
    struct dma *d = container_of(dev, struct dma, dev);

    master_clear(&d->chip[BYTES]);
    master_clear(&d->chip[WORDS]);
}

static bool dma_attach(struct device *dev, struct error *err)
{
    static const struct io_ops bytes = { dma_read_bytes, dma_write_bytes, 1 };
    static const struct io_ops words = { dma_read_words, dma_write_words, 1 };
    static const struct io_ops pages = { dma_read_page, dma_write_page, 1 };
    struct dma *d = container_of(dev, struct dma, dev);
    struct space *ports = dev->machine->ports;

    d->bus = (struct isa_dma){ dev, dma_move, dma_request };
    d->port[0] = (struct region){ .name = "dma1", .owner = dev, .io = &bytes, .size = 16 };
    d->port[1] = (struct region){ .name = "dma2", .owner = dev, .io = &words, .size = 32 };
    d->pages = (struct region){ .name = "pages", .owner = dev, .io = &pages, .size = PAGES };
    space_map(ports, &d->port[0], device_number(dev, "port", 0x00), NORMAL);
    space_map(ports, &d->port[1], device_number(dev, "port2", 0xc0), NORMAL);
    space_map(ports, &d->pages, device_number(dev, "pages", 0x80), NORMAL);
    return true;
}

const struct device_type dma_type = {
    .name = "i8237", .title = "DMA controllers", .size = sizeof(struct dma),
    .state = state_rows, .attach = dma_attach, .reset = dma_reset, .offer = dma_offer,
};
