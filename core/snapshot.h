#pragma once
#include "core/buffer.h"
#include "core/hash.h"
#include "core/types.h"

struct error;
struct machine;

/*
 * A machine's state as bytes: named rows, then RAM by non-zero page, the same on
 * every host. Rows are matched by name: those the snapshot lacks keep the values
 * the machine has, so load into one that was reset.
 *
 * Loading checks everything before it changes anything: a refused snapshot leaves
 * the machine as it was. It may be called between two runs only.
 */
bool snapshot_save(struct buffer *, struct machine *, struct error *);
bool snapshot_load(struct machine *, const void *bytes, size_t count, struct error *);

/* Of all state, RAM included: equal runs have equal hashes on every host and build. */
struct digest machine_hash(struct machine *);
