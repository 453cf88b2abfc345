#pragma once
#include "core/board.h"
#include "core/device.h"
#include "peripherals/boards/memory_map.h"

struct config;
struct ram;

/* What the files of the PC share while one is built. Freed when its machine is. */
struct pc {
    struct device            dev;       /* "board" */
    struct line              power, nmi;
    struct machine          *machine;
    const struct board_input *in;       /* only while it is built */
    bool                     pci;       /* the machine "pc"; else "isapc" */
    u64                      low_end, high_end;     /* of RAM; high_end 0: none above 4 GB */
    struct ram              *ram, *rom, *shadow;    /* shadow: of an ISA PC's firmware */
    struct memory_map        map;       /* RAM in it: only of an ISA PC */
    struct region            upper;     /* ... and its RAM from C0000h to DFFFFh */
    u8                       sources[24];   /* of each IRQ that are taken */
    char                     cpu_name[64][16];
    u8                       boot[3], boot_once[3]; /* as CMOS has it; once: after power-on */
    bool                     check_floppy;          /* for the signature of a boot sector */
    bool                     resets;    /* a triple fault resets, as on a PC */
};

/* -- shorthand for the parts list: false, and err says why -- */

bool pc_add(struct pc *, const struct device_type *, const char *name, struct error *);
bool pc_set(struct pc *, const char *key, const char *value, struct error *);
bool pc_wire(struct pc *, const char *from, const char *to, unsigned pin, struct error *);
/* To the next free input of an IRQ of the board. */
bool pc_irq(struct pc *, const char *from, unsigned irq, struct error *);

/* -- the files -- */

bool pc_add_cards(struct pc *, struct error *);
bool pc_set_cmos(struct pc *, struct error *);
void pc_set_boot_order(struct pc *, bool first);
bool pc_tell_firmware(struct pc *, struct error *);
/* A file that is a card's ROM ("vgabios", "nicrom:e1000"), not the firmware's to see. */
bool pc_is_card_rom(const char *file);
const struct board_type *pc_card_types(void);
const struct board_type *isapc_card_types(void);
