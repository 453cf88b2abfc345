#include "peripherals/debug/bochs_shutdown.h"
#include "peripherals/debug/exit.h"
#include "peripherals/debug/pc_testdev.h"
#include "peripherals/debug/pci_testdev.h"
#include "peripherals/debug/pvpanic.h"

#include "bus/pci.h"
#include "core/config.h"
#include "core/error.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct machine *m;
static struct config *config;

static void start(void)
{
    config = config_create();
    m = machine_create(NULL);
    m->config = config;
}

static void end(void)
{
    machine_destroy(m);
    config_destroy(config);
}

TestSuite(debug_ports, .init = start, .fini = end);

static void spell(const char *text)
{
    for (; *text; text++)
        out8(m, 0x8900, (u8)*text);
}

Test(debug_ports, a_panic_is_a_verdict_of_failure)
{
    machine_add(m, &pvpanic_type, "pvpanic", NULL);
    cr_assert_eq(in8(m, 0x505), 3);
    out8(m, 0x505, 2);
    cr_assert_eq(m->stop, STOP_NONE);
    out8(m, 0x505, 1);
    cr_assert_eq(m->stop, STOP_VERDICT);
    cr_assert_eq(m->exit_code, 1);
}

Test(debug_ports, the_word_shutdown_turns_it_off)
{
    machine_add(m, &bochs_shutdown_type, "shutdown", NULL);
    machine_reset(m, RESET_POWER);
    spell("Shutdow");
    cr_assert_eq(m->stop, STOP_NONE);
    spell("shutdown");
    cr_assert_eq(m->stop, STOP_NONE);
    spell("SShutdown");
    cr_assert_eq(m->stop, STOP_POWER_OFF);
}

Test(debug_ports, the_exit_port_takes_any_width)
{
    machine_add(m, &debug_exit_type, "exit", NULL);
    space_write(m->ports, 0xf4, 0x12345678, 4);
    cr_assert_eq(m->stop, STOP_VERDICT);
    cr_assert_eq(m->exit_code, 0x12345678);
}

Test(debug_ports, the_exit_port_is_where_the_configuration_says)
{
    config_set(config, "exit.port", "0x501", NULL);
    config_set(config, "exit.size", "2", NULL);
    config_set(config, "exit.qemu", "yes", NULL);
    machine_add(m, &debug_exit_type, "exit", NULL);
    cr_assert_eq(in8(m, 0x502), 0);
    cr_assert_eq(in8(m, 0x503), 0xff);
    out8(m, 0x503, 1);
    out8(m, 0xf4, 1);
    cr_assert_eq(m->stop, STOP_NONE);
    out8(m, 0x501, 0x10);
    cr_assert_eq(m->exit_code, 0x21);
}

Test(debug_ports, an_exit_port_beyond_the_last_is_refused)
{
    struct error err;

    config_set(config, "exit.port", "0xffff", NULL);
    cr_assert_null(machine_add(m, &debug_exit_type, "exit", &err));
    cr_assert(strstr(err.text, "exit"), "%s", err.text);
}

/* ---- The devices of kvm-unit-tests ---- */

static struct device *testdev(struct probe **heard)
{
    struct device *dev = machine_add(m, &pc_testdev_type, "testdev", NULL);

    *heard = probe(m, "heard");
    for (unsigned i = 0; i < 24; i++) {
        char wire[24];

        snprintf(wire, sizeof wire, "testdev.irq%u", i);
        if (i != 2)
            cr_assert(machine_wire(m, wire, "heard", (u16)i, NULL));
    }
    machine_reset(m, RESET_POWER);
    return dev;
}

Test(debug_ports, the_test_device_pulls_any_line)
{
    struct probe *heard;

    testdev(&heard);
    out8(m, 0x200e, 1);
    cr_assert(heard->level[14]);
    space_write(m->ports, 0x2017, 0x80, 1);
    cr_assert(heard->level[23]);
    out8(m, 0x200e, 0);
    cr_assert_not(heard->level[14]);
    out8(m, 0x2002, 1);
    out8(m, 0x2018, 1);
    cr_assert_eq(in8(m, 0x2017), 0);
    machine_reset(m, RESET_WIRE);
    cr_assert_not(heard->level[23]);
}

Test(debug_ports, the_test_device_has_one_register_at_two_places)
{
    struct probe *heard;

    testdev(&heard);
    space_write(m->ports, 0xe0, 0x12345678, 4);
    cr_assert_eq(space_read(m->ports, 0xe8, 4), 0x12345678);
    cr_assert_eq(space_read(m->ports, 0xe2, 2), 0x1234);
    space_write(m->ports, 0xe9, 0xbeef, 2);
    cr_assert_eq(space_read(m->ports, 0xe0, 4), 0x12beef78);
    cr_assert_eq(in8(m, 0xe3), 0x12);
}

Test(debug_ports, the_test_devices_memory_keeps_accesses_of_any_size)
{
    struct probe *heard;

    testdev(&heard);
    space_write(m->memory, 0xff000010, 0x1122334455667788, 8);
    cr_assert_eq(space_read(m->memory, 0xff000013, 2), 0x4455);
    space_write(m->memory, 0xff00ffff, 0xaa55, 2);      /* its last byte, and what follows */
    cr_assert_eq(space_read(m->memory, 0xff00ffff, 1), 0x55);
}

static u32 watched;

static void remapped(struct space_watcher *w, u64 first, u64 last)
{
    watched++;
}

Test(debug_ports, a_page_that_is_dropped_makes_processors_forget)
{
    struct space_watcher watcher = { .remapped = remapped };
    struct probe *heard;

    testdev(&heard);
    space_watch(m->memory, &watcher);
    watched = 0;
    space_write(m->ports, 0xe4, 0x1000, 4);
    cr_assert_gt(watched, 0);
    space_unwatch(m->memory, &watcher);
}

static u64 messages[4];
static unsigned message_count;

static void note_message(struct device *dev, u64 offset, u64 value, unsigned size)
{
    if (message_count < COUNT(messages))
        messages[message_count++] = offset << 32 | value;
}

Test(debug_ports, the_test_device_answers_hypercalls_as_kvm_does)
{
    static const struct io_ops io = { NULL, note_message, 4 };
    struct region apics = { .name = "apics", .io = &io, .size = 0x100000 };
    struct probe *heard;
    struct device *dev = testdev(&heard);
    u64 to_all[4] = { UINT64_MAX, UINT64_MAX, 1, 0x41 };

    space_map(m->memory, &apics, 0xfee00000, NORMAL);
    m->cpus = 3;
    cr_assert_eq(pc_testdev_hypercall(dev, 10, to_all), 2);
    cr_assert_eq(message_count, 2);
    cr_assert_eq(messages[0], UINT64_C(0x1000) << 32 | 0x41);
    cr_assert_eq(messages[1], UINT64_C(0x2000) << 32 | 0x41);
    cr_assert_eq(pc_testdev_hypercall(dev, 10, (u64[4]){ 1, 0, 2, 0x400 }), 1, "NMI");
    cr_assert_eq(messages[2], UINT64_C(0x2000) << 32 | 0x400);
    cr_assert_eq(pc_testdev_hypercall(dev, 10, (u64[4]){ 1, 0, 0, 0x500 }), (u64)-22, "INIT");
    cr_assert_eq(pc_testdev_hypercall(dev, 10, (u64[4]){ UINT32_MAX, 0, UINT32_MAX, 0 }), 0);
    cr_assert_eq(pc_testdev_hypercall(dev, 11, to_all), (u64)-1000);
    cr_assert_eq(message_count, 3);
    m->cpus = 0;
    space_unmap(&apics);
}

static void start_pci(void)
{
    struct device *bus = machine_add(m, &pci_bus_type, "pci", NULL);

    cr_assert(machine_add(m, &pci_testdev_type, "pcitest", NULL));
    machine_reset(m, RESET_POWER);
    cr_assert_eq(pci_config_read(bus, 0x800, 4), 0x00051b36);
    pci_config_write(bus, 0x810, 0xe0000000, 4);
    pci_config_write(bus, 0x814, 0xc000, 4);
    pci_config_write(bus, 0x804, 3, 2);
}

/* One test of one BAR as its driver goes through it; what it counted. */
static u32 count_writes(struct space *space, u64 base, unsigned test, u8 value)
{
    u32 offset;

    space_write(space, base, test, 1);
    cr_assert_eq(space_read(space, base + 12, 4), 0);
    cr_assert_eq(space_read(space, base + 1, 1), 1);
    cr_assert_eq(space_read(space, base + 8, 4), 0xfa);
    offset = (u32)space_read(space, base + 4, 4);
    for (unsigned i = 0; i < 16; i++)
        space_write(space, base + offset, value, 1);
    space_write(space, base + offset + 1, value, 1);
    return (u32)space_read(space, base + 12, 4);
}

Test(debug_ports, the_pci_test_device_counts_what_its_test_writes)
{
    start_pci();
    for (unsigned test = 0; test < 3; test++) {
        cr_expect_eq(count_writes(m->memory, 0xe0000000, test, 0xfa), 16);
        cr_expect_eq(count_writes(m->ports, 0xc000, test, 0xfa), 16);
        cr_expect_eq(count_writes(m->memory, 0xe0000000, test, 0xfb), test == 2 ? 0 : 16);
    }
}

Test(debug_ports, the_pci_test_device_says_which_tests_there_are)
{
    start_pci();
    cr_assert_eq(space_read(m->ports, 0xc001, 1), 0);
    out8(m, 0xc000, 1);
    cr_assert_eq(in8(m, 0xc010), 'p');
    space_write(m->memory, 0xe0000000, 3, 1);
    cr_assert_eq(space_read(m->memory, 0xe0000001, 1), 0);
    cr_assert_eq(space_read(m->memory, 0xe0000010, 1), 0);
}
