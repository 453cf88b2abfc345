#pragma once

struct error;
struct options;

/* Exit statuses of `orrery test`; below 64 it is the guest's own. */
enum verdict {
    VERDICT_USAGE = 64, VERDICT_CONFIG = 65, VERDICT_TRIPLE_FAULT = 66, VERDICT_DEAD = 67,
    VERDICT_BUDGET = 68,
};

/* A machine without a window, from power-on to its end. */
int headless_test(const struct options *);
