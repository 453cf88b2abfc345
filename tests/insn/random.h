/* Numbers for tests: the same on every host for the same seed. */
#pragma once
#include "core/types.h"

struct rng { u64 state; };

/* The seed is a text and a number. */
static inline struct rng rng_seeded(const char *text, u64 number)
{
    u64 h = 0xcbf29ce484222325 ^ number * 0x9e3779b97f4a7c15;

    while (*text)
        h = (h ^ (u8)*text++) * 0x100000001b3;
    return (struct rng){ h };
}

/* splitmix64, by Sebastiano Vigna. */
static inline u64 rng_next(struct rng *r)
{
    u64 z = r->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline u64 rng_below(struct rng *r, u64 n)
{
    return n ? (rng_next(r) >> 11) % n : 0;
}

static inline bool rng_one_in(struct rng *r, unsigned n)
{
    return rng_below(r, n) == 0;
}
