/* A picture of the screen into the current directory, named after the time. */
#pragma once
#include "core/types.h"

struct session;

/* `said` is the sentence to show. */
bool shot_save(struct session *, char *said, size_t room);
