/* What a bare image is: its bytes tell. */
#pragma once
#include "core/types.h"

enum image { IMAGE_UNKNOWN, IMAGE_KERNEL, IMAGE_CD, IMAGE_FLOPPY, IMAGE_DISK, IMAGE_FOREIGN };

enum { RECOGNISE_BYTES = 64 << 10 };

/*
 * From the first RECOGNISE_BYTES, or all, of a file of that size. `what` is for people:
 * "bzImage", "1.44 MB diskette"; for what is not known, what was looked for.
 */
enum image recognise(const u8 *head, size_t count, u64 size, const char **what);
