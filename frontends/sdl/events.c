/*
 * What the host tells: keys by their place, which is what SDL's scan codes are (HID usages),
 * so that the guest has the layout; the mouse by how far it moved.
 */
#include "frontends/sdl/sdl.h"

#include "core/input.h"
#include "frontends/session.h"

#include <SDL2/SDL.h>

/* -- keyboard -- */

/* In turn with what is being pasted, so that its Shift is not theirs. */
static void send_key(struct sdl *d, u8 usage, bool down)
{
    struct session *s = d->ui.session;

    if (!s->typing.count || !typing_key(s, usage, down))
        session_key(s, usage, down);
}

void sdl_release_keys(struct sdl *d)
{
    u8 usage;

    while ((usage = held_any(&d->held))) {
        held_change(&d->held, usage, false);
        send_key(d, usage, false);
    }
}

/*
 * The machine must not see the keys of a wish: those that were held are let go, and the
 * letter's own release means nothing, for it is not held.
 */
static void take_key(struct sdl *d, const SDL_KeyboardEvent *e)
{
    unsigned usage = (unsigned)e->keysym.scancode;
    bool down = e->type == SDL_KEYDOWN;
    enum wish wish;

    if (e->repeat || !held_change(&d->host, usage, down))
        return;
    wish = down ? wish_of(&d->host, d->wish_keys, usage) : WISHES;
    if (wish != WISHES) {
        sdl_release_keys(d);
        sdl_fulfil(d, wish);
    } else if (held_change(&d->held, usage, down)) {
        send_key(d, (u8)usage, down);
    }
}

/* -- mouse -- */

void sdl_grab(struct sdl *d, bool grab)
{
    if (grab == d->grabbed)
        return;
    if (SDL_SetRelativeMouseMode(grab) < 0) {
        sdl_say(d, "no mouse: %s", SDL_GetError());
        return;
    }
    d->grabbed = grab;
    SDL_SetWindowKeyboardGrab(d->window, grab);
    SDL_ShowCursor(!grab && d->shows_cursor);
    if (!grab && d->buttons) {
        d->buttons = 0;
        session_pointer(d->ui.session, 0, 0, 0, 0);
    }
}

void sdl_flush_pointer(struct sdl *d)
{
    if (d->right || d->down || d->wheel)
        session_pointer(d->ui.session, d->right, d->down, d->wheel, d->buttons);
    d->right = d->down = d->wheel = 0;
}

static void take_motion(struct sdl *d, const SDL_MouseMotionEvent *e)
{
    if (!d->grabbed)
        return;
    d->right += e->xrel;
    d->down += e->yrel;
}

static void take_wheel(struct sdl *d, const SDL_MouseWheelEvent *e)
{
    if (d->grabbed)
        d->wheel += e->direction == SDL_MOUSEWHEEL_FLIPPED ? -e->y : e->y;
}

/* The click that takes the mouse is not the machine's. */
static void take_button(struct sdl *d, const SDL_MouseButtonEvent *e)
{
    static const u8 bits[] = {
        [SDL_BUTTON_LEFT] = POINTER_LEFT, [SDL_BUTTON_MIDDLE] = POINTER_MIDDLE,
        [SDL_BUTTON_RIGHT] = POINTER_RIGHT, [SDL_BUTTON_X1] = POINTER_4,
        [SDL_BUTTON_X2] = POINTER_5,
    };
    bool down = e->type == SDL_MOUSEBUTTONDOWN;
    u8 bit = e->button < COUNT(bits) ? bits[e->button] : 0;

    if (!d->grabbed) {
        sdl_grab(d, down);
        return;
    }
    if (!(d->buttons & bit) != down)            /* of that first click, or none we know */
        return;
    sdl_flush_pointer(d);
    d->buttons ^= bit;
    session_pointer(d->ui.session, 0, 0, 0, d->buttons);
}

/* -- window -- */

static void lose_focus(struct sdl *d)
{
    sdl_release_keys(d);
    d->host = (struct held){ 0 };
    sdl_grab(d, false);
}

/* Others than we size it to something else. */
static void take_new_size(struct sdl *d, int width, int height)
{
    d->sized |= !d->full_screen && (width != d->asked_width || height != d->asked_height);
    d->stale = true;
}

static void take_window_event(struct sdl *d, const SDL_WindowEvent *e)
{
    switch (e->event) {
    case SDL_WINDOWEVENT_FOCUS_LOST:
        lose_focus(d);
        break;
    case SDL_WINDOWEVENT_FOCUS_GAINED:
        sdl_grab(d, d->full_screen);
        break;
    case SDL_WINDOWEVENT_RESIZED:
        take_new_size(d, e->data1, e->data2);
        break;
    case SDL_WINDOWEVENT_MINIMIZED:
    case SDL_WINDOWEVENT_HIDDEN:
        d->hidden = true;
        break;
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_MAXIMIZED:
        d->hidden = false;
        d->stale = true;
        break;
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        d->stale = true;
        break;
    }
}

void sdl_take_event(struct sdl *d, const union SDL_Event *e)
{
    switch (e->type) {
    case SDL_KEYDOWN:
    case SDL_KEYUP:           take_key(d, &e->key); break;
    case SDL_MOUSEMOTION:     take_motion(d, &e->motion); break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:   take_button(d, &e->button); break;
    case SDL_MOUSEWHEEL:      take_wheel(d, &e->wheel); break;
    case SDL_WINDOWEVENT:     take_window_event(d, &e->window); break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET: d->lost = true; break;
    case SDL_DROPFILE:
        sdl_take_file(d, e->drop.file);
        SDL_free(e->drop.file);
        break;
    case SDL_QUIT:
        if (d->close_quits)
            session_quit(d->ui.session);
        break;
    }
}
