/* The window: opened, sized after the picture until a person sizes it, full screen. */
#include "frontends/sdl/sdl.h"

#include "core/bits.h"
#include "core/error.h"
#include "frontends/session.h"

#include <SDL2/SDL.h>
#include <glob.h>
#include <string.h>

enum { LEAST_WIDTH = 160, LEAST_HEIGHT = 100, FIRST_WIDTH = 720, FIRST_HEIGHT = 400 };

/* Of OpenGL: glGetString(GL_RENDERER). */
enum { GL_RENDERER = 0x1f01 };

/* OpenGL without hardware takes many threads for what SDL's own code does in one. */
static bool is_slow(struct sdl *d)
{
    const unsigned char *(*get)(unsigned) = NULL;
    const char *name;
    void *found;
    SDL_RendererInfo info;

    if (SDL_GetRendererInfo(d->renderer, &info) < 0 || strncmp(info.name, "opengl", 6))
        return false;
    found = SDL_GL_GetProcAddress("glGetString");
    memcpy(&get, &found, sizeof get);
    name = get ? (const char *)get(GL_RENDERER) : NULL;
    return name && (strstr(name, "llvmpipe") || strstr(name, "softpipe"));
}

/*
 * Is there hardware that draws? Where there is none OpenGL would be a compiler: another 70 MB, and
 * pages that are written and executed. Linux's render nodes, NVIDIA's driver, WSL.
 */
bool sdl_host_draws(void)
{
    static const char *const places[] = { "/dev/dri/renderD*", "/dev/nvidiactl", "/dev/dxg" };
    bool found = false;

    for (unsigned i = 0; i < COUNT(places) && !found; i++) {
        glob_t g;

        found = glob(places[i], 0, NULL, &g) == 0;
        if (found)
            globfree(&g);
    }
    return found;
}

static void open_renderer(struct sdl *d)
{
    if (d->accelerated)
        d->renderer = SDL_CreateRenderer(d->window, -1, 0);
    if (d->renderer && is_slow(d)) {
        SDL_DestroyRenderer(d->renderer);
        d->renderer = NULL;
    }
    if (!d->renderer)
        d->renderer = SDL_CreateRenderer(d->window, -1, SDL_RENDERER_SOFTWARE);
}

bool sdl_open_window(struct sdl *d, struct error *err)
{
    SDL_SetMainReady();
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_SetHint(SDL_HINT_MOUSE_RELATIVE_MODE_CENTER, "1");
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) < 0)
        return fail(err, "-display sdl: %s", SDL_GetError());
    d->window = SDL_CreateWindow(d->name, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                 FIRST_WIDTH, FIRST_HEIGHT,
                                 SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (d->window)
        open_renderer(d);
    if (!d->renderer)
        return fail(err, "-display sdl: %s", SDL_GetError());
    d->asked_width = FIRST_WIDTH;
    d->asked_height = FIRST_HEIGHT;
    SDL_SetWindowMinimumSize(d->window, LEAST_WIDTH, LEAST_HEIGHT);
    SDL_StopTextInput();
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    SDL_ShowCursor(d->shows_cursor);
    return true;
}

void sdl_close_window(struct sdl *d)
{
    if (d->texture)
        SDL_DestroyTexture(d->texture);
    if (d->renderer)
        SDL_DestroyRenderer(d->renderer);
    if (d->window)
        SDL_DestroyWindow(d->window);
}

void sdl_set_full_screen(struct sdl *d, bool full)
{
    if (full == d->full_screen)
        return;
    if (SDL_SetWindowFullscreen(d->window, full ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) < 0) {
        sdl_say(d, "no full screen: %s", SDL_GetError());
        return;
    }
    d->full_screen = full;
    d->stale = true;
    sdl_grab(d, full);
}
