/* The terminal as a screen: taken and given back. */
#define NCURSES_WIDECHAR 1
#include "frontends/curses/curses.h"

#include "core/error.h"
#include "frontends/host/chr.h"
#include "frontends/pace.h"
#include "frontends/session.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PERIOD_MS = 33 };

extern const struct ui_type ui_curses;

static bool available(void)
{
    const char *term = getenv("TERM");

    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

static void give_back(void)
{
    if (!isendwin())
        endwin();
}

/* Terminals speak UTF-8 where nothing else was said. */
static void choose_characters(void)
{
    if (!setlocale(LC_CTYPE, "") || !strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968"))
        setlocale(LC_CTYPE, "C.UTF-8");
}

static bool take_terminal(struct curses_ui *c, struct error *err)
{
    static bool registered;

    if (!available())
        return fail(err, "-display curses: this is no terminal");
    if (!chr_claim_stdio(err))
        return false;
    choose_characters();
    c->terminal = newterm(NULL, stdout, stdin);
    if (!c->terminal)
        return fail(err, "-display curses: the terminal \"%s\" is not known", getenv("TERM"));
    if (!registered)
        atexit(give_back);
    registered = true;
    raw();
    noecho();
    nonl();
    nodelay(stdscr, TRUE);
    curses_begin();
    return true;
}

/* Messages would be written over the picture. */
static void keep_log(struct curses_ui *c)
{
    struct session *s = c->ui.session;

    c->log_before = s->log;
    if (s->log == stderr && isatty(STDERR_FILENO))
        c->log = tmpfile();
    if (c->log)
        s->log = c->log;
}

static void show_log(struct curses_ui *c)
{
    char text[512];

    if (!c->log)
        return;
    c->ui.session->log = c->log_before;
    rewind(c->log);
    while (fgets(text, sizeof text, c->log))
        fputs(text, stderr);
    fclose(c->log);
}

static void stop(struct ui *ui)
{
    struct curses_ui *c = container_of(ui, struct curses_ui, ui);

    if (c->terminal) {
        give_back();
        delscreen(c->terminal);
    }
    show_log(c);
    free(c);
}

static void take_keys(struct ui *ui)
{
    curses_take_keys(container_of(ui, struct curses_ui, ui));
}

static void refresh_screen(struct ui *ui)
{
    curses_show(container_of(ui, struct curses_ui, ui));
}

static struct ui *start(struct session *s, struct error *err)
{
    struct curses_ui *c = calloc(1, sizeof *c);

    if (!c) {
        fail(err, "no host memory");
        return NULL;
    }
    c->ui = (struct ui){
        .type = &ui_curses, .session = s, .period_ms = PERIOD_MS, .poll = take_keys,
        .refresh = refresh_screen, .stop = stop,
    };
    if (!take_terminal(c, err)) {
        stop(&c->ui);
        return NULL;
    }
    keep_log(c);
    return &c->ui;
}

const struct ui_type ui_curses = {
    .name = "curses", .title = "text modes on this terminal", .takes_terminal = true,
    .available = available, .start = start,
};
