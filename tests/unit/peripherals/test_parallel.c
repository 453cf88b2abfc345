#include "peripherals/serial/parallel.h"

#include "tests/support/bench.h"
#include "tests/support/tape.h"

#include <criterion/criterion.h>

enum { DATA = 0x378, STATUS, CONTROL, IRQ = 7 };

static struct machine *m;
static struct probe *pic;
static struct tape tape;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);
    struct device *port = machine_add(made, &parallel_type, "lpt1", NULL);

    pic = probe(made, "pic");
    cr_assert(machine_wire(made, "lpt1.irq", "pic", IRQ, NULL));
    tape_insert(&tape);
    parallel_type.connect(port, &tape.chr);
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)     { m = build(); }
static void end(void)       { machine_destroy(m); }

TestSuite(parallel, .init = start, .fini = end);

static void pass(u64 time)
{
    machine_run(m, m->clock.now + time);
}

static void print(struct machine *on, u8 byte, u8 control)
{
    out8(on, DATA, byte);
    out8(on, CONTROL, control | 1);
    out8(on, CONTROL, control);
}

Test(parallel, latches_read_back)
{
    out8(m, DATA, 0xaa);
    cr_assert_eq(in8(m, DATA), 0xaa);
    out8(m, CONTROL, 0x1e);
    cr_assert_eq(in8(m, CONTROL), 0xde);
    out8(m, CONTROL, 0x20);                     /* the other way: nobody drives the lines */
    cr_assert_eq(in8(m, DATA), 0xff);
}

Test(parallel, a_byte_is_printed_when_it_is_strobed)
{
    out8(m, CONTROL, 0x0c);
    cr_assert_eq(in8(m, STATUS), 0xdf);
    out8(m, DATA, 'x');
    cr_assert_eq(tape.used, 0);
    out8(m, CONTROL, 0x0d);
    cr_assert_eq(tape.used, 1);
    out8(m, CONTROL, 0x0c);
    cr_assert_eq(tape.used, 1);
    cr_assert_eq(tape.bytes[0], 'x');
    cr_assert_eq(in8(m, STATUS), 0x5f);         /* busy */
    pass(12 * MICROSECOND);
    cr_assert_eq(in8(m, STATUS), 0x9f);         /* acknowledged */
    pass(5 * MICROSECOND);
    cr_assert_eq(in8(m, STATUS), 0xdb);         /* and latched, once */
    cr_assert_eq(in8(m, STATUS), 0xdf);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    cr_assert_eq(pic->rises[IRQ], 0);
}

Test(parallel, an_acknowledge_interrupts_if_enabled)
{
    print(m, 'a', 0x1c);
    pass(20 * MICROSECOND);
    print(m, 'b', 0x1c);
    pass(20 * MICROSECOND);
    cr_assert_eq(pic->rises[IRQ], 2);
    cr_assert_not(pic->level[IRQ]);
}

Test(parallel, without_a_printer_nothing_is_selected)
{
    parallel_type.connect(machine_find(m, "lpt1"), NULL);
    cr_assert_eq(in8(m, STATUS) & 0xf8, 0xe0);
    print(m, 'a', 0x1c);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

static struct machine *busy(void)
{
    struct machine *made = build();

    print(made, 'a', 0x1c);
    return made;
}

Test(parallel, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(busy, 20 * MICROSECOND, 3 * MICROSECOND);
}
