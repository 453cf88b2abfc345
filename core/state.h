#pragma once
#include "core/types.h"

/*
 * A device lists what it remembers, once; the list becomes the members of its
 * struct, the rows of its snapshot, its share of the machine's hash and the
 * monitor's `info` page.
 *
 *     #define COUNTER_STATE(ONE, MANY, PART)            \
 *         ONE (u16,  latch,      "what OUT fetches")    \
 *         ONE (bool, gate,       "the GATE pin")
 *     #define PIT_STATE(ONE, MANY, PART)                \
 *         ONE (u8,   control,    "last control word")   \
 *         MANY(u8,   scratch, 4, "...")                 \
 *         PART(struct counter, counter, 3, COUNTER_STATE)
 *
 *     struct counter { STATE_MEMBERS(COUNTER_STATE) };
 *     DEFINE_PART(struct counter, COUNTER_STATE)
 *     struct pit { struct device dev; STATE_MEMBERS(PIT_STATE) };
 *     DEFINE_STATE(struct pit, PIT_STATE);     // pit_type.state = state_rows
 *
 * Elements are the integers of types.h and bool; anything else does not compile.
 * Parts may have parts. What is derived is not listed: resume() rebuilds it.
 */
enum state_kind { STATE_PART, STATE_UNSIGNED, STATE_SIGNED, STATE_BOOL };

struct state_row {
    const char *name;               /* NULL ends a list */
    const char *about;
    u32         offset;
    u32         size;               /* of one element */
    u32         count;
    u8          kind;
    const struct state_row *(*part)(void);
};

#define STATE_MEMBERS(LIST)         LIST(STATE_MEMBER_, STATE_MEMBERS_, STATE_MEMBER_PART_)
#define STATE_MEMBER_(T, name, about)           T name;
#define STATE_MEMBERS_(T, name, n, about)       T name[n];
#define STATE_MEMBER_PART_(T, name, n, LIST)    T name[n];

#define DEFINE_STATE(S, LIST)                                               \
    typedef S state_self_;                                                  \
    static const struct state_row state_rows[] = { STATE_ROWS_OF_(LIST) }

#define DEFINE_PART(S, LIST)                                                \
    __attribute__((unused)) static const struct state_row *LIST##_rows(void) \
    {                                                                       \
        typedef S state_self_;                                              \
        static const struct state_row rows[] = { STATE_ROWS_OF_(LIST) };    \
        return rows;                                                        \
    }

#define STATE_ROWS_OF_(LIST) \
    LIST(STATE_ROW_, STATE_ROWS_, STATE_ROW_PART_) { 0 }
#define STATE_ROW_(T, name, about) \
    { #name, about, offsetof(state_self_, name), sizeof(T), 1, STATE_KIND_(T), 0 },
#define STATE_ROWS_(T, name, n, about) \
    { #name, about, offsetof(state_self_, name), sizeof(T), n, STATE_KIND_(T), 0 },
#define STATE_ROW_PART_(T, name, n, LIST) \
    { #name, "", offsetof(state_self_, name), sizeof(T), n, STATE_PART, LIST##_rows },
#define STATE_KIND_(T)                                                      \
    _Generic((T)0, bool: STATE_BOOL,                                        \
             u8: STATE_UNSIGNED, u16: STATE_UNSIGNED, u32: STATE_UNSIGNED, u64: STATE_UNSIGNED, \
             s8: STATE_SIGNED, s16: STATE_SIGNED, s32: STATE_SIGNED, s64: STATE_SIGNED)

/* One row, met in a live machine. Its name is whole: "cpu0.segment[2].base". */
struct state_view {
    const char *name;
    const char *about;
    u8         *data;
    u32         size, count;
    u8          kind;
};

typedef void state_visitor(void *ctx, const struct state_view *);

/* All rows of a list, in order, those of its parts among them. */
void state_visit(const struct state_row *, void *base, const char *prefix,
                 state_visitor *, void *ctx);

/* The row of that name alone, without the prefix: "segment[2].base"; false: there is none. */
bool state_find(const struct state_row *, void *base, const char *name, struct state_view *);

/* Element i, whatever its size and kind; a signed one is sign-extended. */
u64  state_get(const struct state_view *, u32 i);
void state_set(const struct state_view *, u32 i, u64 value);
