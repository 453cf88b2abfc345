/* Files of recorded results, one after another, against our own processor. */
#pragma once
#include "core/types.h"

struct replay_count { unsigned cases, rows, differ, stale, missing; };

/* Plays one case of every `stride`; says on stderr what differs. */
struct replay_count replay_files(const u8 *bytes, size_t count, unsigned stride);
