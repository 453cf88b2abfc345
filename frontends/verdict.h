/* How a run ended: exit statuses of `orrery test`, and of `run` as QEMU's. */
#pragma once
#include "core/types.h"

struct session;

/* Below 64 it is the guest's own. */
enum verdict {
    VERDICT_PASSED = 0, VERDICT_USAGE = 64, VERDICT_CONFIG = 65, VERDICT_TRIPLE_FAULT = 66,
    VERDICT_DEAD = 67, VERDICT_BUDGET = 68, VERDICT_WALL = 69, VERDICT_EXPECTATION = 70,
    VERDICT_SCREEN = 71, VERDICT_STRICT = 72, VERDICT_LACKING = 73, VERDICT_RESET = 74,
    VERDICT_BUG = 75, VERDICT_DIVERGED = 76, VERDICT_SIGNAL = 128,
};

/* Why the loop came back. */
enum end {
    END_EXIT,               /* the guest wrote to the exit port: machine.exit_code */
    END_POWER_OFF, END_RESET, END_SHUTDOWN, END_ODDITY, END_DIVERGED,
    END_DEAD, END_BUDGET, END_WALL,
    END_MET,                /* what was expected has come */
    END_QUIT, END_SIGNAL,
};

int         verdict_of(const struct session *, enum end);
int         status_of_run(const struct session *, enum end);
const char *verdict_text(int verdict);
