/* Streams of bytes on the host: sockets, pseudo-terminals, files, and two on one. */
#include "core/error.h"
#include "frontends/host/chr.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sources sources;
static struct error err;

/* Takes what comes, as much as it has room for. */
struct ear { char heard[256]; size_t count, room; };

static size_t ear_room(void *ctx)
{
    return ((struct ear *)ctx)->room;
}

static void ear_take(void *ctx, const u8 *bytes, size_t count)
{
    struct ear *e = ctx;

    cr_assert_leq(count, e->room);
    memcpy(e->heard + e->count, bytes, count);
    e->count += count;
    e->room -= count;
}

static void listen_to(struct chr_host *h, struct ear *e)
{
    h->user = (struct chr_user){ e, ear_room, ear_take };
}

static void wait_a_little(void)
{
    for (unsigned i = 0; i < 5; i++)
        sources_wait(&sources, 5);
}

static char path[64];

static void start(void)
{
    memset(&sources, 0, sizeof sources);
    *err.text = '\0';
    snprintf(path, sizeof path, "/tmp/orrery-stream-%ld", (long)getpid());
}

static void end(void)
{
    unlink(path);
}

TestSuite(streams, .init = start, .fini = end);

static int call(void)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(a.sun_path, path);
    cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static struct chr_host *serve(void)
{
    char spec[128];
    struct chr_host *h;

    snprintf(spec, sizeof spec, "unix:%s,server,nowait", path);
    h = chr_open(spec, "serial0", &sources, &err);
    cr_assert(h, "%s", err.text);
    return h;
}

Test(streams, a_socket_is_called_and_carries_both_ways)
{
    struct chr_host *h = serve();
    struct ear ear = { .room = 100 };
    char got[16] = "";
    int fd;

    listen_to(h, &ear);
    fd = call();
    cr_assert_eq(write(fd, "hello", 5), 5);
    wait_a_little();
    cr_assert_str_eq(ear.heard, "hello");
    chr_print(&h->chr, "there");
    wait_a_little();
    cr_assert_eq(read(fd, got, sizeof got), 5);
    cr_assert_str_eq(got, "there");
    close(fd);
    chr_close(h);
    cr_assert_neq(access(path, F_OK), 0);
}

Test(streams, no_more_is_taken_than_there_is_room_for)
{
    struct chr_host *h = serve();
    struct ear ear = { .room = 3 };
    int fd;

    listen_to(h, &ear);
    fd = call();
    cr_assert_eq(write(fd, "abcdef", 6), 6);
    wait_a_little();
    cr_assert_str_eq(ear.heard, "abc");
    ear.room = 1;
    wait_a_little();
    cr_assert_str_eq(ear.heard, "abcd");
    close(fd);
    chr_close(h);
}

Test(streams, after_one_caller_comes_the_next)
{
    struct chr_host *h = serve();
    struct ear ear = { .room = 100 };
    int fd;

    listen_to(h, &ear);
    close(call());
    wait_a_little();
    chr_print(&h->chr, "to nobody");
    wait_a_little();
    fd = call();
    cr_assert_eq(write(fd, "x", 1), 1);
    wait_a_little();
    cr_assert_str_eq(ear.heard, "x");
    close(fd);
    chr_close(h);
}

Test(streams, a_file_has_what_was_sent)
{
    char spec[128], got[16] = "";
    struct chr_host *h;
    FILE *f;

    snprintf(spec, sizeof spec, "file:%s", path);
    cr_assert(h = chr_open(spec, "serial0", &sources, &err), "%s", err.text);
    chr_print(&h->chr, "kept");
    chr_close(h);
    cr_assert(f = fopen(path, "r"));
    cr_assert(fgets(got, sizeof got, f));
    cr_assert_str_eq(got, "kept");
    fclose(f);
}

Test(streams, a_pseudo_terminal_is_named_and_carries)
{
    char line[256] = "", name[128];
    struct ear ear = { .room = 100 };
    struct chr_host *h;
    int pipes[2], out = dup(2), fd;

    cr_assert_eq(pipe(pipes), 0);
    dup2(pipes[1], 2);
    h = chr_open("pty", "serial0", &sources, &err);
    fflush(stderr);
    dup2(out, 2);
    cr_assert(h, "%s", err.text);
    cr_assert_gt(read(pipes[0], line, sizeof line - 1), 0);
    cr_assert_eq(sscanf(line, "char device redirected to %127s (label serial0)", name), 1);
    listen_to(h, &ear);
    wait_a_little();
    cr_assert((fd = open(name, O_RDWR | O_NOCTTY)) >= 0);
    cr_assert_eq(write(fd, "typed", 5), 5);
    wait_a_little();
    cr_assert_str_eq(ear.heard, "typed");
    close(fd);
    chr_close(h);
}

Test(streams, what_is_no_stream_is_refused_by_name)
{
    static const char *const bad[] = {
        "carrier-pigeon", "tcp:nowhere", "tcp:127.0.0.1:1,colour=red", "unix:/nowhere/at/all",
        "file:/nowhere/at/all", "unix:,server",
    };

    for (unsigned i = 0; i < COUNT(bad); i++) {
        *err.text = '\0';
        cr_assert_null(chr_open(bad[i], "x", &sources, &err), "%s", bad[i]);
        cr_assert_neq(*err.text, '\0');
    }
    cr_assert_eq(sources.count, 0);
}

/* -- two on one -- */

static bool ended;
static void quit(void *ctx)     { ended = true; }

Test(streams, ctrl_a_changes_who_is_typed_to)
{
    struct chr_host *base = serve(), *first, *second;
    struct ear guest = { .room = 100 }, monitor = { .room = 100 };
    int fd;

    cr_assert(chr_share(base, (struct mux_orders){ NULL, quit }, &sources, &first, &second));
    listen_to(first, &guest);
    listen_to(second, &monitor);
    fd = call();
    cr_assert_eq(write(fd, "a\x01\x01" "b\x01" "cinfo\x01" "cz", 14), 14);
    wait_a_little();
    cr_assert_str_eq(guest.heard, "a\x01" "bz");
    cr_assert_str_eq(monitor.heard, "\rinfo");
    cr_assert_not(ended);
    cr_assert_eq(write(fd, "\x01x", 2), 2);
    wait_a_little();
    cr_assert(ended);
    close(fd);
    chr_close(second);
    chr_close(first);
}

Test(streams, what_a_guest_has_no_room_for_waits)
{
    struct chr_host *base = serve(), *first, *second;
    struct ear guest = { .room = 2 };
    int fd;

    cr_assert(chr_share(base, (struct mux_orders){ NULL, quit }, &sources, &first, &second));
    listen_to(first, &guest);
    fd = call();
    cr_assert_eq(write(fd, "abcd", 4), 4);
    wait_a_little();
    cr_assert_str_eq(guest.heard, "ab");
    guest.room = 9;
    wait_a_little();
    cr_assert_str_eq(guest.heard, "abcd");
    close(fd);
    chr_close(second);
    chr_close(first);
}
