/* The machine's picture in the window: drawn where it changed, shown only then. */
#include "frontends/sdl/sdl.h"

#include "frontends/session.h"

#include <SDL2/SDL.h>
#include <stdlib.h>

/* Of the desktop, that a picture may take by being shown larger than it is. */
enum { PERCENT = 60 };

/* Pixels for each unit of the window's size: more than one on dense screens. */
static double density(struct sdl *d)
{
    int width, pixels, unused;

    SDL_GetWindowSize(d->window, &width, &unused);
    if (SDL_GetRendererOutputSize(d->renderer, &pixels, &unused) < 0 || width < 1)
        return 1;
    return (double)pixels / width;
}

void sdl_size_window(struct sdl *d)
{
    double dense = density(d);
    int width = (int)d->screen.width, height = (int)d->screen.height, times;
    SDL_Rect desk = { 0, 0, 1024, 768 };

    if (d->sized || d->full_screen)
        return;
    SDL_GetDisplayUsableBounds(SDL_GetWindowDisplayIndex(d->window), &desk);
    times = fit_times(d->screen.width, d->screen.height, (int)(desk.w * dense * PERCENT / 100),
                      (int)(desk.h * dense * PERCENT / 100));
    if (d->mode == FIT_SMOOTH)
        height = (int)fit_height(d->screen.width, d->screen.height);
    if (times > 1) {
        width *= times;
        height *= times;
    }
    width = (int)(width / dense);
    height = (int)(height / dense);
    d->asked_width = width < desk.w ? width : desk.w;
    d->asked_height = height < desk.h ? height : desk.h;
    SDL_SetWindowSize(d->window, d->asked_width, d->asked_height);
}

static bool take_size(struct sdl *d, u32 width, u32 height)
{
    u32 *pixel;

    if (d->texture && d->screen.width == width && d->screen.height == height)
        return true;
    pixel = calloc((size_t)width * height, sizeof *pixel);
    if (!pixel)
        return false;
    free(d->screen.pixel);
    d->screen = (struct surface){ .pixel = pixel, .width = width, .height = height };
    if (d->texture)
        SDL_DestroyTexture(d->texture);
    d->texture = SDL_CreateTexture(d->renderer, SDL_PIXELFORMAT_RGB888,
                                   SDL_TEXTUREACCESS_STREAMING, (int)width, (int)height);
    d->lost = d->stale = true;
    sdl_size_window(d);
    return d->texture;
}

static void upload(struct sdl *d, u32 first, u32 last)
{
    SDL_Rect rows = { 0, (int)first, (int)d->screen.width, (int)(last - first + 1) };

    SDL_UpdateTexture(d->texture, &rows, d->screen.pixel + (size_t)first * d->screen.width,
                      (int)(d->screen.width * sizeof *d->screen.pixel));
    d->stale = true;
}

static void present(struct sdl *d)
{
    int width, height;
    struct fit f;
    SDL_Rect to;

    if (SDL_GetRendererOutputSize(d->renderer, &width, &height) < 0 || width < 1 || height < 1)
        return;
    f = fit_picture(d->screen.width, d->screen.height, width, height, d->mode);
    to = (SDL_Rect){ f.x, f.y, f.width, f.height };
    SDL_SetTextureScaleMode(d->texture, f.exact ? SDL_ScaleModeNearest : SDL_ScaleModeLinear);
    SDL_SetRenderDrawColor(d->renderer, 0, 0, 0, 255);
    SDL_RenderClear(d->renderer);
    SDL_RenderCopy(d->renderer, d->texture, NULL, &to);
    SDL_RenderPresent(d->renderer);
    d->stale = false;
}

void sdl_show(struct sdl *d)
{
    struct display *display = session_display(d->ui.session);
    struct surface *s = &d->screen;
    u32 width, height;

    if (!display || d->hidden)
        return;
    display->size(display, &width, &height);
    if (!take_size(d, width, height))
        return;
    display->draw(display, s, false);
    if (d->lost)
        upload(d, 0, s->height - 1);
    else if (s->first <= s->last)
        upload(d, s->first, s->last);
    d->lost = false;
    if (d->stale)
        present(d);
}
