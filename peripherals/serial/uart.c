/*
 * 16550A serial port: eight ports, one interrupt, by National Semiconductor's data sheet
 * "PC16550D Universal Asynchronous Receiver/Transmitter with FIFOs", whose section titles
 * are in [brackets]. On an AT the interrupt passes a gate that OUT2 opens; a board whose
 * "gate" is no leads it on as it is.
 *
 * A character takes its bits at the programmed rate. The far end hears it when it is
 * written, not when it is sent, so that a guest's last words before the end of a run are
 * heard; it asserts CTS, DSR and DCD, and by default waits while the receiver is full, as
 * a peer with handshake lines does.
 *
 * Not modelled: RXRDY/TXRDY (DMA mode), the delay of the transmitter's interrupt by a
 * character time when the FIFO held but one, a far end of another rate or frame.
 */
#include "peripherals/serial/uart.h"

#include "core/chr.h"
#include "core/input.h"
#include "core/machine.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR, PORTS, THR = RBR, FCR = IIR };

enum { IER_DATA = 1, IER_EMPTY = 2, IER_LINE = 4, IER_MODEM = 8, IER_ALL = 15 };
enum { IIR_MODEM = 0, IIR_NONE = 1, IIR_EMPTY = 2, IIR_DATA = 4, IIR_LINE = 6, IIR_TIMEOUT = 12,
       IIR_FIFOS = 0xc0 };
enum { FCR_ENABLE = 1, FCR_CLEAR_RX = 2, FCR_CLEAR_TX = 4, FCR_KEPT = 0xc9 };
enum { LCR_STOP = 4, LCR_PARITY = 8, LCR_BREAK = 0x40, LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16, MCR_ALL = 31 };
enum { LSR_DATA = 1, LSR_OVERRUN = 2, LSR_PARITY = 4, LSR_FRAMING = 8, LSR_BREAK = 16,
       LSR_EMPTY = 32, LSR_IDLE = 64, LSR_FIFO_ERROR = 128 };
enum { MSR_CTS = 16, MSR_DSR = 32, MSR_RI = 64, MSR_DCD = 128, MSR_DELTAS = 15, MSR_TERI = 4 };

enum { FIFO = 16, QUEUE = 4096, BREAK = 0x100 };

#define CRYSTAL_HZ  1843200             /* of the PC; the data sheet allows others */
#define FAST        MICROSECOND

#define FIFO_STATE(ONE, MANY, PART)                                     \
    MANY(u16,  slot, FIFO,   "a character, its errors from bit 8 on")   \
    ONE (u8,   first,        "the oldest")                              \
    ONE (u8,   used,         "how many")

#define UART_STATE(ONE, MANY, PART)                                     \
    ONE (u16,  divisor,      "of the crystal, for 16 times the rate")   \
    ONE (u8,   ier,          "interrupts enabled")                      \
    ONE (u8,   fcr,          "FIFO control")                            \
    ONE (u8,   lcr,          "line control")                            \
    ONE (u8,   mcr,          "modem control")                           \
    ONE (u8,   errors,       "of the LSR: bits 1 to 4")                 \
    ONE (u8,   msr,          "modem status")                            \
    ONE (u8,   scratch,      "SCR")                                     \
    ONE (u8,   shift,        "being sent")                              \
    ONE (bool, sending,      "the shift register is at work")           \
    ONE (bool, emptied,      "THR empty, not yet acknowledged")         \
    ONE (bool, timed_out,    "characters lie in the FIFO unread")       \
    ONE (u16,  queued,       "bytes still at the far end")              \
    ONE (u16,  queue_first,  "the oldest of them")                      \
    MANY(u16,  queue, QUEUE, "bytes of the far end; 100h: a break")     \
    PART(struct fifo, rx, 1, FIFO_STATE)                                \
    PART(struct fifo, tx, 1, FIFO_STATE)

struct fifo { STATE_MEMBERS(FIFO_STATE) };
DEFINE_PART(struct fifo, FIFO_STATE)

struct uart {
    struct device dev;
    struct region ports;
    struct line   irq;
    struct event  sent, arrival, timeout;
    struct chr   *out;
    bool          fast, flow, gate;     /* of the configuration */
    STATE_MEMBERS(UART_STATE)
};
DEFINE_STATE(struct uart, UART_STATE);

/* -- FIFOs: of 16, or of one where they are off -- */

static unsigned capacity(const struct uart *u)
{
    return u->fcr & FCR_ENABLE ? FIFO : 1;
}

static void fifo_put(struct fifo *f, u16 c)
{
    f->slot[(f->first + f->used++) % FIFO] = c;
}

static u16 fifo_take(struct fifo *f)
{
    u16 c = f->slot[f->first % FIFO];

    f->first = (u8)((f->first + 1) % FIFO);
    f->used--;
    return c;
}

static bool fifo_has_errors(const struct fifo *f)
{
    for (unsigned i = 0; i < f->used; i++)
        if (f->slot[(f->first + i) % FIFO] >> 8)
            return true;
    return false;
}

/* -- the line -- */

static u8 data_mask(const struct uart *u)
{
    return (u8)(0xff >> (3 - (u->lcr & 3)));
}

/* Start, data, parity and stop bits; counted in halves, for five bits may have 1.5 stops. */
static u64 character_time(const struct uart *u)
{
    unsigned word = u->lcr & 3, halves = 2 + 2 * (5 + word) + 2;

    if (u->fast)
        return FAST;
    if (u->lcr & LCR_PARITY)
        halves += 2;
    if (u->lcr & LCR_STOP)
        halves += word ? 2 : 1;
    return ticks_to_ns(halves * 8 * (u64)(u->divisor ? u->divisor : 1), CRYSTAL_HZ);
}

/* [Interrupt Identification Register], in order of priority. */
static u8 cause(const struct uart *u)
{
    static const u8 trigger[] = { 1, 4, 8, 14 };
    unsigned level = u->fcr & FCR_ENABLE ? trigger[u->fcr >> 6] : 1;

    if (u->ier & IER_LINE && u->errors)
        return IIR_LINE;
    if (u->ier & IER_DATA && u->rx->used >= level)
        return IIR_DATA;
    if (u->ier & IER_DATA && u->timed_out)
        return IIR_TIMEOUT;
    if (u->ier & IER_EMPTY && u->emptied)
        return IIR_EMPTY;
    if (u->ier & IER_MODEM && u->msr & MSR_DELTAS)
        return IIR_MODEM;
    return IIR_NONE;
}

/* OUT2 is a pin, and in loopback all of these are inactive. */
static void update(struct uart *u)
{
    bool open = !u->gate || (u->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;

    line_set(&u->irq, open && cause(u) != IIR_NONE);
}

/* [FIFO Interrupt Mode Operation]: four character times after the last arrival or read. */
static void restart_timeout(struct uart *u)
{
    if (u->fcr & FCR_ENABLE && u->rx->used)
        device_arm_in(&u->dev, &u->timeout, 4 * character_time(u));
    else
        device_arm_at(&u->dev, &u->timeout, NEVER);
}

/* Errors show when their character is the next to be read. */
static void show_errors(struct uart *u)
{
    if (u->rx->used)
        u->errors |= (u8)(u->rx->slot[u->rx->first % FIFO] >> 8);
}

/* A FIFO that is full keeps what it has; a single register takes the new one. [LSR, OE] */
static void receive(struct uart *u, u16 c)
{
    if (u->rx->used >= capacity(u)) {
        u->errors |= LSR_OVERRUN;
        if (!(u->fcr & FCR_ENABLE))
            u->rx->slot[u->rx->first % FIFO] = c;
    } else {
        fifo_put(u->rx, c);
        restart_timeout(u);
    }
    show_errors(u);
    update(u);
}

/* The far end begins its next character if it has one and nothing holds it back. */
static void feed(struct uart *u)
{
    bool full = u->flow && u->rx->used >= capacity(u);

    if (u->arrival.due == NEVER && u->queued && !full && !(u->mcr & MCR_LOOP))
        device_arm_in(&u->dev, &u->arrival, character_time(u));
}

static void uart_on_arrival(struct device *dev, u64 due)
{
    struct uart *u = container_of(dev, struct uart, dev);
    u16 c = u->queue[u->queue_first % QUEUE];

    if (u->mcr & MCR_LOOP || !u->queued)        /* the input is cut off */
        return;
    u->queue_first = (u16)((u->queue_first + 1) % QUEUE);
    u->queued--;
    dev->activity++;
    receive(u, c & BREAK ? (LSR_BREAK | LSR_FRAMING) << 8 : c & data_mask(u));
    feed(u);
}

static void uart_on_timeout(struct device *dev, u64 due)
{
    struct uart *u = container_of(dev, struct uart, dev);

    u->timed_out = true;
    update(u);
}

static void start_sending(struct uart *u, u64 from)
{
    u->shift = (u8)fifo_take(u->tx);
    u->sending = true;
    u->emptied |= u->tx->used == 0;
    device_arm_at(&u->dev, &u->sent, from + character_time(u));
}

static void uart_on_sent(struct device *dev, u64 due)
{
    struct uart *u = container_of(dev, struct uart, dev);

    u->sending = false;
    if (u->mcr & MCR_LOOP)
        receive(u, u->shift);
    if (u->tx->used)
        start_sending(u, due);
    update(u);
}

static void transmit(struct uart *u, u8 c)
{
    c &= data_mask(u);
    u->dev.activity++;
    if (!(u->mcr & MCR_LOOP))
        chr_send(u->out, c);
    u->emptied = false;
    if (u->tx->used >= capacity(u)) {
        guest_oddity(&u->dev, "a byte is written while the transmitter is full");
        fifo_take(u->tx);
    }
    fifo_put(u->tx, c);
    if (!u->sending)
        start_sending(u, device_now(&u->dev));
    update(u);
}

/* -- modem lines: those of the far end, or one's own in loopback -- */

static void sense_modem(struct uart *u)
{
    u8 now = MSR_CTS | MSR_DSR | MSR_DCD, was = u->msr;
    u8 changed;

    if (u->mcr & MCR_LOOP)
        now = (u8)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0)
                   | (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
    changed = (was ^ now) & (MSR_CTS | MSR_DSR | MSR_DCD);
    if (was & MSR_RI && !(now & MSR_RI))        /* of RI only the trailing edge counts */
        changed |= MSR_RI;
    u->msr = (u8)(now | (was & MSR_DELTAS) | changed >> 4);
}

/* -- registers -- */

static u8 read_data(struct uart *u)
{
    u8 c = (u8)u->rx->slot[u->rx->first % FIFO];

    if (u->rx->used) {
        fifo_take(u->rx);
        show_errors(u);
    }
    u->timed_out = false;
    restart_timeout(u);
    feed(u);
    return c;
}

static u8 read_cause(struct uart *u)
{
    u8 v = cause(u);

    if (v == IIR_EMPTY)
        u->emptied = false;
    return v | (u->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static u8 line_status(const struct uart *u)
{
    u8 v = u->errors;

    if (u->rx->used)
        v |= LSR_DATA;
    if (!u->tx->used)
        v |= u->sending ? LSR_EMPTY : LSR_EMPTY | LSR_IDLE;
    if (u->fcr & FCR_ENABLE && fifo_has_errors(u->rx))
        v |= LSR_FIFO_ERROR;
    return v;
}

static u8 read_line_status(struct uart *u)
{
    u8 v = line_status(u);

    u->errors = 0;
    if (u->rx->used)
        u->rx->slot[u->rx->first % FIFO] &= 0xff;
    return v;
}

static u8 read_modem_status(struct uart *u)
{
    u8 v = u->msr;

    u->msr &= (u8)~MSR_DELTAS;
    return v;
}

static u8 read_register(struct uart *u, u64 offset)
{
    switch (offset) {
    case RBR: return u->lcr & LCR_DLAB ? (u8)u->divisor : read_data(u);
    case IER: return u->lcr & LCR_DLAB ? u->divisor >> 8 : u->ier;
    case IIR: return read_cause(u);
    case LCR: return u->lcr;
    case MCR: return u->mcr;
    case LSR: return read_line_status(u);
    case MSR: return read_modem_status(u);
    default:  return u->scratch;
    }
}

static u64 uart_read(struct device *dev, u64 offset, unsigned size)
{
    struct uart *u = container_of(dev, struct uart, dev);
    u8 v = read_register(u, offset);

    update(u);
    trace(dev, "read %u -> %02xh", (unsigned)offset, v);
    return v;
}

static void clear_receiver(struct uart *u)
{
    u->rx->first = u->rx->used = 0;
    u->timed_out = false;
    restart_timeout(u);
}

static void clear_transmitter(struct uart *u)
{
    u->tx->first = u->tx->used = 0;
    u->emptied = true;
}

/* [FIFO Control Register]: turning FIFOs on or off clears them; without bit 0 none counts. */
static void write_fifo_control(struct uart *u, u8 v)
{
    bool turned = (v ^ u->fcr) & FCR_ENABLE;

    u->fcr = v & FCR_ENABLE ? v & FCR_KEPT : 0;
    if (turned || (v & FCR_ENABLE && v & FCR_CLEAR_RX))
        clear_receiver(u);
    if (turned || (v & FCR_ENABLE && v & FCR_CLEAR_TX))
        clear_transmitter(u);
    feed(u);
}

/* Enabling the transmitter's interrupt while it has nothing to do raises it at once. */
static void write_enables(struct uart *u, u8 v)
{
    u8 risen = v & ~u->ier;

    u->ier = v & IER_ALL;
    if (risen & IER_EMPTY && !u->tx->used)
        u->emptied = true;
}

static void write_modem_control(struct uart *u, u8 v)
{
    u->mcr = v & MCR_ALL;
    sense_modem(u);
    feed(u);
}

static void write_divisor(struct uart *u, unsigned shift, u8 v)
{
    u->divisor = (u16)((u->divisor & 0xff00 >> shift) | v << shift);
}

static void uart_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct uart *u = container_of(dev, struct uart, dev);
    u8 v = (u8)value;
    bool latch = u->lcr & LCR_DLAB;

    trace(dev, "write %u <- %02xh", (unsigned)offset, v);
    switch (offset) {
    case THR: latch ? write_divisor(u, 0, v) : transmit(u, v); break;
    case IER: latch ? write_divisor(u, 8, v) : write_enables(u, v); break;
    case FCR: write_fifo_control(u, v); break;
    case LCR: u->lcr = v; break;
    case MCR: write_modem_control(u, v); break;
    case SCR: u->scratch = v; break;
    default: break;                     /* LSR is for factory tests, MSR is read-only */
    }
    update(u);
}

/* -- the outside -- */

static void enqueue(struct uart *u, u16 c)
{
    if (u->queued == QUEUE)
        return;
    u->queue[(u->queue_first + u->queued++) % QUEUE] = c;
}

static void uart_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct uart *u = container_of(dev, struct uart, dev);

    if (kind == INPUT_BREAK)
        enqueue(u, BREAK);
    for (size_t i = 0; kind == INPUT_BYTES && i < count; i++)
        enqueue(u, bytes[i]);
    feed(u);
}

static size_t uart_room(const struct device *dev)
{
    return QUEUE - container_of(dev, const struct uart, dev)->queued;
}

static void uart_connect(struct device *dev, struct chr *out)
{
    container_of(dev, struct uart, dev)->out = out;
}

/* A forged snapshot may hold indices no run can make. */
static void uart_resume(struct device *dev)
{
    struct uart *u = container_of(dev, struct uart, dev);

    if (u->queued > QUEUE)
        u->queued = QUEUE;
    if (u->rx->used > FIFO)
        u->rx->used = FIFO;
    if (u->tx->used > FIFO)
        u->tx->used = FIFO;
}

/* [Table I, UART Reset Configuration]: MR spares divisor and scratch. */
static void uart_reset(struct device *dev, enum reset how)
{
    struct uart *u = container_of(dev, struct uart, dev);

    if (how == RESET_POWER) {
        u->divisor = 12;                /* undefined; so that 9600 baud needs no set-up */
        u->msr = MSR_CTS | MSR_DSR | MSR_DCD;
    }
    u->ier = u->fcr = u->lcr = u->mcr = u->errors = 0;
    u->sending = false;
    device_arm_at(dev, &u->sent, NEVER);
    clear_receiver(u);
    clear_transmitter(u);
    u->emptied = false;
    sense_modem(u);
    u->msr &= (u8)~MSR_DELTAS;
    feed(u);
    update(u);
}

static bool uart_attach(struct device *dev, struct error *err)
{
    static const struct io_ops io = { uart_read, uart_write, 1 };
    struct uart *u = container_of(dev, struct uart, dev);

    u->fast = device_flag(dev, "fast", false);
    u->flow = device_flag(dev, "flow", true);
    u->gate = device_flag(dev, "gate", true);
    device_line(dev, &u->irq, "irq");
    device_event(dev, &u->sent, "sent", uart_on_sent);
    device_event(dev, &u->arrival, "arrival", uart_on_arrival);
    device_event(dev, &u->timeout, "timeout", uart_on_timeout);
    u->ports = (struct region){ .name = dev->name, .owner = dev, .io = &io, .size = PORTS };
    space_map(dev->machine->ports, &u->ports, device_number(dev, "port", 0x3f8), NORMAL);
    return true;
}

const struct device_type uart_type = {
    .name = "16550a", .title = "serial port", .size = sizeof(struct uart), .state = state_rows,
    .attach = uart_attach, .reset = uart_reset, .resume = uart_resume,
    .input = uart_input, .room = uart_room, .connect = uart_connect,
};
