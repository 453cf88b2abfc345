#include "core/snapshot.h"

#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"

#include <stdlib.h>
#include <string.h>

/*
 * "ORRERY\r\n", u32 version, u32 rows, then for each row its name, u8 kind, u8 size,
 * u32 count and the elements; u32 RAMs, then for each its name, u64 size, u64 pages
 * and for each page u64 number and its 4096 bytes, by rising number; the u128 hash of
 * all before. Everything is little-endian, names are u16 length and bytes.
 */
static const char magic[8] = "ORRERY\r\n";
enum { VERSION = 1 };

static bool is_zero(const u8 *page)
{
    u64 word, any = 0;

    for (unsigned i = 0; i < PAGE_SIZE && !any; i += 64) {
        for (unsigned j = 0; j < 64; j += sizeof word) {
            memcpy(&word, page + i + j, sizeof word);
            any |= word;
        }
    }
    return !any;
}

/* -- saving -- */

static void count_row(void *ctx, const struct state_view *v)
{
    (void)v;
    ++*(u32 *)ctx;
}

static void save_row(void *ctx, const struct state_view *v)
{
    struct buffer *b = ctx;

    buffer_put_text(b, v->name);
    buffer_put_number(b, v->kind, 1);
    buffer_put_number(b, v->size, 1);
    buffer_put_number(b, v->count, 4);
    for (u32 i = 0; i < v->count; i++)
        buffer_put_number(b, state_get(v, i), v->size);
}

static void save_ram(struct buffer *b, const struct ram *ram)
{
    size_t at, pages = 0;

    buffer_put_text(b, ram->name);
    buffer_put_number(b, ram->size, 8);
    at = b->used;
    buffer_put_number(b, 0, 8);
    for (u64 i = 0; i < ram->size / PAGE_SIZE && !b->failed; i++) {
        const u8 *page = ram->host + i * PAGE_SIZE;

        if (is_zero(page))
            continue;
        buffer_put_number(b, i, 8);
        buffer_put(b, page, PAGE_SIZE);
        pages++;
    }
    for (unsigned i = 0; i < 8 && !b->failed; i++)
        b->bytes[at + i] = (u8)(pages >> (8 * i));
}

static struct digest digest_of(const void *bytes, size_t count)
{
    struct hash h;

    hash_begin(&h);
    hash_add(&h, bytes, count);
    return hash_end(&h);
}

bool snapshot_save(struct buffer *b, struct machine *m, struct error *err)
{
    struct digest seal;
    u32 rows = 0, rams = 0;
    size_t start = b->used;

    machine_visit(m, count_row, &rows);
    buffer_put(b, magic, sizeof magic);
    buffer_put_number(b, VERSION, 4);
    buffer_put_number(b, rows, 4);
    machine_visit(m, save_row, b);
    for (struct ram *ram = m->rams; ram; ram = ram->next)
        rams++;
    buffer_put_number(b, rams, 4);
    for (struct ram *ram = m->rams; ram; ram = ram->next)
        save_ram(b, ram);
    if (b->failed)
        return fail(err, "no host memory for a snapshot");
    seal = digest_of(b->bytes + start, b->used - start);
    buffer_put_number(b, seal.low, 8);
    buffer_put_number(b, seal.high, 8);
    return b->failed ? fail(err, "no host memory for a snapshot") : true;
}

/* -- loading: everything is checked by one pass, then done by a second -- */

struct row {
    char              name[160];
    struct state_view view;
};

struct loading {
    struct machine *machine;
    struct reader   reader;
    struct row     *row;        /* the machine's */
    u32             rows, next; /* where the last was found: they mostly come in order */
    bool            apply;
    struct error   *err;
};

static void collect_row(void *ctx, const struct state_view *v)
{
    struct loading *l = ctx;
    struct row *row = &l->row[l->rows++];

    strncpy(row->name, v->name, sizeof row->name - 1);
    row->view = *v;
    row->view.name = row->name;
}

/* "rtc.index" was "rtc.address": what it is called now. */
static void rename_row(struct machine *m, char *name, size_t room)
{
    char *dot = strchr(name, '.');
    struct device *dev;

    if (!dot)
        return;
    *dot = 0;
    dev = machine_find(m, name);
    *dot = '.';
    for (const struct state_alias *a = dev ? dev->type->renamed : NULL; a && a->was; a++) {
        if (!strcmp(a->was, dot + 1) && (size_t)(dot + 1 - name) + strlen(a->is) < room) {
            strcpy(dot + 1, a->is);
            return;
        }
    }
}

static const struct state_view *find_row(struct loading *l, const char *name)
{
    for (u32 i = 0; i < l->rows; i++) {
        struct row *row = &l->row[(l->next + i) % l->rows];

        if (!strcmp(row->name, name)) {
            l->next = (l->next + i + 1) % l->rows;
            return &row->view;
        }
    }
    return NULL;
}

static bool load_row(struct loading *l)
{
    struct reader *r = &l->reader;
    const struct state_view *v;
    u32 kind, size, count;
    char name[160];

    read_text(r, name, sizeof name);
    rename_row(l->machine, name, sizeof name);
    kind = (u32)read_number(r, 1);
    size = (u32)read_number(r, 1);
    count = (u32)read_number(r, 4);
    if (r->bad)
        return fail(l->err, "the snapshot is damaged");
    v = find_row(l, name);
    if (!v)
        return fail(l->err, "%s: in the snapshot but not in the machine", name);
    if (v->kind != kind || v->size != size || count > v->count)
        return fail(l->err, "%s: has another shape in the snapshot", name);
    for (u32 i = 0; i < count; i++) {
        u64 value = read_number(r, size);

        if (l->apply)
            state_set(v, i, value);
    }
    return true;
}

static void set_page(struct ram *ram, u64 number, const u8 *bytes)
{
    u8 *page = ram->host + number * PAGE_SIZE;

    if (bytes ? !memcmp(page, bytes, PAGE_SIZE) : is_zero(page))
        return;
    if (bytes)
        memcpy(page, bytes, PAGE_SIZE);
    else
        memset(page, 0, PAGE_SIZE);
    ram_note_store(&ram->page_flags[number]);
}

static bool load_pages(struct loading *l, struct ram *ram, u64 pages)
{
    u64 next = 0, all = ram->size / PAGE_SIZE;

    for (; pages; pages--) {
        u64 number = read_number(&l->reader, 8);
        const u8 *bytes = read_bytes(&l->reader, PAGE_SIZE);

        if (!bytes || number < next || number >= all)
            return fail(l->err, "%s: its pages are damaged", ram->name);
        for (; l->apply && next < number; next++)
            set_page(ram, next, NULL);
        if (l->apply)
            set_page(ram, number, bytes);
        next = number + 1;
    }
    for (; l->apply && next < all; next++)
        set_page(ram, next, NULL);
    return true;
}

static bool load_ram(struct loading *l, struct ram *ram)
{
    char name[160];
    u64 size, pages;

    read_text(&l->reader, name, sizeof name);
    size = read_number(&l->reader, 8);
    pages = read_number(&l->reader, 8);
    if (l->reader.bad)
        return fail(l->err, "the snapshot is damaged");
    if (!ram || strcmp(ram->name, name) || ram->size != size)
        return fail(l->err, "%s: the machine has no such RAM of %llu bytes", name,
                    (unsigned long long)size);
    return load_pages(l, ram, pages);
}

static bool pass(struct loading *l, const u8 *bytes, size_t count, bool apply)
{
    struct ram *ram = l->machine->rams;
    u32 n;

    l->reader = (struct reader){ bytes, count, false };
    l->next = 0;
    l->apply = apply;
    read_bytes(&l->reader, sizeof magic + 4);
    for (n = (u32)read_number(&l->reader, 4); n; n--)
        if (!load_row(l))
            return false;
    for (n = (u32)read_number(&l->reader, 4); n; n--, ram = ram->next)
        if (!load_ram(l, ram))
            return false;
    if (l->reader.bad || l->reader.left || ram)
        return fail(l->err, "the snapshot is damaged");
    return true;
}

/* True and without the seal, or false. */
static bool unseal(const u8 *bytes, size_t *count, struct error *err)
{
    struct reader head = { bytes, *count, false }, tail;
    const u8 *start = read_bytes(&head, sizeof magic);
    struct digest seal;
    u64 low, high;

    if (!start || memcmp(start, magic, sizeof magic))
        return fail(err, "not a snapshot");
    if (read_number(&head, 4) != VERSION)
        return fail(err, "a snapshot of a version that is not known here");
    if (head.left < 16)
        return fail(err, "the snapshot is cut short");
    *count -= 16;
    tail = (struct reader){ bytes + *count, 16, false };
    seal = digest_of(bytes, *count);
    low = read_number(&tail, 8);
    high = read_number(&tail, 8);
    return low == seal.low && high == seal.high ? true : fail(err, "the snapshot is damaged");
}

static void resume(struct machine *m)
{
    if (m->turn >= m->cpus)
        m->turn = 0;
    space_forget(m->memory);
    space_forget(m->ports);
    for (struct device *dev = m->devices; dev; dev = dev->next)
        if (dev->type->resume)
            dev->type->resume(dev);
}

bool snapshot_load(struct machine *m, const void *bytes, size_t count, struct error *err)
{
    struct loading l = { .machine = m, .err = err };
    bool loaded = false;
    u32 rows = 0;

    if (!unseal(bytes, &count, err))
        return false;
    machine_visit(m, count_row, &rows);
    l.row = calloc(rows, sizeof *l.row);
    if (!l.row)
        return fail(err, "no host memory for a snapshot");
    machine_visit(m, collect_row, &l);
    if (pass(&l, bytes, count, false)) {
        loaded = pass(&l, bytes, count, true);
        resume(m);
    }
    free(l.row);
    return loaded;
}

/* -- hashing -- */

static void hash_row(void *ctx, const struct state_view *v)
{
    hash_add(ctx, v->name, strlen(v->name) + 1);
    hash_add_number(ctx, v->count, 4);
    for (u32 i = 0; i < v->count; i++)
        hash_add_number(ctx, state_get(v, i), v->size);
}

struct digest machine_hash(struct machine *m)
{
    struct hash h;

    hash_begin(&h);
    machine_visit(m, hash_row, &h);
    for (struct ram *ram = m->rams; ram; ram = ram->next) {
        hash_add(&h, ram->name, strlen(ram->name) + 1);
        for (u64 i = 0; i < ram->size / PAGE_SIZE; i++) {
            if (is_zero(ram->host + i * PAGE_SIZE))
                continue;
            hash_add_number(&h, i, 8);
            hash_add(&h, ram->host + i * PAGE_SIZE, PAGE_SIZE);
        }
    }
    return hash_end(&h);
}
