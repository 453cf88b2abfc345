/* What the files of the window share. */
#pragma once
#include "core/audio.h"
#include "core/display.h"
#include "frontends/fit.h"
#include "frontends/held.h"
#include "frontends/lamps.h"
#include "frontends/paste.h"
#include "frontends/ui.h"

struct SDL_Renderer;
struct SDL_Texture;
struct SDL_Window;
union SDL_Event;

struct sdl {
    struct ui            ui;

    struct SDL_Window   *window;
    struct SDL_Renderer *renderer;
    struct SDL_Texture  *texture;       /* of the screen's size */
    struct surface       screen;
    enum fit_mode        mode;
    int                  asked_width, asked_height;     /* of the window, by us */
    bool                 sized;         /* a person chose the window's size */
    bool                 full_screen;
    bool                 lost;          /* the texture's content */
    bool                 stale;         /* the window shows another picture */
    bool                 hidden;

    struct held          held;          /* keys that the machine holds for down */
    struct held          host;          /* keys that are down */
    enum wish_keys       wish_keys;
    struct paste         paste;
    bool                 grabbed;
    bool                 shows_cursor;
    bool                 close_quits;
    bool                 accelerated;
    u8                   buttons;       /* of the mouse, as the machine knows them */
    int                  right, down, wheel;    /* moved, not told yet */

    char                 name[64];
    char                 said[160];     /* for a while, in the title */
    u64                  said_until;    /* host time */
    u64                  looked;        /* at the lamps: host time */
    struct lamps         lamps;
    u32                  permille;
    char                 title[320];    /* as it is */
};

/* window.c, picture.c */
bool sdl_open_window(struct sdl *, struct error *);
bool sdl_host_draws(void);          /* has graphics hardware */
void sdl_close_window(struct sdl *);
void sdl_set_full_screen(struct sdl *, bool);
void sdl_show(struct sdl *);            /* what has changed */
/* The window follows the picture, as long as nobody has sized it. */
void sdl_size_window(struct sdl *);

/* events.c: keyboard and mouse to the machine, wishes to wishes.c */
void sdl_take_event(struct sdl *, const union SDL_Event *);
void sdl_flush_pointer(struct sdl *);
void sdl_release_keys(struct sdl *);
void sdl_grab(struct sdl *, bool);

/* wishes.c */
void sdl_fulfil(struct sdl *, enum wish);
void sdl_take_file(struct sdl *, const char *path);

/* title.c */
void sdl_say(struct sdl *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sdl_update_title(struct sdl *);

/* sound.c: NULL where there is none. */
struct audio *sdl_open_sound(struct session *);
void sdl_feed_sound(struct audio *);
void sdl_close_sound(struct audio *);
