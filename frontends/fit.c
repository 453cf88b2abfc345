#include "frontends/fit.h"

int fit_times(u32 width, u32 height, int room_width, int room_height)
{
    int across = room_width / (int)width, down = room_height / (int)height;

    return across < down ? across : down;
}

u32 fit_height(u32 width, u32 height)
{
    bool vga = (width == 320 || width == 360 || width == 640 || width == 720) && height <= 480;

    return vga ? width * 3 / 4 : height;
}

static struct fit centred(int width, int height, int room_width, int room_height, bool exact)
{
    return (struct fit){
        (room_width - width) / 2, (room_height - height) / 2, width, height, exact,
    };
}

static int at_least_one(s64 n)
{
    return n < 1 ? 1 : (int)n;
}

static struct fit fill(u32 width, u32 height, int room_width, int room_height)
{
    s64 w = room_width, h = (s64)room_width * height / width;

    if (h > room_height) {
        h = room_height;
        w = (s64)room_height * width / height;
    }
    return centred(at_least_one(w), at_least_one(h), room_width, room_height, false);
}

struct fit fit_picture(u32 width, u32 height, int room_width, int room_height, enum fit_mode mode)
{
    int times = fit_times(width, height, room_width, room_height);

    if (mode == FIT_SMOOTH)
        return fill(width, fit_height(width, height), room_width, room_height);
    if (times == 0)
        return fill(width, height, room_width, room_height);
    return centred((int)width * times, (int)height * times, room_width, room_height, true);
}
