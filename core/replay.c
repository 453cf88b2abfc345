#include "core/replay.h"

#include "core/error.h"
#include "core/machine.h"

#include <stdlib.h>
#include <string.h>

static const char magic[8] = "ORRINPUT";
enum { VERSION = 1 };

void replay_record(struct machine *m, struct buffer *b)
{
    buffer_put(b, magic, sizeof magic);
    buffer_put_number(b, VERSION, 4);
    m->record = b;
}

void replay_append(struct buffer *b, u64 when, u64 retired, const char *device, u32 kind,
                   const void *bytes, size_t count)
{
    buffer_put_number(b, when, 8);
    buffer_put_number(b, retired, 8);
    buffer_put_text(b, device);
    buffer_put_number(b, kind, 4);
    buffer_put_number(b, count, 4);
    buffer_put(b, bytes, count);
}

/* One input behind its stamp. */
struct message {
    char      device[64];
    u32       kind, count;
    const u8 *bytes;
};

static bool read_message(struct reader *r, struct message *in)
{
    if (!read_text(r, in->device, sizeof in->device))
        return false;
    in->kind = (u32)read_number(r, 4);
    in->count = (u32)read_number(r, 4);
    in->bytes = read_bytes(r, in->count);
    return !r->bad;
}

static void read_stamp(struct replay *p)
{
    p->when = NEVER;
    if (!p->reader.left)
        return;
    p->when = read_number(&p->reader, 8);
    p->retired = read_number(&p->reader, 8);
}

/* Reads all of it once, so that nothing in it can surprise us later. */
static bool check(struct machine *m, struct reader r, struct error *err)
{
    const u8 *head = read_bytes(&r, sizeof magic);
    u64 last = 0, when;
    struct message in;

    if (!head || memcmp(head, magic, sizeof magic) || read_number(&r, 4) != VERSION)
        return fail(err, "not a record of input, or of another version");
    for (; r.left; last = when) {
        struct device *dev;

        when = read_number(&r, 8);
        read_number(&r, 8);
        if (!read_message(&r, &in) || when < last || when == NEVER)
            return fail(err, "the record of input is damaged");
        dev = machine_find(m, in.device);
        if (!dev || !dev->type->input)
            return fail(err, "%s: in the record but not in the machine", in.device);
    }
    return true;
}

bool replay_start(struct machine *m, const void *bytes, size_t count, struct error *err)
{
    struct replay *p;

    if (!check(m, (struct reader){ bytes, count, false }, err))
        return false;
    p = calloc(1, sizeof *p);
    if (!p)
        return fail(err, "no host memory for a replay");
    p->reader = (struct reader){ bytes, count, false };
    read_bytes(&p->reader, sizeof magic + 4);
    read_stamp(p);
    replay_stop(m);
    m->replay = p;
    return true;
}

void replay_stop(struct machine *m)
{
    free(m->replay);
    m->replay = NULL;
}

u64 replay_next(const struct machine *m)
{
    return m->replay ? m->replay->when : NEVER;
}

bool replay_give_due(struct machine *m)
{
    struct replay *p = m->replay;
    struct message in;

    while (p->when <= m->clock.now) {
        bool same = p->when == m->clock.now && p->retired == machine_retired(m);
        struct device *dev;

        if (!same || !read_message(&p->reader, &in))
            return false;
        dev = machine_find(m, in.device);
        dev->type->input(dev, in.kind, in.bytes, in.count);
        read_stamp(p);
    }
    return true;
}
