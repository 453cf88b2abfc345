#pragma once
#include "core/types.h"

struct audio;

/* Where a speaker's movements go, with the virtual time of each. Never blocks. */
struct audio_ops {
    void (*move)(struct audio *, u64 when, bool out);
};

struct audio {                  /* first member of every backend's struct */
    const struct audio_ops *ops;
};
