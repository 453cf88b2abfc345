#define _GNU_SOURCE             /* accept4 */
#include "frontends/host/chr_fd.h"

#include "core/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct chr_fd *from_chr(struct chr *c)
{
    return container_of(container_of(c, struct chr_host, chr), struct chr_fd, host);
}

static struct chr_fd *from_host(struct chr_host *h)
{
    return container_of(h, struct chr_fd, host);
}

static bool wait_to_write(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };

    return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

static void chr_fd_flush(struct chr_host *h)
{
    struct chr_fd *c = from_host(h);
    size_t done = 0;

    while (done < c->held && c->out >= 0) {
        ssize_t n = write(c->out, c->bytes + done, c->held - done);

        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && errno == EAGAIN && !c->waits)
            break;
        else if (!(n < 0 && errno == EAGAIN && wait_to_write(c->out)))
            done = c->held;                 /* nobody will ever read it */
    }
    memmove(c->bytes, c->bytes + done, c->held - done);
    c->held -= done;
}

static void chr_fd_send(struct chr *chr, u8 byte)
{
    struct chr_fd *c = from_chr(chr);

    if (c->out < 0)
        return;
    if (c->held == sizeof c->bytes)
        chr_fd_flush(&c->host);
    if (c->held < sizeof c->bytes)
        c->bytes[c->held++] = byte;
}

static size_t room(const struct chr_fd *c)
{
    if (!c->host.user.take)
        return 0;
    return c->host.user.room ? c->host.user.room(c->host.user.ctx) : 64;
}

static void chr_fd_before(struct source *s, struct poll_set *set)
{
    struct chr_fd *c = container_of(s, struct chr_fd, source);

    chr_fd_flush(&c->host);
    c->in_place = c->out_place = c->listening_place = -1;
    if (c->held)
        c->out_place = poll_want(set, c->out, POLLOUT);
    if (c->in < 0)
        c->listening_place = poll_want(set, c->listening, POLLIN);
    else if (room(c))
        c->in_place = poll_want(set, c->in, POLLIN);
    else if (c->host.user.take)
        poll_within(set, 2);
}

static void take_in(struct chr_fd *c)
{
    u8 bytes[4096];
    size_t most = room(c);
    ssize_t n = read(c->in, bytes, most < sizeof bytes ? most : sizeof bytes);

    if (n > 0)
        c->host.user.take(c->host.user.ctx, bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        c->ended(c);
}

static void chr_fd_after(struct source *s, const struct poll_set *set)
{
    struct chr_fd *c = container_of(s, struct chr_fd, source);

    if (poll_came(set, c->listening_place) & POLLIN)
        c->in = c->out = accept4(c->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    else if (poll_came(set, c->in_place))
        take_in(c);
}

/* Input is over; the output may go on. */
static void stop_reading(struct chr_fd *c)
{
    if (c->in != c->out)
        close(c->in);
    c->in = -1;
}

static void chr_fd_close(struct chr_host *h)
{
    struct chr_fd *c = from_host(h);

    chr_fd_flush(h);
    if (c->closing)
        c->closing(c);
    if (c->sources)
        sources_remove(c->sources, &c->source);
    if (c->in > STDERR_FILENO)
        close(c->in);
    if (c->out > STDERR_FILENO && c->out != c->in)
        close(c->out);
    if (c->listening >= 0)
        close(c->listening);
    if (*c->path)
        unlink(c->path);
    free(c);
}

struct chr_fd *chr_fd_create(struct sources *sources, struct error *err)
{
    static const struct chr_ops ops = { chr_fd_send };
    struct chr_fd *c = calloc(1, sizeof *c);

    if (!c) {
        fail(err, "no host memory");
        return NULL;
    }
    c->host.chr.ops = &ops;
    c->host.flush = chr_fd_flush;
    c->host.close = chr_fd_close;
    c->source.before = chr_fd_before;
    c->source.after = chr_fd_after;
    c->ended = stop_reading;
    c->in = c->out = c->listening = -1;
    c->in_place = c->out_place = c->listening_place = -1;
    c->sources = sources;
    if (sources && !sources_add(sources, &c->source)) {
        free(c);
        fail(err, "too many streams");
        return NULL;
    }
    return c;
}
