#include "frontends/escape.h"

#include "frontends/keys.h"
#include "frontends/session.h"

#include <ctype.h>

enum { ESC = 0x1b, DEL = 0x7f, KEY_ESC = 41, KEY_BACKSPACE = 42, KEY_TAB = 43 };
enum { KEY_CTRL = 224, KEY_ALT = 226 };
enum { LONGEST = 16 };

/* By the last character of CSI and SS3 sequences. */
static const u8 by_letter[128] = {
    ['A'] = 82, ['B'] = 81, ['C'] = 79, ['D'] = 80, ['H'] = 74, ['F'] = 77, ['E'] = 93,
    ['P'] = 58, ['Q'] = 59, ['R'] = 60, ['S'] = 61, ['M'] = 88, ['Z'] = KEY_TAB,
};

/* By the number before a tilde. */
static const u8 by_number[] = {
    [1] = 74, [2] = 73, [3] = 76, [4] = 77, [5] = 75, [6] = 78, [7] = 74, [8] = 77,
    [11] = 58, 59, 60, 61, 62, [17] = 63, 64, 65, 66, 67, [23] = 68, 69,
};

static void of_character(u8 c, struct stroke *s)
{
    *s = (struct stroke){ 0 };
    if (c == '\r')
        c = '\n';
    if (c == '\n' || c == '\t' || c == '\b' || c == ESC) {
        s->usage = key_printing((char)c, &s->shift);
    } else if (c == DEL) {
        s->usage = KEY_BACKSPACE;
    } else if (c == 0) {
        s->usage = key_printing(' ', &s->shift);
        s->ctrl = true;
    } else if (c < ' ') {
        s->usage = key_printing((char)(c < 27 ? c | 0x60 : c | 0x40), &s->shift);
        s->ctrl = true;
    } else if (c < DEL) {
        s->usage = key_printing((char)c, &s->shift);
    }
}

/* Numbers and semicolons up to a last character: "1;5A" is Ctrl and the cursor up. */
static size_t of_sequence(const u8 *bytes, size_t count, struct stroke *s)
{
    unsigned number[2] = { 0 }, which = 0;

    for (size_t i = 2; i < count; i++) {
        u8 c = bytes[i];

        if (isdigit(c) && number[which] < 100) {
            number[which] = number[which] * 10 + c - '0';
        } else if (c == ';' && which == 0) {
            which = 1;
        } else if (c >= 0x40 && c < DEL && !(c == '[' && i == 2)) {
            unsigned held = number[1] ? number[1] - 1 : 0;

            *s = (struct stroke){
                .shift = held & 1 || c == 'Z', .alt = held & 2, .ctrl = held & 4,
            };
            if (c == '~')
                s->usage = number[0] < COUNT(by_number) ? by_number[number[0]] : 0;
            else if (bytes[2] == '[')                   /* Linux's console: F1 to F5 */
                s->usage = c <= 'E' ? (u8)(58 + c - 'A') : 0;
            else
                s->usage = by_letter[c];
            return i + 1;
        }
    }
    *s = (struct stroke){ 0 };
    return count > LONGEST ? count : 0;
}

static size_t of_escape(const u8 *bytes, size_t count, bool all, struct stroke *s)
{
    size_t used = 0;

    if (count >= 2 && (bytes[1] == '[' || bytes[1] == 'O')) {
        used = of_sequence(bytes, count, s);
        if (used || !all)
            return used;
    }
    if (count == 1) {
        of_character(ESC, s);
        return all;
    }
    of_character(bytes[1], s);
    s->alt = true;
    return 2;
}

size_t escape_decode(const u8 *bytes, size_t count, bool all, struct stroke *s)
{
    if (count == 0)
        return 0;
    if (bytes[0] == ESC)
        return of_escape(bytes, count, all, s);
    of_character(bytes[0], s);
    return 1;
}

bool stroke_type(struct session *s, const struct stroke *k)
{
    const struct { bool held; u8 usage; } with[] = {
        { k->ctrl, KEY_CTRL }, { k->alt, KEY_ALT }, { k->shift, KEY_SHIFT },
    };

    if (s->typing.count + 2 * COUNT(with) + 2 > KEYS_WAITING)
        return false;
    if (!k->usage)
        return true;
    for (unsigned i = 0; i < COUNT(with); i++)
        if (with[i].held)
            typing_key(s, with[i].usage, true);
    typing_key(s, k->usage, true);
    typing_key(s, k->usage, false);
    for (unsigned i = COUNT(with); i-- > 0;)
        if (with[i].held)
            typing_key(s, with[i].usage, false);
    return true;
}
