/* A wired OR that many hear. */
#include "peripherals/chipset/splitter.h"

#include "core/machine.h"

#include <stdio.h>

#define SPLITTER_STATE(ONE, MANY, PART) \
    ONE (u32, in, "pins that are up")

struct splitter {
    struct device dev;
    struct line   out[MACHINE_CPUS];
    char          name[MACHINE_CPUS][4];
    STATE_MEMBERS(SPLITTER_STATE)
};
DEFINE_STATE(struct splitter, SPLITTER_STATE);

static void splitter_pin(struct device *dev, unsigned pin, bool level)
{
    struct splitter *s = container_of(dev, struct splitter, dev);

    s->in = level ? s->in | 1u << pin : s->in & ~(1u << pin);
    for (unsigned i = 0; i < MACHINE_CPUS && s->out[i].listener; i++)
        line_set(&s->out[i], s->in != 0);
}

static bool splitter_attach(struct device *dev, struct error *err)
{
    struct splitter *s = container_of(dev, struct splitter, dev);

    for (unsigned i = 0; i < MACHINE_CPUS; i++) {
        snprintf(s->name[i], sizeof s->name[i], "%u", i);
        device_line(dev, &s->out[i], s->name[i]);
    }
    return true;
}

const struct device_type splitter_type = {
    .name = "splitter", .title = "one wire to many", .size = sizeof(struct splitter),
    .state = state_rows, .attach = splitter_attach, .pin = splitter_pin,
};
