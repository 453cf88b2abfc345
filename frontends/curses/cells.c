/* A text screen of the VGA in the terminal's cells. */
#define NCURSES_WIDECHAR 1
#include "frontends/curses/curses.h"

#include "frontends/pace.h"
#include "frontends/screen.h"
#include "frontends/session.h"

#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

enum { BRIGHT = 8 };

/* IBM counts blue as 1 and red as 4, terminals the other way. */
static short colour(unsigned ibm)
{
    return (short)((ibm & 8) | (ibm & 4) >> 2 | (ibm & 2) | (ibm & 1) << 2);
}

/* Sixteen inks where the terminal has them, else eight and bold. */
static bool has_sixteen(void)
{
    return COLORS >= 16 && COLOR_PAIRS > 128;
}

/* Pair 0 cannot be chosen: light grey on black, which it is. */
static short pair_of(unsigned ink, unsigned paper)
{
    if (has_sixteen())
        return (short)(paper * 16 + (ink ^ 7));
    return (short)(paper * 8 + ((ink & 7) ^ 7));
}

void curses_begin(void)
{
    if (!has_colors() || start_color() == ERR)
        return;
    for (unsigned paper = 0; paper < 8; paper++)
        for (unsigned ink = 0; ink < (has_sixteen() ? 16 : 8); ink++)
            if (pair_of(ink, paper))
                init_pair(pair_of(ink, paper), colour(ink), colour(paper));
}

static void put_cell(int y, int x, u8 character, u8 attribute)
{
    unsigned ink = attribute & 15, paper = attribute >> 4 & 7;
    wchar_t text[2] = { (wchar_t)screen_unicode(character) };
    attr_t look = A_NORMAL;
    cchar_t cell;

    if (has_colors() ? ink & BRIGHT && !has_sixteen() : ink & BRIGHT)
        look |= A_BOLD;
    if (!has_colors() && paper)
        look |= A_REVERSE;
    setcchar(&cell, text, look, has_colors() ? pair_of(ink, paper) : 0, NULL);
    mvadd_wch(y, x, &cell);
}

/* Where the terminal is smaller: the part with the cursor, or the upper left one. */
static int first_shown(int size, int room, int cursor)
{
    return cursor < room ? 0 : size > room ? cursor - room + 1 : 0;
}

static void draw_text(const struct text_screen *t)
{
    int rows, columns, y = 0, x = 0, top, left;
    bool cursor = t->cursor != UINT32_MAX;

    getmaxyx(stdscr, rows, columns);
    if (cursor) {
        y = (int)(t->cursor / t->columns);
        x = (int)(t->cursor % t->columns);
    }
    top = first_shown((int)t->rows, rows, y);
    left = first_shown((int)t->columns, columns, x);
    erase();
    for (int row = 0; row < rows && top + row < (int)t->rows; row++)
        for (int column = 0; column < columns && left + column < (int)t->columns; column++) {
            u32 at = (u32)(top + row) * t->columns + (u32)(left + column);

            put_cell(row, column, t->character[at], t->attribute[at]);
        }
    curs_set(cursor);
    move(y - top, x - left);
}

static void draw_graphics(struct curses_ui *c)
{
    erase();
    mvprintw(0, 0, "graphics mode %ux%u", (unsigned)c->width, (unsigned)c->height);
    curs_set(0);
}

static bool same_text(const struct text_screen *a, const struct text_screen *b)
{
    size_t count = (size_t)a->columns * a->rows;

    return a->columns == b->columns && a->rows == b->rows && a->cursor == b->cursor
        && !memcmp(a->character, b->character, count) && !memcmp(a->attribute, b->attribute, count);
}

/* True: it is not what is there already. */
static bool look(struct curses_ui *c, bool *is_text)
{
    struct display *d = session_display(c->ui.session);
    struct text_screen now;
    u32 width = 0, height = 0;
    bool same;

    *is_text = d && d->text(d, &now);
    if (*is_text) {
        same = c->drawn && c->width == 0 && same_text(&now, &c->shown);
        c->shown = now;
    } else {
        if (d)
            d->size(d, &width, &height);
        same = c->drawn && c->width == width && c->height == height;
    }
    c->width = width;
    c->height = height;
    return !same;
}

void curses_show(struct curses_ui *c)
{
    bool is_text;
    int y, x, columns;

    if (c->said_until && host_now() > c->said_until) {
        c->said_until = 0;
        c->drawn = false;
    }
    if (!look(c, &is_text))
        return;
    if (is_text)
        draw_text(&c->shown);
    else
        draw_graphics(c);
    if (c->said_until) {
        getyx(stdscr, y, x);
        columns = getmaxx(stdscr);
        attron(A_REVERSE);
        mvaddnstr(0, 0, c->said, columns);
        attroff(A_REVERSE);
        move(y, x);
    }
    refresh();
    c->drawn = true;
}
