/*
 * TCP and local sockets: calls somebody, or is called ("server"; with "nowait", or wait=off,
 * the machine does not wait for the first caller). After one caller the next may come.
 */
#define _GNU_SOURCE             /* accept4 */
#include "frontends/host/chr_fd.h"

#include "core/error.h"
#include "frontends/options/suboptions.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char words[] = "address: server wait nowait nodelay reconnect";

static void socket_ended(struct chr_fd *c)
{
    close(c->in);
    c->in = c->out = -1;
    c->held = 0;
}

/* The words behind the address; false: not such. */
struct how { char address[256]; bool server, waits; };

static bool read_how(struct how *how, const char *text, struct error *err)
{
    struct suboptions s;
    const char *address;

    if (!suboptions_parse(&s, "serial", text, words, err))
        return false;
    address = suboption(&s, "address");
    snprintf(how->address, sizeof how->address, "%s", address ? address : "");
    how->server = suboption_flag(&s, "server", false);
    how->waits = suboption_flag(&s, "wait", true) && !suboption_flag(&s, "nowait", false);
    suboptions_free(&s);
    return *how->address || fail(err, "%s: an address is missing", text);
}

/* A socket that is bound or connected to one of the host's addresses, or -1. */
static int open_inet(const struct how *how, struct error *err)
{
    char host[256];
    const char *colon = strrchr(how->address, ':');
    struct addrinfo wish = {
        .ai_socktype = SOCK_STREAM, .ai_flags = how->server ? AI_PASSIVE : 0,
    };
    struct addrinfo *all = NULL;
    int fd = -1, yes = 1, status;

    if (!colon)
        return fail(err, "tcp:%s: not of the form HOST:PORT", how->address), -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - how->address), how->address);
    status = getaddrinfo(*host ? host : NULL, colon + 1, &wish, &all);
    if (status)
        return fail(err, "tcp:%s: %s", how->address, gai_strerror(status)), -1;
    for (struct addrinfo *a = all; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (how->server)
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (fd >= 0 && (how->server ? bind(fd, a->ai_addr, a->ai_addrlen)
                                    : connect(fd, a->ai_addr, a->ai_addrlen)) < 0) {
            fail(err, "tcp:%s: %s", how->address, strerror(errno));
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(all);
    return fd;
}

static int open_local(const struct how *how, struct error *err)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(how->address) >= sizeof a.sun_path) {
        fail(err, "unix:%s: too long a path", how->address);
    } else {
        strcpy(a.sun_path, how->address);
        if (how->server)
            unlink(how->address);
        if (fd >= 0 && (how->server ? bind(fd, (struct sockaddr *)&a, sizeof a)
                                    : connect(fd, (struct sockaddr *)&a, sizeof a)) == 0)
            return fd;
        fail(err, "unix:%s: %s", how->address, strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Ready to be called, or through already. */
static bool begin(struct chr_fd *c, const struct how *how, int fd, const char *label,
                  struct error *err)
{
    if (!how->server) {
        c->in = c->out = fd;
        return fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
    }
    c->listening = fd;
    if (listen(fd, 1) < 0)
        return fail(err, "%s: %s", how->address, strerror(errno));
    if (!how->waits)
        return true;
    fprintf(stderr, "orrery: %s waits for a caller at %s\n", label, how->address);
    c->in = c->out = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return c->in >= 0 || fail(err, "%s: %s", how->address, strerror(errno));
}

static struct chr_host *chr_open_socket(const char *text, bool local, const char *label,
                                        struct sources *sources, struct error *err)
{
    struct how how;
    struct chr_fd *c;
    int fd;

    if (!read_how(&how, text, err))
        return NULL;
    fd = local ? open_local(&how, err) : open_inet(&how, err);
    if (fd < 0)
        return NULL;
    c = chr_fd_create(sources, err);
    if (!c) {
        close(fd);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    c->ended = socket_ended;
    c->host.may_wake = true;
    if (local && how.server)
        snprintf(c->path, sizeof c->path, "%.107s", how.address);
    if (begin(c, &how, fd, label, err))
        return &c->host;
    chr_close(&c->host);
    return NULL;
}

struct chr_host *chr_open_tcp(const char *address, const char *label, struct sources *sources,
                              struct error *err)
{
    return chr_open_socket(address, false, label, sources, err);
}

struct chr_host *chr_open_unix(const char *address, const char *label, struct sources *sources,
                               struct error *err)
{
    return chr_open_socket(address, true, label, sources, err);
}
