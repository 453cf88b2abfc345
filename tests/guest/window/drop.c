/*
 * Drops a file on a window, as a file manager would: the source's side of "Drag-and-Drop Protocol
 * for the X Window System", version 5. Not modelled: a pointer that moves, and being refused.
 *
 * Usage: drop WINDOW FILE. Leaves with 0 once the window has said that it took it.
 */
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 5 };

static Display *display;
static Window mine, theirs;
static char uri[4096];

static Atom atom(const char *name) { return XInternAtom(display, name, False); }

static void tell(const char *what, long a, long b, long c, long d)
{
    XEvent e = { .xclient = {
        .type = ClientMessage, .window = theirs, .message_type = atom(what), .format = 32,
        .data.l = { (long)mine, a, b, c, d },
    } };

    XSendEvent(display, theirs, False, NoEventMask, &e);
    XFlush(display);
}

/* What the window asks for is the file's name. */
static void answer(const XSelectionRequestEvent *asked)
{
    XEvent e = { .xselection = {
        .type = SelectionNotify, .requestor = asked->requestor, .selection = asked->selection,
        .target = asked->target, .property = asked->property, .time = asked->time,
    } };

    XChangeProperty(display, asked->requestor, asked->property, asked->target, 8, PropModeReplace,
                    (const unsigned char *)uri, (int)strlen(uri));
    XSendEvent(display, asked->requestor, False, NoEventMask, &e);
    XFlush(display);
}

/* Until the window has said so. */
static void wait_for(const char *what)
{
    XEvent e;

    do {
        XNextEvent(display, &e);
        if (e.type == SelectionRequest)
            answer(&e.xselectionrequest);
    } while (e.type != ClientMessage || e.xclient.message_type != atom(what));
}

int main(int argc, char **argv)
{
    display = XOpenDisplay(NULL);
    if (argc != 3 || !display) {
        fprintf(stderr, "usage: drop WINDOW FILE, with a display\n");
        return 1;
    }
    theirs = strtoul(argv[1], NULL, 0);
    snprintf(uri, sizeof uri, "file://%s\r\n", argv[2]);
    mine = XCreateSimpleWindow(display, DefaultRootWindow(display), 0, 0, 1, 1, 0, 0, 0);
    XSetSelectionOwner(display, atom("XdndSelection"), mine, CurrentTime);
    tell("XdndEnter", VERSION << 24, (long)atom("text/uri-list"), None, None);
    tell("XdndPosition", 0, 0, CurrentTime, (long)atom("XdndActionCopy"));
    wait_for("XdndStatus");
    tell("XdndDrop", 0, CurrentTime, 0, 0);
    wait_for("XdndFinished");
    XCloseDisplay(display);
    return 0;
}
