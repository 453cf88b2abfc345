/*
 * PS/2 mouse: stream, remote and wrap mode, sample rate, resolution, scaling, by IBM's
 * "Personal System/2 Hardware Interface Technical Reference", Mouse, whose titles are in
 * [brackets]; and the wheel and five buttons of Microsoft's IntelliMouse and Explorer, which
 * come forth when a driver sets the rates 200, 100, 80, or 200, 200, 80.
 *
 * What does not fit into a report is left for the next one, so that no movement is lost.
 * The self test takes a thousandth of its time, and the one at power-on is over.
 *
 * Not modelled: that resolution changes how far a movement counts; overflow bits.
 */
#include "peripherals/input/mouse.h"

#include "bus/ps2.h"
#include "core/bits.h"
#include "core/input.h"
#include "core/machine.h"

#include <string.h>

enum { ACK = 0xfa, PASSED = 0xaa, RESEND = 0xfe, ERROR = 0xfc };
enum { OUT = 8, REPORT = 4 };
enum { PLAIN = 0, WHEEL = 3, EXPLORER = 4 };    /* what the mouse says it is */
enum { SIGN_X = 0x10, SIGN_Y = 0x20, ALWAYS = 8 };
enum { THREE_BUTTONS = POINTER_LEFT | POINTER_RIGHT | POINTER_MIDDLE };
enum { FAR = 1 << 20 };                         /* as much as is remembered of a movement */

#define SELF_TEST   (500 * MICROSECOND)

#define MOUSE_STATE(ONE, MANY, PART)                                    \
    MANY(u8,   out, OUT,       "bytes that wait")                       \
    ONE (u8,   used,           "how many")                              \
    MANY(u8,   last, OUT,      "what was said last, for RESEND")        \
    ONE (u8,   last_count,     "how many bytes")                        \
    ONE (s32,  right,          "moved since the last report")           \
    ONE (s32,  up,             "moved since the last report")           \
    ONE (s32,  wheel,          "turned towards the person since then")  \
    ONE (u8,   buttons,        "as they are")                           \
    ONE (u8,   clicked,        "pressed since the last report")         \
    ONE (u8,   reported,       "buttons as they were reported")         \
    ONE (u64,  reported_at,    "ns")                                    \
    ONE (u8,   kind,           "0, or 3 with wheel, or 4 Explorer")     \
    ONE (u8,   rate,           "reports a second")                      \
    MANY(u8,   knock, 2,       "rates set before")                      \
    ONE (u8,   resolution,     "0 to 3")                                \
    ONE (u8,   command,        "whose parameter is awaited, or 0")      \
    ONE (bool, doubled,        "scaling 2:1")                           \
    ONE (bool, remote,         "reports only when asked")               \
    ONE (bool, wrap,           "echoes all bytes")                      \
    ONE (bool, on,             "reports in stream mode")                \
    ONE (bool, failed,         "the last byte was answered RESEND")     \
    ONE (bool, testing,        "the self test is going on")

struct mouse {
    struct device dev;
    struct ps2    link;
    struct event  sample, self_test;
    STATE_MEMBERS(MOUSE_STATE)
};
DEFINE_STATE(struct mouse, MOUSE_STATE);

/* -- reports [Data Report] -- */

static bool has_news(const struct mouse *m)
{
    return m->right || m->up || m->wheel || m->clicked || m->buttons != m->reported;
}

/* Stream mode: as soon as the last report is a sample's time old and has been read. */
static void consider(struct mouse *m)
{
    u64 next = m->reported_at + SECOND / m->rate;

    if (!m->on || m->remote || m->wrap || m->testing || m->used || !has_news(m)) {
        device_arm_at(&m->dev, &m->sample, NEVER);
        return;
    }
    if (m->sample.due == NEVER)
        device_arm_at(&m->dev, &m->sample, next > device_now(&m->dev) ? next : device_now(&m->dev));
}

static void say(struct mouse *m, u8 byte)
{
    if (m->used < OUT)
        m->out[m->used++] = byte;
}

static void remember(struct mouse *m)
{
    memcpy(m->last, m->out, OUT);
    m->last_count = m->used;
}

static s32 within(s32 v, s32 low, s32 high)
{
    return v < low ? low : v > high ? high : v;
}

/* [Set Scaling 2:1]: slow movements are made slower, fast ones faster. */
static s32 scaled(s32 v)
{
    static const s32 small[] = { 0, 1, 1, 3, 6, 9 };
    s32 size = v < 0 ? -v : v, to = size < (s32)COUNT(small) ? small[size] : 2 * size;

    return v < 0 ? -to : to;
}

static s32 take_movement(const struct mouse *m, s32 *from)
{
    bool faster = m->doubled && !m->remote;
    s32 v = within(*from, faster ? -127 : -255, faster ? 127 : 255);

    *from -= v;
    return faster ? scaled(v) : v;
}

static void report(struct mouse *m)
{
    u8 buttons = m->buttons | m->clicked;
    s32 x = take_movement(m, &m->right), y = take_movement(m, &m->up);
    s32 z = within(m->wheel, -8, 7);

    m->wheel -= z;
    m->clicked = 0;
    m->reported = buttons;
    m->reported_at = device_now(&m->dev);
    say(m, (u8)(ALWAYS | (buttons & THREE_BUTTONS) | (x < 0 ? SIGN_X : 0) | (y < 0 ? SIGN_Y : 0)));
    say(m, (u8)x);
    say(m, (u8)y);
    if (m->kind == WHEEL)
        say(m, (u8)z);
    if (m->kind == EXPLORER)
        say(m, (u8)((z & 15) | (buttons & (POINTER_4 | POINTER_5)) << 1));
}

static void mouse_on_sample(struct device *dev, u64 due)
{
    struct mouse *m = container_of(dev, struct mouse, dev);

    if (m->used)
        return;
    report(m);
    remember(m);
    ps2_ready(&m->link);
}

static void forget_movement(struct mouse *m)
{
    m->right = m->up = m->wheel = 0;
    m->clicked = 0;
    m->reported = m->buttons;
}

static void mouse_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct mouse *m = container_of(dev, struct mouse, dev);

    if (kind != INPUT_POINTER || count < 6)
        return;
    dev->activity++;
    m->clicked |= bytes[5] & (u8)~m->buttons;
    m->buttons = bytes[5];
    m->right = within(m->right + (s16)load_le16(bytes), -FAR, FAR);
    m->up = within(m->up - (s16)load_le16(bytes + 2), -FAR, FAR);
    m->wheel = m->kind == PLAIN ? 0 : within(m->wheel - (s8)bytes[4], -FAR, FAR);
    if (m->kind != EXPLORER) {
        m->buttons &= THREE_BUTTONS;
        m->clicked &= THREE_BUTTONS;
    }
    if (!m->on && !m->remote)
        forget_movement(m);
    consider(m);
}

/* -- the link -- */

static bool mouse_waits(const struct ps2 *link)
{
    return container_of(link, const struct mouse, link)->used;
}

static bool mouse_take(struct ps2 *link, u8 *byte)
{
    struct mouse *m = container_of(link, struct mouse, link);

    if (!m->used)
        return false;
    *byte = m->out[0];
    memmove(m->out, m->out + 1, --m->used);
    if (m->testing && !m->used)
        device_arm_in(&m->dev, &m->self_test, SELF_TEST);
    consider(m);
    return true;
}

/* -- commands -- */

/* [Set Default] */
static void set_defaults(struct mouse *m)
{
    m->rate = 100;
    m->resolution = 2;
    m->doubled = m->remote = m->wrap = m->on = false;
    forget_movement(m);
}

static void power_on(struct mouse *m)
{
    set_defaults(m);
    m->kind = PLAIN;
    m->knock[0] = m->knock[1] = 0;
    m->command = m->used = m->last_count = 0;
    m->testing = m->failed = false;
}

static void mouse_on_self_test(struct device *dev, u64 due)
{
    struct mouse *m = container_of(dev, struct mouse, dev);

    power_on(m);
    say(m, PASSED);
    say(m, m->kind);
    remember(m);
    ps2_ready(&m->link);
}

/* [Reset]: it begins when the acknowledgement has been accepted. */
static void begin_self_test(struct mouse *m)
{
    m->testing = true;
    m->wrap = false;
    device_arm_at(&m->dev, &m->sample, NEVER);
}

/* [Status Request] */
static void say_status(struct mouse *m)
{
    u8 b = m->buttons;

    say(m, (u8)((b & POINTER_RIGHT ? 1 : 0) | (b & POINTER_MIDDLE ? 2 : 0)
                | (b & POINTER_LEFT ? 4 : 0) | m->doubled << 4 | m->on << 5 | m->remote << 6));
    say(m, m->resolution);
    say(m, m->rate);
}

static bool is_a_rate(u8 v)
{
    static const u8 rates[] = { 10, 20, 40, 60, 80, 100, 200 };

    return memchr(rates, v, sizeof rates);
}

static void set_rate(struct mouse *m, u8 v)
{
    m->rate = v;
    if (m->knock[0] == 200 && m->knock[1] == 100 && v == 80)
        m->kind = WHEEL;
    if (m->knock[0] == 200 && m->knock[1] == 200 && v == 80)
        m->kind = EXPLORER;
    m->knock[0] = m->knock[1];
    m->knock[1] = v;
}

/* [Error handling]: a byte that makes no sense is to be sent again; the next is an error. */
static void refuse(struct mouse *m)
{
    m->used = 0;
    say(m, m->failed ? ERROR : RESEND);
    m->failed = !m->failed;
}

static void parameter(struct mouse *m, u8 v)
{
    if (m->command == 0xf3 ? !is_a_rate(v) : v > 3) {
        refuse(m);
        return;
    }
    if (m->command == 0xf3)
        set_rate(m, v);
    else
        m->resolution = v;
    m->command = 0;
    m->failed = false;
    say(m, ACK);
}

static void say_again(struct mouse *m)
{
    m->used = m->last_count <= OUT ? m->last_count : 0;
    memcpy(m->out, m->last, OUT);
}

static bool act(struct mouse *m, u8 c)
{
    switch (c) {
    case 0xe6: m->doubled = false; return true;
    case 0xe7: m->doubled = true; return true;
    case 0xe8: m->command = c; return true;
    case 0xe9: say_status(m); return true;
    case 0xea: m->remote = false; forget_movement(m); return true;
    case 0xeb: report(m); return true;
    case 0xec: m->wrap = false; return true;
    case 0xee: m->wrap = true; return true;
    case 0xf0: m->remote = true; forget_movement(m); return true;
    case 0xf2: say(m, m->kind); return true;
    case 0xf3: m->command = c; return true;
    case 0xf4: m->on = true; forget_movement(m); return true;
    case 0xf5: m->on = false; return true;
    case 0xf6: set_defaults(m); return true;
    case 0xff: begin_self_test(m); return true;
    default:   return false;
    }
}

static void command(struct mouse *m, u8 c)
{
    m->command = 0;
    say(m, ACK);
    if (act(m, c))
        m->failed = false;
    else
        refuse(m);
}

/* Whatever waited is not said any more: the answer comes at once. */
static void mouse_receive(struct ps2 *link, u8 byte)
{
    struct mouse *m = container_of(link, struct mouse, link);

    trace(&m->dev, "command %02xh", byte);
    if (m->testing)
        return;
    m->used = 0;
    device_arm_at(&m->dev, &m->sample, NEVER);
    if (m->wrap && byte != 0xec && byte != 0xff)
        say(m, byte);
    else if (m->command && byte != 0xff)
        parameter(m, byte);
    else if (byte == RESEND)
        say_again(m);
    else
        command(m, byte);
    remember(m);
    consider(m);
    ps2_ready(link);
}

/* -- attach, reset -- */

static void *mouse_offer(struct device *dev, const char *interface)
{
    struct mouse *m = container_of(dev, struct mouse, dev);

    return strcmp(interface, "ps2") ? NULL : &m->link;
}

/* The cable has no RESET wire. */
static void mouse_reset(struct device *dev, enum reset how)
{
    if (how == RESET_POWER)
        power_on(container_of(dev, struct mouse, dev));
}

/* A forged snapshot may hold numbers no run can make. */
static void mouse_resume(struct device *dev)
{
    struct mouse *m = container_of(dev, struct mouse, dev);

    if (m->used > OUT)
        m->used = OUT;
    if (!is_a_rate(m->rate))
        m->rate = 100;
    m->right = within(m->right, -FAR, FAR);
    m->up = within(m->up, -FAR, FAR);
    m->wheel = within(m->wheel, -FAR, FAR);
}

static bool mouse_attach(struct device *dev, struct error *err)
{
    struct mouse *m = container_of(dev, struct mouse, dev);

    m->link = (struct ps2){
        .dev = dev, .receive = mouse_receive, .waits = mouse_waits, .take = mouse_take,
    };
    device_event(dev, &m->sample, "sample", mouse_on_sample);
    device_event(dev, &m->self_test, "self_test", mouse_on_self_test);
    return true;
}

const struct device_type mouse_type = {
    .name = "ps2-mouse", .title = "mouse", .size = sizeof(struct mouse), .state = state_rows,
    .attach = mouse_attach, .reset = mouse_reset, .resume = mouse_resume,
    .input = mouse_input, .offer = mouse_offer,
};
