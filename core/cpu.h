#pragma once
#include "core/device.h"

/*
 * What a machine asks of a CPU, whatever its instruction set. A CPU is a device
 * -- reset, pins, snapshot and trace come from there -- that also runs.
 */
struct cpu {
    struct device         dev;
    const struct cpu_ops *ops;
    struct space         *memory, *ports;   /* the machine's, unless the board says otherwise */
    struct device        *pic;              /* who answers acknowledge() */
    u8                  (*acknowledge)(struct device *pic);
    u64                   retired;  /* instructions since power-on; saved; exact when settled */
};

struct cpu_ops {
    /*
     * Retires instructions, each adding to clock.now, until now >= clock.deadline;
     * none if that is so already. False: it sleeps until a pin moves; then time
     * stands where it fell asleep. The deadline may fall while it runs.
     */
    bool (*run)(struct cpu *, struct clock *);
    /* Brings lazily kept state into its saved form, before a save or a hash. May be NULL. */
    void (*settle)(struct cpu *);
    /* For people: the text of one instruction and its length. */
    unsigned (*disassemble)(struct cpu *, u64 address, char *text, size_t room);
    /* Likewise: where a linear address leads; false: nowhere. Nothing is noticed. */
    bool (*translate)(struct cpu *, u64 linear, u64 *physical);
};

/* For the attach() of a CPU's type: it joins the machine's turns. */
bool cpu_join(struct cpu *, const struct cpu_ops *, struct error *);
