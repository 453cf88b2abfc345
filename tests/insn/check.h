/* Do two results agree, as far as the manuals say what the result is? */
#pragma once
#include <stdio.h>

#include "tests/insn/case.h"

/* NULL, or in what they differ. */
const char *insn_difference(const struct insn_case *, const struct insn_result *host,
                            const struct insn_result *ours);
/* For people: the case, and where the results differ from its registers. */
void insn_print(FILE *, const struct insn_case *, const struct insn_result *host,
                const struct insn_result *ours);
