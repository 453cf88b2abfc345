#pragma once
#include "core/machine.h"

/* Stands where local APICs listen, at FEE00000h: remembers the messages stored there. */
enum { MAILBOX_ROOM = 16 };

#define MAILBOX_STATE(ONE, MANY, PART)                          \
    ONE (u32, count,                "messages so far")          \
    MANY(u32, address, MAILBOX_ROOM, "of each")                 \
    MANY(u32, data, MAILBOX_ROOM,   "of each")                  \
    MANY(u64, when, MAILBOX_ROOM,   "of each, ns")

struct mailbox {
    struct device dev;
    struct region region;
    STATE_MEMBERS(MAILBOX_STATE)
};

struct mailbox *mailbox(struct machine *);
