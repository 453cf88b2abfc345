#pragma once
#include "core/clock.h"
#include "core/line.h"
#include "core/log.h"
#include "core/space.h"
#include "core/state.h"
#include "core/types.h"

struct chr;
struct error;
struct machine;

/* The first time, and each pull of the RESET wire. (INIT is a CPU's pin, not a reset.) */
enum reset { RESET_POWER, RESET_WIRE };

struct device {                 /* first member of every device's struct */
    const struct device_type *type;
    const char               *name;     /* "rtc", "uart0": unique on its board */
    struct machine           *machine;
    struct line              *lines;    /* what it drives */
    struct event             *events;   /* what wakes it */
    struct device            *next;     /* in order of attachment */
    void                     *allocation;
    u32                       activity; /* counts what a lamp would show; not saved */
    bool                      traced;   /* --trace rtc */
};

/* A row that was called otherwise in older snapshots. */
struct state_alias { const char *was, *is; };

struct device_type {
    const char               *name, *title; /* "mc146818"; words for people */
    size_t                    size;         /* of the struct that begins with device */
    const struct state_row   *state;
    const struct state_alias *renamed;      /* ended by a NULL */
    bool (*attach)(struct device *, struct error *);        /* once */
    void (*reset)(struct device *, enum reset);
    void (*pin)(struct device *, unsigned pin, bool level); /* a wire moved */
    /* Something came from outside: see machine_input(). */
    void (*input)(struct device *, u32 kind, const u8 *bytes, size_t count);
    void (*resume)(struct device *);    /* after a load: rebuild what is derived */
    void (*connect)(struct device *, struct chr *);         /* where its bytes go */
    size_t (*room)(const struct device *);                  /* for INPUT_BYTES, now */
    void *(*offer)(struct device *, const char *interface); /* see device_offer() */
    void (*detach)(struct device *);
};

/* For attach(). What they are given is embedded in the device. */
void device_line(struct device *, struct line *, const char *name);
void device_event(struct device *, struct event *, const char *name,
                  void (*fire)(struct device *, u64 due));

/*
 * What a device is to others, by name, or NULL: "drive" is a struct drive, "display" a
 * struct display, "net" a struct net_port, "speaker" a struct audio * to be set; buses
 * have theirs, named in their headers.
 */
void *device_offer(struct device *, const char *interface);

/* What the configuration says of this device: key "model" of cpu0 is "cpu0.model". */
const char *device_text(const struct device *, const char *key, const char *otherwise);
bool        device_flag(const struct device *, const char *key, bool otherwise);
u64         device_number(const struct device *, const char *key, u64 otherwise);

u64  device_now(const struct device *);
u64  device_ticks(const struct device *, u32 hz);
u64  device_time_to(const struct device *, const struct event *);
void device_arm_at(struct device *, struct event *, u64 due);
void device_arm_in(struct device *, struct event *, u64 delay);

void device_log(const struct device *, enum log_level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A place in the source that noticed an oddity; the machine remembers which have spoken. */
struct place { const char *file; int line; const char *text; };
bool device_oddity_is_news(const struct device *, const struct place *);

#define PLACE_TEXT_(text, ...) text

/* The guest did what no sane driver does, or what we lack: said once per place and machine. */
#define guest_oddity(dev, ...)                                                          \
    do {                                                                                \
        static const struct place here_ = { __FILE__, __LINE__, PLACE_TEXT_(__VA_ARGS__, ) }; \
        if (device_oddity_is_news(dev, &here_))                                         \
            device_log(dev, LOG_ODDITY, __VA_ARGS__);                                   \
    } while (0)

/* One predictable branch when off; its arguments are then not evaluated. */
#define trace(dev, ...) \
    do { if (unlikely((dev)->traced)) device_log(dev, LOG_TRACE, __VA_ARGS__); } while (0)
