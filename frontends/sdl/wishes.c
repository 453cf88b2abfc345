/* What a person wants of the window: by key, by menu, by dropping a file. */
#include "frontends/sdl/sdl.h"

#include "core/input.h"
#include "frontends/drop.h"
#include "frontends/session.h"
#include "frontends/shot.h"

#include <SDL2/SDL.h>
#include <stdio.h>

static void save_picture(struct sdl *d)
{
    char said[sizeof d->said];

    shot_save(d->ui.session, said, sizeof said);
    sdl_say(d, "%s", said);
}

static void paste(struct sdl *d)
{
    char *text;

    if (d->paste.text) {                        /* again: enough of it */
        paste_end(&d->paste);
        return;
    }
    text = SDL_GetClipboardText();
    if (text && *text)
        paste_begin(&d->paste, text);
    else
        sdl_say(d, "the clipboard has no text");
    SDL_free(text);
}

static void change_scaling(struct sdl *d)
{
    d->mode = d->mode == FIT_WHOLE ? FIT_SMOOTH : FIT_WHOLE;
    d->stale = true;
    sdl_size_window(d);
    sdl_say(d, d->mode == FIT_WHOLE ? "scaling by whole numbers"
                                    : "smooth scaling, in a monitor's shape");
}

void sdl_take_file(struct sdl *d, const char *path)
{
    char said[sizeof d->said];

    drop_file(d->ui.session, path, said, sizeof said);
    sdl_say(d, "%s", said);
}

/* -- the menu: a box of SDL's; the machine stands still behind it -- */

enum { EJECT = WISHES, CANCEL };

/* On X11 SDL's boxes have no room for more than eight. */

static int ask(struct sdl *d)
{
    static const SDL_MessageBoxButtonData buttons[] = {
        { SDL_MESSAGEBOX_BUTTON_ESCAPEKEY_DEFAULT, CANCEL, "Back" },
        { 0, WISH_FULL_SCREEN, "Full screen" }, { 0, WISH_SCALING, "Scaling" },
        { 0, WISH_PICTURE, "Picture" }, { 0, EJECT, "Eject" }, { 0, WISH_POWER, "Power" },
        { 0, WISH_RESET, "Reset" }, { 0, WISH_QUIT, "Quit" },
    };
    char text[512];
    int button = CANCEL;
    SDL_MessageBoxData box = {
        .flags = SDL_MESSAGEBOX_INFORMATION, .window = d->window, .title = d->name,
        .message = text, .numbuttons = COUNT(buttons), .buttons = buttons,
    };

    snprintf(text, sizeof text,
             "With %s: %s\n\nA file dropped on the window goes into the drive that it fits.",
             wish_keys_title(d->wish_keys), wish_help());
    if (SDL_ShowMessageBox(&box, &button) < 0)
        sdl_say(d, "drop a CD or diskette image on the window to change media");
    return button;
}

static void show_menu(struct sdl *d)
{
    char said[sizeof d->said];
    int answer;

    sdl_grab(d, false);
    answer = ask(d);
    d->host = (struct held){ 0 };
    if (answer == EJECT) {
        drop_nothing(d->ui.session, said, sizeof said);
        sdl_say(d, "%s", said);
    } else if (answer >= 0 && answer < WISHES) {
        sdl_fulfil(d, (enum wish)answer);
    }
}

void sdl_fulfil(struct sdl *d, enum wish wish)
{
    struct session *s = d->ui.session;

    switch (wish) {
    case WISH_FULL_SCREEN: sdl_set_full_screen(d, !d->full_screen); break;
    case WISH_GRAB:        sdl_grab(d, !d->grabbed); break;
    case WISH_SCALING:     change_scaling(d); break;
    case WISH_MENU:        show_menu(d); break;
    case WISH_PASTE:       paste(d); break;
    case WISH_PICTURE:     save_picture(d); break;
    case WISH_RESET:       session_button(s, BUTTON_RESET); break;
    case WISH_POWER:       session_button(s, BUTTON_POWER); break;
    case WISH_QUIT:        session_quit(s); break;
    case WISHES:           break;
    }
}
