#pragma once
#include "core/types.h"

struct block;
struct error;
struct machine;

/* A named blob for the firmware (fw_cfg on a PC): "bootorder", "genroms/x.bin". Copied. */
struct board_file {
    const char *name;
    const u8   *bytes;
    size_t      count;
};

/* A medium in a drive: "hda".."hdd", "fda", "fdb". `medium` NULL: a drive without one. */
struct board_drive {
    const char   *name;
    bool          cdrom;
    struct block *medium;
};

/* A plug-in device by its type's name; its keys are "NAME.key" of the configuration. */
struct board_device {
    const char *type, *name;
};

/*
 * A file that is started without a disk: what it is, the board's loader finds out. Its bytes and
 * the initial RAM disk's are looked at again after each reset: they stay as long as the machine.
 */
struct board_kernel {
    const u8   *bytes, *initrd;
    size_t      count, initrd_count;
    const char *command_line;   /* NULL: none */
    const char *name;           /* for messages: the path */
};

/* What a board is given beside the machine's configuration, which must be there. */
struct board_input {
    u64       ram_bytes;
    unsigned  cpus;
    const u8 *rom;              /* firmware, ends at 4 GB; NULL: none */
    size_t    rom_bytes;
    const struct board_kernel *kernel;  /* NULL: none */
    const struct board_file   *files;
    size_t                     file_count;
    const struct board_drive  *drives;
    size_t                     drive_count;
    const struct board_device *devices;
    size_t                     device_count;
};

/* For `-device help` and for refusing by name. */
struct board_type {
    const char *name, *bus, *title;
};

struct board {
    const char *name, *title;
    bool      (*build)(struct machine *, const struct board_input *, struct error *);
    const struct board_type *(*types)(void);    /* what `devices` may name; ended by a NULL name */
};
