#include "frontends/fit.h"

#include <criterion/criterion.h>

static void expect(struct fit f, int x, int y, int width, int height, bool exact)
{
    cr_assert_eq(f.x, x, "x %d", f.x);
    cr_assert_eq(f.y, y, "y %d", f.y);
    cr_assert_eq(f.width, width, "width %d", f.width);
    cr_assert_eq(f.height, height, "height %d", f.height);
    cr_assert_eq(f.exact, exact);
}

Test(fit, dots_are_squares_of_whole_pixels_in_the_middle)
{
    expect(fit_picture(720, 400, 720, 400, FIT_WHOLE), 0, 0, 720, 400, true);
    expect(fit_picture(640, 480, 1920, 1080, FIT_WHOLE), 320, 60, 1280, 960, true);
    expect(fit_picture(320, 200, 1000, 1000, FIT_WHOLE), 20, 200, 960, 600, true);
}

Test(fit, a_picture_that_has_no_room_is_made_smaller)
{
    expect(fit_picture(1024, 768, 512, 600, FIT_WHOLE), 0, 108, 512, 384, false);
    expect(fit_picture(1024, 768, 512, 600, FIT_SMOOTH), 0, 108, 512, 384, false);
}

Test(fit, smooth_pictures_of_the_vga_have_a_monitors_shape)
{
    expect(fit_picture(720, 400, 1280, 1024, FIT_SMOOTH), 0, 32, 1280, 960, false);
    expect(fit_picture(640, 400, 1920, 1080, FIT_SMOOTH), 240, 0, 1440, 1080, false);
    cr_assert_eq(fit_height(640, 350), 480);
    cr_assert_eq(fit_height(320, 200), 240);
    cr_assert_eq(fit_height(640, 480), 480);
}

Test(fit, others_keep_their_square_dots)
{
    cr_assert_eq(fit_height(1024, 768), 768);
    cr_assert_eq(fit_height(1280, 720), 720);
    cr_assert_eq(fit_height(640, 512), 512);
    expect(fit_picture(1280, 720, 1920, 1080, FIT_SMOOTH), 0, 0, 1920, 1080, false);
}

Test(fit, the_smallest_window_shows_something)
{
    struct fit f = fit_picture(1600, 1, 1, 1, FIT_WHOLE);

    cr_assert(f.width == 1 && f.height == 1);
    f = fit_picture(1, 1600, 1, 1, FIT_SMOOTH);
    cr_assert(f.width == 1 && f.height == 1);
}
