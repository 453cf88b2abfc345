/* The window as a kind of user interface: options, start, the two calls of the run loop. */
#include "frontends/sdl/sdl.h"

#include "core/error.h"
#include "frontends/options/options.h"
#include "frontends/session.h"

#include <SDL2/SDL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct ui_type ui_sdl;

/* SDL would take a bare console too, which is not ours to take. */
static bool available(void)
{
    static const char *const where[] = { "SDL_VIDEODRIVER", "WAYLAND_DISPLAY", "DISPLAY" };

    for (unsigned i = 0; i < COUNT(where); i++)
        if (getenv(where[i]) && *getenv(where[i]))
            return SDL_InitSubSystem(SDL_INIT_VIDEO) == 0;
    return false;
}

static bool read_display_option(struct sdl *d, const char *text, struct error *err)
{
    struct suboptions s;
    const char *grab, *gl;
    bool good = true;

    if (!options_inside(&s, "display", text, err))
        return false;
    grab = suboption(&s, "grab-mod");
    gl = suboption(&s, "gl");
    d->accelerated = gl ? strcmp(gl, "off") : d->accelerated;
    d->close_quits = suboption_flag(&s, "window-close", d->close_quits);
    d->shows_cursor = suboption_flag(&s, "show-cursor", d->shows_cursor);
    if (grab && (d->wish_keys = wish_keys_named(grab)) == WISH_KEYS)
        good = fail(err, "-display grab-mod=%s: there are lctrl-lalt, lshift-lctrl-lalt, rctrl",
                    grab);
    suboptions_free(&s);
    return good;
}

static bool read_options(struct sdl *d, const struct options *o, struct error *err)
{
    struct suboptions s;

    snprintf(d->name, sizeof d->name, "Orrery");
    for (unsigned i = 0; i < o->guest_name.count; i++) {
        if (!options_inside(&s, "name", o->guest_name.at[i], err))
            return false;
        if (suboption(&s, "guest"))
            snprintf(d->name, sizeof d->name, "%s - Orrery", suboption(&s, "guest"));
        suboptions_free(&s);
    }
    for (unsigned i = 0; i < o->display.count; i++)
        if (!read_display_option(d, o->display.at[i], err))
            return false;
    return true;
}

static void take_events(struct ui *ui)
{
    struct sdl *d = container_of(ui, struct sdl, ui);
    SDL_Event e;

    while (SDL_PollEvent(&e))
        sdl_take_event(d, &e);
    sdl_flush_pointer(d);
    paste_step(&d->paste, ui->session);
    if (ui->audio)
        sdl_feed_sound(ui->audio);
}

static void refresh(struct ui *ui)
{
    struct sdl *d = container_of(ui, struct sdl, ui);

    sdl_show(d);
    sdl_update_title(d);
}

static void take_speed(struct ui *ui, u32 permille)
{
    container_of(ui, struct sdl, ui)->permille = permille;
}

static void stop(struct ui *ui)
{
    struct sdl *d = container_of(ui, struct sdl, ui);

    sdl_close_sound(ui->audio);
    sdl_close_window(d);
    paste_end(&d->paste);
    free(d->screen.pixel);
    free(d);
    SDL_Quit();
}

static struct ui *start(struct session *s, struct error *err)
{
    struct sdl *d = calloc(1, sizeof *d);

    if (!d) {
        fail(err, "no host memory");
        return NULL;
    }
    d->ui = (struct ui){
        .type = &ui_sdl, .session = s, .poll = take_events, .refresh = refresh,
        .speed = take_speed, .stop = stop,
    };
    d->accelerated = sdl_host_draws();
    d->close_quits = d->shows_cursor = true;
    if (!read_options(d, s->options, err) || !sdl_open_window(d, err)) {
        stop(&d->ui);
        return NULL;
    }
    d->ui.audio = sdl_open_sound(s);
    sdl_set_full_screen(d, s->options->full_screen);
    sdl_say(d, "with %s: %s", wish_keys_title(d->wish_keys), wish_help());
    return &d->ui;
}

const struct ui_type ui_sdl = {
    .name = "sdl", .title = "a window", .available = available, .start = start,
};
