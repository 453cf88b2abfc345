/*
 * Traffic for a fuzz_world as a list of steps, which has a text of one step a line:
 *
 *     # a comment                          numbers are hexadecimal, times are nanoseconds in
 *     board pc|isapc                       decimal
 *     cpus N   deaf                        before the first step
 *     out SIZE PORT VALUE [*TIMES]         write SIZE ADDRESS VALUE [*TIMES]
 *     in SIZE PORT [*TIMES]                read SIZE ADDRESS [*TIMES]
 *     ram ADDRESS BYTES                    what a driver prepared in memory
 *     input DEVICE KIND BYTES|-            from outside: see core/input.h
 *     run NS                               time passes
 *     draw                                 somebody looks at the screen
 *     setup   save   reset
 */
#pragma once
#include "core/buffer.h"
#include "tests/support/fuzz_world.h"

#include <stdio.h>

enum fuzz_kind {
    FUZZ_OUT, FUZZ_IN, FUZZ_WRITE, FUZZ_READ, FUZZ_RAM, FUZZ_INPUT, FUZZ_RUN, FUZZ_DRAW, FUZZ_SETUP,
    FUZZ_SAVE, FUZZ_RESET, FUZZ_KINDS
};

struct fuzz_step {
    enum fuzz_kind kind;
    unsigned       size, times;     /* FUZZ_INPUT: size is the kind of input */
    u64            at, value;       /* FUZZ_RUN: value is the time */
    char           device[12];      /* FUZZ_INPUT */
    size_t         first, count;    /* of the case's bytes */
};

enum { FUZZ_STEPS = 4000 };

struct fuzz_case {
    struct fuzz_plan  plan;
    struct fuzz_step *step;         /* room for FUZZ_STEPS */
    unsigned          steps;
    struct buffer     bytes;
};

struct fuzz_case *fuzz_case_create(void);
void fuzz_case_clear(struct fuzz_case *);
void fuzz_case_destroy(struct fuzz_case *);

/* NULL, and a sentence on stderr, where the file is no case. */
bool fuzz_case_read(struct fuzz_case *, const char *path);
void fuzz_case_write(const struct fuzz_case *, FILE *);

/* Aborts where saving was noticed. */
struct digest fuzz_case_run(const struct fuzz_case *);
