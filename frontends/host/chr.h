/*
 * The host's end of a stream of bytes: a terminal, file, socket. What the guest (or the
 * monitor) sends goes to `chr`; what the host has for it is taken by the user's room() and
 * take() while the sources are waited for, between two runs of the machine.
 */
#pragma once
#include "core/chr.h"
#include "frontends/host/poll.h"

struct error;

struct chr_user {
    void   *ctx;
    size_t (*room)(void *ctx);
    void   (*take)(void *ctx, const u8 *bytes, size_t count);
};

struct chr_host {                   /* first member of every backend's struct */
    struct chr      chr;
    struct chr_user user;           /* take NULL: nobody listens */
    bool            may_wake;       /* somebody could type here */
    bool            is_terminal;
    bool            is_shared;      /* one end of chr_share() */
    void          (*flush)(struct chr_host *);
    void          (*close)(struct chr_host *);
};

/*
 * stdio, file:PATH, null, pty, tcp:HOST:PORT and unix:PATH (server, nowait behind a comma).
 * Only one may have the terminal. The label is for messages: "serial0".
 */
struct chr_host *chr_open(const char *spec, const char *label, struct sources *, struct error *);
void             chr_close(struct chr_host *);          /* NULL is no harm */

void chr_print(struct chr *, const char *text);

/*
 * One stream shared by two: Ctrl-A c changes who is typed to, Ctrl-A x ends the run, Ctrl-A h
 * tells. Takes the stream over; both ends are closed by closing the first.
 */
struct mux_orders { void *ctx; void (*quit)(void *ctx); };
bool chr_share(struct chr_host *, struct mux_orders, struct sources *,
               struct chr_host **first, struct chr_host **second);

/* The kinds of chr_open(). */
struct chr_host *chr_open_stdio(bool keeps_signals, struct sources *, struct error *);
struct chr_host *chr_open_stdout(struct error *);       /* only printed to */
/* Nobody else opens stdio from now on. */
bool chr_claim_stdio(struct error *);
struct chr_host *chr_open_file(const char *path, struct error *);
struct chr_host *chr_open_null(void);
struct chr_host *chr_open_pty(const char *label, struct sources *, struct error *);
struct chr_host *chr_open_tcp(const char *address, const char *label, struct sources *,
                              struct error *);
struct chr_host *chr_open_unix(const char *address, const char *label, struct sources *,
                               struct error *);
