#include "frontends/wave.h"

enum { LOUD = 8000 };               /* of 32767: speakers were small */
enum { SETTLE = 8 };                /* the mean follows by a 256th each sample: 30 Hz */

/* A cone that has not moved for so long is at rest. */
#define QUIET   (100 * MILLISECOND)

static u64 end_of(const struct wave *w, u64 sample)
{
    return w->began + (u64)((unsigned __int128)(sample + 1) * SECOND / WAVE_HZ);
}

static void put(struct wave *w, u64 length)
{
    s32 level = (s32)(w->out_ns * LOUD / length);

    w->rest += ((level << SETTLE) - w->rest) >> SETTLE;
    if (w->count < WAVE_ROOM)
        w->sample[w->count++] = (s16)(level - (w->rest >> SETTLE));
    w->out_ns = 0;
    w->made++;
}

static void pass(struct wave *w, u64 until)
{
    while (w->at < until) {
        u64 end = end_of(w, w->made), stop = end < until ? end : until;

        w->out_ns += w->out ? stop - w->at : 0;
        w->at = stop;
        if (stop == end)
            put(w, end - (w->made ? end_of(w, w->made - 1) : w->began));
    }
}

static void begin(struct wave *w, u64 when)
{
    w->sounding = true;
    w->began = w->at = when;
    w->made = w->out_ns = 0;
    w->rest = w->out ? LOUD << SETTLE : 0;      /* from where it is */
}

void wave_move(struct wave *w, u64 when, bool out)
{
    if (!w->sounding || when + SECOND < w->at)      /* time was set back: a snapshot */
        begin(w, when);
    pass(w, when);
    w->out = out;
    w->moved = when;
}

u32 wave_take(struct wave *w, u64 now)
{
    u32 count;

    if (!w->sounding)
        return 0;
    pass(w, now < w->moved + QUIET ? now : w->moved + QUIET);
    count = w->count;
    w->count = 0;
    if (now >= w->moved + QUIET)
        w->sounding = false;
    return count;
}
