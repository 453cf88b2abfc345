#include "core/state.h"
#include "tests/support/ticker.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define THING_STATE(ONE, MANY, PART) \
    ONE (u8,   a,    "small")        \
    ONE (s16,  b,    "signed")       \
    ONE (bool, c,    "yes or no")    \
    MANY(u64,  d, 2, "large")

struct thing { STATE_MEMBERS(THING_STATE) };
DEFINE_STATE(struct thing, THING_STATE);

struct seen { char names[1024]; u64 sum; };

static void see(void *ctx, const struct state_view *v)
{
    struct seen *s = ctx;

    sprintf(s->names + strlen(s->names), "%s ", v->name);
    for (u32 i = 0; i < v->count; i++)
        s->sum += state_get(v, i);
}

Test(state, a_list_is_members_and_rows)
{
    struct thing t = { .a = 1, .b = -2, .c = true, .d = { 10, 100 } };
    struct seen seen = { 0 };

    state_visit(state_rows, &t, "thing", see, &seen);
    cr_assert_str_eq(seen.names, "thing.a thing.b thing.c thing.d ");
    cr_assert_eq(seen.sum, 110);
    cr_assert_str_eq(state_rows[1].about, "signed");
}

Test(state, parts_have_parts_and_numbers)
{
    struct ticker *t = calloc(1, sizeof *t);
    struct seen seen = { 0 };

    t->laps->lap[2].mark[1] = -5;
    t->laps->lap[1].when = 7;
    state_visit(ticker_type.state, t, "t0", see, &seen);
    cr_assert_str_eq(seen.names, "t0.period t0.pulses t0.late t0.value t0.odd t0.laps.used "
                     "t0.laps.lap[0].when t0.laps.lap[0].mark t0.laps.lap[1].when "
                     "t0.laps.lap[1].mark t0.laps.lap[2].when t0.laps.lap[2].mark ");
    cr_assert_eq(seen.sum, 2);
    free(t);
}

Test(state, rows_are_found_by_name)
{
    static const char *none[] = {
        "", "lap", "laps", "laps.", "laps.lap", "laps.lap.when", "laps.lap[3].when",
        "laps.lap[].when", "laps.lap[1]when", "laps.lap[1.when",
        "laps.lap(1].when", "laps.lap[11111111111].when",
        "laps.lap[1].when.", "laps.lap[1].mark[1]", "laps[0].used", "t0.value",
    };
    struct ticker *t = calloc(1, sizeof *t);
    struct state_view v;

    t->laps->lap[2].mark[1] = -5;
    cr_assert(state_find(ticker_type.state, t, "laps.lap[2].mark", &v));
    cr_assert(v.data == (u8 *)t->laps->lap[2].mark && v.count == COUNT(t->laps->lap[2].mark));
    cr_assert_eq(state_get(&v, 1), (u64)-5);
    cr_assert(state_find(ticker_type.state, t, "value", &v));
    cr_assert(v.data == (u8 *)&t->value);
    for (unsigned i = 0; i < COUNT(none); i++)
        cr_assert_not(state_find(ticker_type.state, t, none[i], &v), "%s", none[i]);
    free(t);
}

Test(state, elements_are_read_and_written_by_value)
{
    static const struct { u32 size; u8 kind; u64 put, got; } table[] = {
        { 1, STATE_UNSIGNED, 0x1ff, 0xff }, { 1, STATE_SIGNED, 0xff, UINT64_MAX },
        { 2, STATE_UNSIGNED, 0xffff, 0xffff }, { 2, STATE_SIGNED, 0x8000, UINT64_MAX << 15 },
        { 4, STATE_UNSIGNED, UINT64_MAX, 0xffffffff }, { 4, STATE_SIGNED, 5, 5 },
        { 8, STATE_UNSIGNED, UINT64_MAX, UINT64_MAX }, { 1, STATE_BOOL, 2, 1 },
    };
    u64 storage[4];

    for (unsigned i = 0; i < COUNT(table); i++) {
        struct state_view v = { "x", "", (u8 *)storage, table[i].size, 2, table[i].kind };

        state_set(&v, 1, table[i].put);
        cr_assert_eq(state_get(&v, 1), table[i].got, "row %u", i);
    }
}
