/* Cases on the host's own processor: x86-64 Linux only. */
#pragma once
#include "tests/insn/case.h"

/* False, and why: it cannot be done on this host. */
bool native_open(const char **why);
void native_run(const struct insn_case *, struct insn_result *);
