#pragma once
#include "core/clock.h"
#include "core/device.h"

struct block;
struct buffer;
struct config;
struct cpu;
struct error;
struct ram;
struct replay;

enum { MACHINE_CPUS = 64, MACHINE_ODDITIES = 512 };

/* Why a machine was asked to stop; kept in machine.stop until the next run. */
enum stop {
    STOP_NONE, STOP_ASKED, STOP_POWER_OFF, STOP_BREAKPOINT, STOP_ODDITY, STOP_DIVERGED,
    STOP_VERDICT,               /* the guest said how it went: machine.exit_code */
    STOP_RESET,                 /* a reset was asked for, and stop_at_reset is set */
    STOP_SHUTDOWN,              /* a processor gave up: a fault, delivering a double fault */
};

/* Why machine_run() came back. */
enum run {
    RUN_REACHED,                /* the time asked for */
    RUN_STOPPED,                /* machine_stop(); machine.stop says why */
    RUN_ASLEEP,                 /* every CPU sleeps and no event is armed: only input can wake it */
};

struct oddity { const struct place *place; u64 count; };

/* Owns everything; knows nothing of any ISA or chip. One per process or many. */
struct machine {
    struct clock    clock;
    struct space   *memory, *ports;
    struct device  *devices;            /* in order of attachment */
    struct ram     *rams;
    struct cpu     *cpu[MACHINE_CPUS];
    unsigned        cpus;
    u64             quantum;            /* longest turn of one CPU among several, ns */
    struct config  *config;             /* the frontend's; may be NULL */

    u32             turn;               /* whose it is; saved, as are the next four */
    u64             turn_ends;
    u64             random;             /* seeded by the board: see machine_random() */
    bool            reset_asked, suspended;
    enum stop       stop;
    u32             exit_code;          /* for the frontend, with STOP_POWER_OFF */

    /* Finds a medium by the name that INPUT_MEDIUM gave; the frontend's, or NULL. */
    struct block *(*open_medium)(void *ctx, const char *name);
    void           *media_ctx;

    struct buffer  *record;             /* of input, or NULL */
    struct replay  *replay;             /* of input, or NULL */

    log_sink       *log;                /* the frontend's, or NULL */
    void           *log_ctx;
    bool            stop_at_reset;      /* the frontend's: the next machine_run() resets */
    u64             skipped;            /* ns in which everybody slept; not saved */
    bool            strict;             /* an oddity stops the machine */
    u32             oddities;
    struct oddity   oddity[MACHINE_ODDITIES];   /* by hash of the place's address */
};

/* NULL, and err says why, if the host has no memory for it. */
struct machine *machine_create(struct error *);
void            machine_destroy(struct machine *);

struct device *machine_add(struct machine *, const struct device_type *,
                           const char *name, struct error *);
struct device *machine_find(struct machine *, const char *name);
struct ram    *machine_add_ram(struct machine *, const char *name, u64 size, struct error *);
bool machine_wire(struct machine *, const char *from, const char *to, u16 pin, struct error *);

void     machine_reset(struct machine *, enum reset);
enum run machine_run(struct machine *, u64 until);

/* These three may be called by a device while a CPU runs; they act when its instruction ends. */
void machine_stop(struct machine *, enum stop why);
void machine_ask_reset(struct machine *);
/* The running CPU waits for another one: its turn ends with its instruction. */
void machine_yield(struct machine *);
void machine_suspend(struct machine *);     /* no CPU runs until a reset; time passes */

/*
 * Everything from outside enters here, between two runs: it is written to the record
 * with the virtual time and the instruction count, then given to the device. Refused
 * where there is no such device or a replay is going on.
 */
bool machine_input(struct machine *, const char *device, u32 kind,
                   const void *bytes, size_t count, struct error *);

/* For the input() of a drive: the medium an INPUT_MEDIUM names, or NULL. */
struct block *machine_medium(struct machine *, const u8 *name, size_t count);

u64 machine_retired(struct machine *);                  /* instructions of all CPUs */
u64 machine_random(struct machine *);                   /* repeatable: from the seed */

/* Remembers the place; true the first time. Counts are in machine.oddity. */
bool machine_note_oddity(struct machine *, const struct place *);

/* All state but RAM, in a fixed order, CPUs settled. */
void machine_visit(struct machine *, state_visitor *, void *ctx);
