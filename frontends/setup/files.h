/* Whole files in memory. */
#pragma once
#include "core/types.h"

struct error;

/* Freed by the caller. NULL: missing, empty or beyond the limit; err says which. */
u8 *file_read(const char *path, size_t limit, size_t *count, struct error *);
/* The first bytes, at most `room`, and the whole size. False: it cannot be read. */
bool file_head(const char *path, u8 *head, size_t room, size_t *count, u64 *size, struct error *);
bool file_exists(const char *path);
