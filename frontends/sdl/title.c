/* The title is all that a window says: name, speed, lamps, and what the last wish led to. */
#include "frontends/sdl/sdl.h"

#include "frontends/pace.h"
#include "frontends/session.h"

#include <SDL2/SDL.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Host time: how long something said stays, how often the lamps are looked at. */
#define SAID    (8 * SECOND)
#define LAMPS   (200 * MILLISECOND)

void sdl_say(struct sdl *d, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(d->said, sizeof d->said, fmt, args);
    va_end(args);
    d->said_until = host_now() + SAID;
}

static void put(char *text, size_t room, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void put(char *text, size_t room, const char *fmt, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, fmt);
    vsnprintf(text + used, room - used, fmt, args);
    va_end(args);
}

static void compose(struct sdl *d, char *text, size_t room, u64 now)
{
    const struct session *s = d->ui.session;

    put(text, room, "%s", d->name);
    if (s->powered_off)
        put(text, room, " - off");
    else if (s->paused)
        put(text, room, " - paused");
    else if (d->permille)
        put(text, room, " - %u%%", (d->permille + 5) / 10);
    if (d->lamps.disk_on)
        put(text, room, " - disk");
    if (d->lamps.net_on)
        put(text, room, " - net");
    if (d->paste.text)
        put(text, room, " - pasting");
    if (now < d->said_until)
        put(text, room, " - %s", d->said);
    else if (d->grabbed)
        put(text, room, " - %s+G releases the mouse", wish_keys_title(d->wish_keys));
}

void sdl_update_title(struct sdl *d)
{
    char text[sizeof d->title] = "";
    u64 now = host_now();

    if (now - d->looked < LAMPS)
        return;
    d->looked = now;
    lamps_look(&d->lamps, d->ui.session->machine);
    compose(d, text, sizeof text, now);
    if (!strcmp(text, d->title))
        return;
    strcpy(d->title, text);
    SDL_SetWindowTitle(d->window, text);
}
