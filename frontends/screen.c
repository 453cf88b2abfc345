#include "frontends/screen.h"

#include "core/display.h"
#include "core/error.h"
#include "frontends/picture.h"
#include "frontends/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *put_utf8(char *to, u32 c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

static char *put_row(char *to, const u8 *row, u32 columns)
{
    while (columns && screen_unicode(row[columns - 1]) == ' ')
        columns--;
    for (u32 i = 0; i < columns; i++)
        to = put_utf8(to, screen_unicode(row[i]));
    *to++ = '\n';
    return to;
}

char *screen_text(struct session *s)
{
    struct display *d = session_display(s);
    struct text_screen *t = d ? malloc(sizeof *t) : NULL;
    char *text = NULL, *to;

    if (t && d->text(d, t) && (text = malloc(3 * (size_t)t->columns * t->rows + t->rows + 1))) {
        to = text;
        for (u32 row = 0; row < t->rows; row++)
            to = put_row(to, t->character + row * t->columns, t->columns);
        *to = '\0';
    }
    free(t);
    return text;
}

bool screen_shows_all(struct session *s, const struct texts *wanted)
{
    char *text = wanted->count ? screen_text(s) : NULL;
    bool all = text || wanted->count == 0;

    for (unsigned i = 0; all && i < wanted->count; i++)
        all = strstr(text, wanted->at[i]);
    free(text);
    return all;
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);

    return n >= k && !strcmp(text + n - k, end);
}

bool screen_save(struct session *s, const char *path, const char *format, struct error *err)
{
    struct display *d = session_display(s);
    struct surface shot = { 0 };
    bool ppm = format ? !strcmp(format, "ppm") : ends_in(path, ".ppm");
    bool good = false;
    FILE *f;

    if (!d)
        return fail(err, "there is no screen");
    if (format && !ppm && strcmp(format, "png"))
        return fail(err, "%s: there are png and ppm", format);
    if (!ppm && !picture_png)
        return fail(err, "%s: this build writes no PNG (libpng-dev); FILE.ppm works", path);
    d->size(d, &shot.width, &shot.height);
    shot.pixel = calloc((size_t)shot.width * shot.height, sizeof *shot.pixel);
    f = shot.pixel ? fopen(path, "wb") : NULL;
    if (f) {
        d->draw(d, &shot, true);
        good = (ppm ? picture_ppm : picture_png)(f, &shot);
        good &= !fclose(f);
    }
    free(shot.pixel);
    return good || fail(err, "%s: %s", path, strerror(errno));
}
