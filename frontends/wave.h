/*
 * A speaker's movements in virtual time as samples: each is the mean place of the cone, so
 * that pulses shorter than a sample are heard as what they are for, a level between.
 */
#pragma once
#include "core/types.h"

enum { WAVE_HZ = 48000, WAVE_ROOM = 8192 };

struct wave {
    bool sounding;
    bool out;
    u64  began;                     /* when sample 0 did */
    u64  made;                      /* samples since then */
    u64  at;                        /* so far all is in samples */
    u64  out_ns;                    /* of the sample being made */
    u64  moved;                     /* the last time */
    s32  rest;                      /* where the cone would come to rest: the mean, slowly */
    u32  count;
    s16  sample[WAVE_ROOM];         /* what finds no room is lost */
};

void wave_move(struct wave *, u64 when, bool out);
/* Up to that time: how many samples there are. They are gone with the next movement. */
u32  wave_take(struct wave *, u64 now);
