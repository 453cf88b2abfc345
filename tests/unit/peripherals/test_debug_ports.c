#include "peripherals/debug/bochs_shutdown.h"
#include "peripherals/debug/exit.h"
#include "peripherals/debug/pvpanic.h"

#include "core/config.h"
#include "core/error.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>

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
