/* A stream that goes to a file, or nowhere; and which kind a name asks for. */
#include "frontends/host/chr_fd.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct chr_host *chr_open_file(const char *path, struct error *err)
{
    struct chr_fd *c = chr_fd_create(NULL, err);

    if (!c)
        return NULL;
    c->waits = true;
    c->out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (c->out >= 0)
        return &c->host;
    fail(err, "%s: %s", path, strerror(errno));
    chr_close(&c->host);
    return NULL;
}

static void null_send(struct chr *c, u8 byte)
{
}

static void null_close(struct chr_host *h)
{
    free(h);
}

struct chr_host *chr_open_null(void)
{
    static const struct chr_ops ops = { null_send };
    struct chr_host *h = calloc(1, sizeof *h);

    if (h) {
        h->chr.ops = &ops;
        h->close = null_close;
    }
    return h;
}

struct chr_host *chr_open(const char *spec, const char *label, struct sources *sources,
                          struct error *err)
{
    if (!strcmp(spec, "stdio"))
        return chr_open_stdio(true, sources, err);
    if (!strcmp(spec, "null"))
        return chr_open_null();
    if (!strcmp(spec, "pty"))
        return chr_open_pty(label, sources, err);
    if (!strncmp(spec, "file:", 5))
        return chr_open_file(spec + 5, err);
    if (!strncmp(spec, "tcp:", 4))
        return chr_open_tcp(spec + 4, label, sources, err);
    if (!strncmp(spec, "unix:", 5))
        return chr_open_unix(spec + 5, label, sources, err);
    fail(err, "%s: no such stream; there are stdio, file:PATH, tcp:HOST:PORT, unix:PATH, pty, "
         "null, none", spec);
    return NULL;
}

void chr_close(struct chr_host *h)
{
    if (h)
        h->close(h);
}

void chr_print(struct chr *c, const char *text)
{
    while (*text)
        chr_send(c, (u8)*text++);
}
