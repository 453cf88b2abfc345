#pragma once
#include "core/types.h"

/*
 * What comes from outside, as machine_input() takes it: kinds and the shape of their
 * bytes. All numbers little-endian. Snapshots and records keep these values.
 */
enum input_kind {
    INPUT_BYTES   = 1,          /* for a serial line: the bytes; what finds no room is lost */
    INPUT_FRAME   = 2,          /* for a network interface: one frame */
    INPUT_KEY     = 3,          /* u8 usage of HID page 7 (as SDL's scan codes), u8 down */
    INPUT_POINTER = 4,          /* s16 right, s16 down, s8 wheel (away is +), u8 buttons */
    INPUT_MEDIUM  = 5,          /* for a drive: the name of a medium; none: ejected */
    INPUT_BUTTON  = 6,          /* for "board": u8 of enum button */
    INPUT_CARRIER = 7,          /* for a network interface: u8 cable plugged in */
    INPUT_BREAK   = 8,          /* for a serial line: a break, in turn with its bytes */
};

enum button { BUTTON_RESET, BUTTON_POWER, BUTTON_NMI };

/* Bits of the pointer's buttons. */
enum { POINTER_LEFT = 1, POINTER_RIGHT = 2, POINTER_MIDDLE = 4, POINTER_4 = 8, POINTER_5 = 16 };
