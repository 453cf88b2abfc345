/* Media changed by a person who names no drive. */
#pragma once
#include "core/types.h"

struct session;

/* A file into the drive that takes its kind; `said` is the sentence to show. */
bool drop_file(struct session *, const char *path, char *said, size_t room);
/* Takes out what is in the drives that can be changed. */
bool drop_nothing(struct session *, char *said, size_t room);
