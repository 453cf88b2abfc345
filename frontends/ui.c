#include "frontends/ui.h"

#include <string.h>

/* Missing where their library is: see the Makefile. */
extern const struct ui_type ui_sdl __attribute__((weak));
extern const struct ui_type ui_curses __attribute__((weak));

static const struct ui_type *const kinds[] = { &ui_sdl, &ui_curses };

const struct ui_type *ui_row(unsigned i)
{
    for (unsigned k = 0; k < COUNT(kinds); k++)
        if (kinds[k] && i-- == 0)
            return kinds[k];
    return NULL;
}

const struct ui_type *ui_find(const char *name)
{
    const struct ui_type *t;

    for (unsigned i = 0; (t = ui_row(i)); i++)
        if (name ? !strcmp(t->name, name) : t->available())
            return t;
    return NULL;
}
