#include "frontends/picture.h"

#include "core/display.h"

bool picture_ppm(FILE *f, const struct surface *s)
{
    fprintf(f, "P6\n%u %u\n255\n", s->width, s->height);
    for (size_t i = 0; i < (size_t)s->width * s->height; i++) {
        u8 rgb[] = { (u8)(s->pixel[i] >> 16), (u8)(s->pixel[i] >> 8), (u8)s->pixel[i] };

        fwrite(rgb, 1, 3, f);
    }
    return !ferror(f);
}
