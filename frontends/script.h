/*
 * --script FILE: what a person would do, repeatable. Lines are the monitor's words, and
 *
 *     wait-serial TEXT    until a serial line or console has printed it, since the last such
 *     wait-screen TEXT    until the text screen shows it
 *     sleep SECONDS       of virtual time
 *
 * # begins a comment. A script that came to its end is an expectation met.
 */
#pragma once
#include "core/types.h"

struct error;
struct session;

struct script {
    char       *text, *line;        /* NULL line: at its end */
    unsigned    number;             /* of the line, from 1 */
    u64         wake;               /* after a sleep */
    size_t      heard;              /* of the transcript */
    bool        on;
};

bool script_open(struct session *, const char *path, struct error *);
void script_close(struct session *);

/* For the run loop: goes on as far as it can; where the next run ends at the latest. */
void script_step(struct session *);
u64  script_until(const struct session *, u64 until);
bool script_done(const struct session *);       /* true if there is none */
