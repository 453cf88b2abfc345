/* The command line, understood: options.def is the one table that reads it and explains it. */
#pragma once
#include "core/types.h"
#include "frontends/options/suboptions.h"

struct error;

enum { TEXTS = 32 };

/* An option that may come again. */
struct texts {
    const char *at[TEXTS];
    unsigned    count;
};

enum command { COMMAND_RUN, COMMAND_TEST };

struct options {
    enum command command;
    const char  *image;
    bool         none;              /* of rows that are refused */

    struct texts machine, accel, smp, memory, firmware_dir, rtc, guest_name, fw_cfg, device, global;
    const char  *cpu, *bios, *uuid, *vga;
    bool         kvm, no_defaults;

    struct texts drive, boot;
    const char  *kernel, *initrd, *append;
    bool         snapshot;

    struct texts nic, netdev, net, object, serial, parallel, chardev, mon;
    const char  *debugcon, *monitor;

    struct texts display;
    bool         nographic, curses, full_screen;

    bool         stopped, no_reboot, no_shutdown, step;
    const char  *pidfile, *log_items, *log_file, *pace, *timing;
    struct texts trace;
    u64          seed, max_insn;    /* instructions; 0: no limit */
    u64          max_time, max_wall;    /* ns; 0: no limit */

    struct texts expect_serial, expect_screen;
    const char  *script, *ok_on, *report, *screenshot;
    bool         hash;

    bool         version, help;

    /* What the first of these say: options_parse() has looked into the lists. */
    const char  *machine_type;      /* NULL: the first board */
    u64          ram_bytes;
    unsigned     cpus;
    unsigned     cores;             /* of a package; 0: all */
    const char  *display_type;      /* NULL: what there is */
    const char  *listing;           /* "device", "cpu", "machine" help is wanted, or NULL */

    char        *made[TEXTS];       /* texts composed here */
    unsigned     made_count;
};

/* On failure nothing stays allocated. */
bool options_parse(struct options *, int argc, char **argv, struct error *);
void options_free(struct options *);
void options_help(void);

/* "size: slots maxmem" of "m": for looking into a LIST again. */
bool options_inside(struct suboptions *, const char *option, const char *text, struct error *);
/* 64M and the like, in such units where none is said; false: it is none. */
bool options_size(const char *text, u64 unit, u64 *value);
