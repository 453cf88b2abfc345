/*
 * Random traffic for the devices of a PC: ports, registers, descriptors in memory, keys, frames,
 * media, time. Nothing may crash, whatever the sanitizers call a crash; the same traffic twice
 * ends in the same state; saving and loading must not be noticed.
 *
 *   fuzz_devices [--seconds N] [--seed N] [--device NAME] [--corpus DIR] [--write DIR]
 *   fuzz_devices FILE...             replays cases (tests/support/fuzz_case.h says how they look)
 *   fuzz_devices --print SEED --device NAME    shows what a seed makes
 *
 * With --corpus half of the cases are those of the directory, changed. --write keeps what
 * crashed, and what is running now, as DIR/DEVICE-SEED.
 */
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "bus/pci.h"
#include "core/device.h"
#include "core/error.h"
#include "core/input.h"
#include "tests/insn/random.h"
#include "tests/support/fuzz_case.h"

enum { HANG_SECONDS = 100, MOST_STEPS = 300 };

static struct rng r;

static u64 pick(u64 n)
{
    return rng_below(&r, n);
}

#define ONE_OF(array) ((array)[pick(COUNT(array))])

/* ---- Devices, and what concerns them besides their own registers ---- */

struct target {
    const char *name;
    const char *neighbour[3];   /* whose registers it is reached through, or affected by */
    const char *ear;            /* what input is for */
    u32         hot[28];        /* offsets of registers in a window too large to guess */
};

static const struct target targets[] = {
    { "pic", { "pit", "rtc" }, NULL, { 0 } },
    { "pit", { "port61", "pic" }, NULL, { 0 } },
    { "port61", { "pit" }, NULL, { 0 } },
    { "rtc", { "pic" }, NULL, { 0 } },
    { "dma", { "fdc" }, NULL, { 0 } },
    { "kbc", { NULL }, "keyboard", { 0 } },
    { "keyboard", { "kbc" }, "keyboard", { 0 } },
    { "mouse", { "kbc" }, "mouse", { 0 } },
    { "com1", { NULL }, "com1", { 0 } },
    { "lpt1", { NULL }, NULL, { 0 } },
    { "fdc", { "dma" }, "fda", { 0 } },
    { "fda", { "fdc", "dma" }, "fda", { 0 } },
    { "ide", { NULL }, "hdc", { 0 } },
    { "hda", { "ide" }, NULL, { 0 } },
    { "hdc", { "ide" }, "hdc", { 0 } },
    { "vga", { NULL }, NULL,
      { 0x400, 0x420, 0x500, 0x502, 0x504, 0x506, 0x508, 0x50a, 0x50c, 0x50e, 0x510, 0x512,
        0x600 } },
    { "nic0", { NULL }, "nic0",
      { 0x00, 0x08, 0x10, 0x14, 0x18, 0x20, 0x38, 0xc0, 0xc4, 0xc8, 0xd0, 0xd8, 0x100, 0x400, 0x410,
        0x2800, 0x2808, 0x2810, 0x2818, 0x2820, 0x3800, 0x3808, 0x3810, 0x3818, 0x3820, 0x5000,
        0x5400, 0x5200 } },
    { "nic1", { NULL }, "nic1",
      { 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x37, 0x38, 0x3a, 0x3c, 0x3e, 0x40,
        0x44, 0x48, 0x4c, 0x50, 0x52, 0x54, 0x58, 0x62, 0xd9, 0xe0, 0xe4, 0xe8, 0xec } },
    { "nic2", { NULL }, "nic2", { 0 } },
    { "hpet", { "pit", "rtc" }, NULL,
      { 0x00, 0x10, 0x20, 0xf0, 0xf4, 0x100, 0x104, 0x108, 0x10c, 0x110, 0x120, 0x128, 0x130, 0x140,
        0x148, 0x150 } },
    { "ioapic", { "pit", "hpet" }, NULL, { 0x00, 0x10 } },
    { "cpu0", { "pit", "ioapic" }, NULL,        /* its local APIC */
      { 0x20, 0x30, 0x80, 0xb0, 0xd0, 0xe0, 0xf0, 0x280, 0x300, 0x310, 0x320, 0x330, 0x340, 0x350,
        0x360, 0x370, 0x380, 0x390, 0x3e0 } },
    { "pm", { NULL }, "board", { 0 } },
    { "piix3", { "kbc" }, NULL, { 0 } },
    { "host", { NULL }, NULL, { 0 } },
    { "fwcfg", { NULL }, NULL, { 0 } },
    { "pvpanic", { "debugcon", "exit" }, NULL, { 0 } },
    { "coprocessor", { NULL }, NULL, { 0 } },
    { "testdev", { "pic", "ioapic" }, NULL, { 0 } },
    { "pcitest", { NULL }, NULL, { 0, 4, 8, 12 } },
};

/* ---- Where they are ---- */

struct window { char owner[16]; bool ports; u64 base, size; };
struct function { char owner[16]; unsigned slot, function; };

static struct {
    struct window   window[600];
    unsigned        windows;
    struct function function[32];
    unsigned        functions;
} map[2];                       /* of pc and isapc */

static unsigned board;          /* which of them */

static void note_place(struct space *space, bool ports, u64 at, u64 step)
{
    u64 offset;
    const struct region *region = space_find(space, at, &offset);
    struct window *last = &map[board].window[map[board].windows];

    if (!region || !region->owner || (region->ram && strcmp(region->owner->name, "vga")))
        return;
    if (map[board].windows && !strcmp(last[-1].owner, region->owner->name)
        && last[-1].ports == ports && last[-1].base + last[-1].size == at) {
        last[-1].size += step;
        return;
    }
    if (map[board].windows == COUNT(map[board].window))
        return;
    *last = (struct window){ .ports = ports, .base = at, .size = step };
    snprintf(last->owner, sizeof last->owner, "%s", region->owner->name);
    map[board].windows++;
}

static void note_functions(struct machine *m)
{
    struct device *bus = machine_find(m, "pci");

    for (unsigned i = 0; bus && i < 64; i++) {
        struct pci *p = pci_function_at(bus, i / 4, i % 4);
        struct function *f = &map[board].function[map[board].functions];

        if (!p || map[board].functions == COUNT(map[board].function))
            continue;
        *f = (struct function){ .slot = i / 4, .function = i % 4 };
        snprintf(f->owner, sizeof f->owner, "%s", p->dev->name);
        map[board].functions++;
    }
}

static void look_around(void)
{
    struct fuzz_plan plan = { .isa = board == 1, .cpus = 1 };
    struct fuzz_world *w = fuzz_world_create(&plan);

    fuzz_world_set_up(w);
    for (u64 at = 0; at < 0x10000; at++)
        note_place(w->machine->ports, true, at, 1);
    for (u64 at = 0xa0000; at < 0xc0000; at += 0x1000)
        note_place(fuzz_world_memory(w), false, at, 0x1000);
    for (u64 at = 0xe0000000; at < 0xe4000000; at += 0x100)
        note_place(fuzz_world_memory(w), false, at, 0x100);
    for (u64 at = 0xfec00000; at < 0xfef00000; at += 0x400)
        note_place(fuzz_world_memory(w), false, at, 0x400);
    note_functions(w->machine);
    fuzz_world_destroy(w);
}

static const struct window *window_of(const char *owner)
{
    const struct window *found = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < map[board].windows; i++)
        if (!strcmp(map[board].window[i].owner, owner) && pick(++n) == 0)
            found = &map[board].window[i];
    return found;
}

/* ---- Steps ---- */

static struct fuzz_step *add(struct fuzz_case *c, enum fuzz_kind kind)
{
    struct fuzz_step *s = &c->step[c->steps < FUZZ_STEPS - 1 ? c->steps++ : c->steps];

    *s = (struct fuzz_step){ .kind = kind, .times = 1, .first = c->bytes.used };
    return s;
}

/* Few places, so that registers and memory meet. */
static u64 place(void)
{
    static const u32 places[] = { 0x8000, 0x10000, 0x10800, 0x20000, 0x30000, 0x3fff0, 0x40000 };

    switch (pick(12)) {
    case 0:  return pick(WORLD_RAM);
    case 1:  return WORLD_RAM - pick(0x20);
    case 2:  return rng_next(&r) >> pick(64);
    default: return ONE_OF(places);
    }
}

static u64 value(void)
{
    switch (pick(10)) {
    case 0:  return 0;
    case 1:  return BIT(pick(32));
    case 2:  return ~BIT(pick(32));
    case 3:  return (u64)0 - 1;
    case 4:  return pick(0x20);
    case 5:  return pick(0x1000);
    case 6:  return place();
    case 7:  return rng_next(&r);
    default: return pick(0x100);
    }
}

static unsigned size(bool ports)
{
    static const u8 in_ports[] = { 1, 1, 1, 1, 1, 2, 2, 4 };
    static const u8 in_memory[] = { 1, 2, 4, 4, 4, 4, 8, 8 };

    if (pick(40) == 0)
        return 1 + (unsigned)pick(8);
    return ports ? ONE_OF(in_ports) : ONE_OF(in_memory);
}

static unsigned times(void)
{
    return pick(12) ? 1 : pick(12) ? 1 + (unsigned)pick(20) : (unsigned)(1 + pick(600));
}

static u64 offset_in(const struct window *w, const struct target *t)
{
    unsigned hot = 0;

    while (hot < COUNT(t->hot) && (hot == 0 || t->hot[hot]))
        hot++;
    if (w->size > 0x40 && hot > 1 && pick(10))
        return t->hot[pick(hot)] + (pick(20) ? 0 : pick(8));
    return pick(w->size < 0x40 || pick(4) ? w->size : 0x40);
}

static void add_access(struct fuzz_case *c, const struct target *t, const char *owner)
{
    const struct window *w = window_of(owner);
    bool reads = pick(3) == 0;
    struct fuzz_step *s;

    if (!w)
        return;
    s = add(c, w->ports ? reads ? FUZZ_IN : FUZZ_OUT : reads ? FUZZ_READ : FUZZ_WRITE);
    s->size = size(w->ports);
    s->at = w->base + offset_in(w, t);
    s->value = reads ? 0 : value();
    s->times = times();
}

static void add_port(struct fuzz_case *c, u64 port, u64 v, unsigned bytes)
{
    struct fuzz_step *s = add(c, FUZZ_OUT);

    s->at = port;
    s->value = v;
    s->size = bytes;
}

/* CF8h and CFCh, mostly at what matters: command, BARs, the chip's own. */
static void add_config(struct fuzz_case *c, const char *owner)
{
    static const u8 usual[] = { 4, 4, 5, 0x10, 0x14, 0x20, 0x30, 0x3c, 0x40, 0x44, 0x50, 0x58, 0x5c,
                                0x60, 0x70, 0x72, 0x80, 0x90, 0xd2 };
    unsigned at = pick(2) ? ONE_OF(usual) : (unsigned)pick(256);

    for (unsigned i = 0; i < map[board].functions; i++) {
        const struct function *f = &map[board].function[i];
        unsigned bytes = 1u << pick(3);

        if (strcmp(f->owner, owner))
            continue;
        add_port(c, 0xcf8, UINT32_C(1) << 31 | f->slot << 11 | f->function << 8 | (at & 0xfc), 4);
        add_port(c, 0xcfc + (at & 3 & ~(bytes - 1)), at == 4 ? 7 : value(), bytes);
        if (pick(3) == 0)
            c->step[c->steps - 1].kind = FUZZ_IN;
    }
}

/* ---- Memory: descriptors of every kind lie at the usual places ---- */

static void put(struct fuzz_case *c, u64 v, unsigned bytes)
{
    buffer_put_number(&c->bytes, v, bytes);
}

static u64 swapped(u64 v, unsigned bytes)
{
    return __builtin_bswap64(v) >> (64 - 8 * bytes);
}

static void put_prds(struct fuzz_case *c)
{
    for (unsigned i = 0, n = 1 + (unsigned)pick(6); i < n; i++) {
        put(c, place() & ~UINT64_C(1), 4);
        put(c, pick(8) ? 0x200u << pick(4) : pick(0x10000), 2);
        put(c, i == n - 1 && pick(8) ? 0x8000 : 0, 2);
    }
}

/* Of the 82540EM, 3.2.3 and 3.3: legacy, context and data descriptors alike. */
static void put_e1000_ring(struct fuzz_case *c)
{
    for (unsigned i = 0; i < 8; i++) {
        u64 command = pick(2) ? 0x0b : rng_next(&r) & 0xff, type = pick(3);

        put(c, place(), 8);
        put(c, pick(4) ? 60 + pick(1500) : rng_next(&r) & 0xfffff, 2);
        put(c, pick(4) ? type << 4 | (type ? 0x20u << 4 : 0) : rng_next(&r) & 0xffff, 1);
        put(c, command | (type ? 0x20 : 0), 1);
        put(c, pick(4) ? 0 : rng_next(&r), 4);
    }
}

static void put_rtl8139_ring(struct fuzz_case *c)
{
    for (unsigned i = 0; i < 8; i++) {
        put(c, (pick(4) ? 0x80000000 : 0) | (i == 7 ? 0x40000000 : 0) | pick(16) << 26
                   | (pick(4) ? 60 + pick(1500) : pick(0x4000)), 4);
        put(c, pick(4) ? 0 : rng_next(&r), 4);
        put(c, place(), 8);
    }
}

/* fw_cfg's request: big-endian control, length, address. */
static void put_fwcfg(struct fuzz_case *c)
{
    put(c, swapped(pick(0x40) << 16 | (8 | 1u << pick(5)), 4), 4);
    put(c, swapped(pick(4) ? pick(0x200) : rng_next(&r), 4), 4);
    put(c, swapped(place(), 8), 8);
}

static void put_frame(struct fuzz_case *c)
{
    static const u8 to[][6] = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
                                { 0x52, 0x54, 0, 0x12, 0x34, 0x56 }, { 1, 0, 0x5e, 0, 0, 1 } };
    size_t count = pick(8) ? 46 + pick(200) : pick(1600);
    u64 type = pick(8);

    buffer_put(&c->bytes, ONE_OF(to), 6);
    put(c, 0x525400123456, 6);
    if (type == 0)
        put(c, 0x0081 | pick(0x10000) << 16, 4);
    put(c, type < 4 ? 0x0008 : type < 6 ? 0xdd86 : rng_next(&r), 2);
    put(c, type < 4 ? 0x45 : 0x60, 1);
    for (size_t i = 0; i < count; i++)
        put(c, i == 8 ? (pick(2) ? 6 : 17) : pick(4) ? 0 : pick(256), 1);
}

static void add_ram(struct fuzz_case *c)
{
    struct fuzz_step *s = add(c, FUZZ_RAM);

    switch (pick(7)) {
    case 0:  put_prds(c); break;
    case 1:  put_e1000_ring(c); break;
    case 2:  put_rtl8139_ring(c); break;
    case 3:  put_fwcfg(c); break;
    case 4:  put_frame(c); break;
    case 5:  for (unsigned i = 0; i < 32; i++) put(c, value(), 4); break;
    default: for (unsigned i = 0; i < 64; i++) put(c, rng_next(&r), 8); break;
    }
    s->count = c->bytes.used - s->first;
    s->at = place();
    if (s->at < 0x1000 || s->at >= WORLD_RAM - s->count)
        s->at = 0x10000;                /* the processor's vectors stay */
}

/* ---- What comes from outside ---- */

static void add_input(struct fuzz_case *c, const char *ear)
{
    static const char *const media[] = { "cd", "other-cd", "floppy", "small", "single", "none" };
    static const u8 wire[] = { INPUT_FRAME, INPUT_FRAME, INPUT_FRAME, INPUT_CARRIER };
    struct fuzz_step *s = add(c, FUZZ_INPUT);
    const char *medium = ONE_OF(media);

    snprintf(s->device, sizeof s->device, "%s", ear);
    if (!strcmp(ear, "keyboard")) {
        s->size = INPUT_KEY;
        put(c, pick(8) ? 4 + pick(0x60) : pick(256), 1), put(c, pick(2), 1);
    } else if (!strcmp(ear, "mouse")) {
        s->size = INPUT_POINTER;
        put(c, pick(4) ? pick(20) - 10 : rng_next(&r), 2), put(c, pick(20) - 10, 2);
        put(c, pick(3) - 1, 1), put(c, pick(32), 1);
    } else if (!strcmp(ear, "com1")) {
        s->size = pick(6) ? INPUT_BYTES : INPUT_BREAK;
        for (u64 n = pick(40); n; n--)
            put(c, pick(256), 1);
    } else if (!strcmp(ear, "board")) {
        s->size = INPUT_BUTTON;
        put(c, pick(3), 1);
    } else if (!strncmp(ear, "nic", 3)) {
        s->size = ONE_OF(wire);
        if (s->size == INPUT_FRAME)
            put_frame(c);
        else
            put(c, pick(2), 1);
    } else {
        s->size = INPUT_MEDIUM;
        if (pick(3))
            buffer_put(&c->bytes, medium, strlen(medium));
    }
    s->count = c->bytes.used - s->first;
}

static void add_run(struct fuzz_case *c)
{
    static const u32 spans[] = { 1, 100, 1000, 10000, 100000, 1000000, 1000000, 20000000 };

    add(c, FUZZ_RUN)->value = 1 + pick(ONE_OF(spans));
}

/* ---- Cases ---- */

static void add_step(struct fuzz_case *c, const struct target *t)
{
    const char *owner = t->name;
    u64 which = pick(100);

    if (t->neighbour[0] && pick(3) == 0)
        owner = t->neighbour[t->neighbour[1] && pick(2)];
    else if (t->neighbour[0] && !window_of(t->name))
        owner = t->neighbour[0];
    if (which < 66)
        add_access(c, t, owner);
    else if (which < 72)
        add_config(c, owner);
    else if (which < 80)
        add_ram(c);
    else if (which < 92)
        add_run(c);
    else if (which < 97 && t->ear)
        add_input(c, t->ear);
    else if (which < 98 && !strcmp(t->name, "vga"))
        add(c, FUZZ_DRAW);
    else if (pick(6) == 0)
        add(c, FUZZ_RESET), add(c, FUZZ_SETUP);
    else if (pick(6) == 0)
        add(c, FUZZ_SAVE);
}

static void make_case(struct fuzz_case *c, const struct target *t)
{
    fuzz_case_clear(c);
    board = pick(8) == 0;
    c->plan = (struct fuzz_plan){ board == 1, pick(2) == 0, board == 0 && pick(8) == 0 ? 2 : 1 };
    if (pick(20))
        add(c, FUZZ_SETUP);
    for (u64 n = 1 + pick(MOST_STEPS); n; n--)
        add_step(c, t);
}

static void change_step(struct fuzz_step *s)
{
    switch (pick(6)) {
    case 0: s->value ^= BIT(pick(8 * s->size + 1) % 64); break;
    case 1: s->value = s->kind == FUZZ_RUN ? 1 + pick(1000000) : value(); break;
    case 2: if (s->kind <= FUZZ_READ) s->at += pick(9) - 4; break;
    case 3: if (s->kind <= FUZZ_READ) s->times = 1 + (unsigned)pick(600); break;
    case 4: if (s->kind <= FUZZ_READ) s->size = size(s->kind <= FUZZ_IN); break;
    default: break;
    }
    if (s->kind == FUZZ_RUN && (s->value == 0 || s->value > 100000000))
        s->value = 1000;
}

/* A case of the corpus with steps changed, left out, doubled and put in between. */
static void change_case(struct fuzz_case *to, const struct fuzz_case *from, const struct target *t)
{
    unsigned rate = 2 + (unsigned)pick(60);

    fuzz_case_clear(to);
    to->plan = from->plan;
    to->plan.deaf ^= pick(8) == 0;
    board = to->plan.isa;
    buffer_put(&to->bytes, from->bytes.bytes, from->bytes.used);
    for (unsigned i = 0; i < from->steps && to->steps < FUZZ_STEPS - 8; i++) {
        u64 what = pick(rate);
        struct fuzz_step s = from->step[i];

        if (what == 0 && pick(2))
            add_step(to, t);
        else if (what == 0)
            change_step(&s);
        else if (what == 1 && pick(2))
            continue;
        *add(to, s.kind) = s;
        if (pick(100) == 0)
            add(to, FUZZ_SAVE);
        if (s.kind == FUZZ_RAM && s.count && pick(rate) < 2)
            to->bytes.bytes[s.first + pick(s.count)] ^= (u8)BIT(pick(8));
    }
}

/* ---- The corpus: DEVICE or DEVICE-what.case ---- */

static struct { char *path; const struct target *target; } corpus[200];
static unsigned corpus_count;

static const struct target *target_of(const char *name)
{
    size_t n = strcspn(name, "-.");

    for (unsigned i = 0; i < COUNT(targets); i++)
        if (strlen(targets[i].name) == n && !strncmp(targets[i].name, name, n))
            return &targets[i];
    return NULL;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_corpus(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *e;

    while (dir && (e = readdir(dir))) {
        const struct target *t = target_of(e->d_name);
        size_t room = strlen(path) + strlen(e->d_name) + 2;

        if (!t || corpus_count == COUNT(corpus) || !(corpus[corpus_count].path = malloc(room)))
            continue;
        snprintf(corpus[corpus_count].path, room, "%s/%s", path, e->d_name);
        corpus[corpus_count++].target = t;
    }
    if (dir)
        closedir(dir);
    qsort(corpus, corpus_count, sizeof corpus[0], by_path);
}

/* ---- Running ---- */

static char running[120];       /* what to say of a crash */

extern void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

static void tell(void)
{
    if (write(2, running, strlen(running)) < 0)
        _exit(2);
}

static void caught(int number)
{
    tell();
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_all(void)
{
    static const int signals[] = { SIGABRT, SIGPROF };

    for (unsigned i = 0; i < COUNT(signals); i++)
        signal(signals[i], caught);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(tell);
}

/* Of the processor's time: how busy the host is does not count. */
static void limit(int seconds)
{
    setitimer(ITIMER_PROF, &(struct itimerval){ .it_value = { .tv_sec = seconds } }, NULL);
}

/* Twice now and then, always when a file is replayed. */
static void run_case(const struct fuzz_case *c, bool twice)
{
    struct digest one, two;

    limit(HANG_SECONDS);
    one = fuzz_case_run(c);
    two = twice ? fuzz_case_run(c) : one;
    limit(0);
    if (one.low == two.low && one.high == two.high)
        return;
    fprintf(stderr, "fuzz: the same traffic ends in another state\n");
    abort();
}

static void make(struct fuzz_case *c, const struct target *t, u64 seed)
{
    static struct fuzz_case *like;
    unsigned n = 0, chosen = 0;

    r = rng_seeded(t->name, seed);
    for (unsigned i = 0; i < corpus_count; i++)
        if (corpus[i].target == t && pick(++n) == 0)
            chosen = i;
    if (!like)
        like = fuzz_case_create();
    if (n && pick(2) && fuzz_case_read(like, corpus[chosen].path))
        change_case(c, like, t);
    else
        make_case(c, t);
}

static void one(struct fuzz_case *c, const struct target *t, u64 seed, const char *write_to)
{
    char path[300] = "";
    FILE *f = NULL;

    make(c, t, seed);
    snprintf(running, sizeof running, "fuzz: failed; see: fuzz_devices --device %s --print %" PRIu64
             " (and the same --corpus)\n", t->name, seed);
    if (write_to) {
        snprintf(path, sizeof path, "%s/%s-%" PRIu64 ".case", write_to, t->name, seed);
        f = fopen(path, "w");
    }
    if (f) {
        fuzz_case_write(c, f);
        fclose(f);
    }
    run_case(c, seed % 8 == 0);
    if (f)
        unlink(path);
}

static int replay(struct fuzz_case *c, char **file, int count)
{
    for (int i = 0; i < count; i++) {
        snprintf(running, sizeof running, "fuzz: failed in %.90s\n", file[i]);
        if (!fuzz_case_read(c, file[i]))
            return 1;
        run_case(c, true);
    }
    printf("%d cases replayed, nothing found\n", count);
    return 0;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int usage(void)
{
    fputs("usage: fuzz_devices [--seconds N] [--seed N] [--device NAME] [--corpus DIR]"
          " [--write DIR]\n"
          "       fuzz_devices FILE...\n"
          "       fuzz_devices --device NAME --print SEED\n"
          "devices:", stderr);
    for (unsigned i = 0; i < COUNT(targets); i++)
        fprintf(stderr, " %s", targets[i].name);
    fputc('\n', stderr);
    return 2;
}

struct words {
    u64                  seconds, seed, print;
    bool                 prints;
    const struct target *only;
    const char          *write_to;
};

/* The first word that is no option, or -1. */
static int parse(struct words *w, int argc, char **argv)
{
    int i = 1;

    for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2)
        if (!strcmp(argv[i], "--seconds"))
            w->seconds = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--seed"))
            w->seed = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--print"))
            w->print = strtoull(argv[i + 1], NULL, 0), w->prints = true;
        else if (!strcmp(argv[i], "--corpus"))
            find_corpus(argv[i + 1]);
        else if (!strcmp(argv[i], "--write"))
            w->write_to = argv[i + 1];
        else if (strcmp(argv[i], "--device") || !(w->only = target_of(argv[i + 1])))
            return -1;
    return i < argc && argv[i][0] == '-' ? -1 : i;
}

int main(int argc, char **argv)
{
    struct words w = { .seconds = 10, .seed = 1 };
    int first = parse(&w, argc, argv);
    struct fuzz_case *c = fuzz_case_create();
    double end = seconds_now();
    u64 n = 0;

    end += (double)w.seconds;
    if (first < 0 || (w.prints && !w.only))
        return usage();
    catch_all();
    if (first < argc) {
        first = replay(c, argv + first, argc - first);
        fuzz_case_destroy(c);
        return first;
    }
    for (board = 0; board < 2; board++)
        look_around();
    if (w.prints) {
        make(c, w.only, w.print);
        fuzz_case_write(c, stdout);
        fuzz_case_destroy(c);
        return 0;
    }
    for (u64 seed = w.seed; seconds_now() < end; seed++)
        for (unsigned i = 0; i < COUNT(targets); i++)
            if ((!w.only || w.only == &targets[i]) && seconds_now() < end) {
                one(c, &targets[i], seed, w.write_to);
                n++;
            }
    printf("%" PRIu64 " cases from seed %" PRIu64 " on, nothing found\n", n, w.seed);
    fuzz_case_destroy(c);
    return 0;
}
