#pragma once
#include "core/types.h"

struct error;
struct options;

/* What the words of the lists amount to: memory, processors, machine, what is to be listed. */
bool options_understand(struct options *, struct error *);
