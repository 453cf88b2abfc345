#include "frontends/keys.h"

#include "core/input.h"
#include "core/machine.h"
#include "frontends/session.h"

#include <stdlib.h>
#include <string.h>

/* A quick typist: between two movements of a key. */
#define STROKE  (12 * MILLISECOND)

static const struct { const char *name; u8 usage; } keys[] = {
#define KEY(name, usage) { name, usage },
#include "frontends/keys.def"
#undef KEY
};

/* What a US keyboard prints, from the digits on, in the order of the usages from 30. */
static const char plain[]   = "1234567890\n\x1b\b\t -=[]\\#;'`,./";
static const char shifted[] = "!@#$%^&*()\n\x1b\b\t _+{}|~:\"~<>?";

u8 key_printing(char c, bool *shift)
{
    const char *at;

    *shift = c >= 'A' && c <= 'Z';
    if (*shift || (c >= 'a' && c <= 'z'))
        return (u8)(4 + (c | 0x20) - 'a');
    if (c == '#' || c == '~')               /* not those of the key that only others have */
        *shift = true;
    if (c == '#')
        return 32;
    if (c == '~')
        return 53;
    at = c ? strchr(plain, c) : NULL;
    if (at)
        return (u8)(30 + (at - plain));
    at = c ? strchr(shifted, c) : NULL;
    *shift = at;
    return at ? (u8)(30 + (at - shifted)) : 0;
}

u8 key_named(const char *name, size_t length)
{
    bool shift;
    u8 usage;

    if (length == 1) {
        usage = key_printing(*name, &shift);
        return shift ? 0 : usage;
    }
    for (unsigned i = 0; i < COUNT(keys); i++)
        if (strlen(keys[i].name) == length && !strncmp(keys[i].name, name, length))
            return keys[i].usage;
    return 0;
}

bool typing_key(struct session *s, u8 usage, bool down)
{
    struct typing *t = &s->typing;
    unsigned at = (t->first + t->count) % KEYS_WAITING;

    if (t->count == KEYS_WAITING)
        return false;
    if (t->count == 0 && t->next < s->machine->clock.now)
        t->next = s->machine->clock.now;
    t->at[at].usage = usage;
    t->at[at].down = down;
    t->count++;
    return true;
}

bool typing_text(struct session *s, const char *text)
{
    if (s->typing.count + 4 * strlen(text) > KEYS_WAITING)
        return false;
    for (; *text; text++) {
        bool shift;
        u8 usage = key_printing(*text == '\r' ? '\n' : *text, &shift);

        if (!usage)
            continue;
        if (shift)
            typing_key(s, KEY_SHIFT, true);
        typing_key(s, usage, true);
        typing_key(s, usage, false);
        if (shift)
            typing_key(s, KEY_SHIFT, false);
    }
    return true;
}

bool typing_serial(struct session *s, const char *text)
{
    struct typing *t = &s->typing;
    size_t length = strlen(text);

    if (length > KEYS_WAITING - t->line_count)
        return false;
    memcpy(t->line + t->line_count, text, length);
    t->line_count += (unsigned)length;
    t->line_next = s->machine->clock.now;
    return true;
}

/* As much as the line's buffer holds; the rest once it was read. */
static void step_serial(struct session *s)
{
    struct typing *t = &s->typing;
    struct device *dev = machine_find(s->machine, "com1");
    size_t room = dev && dev->type->room ? dev->type->room(dev) : 0;

    if (room > t->line_count)
        room = t->line_count;
    t->line_next = s->machine->clock.now + MILLISECOND;
    if (!room)
        return;
    machine_input(s->machine, "com1", INPUT_BYTES, t->line, room, NULL);
    t->line_count -= (unsigned)room;
    memmove(t->line, t->line + room, t->line_count);
}

void typing_step(struct session *s)
{
    struct typing *t = &s->typing;

    while (t->count && t->next <= s->machine->clock.now) {
        session_key(s, t->at[t->first].usage, t->at[t->first].down);
        t->first = (t->first + 1) % KEYS_WAITING;
        t->count--;
        t->next = s->machine->clock.now + STROKE;
    }
    if (t->line_count && t->line_next <= s->machine->clock.now)
        step_serial(s);
}

u64 typing_until(const struct session *s, u64 until)
{
    const struct typing *t = &s->typing;

    if (t->count && t->next < until)
        until = t->next;
    return t->line_count && t->line_next < until ? t->line_next : until;
}
