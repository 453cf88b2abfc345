/*
 * 8042 keyboard controller of the PC/AT and PS/2: data at its port, status and commands
 * four ports on. By IBM's "Personal System/2 Hardware Interface Technical Reference",
 * Keyboard and Auxiliary Device Controller, whose titles are in [brackets].
 *
 * Commands to the controller itself take no time. A byte to or from a device takes
 * PS2_BYTE_TIME, during which the input buffer is full or the output buffer still empty;
 * while the output buffer is full no device may send. With `fast`, whoever waits in a loop
 * waits for POLLED_BYTE_TIME: that is everybody who sends, and who gets without an interrupt.
 * With one the time stays, as handlers read a scan code twice, a chained one after another.
 *
 * Not modelled: the password (A4h says that there is none), the keyboard lock, parity
 * errors, C1h and C2h (which poll the input port), pulses other than RESET's.
 */
#include "peripherals/input/kbc.h"

#include "bus/ps2.h"
#include "core/machine.h"
#include "peripherals/input/scancodes.h"

enum { RAM = 32, COMMAND_BYTE = 0 };

/* [Status Register] */
enum { FULL = 1, BUSY = 2, SYSTEM = 4, COMMAND = 8, UNLOCKED = 16, AUX = 32, TIMED_OUT = 64 };

/* [Controller Command Byte] */
enum { KEYBOARD_IRQ = 1, AUX_IRQ = 2, SYSTEM_FLAG = 4, KEYBOARD_OFF = 16, AUX_OFF = 32,
       TRANSLATE = 64 };

/* [Output Port] */
enum { RUNNING = 1, A20 = 2, PORT_IRQ1 = 16, PORT_IRQ12 = 32, PORT_IDLE = 0xcf };

enum { INPUT_PORT = 0xb0 };             /* not locked, a colour display, no jumpers */

/* The two links; 0 means neither. */
enum { KEYBOARD = 1, MOUSE = 2, LINKS };

enum { RESEND = 0xfe };                 /* what nobody's answer looks like */

#define POLLED_BYTE_TIME (10 * MICROSECOND)

#define KBC_STATE(ONE, MANY, PART)                                          \
    MANY(u8,   ram, RAM,    "of the 8042; the first is the command byte")   \
    ONE (u8,   output,      "output buffer")                                \
    ONE (u8,   status,      "but for bit 2, which is the command byte's")   \
    ONE (u8,   port,        "output port")                                  \
    ONE (u8,   command,     "whose data byte is awaited, or 0")             \
    ONE (u8,   answer,      "waits for the output buffer")                  \
    ONE (u8,   answer_from, "1 keyboard, 2 mouse, 0: there is none")        \
    ONE (u8,   sending,     "on its way to a device")                       \
    ONE (u8,   sending_to,  "1 keyboard, 2 mouse, 0: no byte")              \
    ONE (u8,   incoming,    "from where one comes: 1 keyboard, 2 mouse, 0") \
    ONE (bool, break_next,  "F0h was swallowed by the translation")

struct kbc {
    struct device dev;
    struct region data, control;
    struct line   irq1, irq12, a20;
    struct event  departure, arrival;
    struct ps2   *link[LINKS];
    bool          fast;                 /* of the configuration */
    STATE_MEMBERS(KBC_STATE)
};
DEFINE_STATE(struct kbc, KBC_STATE);

static bool is_on(const struct kbc *k, unsigned link)
{
    return !(k->ram[COMMAND_BYTE] & (link == KEYBOARD ? KEYBOARD_OFF : AUX_OFF));
}

static void update(struct kbc *k)
{
    u8 ctr = k->ram[COMMAND_BYTE];

    line_set(&k->irq1, (k->status & (FULL | AUX)) == FULL && ctr & KEYBOARD_IRQ);
    line_set(&k->irq12, (k->status & (FULL | AUX)) == (FULL | AUX) && ctr & AUX_IRQ);
    line_set(&k->a20, k->port & A20);
}

static void fill(struct kbc *k, unsigned from, u8 byte)
{
    k->output = byte;
    k->status = (u8)((k->status & ~AUX) | FULL | (from == MOUSE ? AUX : 0));
    trace(&k->dev, "%s: %02xh", from == MOUSE ? "mouse" : "keyboard", byte);
    update(k);
}

static u64 byte_time(const struct kbc *k, bool interrupts)
{
    return k->fast && !interrupts ? POLLED_BYTE_TIME : PS2_BYTE_TIME;
}

static bool interrupts(const struct kbc *k, unsigned link)
{
    return k->ram[COMMAND_BYTE] & (link == KEYBOARD ? KEYBOARD_IRQ : AUX_IRQ);
}

/* The output buffer is for the controller's own answers first, then for the devices. */
static void pump(struct kbc *k)
{
    if (k->status & FULL)
        return;
    if (k->answer_from) {
        unsigned from = k->answer_from;

        k->answer_from = 0;
        fill(k, from, k->answer);
        return;
    }
    for (unsigned i = KEYBOARD; i < LINKS && !k->incoming && !k->sending_to; i++) {
        if (!is_on(k, i) || !k->link[i] || !k->link[i]->waits(k->link[i]))
            continue;
        k->incoming = (u8)i;
        device_arm_in(&k->dev, &k->arrival, byte_time(k, interrupts(k, i)));
    }
}

static void answer(struct kbc *k, unsigned from, u8 byte)
{
    k->answer = byte;
    k->answer_from = (u8)from;
    pump(k);
}

static void kbc_on_ready(struct device *dev)
{
    pump(container_of(dev, struct kbc, dev));
}

/* Sets 2 to 1; F0h becomes bit 7 of what follows. [Scan Code Translation] */
static bool translate(struct kbc *k, u8 *byte)
{
    if (!(k->ram[COMMAND_BYTE] & TRANSLATE)) {
        k->break_next = false;
        return true;
    }
    if (*byte == 0xf0) {
        k->break_next = true;
        return false;
    }
    *byte = set1_of_set2(*byte) | (k->break_next ? 0x80 : 0);
    k->break_next = false;
    return true;
}

static void kbc_on_arrival(struct device *dev, u64 due)
{
    struct kbc *k = container_of(dev, struct kbc, dev);
    unsigned from = k->incoming < LINKS ? k->incoming : 0;
    u8 byte;

    k->incoming = 0;
    if (from && k->link[from] && is_on(k, from) && !(k->status & FULL)
        && k->link[from]->take(k->link[from], &byte)
        && (from == MOUSE || translate(k, &byte))) {
        k->status &= (u8)~TIMED_OUT;
        fill(k, from, byte);
    }
    pump(k);
}

static void deliver(struct kbc *k)
{
    unsigned to = k->sending_to < LINKS ? k->sending_to : 0;

    k->sending_to = 0;
    k->status &= (u8)~BUSY;
    device_arm_at(&k->dev, &k->departure, NEVER);
    if (to && k->link[to]) {
        k->link[to]->receive(k->link[to], k->sending);
    } else if (to) {
        k->status |= TIMED_OUT;
        answer(k, to, RESEND);
    }
    pump(k);
}

static void kbc_on_departure(struct device *dev, u64 due)
{
    deliver(container_of(dev, struct kbc, dev));
}

/* Sending turns the link on, and what the device was just sending it will send again. */
static void send(struct kbc *k, unsigned to, u8 byte)
{
    if (k->sending_to) {
        guest_oddity(&k->dev, "a byte is written while the input buffer is full");
        deliver(k);
    }
    k->ram[COMMAND_BYTE] &= (u8)~(to == KEYBOARD ? KEYBOARD_OFF : AUX_OFF);
    if (k->incoming == to) {
        k->incoming = 0;
        device_arm_at(&k->dev, &k->arrival, NEVER);
    }
    if (to == KEYBOARD)
        k->break_next = false;
    k->sending = byte;
    k->sending_to = (u8)to;
    k->status |= BUSY;
    device_arm_in(&k->dev, &k->departure, byte_time(k, false));
}

/* -- commands -- */

static u8 output_port(const struct kbc *k)
{
    u8 v = k->port & (u8)~(PORT_IRQ1 | PORT_IRQ12);

    if (k->status & FULL)
        v |= k->status & AUX ? PORT_IRQ12 : PORT_IRQ1;
    return v;
}

static void write_output_port(struct kbc *k, u8 v)
{
    k->port = v;
    update(k);
    if (!(v & RUNNING))
        machine_ask_reset(k->dev.machine);
}

static void write_ram(struct kbc *k, unsigned at, u8 v)
{
    k->ram[at % RAM] = v;
    update(k);
    pump(k);
}

static void turn(struct kbc *k, u8 off, bool on)
{
    u8 ctr = k->ram[COMMAND_BYTE];

    write_ram(k, COMMAND_BYTE, on ? ctr & (u8)~off : ctr | off);
}

static u8 test_inputs(const struct kbc *k)
{
    return (u8)(is_on(k, KEYBOARD) | is_on(k, MOUSE) << 1);
}

static void self_test(struct kbc *k)
{
    k->ram[COMMAND_BYTE] |= SYSTEM_FLAG;
    answer(k, KEYBOARD, 0x55);
}

/* F0h to FFh pull those of port bits 0 to 3 low that are 0. */
static void pulse(struct kbc *k, u8 mask)
{
    if (!(mask & RUNNING))
        machine_ask_reset(k->dev.machine);
    else if ((mask & 15) != 15)
        guest_oddity(&k->dev, "a pulse on bits %xh of the output port", ~mask & 15);
}

/* [Controller Commands]; those with a data byte wait for it. */
static void command(struct kbc *k, u8 c)
{
    k->command = 0;
    switch (c) {
    case 0x20 ... 0x3f: answer(k, KEYBOARD, k->ram[c & 31]); break;
    case 0x60 ... 0x7f: k->command = c; break;
    case 0xa4: answer(k, KEYBOARD, 0xf1); break;
    case 0xa7: turn(k, AUX_OFF, false); break;
    case 0xa8: turn(k, AUX_OFF, true); break;
    case 0xa9: answer(k, KEYBOARD, k->link[MOUSE] ? 0 : 2); break;
    case 0xaa: self_test(k); break;
    case 0xab: answer(k, KEYBOARD, k->link[KEYBOARD] ? 0 : 2); break;
    case 0xad: turn(k, KEYBOARD_OFF, false); break;
    case 0xae: turn(k, KEYBOARD_OFF, true); break;
    case 0xc0: answer(k, KEYBOARD, INPUT_PORT); break;
    case 0xd0: answer(k, KEYBOARD, output_port(k)); break;
    case 0xd1 ... 0xd4: k->command = c; break;
    case 0xdd: write_output_port(k, k->port & (u8)~A20); break;
    case 0xdf: write_output_port(k, k->port | A20); break;
    case 0xe0: answer(k, KEYBOARD, test_inputs(k)); break;
    case 0xf0 ... 0xff: pulse(k, c); break;
    default: guest_oddity(&k->dev, "command %02xh is not modelled", c);
    }
}

static void data(struct kbc *k, u8 v)
{
    u8 c = k->command;

    k->command = 0;
    switch (c) {
    case 0:    send(k, KEYBOARD, v); break;
    case 0xd1: write_output_port(k, v); break;
    case 0xd2: answer(k, KEYBOARD, v); break;
    case 0xd3: answer(k, MOUSE, v); break;
    case 0xd4: send(k, MOUSE, v); break;
    default:   write_ram(k, c & 31, v);
    }
}

/* -- ports -- */

static u64 kbc_read_data(struct device *dev, u64 offset, unsigned size)
{
    struct kbc *k = container_of(dev, struct kbc, dev);
    u8 v = k->output;

    trace(dev, "read data -> %02xh", v);
    if (k->status & FULL) {
        k->status &= (u8)~(FULL | AUX);
        update(k);
        pump(k);
    }
    return v;
}

static u64 kbc_read_status(struct device *dev, u64 offset, unsigned size)
{
    struct kbc *k = container_of(dev, struct kbc, dev);
    u8 v = k->status | (k->ram[COMMAND_BYTE] & SYSTEM_FLAG ? SYSTEM : 0);

    trace(dev, "read status -> %02xh", v);
    return v;
}

static void kbc_write_data(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct kbc *k = container_of(dev, struct kbc, dev);

    trace(dev, "write data <- %02xh", (u8)value);
    k->status &= (u8)~COMMAND;
    data(k, (u8)value);
}

static void kbc_write_command(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct kbc *k = container_of(dev, struct kbc, dev);

    trace(dev, "write command <- %02xh", (u8)value);
    k->status |= COMMAND;
    command(k, (u8)value);
}

/* -- attach, reset -- */

static struct ps2 *plug(struct kbc *k, const char *name)
{
    struct ps2 *link = device_offer(machine_find(k->dev.machine, name), "ps2");

    if (link) {
        link->host = &k->dev;
        link->ready = kbc_on_ready;
    }
    return link;
}

/* Both links are off until a command turns them on; all pins are high, so A20 is too. */
static void kbc_reset(struct device *dev, enum reset how)
{
    struct kbc *k = container_of(dev, struct kbc, dev);

    k->link[KEYBOARD] = plug(k, "keyboard");
    k->link[MOUSE] = plug(k, "mouse");
    k->ram[COMMAND_BYTE] = KEYBOARD_OFF | AUX_OFF;
    k->status = UNLOCKED;
    k->port = PORT_IDLE;
    k->command = k->answer_from = k->sending_to = k->incoming = 0;
    k->break_next = false;
    device_arm_at(dev, &k->departure, NEVER);
    device_arm_at(dev, &k->arrival, NEVER);
    update(k);
}

static bool kbc_attach(struct device *dev, struct error *err)
{
    static const struct io_ops data_io = { kbc_read_data, kbc_write_data, 1 };
    static const struct io_ops control_io = { kbc_read_status, kbc_write_command, 1 };
    struct kbc *k = container_of(dev, struct kbc, dev);
    u64 port = device_number(dev, "port", 0x60);

    k->fast = device_flag(dev, "fast", false);
    device_line(dev, &k->irq1, "irq1");
    device_line(dev, &k->irq12, "irq12");
    device_line(dev, &k->a20, "a20");
    device_event(dev, &k->departure, "departure", kbc_on_departure);
    device_event(dev, &k->arrival, "arrival", kbc_on_arrival);
    k->data = (struct region){ .name = "data", .owner = dev, .io = &data_io, .size = 1 };
    k->control = (struct region){ .name = "control", .owner = dev, .io = &control_io, .size = 1 };
    space_map(dev->machine->ports, &k->data, port, NORMAL);
    space_map(dev->machine->ports, &k->control, port + 4, NORMAL);
    return true;
}

const struct device_type kbc_type = {
    .name = "8042", .title = "keyboard controller", .size = sizeof(struct kbc),
    .state = state_rows, .attach = kbc_attach, .reset = kbc_reset,
};
