#include "core/device.h"

#include "core/config.h"
#include "core/machine.h"

#include <stdarg.h>
#include <stdio.h>

void device_line(struct device *dev, struct line *l, const char *name)
{
    struct line **end = &dev->lines;

    while (*end)
        end = &(*end)->next;
    l->name = name;
    l->driver = dev;
    *end = l;
}

void device_event(struct device *dev, struct event *e, const char *name,
                  void (*fire)(struct device *, u64 due))
{
    struct event **end = &dev->events;

    while (*end)
        end = &(*end)->next;
    e->name = name;
    e->owner = dev;
    e->fire = fire;
    *end = e;
    clock_add(&dev->machine->clock, e);
}

static const char *full_key(const struct device *dev, const char *key, char *text, size_t room)
{
    snprintf(text, room, "%s.%s", dev->name, key);
    return text;
}

const char *device_text(const struct device *dev, const char *key, const char *otherwise)
{
    char text[128];

    return config_text(dev->machine->config, full_key(dev, key, text, sizeof text), otherwise);
}

bool device_flag(const struct device *dev, const char *key, bool otherwise)
{
    char text[128];

    return config_flag(dev->machine->config, full_key(dev, key, text, sizeof text), otherwise);
}

u64 device_number(const struct device *dev, const char *key, u64 otherwise)
{
    char text[128];

    return config_number(dev->machine->config, full_key(dev, key, text, sizeof text), otherwise);
}

u64 device_now(const struct device *dev)
{
    return dev->machine->clock.now;
}

u64 device_ticks(const struct device *dev, u32 hz)
{
    return ns_to_ticks(device_now(dev), hz);
}

u64 device_time_to(const struct device *dev, const struct event *e)
{
    u64 now = device_now(dev);

    return e->due == NEVER ? NEVER : e->due > now ? e->due - now : 0;
}

void device_arm_at(struct device *dev, struct event *e, u64 due)
{
    clock_arm(&dev->machine->clock, e, due);
}

void device_arm_in(struct device *dev, struct event *e, u64 delay)
{
    u64 now = device_now(dev);

    device_arm_at(dev, e, delay < NEVER - now ? now + delay : NEVER);
}

void device_log(const struct device *dev, enum log_level level, const char *fmt, ...)
{
    struct machine *m = dev->machine;
    char text[256];
    va_list args;

    if (!m->log)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    m->log(m->log_ctx, level, dev, text);
}

bool device_oddity_is_news(const struct device *dev, const struct place *place)
{
    return machine_note_oddity(dev->machine, place);
}

void *device_offer(struct device *dev, const char *interface)
{
    return dev && dev->type->offer ? dev->type->offer(dev, interface) : NULL;
}
