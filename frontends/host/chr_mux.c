/* One terminal for a serial line and the monitor: Ctrl-A is for us, as in QEMU. */
#include "frontends/host/chr.h"

#include <stdlib.h>

enum { CTRL_A = 1, TYPED = 256 };

struct mux;

struct front {
    struct chr_host host;
    struct mux     *mux;
    u8              typed[TYPED];   /* for this end, not taken yet */
    unsigned        count;
};

struct mux {
    struct chr_host  *base;
    struct front      front[2];
    unsigned          focus;
    bool              escaped;      /* Ctrl-A was typed */
    struct mux_orders orders;
    struct source     source;
    struct sources   *sources;
};

static const char help[] =
    "\r\n"
    "Ctrl-A h    this\r\n"
    "Ctrl-A x    end the run\r\n"
    "Ctrl-A c    between the guest's serial line and the monitor\r\n"
    "Ctrl-A Ctrl-A  sends Ctrl-A\r\n";

static void front_send(struct chr *c, u8 byte)
{
    struct front *f = container_of(container_of(c, struct chr_host, chr), struct front, host);

    chr_send(&f->mux->base->chr, byte);
}

static void front_flush(struct chr_host *h)
{
    struct front *f = container_of(h, struct front, host);

    if (f->mux->base->flush)
        f->mux->base->flush(f->mux->base);
}

/* As many as the user has room for. */
static void drain(struct front *f)
{
    size_t room = f->host.user.take ? f->count : 0;

    if (room && f->host.user.room)
        room = f->host.user.room(f->host.user.ctx);
    if (room > f->count)
        room = f->count;
    if (!room)
        return;
    f->host.user.take(f->host.user.ctx, f->typed, room);
    f->count -= (unsigned)room;
    for (unsigned i = 0; i < f->count; i++)
        f->typed[i] = f->typed[i + room];
}

static void put(struct mux *m, u8 byte)
{
    struct front *f = &m->front[m->focus];

    if (f->count < TYPED)
        f->typed[f->count++] = byte;
}

static void order(struct mux *m, u8 byte)
{
    switch (byte) {
    case 'x': m->orders.quit(m->orders.ctx); break;
    case 'c':
        m->focus ^= 1;
        if (m->focus == 1)
            put(m, '\r');                   /* the monitor shows its prompt */
        break;
    case CTRL_A: put(m, CTRL_A); break;
    default: chr_print(&m->base->chr, help);
    }
}

static void mux_take(void *ctx, const u8 *bytes, size_t count)
{
    struct mux *m = ctx;

    for (size_t i = 0; i < count; i++) {
        bool is_order = m->escaped;

        m->escaped = !is_order && bytes[i] == CTRL_A;
        if (is_order)
            order(m, bytes[i]);
        else if (!m->escaped)
            put(m, bytes[i]);
    }
    drain(&m->front[0]);
    drain(&m->front[1]);
}

static size_t mux_room(void *ctx)
{
    struct mux *m = ctx;

    return TYPED - m->front[m->focus].count;
}

static void mux_before(struct source *s, struct poll_set *set)
{
    struct mux *m = container_of(s, struct mux, source);

    for (unsigned i = 0; i < 2; i++) {
        drain(&m->front[i]);
        if (m->front[i].count)
            poll_within(set, 2);
    }
}

static void mux_after(struct source *s, const struct poll_set *set)
{
}

static void first_close(struct chr_host *h)
{
    struct mux *m = container_of(h, struct front, host)->mux;

    sources_remove(m->sources, &m->source);
    chr_close(m->base);
    free(m);
}

static void second_close(struct chr_host *h)
{
}

bool chr_share(struct chr_host *base, struct mux_orders orders, struct sources *sources,
               struct chr_host **first, struct chr_host **second)
{
    static const struct chr_ops ops = { front_send };
    struct mux *m = calloc(1, sizeof *m);

    if (!m)
        return false;
    m->source = (struct source){ mux_before, mux_after };
    if (!sources_add(sources, &m->source)) {
        free(m);
        return false;
    }
    m->base = base;
    m->orders = orders;
    m->sources = sources;
    base->user = (struct chr_user){ m, mux_room, mux_take };
    for (unsigned i = 0; i < 2; i++)
        m->front[i] = (struct front){
            .mux = m,
            .host = { .chr.ops = &ops, .may_wake = base->may_wake, .flush = front_flush,
                      .is_terminal = base->is_terminal, .is_shared = true,
                      .close = i ? second_close : first_close },
        };
    *first = &m->front[0].host;
    *second = &m->front[1].host;
    return true;
}
