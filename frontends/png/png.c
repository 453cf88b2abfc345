/* Pictures as PNG, by libpng. */
#include "frontends/picture.h"

#include "core/display.h"

#include <png.h>
#include <stdlib.h>

/* libpng leaves by longjmp() where the file cannot be written. */
static bool write_rows(png_struct *png, png_info *info, FILE *f, const struct surface *s, u8 *row)
{
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_init_io(png, f);
    png_set_IHDR(png, info, s->width, s->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (u32 y = 0; y < s->height; y++) {
        for (u32 x = 0; x < s->width; x++) {
            u32 pixel = s->pixel[(size_t)y * s->width + x];

            row[3 * x] = (u8)(pixel >> 16), row[3 * x + 1] = (u8)(pixel >> 8);
            row[3 * x + 2] = (u8)pixel;
        }
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    return true;
}

bool picture_png(FILE *f, const struct surface *s)
{
    png_struct *png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_info *info = png ? png_create_info_struct(png) : NULL;
    u8 *row = malloc(3 * (size_t)s->width);
    bool good = info && row && write_rows(png, info, f, s, row);

    png_destroy_write_struct(&png, &info);
    free(row);
    return good && !ferror(f);
}
