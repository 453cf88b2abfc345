#include "peripherals/chipset/irq_router.h"

#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct machine *m;
static struct device *router;
static struct probe *pic, *apic;

static void start(void)
{
    static const char *const lines[] = { "0", "2", "5", "15", "16", "23" };

    m = machine_create(NULL);
    router = machine_add(m, &irq_router_type, "irq", NULL);
    pic = probe(m, "pic");
    apic = probe(m, "ioapic");
    for (unsigned i = 0; i < COUNT(lines); i++) {
        char from[16];
        u16 pin = (u16)atoi(lines[i]);

        snprintf(from, sizeof from, "irq.gsi%s", lines[i]);
        cr_assert(machine_wire(m, from, "ioapic", pin, NULL));
        snprintf(from, sizeof from, "irq.pic%s", lines[i]);
        if (pin < 16)
            cr_assert(machine_wire(m, from, "pic", pin, NULL));
    }
    machine_reset(m, RESET_POWER);
}

static void end(void) { machine_destroy(m); }

TestSuite(irq_router, .init = start, .fini = end);

Test(irq_router, sources_of_one_irq_are_ored)
{
    drive(router, 5, true);
    drive(router, 5 + 32 * 7, true);
    cr_assert(pic->level[5] && apic->level[5]);
    drive(router, 5, false);
    cr_assert(pic->level[5] && apic->level[5]);
    drive(router, 5 + 32 * 7, false);
    cr_assert_not(pic->level[5] || apic->level[5]);
    cr_assert_eq(pic->rises[5], 1);
}

Test(irq_router, each_number_has_a_wire_of_its_own)
{
    drive(router, 0, true);
    cr_assert(pic->level[0] && apic->level[0]);
    cr_assert_not(pic->level[2] || apic->level[2]);
}

Test(irq_router, numbers_above_15_go_to_the_io_apic_alone)
{
    drive(router, 16, true);
    drive(router, 23 + 32, true);
    cr_assert(apic->level[16] && apic->level[23]);
}

Test(irq_router, a_pin_nobody_has_does_nothing)
{
    drive(router, 24, true);
    drive(router, 5 + 32 * 8, true);
    cr_assert_not(pic->level[5]);
}
