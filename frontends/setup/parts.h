/*
 * What the options ask to be built, gathered for the board. Names and media stay until the
 * machine has gone: it keeps pointers to them.
 */
#pragma once
#include "core/board.h"
#include "core/error.h"
#include "frontends/session.h"
#include "frontends/setup/kept.h"

enum { PARTS_DRIVES = 8, PARTS_FILES = 64, PARTS_DEVICES = 32, PARTS_NETS = 8, PARTS_CONSOLES = 4 };

/* A network interface, and the -netdev or -nic text that says what it is plugged into. */
struct parts_net {
    char        name[32];
    const char *option;             /* "nic" or "netdev": whose suboptions these are */
    const char *text;
};

/* A debug console by name, and the -chardev that -device isa-debugcon gives it. */
struct parts_console {
    char name[32], chardev[64];
};

struct parts {
    struct board_drive  drive[PARTS_DRIVES];
    struct board_file   file[PARTS_FILES];      /* their bytes are freed after the building */
    char                file_name[PARTS_FILES][56];
    struct board_device device[PARTS_DEVICES];
    char                device_type[PARTS_DEVICES][32], device_name[PARTS_DEVICES][32];
    struct parts_net    net[PARTS_NETS];
    unsigned            nets;
    struct parts_console console[PARTS_CONSOLES];
    unsigned            consoles;
    struct board_kernel kernel;
    struct error        no_kernel;    /* why there is none: told when all else is right */
    u8                 *rom;
    struct kept         image, initrd;          /* of the kernel */
    struct board_input  input;
};

/* Each adds its share; false: err says why not. The configuration is the machine's. */
bool parts_add_image(struct parts *, struct session *, struct error *);
/* Nothing to start was named: then the demonstration is on the first diskette. */
bool parts_want_demo(const struct options *);
bool parts_add_demo(struct parts *, struct session *, struct error *);
bool parts_add_drives(struct parts *, struct session *, struct error *);
bool parts_add_firmware(struct parts *, const struct session *, struct error *);
bool parts_add_devices(struct parts *, struct session *, struct error *);

/* Copies the bytes' owner in: freed with the files. */
bool parts_add_file(struct parts *, const char *name, u8 *bytes, size_t count, struct error *);
/* What only the building needs. */
void parts_forget_bytes(struct parts *);
/* What is kept and was not looked at for a while need not take memory. */
void parts_rest(const struct parts *);
void parts_free(struct parts *);

/* Drives as -drive names them: "hda".."hdd" by index, "fda", "fdb". */
bool parts_add_drive(struct parts *, struct session *, const char *name, const char *path,
                     unsigned mode, struct error *);
/* Opens a medium, by enum block_mode, that the session closes. NULL: err says why. */
struct block *media_open(struct session *, const char *path, unsigned mode, struct error *);
/* Gives back what no drive holds: their files may be opened anew. */
void media_close_unused(struct session *);
void media_close_all(struct session *);
/* Machine's hook for INPUT_MEDIUM: what was opened under that name. */
struct block *media_find(void *session, const char *name);
