#include "core/snapshot.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"
#include "tests/support/fake_cpu.h"
#include "tests/support/ticker.h"

#include <criterion/criterion.h>

/* Three CPUs of different habits, two tickers, two RAMs. */
static struct machine *build(void)
{
    struct machine *m = machine_create(NULL);

    m->quantum = 400;
    fake_cpu(m, "cpu0", 7, 0);
    fake_cpu(m, "cpu1", 5, 9);
    fake_cpu(m, "cpu2", 3, 40);
    ticker(m, "t0", 1000);
    ticker(m, "t1", 313);
    machine_wire(m, "t0.out", "cpu1", 0, NULL);
    machine_wire(m, "t1.out", "cpu2", 0, NULL);
    machine_add_ram(m, "main", 16 * PAGE_SIZE, NULL);
    machine_add_ram(m, "vga", 4 * PAGE_SIZE, NULL);
    machine_reset(m, RESET_POWER);
    return m;
}

/* The same, all of it asleep most of the time. */
static struct machine *build_sleepy(void)
{
    struct machine *m = build();

    container_of(m->cpu[0], struct fake_cpu, cpu)->nap = 3;
    container_of(m->cpu[0], struct fake_cpu, cpu)->left = 3;
    return m;
}

static bool same(struct digest a, struct digest b)
{
    return a.low == b.low && a.high == b.high;
}

static void cut_everywhere(struct machine *(*make)(void))
{
    struct machine *straight = make();
    struct digest end;

    machine_run(straight, 20000);
    end = machine_hash(straight);
    for (u64 cut = 0; cut < 20000; cut += 83) {
        struct machine *first = make(), *second = make();
        struct buffer middle = { 0 };

        machine_run(first, cut);
        cr_assert(snapshot_save(&middle, first, NULL));
        cr_assert(snapshot_load(second, middle.bytes, middle.used, NULL));
        cr_assert(same(machine_hash(first), machine_hash(second)), "cut at %lu", cut);
        machine_run(first, 20000);
        machine_run(second, 20000);
        cr_assert(same(machine_hash(first), end), "a pause at %lu was noticed", cut);
        cr_assert(same(machine_hash(second), end), "a load at %lu was noticed", cut);
        buffer_clear(&middle);
        machine_destroy(first);
        machine_destroy(second);
    }
    machine_destroy(straight);
}

Test(snapshot, save_and_load_is_invisible)              { cut_everywhere(build); }
Test(snapshot, save_and_load_of_sleepers_is_invisible)  { cut_everywhere(build_sleepy); }

Test(snapshot, one_state_gives_one_sequence_of_bytes)
{
    struct machine *a = build(), *b = build();
    struct buffer x = { 0 }, y = { 0 };

    machine_run(a, 5000);
    machine_run(b, 5000);
    snapshot_save(&x, a, NULL);
    snapshot_save(&y, b, NULL);
    cr_assert_eq(x.used, y.used);
    cr_assert_arr_eq(x.bytes, y.bytes, x.used);
    buffer_clear(&x);
    buffer_clear(&y);
    machine_destroy(a);
    machine_destroy(b);
}

Test(snapshot, ram_comes_back_and_the_rest_of_it_is_zero)
{
    struct machine *a = build(), *b = build();
    struct buffer saved = { 0 };

    a->rams->host[3 * PAGE_SIZE + 5] = 0x11;
    a->rams->next->host[4 * PAGE_SIZE - 1] = 0x22;
    memset(b->rams->host, 0x77, b->rams->size);
    ram_watch(b->rams, 0, b->rams->size);
    snapshot_save(&saved, a, NULL);
    cr_assert_lt(saved.used, 3 * PAGE_SIZE);
    cr_assert(snapshot_load(b, saved.bytes, saved.used, NULL));
    cr_assert_arr_eq(b->rams->host, a->rams->host, a->rams->size);
    cr_assert_arr_eq(b->rams->next->host, a->rams->next->host, a->rams->next->size);
    cr_assert_eq(b->rams->page_flags[0], RAM_DIRTY);
    buffer_clear(&saved);
    machine_destroy(a);
    machine_destroy(b);
}

static unsigned forgotten;

static void on_remap(struct space_watcher *w, u64 first, u64 last)
{
    (void)w;
    forgotten += first == 0 && last == UINT64_MAX;
}

Test(snapshot, a_load_makes_cpus_forget_and_devices_resume)
{
    struct space_watcher w = { .remapped = on_remap };
    struct machine *m = build();
    struct buffer saved = { 0 };
    struct device *t = machine_find(m, "t0");

    space_watch(m->memory, &w);
    snapshot_save(&saved, m, NULL);
    cr_assert_eq(forgotten, 0);
    snapshot_load(m, saved.bytes, saved.used, NULL);
    cr_assert_eq(forgotten, 1);
    cr_assert_eq(container_of(t, struct ticker, dev)->resumed, 1);
    buffer_clear(&saved);
    machine_destroy(m);
}

Test(snapshot, every_bit_of_state_is_in_the_hash)
{
    struct machine *m = build();
    struct digest before = machine_hash(m);

    m->rams->host[PAGE_SIZE] ^= 0x80;
    cr_assert_not(same(machine_hash(m), before));
    m->rams->host[PAGE_SIZE] ^= 0x80;
    cr_assert(same(machine_hash(m), before));
    m->devices->next->next->next->lines->level ^= 1;
    cr_assert_not(same(machine_hash(m), before));
    machine_destroy(m);
}

/* -- hostile ones -- */

static void seal(struct buffer *b)
{
    struct hash h;
    struct digest d;

    hash_begin(&h);
    hash_add(&h, b->bytes, b->used - 16);
    d = hash_end(&h);
    store_le64(b->bytes + b->used - 16, d.low);
    store_le64(b->bytes + b->used - 8, d.high);
}

static struct machine *m;
static struct buffer good;
static struct digest before;

static void start(void)
{
    m = build();
    machine_run(m, 5000);
    m->rams->host[0] = 1;
    snapshot_save(&good, m, NULL);
    machine_run(m, 9000);
    m->rams->host[PAGE_SIZE] = 7;
    before = machine_hash(m);
}

static void end(void)
{
    machine_destroy(m);
    buffer_clear(&good);
}

TestSuite(hostile_snapshot, .init = start, .fini = end);

/* Loads a copy of exactly that many bytes, so that a sanitizer sees what is read beyond. */
static bool load_copy(size_t count, struct error *err)
{
    u8 *copy = malloc(count ? count : 1);
    bool loaded;

    memcpy(copy, good.bytes, count);
    loaded = snapshot_load(m, copy, count, err);
    free(copy);
    return loaded;
}

Test(hostile_snapshot, one_that_is_cut_changes_nothing)
{
    for (size_t n = 0; n < good.used; n += n < 600 ? 1 : 97) {
        struct error err = { "" };

        cr_assert_not(load_copy(n, &err));
        cr_assert(*err.text);
    }
    cr_assert(same(machine_hash(m), before));
    cr_assert(load_copy(good.used, NULL));
}

Test(hostile_snapshot, one_with_a_bit_flipped_changes_nothing)
{
    for (size_t i = 0; i < good.used; i += i < 600 ? 1 : 41) {
        good.bytes[i] ^= (u8)(1 << i % 8);
        cr_assert_not(load_copy(good.used, NULL), "byte %zu", i);
        good.bytes[i] ^= (u8)(1 << i % 8);
    }
    cr_assert(same(machine_hash(m), before));
}

/* Whoever makes one on purpose can seal it too: it loads or it does not, no more. */
Test(hostile_snapshot, a_forged_one_does_no_harm)
{
    u32 chance = 12345;

    for (unsigned round = 0; round < 3000; round++) {
        size_t at;
        u8 was;

        chance = chance * 1664525 + 1013904223;
        at = chance % (round % 2 ? good.used - 16 : 1500);
        was = good.bytes[at];
        good.bytes[at] = (u8)(chance >> 24);
        seal(&good);
        before = machine_hash(m);
        if (!load_copy(good.used, NULL))
            cr_assert(same(machine_hash(m), before), "byte %zu", at);
        good.bytes[at] = was;
    }
}

Test(hostile_snapshot, booleans_are_made_whole)
{
    struct machine *other = build();
    struct buffer forged = { 0 };

    snapshot_save(&forged, other, NULL);
    for (size_t i = 0; i + 20 < forged.used; i++)
        if (!memcmp(forged.bytes + i, "cpu1.asleep", 11))
            forged.bytes[i + 11 + 6] = 0x82;
    seal(&forged);
    cr_assert(snapshot_load(other, forged.bytes, forged.used, NULL));
    cr_assert_eq(*(u8 *)&container_of(other->cpu[1], struct fake_cpu, cpu)->asleep, 1);
    buffer_clear(&forged);
    machine_destroy(other);
}

Test(hostile_snapshot, one_of_another_machine_is_refused_by_name)
{
    struct machine *other = machine_create(NULL);
    struct error err;

    fake_cpu(other, "cpu0", 7, 0);
    cr_assert_not(snapshot_load(other, good.bytes, good.used, &err));
    cr_assert(strstr(err.text, "cpu1"), "%s", err.text);
    machine_destroy(other);
}

Test(hostile_snapshot, a_row_that_was_renamed_is_found)
{
    struct buffer old = { 0 };
    size_t i = 0;

    /* "t0.pulses" (9 letters) was "t0.beats" (8): one byte less. */
    while (memcmp(good.bytes + i, "\x09\0t0.pulses", 11))
        i++;
    buffer_put(&old, good.bytes, i);
    buffer_put_text(&old, "t0.beats");
    buffer_put(&old, good.bytes + i + 11, good.used - i - 11);
    seal(&old);
    cr_assert(snapshot_load(m, old.bytes, old.used, NULL));
    cr_assert_eq(container_of(machine_find(m, "t0"), struct ticker, dev)->pulses, 5);
    buffer_clear(&old);
}
