/*
 * A whole PC for tests that pour traffic into its devices: media in memory, what comes out is
 * remembered as a hash, and the processor sleeps in a HLT loop, answering interrupts.
 */
#pragma once
#include "core/hash.h"
#include "core/machine.h"

enum { WORLD_RAM = 2 << 20, WORLD_DRIVES = 5, WORLD_MEDIA = 6 };

struct fuzz_plan {
    bool     isa;               /* the machine isapc, else pc */
    bool     deaf;              /* the processor sleeps with interrupts off */
    unsigned cpus;
};

struct fuzz_world {
    struct fuzz_plan  plan;
    struct machine   *machine;
    u8               *ram;      /* WORLD_RAM bytes */
    struct fuzz_media *media;   /* its own copies */
    struct fuzz_ears *ears;
    struct hash       seen;     /* what was read, and what came out */
};

/* Aborts where the host refuses. */
struct fuzz_world *fuzz_world_create(const struct fuzz_plan *);
void               fuzz_world_destroy(struct fuzz_world *);
/* Saved and loaded into one that was just switched on; the same must come of both. */
struct fuzz_world *fuzz_world_twin(struct fuzz_world *);

/* BARs, the south bridge's addresses and the interrupt controllers, as firmware sets them. */
void fuzz_world_set_up(struct fuzz_world *);

/* As the first processor sees it. */
struct space *fuzz_world_memory(struct fuzz_world *);

bool fuzz_world_same(struct fuzz_world *, struct fuzz_world *);
struct digest fuzz_world_digest(struct fuzz_world *);
