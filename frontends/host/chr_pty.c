/* A pseudo-terminal of our own, for another program to open. */
#define _GNU_SOURCE             /* posix_openpt, cfmakeraw */
#include "frontends/host/chr_fd.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Until somebody opens the other side reading fails; that is not an end. */
static void pty_ended(struct chr_fd *c)
{
}

/* Raw, and held open once, so that it stays so while nobody is there. */
static bool prepare(struct chr_fd *c, const char *name)
{
    struct termios t;
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (slave < 0 || tcgetattr(slave, &t) < 0)
        return false;
    cfmakeraw(&t);
    c->listening = slave;       /* closed with the rest; it is never waited for */
    return tcsetattr(slave, TCSANOW, &t) == 0;
}

struct chr_host *chr_open_pty(const char *label, struct sources *sources, struct error *err)
{
    struct chr_fd *c = chr_fd_create(sources, err);
    char name[64];

    if (!c)
        return NULL;
    c->ended = pty_ended;
    c->host.may_wake = true;
    c->in = c->out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (c->in >= 0 && grantpt(c->in) == 0 && unlockpt(c->in) == 0
        && ptsname_r(c->in, name, sizeof name) == 0 && prepare(c, name)
        && fcntl(c->in, F_SETFL, O_NONBLOCK) == 0) {
        fprintf(stderr, "char device redirected to %s (label %s)\n", name, label);
        return &c->host;
    }
    fail(err, "pty: %s", strerror(errno));
    chr_close(&c->host);
    return NULL;
}
