/* Where in a window the picture goes. */
#pragma once
#include "core/types.h"

enum fit_mode {
    FIT_WHOLE,                      /* every dot a square of whole pixels */
    FIT_SMOOTH,                     /* as large as there is room, in the shape of a monitor */
};

struct fit {
    int  x, y, width, height;
    bool exact;                     /* whole multiples: nothing to be smoothed */
};

/* A picture larger than the room is made smaller in both modes. */
struct fit fit_picture(u32 width, u32 height, int room_width, int room_height, enum fit_mode);
/* The largest whole multiple of the picture that fits; 0: not even one. */
int fit_times(u32 width, u32 height, int room_width, int room_height);
/* Monitors show the VGA's own modes 4 wide and 3 high, whatever their dots: the height that
 * the picture has at its width. */
u32 fit_height(u32 width, u32 height);
