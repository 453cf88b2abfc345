#include "bus/isa_dma.h"
#include "core/machine.h"
#include "peripherals/chipset/dma.h"
#include "peripherals/chipset/irq_router.h"
#include "peripherals/chipset/pic.h"
#include "peripherals/chipset/pit.h"
#include "peripherals/chipset/port61.h"
#include "peripherals/chipset/rtc.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>

/* The AT's chips with each other's wires, and traffic no driver would make. */
static struct machine *build(void)
{
    static const struct { const char *from, *to; u16 pin; } wire[] = {
        { "irq.pic0", "pic", 0 }, { "irq.pic8", "pic", 8 }, { "irq.gsi0", "ear", 2 },
        { "pit.out0", "irq", 0 }, { "rtc.irq", "irq", 8 }, { "pit.out2", "port61", PORT61_OUT2 },
        { "port61.gate2", "pit", 2 }, { "rtc.nmi_mask", "port61", PORT61_NMI_MASK },
        { "pic.intr", "ear", 0 }, { "port61.nmi", "ear", 1 },
    };
    struct machine *m = machine_create(NULL);

    machine_add(m, &pic_type, "pic", NULL);
    machine_add(m, &irq_router_type, "irq", NULL);
    machine_add(m, &pit_type, "pit", NULL);
    machine_add(m, &port61_type, "port61", NULL);
    machine_add(m, &rtc_type, "rtc", NULL);
    machine_add(m, &dma_type, "dma", NULL);
    probe(m, "ear");
    for (unsigned i = 0; i < COUNT(wire); i++)
        cr_assert(machine_wire(m, wire[i].from, wire[i].to, wire[i].pin, NULL), "%s", wire[i].from);
    machine_reset(m, RESET_POWER);
    return m;
}

static u32 chance;

static u32 random_below(u32 n)
{
    chance = chance * 1664525 + 1013904223;
    return (u32)((u64)(chance >> 8) * n >> 24);
}

static u16 some_port(void)
{
    static const u16 first[] = {
        0x00, 0x20, 0x40, 0x40, 0x60, 0x70, 0x70, 0x80, 0xa0, 0xc0, 0x4d0,
    };
    static const u8 count[] = { 16, 2, 4, 4, 2, 2, 4, 16, 2, 32, 2 };
    u32 i = random_below(COUNT(first));

    return (u16)(first[i] + random_below(count[i]));
}

static void disturb(struct machine *m)
{
    struct isa_dma *dma = device_offer(machine_find(m, "dma"), "isa-dma");
    u8 bytes[96] = { 0 };
    bool tc;

    switch (random_below(12)) {
    case 0:
        pic_acknowledge(machine_find(m, "pic"));
        break;
    case 1:
        dma->move(dma, random_below(9), bytes, random_below(96), random_below(2), &tc);
        break;
    case 2:
        drive(machine_find(m, "irq"), random_below(256), random_below(2));
        break;
    case 3: case 4: case 5:
        in8(m, some_port());
        break;
    default:
        out8(m, some_port(), (u8)random_below(random_below(2) ? 256 : 8));
    }
}

Test(at, random_traffic_does_no_harm)
{
    struct machine *m = build();

    chance = 1;
    for (unsigned i = 0; i < 60000; i++) {
        disturb(m);
        if (i % 4 == 0)
            machine_run(m, m->clock.now + random_below(i % 1000 ? 20000 : 200000000));
        if (i % 5000 == 0)
            machine_reset(m, i % 10000 ? RESET_WIRE : RESET_POWER);
    }
    machine_destroy(m);
}

static u32 seed;

static struct machine *disturbed(void)
{
    struct machine *m = build();

    chance = seed;
    for (unsigned i = 0; i < 300; i++)
        disturb(m);
    return m;
}

Test(at, save_and_load_is_invisible_whatever_was_programmed)
{
    for (seed = 1; seed < 40; seed++)
        saving_is_not_noticed(disturbed, 5 * MILLISECOND, 1700000);
}
