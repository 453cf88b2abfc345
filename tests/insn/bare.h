/* A machine of one CPU and some RAM from address 0: a bench for code, not a board. */
#pragma once
#include "core/machine.h"
#include "core/ram.h"
#include "isa/x86/state.h"

struct bare {
    struct machine *machine;
    struct x86     *cpu;
    struct ram     *ram;
    struct region   region;
};

/* After power-on reset; exits the program when the host has no memory for it. */
struct bare *bare_create(u64 ram_bytes, const char *model);
/* The same with a timing model. */
struct bare *bare_create_timed(u64 ram_bytes, const char *model, const char *timing);
void         bare_destroy(struct bare *);

/* A feature whose instructions are there before any model has them: enum feature. */
void bare_allow(struct bare *, unsigned feature);
/* ... what is encoded with VEX; and its state switched on, in the mode that the bench is in. */
void bare_allow_vex(struct bare *);
void bare_enable_avx(struct bare *);

/* Stores that the CPU hears of, as from a device: code it has decoded is forgotten. */
void bare_store(struct bare *, u64 physical, const void *bytes, size_t count);

/* Segments and control registers of the three flat worlds; then x86_mode_update(). */
void bare_real(struct bare *);
void bare_flat32(struct bare *);
/* Identity-mapped with 2 MB pages in the first 12 KB of RAM at `tables`, 1 GB in all. */
void bare_flat64(struct bare *, u64 tables);
