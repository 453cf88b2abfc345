/* The monitor's words for running, keys, pointer and buttons. */
#include "frontends/monitor/words.h"

#include "core/buffer.h"
#include "core/error.h"
#include "core/input.h"
#include "core/machine.h"
#include "core/snapshot.h"
#include "frontends/setup/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_LIMIT  ((size_t)64 << 30)

static void quit(struct order *o)       { session_quit(o->s); }
static void stop(struct order *o)       { session_pause(o->s, true); }
static void cont(struct order *o)       { session_pause(o->s, false); }
static void reset(struct order *o)      { session_button(o->s, BUTTON_RESET); }
static void power_down(struct order *o) { session_button(o->s, BUTTON_POWER); }
static void nmi(struct order *o)        { session_button(o->s, BUTTON_NMI); }

/* ctrl-alt-delete: down in that order, up in the other. */
static void sendkey(struct order *o)
{
    const char *names = word_at(o, 1);
    u8 key[16];
    unsigned count = 0;

    if (!names) {
        say(o, "sendkey ctrl-alt-delete\n");
        return;
    }
    while (*names && count < COUNT(key)) {
        size_t length = strcspn(names + 1, "-") + 1;    /* a single "-" names itself */

        key[count] = !strncmp(names, "0x", 2) ? (u8)strtoul(names, NULL, 16)
                                              : key_named(names, length);
        if (!key[count++]) {
            say(o, "%.*s: no such key\n", (int)length, names);
            return;
        }
        names += length;
        names += *names == '-';
    }
    for (unsigned i = 0; i < count; i++)
        typing_key(o->s, key[i], true);
    while (count--)
        typing_key(o->s, key[count], false);
}

/* The rest of the line, \\n and \\t in it understood. Freed by the caller. */
static char *text_of(const struct order *o)
{
    const char *from = o->rest;
    char *text = malloc(strlen(from) + 1), *to = text;

    for (; text && *from; from++) {
        bool escaped = *from == '\\' && from[1];
        char c = escaped ? *++from : *from;

        *to++ = !escaped ? c : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }
    if (text)
        *to = '\0';
    return text;
}

static void type_text(struct order *o)
{
    char *text = text_of(o);

    if (!text || !typing_text(o->s, text))
        say(o, "too much is being typed already\n");
    free(text);
}

static void type_serial(struct order *o)
{
    char *text = text_of(o);

    if (!text || !typing_serial(o->s, text))
        say(o, "too much is being typed already\n");
    free(text);
}

static void mouse_move(struct order *o)
{
    int right = word_at(o, 1) ? atoi(word_at(o, 1)) : 0;
    int down = word_at(o, 2) ? atoi(word_at(o, 2)) : 0;
    int wheel = word_at(o, 3) ? atoi(word_at(o, 3)) : 0;

    session_pointer(o->s, right, down, wheel, o->s->buttons);
}

static void mouse_button(struct order *o)
{
    u64 buttons;

    if (!number_at(o, 1, &buttons))
        return;
    o->s->buttons = (u8)buttons;
    session_pointer(o->s, 0, 0, 0, o->s->buttons);
}

/* -- saving -- */

static void savevm(struct order *o)
{
    struct buffer b = { 0 };
    struct error err = { "" };
    FILE *f;

    if (!word_at(o, 1)) {
        say(o, "savevm FILE\n");
        return;
    }
    if (snapshot_save(&b, o->s->machine, &err)) {
        f = fopen(word_at(o, 1), "wb");
        if (!f || fwrite(b.bytes, 1, b.used, f) != b.used)
            fail(&err, "%s: %s", word_at(o, 1), strerror(errno));
        if (f && fclose(f))
            fail(&err, "%s: %s", word_at(o, 1), strerror(errno));
    }
    buffer_clear(&b);
    if (*err.text)
        say(o, "%s\n", err.text);
}

/* Media are not in a snapshot: they have to be as they were. */
static void loadvm(struct order *o)
{
    struct error err = { "" };
    size_t count;
    u8 *bytes;

    if (!word_at(o, 1)) {
        say(o, "loadvm FILE\n");
        return;
    }
    bytes = file_read(word_at(o, 1), SNAPSHOT_LIMIT, &count, &err);
    if (!bytes || !snapshot_load(o->s->machine, bytes, count, &err))
        say(o, "%s\n", err.text);
    free(bytes);
}

const struct word people_words[] = {
    { "quit", "", "ends the run", quit },
    { "q", "", "likewise", quit },
    { "stop", "", "stops the machine", stop },
    { "s", "", "likewise", stop },
    { "cont", "", "lets it run", cont },
    { "c", "", "likewise", cont },
    { "system_reset", "", "the reset button", reset },
    { "system_powerdown", "", "the power button", power_down },
    { "nmi", "", "a non-maskable interrupt", nmi },
    { "sendkey", "KEY-KEY...", "presses and releases: ctrl-alt-delete, f1, spc, ret", sendkey },
    { "type", "TEXT", "types it; \\n is Enter", type_text },
    { "type-serial", "TEXT", "sends it to the first serial line; \\n, \\r", type_serial },
    { "mouse_move", "DX DY [DZ]", "moves the mouse, and its wheel", mouse_move },
    { "mouse_button", "STATE", "buttons held: 1 left, 2 right, 4 middle", mouse_button },
    { "savevm", "FILE", "all state but media, into a file", savevm },
    { "loadvm", "FILE", "... and back", loadvm },
    { 0 }
};
