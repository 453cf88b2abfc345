/*
 * Small guest programs that end in HLT: the same end is asked of every host, build and way to
 * run.
 */
#pragma once
#include "core/hash.h"
#include "tests/insn/bare.h"

enum { PROGRAM_RAM = 0x40000 };

struct program {
    const char *name;
    void      (*enter)(struct bare *);
    const u8   *bytes;
    size_t      size;
};

extern const struct program programs[];
extern const unsigned program_count;

/* A machine at the first instruction. */
struct bare *program_start(const struct program *);
/* Runs until it halts; false: it does not, or fell into shutdown. */
bool program_finish(struct bare *);
bool program_halted(const struct bare *);
