#pragma once
#include "core/types.h"

struct error;

/* The command line, understood. */
struct options {
    const char *command;        /* "test", or NULL */
    const char *bios;
    const char *cpu;            /* "max" */
    const char *timing;
    u64         ram_bytes;
    unsigned    cpus;
    u64         max_insn;       /* 0: no limit */
    u64         max_time;       /* ns of virtual time */
    bool        step;           /* one instruction at a time */
    bool        hash;
    bool        version, help;
};

bool options_parse(struct options *, int argc, char **argv, struct error *);
void options_help(void);
