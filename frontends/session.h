/* A machine, and all that the host half holds around it while it runs. */
#pragma once
#include "core/types.h"
#include "frontends/expect.h"
#include "frontends/host/poll.h"
#include "frontends/keys.h"
#include "frontends/script.h"

struct block;
struct board;
struct chr_host;
struct display;
struct error;
struct machine;
struct monitor;
struct net_host;
struct options;
struct parts;
struct ui;

enum { SESSION_STREAMS = 16, SESSION_MEDIA = 64, SESSION_MONITORS = 4, SESSION_NETS = 8 };

struct session {
    const struct options *options;
    const struct board   *board;
    struct machine       *machine;
    struct parts         *parts;            /* whose names the machine keeps */
    struct sources        sources;
    struct expect         expect;           /* text that serial lines print */
    struct script         script;

    struct chr_host *stream[SESSION_STREAMS];
    unsigned         streams;
    struct chr_host *output;                /* standard output, of those that only print */
    struct monitor  *monitor[SESSION_MONITORS];
    unsigned         monitors;
    struct net_host *net[SESSION_NETS];
    unsigned         nets;
    struct block    *medium[SESSION_MEDIA]; /* all that were ever opened */
    unsigned         media;
    struct typing    typing;                /* keys that are typed for somebody */
    struct ui       *ui;                    /* NULL: nobody looks */
    bool             on_terminal;           /* no picture: serial line and monitor instead */
    bool             pidfile_written;
    bool             log_opened;            /* `log` is ours to close */
    void            *log;                   /* FILE of what the machine tells */
    u32              log_levels;            /* bits of enum log_level */

    u8               buttons;               /* of the mouse, as the monitor holds them */
    bool             paused;                /* by a person */
    bool             quit;                  /* somebody asked for the end */
    bool             powered_off;           /* under -no-shutdown */
    int              signal;                /* ... a signal did; 0: none */
};

/* For monitors and user interfaces; they act between two runs of the machine. */
void session_quit(void *session);
void session_pause(struct session *, bool);
void session_key(struct session *, u8 usage, bool down);    /* HID page 7 */
void session_pointer(struct session *, int right, int down, int wheel, u8 buttons);
void session_button(struct session *, u8 button);           /* enum button */
/* Opens the image and puts it into the drive; an empty path takes out what is there. */
bool session_change(struct session *, const char *drive, const char *path, bool force,
                    struct error *);
/* What the machine shows, or NULL. */
struct display *session_display(struct session *);
/* The user interface ends; the machine goes on unseen. */
void session_close_screen(struct session *);
/* A stream for the machine's lifetime. */
bool session_add_stream(struct session *, struct chr_host *, struct error *);
