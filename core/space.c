#include "core/space.h"

#include "core/bits.h"
#include "core/device.h"
#include "core/ram.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* n sheets show at most 2n - 1 pieces. A board's regions are few and known: no need to grow. */
enum { REGIONS = 1024, PIECES = 2 * REGIONS };

struct piece {
    u64            first, last;
    struct region *region;
};

struct space {
    const char           *name;
    struct region        *top;          /* falling priority */
    struct space_watcher *watchers;
    struct space         *beneath;      /* whose regions show through */
    struct space         *above, *beside;   /* the first that lies over this; the next of those */
    u32                   regions;
    u32                   pieces, hit;  /* hit: where the last search ended */
    struct piece          piece[PIECES];
};

struct space *space_create(const char *name)
{
    struct space *s = calloc(1, sizeof *s);

    if (s)
        s->name = name;
    return s;
}

static void flatten(struct space *s);
static void take_out(struct region *r);

struct space *space_create_over(const char *name, struct space *beneath)
{
    struct space *s = space_create(name);

    if (!s)
        return NULL;
    s->beneath = beneath;
    s->beside = beneath->above;
    beneath->above = s;
    flatten(s);
    return s;
}

void space_destroy(struct space *s)
{
    if (!s)
        return;
    assert(!s->above);
    while (s->beneath && s->top)
        take_out(s->top);
    for (struct space **link = s->beneath ? &s->beneath->above : NULL; link; ) {
        if (*link == s) {
            *link = s->beside;
            break;
        }
        link = &(*link)->beside;
    }
    free(s);
}

const char *space_name(const struct space *s)
{
    return s->name;
}

/* -- the flat view -- */

static u64 last_of(const struct region *r)
{
    return r->base + r->size - 1;
}

static const char *owner_name(const struct region *r)
{
    return r->owner ? r->owner->name : "";
}

static bool is_above(const struct region *a, const struct region *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->base != b->base)
        return a->base < b->base;
    if (a->size != b->size)
        return a->size < b->size;
    int order = strcmp(a->name, b->name);

    return (order ? order : strcmp(owner_name(a), owner_name(b))) < 0;
}

/* The first piece that ends at or after an address. */
static u32 search(const struct space *s, u64 address)
{
    u32 low = 0, high = s->pieces;

    while (low < high) {
        u32 middle = (low + high) / 2;

        if (s->piece[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct space *s, u32 at, struct piece p)
{
    assert(s->pieces < PIECES);
    memmove(&s->piece[at + 1], &s->piece[at], (s->pieces - at) * sizeof p);
    s->piece[at] = p;
    s->pieces++;
}

/* Slides a sheet under those already there: it fills the gaps. */
static void slide_under(struct space *s, struct region *r)
{
    u64 at = r->base, last = last_of(r);

    for (u32 i = search(s, at); ; i++) {
        if (i == s->pieces || s->piece[i].first > at) {
            bool open = i == s->pieces || s->piece[i].first > last;

            insert(s, i, (struct piece){ at, open ? last : s->piece[i].first - 1, r });
        }
        if (s->piece[i].last >= last)
            return;
        at = s->piece[i].last + 1;
    }
}

static void flatten(struct space *s)
{
    s->pieces = s->hit = 0;
    for (struct space *layer = s; layer; layer = layer->beneath)
        for (struct region *r = layer->top; r; r = r->next)
            slide_under(s, r);
    for (struct space *a = s->above; a; a = a->beside)
        flatten(a);
}

static void say_remapped(struct space *s, u64 first, u64 last)
{
    for (struct space_watcher *w = s->watchers; w; w = w->next)
        w->remapped(w, first, last);
    for (struct space *a = s->above; a; a = a->beside)
        say_remapped(a, first, last);
}

static void take_out(struct region *r)
{
    struct region **link = &r->space->top;

    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    r->space->regions--;
    r->space = NULL;
}

void space_map(struct space *s, struct region *r, u64 base, u8 priority)
{
    struct region **link = &s->top;

    assert(r->size && r->name && base + (r->size - 1) >= base);
    assert(!r->ram || r->ram_offset + r->size <= r->ram->size);
    if (r->space == s && r->base == base && r->priority == priority)
        return;
    space_unmap(r);
    assert(s->regions < REGIONS);
    r->base = base;
    r->priority = priority;
    while (*link && is_above(*link, r))
        link = &(*link)->next;
    r->next = *link;
    *link = r;
    r->space = s;
    s->regions++;
    flatten(s);
    say_remapped(s, base, last_of(r));
}

void space_unmap(struct region *r)
{
    struct space *s = r->space;

    if (!s)
        return;
    take_out(r);
    flatten(s);
    say_remapped(s, r->base, last_of(r));
}

void space_unmap_all_of(struct space *s, const struct device *owner)
{
    for (struct region *r = s->top, *next; r; r = next) {
        next = r->next;
        if (r->owner == owner)
            space_unmap(r);
    }
}

void space_watch(struct space *s, struct space_watcher *w)
{
    w->next = s->watchers;
    s->watchers = w;
}

void space_unwatch(struct space *s, struct space_watcher *w)
{
    for (struct space_watcher **link = &s->watchers; *link; link = &(*link)->next) {
        if (*link == w) {
            *link = w->next;
            return;
        }
    }
}

void space_forget(struct space *s)
{
    say_remapped(s, 0, UINT64_MAX);
}

void space_rewatch(struct region *r)
{
    ram_watch(r->ram, r->ram_offset, r->size);
    if (r->space)
        say_remapped(r->space, r->base, last_of(r));
}

/* -- looking up -- */

static const struct piece *find(struct space *s, u64 address)
{
    const struct piece *p = &s->piece[s->hit];

    if (s->hit < s->pieces && p->first <= address && address <= p->last)
        return p;
    u32 i = search(s, address);

    if (i == s->pieces || s->piece[i].first > address)
        return NULL;
    s->hit = i;
    return &s->piece[i];
}

struct region *space_find(struct space *s, u64 address, u64 *offset)
{
    const struct piece *p = find(s, address);

    if (!p)
        return NULL;
    *offset = address - p->region->base;
    return p->region;
}

u8 *space_page(struct space *s, u64 address, bool write, u8 **page_flags)
{
    u64 first = address & ~(PAGE_SIZE - 1);
    const struct piece *p = find(s, address);
    u64 at;

    if (!p || !p->region->ram || (write && !p->region->writable))
        return NULL;
    at = first - p->region->base + p->region->ram_offset;
    if (p->first > first || p->last < first + PAGE_SIZE - 1 || at % PAGE_SIZE)
        return NULL;
    *page_flags = &p->region->ram->page_flags[at / PAGE_SIZE];
    return p->region->ram->host + at;
}

/* -- reading and writing -- */

static u64 read_registers(const struct region *r, u64 offset, unsigned size)
{
    unsigned widest = r->io && r->io->widest ? r->io->widest : 1;
    u64 value = 0;

    if (!r->io || !r->io->read)
        return field(UINT64_MAX, 0, 8 * size);
    for (unsigned done = 0, n; done < size; done += n) {
        n = size - done < widest ? size - done : widest;
        value |= field(r->io->read(r->owner, offset + done, n), 0, 8 * n) << (8 * done);
    }
    return value;
}

static void write_registers(const struct region *r, u64 offset, u64 value, unsigned size)
{
    unsigned widest = r->io && r->io->widest ? r->io->widest : 1;

    if (!r->io || !r->io->write)
        return;
    for (unsigned done = 0, n; done < size; done += n) {
        n = size - done < widest ? size - done : widest;
        r->io->write(r->owner, offset + done, field(value >> (8 * done), 0, 8 * n), n);
    }
}

static void tell_code_written(struct space *s, u8 *page, u32 first, u32 last)
{
    for (struct space_watcher *w = s->watchers; w; w = w->next)
        w->code_written(w, page, first, last);
    for (struct space *a = s->above; a; a = a->beside)
        tell_code_written(a, page, first, last);
}

/* The bytes are RAM's, whichever view they were stored through: all views are told. */
static void say_code_written(struct space *s, u8 *page, u32 first, u32 last)
{
    while (s->beneath)
        s = s->beneath;
    tell_code_written(s, page, first, last);
}

void space_store(struct space *s, struct ram *ram, u64 at, const void *from, u64 count)
{
    memcpy(ram->host + at, from, count);
    for (u64 n; count; at += n, count -= n) {
        u32 first = at % PAGE_SIZE;
        u8 *flags = &ram->page_flags[at / PAGE_SIZE];

        n = count < PAGE_SIZE - first ? count : PAGE_SIZE - first;
        ram_note_store(flags);
        if (unlikely(*flags & RAM_CODE))
            say_code_written(s, ram->host + at - first, first, first + (u32)n - 1);
    }
}

u64 space_read(struct space *s, u64 address, unsigned size)
{
    const struct piece *p = find(s, address);
    u64 value = 0;

    if (likely(p && p->last - address >= size - 1)) {
        const struct region *r = p->region;
        u64 offset = address - r->base;

        return r->ram ? load_le(r->ram->host + r->ram_offset + offset, size)
                      : read_registers(r, offset, size);
    }
    if (size == 1)
        return 0xff;
    for (unsigned i = 0; i < size; i++)
        value |= space_read(s, address + i, 1) << (8 * i);
    return value;
}

void space_write(struct space *s, u64 address, u64 value, unsigned size)
{
    const struct piece *p = find(s, address);
    u8 bytes[8];

    if (likely(p && p->last - address >= size - 1)) {
        const struct region *r = p->region;
        u64 offset = address - r->base;

        if (!r->ram || !r->writable) {
            write_registers(r, offset, value, size);
            return;
        }
        store_le(bytes, value, size);
        space_store(s, r->ram, r->ram_offset + offset, bytes, size);
        return;
    }
    for (unsigned i = 0; size > 1 && i < size; i++)
        space_write(s, address + i, value >> (8 * i), 1);
}

/* The region that an access goes to as a whole, and can be one of many to. */
static const struct region *whole_register(struct space *s, u64 address, unsigned size)
{
    const struct piece *p = find(s, address);

    if (!p || p->last - address < size - 1 || !p->region->many || p->region->io->widest < size)
        return NULL;
    return p->region;
}

u32 space_read_many(struct space *s, u64 address, unsigned size, u8 *to, u32 n)
{
    const struct region *r = whole_register(s, address, size);

    return r ? r->many->read(r->owner, address - r->base, size, to, n) : 0;
}

u32 space_write_many(struct space *s, u64 address, unsigned size, const u8 *from, u32 n)
{
    const struct region *r = whole_register(s, address, size);

    return r ? r->many->write(r->owner, address - r->base, size, from, n) : 0;
}

/* -- many bytes -- */

/* How many bytes from an address on are one region's, or nobody's. */
static u64 stretch(struct space *s, u64 address, u64 count, struct region **r)
{
    const struct piece *p = find(s, address);
    u64 room = UINT64_MAX - address;
    u32 i;

    *r = p ? p->region : NULL;
    if (p)
        room = p->last - address;
    else if ((i = search(s, address)) < s->pieces)
        room = s->piece[i].first - address - 1;
    return count - 1 <= room ? count : room + 1;
}

static bool read_many(struct space *s, u64 address, u8 *to, u64 count, bool registers)
{
    bool whole = true;
    struct region *r;

    for (u64 n; count; address += n, to += n, count -= n) {
        n = stretch(s, address, count, &r);
        if (r && r->ram) {
            memcpy(to, r->ram->host + r->ram_offset + (address - r->base), n);
        } else if (r && registers) {
            *to = (u8)space_read(s, address, 1);
            n = 1;                              /* reading may have remapped the rest */
        } else {
            memset(to, 0xff, n);
            whole = false;
        }
    }
    return whole;
}

static bool write_many(struct space *s, u64 address, const u8 *from, u64 count, bool registers)
{
    bool whole = true;
    struct region *r;

    for (u64 n; count; address += n, from += n, count -= n) {
        n = stretch(s, address, count, &r);
        if (r && r->ram && r->writable) {
            space_store(s, r->ram, r->ram_offset + (address - r->base), from, n);
        } else if (r && registers) {
            space_write(s, address, *from, 1);
            n = 1;
        } else {
            whole = false;
        }
    }
    return whole;
}

void space_read_bytes(struct space *s, u64 address, void *to, u64 count)
{
    read_many(s, address, to, count, true);
}

void space_write_bytes(struct space *s, u64 address, const void *from, u64 count)
{
    write_many(s, address, from, count, true);
}

bool space_dma_read(struct space *s, u64 address, void *to, u64 count)
{
    return read_many(s, address, to, count, false);
}

bool space_dma_write(struct space *s, u64 address, const void *from, u64 count)
{
    return write_many(s, address, from, count, false);
}
