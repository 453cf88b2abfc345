#include "tests/support/ps2_bench.h"

#include "bus/ps2.h"
#include "core/machine.h"

#include <stdio.h>
#include <stdlib.h>

struct machine *ps2_bench(const struct device_type *type, const char *name, struct ps2 **link)
{
    struct machine *m = machine_create(NULL);

    *link = device_offer(machine_add(m, type, name, NULL), "ps2");
    if (!*link)
        abort();
    machine_reset(m, RESET_POWER);
    return m;
}

const char *ps2_said(struct ps2 *link)
{
    static char text[256];
    size_t n = 0;
    u8 byte;

    text[0] = '\0';
    while (n + 4 < sizeof text && link->take(link, &byte))
        n += (size_t)snprintf(text + n, sizeof text - n, "%02x ", byte);
    return text;
}

const char *ps2_answer(struct ps2 *link, u8 command)
{
    link->receive(link, command);
    return ps2_said(link);
}
