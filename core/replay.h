#pragma once
#include "core/buffer.h"
#include "core/types.h"

struct error;
struct machine;

/*
 * Runs repeat exactly but for what comes from outside, so a record of that, with
 * the virtual time and the instruction count at which it came, repeats a run.
 *
 * A record: "ORRINPUT", u32 version, then for each input u64 when, u64 retired,
 * device's name, u32 kind, u32 length, bytes.
 */
struct replay {
    struct reader reader;       /* behind the next input's stamp */
    u64           when;         /* of the next input; NEVER at the end */
    u64           retired;
};

/* From now on input is written to the buffer, which the caller owns and outlives the record. */
void replay_record(struct machine *, struct buffer *);
void replay_append(struct buffer *, u64 when, u64 retired, const char *device, u32 kind,
                   const void *bytes, size_t count);

/* From now on input comes from these bytes, which must stay, and nothing else is let in. */
bool replay_start(struct machine *, const void *bytes, size_t count, struct error *);
void replay_stop(struct machine *);

/* For machine_run(): when input comes next, and giving out what is due. */
u64  replay_next(const struct machine *);
bool replay_give_due(struct machine *);     /* false: this run is not the one recorded */
