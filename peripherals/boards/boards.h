#pragma once
#include "core/board.h"

/* All boards, ended by a NULL. */
extern EXPORT const struct board *const boards[];
