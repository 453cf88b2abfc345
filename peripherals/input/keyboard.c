/*
 * PS/2 keyboard: scan code sets 1 to 3, typematic repeat, lamps, every command. By IBM's
 * "Personal System/2 Hardware Interface Technical Reference, 101- and 102-Key Keyboards",
 * whose titles are in [brackets].
 *
 * Replies go out before scan codes and do not take room in the 16-byte buffer. The self
 * test takes a thousandth of the time it does in a real one, and the one at power-on is
 * over, its result read, before a processor looks. A key that is held repeats only when
 * all before it has been read.
 */
#include "peripherals/input/keyboard.h"

#include "bus/ps2.h"
#include "core/input.h"
#include "core/machine.h"
#include "peripherals/input/scancodes.h"

#include <string.h>

enum { BUFFER = 16, REPLIES = 8 };
enum { ACK = 0xfa, PASSED = 0xaa, RESEND = 0xfe, ECHO = 0xee, RELEASED = 0xf0 };
enum { LEFT_CTRL = 0xe0, LEFT_SHIFT, LEFT_ALT, RIGHT_CTRL = 0xe4, RIGHT_SHIFT, RIGHT_ALT };
enum { CTRL_CODE = 0x14, SHIFT_CODE = 0x12, RIGHT_SHIFT_CODE = 0x59, SYSRQ_CODE = 0x84,
       BREAK_CODE = 0x7e };
enum { NUM_LOCK = 2 };                  /* of the lamps */
enum { DEFAULT_RATE = 0x2b };           /* 500 ms, then 10.9 a second */

#define SELF_TEST   (500 * MICROSECOND)

#define KEYBOARD_STATE(ONE, MANY, PART)                                         \
    MANY(u8,   down, 32,         "a bit for each usage")                        \
    MANY(u8,   buffer, BUFFER + 1, "scan codes, the last place for an overrun") \
    ONE (u8,   used,             "of these")                                    \
    MANY(u8,   reply, REPLIES,   "answers to commands")                         \
    ONE (u8,   replies,          "how many")                                    \
    ONE (u8,   last,             "byte sent, for RESEND")                       \
    ONE (u8,   set,              "scan code set")                               \
    ONE (u8,   lamps,            "1 scroll, 2 num, 4 caps")                     \
    ONE (u8,   rate,             "typematic delay and rate")                    \
    ONE (u8,   command,          "whose parameter is awaited, or 0")            \
    ONE (u8,   repeating,        "usage of the key that repeats, or 0")         \
    ONE (u8,   print_form,       "as what Print Screen went down")              \
    ONE (bool, scanning,         "keys are heard")                              \
    ONE (bool, testing,          "the self test is going on")                   \
    ONE (bool, overrun,          "the buffer ends with that")                   \
    MANY(u8,   kind, 256,        "set 3: of the key with that code")

struct keyboard {
    struct device dev;
    struct ps2    link;
    struct event  repeat, self_test;
    STATE_MEMBERS(KEYBOARD_STATE)
};
DEFINE_STATE(struct keyboard, KEYBOARD_STATE);

/* A key's bytes are kept together: all of them find room or none. */
struct sequence {
    u8       byte[16];
    unsigned count;
};

/* -- what goes out -- */

static void reply(struct keyboard *k, u8 byte)
{
    if (k->replies < REPLIES)
        k->reply[k->replies++] = byte;
}

/* [Overrun]: one code more than the buffer holds says that others were lost. */
static void store(struct keyboard *k, const struct sequence *s)
{
    if (k->used + s->count <= BUFFER) {
        memcpy(k->buffer + k->used, s->byte, s->count);
        k->used = (u8)(k->used + s->count);
    } else if (!k->overrun) {
        k->overrun = true;
        k->buffer[k->used++] = k->set == 1 ? 0xff : 0;
    }
    ps2_ready(&k->link);
}

static void forget_keys(struct keyboard *k)
{
    k->used = 0;
    k->overrun = false;
}

/* While a parameter is awaited keys wait. */
static bool keyboard_waits(const struct ps2 *link)
{
    const struct keyboard *k = container_of(link, const struct keyboard, link);

    return k->replies || (k->used && !k->command);
}

static bool keyboard_take(struct ps2 *link, u8 *byte)
{
    struct keyboard *k = container_of(link, struct keyboard, link);

    if (!keyboard_waits(link))
        return false;
    if (k->replies) {
        *byte = k->reply[0];
        memmove(k->reply, k->reply + 1, --k->replies);
        if (k->testing && !k->replies)
            device_arm_in(&k->dev, &k->self_test, SELF_TEST);
    } else {
        *byte = k->buffer[0];
        memmove(k->buffer, k->buffer + 1, --k->used);
        k->overrun = k->overrun && k->used == BUFFER;
    }
    k->last = *byte;
    return true;
}

/* -- scan codes -- */

static bool is_down(const struct keyboard *k, unsigned usage)
{
    return k->down[usage / 8] >> usage % 8 & 1;
}

static void add(struct sequence *s, u8 byte)
{
    if (s->count < sizeof s->byte)
        s->byte[s->count++] = byte;
}

/* A code of set 2 as sets 1 and 2 have it. */
static void code(const struct keyboard *k, struct sequence *s, u8 prefix, u8 set2, bool down)
{
    if (prefix)
        add(s, prefix);
    if (k->set == 1) {
        add(s, set1_of_set2(set2) | (down ? 0 : 0x80));
        return;
    }
    if (!down)
        add(s, RELEASED);
    add(s, set2);
}

/* Keys that the 84-key keyboard had on the keypad pretend that no shift state is on. [Set 1] */
static void undo_shifts(const struct keyboard *k, struct sequence *s, u8 form, bool down)
{
    bool left = is_down(k, LEFT_SHIFT), right = is_down(k, RIGHT_SHIFT);

    if (left)
        code(k, s, 0xe0, SHIFT_CODE, !down);
    if (right)
        code(k, s, 0xe0, RIGHT_SHIFT_CODE, !down);
    if (!left && !right && form == KEY_GREY && k->lamps & NUM_LOCK)
        code(k, s, 0xe0, SHIFT_CODE, down);
}

static void grey(const struct keyboard *k, struct sequence *s, const struct key *key, bool down)
{
    if (down)
        undo_shifts(k, s, key->form, true);
    code(k, s, 0xe0, key->set2, down);
    if (!down)
        undo_shifts(k, s, key->form, false);
}

enum { PRINT_ALONE, PRINT_SHIFTED, PRINT_SYSRQ };

static u8 print_form(const struct keyboard *k)
{
    if (is_down(k, LEFT_ALT) || is_down(k, RIGHT_ALT))
        return PRINT_SYSRQ;
    if (is_down(k, LEFT_CTRL) || is_down(k, RIGHT_CTRL)
        || is_down(k, LEFT_SHIFT) || is_down(k, RIGHT_SHIFT))
        return PRINT_SHIFTED;
    return PRINT_ALONE;
}

static void print(struct keyboard *k, struct sequence *s, u8 set2, bool down)
{
    if (down)
        k->print_form = print_form(k);
    if (k->print_form == PRINT_SYSRQ) {
        code(k, s, 0, SYSRQ_CODE, down);
        return;
    }
    if (k->print_form == PRINT_ALONE && down)
        code(k, s, 0xe0, SHIFT_CODE, true);
    code(k, s, 0xe0, set2, down);
    if (k->print_form == PRINT_ALONE && !down)
        code(k, s, 0xe0, SHIFT_CODE, false);
}

/* Goes up at once, whatever the finger does. */
static void pause(const struct keyboard *k, struct sequence *s, u8 set2)
{
    if (is_down(k, LEFT_CTRL) || is_down(k, RIGHT_CTRL)) {
        code(k, s, 0xe0, BREAK_CODE, true);
        code(k, s, 0xe0, BREAK_CODE, false);
        return;
    }
    code(k, s, 0xe1, CTRL_CODE, true);
    code(k, s, 0, set2, true);
    code(k, s, 0xe1, CTRL_CODE, false);
    code(k, s, 0, set2, false);
}

static void sets_1_and_2(struct keyboard *k, struct sequence *s, const struct key *key, bool down)
{
    switch (key->form) {
    case KEY_PLAIN: code(k, s, 0, key->set2, down); break;
    case KEY_E0:    code(k, s, 0xe0, key->set2, down); break;
    case KEY_GREY:
    case KEY_SLASH: grey(k, s, key, down); break;
    case KEY_PRINT: print(k, s, key->set2, down); break;
    case KEY_PAUSE: if (down) pause(k, s, key->set2); break;
    case KEY_ONCE:  if (down) add(s, key->set2); break;
    default: break;
    }
}

static void set_3(const struct keyboard *k, struct sequence *s, const struct key *key, bool down)
{
    u8 kind = k->kind[key->set3];

    if (!key->set3 || (!down && kind != KIND_MAKE_BREAK && kind != KIND_ALL))
        return;
    if (!down)
        add(s, RELEASED);
    add(s, key->set3);
}

static void say(struct keyboard *k, unsigned usage, bool down)
{
    const struct key *key = &key_of_usage[usage];
    struct sequence s = { .count = 0 };

    if (k->set == 3)
        set_3(k, &s, key, down);
    else
        sets_1_and_2(k, &s, key, down);
    if (s.count)
        store(k, &s);
}

/* -- typematic [Set Typematic Rate/Delay] -- */

static u64 first_delay(const struct keyboard *k)
{
    return (u64)((k->rate >> 5 & 3) + 1) * 250 * MILLISECOND;
}

static u64 period(const struct keyboard *k)
{
    return (u64)(8 + (k->rate & 7)) * (UINT64_C(1) << (k->rate >> 3 & 3)) * SECOND / 240;
}

static bool repeats(const struct keyboard *k, const struct key *key)
{
    u8 kind = k->kind[key->set3];

    if (k->set == 3)
        return key->set3 && (kind == KIND_TYPEMATIC || kind == KIND_ALL);
    return key->form != KEY_PAUSE && key->form != KEY_ONCE;
}

static void stop_repeating(struct keyboard *k)
{
    k->repeating = 0;
    device_arm_at(&k->dev, &k->repeat, NEVER);
}

/* What is put around a key's code is not repeated with it. */
static void keyboard_on_repeat(struct device *dev, u64 due)
{
    struct keyboard *k = container_of(dev, struct keyboard, dev);
    const struct key *key = &key_of_usage[k->repeating];
    struct sequence s = { .count = 0 };

    device_arm_at(dev, &k->repeat, due + period(k));
    if (!k->scanning || k->testing || k->used)
        return;
    if (k->set == 3)
        set_3(k, &s, key, true);
    else if (key->form == KEY_PRINT && k->print_form == PRINT_SYSRQ)
        code(k, &s, 0, SYSRQ_CODE, true);
    else
        code(k, &s, key->form == KEY_PLAIN ? 0 : 0xe0, key->set2, true);
    store(k, &s);
}

static void keyboard_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct keyboard *k = container_of(dev, struct keyboard, dev);
    u8 usage, bit;
    bool down;

    if (kind != INPUT_KEY || count < 2)
        return;
    usage = bytes[0];
    bit = (u8)(1 << usage % 8);
    down = bytes[1];
    if (key_of_usage[usage].form == KEY_NONE || is_down(k, usage) == down)
        return;
    trace(dev, "key %02xh %s", usage, down ? "down" : "up");
    dev->activity++;
    k->down[usage / 8] ^= bit;
    if (k->scanning && !k->testing)
        say(k, usage, down);
    if (down && repeats(k, &key_of_usage[usage])) {
        k->repeating = usage;
        device_arm_in(dev, &k->repeat, first_delay(k));
    } else if (k->repeating == usage || down) {
        stop_repeating(k);
    }
}

/* How many bytes of scan codes would not be lost: a key is at most ten. */
static size_t keyboard_room(const struct device *dev)
{
    const struct keyboard *k = container_of(dev, const struct keyboard, dev);

    return k->used < BUFFER ? BUFFER - k->used : 0;
}

/* -- commands -- */

static void set_kinds(struct keyboard *k, u8 kind)
{
    memset(k->kind, kind, sizeof k->kind);
}

/* [Set Default]: rate and kinds; the lamps stay. */
static void set_defaults(struct keyboard *k)
{
    k->rate = DEFAULT_RATE;
    set_kinds(k, KIND_TYPEMATIC);
    for (unsigned i = 0; i < COUNT(key_of_usage); i++)
        if (key_of_usage[i].set3)
            k->kind[key_of_usage[i].set3] = key_of_usage[i].kind;
    forget_keys(k);
    stop_repeating(k);
}

static void power_on(struct keyboard *k)
{
    set_defaults(k);
    k->replies = k->command = k->lamps = 0;
    k->set = 2;
    k->scanning = true;
    k->testing = false;
}

static void keyboard_on_self_test(struct device *dev, u64 due)
{
    struct keyboard *k = container_of(dev, struct keyboard, dev);

    power_on(k);
    reply(k, PASSED);
    ps2_ready(&k->link);
}

/* [Reset]: it begins when the acknowledgement has been accepted. */
static void begin_self_test(struct keyboard *k)
{
    forget_keys(k);
    stop_repeating(k);
    k->testing = true;
}

static void choose_set(struct keyboard *k, u8 set)
{
    if (set > 3) {
        reply(k, RESEND);
        return;
    }
    reply(k, ACK);
    if (set == 0) {
        reply(k, k->set);
        return;
    }
    k->set = set;
    forget_keys(k);
    stop_repeating(k);
}

static void parameter(struct keyboard *k, u8 v)
{
    u8 c = k->command;

    k->command = 0;
    switch (c) {
    case 0xed: k->lamps = v & 7; k->dev.activity++; reply(k, ACK); break;
    case 0xf0: choose_set(k, v); break;
    case 0xf3: k->rate = v & 127; reply(k, ACK); break;
    case 0xfb:
    case 0xfc:
    case 0xfd:                          /* any number of keys, ended by a command */
        k->kind[v] = (u8)(KIND_TYPEMATIC + (c - 0xfb));
        k->command = c;
        reply(k, ACK);
        break;
    default: reply(k, RESEND);
    }
}

static void scan(struct keyboard *k, bool on)
{
    if (on) {
        forget_keys(k);
        stop_repeating(k);
    } else {
        set_defaults(k);
    }
    k->scanning = on;
}

static void identify(struct keyboard *k)
{
    reply(k, 0xab);
    reply(k, 0x83);
}

static void command(struct keyboard *k, u8 c)
{
    k->command = k->replies = 0;
    reply(k, c == ECHO ? ECHO : c == RESEND ? k->last : c < 0xed || c == 0xef || c == 0xf1
                                                        ? RESEND : ACK);
    switch (c) {
    case 0xed:
    case 0xf0:
    case 0xf3:
    case 0xfb:
    case 0xfc:
    case 0xfd: k->command = c; break;
    case 0xf2: identify(k); break;
    case 0xf4: scan(k, true); break;
    case 0xf5: scan(k, false); break;
    case 0xf6: set_defaults(k); break;
    case 0xf7: set_kinds(k, KIND_TYPEMATIC); break;
    case 0xf8: set_kinds(k, KIND_MAKE_BREAK); break;
    case 0xf9: set_kinds(k, KIND_MAKE_ONLY); break;
    case 0xfa: set_kinds(k, KIND_ALL); break;
    case 0xff: begin_self_test(k); break;
    default: break;
    }
}

/* A command where a parameter was due takes its place. */
static void keyboard_receive(struct ps2 *link, u8 byte)
{
    struct keyboard *k = container_of(link, struct keyboard, link);

    trace(&k->dev, "command %02xh", byte);
    if (k->testing)
        return;
    if (k->command && byte < 0xed) {
        k->replies = 0;
        parameter(k, byte);
    } else {
        command(k, byte);
    }
    ps2_ready(link);
}

/* -- attach, reset -- */

static void *keyboard_offer(struct device *dev, const char *interface)
{
    struct keyboard *k = container_of(dev, struct keyboard, dev);

    return strcmp(interface, "ps2") ? NULL : &k->link;
}

/* The cable has no RESET wire. */
static void keyboard_reset(struct device *dev, enum reset how)
{
    if (how == RESET_POWER)
        power_on(container_of(dev, struct keyboard, dev));
}

/* A forged snapshot may hold numbers no run can make. */
static void keyboard_resume(struct device *dev)
{
    struct keyboard *k = container_of(dev, struct keyboard, dev);

    if (k->used > BUFFER + 1)
        k->used = BUFFER + 1;
    if (k->replies > REPLIES)
        k->replies = REPLIES;
    k->overrun |= k->used > BUFFER;
}

static bool keyboard_attach(struct device *dev, struct error *err)
{
    struct keyboard *k = container_of(dev, struct keyboard, dev);

    k->link = (struct ps2){
        .dev = dev, .receive = keyboard_receive, .waits = keyboard_waits, .take = keyboard_take,
    };
    device_event(dev, &k->repeat, "repeat", keyboard_on_repeat);
    device_event(dev, &k->self_test, "self_test", keyboard_on_self_test);
    return true;
}

const struct device_type keyboard_type = {
    .name = "ps2-keyboard", .title = "keyboard", .size = sizeof(struct keyboard),
    .state = state_rows, .attach = keyboard_attach, .reset = keyboard_reset,
    .resume = keyboard_resume, .input = keyboard_input, .room = keyboard_room,
    .offer = keyboard_offer,
};
