#include "peripherals/boards/boards.h"

extern const struct board board_bare;

const struct board *const boards[] = { &board_bare, NULL };
