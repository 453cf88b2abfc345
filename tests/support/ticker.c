#include "tests/support/ticker.h"

#include "core/machine.h"

DEFINE_PART(struct lap, LAP_STATE)
DEFINE_PART(struct laps, LAPS_STATE)
DEFINE_STATE(struct ticker, TICKER_STATE);

static void ticker_on_pulse(struct device *dev, u64 due)
{
    struct ticker *t = container_of(dev, struct ticker, dev);
    struct lap *lap = &t->laps->lap[t->pulses % 3];

    device_arm_at(dev, &t->pulse, due + t->period);
    t->late += device_now(dev) - due;
    t->pulses++;
    t->odd = !t->odd;
    t->laps->used += t->laps->used < 3;
    lap->when = due;
    lap->mark[0] = (s16)-t->pulses;
    line_set(&t->out, true);
    line_set(&t->out, false);
}

static u64 ticker_read(struct device *dev, u64 offset, unsigned size)
{
    struct ticker *t = container_of(dev, struct ticker, dev);

    trace(dev, "read %u.%u", (unsigned)offset, size);
    return t->value;
}

static bool ticker_attach(struct device *dev, struct error *err)
{
    static const struct io_ops ops = { .read = ticker_read };
    struct ticker *t = container_of(dev, struct ticker, dev);

    (void)err;
    device_line(dev, &t->out, "out");
    device_event(dev, &t->pulse, "pulse", ticker_on_pulse);
    t->port = (struct region){ .name = "port", .owner = dev, .io = &ops, .size = 1 };
    space_map(dev->machine->ports, &t->port, 0x10, NORMAL);     /* of two, the first by name */
    return true;
}

static void ticker_reset(struct device *dev, enum reset how)
{
    struct ticker *t = container_of(dev, struct ticker, dev);

    t->value = 0;
    if (how == RESET_POWER && t->period)
        device_arm_in(dev, &t->pulse, t->period);
}

static void ticker_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct ticker *t = container_of(dev, struct ticker, dev);

    t->value = (u8)(kind + (count ? bytes[count - 1] : 0));
}

static void ticker_resume(struct device *dev)
{
    container_of(dev, struct ticker, dev)->resumed++;
}

static const struct state_alias renamed[] = { { "beats", "pulses" }, { 0 } };

const struct device_type ticker_type = {
    .name = "ticker", .title = "A clock that ticks",
    .size = sizeof(struct ticker), .state = state_rows, .renamed = renamed,
    .attach = ticker_attach, .reset = ticker_reset,
    .input = ticker_input, .resume = ticker_resume,
};

struct ticker *ticker(struct machine *m, const char *name, u64 period)
{
    struct device *dev = machine_add(m, &ticker_type, name, NULL);
    struct ticker *t = dev ? container_of(dev, struct ticker, dev) : NULL;

    if (t)
        t->period = period;
    return t;
}

void ticker_odd_access(struct ticker *t)
{
    guest_oddity(&t->dev, "an access of %u bits", 13u);
}
