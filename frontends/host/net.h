/*
 * What network interfaces are plugged into. A kind lives in a directory of its own and is
 * one row in net.c; where the build left it out, it is refused by name.
 *
 * Frames from outside are queued here and enter the machine by net_pump() alone, between
 * two runs, while the interface has room. A kind is given virtual time, so that what needs
 * no outside world (DHCP, ARP, TFTP of slirp) repeats exactly if the run loop stops at the
 * same virtual times; net_until() says when to stop.
 */
#pragma once
#include "core/net.h"
#include "frontends/host/poll.h"

struct error;
struct machine;
struct net_dump;
struct net_host;
struct suboptions;

struct net_type {
    const char *name;                   /* "user", as -nic and -netdev name it */
    /* Starts with *net zeroed but for what it needs: machine and name. NULL: err says why. */
    struct net_host *(*open)(const struct suboptions *, struct machine *, struct error *);
    void (*close)(struct net_host *);   /* frees it too */
};

enum { NET_QUEUE = 1024, NET_FRAME = FRAME_BYTES + 8 };

struct net_frame {
    u64 when;                           /* virtual: it came */
    u32 count;
    u8  bytes[NET_FRAME];
};

struct net_host {                       /* first member of every kind's struct */
    struct net             net;         /* for net_port.out */
    const struct net_type *type;
    struct source          source;      /* for sources_add(): what the outside brings */
    struct machine        *machine;
    struct net_port       *port;
    struct net_dump       *dump;        /* or NULL */
    struct net_frame      *queue;       /* NET_QUEUE of them */
    unsigned               first, waiting;
    u64                    busy_at;     /* virtual time of the last frame either way */
    u64                    sent, received, lost;    /* frames, as the guest sees it */
    bool                   outside;     /* somebody on the real network may answer */
    char                   device[32];
};

/*
 * Plugs the interface called `device` into what the suboptions of -nic or -netdev describe;
 * `kind` is their first word. NULL: err says why.
 */
struct net_host *net_open(struct machine *, const char *device, const char *kind,
                          const struct suboptions *, struct error *);
void             net_close(struct net_host *);

/*
 * Between two runs, after sources_wait(): gives the guest what has come. True: frames are
 * waiting for room in the interface.
 */
bool net_pump(struct net_host *);
/* Where the next run had better end at the latest: soon, while frames come and go. */
u64  net_until(const struct net_host *, u64 until);
/* Virtual time had better not outrun real time: an answer is on its way. */
bool net_waits(const struct net_host *);

/* -object filter-dump: every frame, both ways, with virtual time, as a pcap file. */
bool net_dump_to(struct net_host *, const char *path, struct error *);
void net_dump_frame(struct net_dump *, u64 now, const u8 *frame, size_t count);
void net_dump_flush(struct net_dump *);
void net_dump_close(struct net_dump *);

/* For kinds. */
void net_send_begin(struct net_host *, const u8 *frame, size_t count);   /* notes what is sent */
void net_queue(struct net_host *, const u8 *frame, size_t count);
