/* What is said of a run when it has ended. */
#pragma once
#include "core/hash.h"
#include "core/types.h"

struct error;
struct session;

struct outcome {
    int verdict;
    u64 instructions, virtual_ns, host_ns;
};

/* One line for people, and why. */
void report_print(struct session *, const struct outcome *);
/* --report FILE.json */
bool report_write(struct session *, const struct outcome *, const char *path, struct error *);
/* Of RAM alone. */
struct digest report_memory_hash(struct session *);
