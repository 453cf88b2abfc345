/*
 * The terminal: raw while it is ours, as it was afterwards. What is typed goes in byte by
 * byte; where it keeps signals Ctrl-C still ends the program.
 */
#include "frontends/host/chr_fd.h"

#include "core/error.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool taken, is_raw;

static void restore(void)
{
    if (is_raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    is_raw = false;
}

static void make_raw(bool keeps_signals)
{
    struct termios t;
    static bool registered;

    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return;
    t = before;
    t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (!keeps_signals)
        t.c_lflag &= ~(tcflag_t)ISIG;
    t.c_cflag = (t.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
    if (!registered)
        atexit(restore);                    /* whatever ends the program */
    registered = true;
}

static void stdio_closing(struct chr_fd *c)
{
    restore();
    taken = false;
}

bool chr_claim_stdio(struct error *err)
{
    if (taken)
        return fail(err, "stdio: somebody else has the terminal already; mon:stdio shares it");
    taken = true;
    return true;
}

struct chr_host *chr_open_stdio(bool keeps_signals, struct sources *sources, struct error *err)
{
    struct chr_fd *c;

    if (!chr_claim_stdio(err))
        return NULL;
    c = chr_fd_create(sources, err);
    if (!c) {
        taken = false;
        return NULL;
    }
    c->in = STDIN_FILENO;
    c->out = STDOUT_FILENO;
    c->waits = true;
    c->closing = stdio_closing;
    c->host.is_terminal = isatty(STDIN_FILENO);
    c->host.may_wake = true;
    if (c->host.is_terminal)
        make_raw(keeps_signals);
    return &c->host;
}

struct chr_host *chr_open_stdout(struct error *err)
{
    struct chr_fd *c = chr_fd_create(NULL, err);

    if (!c)
        return NULL;
    c->out = STDOUT_FILENO;
    c->waits = true;
    return &c->host;
}
