/* What is typed at the terminal. Ctrl-A is for us, as where a serial line is on the terminal. */
#define NCURSES_WIDECHAR 1
#include "frontends/curses/curses.h"

#include "core/input.h"
#include "frontends/escape.h"
#include "frontends/pace.h"
#include "frontends/session.h"
#include "frontends/shot.h"

#include <ncurses.h>
#include <stdio.h>
#include <string.h>

enum { CTRL_A = 1 };
#define SAID    (4 * SECOND)

static void say(struct curses_ui *c, const char *text)
{
    snprintf(c->said, sizeof c->said, " %s ", text);
    c->said_until = host_now() + SAID;
    c->drawn = false;
}

static void obey(struct curses_ui *c, u8 letter)
{
    struct session *s = c->ui.session;
    char said[sizeof c->said - 2];

    switch (letter) {
    case 'x':
    case 'q': session_quit(s); break;
    case 'r': session_button(s, BUTTON_RESET); break;
    case 'p': session_button(s, BUTTON_POWER); break;
    case 's':
        shot_save(s, said, sizeof said);
        say(c, said);
        break;
    default:
        say(c, "Ctrl-A and: x end, r reset, p power button, s picture, Ctrl-A itself");
    }
}

static void type(struct curses_ui *c, bool all)
{
    struct stroke k;
    size_t used;

    while ((used = escape_decode(c->typed, c->count, all, &k))) {
        u8 first = c->typed[0];

        if (c->ordered && first != CTRL_A)
            obey(c, first);
        else if (c->ordered || first != CTRL_A)
            stroke_type(c->ui.session, &k);
        c->ordered = !c->ordered && first == CTRL_A;
        c->count -= (unsigned)used;
        memmove(c->typed, c->typed + used, c->count);
    }
}

/* A sequence comes in one piece, or nearly: what is left over waits for one turn. */
void curses_take_keys(struct curses_ui *c)
{
    bool came = false;
    int key;

    while (c->count < CURSES_TYPED && (key = getch()) != ERR) {
        if (key == KEY_RESIZE)
            c->drawn = false;
        else if (key < 256)
            c->typed[c->count++] = (u8)key;
        came = true;
    }
    if (came || c->count) {
        type(c, c->kept_back && !came);
        c->kept_back = c->count;
    }
}
