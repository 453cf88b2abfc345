#include "peripherals/boards/boards.h"

extern const struct board board_pc, board_isapc, board_bare;

const struct board *const boards[] = { &board_pc, &board_isapc, &board_bare, NULL };
