#pragma once
#include "core/board.h"

/* All boards, ended by a NULL. */
extern const struct board *const boards[];
