#include "peripherals/input/kbc.h"

#include "core/config.h"
#include "core/input.h"
#include "core/machine.h"
#include "peripherals/input/keyboard.h"
#include "peripherals/input/mouse.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>

enum { DATA = 0x60, STATUS = 0x64, A = 0x04, HOME = 0x4a };
enum { FULL = 1, BUSY = 2, SYSTEM = 4, AUX = 0x20 };
enum { IRQ1 = 1, A20 = 2, IRQ12 = 12 };

static struct machine *m;
static struct probe *pins;
static struct config *config;

static struct machine *build_bare(void)
{
    struct machine *made = machine_create(NULL);

    made->config = config;
    pins = probe(made, "pins");
    cr_assert(machine_add(made, &kbc_type, "kbc", NULL));
    machine_wire(made, "kbc.irq1", "pins", IRQ1, NULL);
    machine_wire(made, "kbc.irq12", "pins", IRQ12, NULL);
    machine_wire(made, "kbc.a20", "pins", A20, NULL);
    return made;
}

static struct machine *build(void)
{
    struct machine *made = build_bare();

    cr_assert(machine_add(made, &keyboard_type, "keyboard", NULL));
    cr_assert(machine_add(made, &mouse_type, "mouse", NULL));
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)
{
    config = config_create();
    m = build();
}

static void end(void)
{
    machine_destroy(m);
    config_destroy(config);
}

TestSuite(kbc, .init = start, .fini = end);

static void pass(u64 time)
{
    machine_run(m, m->clock.now + time);
}

static void key(u8 usage, bool down)
{
    machine_input(m, "keyboard", INPUT_KEY, (u8[]){ usage, down }, 2, NULL);
}

static void set_up(struct machine *on, u8 ctr)
{
    out8(on, STATUS, 0x60);
    out8(on, DATA, ctr);
}

/* What a driver does: the status says that a byte is there. */
static int next(void)
{
    for (unsigned i = 0; i < 100; i++, pass(100 * MICROSECOND))
        if (in8(m, STATUS) & FULL)
            return in8(m, DATA);
    return -1;
}

static int ask(u8 command)
{
    out8(m, STATUS, command);
    return next();
}

Test(kbc, tests_itself_and_says_so_in_its_status)
{
    cr_assert_eq(in8(m, STATUS), 0x10);
    out8(m, STATUS, 0xaa);
    cr_assert_eq(in8(m, STATUS), 0x1d);
    cr_assert_eq(in8(m, DATA), 0x55);
    cr_assert_eq(in8(m, STATUS), 0x1c);
    cr_assert_eq(ask(0xab), 0);
    cr_assert_eq(ask(0xa9), 0);
}

Test(kbc, its_command_byte_and_ram_are_written_and_read)
{
    set_up(m, 0x61);
    cr_assert_eq(ask(0x20), 0x61);
    out8(m, STATUS, 0x7f);
    out8(m, DATA, 0x3c);
    cr_assert_eq(ask(0x3f), 0x3c);
    cr_assert_eq(ask(0x20), 0x61);
}

Test(kbc, links_are_turned_off_and_on)
{
    set_up(m, 0x01);
    out8(m, STATUS, 0xad);
    cr_assert_eq(ask(0x20), 0x11);
    out8(m, STATUS, 0xa7);
    cr_assert_eq(ask(0x20), 0x31);
    cr_assert_eq(ask(0xe0), 0);
    out8(m, STATUS, 0xae);
    out8(m, STATUS, 0xa8);
    cr_assert_eq(ask(0x20), 0x01);
    cr_assert_eq(ask(0xe0), 3);
}

Test(kbc, a_key_arrives_after_a_byte_s_time_and_interrupts)
{
    set_up(m, 0x41);
    key(A, true);
    pass(659 * MICROSECOND);
    cr_assert_eq(in8(m, STATUS) & FULL, 0);
    cr_assert_not(pins->level[IRQ1]);
    pass(MICROSECOND);
    cr_assert_eq(in8(m, STATUS) & (FULL | AUX), FULL);
    cr_assert(pins->level[IRQ1]);
    cr_assert_eq(in8(m, DATA), 0x1e);
    cr_assert_not(pins->level[IRQ1]);
    key(A, false);
    cr_assert_eq(next(), 0x9e);
    cr_assert_eq(pins->rises[IRQ1], 2);
}

Test(kbc, without_translation_set_2_is_seen)
{
    set_up(m, 0);
    key(A, true);
    key(A, false);
    cr_assert_eq(next(), 0x1c);
    cr_assert_eq(next(), 0xf0);
    cr_assert_eq(next(), 0x1c);
    cr_assert_eq(pins->rises[IRQ1], 0);
}

Test(kbc, a_link_that_is_off_holds_its_device_back)
{
    set_up(m, 0x51);
    key(A, true);
    pass(5 * MILLISECOND);
    cr_assert_eq(in8(m, STATUS) & FULL, 0);
    out8(m, STATUS, 0xae);
    cr_assert_eq(next(), 0x1e);
}

Test(kbc, a_byte_for_the_keyboard_takes_its_time_and_is_answered)
{
    set_up(m, 0x51);
    out8(m, DATA, 0xf2);
    cr_assert_eq(in8(m, STATUS) & BUSY, BUSY);
    pass(661 * MICROSECOND);
    cr_assert_eq(in8(m, STATUS) & BUSY, 0);
    cr_assert_eq(next(), 0xfa);
    cr_assert_eq(next(), 0xab);
    cr_assert_eq(next(), 0x41);                 /* 83h, translated */
    cr_assert_eq(ask(0x20), 0x41);              /* and the link is on */
}

static u64 until_the_next(void)
{
    u64 begun = m->clock.now;

    while (!(in8(m, STATUS) & FULL) && m->clock.now < begun + SECOND)
        pass(MICROSECOND);
    in8(m, DATA);
    return m->clock.now - begun;
}

Test(kbc, fast_means_that_a_byte_which_is_polled_for_is_there_soon)
{
    config_set(config, "kbc.fast", "yes", NULL);
    machine_destroy(m);
    m = build();
    set_up(m, 0x20);
    out8(m, DATA, 0xf2);
    cr_assert_leq(until_the_next(), 20 * MICROSECOND);
    cr_assert_leq(until_the_next(), 10 * MICROSECOND);
    cr_assert_leq(until_the_next(), 10 * MICROSECOND);
    set_up(m, 0x21);
    out8(m, DATA, 0xf2);
    pass(10 * MICROSECOND);
    cr_assert_eq(in8(m, STATUS) & BUSY, 0);
    cr_assert_eq(until_the_next(), 660 * MICROSECOND);
    cr_assert_eq(until_the_next(), 660 * MICROSECOND);
}

Test(kbc, two_bytes_written_without_waiting_both_arrive)
{
    set_up(m, 0x01);
    out8(m, DATA, 0xed);
    out8(m, DATA, 0x07);
    cr_assert_eq(next(), 0xfa);
}

Test(kbc, the_mouse_is_spoken_to_by_d4_and_answers_with_irq_12)
{
    set_up(m, 0x03);
    out8(m, STATUS, 0xd4);
    out8(m, DATA, 0xf2);
    pass(2 * MILLISECOND);
    cr_assert_eq(in8(m, STATUS) & (FULL | AUX), FULL | AUX);
    cr_assert(pins->level[IRQ12]);
    cr_assert_not(pins->level[IRQ1]);
    cr_assert_eq(next(), 0xfa);
    cr_assert_eq(next(), 0x00);
    cr_assert_eq(pins->rises[IRQ12], 2);
}

Test(kbc, d2_and_d3_write_the_output_buffer)
{
    set_up(m, 0x43);
    out8(m, STATUS, 0xd2);
    out8(m, DATA, 0x1c);
    cr_assert(pins->level[IRQ1]);
    cr_assert_eq(in8(m, DATA), 0x1c);
    out8(m, STATUS, 0xd3);
    out8(m, DATA, 0xa5);
    cr_assert_eq(in8(m, STATUS) & (FULL | AUX), FULL | AUX);
    cr_assert(pins->level[IRQ12]);
    cr_assert_eq(in8(m, DATA), 0xa5);
}

Test(kbc, an_answer_waits_for_the_output_buffer)
{
    set_up(m, 0x41);
    key(A, true);
    pass(MILLISECOND);
    out8(m, STATUS, 0x20);
    cr_assert_eq(in8(m, DATA), 0x1e);
    cr_assert_eq(in8(m, DATA), 0x41);
}

Test(kbc, a20_follows_the_output_port)
{
    cr_assert(pins->level[A20]);
    out8(m, STATUS, 0xdd);
    cr_assert_not(pins->level[A20]);
    out8(m, STATUS, 0xdf);
    cr_assert(pins->level[A20]);
    out8(m, STATUS, 0xd1);
    out8(m, DATA, 0xdd);
    cr_assert_not(pins->level[A20]);
    cr_assert_eq(ask(0xd0) & 0x03, 0x01);
}

Test(kbc, a_pulse_of_bit_0_resets_the_machine_and_others_do_not)
{
    out8(m, STATUS, 0xff);
    cr_assert_not(m->reset_asked);
    out8(m, STATUS, 0xfe);
    cr_assert(m->reset_asked);
}

Test(kbc, bit_0_of_the_output_port_resets_the_machine)
{
    out8(m, STATUS, 0xd1);
    out8(m, DATA, 0x02);
    cr_assert(m->reset_asked);
}

Test(kbc, a_link_without_a_device_times_out)
{
    machine_destroy(m);
    m = build_bare();
    machine_reset(m, RESET_POWER);
    cr_assert_neq(ask(0xa9), 0);
    out8(m, STATUS, 0xd4);
    out8(m, DATA, 0xf2);
    pass(MILLISECOND);
    cr_assert_eq(in8(m, STATUS) & 0x61, 0x61);
    cr_assert_eq(in8(m, DATA), 0xfe);
}

static struct machine *busy(void)
{
    struct machine *made = build();

    set_up(made, 0x43);
    for (u8 usage = A; usage < A + 5; usage++)
        machine_input(made, "keyboard", INPUT_KEY, (u8[]){ usage, 1 }, 2, NULL);
    out8(made, STATUS, 0xd4);
    out8(made, DATA, 0xe9);
    return made;
}

Test(kbc, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(busy, 3 * MILLISECOND, 110 * MICROSECOND);
}
