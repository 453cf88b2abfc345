/* -nic user: libslirp's network, in virtual time. See frontends/host/net.h. */
#include "core/bits.h"
#include "core/error.h"
#include "core/machine.h"
#include "frontends/host/net.h"
#include "frontends/options/suboptions.h"

#include <slirp/libslirp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TIMERS = 8, SEARCHES = 16, PORT_LIMIT = 65535 };
#define UDP_ANSWERS     (5 * SECOND)    /* a datagram's answer is hoped for so long */
#define ANNOUNCEMENTS   (400 * SECOND)  /* between those of the router */

struct timer {
    SlirpTimerCb fire;
    void        *of;
    u64          due;                   /* virtual ns, or NEVER */
    bool         used;
};

struct user {
    struct net_host  host;
    Slirp           *slirp;
    struct timer     timer[TIMERS];
    struct poll_set *set;               /* while slirp fills it */
    unsigned         forwards;          /* sockets that wait for somebody to call */
    unsigned         streams, datagrams;    /* other sockets, as last seen */
};

extern const struct net_type net_type_user;

/* -- what slirp asks of us -- */

static ssize_t on_packet(const void *bytes, size_t count, void *ctx)
{
    struct user *u = ctx;

    net_queue(&u->host, bytes, count);
    return (ssize_t)count;
}

static void on_guest_error(const char *text, void *ctx)
{
    struct machine *m = ((struct user *)ctx)->host.machine;

    if (m->log)
        m->log(m->log_ctx, LOG_ODDITY, NULL, text);
}

static int64_t on_clock(void *ctx)
{
    return (int64_t)((struct user *)ctx)->host.machine->clock.now;
}

static void *on_timer_new(SlirpTimerCb fire, void *of, void *ctx)
{
    struct user *u = ctx;

    for (unsigned i = 0; i < TIMERS; i++)
        if (!u->timer[i].used) {
            u->timer[i] = (struct timer){ fire, of, NEVER, true };
            return &u->timer[i];
        }
    return NULL;
}

static void on_timer_free(void *timer, void *ctx)
{
    if (timer)
        ((struct timer *)timer)->used = false;
}

/* The one timer there is announces the IPv6 router, and its time is drawn by lot: not here. */
static void on_timer_mod(void *timer, int64_t ms, void *ctx)
{
    if (timer)
        ((struct timer *)timer)->due = (u64)on_clock(ctx) + ANNOUNCEMENTS;
}

static void on_fd(int fd, void *ctx)
{
}

static void on_notify(void *ctx)
{
}

static const SlirpCb callbacks = {
    .send_packet = on_packet, .guest_error = on_guest_error, .clock_get_ns = on_clock,
    .timer_new = on_timer_new, .timer_free = on_timer_free, .timer_mod = on_timer_mod,
    .register_poll_fd = on_fd, .unregister_poll_fd = on_fd, .notify = on_notify,
};

/* -- waiting -- */

/* slirp asks for urgent data of connections alone, and to write only while they begin. */
static int add_poll(int fd, int events, void *ctx)
{
    struct user *u = ctx;
    short wanted = 0;

    if (events & (SLIRP_POLL_PRI | SLIRP_POLL_OUT))
        u->streams++;
    else
        u->datagrams++;
    if (events & SLIRP_POLL_IN)
        wanted |= POLLIN;
    if (events & SLIRP_POLL_OUT)
        wanted |= POLLOUT;
    if (events & SLIRP_POLL_PRI)
        wanted |= POLLPRI;
    return poll_want(u->set, fd, wanted);
}

static int get_events(int place, void *ctx)
{
    short came = poll_came(((struct user *)ctx)->set, place);
    int events = 0;

    if (came & POLLIN)
        events |= SLIRP_POLL_IN;
    if (came & POLLOUT)
        events |= SLIRP_POLL_OUT;
    if (came & POLLPRI)
        events |= SLIRP_POLL_PRI;
    if (came & POLLERR)
        events |= SLIRP_POLL_ERR;
    if (came & POLLHUP)
        events |= SLIRP_POLL_HUP;
    return events;
}

static void before_wait(struct source *s, struct poll_set *set)
{
    struct user *u = container_of(s, struct user, host.source);
    u32 most = set->timeout_ms < 0 ? UINT32_MAX : (u32)set->timeout_ms, timeout = most;
    u64 now = u->host.machine->clock.now;

    u->set = set;
    u->streams = u->datagrams = 0;
    slirp_pollfds_fill(u->slirp, &timeout, add_poll, u);
    if (timeout < most)
        poll_within(set, (int)timeout);
    u->host.outside = u->streams
        || (u->datagrams > u->forwards && now - u->host.busy_at < UDP_ANSWERS);
}

static void after_wait(struct source *s, const struct poll_set *set)
{
    struct user *u = container_of(s, struct user, host.source);
    u64 now = u->host.machine->clock.now;

    slirp_pollfds_poll(u->slirp, 0, get_events, u);
    u->set = NULL;
    for (unsigned i = 0; i < TIMERS; i++) {
        struct timer *t = &u->timer[i];

        if (!t->used || t->due > now)
            continue;
        t->due = NEVER;
        t->fire(t->of);
    }
}

static void user_send(struct net *net, const u8 *frame, size_t count)
{
    struct user *u = container_of(net, struct user, host.net);

    net_send_begin(&u->host, frame, count);
    slirp_input(u->slirp, frame, (int)count);
}

static void user_close(struct net_host *n)
{
    struct user *u = container_of(n, struct user, host);

    if (u->slirp)
        slirp_cleanup(u->slirp);
    free(u);
}

/* -- options -- */

static bool address_of(const char *key, const char *text, struct in_addr *a, struct error *err)
{
    return inet_pton(AF_INET, text, a) == 1
        || fail(err, "%s=%s: that is no IPv4 address", key, text);
}

/* "10.0.2.0/24" or "10.0.2.0/255.255.255.0"; without a mask, the one of its class. */
static bool parse_net(const char *text, SlirpConfig *c, struct error *err)
{
    const char *slash = strchr(text, '/');
    char address[32], *end;
    unsigned long bits;
    u32 mask;

    snprintf(address, sizeof address, "%.*s", (int)(slash ? slash - text : 31), text);
    if (!address_of("net", address, &c->vnetwork, err))
        return false;
    if (!slash) {
        u32 a = ntohl(c->vnetwork.s_addr);

        mask = a < 0x80000000 ? 0xff000000 : a < 0xc0000000 ? 0xffff0000 : 0xffffff00;
    } else if (strchr(slash, '.')) {
        if (!address_of("net", slash + 1, &c->vnetmask, err))
            return false;
        mask = ntohl(c->vnetmask.s_addr);
    } else {
        bits = strtoul(slash + 1, &end, 10);
        if (end == slash + 1 || *end || bits < 4 || bits > 30)
            return fail(err, "net=%s: a mask is of 4 to 30 bits", text);
        mask = ~UINT32_C(0) << (32 - bits);
    }
    if (~mask & (~mask + 1) || mask == UINT32_MAX)
        return fail(err, "net=%s: that is no mask", text);
    c->vnetmask.s_addr = htonl(mask);
    c->vnetwork.s_addr &= c->vnetmask.s_addr;
    return true;
}

/* The address a key names, else that number of the network; inside it. */
static bool inside(const struct suboptions *o, const char *key, u32 number,
                   const SlirpConfig *c, struct in_addr *a, struct error *err)
{
    const char *text = suboption(o, key);
    u32 mask = ntohl(c->vnetmask.s_addr);

    if (text && !address_of(key, text, a, err))
        return false;
    if (!text)
        a->s_addr = htonl(ntohl(c->vnetwork.s_addr) | (number & ~mask));
    if ((a->s_addr & c->vnetmask.s_addr) != c->vnetwork.s_addr)
        return fail(err, "%s=%s is not inside the network", key, text ? text : "(default)");
    return true;
}

static bool parse_config(const struct suboptions *o, SlirpConfig *c, struct error *err)
{
    struct stat st;

    c->version = 1;
    c->restricted = suboption_flag(o, "restrict", false);
    c->in_enabled = suboption_flag(o, "ipv4", true);
    c->in6_enabled = suboption_flag(o, "ipv6", true);
    c->vhostname = suboption(o, "hostname");
    c->vdomainname = suboption(o, "domainname");
    c->tftp_path = suboption(o, "tftp");
    c->bootfile = suboption(o, "bootfile");
    if (!parse_net(suboption(o, "net") ? suboption(o, "net") : "10.0.2.0/24", c, err)
        || !inside(o, "host", 2, c, &c->vhost, err)
        || !inside(o, "dns", 3, c, &c->vnameserver, err)
        || !inside(o, "dhcpstart", 15, c, &c->vdhcp_start, err))
        return false;
    if (c->vhost.s_addr == c->vnameserver.s_addr || c->vhost.s_addr == c->vdhcp_start.s_addr
        || c->vnameserver.s_addr == c->vdhcp_start.s_addr)
        return fail(err, "host, dns and dhcpstart are to be three addresses");
    if (c->tftp_path && (stat(c->tftp_path, &st) || !S_ISDIR(st.st_mode)))
        return fail(err, "tftp=%s: there is no such directory", c->tftp_path);
    if (suboption(o, "guestfwd"))
        return fail(err, "guestfwd is not there; hostfwd, tftp and restrict are");
    inet_pton(AF_INET6, "fec0::", &c->vprefix_addr6);
    c->vprefix_len = 64;
    inet_pton(AF_INET6, "fec0::2", &c->vhost6);
    inet_pton(AF_INET6, "fec0::3", &c->vnameserver6);
    return true;
}

/* "[address]:port", up to `end`. */
static bool parse_end(const char **text, char end, struct in_addr *a, unsigned *port)
{
    const char *colon = strchr(*text, ':');
    char address[32], *rest;
    unsigned long p;

    if (!colon || colon - *text >= (ptrdiff_t)sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)(colon - *text), *text);
    if (*address && inet_pton(AF_INET, address, a) != 1)
        return false;
    p = strtoul(colon + 1, &rest, 10);
    if (rest == colon + 1 || *rest != end || p > PORT_LIMIT)
        return false;
    *port = (unsigned)p;
    *text = rest + (end != '\0');
    return true;
}

/* "tcp:[address]:port-[address]:port": of the host, then of the guest. */
static bool forward(struct user *u, const SlirpConfig *c, const char *text, struct error *err)
{
    struct in_addr host = { htonl(INADDR_ANY) }, guest = c->vdhcp_start;
    unsigned host_port, guest_port;
    bool udp = !strncmp(text, "udp:", 4);
    const char *at = strchr(text, ':') ? strchr(text, ':') + 1 : text;

    if (!(udp || !strncmp(text, "tcp:", 4) || *text == ':')
        || !parse_end(&at, '-', &host, &host_port) || !parse_end(&at, '\0', &guest, &guest_port)
        || guest_port == 0)
        return fail(err, "hostfwd=%s is not like tcp:127.0.0.1:2222-:22", text);
    if (slirp_add_hostfwd(u->slirp, udp, host, (int)host_port, guest, (int)guest_port) < 0)
        return fail(err, "hostfwd=%s: the host's port %u is taken or not allowed", text, host_port);
    u->forwards++;
    return true;
}

static bool start(struct user *u, const struct suboptions *o, struct error *err)
{
    const char *search[SEARCHES + 1] = { NULL };
    SlirpConfig c = { 0 };
    unsigned searches = 0;

    for (unsigned i = 0; i < o->count; i++)
        if (!strcmp(o->at[i].key, "dnssearch") && searches < SEARCHES)
            search[searches++] = o->at[i].value;
    c.vdnssearch = searches ? search : NULL;
    if (!parse_config(o, &c, err))
        return false;
    u->slirp = slirp_new(&c, &callbacks, u);
    if (!u->slirp)
        return fail(err, "libslirp refuses this network");
    for (unsigned i = 0; i < o->count; i++)
        if (!strcmp(o->at[i].key, "hostfwd") && !forward(u, &c, o->at[i].value, err))
            return false;
    return true;
}

static struct net_host *user_open(const struct suboptions *o, struct machine *m,
                                  struct error *err)
{
    static const struct net_ops ops = { user_send };
    struct user *u = calloc(1, sizeof *u);

    if (!u) {
        fail(err, "no memory for a network");
        return NULL;
    }
    u->host.net.ops = &ops;
    u->host.machine = m;
    u->host.source = (struct source){ before_wait, after_wait };
    if (start(u, o, err))
        return &u->host;
    user_close(&u->host);
    return NULL;
}

const struct net_type net_type_user = {
    .name = "user", .open = user_open, .close = user_close,
};
