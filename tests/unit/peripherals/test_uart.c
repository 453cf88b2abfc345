#include "peripherals/serial/uart.h"

#include "core/config.h"
#include "core/input.h"
#include "core/machine.h"
#include "tests/support/bench.h"
#include "tests/support/tape.h"

#include <criterion/criterion.h>

/* At 115200 baud, 8N1: ten bits of 8680.6 ns. */
#define CHARACTER   UINT64_C(86806)

enum { COM = 0x3f8, RBR = COM, IER, IIR, LCR, MCR, LSR, MSR, SCR, THR = RBR, FCR = IIR };

static struct machine *m;
static struct probe *pic;
static struct tape tape;
static struct config *config;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    made->config = config;
    cr_assert(machine_add(made, &uart_type, "com1", NULL));
    pic = probe(made, "pic");
    cr_assert(machine_wire(made, "com1.irq", "pic", 4, NULL));
    machine_reset(made, RESET_POWER);
    return made;
}

/* 115200 baud, 8N1, OUT2 on. */
static void set_up(struct machine *on)
{
    out8(on, LCR, 0x83);
    out8(on, RBR, 1);
    out8(on, IER, 0);
    out8(on, LCR, 3);
    out8(on, MCR, 0x0b);
}

static void start(void)
{
    config = config_create();
    m = build();
    tape_insert(&tape);
    uart_type.connect(machine_find(m, "com1"), &tape.chr);
}

static void restart(void)
{
    machine_destroy(m);
    m = build();
    set_up(m);
}

static void end(void)
{
    machine_destroy(m);
    config_destroy(config);
}

static void pass(u64 time)
{
    machine_run(m, m->clock.now + time);
}

static void send_in(const char *text)
{
    cr_assert(machine_input(m, "com1", INPUT_BYTES, text, strlen(text), NULL));
}

static size_t room(void)
{
    return uart_type.room(machine_find(m, "com1"));
}

TestSuite(uart, .init = start, .fini = end);

Test(uart, a_reset_leaves_what_table_1_says)
{
    cr_assert_eq(in8(m, IER), 0);
    cr_assert_eq(in8(m, IIR), 0x01);
    cr_assert_eq(in8(m, LCR), 0);
    cr_assert_eq(in8(m, MCR), 0);
    cr_assert_eq(in8(m, LSR), 0x60);
    cr_assert_eq(in8(m, MSR) & 0x0f, 0);
    cr_assert_not(pic->level[4]);
}

Test(uart, registers_keep_the_bits_they_have)
{
    out8(m, SCR, 0xa5);
    out8(m, IER, 0xff);
    out8(m, MCR, 0xff);
    cr_assert_eq(in8(m, SCR), 0xa5);
    cr_assert_eq(in8(m, IER), 0x0f);
    cr_assert_eq(in8(m, MCR), 0x1f);
}

Test(uart, the_divisor_is_behind_bit_7_of_the_lcr)
{
    out8(m, LCR, 0x83);
    out8(m, RBR, 0x34);
    out8(m, IER, 0x12);
    cr_assert_eq(in8(m, RBR), 0x34);
    cr_assert_eq(in8(m, IER), 0x12);
    out8(m, LCR, 0x03);
    cr_assert_eq(in8(m, IER), 0);
}

Test(uart, bits_6_and_7_of_the_iir_say_that_fifos_are_on)
{
    out8(m, FCR, 0xc6);
    cr_assert_eq(in8(m, IIR), 0x01);
    out8(m, FCR, 0xc7);
    cr_assert_eq(in8(m, IIR), 0xc1);
}

Test(uart, a_byte_takes_its_time_to_leave)
{
    set_up(m);
    out8(m, THR, 'a');
    cr_assert_eq(in8(m, LSR), 0x20);
    out8(m, THR, 'b');
    cr_assert_eq(in8(m, LSR), 0);
    pass(CHARACTER - 10);
    cr_assert_eq(in8(m, LSR), 0);
    pass(10);
    cr_assert_eq(in8(m, LSR), 0x20);
    pass(CHARACTER);
    cr_assert_eq(in8(m, LSR), 0x60);
    cr_assert_eq(tape.used, 2);
    cr_assert_eq(memcmp(tape.bytes, "ab", 2), 0);
}

Test(uart, five_bits_parity_and_a_stop_and_a_half_are_eight_and_a_half_bits)
{
    set_up(m);
    out8(m, LCR, 0x0c);
    out8(m, THR, 0xff);
    pass(CHARACTER * 17 / 20 - 10);
    cr_assert_eq(in8(m, LSR) & 0x40, 0);
    pass(20);
    cr_assert_eq(in8(m, LSR) & 0x40, 0x40);
    cr_assert_eq(tape.bytes[0], 0x1f);
}

Test(uart, the_transmitter_interrupts_when_it_is_empty_and_reading_the_iir_acknowledges)
{
    set_up(m);
    out8(m, IER, 2);
    cr_assert(pic->level[4]);
    cr_assert_eq(in8(m, IIR), 0x02);
    cr_assert_not(pic->level[4]);
    cr_assert_eq(in8(m, IIR), 0x01);
    out8(m, THR, 'x');                          /* goes on at once to the shift register */
    cr_assert(pic->level[4]);
    out8(m, THR, 'y');
    cr_assert_not(pic->level[4]);
    pass(CHARACTER);
    cr_assert_eq(in8(m, IIR), 0x02);
    out8(m, IER, 0);
    out8(m, IER, 2);
    cr_assert_eq(in8(m, IIR), 0x02);
}

Test(uart, sixteen_bytes_wait_in_the_fifo)
{
    set_up(m);
    out8(m, FCR, 1);
    out8(m, IER, 2);
    for (int i = 0; i < 17; i++)
        out8(m, THR, (u8)i);
    in8(m, IIR);
    pass(15 * CHARACTER);
    cr_assert_eq(in8(m, LSR), 0);
    cr_assert_eq(in8(m, IIR), 0xc1);
    pass(CHARACTER + 100);
    cr_assert_eq(in8(m, LSR), 0x20);
    cr_assert_eq(in8(m, IIR), 0xc2);
    pass(CHARACTER);
    cr_assert_eq(in8(m, LSR), 0x60);
}

Test(uart, bytes_arrive_at_the_rate_of_the_line)
{
    set_up(m);
    out8(m, IER, 1);
    send_in("hi");
    pass(CHARACTER - 10);
    cr_assert_eq(in8(m, LSR), 0x60);
    pass(10);
    cr_assert_eq(in8(m, LSR), 0x61);
    cr_assert_eq(in8(m, IIR), 0x04);
    cr_assert(pic->level[4]);
    cr_assert_eq(in8(m, RBR), 'h');
    cr_assert_not(pic->level[4]);
    pass(CHARACTER);
    cr_assert_eq(in8(m, RBR), 'i');
    cr_assert_eq(in8(m, LSR), 0x60);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(uart, the_far_end_waits_while_the_receiver_is_full)
{
    set_up(m);
    send_in("abc");
    cr_assert_eq(room(), 4093);
    pass(10 * CHARACTER);
    cr_assert_eq(room(), 4094);
    cr_assert_eq(in8(m, LSR), 0x61);
    cr_assert_eq(in8(m, RBR), 'a');
    pass(CHARACTER);
    cr_assert_eq(in8(m, RBR), 'b');
}

Test(uart, without_flow_control_a_full_register_is_overrun)
{
    config_set(config, "com1.flow", "no", NULL);
    restart();
    out8(m, IER, 4);
    send_in("ab");
    pass(3 * CHARACTER);
    cr_assert_eq(in8(m, IIR), 0x06);
    cr_assert_eq(in8(m, LSR), 0x63);
    cr_assert_eq(in8(m, IIR), 0x01);
    cr_assert_eq(in8(m, LSR), 0x61);
    cr_assert_eq(in8(m, RBR), 'b');
}

Test(uart, without_flow_control_a_full_fifo_keeps_the_first_sixteen)
{
    config_set(config, "com1.flow", "no", NULL);
    restart();
    out8(m, FCR, 1);
    send_in("abcdefghijklmnopqr");
    pass(30 * CHARACTER);
    cr_assert_eq(in8(m, LSR), 0x63);
    for (char c = 'a'; c <= 'p'; c++)
        cr_assert_eq(in8(m, RBR), c);
    cr_assert_eq(in8(m, LSR), 0x60);
}

Test(uart, what_finds_no_room_is_lost)
{
    static const u8 much[5000];

    set_up(m);
    machine_input(m, "com1", INPUT_BYTES, much, sizeof much, NULL);
    cr_assert_eq(room(), 0);
}

Test(uart, the_fifo_interrupts_at_its_trigger_level)
{
    static const struct { u8 fcr, level; } row[] = {
        { 1, 1 }, { 0x41, 4 }, { 0x81, 8 }, { 0xc1, 14 },
    };

    set_up(m);
    out8(m, IER, 1);
    for (unsigned i = 0; i < COUNT(row); i++) {
        out8(m, FCR, row[i].fcr | 2);
        send_in("0123456789abcdef");
        pass(row[i].level * CHARACTER - CHARACTER / 2);
        cr_assert_eq(in8(m, IIR), 0xc1, "level %u", row[i].level);
        pass(CHARACTER);
        cr_assert_eq(in8(m, IIR), 0xc4, "level %u", row[i].level);
        pass(17 * CHARACTER);
        in8(m, RBR);
    }
}

Test(uart, four_character_times_without_news_are_a_timeout)
{
    set_up(m);
    out8(m, IER, 1);
    out8(m, FCR, 0xc1);
    send_in("xy");
    pass(6 * CHARACTER - 100);
    cr_assert_eq(in8(m, IIR), 0xc1);
    pass(200);
    cr_assert_eq(in8(m, IIR), 0xcc);
    cr_assert(pic->level[4]);
    cr_assert_eq(in8(m, RBR), 'x');
    cr_assert_not(pic->level[4]);
    pass(4 * CHARACTER + 10);
    cr_assert_eq(in8(m, IIR), 0xcc);
    cr_assert_eq(in8(m, RBR), 'y');
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(uart, a_break_shows_when_its_character_is_next)
{
    set_up(m);
    out8(m, IER, 4);
    out8(m, FCR, 0xc1);
    send_in("a");
    machine_input(m, "com1", INPUT_BREAK, NULL, 0, NULL);
    pass(3 * CHARACTER);
    cr_assert_eq(in8(m, LSR), 0xe1);
    cr_assert_not(pic->level[4]);
    cr_assert_eq(in8(m, RBR), 'a');
    cr_assert(pic->level[4]);
    cr_assert_eq(in8(m, IIR), 0xc6);
    cr_assert_eq(in8(m, LSR), 0xf9);
    cr_assert_eq(in8(m, LSR), 0x61);
    cr_assert_eq(in8(m, RBR), 0);
}

Test(uart, out2_is_the_gate_of_the_interrupt)
{
    set_up(m);
    out8(m, MCR, 3);
    out8(m, IER, 2);
    cr_assert_not(pic->level[4]);
    out8(m, MCR, 0x0b);
    cr_assert(pic->level[4]);
    out8(m, MCR, 0x1b);
    cr_assert_not(pic->level[4]);
}

Test(uart, a_board_may_do_without_the_gate)
{
    config_set(config, "com1.gate", "no", NULL);
    restart();
    out8(m, MCR, 0);
    out8(m, IER, 2);
    cr_assert(pic->level[4]);
    out8(m, IER, 0);
    cr_assert_not(pic->level[4]);
}

Test(uart, loopback_leads_the_modem_outputs_to_its_inputs)
{
    static const u8 row[][2] = {
        { 0x10, 0 }, { 0x11, 0x20 }, { 0x12, 0x10 }, { 0x14, 0x40 }, { 0x18, 0x80 },
    };

    cr_assert_eq(in8(m, MSR), 0xb0);
    for (unsigned i = 0; i < COUNT(row); i++) {
        out8(m, MCR, row[i][0]);
        cr_assert_eq(in8(m, MSR) & 0xf0, row[i][1]);
    }
}

Test(uart, changed_modem_lines_are_flagged_and_interrupt_until_read)
{
    set_up(m);
    out8(m, IER, 8);
    out8(m, MCR, 0x1f);                         /* loopback, all lines up */
    cr_assert_eq(in8(m, MSR), 0xf0);           /* RI rose: that is not flagged */
    out8(m, MCR, 0x10);
    cr_assert_eq(in8(m, IIR), 0x00);
    cr_assert_eq(in8(m, MSR), 0x0f);
    cr_assert_eq(in8(m, IIR), 0x01);
}

Test(uart, loopback_returns_what_is_sent_and_nobody_hears_it)
{
    set_up(m);
    out8(m, MCR, 0x10);
    send_in("z");
    out8(m, THR, 0x5a);
    pass(CHARACTER + 10);
    cr_assert_eq(in8(m, RBR), 0x5a);
    cr_assert_eq(tape.used, 0);
    out8(m, MCR, 0x0b);
    pass(CHARACTER + 10);
    cr_assert_eq(in8(m, RBR), 'z');
}

Test(uart, fast_means_a_microsecond)
{
    config_set(config, "com1.fast", "yes", NULL);
    restart();
    out8(m, THR, 'a');
    pass(1000);
    cr_assert_eq(in8(m, LSR), 0x60);
}

static struct machine *busy(void)
{
    struct machine *made = build();

    set_up(made);
    out8(made, FCR, 0x41);
    out8(made, IER, 0x0f);
    for (int i = 0; i < 12; i++)
        out8(made, THR, (u8)i);
    machine_input(made, "com1", INPUT_BYTES, "a line of text", 14, NULL);
    machine_input(made, "com1", INPUT_BREAK, NULL, 0, NULL);
    return made;
}

Test(uart, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(busy, 25 * CHARACTER, CHARACTER * 2 / 3);
}
